//! What organisations and individuals have in common for an import.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    Entity, Individual, LONG_TEXT, MetaField, Organisation, Record, SHORT_TEXT, Scope, TagName,
};
use cerebrate_core::problem::ProblemKind;
use cerebrate_core::value::{CountryCode, DomainName, Email, Timestamp};
use cerebrate_wire::read::{IndividualRecord, OrganisationRecord};
use cerebrate_wire::{Lists, misp};
use uuid::Uuid;

use super::peers::ForeignDrafts;
use super::source::Drafts;
use super::spool::Spool;

/// How many texts a record has at most.
pub(super) const TEXTS: usize = 6;

/// A text of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextField {
    pub(super) name: &'static str,
    pub(super) alias: Option<&'static str>,
    /// In bytes.
    pub(super) limit: usize,
}

impl TextField {
    const fn short(name: &'static str) -> Self {
        TextField { name, alias: None, limit: SHORT_TEXT }
    }

    const fn long(name: &'static str) -> Self {
        TextField { name, alias: None, limit: LONG_TEXT }
    }
}

/// A kind of record that can be imported: its texts by position, the first of which it cannot be
/// without.
pub(super) trait Shape: Entity + Into<Record> + TryFrom<Record> + Send {
    const SCOPE: Scope;
    const FIELDS: &'static [TextField];
    /// What the first text is, for people.
    const CALLED: &'static str;
    /// Whether rows say for whom somebody works.
    const ALIGNED: bool;
    /// Where the records are in an export of everything.
    const LISTS: Lists;

    /// A record of which only the first text is known; `None` if that cannot be one.
    fn blank(id: Uuid, first: String) -> Option<Self>;

    fn text(&self, index: usize) -> Option<&str>;

    /// Sets a text; a first text that cannot be one changes nothing.
    fn set_text(&mut self, index: usize, text: String);

    fn tags(&self) -> &Vec<TagName>;

    fn meta_fields(&self) -> &Vec<MetaField>;

    fn parts(&mut self) -> Parts<'_>;

    fn modified(&self) -> Option<Timestamp>;

    fn created(&self) -> Option<Timestamp>;

    /// The form in which first texts of one record are equal.
    fn identity(first: &str) -> String;

    /// Under which domains the record is at home, as far as its texts tell.
    fn domains(texts: &dyn Fn(usize) -> Option<String>) -> Vec<String>;

    /// What is wrong with a text that can be stored all the same.
    fn doubt(index: usize, text: &str) -> Option<Doubt>;

    /// The records of a document as Cerebrate answers it.
    fn cerebrate<'s>(
        spool: &'s mut Spool,
        library: &'s Library,
    ) -> Result<Box<dyn Drafts<Self> + 's>>;

    /// The records of a document as MISP answers it.
    fn misp<'s>(spool: &'s mut Spool, library: &'s Library) -> Result<Box<dyn Drafts<Self> + 's>>;
}

/// What is wrong with a text: a problem, or worth a notice only.
pub(super) struct Doubt {
    pub(super) kind: ProblemKind,
    pub(super) message: &'static str,
}

/// The parts of a record that are not texts.
pub(super) struct Parts<'a> {
    pub(super) tags: &'a mut Vec<TagName>,
    pub(super) meta_fields: &'a mut Vec<MetaField>,
    pub(super) created: &'a mut Option<Timestamp>,
    pub(super) modified: &'a mut Option<Timestamp>,
}

impl Shape for Organisation {
    const SCOPE: Scope = Scope::Organisation;
    const FIELDS: &'static [TextField] = &[
        TextField::short("name"),
        TextField::short("url"),
        TextField::short("nationality"),
        TextField::short("sector"),
        TextField { alias: Some("type"), ..TextField::short("kind") },
        TextField::long("contacts"),
    ];
    const CALLED: &'static str = "name";
    const ALIGNED: bool = false;
    const LISTS: Lists = Lists {
        wanted: "organisations",
        others: &[
            "meta_templates",
            "individuals",
            "sharing_groups",
            "organisation_groups",
            "mailing_lists",
            "enumeration_collections",
            "encryption_keys",
        ],
    };

    fn blank(id: Uuid, first: String) -> Option<Self> {
        Some(Organisation::new(id.into(), first.try_into().ok()?))
    }

    fn text(&self, index: usize) -> Option<&str> {
        match index {
            0 => Some(&self.name),
            1 => self.url.as_deref(),
            2 => self.nationality.as_deref(),
            3 => self.sector.as_deref(),
            4 => self.kind.as_deref(),
            5 => self.contacts.as_deref(),
            _ => None,
        }
    }

    fn set_text(&mut self, index: usize, text: String) {
        match index {
            0 => {
                if let Ok(name) = text.try_into() {
                    self.name = name;
                }
            }
            1 => self.url = Some(text),
            2 => self.nationality = Some(text),
            3 => self.sector = Some(text),
            4 => self.kind = Some(text),
            5 => self.contacts = Some(text),
            _ => {}
        }
    }

    fn tags(&self) -> &Vec<TagName> {
        &self.tags
    }

    fn meta_fields(&self) -> &Vec<MetaField> {
        &self.meta_fields
    }

    fn parts(&mut self) -> Parts<'_> {
        Parts {
            tags: &mut self.tags,
            meta_fields: &mut self.meta_fields,
            created: &mut self.created,
            modified: &mut self.modified,
        }
    }

    fn modified(&self) -> Option<Timestamp> {
        self.modified
    }

    fn created(&self) -> Option<Timestamp> {
        self.created
    }

    fn identity(first: &str) -> String {
        cerebrate_core::fold::normalised_name(first)
    }

    fn domains(texts: &dyn Fn(usize) -> Option<String>) -> Vec<String> {
        let mut domains = Vec::new();
        domains.extend(texts(1).and_then(|url| host_of(&url)));
        if let Some(contacts) = texts(5) {
            domains.extend(email_domains(&contacts));
        }
        domains.sort_unstable();
        domains.dedup();
        domains
    }

    fn doubt(index: usize, text: &str) -> Option<Doubt> {
        (index == 2 && CountryCode::from_text(text).is_none()).then_some(Doubt {
            kind: ProblemKind::NotCountryCode,
            message: "unknown country; kept as text",
        })
    }

    fn cerebrate<'s>(
        spool: &'s mut Spool,
        library: &'s Library,
    ) -> Result<Box<dyn Drafts<Self> + 's>> {
        Ok(Box::new(ForeignDrafts::<OrganisationRecord>::open(spool, library)?))
    }

    fn misp<'s>(spool: &'s mut Spool, library: &'s Library) -> Result<Box<dyn Drafts<Self> + 's>> {
        Ok(Box::new(ForeignDrafts::<misp::OrganisationRecord>::open(spool, library)?))
    }
}

impl Shape for Individual {
    const SCOPE: Scope = Scope::Individual;
    const FIELDS: &'static [TextField] = &[
        TextField::short("email"),
        TextField::short("first_name"),
        TextField::short("last_name"),
        TextField::long("position"),
    ];
    const CALLED: &'static str = "e-mail address";
    const ALIGNED: bool = true;
    const LISTS: Lists = Lists {
        wanted: "individuals",
        others: &[
            "meta_templates",
            "sharing_groups",
            "organisation_groups",
            "mailing_lists",
            "enumeration_collections",
            "encryption_keys",
        ],
    };

    fn blank(id: Uuid, first: String) -> Option<Self> {
        (!first.trim().is_empty()).then(|| Individual::new(id.into(), first))
    }

    fn text(&self, index: usize) -> Option<&str> {
        match index {
            0 => Some(&self.email),
            1 => Some(&self.first_name),
            2 => Some(&self.last_name),
            3 => self.position.as_deref(),
            _ => None,
        }
    }

    fn set_text(&mut self, index: usize, text: String) {
        match index {
            0 => self.email = text,
            1 => self.first_name = text,
            2 => self.last_name = text,
            3 => self.position = Some(text),
            _ => {}
        }
    }

    fn tags(&self) -> &Vec<TagName> {
        &self.tags
    }

    fn meta_fields(&self) -> &Vec<MetaField> {
        &self.meta_fields
    }

    fn parts(&mut self) -> Parts<'_> {
        Parts {
            tags: &mut self.tags,
            meta_fields: &mut self.meta_fields,
            created: &mut self.created,
            modified: &mut self.modified,
        }
    }

    fn modified(&self) -> Option<Timestamp> {
        self.modified
    }

    fn created(&self) -> Option<Timestamp> {
        self.created
    }

    fn identity(first: &str) -> String {
        cerebrate_core::fold::fold(first)
    }

    fn domains(_: &dyn Fn(usize) -> Option<String>) -> Vec<String> {
        Vec::new()
    }

    fn doubt(index: usize, text: &str) -> Option<Doubt> {
        (index == 0 && text.parse::<Email>().is_err())
            .then_some(Doubt { kind: ProblemKind::NotEmail, message: "not an e-mail address" })
    }

    fn cerebrate<'s>(
        spool: &'s mut Spool,
        library: &'s Library,
    ) -> Result<Box<dyn Drafts<Self> + 's>> {
        Ok(Box::new(ForeignDrafts::<IndividualRecord>::open(spool, library)?))
    }

    fn misp<'s>(_: &'s mut Spool, _: &'s Library) -> Result<Box<dyn Drafts<Self> + 's>> {
        Err(Error::new(Kind::Unsupported, "read import", "MISP exports no individuals")
            .hint("import individuals from CSV, JSON or Cerebrate"))
    }
}

/// The host of a web address, without `www.`; `None` if it is no domain name.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next()?;
    domain(host)
}

/// The domains of the e-mail addresses that a text mentions.
pub(crate) fn email_domains(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| character.is_whitespace() || ",;<>()[]\"'|/:".contains(character))
        .filter_map(|word| word.rsplit_once('@'))
        .filter_map(|(_, domain_name)| domain(domain_name.trim_end_matches(['.', '!', '?'])))
}

/// Whether one of two domains is the other or lies within it.
pub(crate) fn related(a: &str, b: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    within(a, b) || within(b, a)
}

fn domain(text: &str) -> Option<String> {
    let name: DomainName = text.parse().ok()?;
    let name = name.as_str();
    let name = name.strip_prefix("www.").unwrap_or(name);
    name.contains('.').then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_domains_are_found_in_what_people_write() {
        for (url, expected) in [
            ("https://www.circl.lu/about?x#y", Some("circl.lu")),
            ("circl.lu", Some("circl.lu")),
            ("HTTP://user:pw@CERT.at:8443/", Some("cert.at")),
            ("localhost", None),
            ("", None),
            ("not a url", None),
        ] {
            assert_eq!(host_of(url).as_deref(), expected, "{url}");
        }
        let contacts = "Mail: <info@circl.lu>, or soc@CERT.at.\n+352 1234 (no@ one)";
        assert_eq!(email_domains(contacts).collect::<Vec<_>>(), ["circl.lu", "cert.at"]);
        assert!(related("circl.lu", "mail.circl.lu") && related("a.b", "a.b"));
        assert!(!related("xcircl.lu", "circl.lu"));
    }
}
