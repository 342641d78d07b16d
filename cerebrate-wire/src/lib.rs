//! JSON as Cerebrate and MISP spell it: tolerant readers, exact writers.
//!
//! Reading never fails as a whole. [`Records`] walks through an answer, a dump or a file of JSON
//! lines, one record at a time and without a tree of the document; each record comes with its
//! problems and their places, and with the names of the keys that are not known here.
//!
//! ```
//! use cerebrate_wire::Records;
//! use cerebrate_wire::read::OrganisationRecord;
//!
//! let dump = br#"[
//!   {"id": 3, "uuid": "49E3572B-C2B4-58AC-A239-A3FB2D236B1C", "name": "CSIRT 01", "tags": []},
//!   {"id": 4, "uuid": "none", "name": "CSIRT 02"}
//! ]"#;
//! let mut records = Records::<OrganisationRecord>::new(dump);
//! let first = records.next().and_then(|reading| reading.record).expect("the first is well");
//! assert_eq!(first.organisation.name, "CSIRT 01");
//! let second = records.next().expect("there are two");
//! assert_eq!(second.problems[0].to_string(), "line 3, column 21: uuid: not a UUID: `none`");
//! ```
//!
//! - [`read`]: records as Cerebrate 1.35 and later answers them.
//! - [`misp`]: organisations and sharing groups as MISP 2.4 and 2.5 answers them, both ways.
//! - [`mod@write`]: records as a peer expects them from a Cerebrate.
//! - [`split`]: cutting a document into records, also while it still arrives.
//! - [`detect`]: which dialect a text is written in.
//! - [`other_kind`]: what a record is that is not what was asked for.
//!
//! The crate is pure: it sees bytes and values, never a file or a socket.

mod detect;
mod json;
mod kin;
pub mod misp;
mod place;
pub mod read;
pub mod split;
pub mod write;

pub use detect::{Dialect, detect};
pub use kin::other_kind;
pub use place::{Finding, Place};
pub use read::{FromWire, Reading, Records};
pub use split::{Limits, Lists, Splitter};
