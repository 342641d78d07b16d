//! Records that may be about one and the same.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::fmt;

use cerebrate_core::constituency;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::fold::{fold, normalised_name};
use cerebrate_core::model::{EntityKind, Individual, Organisation, Record};
use cerebrate_core::query::Query;
use cerebrate_core::value::CountryCode;
use serde::Serialize;
use uuid::Uuid;

use crate::Store;
use crate::import::shape::{email_domains, host_of};

/// How many records of one block each record is compared with.
const BLOCK: usize = 50;

/// Domains under which everybody may have an address.
const ANYBODY: [&str; 12] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "icloud.com",
    "gmx.net",
    "gmx.de",
    "proton.me",
    "protonmail.com",
    "mail.ru",
];

/// What to look for.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct DuplicateOptions {
    kind: EntityKind,
    at_least: f64,
    limit: usize,
}

impl DuplicateOptions {
    /// Organisations that may be one: by name, by web address and domain, by e-mail address. At
    /// most 1,000 pairs with a score of at least 0.5, unless set.
    pub fn organisations() -> Self {
        DuplicateOptions { kind: EntityKind::Organisation, at_least: 0.5, limit: 1_000 }
    }

    /// Individuals that may be one: by name and by e-mail address.
    pub fn individuals() -> Self {
        DuplicateOptions { kind: EntityKind::Individual, ..Self::organisations() }
    }

    /// Only pairs with at least this score.
    pub fn at_least(mut self, score: f64) -> Self {
        self.at_least = score;
        self
    }

    /// At most so many pairs, the likeliest.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

impl Default for DuplicateOptions {
    fn default() -> Self {
        Self::organisations()
    }
}

/// Two records that may be one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Candidate {
    /// The record with the smaller UUID.
    pub a: Uuid,
    /// Its name.
    pub a_name: String,
    /// The other one.
    pub b: Uuid,
    /// Its name.
    pub b_name: String,
    /// How likely it is, from 0 to 1.
    pub score: f64,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Why two records may be one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
#[non_exhaustive]
pub enum Reason {
    /// The same name, whatever the case, accents and punctuation.
    SameName,
    /// The same words in another order.
    SameWords,
    /// A name that differs in few letters.
    NearName,
    /// The same e-mail address.
    SameEmail(String),
    /// At home under the same domain.
    SameDomain(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::SameName => f.write_str("same name"),
            Reason::SameWords => f.write_str("same words in the name"),
            Reason::NearName => f.write_str("similar name"),
            Reason::SameEmail(email) => write!(f, "same e-mail address {email}"),
            Reason::SameDomain(domain) => write!(f, "same domain {domain}"),
        }
    }
}

impl Store {
    /// Pairs of records that may be one, the likeliest first; equal scores in the order of the
    /// UUIDs. Records are compared if they share a name, a rare word of it, a domain or an e-mail
    /// address, so that it takes no longer than the store is large.
    ///
    /// ```
    /// # use cerebrate_store::Store;
    /// # use cerebrate_core::model::Organisation;
    /// use cerebrate_store::duplicates::{DuplicateOptions, Reason};
    ///
    /// let store = Store::in_memory()?;
    /// for name in ["CERT.at", "Cert AT", "CIRCL"] {
    ///     store.organisations().insert(Organisation::new(store.next_id().into(), name.parse()?))?;
    /// }
    /// let found = store.duplicates(&DuplicateOptions::organisations())?;
    /// assert_eq!(found.len(), 1);
    /// assert_eq!(found[0].reasons, [Reason::SameName]);
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid` if the score asked for is not a number from 0 to 1.
    pub fn duplicates(&self, options: &DuplicateOptions) -> Result<Vec<Candidate>> {
        if !(0.0..=1.0).contains(&options.at_least) {
            return Err(Error::new(Kind::Invalid, "find duplicates", "a score is from 0 to 1")
                .with("score", options.at_least));
        }
        let traits = self.traits(options.kind)?;
        let mut found: Vec<Candidate> = pairs(&traits)
            .into_iter()
            .filter_map(|(a, b)| judge(traits.get(a)?, traits.get(b)?))
            .filter(|candidate| candidate.score >= options.at_least)
            .collect();
        found.sort_by(|x, y| {
            y.score
                .partial_cmp(&x.score)
                .unwrap_or(Ordering::Equal)
                .then_with(|| (x.a, x.b).cmp(&(y.a, y.b)))
        });
        found.truncate(options.limit);
        Ok(found)
    }

    fn traits(&self, kind: EntityKind) -> Result<Vec<Traits>> {
        let read = self.read()?;
        let mut traits = Vec::new();
        let mut query = Query::new(kind);
        query.limit = 500;
        loop {
            let page = read.query(&query)?;
            traits.extend(page.records.iter().filter_map(Traits::of));
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        traits.sort_unstable_by_key(|traits| traits.id);
        Ok(traits)
    }
}

/// What records are compared by.
#[derive(Debug)]
struct Traits {
    id: Uuid,
    name: String,
    normalised: String,
    /// The words of the name in order, letters that stand alone put together.
    words: String,
    emails: Vec<String>,
    domains: Vec<String>,
    country: Option<CountryCode>,
}

impl Traits {
    fn of(record: &Record) -> Option<Self> {
        match record {
            Record::Organisation(organisation) => Some(Traits::of_organisation(organisation)),
            Record::Individual(individual) => Some(Traits::of_individual(individual)),
            _ => None,
        }
    }

    fn of_organisation(organisation: &Organisation) -> Self {
        let contacts = organisation.contacts.as_deref().unwrap_or_default();
        let mut domains: Vec<String> = email_domains(contacts).collect();
        domains.extend(organisation.url.as_deref().and_then(host_of));
        for value in &organisation.meta_fields {
            if value.template.id == constituency::TEMPLATE
                && value.field == constituency::Role::Domain.field_name()
                && !value.value.starts_with(['.', '*'])
            {
                domains.extend(host_of(&value.value));
            }
        }
        domains.retain(|domain| !ANYBODY.contains(&domain.as_str()));
        Traits {
            id: organisation.id.uuid(),
            name: organisation.name.to_string(),
            words: in_order(&spelled_together(&normalised_name(&organisation.name))),
            normalised: normalised_name(&organisation.name),
            emails: sorted(emails(contacts).collect()),
            domains: sorted(domains),
            country: organisation.nationality.as_deref().and_then(CountryCode::from_text),
        }
    }

    fn of_individual(individual: &Individual) -> Self {
        let name = individual.full_name().unwrap_or_default();
        Traits {
            id: individual.id.uuid(),
            words: in_order(&spelled_together(&normalised_name(&name))),
            normalised: normalised_name(&name),
            name: if name.trim().is_empty() { individual.email.clone() } else { name },
            emails: vec![fold(&individual.email)],
            domains: Vec::new(),
            country: None,
        }
    }

    /// Under which keys records are looked for that may be the same one.
    fn keys(&self) -> impl Iterator<Item = (Block, &str)> {
        let words = self.words.split(' ').filter(|word| word.chars().count() >= 4);
        let start = self.normalised.char_indices().nth(5).map(|(at, _)| at);
        let start = start.and_then(|at| self.normalised.get(..at));
        std::iter::once((Block::Name, self.normalised.as_str()))
            .filter(|(_, name)| !name.is_empty())
            .chain(self.emails.iter().map(|email| (Block::Email, email.as_str())))
            .chain(self.domains.iter().map(|domain| (Block::Domain, domain.as_str())))
            .chain(words.map(|word| (Block::Word, word)))
            .chain(
                [(Block::Words, self.words.as_str())]
                    .into_iter()
                    .filter(|(_, words)| !words.is_empty()),
            )
            .chain(start.map(|start| (Block::Start, start)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Block {
    Name,
    Email,
    Domain,
    Word,
    Words,
    Start,
}

impl Block {
    /// Whether what many records share still tells something about each two of them.
    fn is_telling(self) -> bool {
        matches!(self, Block::Name | Block::Words | Block::Email)
    }
}

/// Which records to compare, each pair once.
fn pairs(traits: &[Traits]) -> BTreeSet<(usize, usize)> {
    let mut blocks: HashMap<(Block, &str), Vec<usize>> = HashMap::new();
    for (index, record) in traits.iter().enumerate() {
        for key in record.keys() {
            let members = blocks.entry(key).or_default();
            if members.last() != Some(&index) {
                members.push(index);
            }
        }
    }
    let mut pairs = BTreeSet::new();
    for ((block, _), members) in blocks {
        if members.len() > BLOCK && !block.is_telling() {
            continue;
        }
        for (at, a) in members.iter().enumerate() {
            pairs.extend(members.iter().skip(at + 1).take(BLOCK).map(|b| (*a, *b)));
        }
    }
    pairs
}

fn judge(a: &Traits, b: &Traits) -> Option<Candidate> {
    let mut reasons = Vec::new();
    let mut doubt = 1.0;
    if let Some((reason, weight)) = compare_names(&a.normalised, &b.normalised) {
        reasons.push(reason);
        doubt *= 1.0 - weight;
    }
    if let Some(email) = a.emails.iter().find(|email| b.emails.contains(email)) {
        reasons.push(Reason::SameEmail(email.clone()));
        doubt *= 0.4;
    }
    let shared = a.domains.iter().find(|domain| b.domains.contains(domain));
    if let Some(domain) = shared {
        reasons.push(Reason::SameDomain(domain.clone()));
        doubt *= 0.65;
    }
    if reasons.is_empty() {
        return None;
    }
    let mut score: f64 = 1.0 - doubt;
    let elsewhere = a.country.zip(b.country).is_some_and(|(a, b)| a != b);
    if elsewhere {
        score *= 0.6;
    }
    if shared.is_none() && !a.domains.is_empty() && !b.domains.is_empty() {
        score *= 0.8;
    }
    Some(Candidate {
        a: a.id,
        a_name: a.name.clone(),
        b: b.id,
        b_name: b.name.clone(),
        score: (score * 1_000.0).round() / 1_000.0,
        reasons,
    })
}

/// How two normalised names are alike, and how much that says.
fn compare_names(a: &str, b: &str) -> Option<(Reason, f64)> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    if a == b {
        return Some((Reason::SameName, 0.8));
    }
    if in_order(a) == in_order(b)
        || a.replace(' ', "") == b.replace(' ', "")
        || in_order(&spelled_together(a)) == in_order(&spelled_together(b))
    {
        return Some((Reason::SameWords, 0.7));
    }
    let near = similarity(a, b);
    (near >= 0.92).then_some((Reason::NearName, 0.35 + (near - 0.92) * 3.5))
}

/// The words of a normalised name in alphabetical order, each once.
fn in_order(name: &str) -> String {
    let words: BTreeSet<&str> = name.split(' ').collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}

/// The name with letters that stand alone one after the other put together, as `c e r t` is `cert`.
fn spelled_together(name: &str) -> String {
    let mut together = String::with_capacity(name.len());
    let mut is_letter = false;
    for word in name.split(' ') {
        let was_letter = std::mem::replace(&mut is_letter, word.chars().nth(1).is_none());
        let joins = was_letter && is_letter;
        if !together.is_empty() && !joins {
            together.push(' ');
        }
        together.push_str(word);
    }
    together
}

/// The similarity of two texts after Jaro and Winkler, from 0 to 1.
fn similarity(a: &str, b: &str) -> f64 {
    const LONGEST: usize = 256;
    let a: Vec<char> = a.chars().take(LONGEST).collect();
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; b.len()];
    let mut matched = Vec::new();
    for (index, character) in a.iter().enumerate() {
        let from = index.saturating_sub(reach);
        let found = b
            .iter()
            .zip(&taken)
            .enumerate()
            .skip(from)
            .take(index + reach + 1 - from)
            .find(|(_, (other, taken))| *other == character && !**taken)
            .map(|(at, _)| at);
        if let Some(place) = found.and_then(|at| taken.get_mut(at)) {
            *place = true;
            matched.push(*character);
        }
    }
    if matched.is_empty() {
        return 0.0;
    }
    let others = b.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(other, _)| *other);
    let moved = matched.iter().zip(others).filter(|(one, other)| *one != other).count();
    let count = small(matched.len());
    let jaro =
        (count / small(a.len()) + count / small(b.len()) + (count - small(moved) / 2.0) / count)
            / 3.0;
    let prefix = a.iter().zip(&b).take(4).take_while(|(one, other)| one == other).count();
    jaro + small(prefix) * 0.1 * (1.0 - jaro)
}

/// A count of at most a few hundred as a fraction.
fn small(count: usize) -> f64 {
    f64::from(u16::try_from(count).unwrap_or(u16::MAX))
}

fn emails(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| character.is_whitespace() || ",;<>()[]\"'|/:".contains(character))
        .map(|word| word.trim_end_matches(['.', '!', '?']))
        .filter(|word| word.parse::<cerebrate_core::value::Email>().is_ok())
        .map(fold)
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_unstable();
    texts.dedup();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn similar_names_are_similar() {
        assert!((similarity("martha", "marhta") - 0.961).abs() < 0.001);
        assert!((similarity("dixon", "dicksonx") - 0.813).abs() < 0.001);
        assert!(similarity("abc", "xyz").abs() < f64::EPSILON);
        assert_eq!(compare_names("cert bund", "bund cert").unwrap().0, Reason::SameWords);
        assert_eq!(compare_names("cert at", "certat").unwrap().0, Reason::SameWords);
        assert_eq!(
            compare_names("national cyber security centre", "national cyber security center")
                .unwrap()
                .0,
            Reason::NearName
        );
        assert!(compare_names("circl", "cert").is_none());
        let names = ["cert austria", "austria cert", "c e r t austria", "austria c e r t"];
        for a in names {
            for b in names.iter().filter(|b| **b != a) {
                assert_eq!(compare_names(a, b).unwrap().0, Reason::SameWords, "{a} {b}");
            }
        }
    }

    proptest! {
        #[test]
        fn similarity_is_a_fraction_and_the_same_both_ways(a in "[abc]{0,12}", b in "[abc]{0,12}") {
            let (there, back) = (similarity(&a, &b), similarity(&b, &a));
            prop_assert!((0.0..=1.0).contains(&there));
            prop_assert!((there - back).abs() < 0.2);
            if !a.is_empty() {
                prop_assert!((similarity(&a, &a) - 1.0).abs() < 1e-9);
            }
        }
    }
}
