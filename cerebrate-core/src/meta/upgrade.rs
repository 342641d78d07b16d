//! From one version of a template to the next: what would be lost, and what becomes of each value.
//! Versions compare as numbers, values are checked anew under the new definition, and nothing is
//! lost unless its removal was asked for by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::check::Profile;
use super::compiled::{CompiledField, CompiledTemplate};
use crate::error::{Error, Kind};
use crate::model::TemplateKey;
use crate::problem::{Problem, ProblemKind};

/// How a stored template stands to the file of its UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer that peers' programs ask for")]
pub struct UpdateStatus {
    /// No version of the template is stored.
    pub is_new: bool,
    /// The stored version is not older than the file, or nothing is stored.
    pub up_to_date: bool,
    /// The file is newer, and no stored value stands in the way.
    pub automatically_updateable: bool,
    /// The file is newer, and stored values stand in the way.
    pub has_conflict: bool,
    /// Another stored version of the template is not older than the file.
    pub to_existing: bool,
    /// It is stored and no value uses it.
    pub can_be_removed: bool,
}

/// What the store knows about the values of a stored template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Usage {
    /// Whether any value uses this version.
    pub has_values: bool,
    /// Whether a conflict with the file has an owner: see [`conflicts`].
    pub has_conflicting_values: bool,
}

/// How the version `row` of a template stands to its `file`, where `stored` are all stored
/// versions of any template; without a `row`, how a template that is perhaps not stored does.
///
/// ```
/// use cerebrate_core::meta::upgrade::{Usage, status};
/// use cerebrate_core::model::TemplateKey;
///
/// let id = "faca6acc-23e0-4585-8fd8-4379e3a6250d".parse()?;
/// let [old, new] = [9, 10].map(|version| TemplateKey::new(id, version));
/// let status = status(Some(old), &[old], new, Usage::default());
/// assert!(status.automatically_updateable && !status.up_to_date);
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
pub fn status(
    row: Option<TemplateKey>,
    stored: &[TemplateKey],
    file: TemplateKey,
    usage: Usage,
) -> UpdateStatus {
    let mut versions = stored.iter().filter(|key| key.id == file.id);
    let is_new = row.is_none() && versions.clone().next().is_none();
    let newest = versions.clone().map(|key| key.version).max();
    let version = row.map(|key| key.version).or(newest);
    let up_to_date = version.is_none_or(|version| version >= file.version);
    let automatically_updateable = !up_to_date && !usage.has_conflicting_values;
    UpdateStatus {
        is_new,
        up_to_date,
        automatically_updateable,
        has_conflict: !up_to_date && !automatically_updateable,
        to_existing: row.is_some()
            && versions.any(|key| Some(*key) != row && key.version >= file.version),
        can_be_removed: row.is_some() && !usage.has_values,
    }
}

/// A field of the old version whose values cannot all follow to the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Conflict<O> {
    /// The field.
    pub field: String,
    /// What stands in the way.
    pub reason: Reason,
    /// Whose values are concerned, each once. Empty if a field goes that nobody uses: such a
    /// conflict hinders nothing.
    pub owners: Vec<O>,
}

/// Why values cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "problems")]
#[non_exhaustive]
pub enum Reason {
    /// The new version describes another kind of record.
    OtherScope,
    /// The new version has no such field.
    Removed,
    /// The field takes one value now, and somebody has several.
    SingleNow,
    /// Values do not pass the type, the pattern or the values list of the new version.
    Invalid(Vec<Problem>),
    /// The pattern of the new version cannot be used here, so that nobody knows whether values
    /// pass. They are never removed.
    Unchecked(Vec<Problem>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::OtherScope => f.write_str("the new version is for another kind of record"),
            Reason::Removed => f.write_str("the new version has no such field"),
            Reason::SingleNow => f.write_str("the field takes one value in the new version"),
            Reason::Invalid(problems) | Reason::Unchecked(problems) => {
                if matches!(self, Reason::Unchecked(_)) {
                    f.write_str("cannot be checked here: ")?;
                }
                for (index, problem) in problems.iter().enumerate() {
                    let between = if index == 0 { "" } else { "; " };
                    write!(f, "{between}{}", problem.message())?;
                }
                Ok(())
            }
        }
    }
}

/// What would not follow from `old` to `new`, of the given values of `old`: owner, field, value.
///
/// A value conflicts if a changed definition gives it a problem that it did not have before; a
/// changed type counts (as peers do since release 1.39). A value that was flagged already and
/// gets no new problem follows with its flag.
pub fn conflicts<O: Ord + Clone, F: AsRef<str>, V: AsRef<str>>(
    old: &CompiledTemplate,
    new: &CompiledTemplate,
    values: impl IntoIterator<Item = (O, F, V)>,
) -> Vec<Conflict<O>> {
    let mut found = Found::default();
    for field in old.fields() {
        if has_same_scope(old, new) && new.field(field.name()).is_none() {
            found.removed.entry(field.name().to_owned()).or_default();
        }
    }
    let mut counts: BTreeMap<(String, O), usize> = BTreeMap::new();
    for (owner, name, value) in values {
        let name = name.as_ref();
        match Fate::of(old, new, name, value.as_ref()) {
            Fate::Follows => {}
            Fate::OtherScope => {
                found.other_scope.entry(name.to_owned()).or_default().insert(owner.clone());
            }
            Fate::Removed => {
                found.removed.entry(name.to_owned()).or_default().insert(owner.clone());
            }
            Fate::Invalid(problems) => {
                let (listed, owners) = found.invalid.entry(name.to_owned()).or_default();
                listed.extend(problems);
                owners.insert(owner.clone());
            }
            Fate::Unchecked(problems) => {
                let (listed, owners) = found.unchecked.entry(name.to_owned()).or_default();
                listed.extend(problems);
                owners.insert(owner.clone());
            }
        }
        if is_single_now(old, new, name) {
            let count = counts.entry((name.to_owned(), owner)).or_default();
            *count += 1;
        }
    }
    for ((name, owner), count) in counts {
        if count > 1 {
            found.single.entry(name).or_default().insert(owner);
        }
    }
    found.in_field_order(old)
}

/// What to do with the values when a new version comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// Every value that can follows; an owner with a conflict keeps all values under the old
    /// version, which stays for them.
    #[default]
    UpdateExisting,
    /// The same, and the old version stays even if no value is left under it.
    KeepBoth,
    /// The new version beside the old one, every value where it is.
    CreateNew,
    /// Every value that can follows, also where nobody here knows whether it passes; the
    /// conflicting ones are removed.
    DeleteAll,
}

impl Strategy {
    /// The name on the command line and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Strategy::UpdateExisting => "update_existing",
            Strategy::KeepBoth => "keep_both",
            Strategy::CreateNew => "create_new",
            Strategy::DeleteAll => "delete_all",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Strategy {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        use Strategy::{CreateNew, DeleteAll, KeepBoth, UpdateExisting};
        let strategies = [UpdateExisting, KeepBoth, CreateNew, DeleteAll];
        strategies.into_iter().find(|strategy| strategy.as_str() == name).ok_or_else(|| {
            Error::new(Kind::Invalid, "read update strategy", "unknown update strategy")
                .with("value", crate::problem::excerpt(name))
                .hint("use `update_existing`, `keep_both`, `create_new` or `delete_all`")
        })
    }
}

/// What becomes of the values when a new version of their template comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Migration<O> {
    /// What becomes of the old version of the template.
    pub old_version: OldVersion,
    /// A decision for each owner, in the order of owners.
    pub owners: Vec<OwnerMigration<O>>,
    /// What stands in the way of some values.
    pub conflicts: Vec<Conflict<O>>,
}

/// What becomes of the old version of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OldVersion {
    /// The new version takes its place: no value is left under it.
    Replaced,
    /// It stays for the values under it, is not offered any more and is no longer the default.
    Disabled,
}

/// What becomes of the values of one owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OwnerMigration<O> {
    /// Whose values.
    pub owner: O,
    /// Field and value that are of the new version from now on.
    pub moved: Vec<(String, String)>,
    /// Field and value that stay under the old version.
    pub held: Vec<(String, String)>,
    /// Field and value that are removed, in one change set that can be undone. Only under
    /// [`Strategy::DeleteAll`].
    pub removed: Vec<(String, String)>,
}

/// Decides what becomes of each value of `old` (owner, field, value) when `new` comes. Each value
/// given stands in exactly one list of exactly one owner.
///
/// The strategy is honoured also where no value conflicts (peers replace the old version then,
/// whatever was asked for).
pub fn migrate<O: Ord + Clone, F: AsRef<str>, V: AsRef<str>>(
    old: &CompiledTemplate,
    new: &CompiledTemplate,
    strategy: Strategy,
    values: impl IntoIterator<Item = (O, F, V)>,
) -> Migration<O> {
    let values: Vec<(O, F, V)> = values.into_iter().collect();
    let conflicts = conflicts(
        old,
        new,
        values.iter().map(|(owner, field, value)| (owner.clone(), field.as_ref(), value.as_ref())),
    );
    let conflicting: BTreeSet<&O> =
        conflicts.iter().flat_map(|conflict| &conflict.owners).collect();
    let old_version = match strategy {
        Strategy::UpdateExisting if conflicting.is_empty() => OldVersion::Replaced,
        Strategy::UpdateExisting | Strategy::KeepBoth | Strategy::CreateNew => OldVersion::Disabled,
        Strategy::DeleteAll => OldVersion::Replaced,
    };
    let mut owners: BTreeMap<O, OwnerMigration<O>> = BTreeMap::new();
    let mut used: BTreeSet<(O, String)> = BTreeSet::new();
    for (owner, field, value) in &values {
        let (field, value) = (field.as_ref(), value.as_ref());
        let decision = owners.entry(owner.clone()).or_insert_with(|| OwnerMigration {
            owner: owner.clone(),
            moved: Vec::new(),
            held: Vec::new(),
            removed: Vec::new(),
        });
        let list = match strategy {
            Strategy::CreateNew => &mut decision.held,
            Strategy::UpdateExisting | Strategy::KeepBoth if conflicting.contains(owner) => {
                &mut decision.held
            }
            Strategy::UpdateExisting | Strategy::KeepBoth => &mut decision.moved,
            Strategy::DeleteAll => {
                // Of several values for a field that takes one now, the first that is valid stays.
                let fate = Fate::of(old, new, field, value);
                let follows = matches!(fate, Fate::Follows | Fate::Unchecked(_))
                    && (!is_single_now(old, new, field)
                        || used.insert((owner.clone(), field.to_owned())));
                if follows { &mut decision.moved } else { &mut decision.removed }
            }
        };
        list.push((field.to_owned(), value.to_owned()));
    }
    Migration { old_version, owners: owners.into_values().collect(), conflicts }
}

/// What becomes of one value by itself.
enum Fate {
    Follows,
    OtherScope,
    Removed,
    Invalid(Vec<Problem>),
    Unchecked(Vec<Problem>),
}

impl Fate {
    fn of(old: &CompiledTemplate, new: &CompiledTemplate, name: &str, value: &str) -> Fate {
        if !has_same_scope(old, new) {
            return Fate::OtherScope;
        }
        let (before, after) = match (old.field(name), new.field(name)) {
            (Some(before), Some(after)) => (before, after),
            (Some(_), None) => return Fate::Removed,
            // Unknown to the old version: flagged there, and no worse off in the new one.
            (None, _) => return Fate::Follows,
        };
        if has_same_rules(before, after) {
            return Fate::Follows;
        }
        let mut problems = after.check(Profile::Strict, value).problems;
        problems.retain(|problem| !problem.is_notice());
        if problems.is_empty() {
            return Fate::Follows;
        }
        let known: BTreeSet<ProblemKind> =
            before.check(Profile::Strict, value).problems.iter().map(Problem::kind).collect();
        problems.retain(|problem| !known.contains(&problem.kind()));
        // A pattern that cannot be used says nothing about the value.
        let is_usable = !matches!(after.whole(), Some(Err(_)));
        let is_of_pattern = |problem: &Problem| {
            matches!(problem.kind(), ProblemKind::Unsupported | ProblemKind::Pattern)
        };
        if problems.is_empty() {
            Fate::Follows
        } else if is_usable || !problems.iter().all(is_of_pattern) {
            Fate::Invalid(problems)
        } else {
            Fate::Unchecked(problems)
        }
    }
}

fn has_same_scope(old: &CompiledTemplate, new: &CompiledTemplate) -> bool {
    old.template().scope == new.template().scope
}

fn has_same_rules(before: &CompiledField, after: &CompiledField) -> bool {
    let (before, after) = (before.definition(), after.definition());
    before.kind == after.kind
        && before.pattern == after.pattern
        && before.values_list == after.values_list
}

fn is_single_now(old: &CompiledTemplate, new: &CompiledTemplate, name: &str) -> bool {
    let is_multiple =
        |template: &CompiledTemplate| template.field(name).map(|field| field.definition().multiple);
    is_multiple(old) == Some(true) && is_multiple(new) == Some(false)
}

struct Found<O> {
    other_scope: BTreeMap<String, BTreeSet<O>>,
    removed: BTreeMap<String, BTreeSet<O>>,
    single: BTreeMap<String, BTreeSet<O>>,
    invalid: BTreeMap<String, (Vec<Problem>, BTreeSet<O>)>,
    unchecked: BTreeMap<String, (Vec<Problem>, BTreeSet<O>)>,
}

impl<O> Default for Found<O> {
    fn default() -> Self {
        Found {
            other_scope: BTreeMap::new(),
            removed: BTreeMap::new(),
            single: BTreeMap::new(),
            invalid: BTreeMap::new(),
            unchecked: BTreeMap::new(),
        }
    }
}

impl<O: Ord> Found<O> {
    fn in_field_order(mut self, old: &CompiledTemplate) -> Vec<Conflict<O>> {
        let mut conflicts = Vec::new();
        for field in old.fields() {
            let name = field.name();
            let mut add = |reason, owners: BTreeSet<O>| {
                let owners = owners.into_iter().collect();
                conflicts.push(Conflict { field: name.to_owned(), reason, owners });
            };
            if let Some(owners) = self.other_scope.remove(name) {
                add(Reason::OtherScope, owners);
            }
            if let Some(owners) = self.removed.remove(name) {
                add(Reason::Removed, owners);
            }
            if let Some(owners) = self.single.remove(name) {
                add(Reason::SingleNow, owners);
            }
            if let Some((problems, owners)) = self.invalid.remove(name) {
                add(Reason::Invalid(problems), owners);
            }
            if let Some((problems, owners)) = self.unchecked.remove(name) {
                add(Reason::Unchecked(problems), owners);
            }
        }
        conflicts
    }
}

#[cfg(test)]
mod tests;
