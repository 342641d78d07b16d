//! Questions that can be asked of lookup: who is responsible for an address, a network, an AS
//! number, a domain, a country – or for several of them that the caller knows to belong together.

mod host;
mod read;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::value::{Asn, CountryCode, DomainName, IpPrefix};

pub(crate) use host::{Host, Pasted, authority_of, read_host, refang, unwrap};

/// The longest text that is read as a subject, in bytes.
pub const TEXT_LIMIT: usize = 2_048;

/// A question asked of lookup. It has at least one aspect and may have several.
///
/// Text is read as people paste it: an IP address or network, an AS number (bare digits are one),
/// a domain (`example.lu`, `.lu`), the domain of an e-mail address, the host of a URL, a country
/// (two letters, or its name), and defanged forms such as `hxxps://www[.]example[.]lu/`.
///
/// ```
/// use cerebrate_core::subject::Subject;
/// use cerebrate_core::value::Asn;
///
/// let subject: Subject = "https://user@[2001:db8::17]:8443/login".parse()?;
/// assert_eq!(subject.to_string(), "2001:db8::17");
/// assert_eq!("asn 64500".parse::<Subject>()?, Subject::from(Asn(64_500)));
/// assert_eq!("info@CERT.at".parse::<Subject>()?.domain().unwrap().as_str(), "cert.at");
///
/// let known: Subject = "192.0.2.7".parse::<Subject>()?.with_asn(Asn(64_500)).with_country("LU".parse()?);
/// assert_eq!(known.to_string(), "192.0.2.7, AS64500, LU");
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    prefix: Option<IpPrefix>,
    asn: Option<Asn>,
    domain: Option<DomainName>,
    country: Option<CountryCode>,
}

impl Subject {
    const NOTHING: Subject = Subject { prefix: None, asn: None, domain: None, country: None };

    /// The address or network that is asked about.
    pub fn address_or_network(&self) -> Option<IpPrefix> {
        self.prefix
    }

    /// The AS number that is asked about.
    pub fn asn(&self) -> Option<Asn> {
        self.asn
    }

    /// The domain that is asked about.
    pub fn domain(&self) -> Option<&DomainName> {
        self.domain.as_ref()
    }

    /// The country that is asked about.
    pub fn country(&self) -> Option<CountryCode> {
        self.country
    }

    /// Adds the address or network, in place of the one known so far.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<IpPrefix>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Adds the AS number, in place of the one known so far.
    #[must_use]
    pub fn with_asn(mut self, asn: Asn) -> Self {
        self.asn = Some(asn);
        self
    }

    /// Adds the domain, in place of the one known so far.
    #[must_use]
    pub fn with_domain(mut self, domain: DomainName) -> Self {
        self.domain = Some(domain);
        self
    }

    /// Adds the country, in place of the one known so far.
    #[must_use]
    pub fn with_country(mut self, country: CountryCode) -> Self {
        self.country = Some(country);
        self
    }
}

impl From<IpAddr> for Subject {
    fn from(address: IpAddr) -> Self {
        Subject::from(IpPrefix::host(address))
    }
}

impl From<IpPrefix> for Subject {
    fn from(prefix: IpPrefix) -> Self {
        Subject { prefix: Some(prefix), ..Subject::NOTHING }
    }
}

impl From<Asn> for Subject {
    fn from(asn: Asn) -> Self {
        Subject { asn: Some(asn), ..Subject::NOTHING }
    }
}

impl From<DomainName> for Subject {
    fn from(domain: DomainName) -> Self {
        Subject { domain: Some(domain), ..Subject::NOTHING }
    }
}

impl From<CountryCode> for Subject {
    fn from(country: CountryCode) -> Self {
        Subject { country: Some(country), ..Subject::NOTHING }
    }
}

impl From<Host> for Subject {
    fn from(host: Host) -> Self {
        match host {
            Host::Address(prefix) => Subject::from(prefix),
            Host::Name(domain) => Subject::from(domain),
        }
    }
}

impl FromStr for Subject {
    type Err = Error;

    /// Reads a text with one aspect; `Invalid` if it is none that is known.
    fn from_str(text: &str) -> Result<Self> {
        read::subject(text).map_err(|fault| fault.into_error("read subject", text.trim()))
    }
}

impl TryFrom<String> for Subject {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl fmt::Display for Subject {
    /// The aspects in canonical form, separated by commas. A top-level domain has its leading dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(prefix) = self.prefix {
            write!(f, "{prefix}")?;
            separator = ", ";
        }
        if let Some(asn) = self.asn {
            write!(f, "{separator}{asn}")?;
            separator = ", ";
        }
        if let Some(domain) = &self.domain {
            let dot = if domain.is_single_label() { "." } else { "" };
            write!(f, "{separator}{dot}{domain}")?;
            separator = ", ";
        }
        if let Some(country) = self.country {
            write!(f, "{separator}{country}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
