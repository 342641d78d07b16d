//! What happened day by day, and how records are distributed. A store that is seen
//! [as a user](crate::Store::as_actor) counts what that user sees and nothing else.

mod activity;
mod distribution;

use std::collections::HashMap;

use cerebrate_core::error::Result;
use cerebrate_core::id::MetaTemplateId;
use cerebrate_core::meta::CompiledTemplate;
use cerebrate_core::model::{EntityKind, MetaTemplate};
use serde::Serialize;

use crate::Store;
use crate::backend::{Aspect, Read};

pub use activity::{Activity, DAYS, Day, KindActivity, Series};
pub use distribution::{Distribution, Share, Top};

/// How the records of a store are distributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Statistics {
    /// Organisations.
    pub organisations: OrganisationStatistics,
    /// Individuals.
    pub individuals: IndividualStatistics,
    /// Encryption keys.
    pub encryption_keys: KeyStatistics,
    /// Mailing lists.
    pub mailing_lists: MailingListStatistics,
    /// How far the fields of meta-templates are used: every field of a stored template, and every
    /// other one that has values, by template and place in it.
    pub template_fields: Vec<FieldUsage>,
}

/// How organisations are distributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrganisationStatistics {
    /// How many there are.
    pub total: u64,
    /// By the country that the nationality names, or by the nationality where it names none.
    pub nationality: Distribution,
    /// By sector.
    pub sector: Distribution,
    /// By sort.
    pub kind: Distribution,
    /// By tag: an organisation counts once for each of its tags.
    pub tag: Distribution,
}

/// How individuals are distributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IndividualStatistics {
    /// How many there are.
    pub total: u64,
    /// By position.
    pub position: Distribution,
}

/// How encryption keys are distributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyStatistics {
    /// How many there are.
    pub total: u64,
    /// By kind.
    pub kind: Distribution,
}

/// How mailing lists are distributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MailingListStatistics {
    /// How many there are.
    pub total: u64,
    /// By whether they are in use: `true` and `false`, both of them always.
    pub active: Distribution,
}

/// How far a template field is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldUsage {
    /// The template, whatever the version.
    pub template: MetaTemplateId,
    /// Its namespace; empty if nobody ever told.
    pub namespace: String,
    /// Its name; empty if nobody ever told.
    pub template_name: String,
    /// The field.
    pub field: String,
    /// How many records have it.
    pub records: u64,
    /// How many values of it there are.
    pub values: u64,
}

impl Store {
    /// Additions, changes and removals per day and kind, for so many days up to today. Days are
    /// those of UTC.
    ///
    /// ```
    /// use cerebrate_core::model::Organisation;
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// store.organisations().insert(Organisation::new(store.next_id().into(), "CIRCL".parse()?))?;
    /// let activity = store.activity(7)?;
    /// let organisations = &activity.kinds[0];
    /// assert_eq!((organisations.total, organisations.created.variation), (1, 1));
    /// assert_eq!(organisations.created.timeline.len(), 7);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid` for no day at all or more than [`DAYS`].
    pub fn activity(&self, days: u32) -> Result<Activity> {
        activity::of(self.read()?.as_ref(), days, self.inner().clock().now())
    }

    /// How organisations, individuals, keys and mailing lists are distributed, and how far template
    /// fields are used.
    ///
    /// ```
    /// use cerebrate_store::Store;
    /// use cerebrate_store::statistics::Top;
    ///
    /// let store = Store::in_memory()?;
    /// cerebrate_store::sample::load(&store)?;
    /// let statistics = store.statistics(&Top::default())?;
    /// for share in &statistics.organisations.nationality.entries {
    ///     println!("{} {}", share.value, share.count);
    /// }
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    pub fn statistics(&self, top: &Top) -> Result<Statistics> {
        let read = self.read()?;
        let read = read.as_ref();
        let of = |kind, aspects: &[Aspect]| -> Result<Vec<Distribution>> {
            let tallies = read.tally(kind, aspects, None)?;
            Ok(tallies.into_iter().map(|tally| Distribution::of(tally, top)).collect())
        };
        let one = |kind, aspect| -> Result<Distribution> {
            Ok(of(kind, &[aspect])?.pop().unwrap_or_default())
        };
        let total = |kind| read.count(kind, &[]);
        let mut organisations =
            of(EntityKind::Organisation, &[Aspect::Nationality, Aspect::Sector, Aspect::Kind])?
                .into_iter();
        let tags = read.tally_tags(EntityKind::Organisation, None)?;
        let active = read.tally(EntityKind::MailingList, &[Aspect::Active], None)?.pop();
        Ok(Statistics {
            organisations: OrganisationStatistics {
                total: total(EntityKind::Organisation)?,
                nationality: organisations.next().unwrap_or_default(),
                sector: organisations.next().unwrap_or_default(),
                kind: organisations.next().unwrap_or_default(),
                tag: Distribution::of_tags(tags, top),
            },
            individuals: IndividualStatistics {
                total: total(EntityKind::Individual)?,
                position: one(EntityKind::Individual, Aspect::Position)?,
            },
            encryption_keys: KeyStatistics {
                total: total(EntityKind::EncryptionKey)?,
                kind: one(EntityKind::EncryptionKey, Aspect::Kind)?,
            },
            mailing_lists: MailingListStatistics {
                total: total(EntityKind::MailingList)?,
                active: Distribution::of_both(&active.unwrap_or_default()),
            },
            template_fields: self.field_usage(read)?,
        })
    }

    fn field_usage(&self, read: &dyn Read) -> Result<Vec<FieldUsage>> {
        let mut usage: Vec<FieldUsage> = Vec::new();
        let library = self.library_of(read)?;
        let mut templates: Vec<&MetaTemplate> =
            library.iter().map(CompiledTemplate::template).collect();
        // The newest version first: it says how the template and its fields stand now.
        templates.sort_by(|one, other| {
            let name = |of: &MetaTemplate| (of.namespace.clone(), of.name.clone(), of.key.id);
            name(one).cmp(&name(other)).then(other.key.version.cmp(&one.key.version))
        });
        let mut known = HashMap::new();
        for template in templates {
            for field in &template.fields {
                known.entry((template.key.id, field.name.clone())).or_insert_with(|| {
                    usage.push(FieldUsage {
                        template: template.key.id,
                        namespace: template.namespace.clone(),
                        template_name: template.name.clone(),
                        field: field.name.clone(),
                        records: 0,
                        values: 0,
                    });
                    usage.len() - 1
                });
            }
        }
        let mut counts = read.field_usage(None)?;
        counts
            .sort_by(|one, other| (one.template, &one.field).cmp(&(other.template, &other.field)));
        let mut directory = None;
        for count in counts {
            if let Some(at) = known.get(&(count.template, count.field.clone()))
                && let Some(usage) = usage.get_mut(*at)
            {
                (usage.records, usage.values) = (count.records, count.values);
                continue;
            }
            let names = match &directory {
                Some(names) => names,
                None => directory.insert(read.name_directory()?),
            };
            let newest = names
                .iter()
                .filter(|entry| entry.template.id == count.template)
                .max_by_key(|entry| entry.template.version);
            usage.push(FieldUsage {
                template: count.template,
                namespace: newest.map(|entry| entry.namespace.clone()).unwrap_or_default(),
                template_name: newest.map(|entry| entry.name.clone()).unwrap_or_default(),
                field: count.field,
                records: count.records,
                values: count.values,
            });
        }
        Ok(usage)
    }
}
