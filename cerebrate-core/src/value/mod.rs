//! Values that are parsed once and then trusted.

mod asn;
mod country;
mod country_table;
mod domain;
mod email;
mod fault;
mod prefix;
mod timestamp;
mod username;

pub use asn::{Asn, AsnRange};
pub use country::CountryCode;
pub use domain::{DomainName, DomainSuffix};
pub use email::Email;
pub use prefix::{IpPrefix, parse_ipv4_fast};
pub use timestamp::Timestamp;
pub use username::Username;

pub(crate) use domain::is_dot;
pub(crate) use fault::Fault;
pub(crate) use prefix::is_dash;
