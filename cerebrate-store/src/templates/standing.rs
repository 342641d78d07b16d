//! How the stored templates stand to their files.

use std::collections::BTreeSet;

use cerebrate_core::error::Result;
use cerebrate_core::id::MetaTemplateId;
use cerebrate_core::meta::upgrade::{Strategy, Usage, status};
use cerebrate_core::meta::{CompiledTemplate, Library};
use cerebrate_core::model::{EntityKind, TemplateKey};
use uuid::Uuid;

use super::moving::{Source, decide};
use super::{HeldTemplate, ListedTemplate, ValueConflict, newer, no_version};
use crate::backend::Read;
use crate::store::Store;

/// Every stored version, and each template of which there is only a file; of one template if `id`
/// says so.
pub(super) fn list(
    store: &Store,
    files: &Library,
    id: Option<MetaTemplateId>,
) -> Result<Vec<ListedTemplate>> {
    let read = store.read()?;
    let library = store.library_of(read.as_ref())?;
    let is_asked = |template: &&CompiledTemplate| id.is_none_or(|id| template.key().id == id);
    let keys: Vec<TemplateKey> = library.iter().map(CompiledTemplate::key).collect();
    let mut listed = Vec::new();
    for template in library.iter().filter(is_asked) {
        listed.push(stored(read.as_ref(), &library, files, &keys, template)?);
    }
    let ids: BTreeSet<MetaTemplateId> =
        files.iter().filter(is_asked).map(|template| template.key().id).collect();
    for file in ids.into_iter().filter_map(|id| files.newest(id)) {
        if library.newest(file.key().id).is_none() {
            listed.push(ListedTemplate {
                template: file.template().clone(),
                is_stored: false,
                file_version: Some(file.key().version),
                status: status(None, &keys, file.key(), Usage::default()),
                values: 0,
                records: 0,
            });
        }
    }
    listed.sort_by_cached_key(|listed| (listed.template.slug(), listed.template.key));
    Ok(listed)
}

fn stored(
    read: &dyn Read,
    library: &Library,
    files: &Library,
    keys: &[TemplateKey],
    template: &CompiledTemplate,
) -> Result<ListedTemplate> {
    let key = template.key();
    let file = files.newest(key.id).or_else(|| library.newest(key.id)).unwrap_or(template);
    let (owners, values) = read.template_usage(key)?;
    let usage = Usage {
        has_values: values > 0,
        has_conflicting_values: key.version < file.key().version
            && !conflicts_of(read, &owners, template, file, 1)?.is_empty(),
    };
    Ok(ListedTemplate {
        template: template.template().clone(),
        is_stored: true,
        file_version: files.newest(key.id).map(|file| file.key().version),
        status: status(Some(key), keys, file.key(), usage),
        values,
        records: owners.len() as u64,
    })
}

/// The template versions that values wait for.
pub(super) fn held(store: &Store) -> Result<Vec<HeldTemplate>> {
    let read = store.read()?;
    let library = store.library_of(read.as_ref())?;
    let mut held = Vec::new();
    for entry in read.name_directory()? {
        if library.get(entry.template).is_some() {
            continue;
        }
        let (owners, values) = read.template_usage(entry.template)?;
        if values > 0 {
            held.push(HeldTemplate {
                key: entry.template,
                name: Some(entry.name).filter(|name| !name.is_empty()),
                values,
                records: owners.len() as u64,
            });
        }
    }
    held.sort_by_key(|held| held.key);
    Ok(held)
}

/// All that stands in the way from one version to another.
pub(super) fn conflicts(
    store: &Store,
    files: &Library,
    from: TemplateKey,
    to: u32,
) -> Result<Vec<ValueConflict>> {
    let read = store.read()?;
    let library = store.library_of(read.as_ref())?;
    let old = library.get(from).ok_or_else(|| no_version(from))?;
    let key = TemplateKey::new(from.id, to);
    let new = newer(library.get(key), files.get(key)).ok_or_else(|| no_version(key))?;
    let (owners, _) = read.template_usage(from)?;
    conflicts_of(read.as_ref(), &owners, old, new, usize::MAX)
}

/// The conflicts of `owners`, until there are `limit`.
fn conflicts_of(
    read: &dyn Read,
    owners: &[(EntityKind, Uuid)],
    old: &CompiledTemplate,
    new: &CompiledTemplate,
    limit: usize,
) -> Result<Vec<ValueConflict>> {
    let source = Source { key: old.key(), template: Some(old.clone()) };
    let mut found = Vec::new();
    for (kind, id) in owners {
        if let Some(record) = read.get(*kind, *id)? {
            found.extend(decide(&record, &source, new, Strategy::UpdateExisting).conflicts);
        }
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}
