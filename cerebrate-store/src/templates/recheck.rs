//! What a change of a template means for what is stored already.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use cerebrate_core::error::Result;
use cerebrate_core::meta::{CompiledTemplate, Library};
use cerebrate_core::model::{EntityKind, FieldKind, MetaTemplate, Record, TemplateKey};
use cerebrate_core::value::Timestamp;
use uuid::Uuid;

use super::moving::values;
use crate::store::Transaction;

/// Takes the default from all other templates of the scope of `template`.
pub(crate) fn clear_default(transaction: &Transaction<'_>, template: &MetaTemplate) -> Result<()> {
    let library = transaction.library();
    let others = library.iter().map(CompiledTemplate::template).filter(|other| {
        other.is_default && other.scope == template.scope && other.key != template.key
    });
    for other in others {
        let mut other = other.clone();
        other.is_default = false;
        transaction.put(other.into(), None)?;
    }
    Ok(())
}

/// Lets another template of its scope stay the default where `record` would become it; says so.
pub(crate) fn yield_default(transaction: &Transaction<'_>, record: &mut Record) -> bool {
    let Record::MetaTemplate(template) = record else { return false };
    let yields = template.is_default && has_default(&transaction.library(), template);
    template.is_default &= !yields;
    yields
}

/// Whether another template is the default of the scope of `template`.
pub(super) fn has_default(library: &Library, template: &MetaTemplate) -> bool {
    library
        .iter()
        .map(CompiledTemplate::template)
        .any(|other| other.is_default && other.scope == template.scope && other.key != template.key)
}

/// Checks the values anew that a change of the template `key` concerns: `known` were the templates
/// before. Values that waited are released; values of a template that went wait from now on.
pub(crate) fn recheck(
    transaction: &Transaction<'_>,
    known: &Arc<Library>,
    key: TemplateKey,
) -> Result<()> {
    let library = transaction.library();
    let mut owners: BTreeSet<(EntityKind, Uuid)> = BTreeSet::new();
    if !has_same_rules(known.get(key), library.get(key)) {
        owners.extend(transaction.ask(|read| read.template_usage(key))?.0);
    }
    let changed = changed_kinds(known.newest(key.id), library.newest(key.id));
    if !changed.is_empty() {
        // Values that wait are looked up as the newest version of their template has it.
        let directory = transaction.ask(|read| read.name_directory())?;
        let versions = directory.into_iter().map(|entry| entry.template);
        let waiting = |other: &TemplateKey| {
            other.id == key.id && *other != key && library.get(*other).is_none()
        };
        for other in versions.filter(waiting) {
            for (kind, id) in transaction.ask(|read| read.template_usage(other))?.0 {
                let Some((_, record)) = transaction.standing(kind, id)? else { continue };
                let concerned = values(&record)
                    .iter()
                    .any(|value| value.template == other && changed.contains(&value.field));
                if concerned {
                    owners.insert((kind, id));
                }
            }
        }
    }
    for (kind, id) in owners {
        let Some(standing) = transaction.standing(kind, id)? else { continue };
        transaction.put_knowing(standing.1.clone(), Some(&standing), None, known)?;
    }
    Ok(())
}

/// Whether a template that came at `time` may go again, in an undo that put `restored` back: its
/// values waited for it before it came.
pub(crate) fn may_withdraw(
    transaction: &Transaction<'_>,
    key: TemplateKey,
    restored: &HashSet<Uuid>,
    time: Timestamp,
) -> Result<bool> {
    for (kind, id) in transaction.ask(|read| read.template_usage(key))?.0 {
        let Some((_, record)) = transaction.standing(kind, id)? else { continue };
        let mut own = values(&record).iter().filter(|value| value.template == key);
        if !restored.contains(&id) || own.any(|value| value.created > Some(time)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a version says the same about values as before.
fn has_same_rules(before: Option<&CompiledTemplate>, after: Option<&CompiledTemplate>) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(before), Some(after)) => {
            let (before, after) = (before.template(), after.template());
            before.scope == after.scope && before.fields == after.fields
        }
        _ => false,
    }
}

/// The fields whose values are of another kind than before.
fn changed_kinds(
    before: Option<&CompiledTemplate>,
    after: Option<&CompiledTemplate>,
) -> BTreeSet<String> {
    let kind = |template: Option<&CompiledTemplate>, name: &str| -> FieldKind {
        let field = template.and_then(|template| template.field(name));
        field.map_or(FieldKind::Text, |field| field.definition().kind.clone())
    };
    [before, after]
        .into_iter()
        .flatten()
        .flat_map(CompiledTemplate::fields)
        .map(cerebrate_core::meta::CompiledField::name)
        .filter(|name| kind(before, name) != kind(after, name))
        .map(str::to_owned)
        .collect()
}
