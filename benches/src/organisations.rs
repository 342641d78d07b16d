//! Organisations as a database holds them, as many as asked for: three values each, about 1.5 KB as
//! a peer writes them, the same in every run.

use std::fmt;
use std::path::PathBuf;

use cerebrate_core::error::{Error, Kind};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::meta::Library;
use cerebrate_core::model::{MetaField, MetaTemplate, Organisation, TemplateKey};
use cerebrate_store::Store;
use cerebrate_wire::write::{Unnumbered, Writer};
use uuid::Builder;

use crate::random::Random;
use crate::report::counted;
use crate::{Result, Setting};

const SECTORS: [&str; 8] =
    ["energy", "finance", "government", "health", "research", "telecom", "transport", "water"];
const KINDS: [&str; 4] = ["CSIRT", "Authority", "Company", "Association"];
const COUNTRIES: [(&str, &str); 10] = [
    ("Luxembourg", "lu"),
    ("Austria", "at"),
    ("Germany", "de"),
    ("France", "fr"),
    ("Poland", "pl"),
    ("Estonia", "ee"),
    ("Brazil", "com.br"),
    ("Japan", "co.jp"),
    ("Türkiye", "com.tr"),
    ("Finland", "fi"),
];
const SYLLABLES: [&str; 24] = [
    "ba", "cor", "den", "fel", "gri", "hol", "in", "ju", "kal", "lum", "mer", "nor", "ost", "pra",
    "qui", "ras", "sen", "tur", "ul", "ver", "wes", "xan", "yor", "zel",
];

/// Makes organisations by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Organisations {
    constituency: TemplateKey,
}

impl Organisations {
    pub(crate) fn new() -> Result<Self> {
        let template = Library::shipped().find("cerebrate/csirt-constituency")?;
        Ok(Organisations { constituency: template.key() })
    }

    /// The identity of the organisation with that number.
    pub(crate) fn id(number: usize) -> OrganisationId {
        let mut random = Random::new(number as u64);
        OrganisationId::new(
            Builder::from_random_bytes(random.next_u128().to_be_bytes()).into_uuid(),
        )
    }

    /// The name of the organisation with that number.
    pub(crate) fn name(number: usize) -> String {
        let mut random = Random::new(number as u64 ^ 0x00ab_cdef);
        let (word, second) = (word(&mut random), word(&mut random));
        let kind = random.pick(&KINDS);
        format!("{word} {second} {kind} {number}")
    }

    /// The organisation with that number.
    pub(crate) fn get(&self, number: usize) -> Result<Organisation> {
        let mut random = Random::new(number as u64 ^ 0x0012_3456);
        let name = Self::name(number);
        let (country, suffix) = random.pick(&COUNTRIES);
        let label: String =
            name.split(' ').next().unwrap_or_default().to_lowercase() + &format!("{number:x}");
        let domain = format!("{label}.{suffix}");
        let mut organisation = Organisation::new(Self::id(number), name.parse()?);
        organisation.url = Some(format!("https://www.{domain}/"));
        organisation.nationality = Some((*country).to_owned());
        organisation.sector = Some((*random.pick(&SECTORS)).to_owned());
        organisation.kind = Some((*random.pick(&KINDS)).to_owned());
        organisation.contacts = Some(format!(
            "csirt@{domain}, +{} {}",
            random.below(90) + 10,
            random.below(9_000_000) + 1_000_000
        ));
        let value = |field: &str, value: String| MetaField::new(self.constituency, field, value);
        let [_, second, third, _] = random.next_u32().to_be_bytes();
        let first = 1 + random.below(223);
        organisation.meta_fields = vec![
            value("IPv4 address", format!("{first}.{second}.{third}.0/24")),
            value("AS Number", format!("AS{}", 1 + random.below(400_000))),
            value("Domain", domain),
        ];
        Ok(organisation)
    }

    /// The organisation as a peer writes it.
    pub(crate) fn json(&self, number: usize) -> Result<String> {
        let organisation = self.get(number)?;
        let writer = Writer::new(&Unnumbered);
        Ok(serde_json::to_string(&writer.organisation(&organisation, &[], &[]))?)
    }

    /// The columns of [`Self::csv`].
    pub(crate) const CSV_HEADER: &str = "name,url,nationality,sector,type,contacts,\
        cerebrate/csirt-constituency:IPv4 address,cerebrate/csirt-constituency:AS Number,\
        cerebrate/csirt-constituency:Domain";

    /// The organisation as a line of CSV, without its UUID.
    pub(crate) fn csv(&self, number: usize) -> Result<String> {
        let organisation = self.get(number)?;
        let columns = [
            Some(organisation.name.as_str().to_owned()),
            organisation.url,
            organisation.nationality,
            organisation.sector,
            organisation.kind,
            organisation.contacts,
        ];
        let values = organisation.meta_fields.into_iter().map(|value| Some(value.value));
        let cells: Vec<String> = columns
            .into_iter()
            .chain(values)
            .map(|cell| format!("\"{}\"", cell.unwrap_or_default()))
            .collect();
        Ok(cells.join(","))
    }

    /// Adds organisations `from..to`, in transactions of 50,000.
    pub(crate) fn fill(&self, store: &Store, from: usize, to: usize) -> Result<()> {
        for start in (from..to).step_by(50_000) {
            store.transaction(|transaction| {
                for number in start..to.min(start + 50_000) {
                    let organisation = self.get(number).map_err(|error| failed(&error))?;
                    transaction.organisations().upsert(organisation)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// A store of 100,000 organisations, or of a tenth, and how many there are: made once for all.
pub(crate) fn of_usual_size(setting: &Setting) -> Result<(PathBuf, usize)> {
    let count = if setting.quick { 10_000 } else { 100_000 };
    let path = setting.scratch.join("usual.db");
    if !path.exists() {
        println!("filling a store with {} organisations", counted(count));
        let store = with_templates(Store::open(&path)?)?;
        Organisations::new()?.fill(&store, 0, count)?;
        store.tidy()?;
    }
    Ok((path, count))
}

/// A new store that knows the shipped templates.
pub(crate) fn with_templates(store: Store) -> Result<Store> {
    let templates: Vec<MetaTemplate> =
        Library::shipped().iter().map(|template| template.template().clone()).collect();
    store.meta_templates().upsert_all(templates)?;
    Ok(store)
}

pub(crate) fn failed(error: &dyn fmt::Display) -> Error {
    Error::new(Kind::Invalid, "make an organisation", error.to_string())
}

fn word(random: &mut Random) -> String {
    let syllables = 2 + random.below(2);
    let mut word: String = (0..syllables).map(|_| *random.pick(&SYLLABLES)).collect();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_is_the_same_every_time_and_of_the_size_that_is_measured() {
        let organisations = Organisations::new().unwrap();
        assert_eq!(organisations.get(7).unwrap(), organisations.get(7).unwrap());
        let sizes = (0..100).map(|number| organisations.json(number).unwrap().len());
        let mean = sizes.sum::<usize>() / 100;
        assert!((1_300..=1_600).contains(&mean), "{mean} bytes");
    }
}
