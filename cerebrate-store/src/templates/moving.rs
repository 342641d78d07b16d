//! What becomes of the values of one record when a new version of their template comes.

use std::collections::BTreeSet;

use cerebrate_core::meta::CompiledTemplate;
use cerebrate_core::meta::upgrade::{Reason, Strategy, migrate};
use cerebrate_core::model::{
    FieldKind, MetaField, MetaTemplate, Record, TemplateField, TemplateKey,
};

use super::ValueConflict;

/// A version that values come from.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) key: TemplateKey,
    /// `None` if it is not stored: its values wait.
    pub(super) template: Option<CompiledTemplate>,
}

/// What becomes of the values of one record.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// The record with its values where they belong; `None` if all stay.
    pub(super) record: Option<Record>,
    pub(super) moved: u64,
    pub(super) kept: u64,
    pub(super) removed: u64,
    pub(super) conflicts: Vec<ValueConflict>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Moves,
    Stays,
    Goes,
}

/// Decides about all values of `record` that are of `source`.
pub(super) fn decide(
    record: &Record,
    source: &Source,
    new: &CompiledTemplate,
    strategy: Strategy,
) -> Decision {
    let all = values(record);
    let own: Vec<&MetaField> = all.iter().filter(|value| value.template == source.key).collect();
    let old = source.template.clone().unwrap_or_else(|| stand_in_for(source.key, new, &own));
    let strategy = match strategy {
        // Nobody here knows what values of an unknown version mean: they are never removed.
        Strategy::DeleteAll if source.template.is_none() => Strategy::KeepBoth,
        asked => asked,
    };
    let pairs = own.iter().map(|value| ((), value.field.as_str(), value.value.as_str()));
    let plan = migrate(&old, new, strategy, pairs);
    let mut decision = Decision::default();
    for conflict in plan.conflicts.into_iter().filter(|conflict| !conflict.owners.is_empty()) {
        decision.conflicts.push(row(record, source.key, conflict.field, conflict.reason, &own));
    }
    let (mut moved, mut removed) = (Vec::new(), Vec::new());
    for owner in plan.owners {
        moved.extend(owner.moved);
        removed.extend(owner.removed);
    }
    // Each list is in the order of the values.
    let (mut moved, mut removed) = (moved.iter().peekable(), removed.iter().peekable());
    let is = |pair: &&(String, String), value: &MetaField| {
        pair.0 == value.field && pair.1 == value.value
    };
    let mut fates: Vec<Fate> = own
        .iter()
        .map(|value| {
            if moved.next_if(|pair| is(pair, value)).is_some() {
                Fate::Moves
            } else if removed.next_if(|pair| is(pair, value)).is_some() {
                Fate::Goes
            } else {
                Fate::Stays
            }
        })
        .collect();
    if strategy != Strategy::CreateNew {
        give_way(record, source.key, new, strategy, &own, &mut fates, &mut decision);
    }
    decision.record = carry_out(record, source.key, new.key(), &fates, &mut decision);
    decision
}

/// A record may have values of the new version already: a field that takes one value is taken.
fn give_way(
    record: &Record,
    source: TemplateKey,
    new: &CompiledTemplate,
    strategy: Strategy,
    own: &[&MetaField],
    fates: &mut [Fate],
    decision: &mut Decision,
) {
    let there: Vec<&MetaField> =
        values(record).iter().filter(|value| value.template == new.key()).collect();
    if there.is_empty() {
        return;
    }
    let is_taken = |value: &MetaField| {
        let is_single = new.field(&value.field).is_some_and(|field| !field.definition().multiple);
        is_single
            && there.iter().any(|other| other.field == value.field)
            && !there.iter().any(|other| other.field == value.field && other.value == value.value)
    };
    let mut taken = BTreeSet::new();
    for (value, fate) in own.iter().zip(&mut *fates) {
        if is_taken(value) {
            taken.insert(value.field.clone());
            if strategy == Strategy::DeleteAll {
                *fate = Fate::Goes;
            }
        }
    }
    if taken.is_empty() {
        return;
    }
    if strategy != Strategy::DeleteAll {
        fates.fill(Fate::Stays);
    }
    for field in taken {
        if !decision.conflicts.iter().any(|conflict| conflict.field == field) {
            decision.conflicts.push(row(record, source, field, Reason::SingleNow, own));
        }
    }
}

/// The record with each value of `source` where its fate sends it.
fn carry_out(
    record: &Record,
    source: TemplateKey,
    new: TemplateKey,
    fates: &[Fate],
    decision: &mut Decision,
) -> Option<Record> {
    let count = |fate: Fate| fates.iter().filter(|other| **other == fate).count() as u64;
    decision.moved = count(Fate::Moves);
    decision.kept = count(Fate::Stays);
    decision.removed = count(Fate::Goes);
    if decision.moved == 0 && decision.removed == 0 {
        return None;
    }
    let there: BTreeSet<(String, String)> = values(record)
        .iter()
        .filter(|value| value.template == new)
        .map(|value| (value.field.clone(), value.value.clone()))
        .collect();
    let mut record = record.clone();
    let mut fates = fates.iter();
    if let Some(values) = values_mut(&mut record) {
        values.retain_mut(|value| {
            if value.template != source {
                return true;
            }
            match fates.next() {
                Some(Fate::Goes) => false,
                Some(Fate::Moves) => {
                    value.template = new;
                    // The same value is there already: it says nothing more.
                    !there.contains(&(value.field.clone(), value.value.clone()))
                }
                Some(Fate::Stays) | None => true,
            }
        });
    }
    Some(record)
}

/// What is assumed of a version that nobody here knows: it allowed what it has.
fn stand_in_for(key: TemplateKey, new: &CompiledTemplate, own: &[&MetaField]) -> CompiledTemplate {
    let new = new.template();
    let mut template = MetaTemplate::new(key, &new.namespace, &new.name, new.scope, &new.source);
    let names: BTreeSet<&str> = own.iter().map(|value| value.field.as_str()).collect();
    template.fields = names
        .into_iter()
        .map(|name| {
            let mut field = TemplateField::new(name, FieldKind::Text);
            field.multiple = true;
            field
        })
        .collect();
    template.into()
}

fn row(
    record: &Record,
    template: TemplateKey,
    field: String,
    reason: Reason,
    own: &[&MetaField],
) -> ValueConflict {
    let name = match record {
        Record::Organisation(organisation) => organisation.name.to_string(),
        Record::Individual(individual) => individual.email.clone(),
        Record::User(user) => user.username.to_string(),
        other => other.id().to_string(),
    };
    let values = if let Reason::Invalid(problems) | Reason::Unchecked(problems) = &reason {
        problems.iter().map(|problem| problem.value().to_owned()).collect()
    } else {
        let of_field = own.iter().filter(|value| value.field == field);
        of_field.map(|value| value.value.clone()).collect()
    };
    ValueConflict { kind: record.kind(), id: record.id(), name, template, field, values, reason }
}

/// The values that a record holds.
pub(super) fn values(record: &Record) -> &[MetaField] {
    match record {
        Record::Organisation(organisation) => &organisation.meta_fields,
        Record::Individual(individual) => &individual.meta_fields,
        Record::User(user) => &user.meta_fields,
        _ => &[],
    }
}

fn values_mut(record: &mut Record) -> Option<&mut Vec<MetaField>> {
    match record {
        Record::Organisation(organisation) => Some(&mut organisation.meta_fields),
        Record::Individual(individual) => Some(&mut individual.meta_fields),
        Record::User(user) => Some(&mut user.meta_fields),
        _ => None,
    }
}
