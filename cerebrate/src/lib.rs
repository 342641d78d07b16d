//! The contact database and sharing backbone of CSIRT communities, to embed in a program.
//!
//! It answers one question above all: *who is responsible for this address, how do I reach them, and
//! why them?*
//!
//! # Who is responsible?
//!
//! ```
//! use cerebrate::prelude::*;
//!
//! # fn main() -> cerebrate::Result<()> {
//! let store = Store::in_memory()?;                    // or Store::open("contacts.db")?
//! store.load_shipped_templates()?;
//! cerebrate::store::sample::load(&store)?;            // a few real teams to play with
//!
//! for hit in &store.responsible_for("185.194.93.14".parse()?)? {
//!     println!("{} because of {}", hit.organisation.name, hit.basis);
//! }                                                   // CIRCL because of prefix 185.194.92.0/22
//! # let answer = store.responsible_for("185.194.93.14".parse()?)?;
//! # assert_eq!(answer.matches()[0].organisation.name, "CIRCL");
//! # Ok(())
//! # }
//! ```
//!
//! # Import, and look before you leap
//!
//! ```
//! use cerebrate::prelude::*;
//!
//! # fn main() -> cerebrate::Result<()> {
//! let store = Store::in_memory()?;
//! store.load_shipped_templates()?;
//! let members = "Team,Country,Domain\nCIRCL,LU,circl.lu\n,FR,example.fr\n";
//! let import = store
//!     .import_organisations()
//!     .csv(members.as_bytes())                        // or a File
//!     .column("Team", OrganisationField::Name)
//!     .column("Country", OrganisationField::Nationality)
//!     .column("Domain", "cerebrate/csirt-constituency:Domain")
//!     .on_conflict(OnConflict::Newer);
//! println!("{}", import.preview()?);                  // what would happen
//! let report = import.apply()?;
//! assert_eq!((report.added, report.problems[0].line), (1, 3));
//! # Ok(())
//! # }
//! ```
//!
//! # Check values: every problem, with its place
//!
//! ```
//! use cerebrate::prelude::*;
//!
//! # fn main() -> cerebrate::Result<()> {
//! let template = Library::shipped().find("cerebrate/csirt-constituency")?;
//! let problems = template.check([("IPv4 address", "10.0.0.300"), ("AS Number", "AS64500")]);
//! assert_eq!(problems[0].field(), "IPv4 address");
//! # Ok(())
//! # }
//! ```
//!
//! # Map
//!
//! | module | what |
//! | --- | --- |
//! | [`model`] | the records: organisations, individuals, sharing groups, … |
//! | [`value`] | values that are parsed once and then trusted: prefixes, AS numbers, domains, countries |
//! | [`meta`] | meta-templates: community-defined fields and the checks of their values |
//! | [`store`] | the database: handles, transactions, search, change feed, undo, import, export |
//! | [`lookup`] | who is responsible for an address, network, AS number, domain or country |
//! | [`subject`] | what can be asked of lookup |
//! | [`access`] | who may see and do what, as pure questions |
//! | [`audit`], [`node_key`] | the chain in which an edit of the feed is noticed, and the key that signs it |
//! | [`wire`] | JSON as Cerebrate and MISP spell it |
//! | [`Error`], [`Kind`] | what can go wrong, and what the caller can do about it |

pub use cerebrate_core::{
    Error, Kind, Result, access, audit, clock, constituency, error, fold, id, meta, model,
    node_key, problem, query, secret, subject, value,
};
pub use cerebrate_store as store;
pub use cerebrate_store::lookup;
pub use cerebrate_wire as wire;

/// What most programs need, in one line.
pub mod prelude {
    pub use cerebrate_core::meta::{Library, Profile};
    pub use cerebrate_core::model::{
        Alignment, Entity, EntityKind, Individual, Member, MetaField, Organisation, SharingGroup,
    };
    pub use cerebrate_core::query::OrderBy;
    pub use cerebrate_core::subject::Subject;
    pub use cerebrate_core::{Error, Kind};
    pub use cerebrate_store::import::{IndividualField, OnConflict, OrganisationField};
    pub use cerebrate_store::{Store, StoreOptions};
}

/// The README, so that its programs are run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
