//! Random edits of a small world: what property tests of the store make transactions of.

use cerebrate_core::error::{Kind, Result};
use cerebrate_core::model::{
    Alignment, EntityKind, MetaField, Owner, Record, Tag, TagName, TemplateKey,
};
use cerebrate_store::store::Transaction;
use proptest::prelude::*;

use crate::any::AnyRecords;
use crate::builders::{
    TEMPLATE, constituency, encryption_key, enumeration, extra, individual, individual_id,
    mailing_list, organisation, organisation_group, organisation_id, role, role_id, sharing_group,
    tag, template, user, user_id,
};

/// Names in several scripts, some of them equal but for case and accents.
pub const NAMES: [&str; 8] = [
    "CIRCL",
    "Élite CERT",
    "elite cert",
    "ΕΛ/ΛΑΚ",
    "Україна CERT",
    "日本 CERT",
    "CERT\u{200b}.at",
    "Ünïversität",
];

/// Tags, some of them equal but for case.
pub const TAGS: [&str; 6] = ["tlp:green", "TLP:Green", "100%", "sector:énergie", "a_b", "Été"];

/// One edit: what is done, to which records, with which content.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    what: u8,
    a: u8,
    b: u8,
    content: u16,
}

/// Any edit.
pub fn step() -> impl Strategy<Value = Step> {
    (0..WHAT, 0..6_u8, 0..6_u8, any::<u16>()).prop_map(|(what, a, b, content)| Step {
        what,
        a,
        b,
        content,
    })
}

/// Some edits.
pub fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..=most)
}

/// The number of things that a step can do.
const WHAT: u8 = 29;

impl Step {
    /// Does it. What is not possible as things stand is not done.
    pub fn apply(self, transaction: &Transaction<'_>) {
        match self.try_apply(transaction) {
            Ok(()) => {}
            Err(error) => match error.kind() {
                Kind::NotFound | Kind::Conflict | Kind::Invalid => {}
                _ => panic!("{self:?}: {error:?}"),
            },
        }
    }

    /// Whether it brings or takes a template.
    pub fn is_of_templates(self) -> bool {
        matches!(self.what, 21 | 22)
    }

    fn try_apply(self, transaction: &Transaction<'_>) -> Result<()> {
        match self.what {
            0..=12 => self.edit_contacts(transaction),
            24.. => self.edit_accounts(transaction),
            _ => self.edit_others(transaction),
        }
    }

    /// Organisations, individuals and who works where.
    fn edit_contacts(self, transaction: &Transaction<'_>) -> Result<()> {
        let (a, b) = (u128::from(self.a), u128::from(self.b));
        let name = NAMES[usize::from(self.content) % NAMES.len()];
        let record: Record = match self.what {
            0..=2 => {
                let email = format!("{}@{name}.example", self.content % 7);
                organisation(a, name)
                    .contacts(&email)
                    .with(|organisation| {
                        organisation.tags = self.tags();
                        organisation.meta_fields = self.values();
                        organisation.nationality = (self.b < 3).then(|| "LU".to_owned());
                    })
                    .build()
                    .into()
            }
            3..=5 => {
                let mut record = transaction.organisations().require(organisation_id(a))?;
                match self.b {
                    0 => record.name = name.parse()?,
                    1 => record.url = Some(format!("https://{}.example", self.content)),
                    2 => record.sector = (self.content.is_multiple_of(2)).then(|| name.to_owned()),
                    3 => record.tags = self.tags(),
                    4 => record.meta_fields = self.values(),
                    _ => record.meta_fields.extend(self.values()),
                }
                record.into()
            }
            6 => return remove(transaction, EntityKind::Organisation, organisation_id(a).into()),
            7 | 8 => individual(a, &format!("{}@example.org", self.content % 5))
                .named(name, "Smith")
                .with(|individual| individual.tags = self.tags())
                .build()
                .into(),
            9 => return remove(transaction, EntityKind::Individual, individual_id(a).into()),
            10 | 11 => Alignment::new(individual_id(a), organisation_id(b), "Member").into(),
            _ => {
                let alignment =
                    Record::from(Alignment::new(individual_id(a), organisation_id(b), "Member"));
                return remove(transaction, EntityKind::Alignment, alignment.id());
            }
        };
        transaction.upsert_any(record).map(|_| ())
    }

    /// Groups, lists, keys, tags and templates.
    fn edit_others(self, transaction: &Transaction<'_>) -> Result<()> {
        let (a, b) = (u128::from(self.a), u128::from(self.b));
        let name = NAMES[usize::from(self.content) % NAMES.len()];
        let record: Record = match self.what {
            13 | 14 => {
                let mut group = sharing_group(a % 3, name, b);
                for number in (0..6).filter(|bit| self.content >> bit & 1 == 1) {
                    group = group.member(number);
                }
                group.build().into()
            }
            15 => {
                let mut list = mailing_list(a % 2, name);
                for number in (0..6).filter(|bit| self.content >> bit & 1 == 1) {
                    list = list.individual(number);
                }
                list.build().into()
            }
            16 => {
                let mut group = organisation_group(a % 2, name);
                for number in (0..6).filter(|bit| self.content >> bit & 1 == 1) {
                    group = group.organisation(number);
                }
                group.with(|group| group.tags = self.tags()).build().into()
            }
            17 => enumeration(a % 2, name)
                .with(|list| list.values = vec![name.to_owned(), b.to_string()])
                .build()
                .into(),
            18 => encryption_key(a, b)
                .with(|key| {
                    key.revoked = self.content.is_multiple_of(2);
                    if self.content.is_multiple_of(3) {
                        key.owner = Owner::Individual(individual_id(b));
                    }
                })
                .build()
                .into(),
            19 => {
                let mut tag = Tag::new(tag(TAGS[usize::from(self.a) % TAGS.len()]));
                tag.colour = format!("#{:06x}", self.content);
                tag.into()
            }
            20 => {
                let tag = tag(TAGS[usize::from(self.a) % TAGS.len()]);
                return remove(transaction, EntityKind::Tag, tag.id().into());
            }
            21 => template(u32::from(self.a % 2) + 1)
                .with(|template| template.enabled = self.content.is_multiple_of(2))
                .build()
                .into(),
            22 => {
                let key = TemplateKey::new(TEMPLATE, u32::from(self.a % 2) + 1);
                return remove(transaction, EntityKind::MetaTemplate, key.record_id());
            }
            _ => {
                let kinds = [
                    EntityKind::SharingGroup,
                    EntityKind::MailingList,
                    EntityKind::OrganisationGroup,
                    EntityKind::EnumerationCollection,
                    EntityKind::EncryptionKey,
                ];
                let kind = kinds[usize::from(self.a) % kinds.len()];
                return match transaction.all_any(kind)?.get(usize::from(self.b)) {
                    Some(record) => remove(transaction, kind, record.id()),
                    None => Ok(()),
                };
            }
        };
        transaction.upsert_any(record).map(|_| ())
    }

    /// Users, roles, and what users own and administer.
    fn edit_accounts(self, transaction: &Transaction<'_>) -> Result<()> {
        let (a, b) = (u128::from(self.a), u128::from(self.b));
        let record: Record = match self.what {
            24 => role(a % 3, NAMES[usize::from(self.b) % NAMES.len()])
                .with(|role| role.is_default = self.content.is_multiple_of(2))
                .build()
                .into(),
            25 => user(a, &format!("user{}", self.content % 7), b % 3)
                .with(|user| {
                    user.disabled = self.content.is_multiple_of(5);
                    user.organisation =
                        (self.content.is_multiple_of(2)).then(|| organisation_id(b));
                    user.meta_fields = self.values();
                })
                .build()
                .into(),
            26 => {
                let mut group = organisation_group(a % 2, "Administered").administrator(b);
                if self.content.is_multiple_of(2) {
                    group = group.administrator(b + 1).organisation(b);
                }
                group.build().into()
            }
            27 => mailing_list(a % 2, "Owned")
                .with(|list| list.owner = Some(user_id(b)))
                .build()
                .into(),
            _ if self.content.is_multiple_of(3) => {
                return remove(transaction, EntityKind::Role, role_id(a % 3).into());
            }
            _ => return remove(transaction, EntityKind::User, user_id(a).into()),
        };
        transaction.upsert_any(record).map(|_| ())
    }

    fn tags(self) -> Vec<TagName> {
        let chosen = TAGS.iter().enumerate().filter(|(bit, _)| self.content >> bit & 1 == 1);
        chosen.map(|(_, name)| tag(name)).collect()
    }

    fn values(self) -> Vec<MetaField> {
        let n = self.content;
        let all = [
            constituency("IPv4 address", &format!("10.{}.0.0/16", n % 256)),
            extra(1, "network", &format!("192.0.{}.0/24", n % 256)),
            constituency("Domain", NAMES[usize::from(n) % NAMES.len()]),
            constituency("IPv4 address", "10.0.0.0/33"),
            extra(2, "colour", "red"),
            constituency("IPv6 address", "2001:db8::17/32"),
            constituency("AS Number", &format!("AS{n}-AS{}", u32::from(n) + 2)),
            constituency("Country", "Luxembourg"),
        ];
        let chosen = all.into_iter().enumerate().filter(|(bit, _)| n >> (bit + 4) & 1 == 1);
        chosen.map(|(_, value)| value).collect()
    }
}

fn remove(transaction: &Transaction<'_>, kind: EntityKind, id: uuid::Uuid) -> Result<()> {
    transaction.remove_any(kind, id).map(|_| ())
}
