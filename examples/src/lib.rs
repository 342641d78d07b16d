//! Short programs, each answering one question. They run without arguments, on sample data in
//! memory: `cargo run -p cerebrate-examples --bin who`.
//!
//! | program | question |
//! |---|---|
//! | `who` | who is responsible for an address, a domain, an AS number, a country, and why? |
//! | `bulk_lookup` | who is responsible for each of many addresses? |
//! | `check_values` | which values would the template refuse, and what would peers say? |
//! | `import_members` | what would this list change, and what is wrong with it? |
//! | `follow_changes` | what changed since I looked last? |
//! | `undo` | how is an import taken back without losing later edits? |
//! | `define_template` | how does a community add fields of its own? |
//! | `find_and_page` | how are records filtered, and read page by page? |
//! | `export` | how does everything come out again? |

#[cfg(doctest)]
#[doc = include_str!("../../docs/guides/embed-in-a-rust-program.md")]
#[derive(Debug)]
pub struct EmbedInARustProgram;
