//! From older versions of a template to a newer one, as one change set.

use cerebrate_core::error::Result;
use cerebrate_core::meta::CompiledTemplate;
use cerebrate_core::meta::upgrade::Strategy;
use cerebrate_core::model::{EntityKind, TemplateKey};
use uuid::Uuid;

use super::moving::{Source, decide};
use super::recheck::has_default;
use super::{UpdateOutcome, UpdateReport};
use crate::store::Transaction;

/// An older version, and what there is under it.
struct Older {
    source: Source,
    owners: Vec<(EntityKind, Uuid)>,
    values: u64,
}

impl Older {
    fn of(transaction: &Transaction<'_>, source: Source) -> Result<Self> {
        let (owners, values) = transaction.ask(|read| read.template_usage(source.key))?;
        Ok(Older { source, owners, values })
    }

    /// Whether forms offer it, or it is the default.
    fn is_offered(&self) -> bool {
        let template = self.source.template.as_ref().map(CompiledTemplate::template);
        template.is_some_and(|template| template.enabled || template.is_default)
    }

    fn is_stored(&self) -> bool {
        self.source.template.is_some()
    }
}

/// Brings a template and its values to the version `to`, which is not older than any stored one.
pub(super) fn update(
    transaction: &Transaction<'_>,
    to: &CompiledTemplate,
    strategy: Strategy,
) -> Result<UpdateReport> {
    let older = older(transaction, to.key())?;
    let is_fresh = transaction.library().get(to.key()).is_none();
    let mut report = UpdateReport::up_to_date(to);
    if !is_fresh && older.iter().all(|older| older.values == 0 && !older.is_offered()) {
        return Ok(report);
    }
    report.from = older.iter().map(|older| older.source.key).collect();
    put_in_use(transaction, to, &older, &mut report)?;
    for older in &older {
        if strategy == Strategy::CreateNew {
            report.kept += older.values;
        } else {
            move_values(transaction, older, to, strategy, &mut report)?;
        }
    }
    let may_remove = is_fresh && matches!(strategy, Strategy::UpdateExisting | Strategy::DeleteAll);
    let mut is_kept = false;
    for (index, older) in older.iter().filter(|older| older.is_stored()).enumerate() {
        let left = transaction.ask(|read| read.template_usage(older.source.key))?.1;
        // A version that was put aside before, and was empty then, is not our business.
        let was_in_use = index == 0 || older.values > 0 || older.is_offered();
        if left == 0 && may_remove && was_in_use {
            transaction.remove(EntityKind::MetaTemplate, older.source.key.record_id())?;
        } else if was_in_use {
            is_kept = true;
        }
    }
    report.outcome = if !older.iter().any(Older::is_stored) && is_fresh {
        UpdateOutcome::Created
    } else if is_kept {
        UpdateOutcome::KeptBoth
    } else {
        UpdateOutcome::Replaced
    };
    if transaction.has_changes() {
        report.change_set = Some(transaction.change_set());
        transaction.summarise(&report.to_string())?;
    }
    Ok(report)
}

/// The older versions of a template, newest first: those that are stored, then those whose values
/// wait.
fn older(transaction: &Transaction<'_>, to: TemplateKey) -> Result<Vec<Older>> {
    let library = transaction.library();
    let mut sources: Vec<Source> = library
        .versions(to.id)
        .rev()
        .filter(|template| template.key().version < to.version)
        .map(|template| Source { key: template.key(), template: Some(template.clone()) })
        .collect();
    let directory = transaction.ask(|read| read.name_directory())?;
    let mut waiting: Vec<TemplateKey> = directory
        .into_iter()
        .map(|entry| entry.template)
        .filter(|key| key.id == to.id && key.version < to.version && library.get(*key).is_none())
        .collect();
    waiting.sort_unstable();
    sources.extend(waiting.into_iter().rev().map(|key| Source { key, template: None }));
    let mut older = Vec::new();
    for source in sources {
        let found = Older::of(transaction, source)?;
        if found.is_stored() || found.values > 0 {
            older.push(found);
        }
    }
    Ok(older)
}

/// Puts the new version in the place of the older ones: offered, and the default, if one was.
fn put_in_use(
    transaction: &Transaction<'_>,
    to: &CompiledTemplate,
    older: &[Older],
    report: &mut UpdateReport,
) -> Result<()> {
    let library = transaction.library();
    let mut new = library.get(to.key()).unwrap_or(to).template().clone();
    if library.get(to.key()).is_none() {
        report.released = transaction.ask(|read| read.template_usage(to.key()))?.1;
        // As when a template is loaded: a file does not decide anew what the default is.
        new.is_default &= !has_default(&library, &new);
    }
    for older in older {
        let Some(template) = &older.source.template else { continue };
        let mut template = template.template().clone();
        new.enabled |= template.enabled;
        new.is_default |= template.is_default && template.scope == new.scope;
        if template.enabled || template.is_default {
            template.enabled = false;
            template.is_default = false;
            transaction.put(template.into(), None)?;
        }
    }
    transaction.put(new.into(), None)?;
    Ok(())
}

fn move_values(
    transaction: &Transaction<'_>,
    older: &Older,
    to: &CompiledTemplate,
    strategy: Strategy,
    report: &mut UpdateReport,
) -> Result<()> {
    for (kind, id) in &older.owners {
        let Some(standing) = transaction.standing(*kind, *id)? else { continue };
        let decision = decide(&standing.1, &older.source, to, strategy);
        report.moved += decision.moved;
        report.kept += decision.kept;
        report.removed += decision.removed;
        report.conflicts.extend(decision.conflicts);
        if let Some(record) = decision.record {
            transaction.put_over(record, Some(&standing), None)?;
        }
    }
    Ok(())
}
