//! Templates come in.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::meta::{CompiledTemplate, Library};
use cerebrate_core::model::MetaTemplate;

use super::LoadReport;
use super::recheck::has_default;
use crate::store::Transaction;

/// Stores those that are not stored yet.
pub(super) fn load(
    transaction: &Transaction<'_>,
    templates: impl IntoIterator<Item = MetaTemplate>,
) -> Result<LoadReport> {
    let mut report = LoadReport::default();
    for mut template in templates {
        check(&template)?;
        let key = template.key;
        let library = transaction.library();
        if let Some(stored) = library.get(key) {
            let list = if is_same(stored.template(), &template) {
                &mut report.unchanged
            } else {
                &mut report.differing
            };
            list.push(key);
            continue;
        }
        // Which template is the default was decided here; a file does not decide it anew.
        template.is_default &= !has_default(&library, &template);
        report.released += transaction.ask(|read| read.template_usage(key))?.1;
        transaction.put(template.into(), None)?;
        report.loaded.push(key);
    }
    if transaction.has_changes() {
        report.change_set = Some(transaction.change_set());
        transaction.summarise(&report.to_string())?;
    }
    Ok(report)
}

/// Stores what comes with cerebrate; enables the newest version of what is new here.
pub(super) fn load_shipped(transaction: &Transaction<'_>) -> Result<LoadReport> {
    let shipped = Library::shipped();
    let known = transaction.library();
    let prepared = |template: &CompiledTemplate| {
        let key = template.key();
        let newest = shipped.newest(key.id).map(CompiledTemplate::key);
        let mut template = template.template().clone();
        template.enabled = newest == Some(key) && known.newest(key.id).is_none();
        template
    };
    load(transaction, shipped.iter().map(prepared))
}

/// What every template needs; peers refuse one without.
pub(super) fn check(template: &MetaTemplate) -> Result<()> {
    let missing = [
        ("version", template.key.version == 0),
        ("name", template.name.trim().is_empty()),
        ("namespace", template.namespace.trim().is_empty()),
        ("source", template.source.trim().is_empty()),
        ("name of a field", template.fields.iter().any(|field| field.name.is_empty())),
    ];
    match missing.iter().find(|(_, is_missing)| *is_missing) {
        None => Ok(()),
        Some((what, _)) => {
            Err(Error::new(Kind::Invalid, "load template", format!("the template has no {what}"))
                .with("template", template.key))
        }
    }
}

/// Whether two templates of one version are the same, but for what is decided here.
pub(super) fn is_same(a: &MetaTemplate, b: &MetaTemplate) -> bool {
    let mut b = b.clone();
    b.enabled = a.enabled;
    b.is_default = a.is_default;
    *a == b
}
