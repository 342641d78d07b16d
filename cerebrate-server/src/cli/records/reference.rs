//! Which record a text names: by identity, by number, by name.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{IndividualId, OrganisationId};
use cerebrate_core::model::{EntityKind, Individual, Organisation, TagName};
use cerebrate_core::problem::excerpt;
use cerebrate_core::query::Column;
use cerebrate_store::Store;
use cerebrate_store::backend::LocalId;
use cerebrate_store::store::Records;
use uuid::Uuid;

use super::kinds::{Known, Names};

/// How many candidates are shown.
const SHOWN: usize = 10;

const FIND: &str = "find record";

/// The record that `text` names: a UUID, `#` and a number of this node, or a name (an e-mail
/// address for individuals), without regard to case unless that leaves several.
///
/// # Errors
/// `NotFound` if there is none, `Conflict` if several are called so.
pub(crate) fn find<E: Known>(store: &Store, text: &str) -> Result<E> {
    let records = E::of(store);
    let wanted = text.trim();
    if wanted.is_empty() {
        return Err(Error::new(Kind::Invalid, FIND, "the name of the record is empty")
            .with("kind", E::KIND.noun())
            .hint("say a name, a UUID or a number such as `#3`"));
    }
    if let Some(number) = wanted.strip_prefix('#') {
        let number = number.parse().map_err(|_| {
            Error::new(Kind::Invalid, FIND, "not the number of a record")
                .with("value", excerpt(text))
                .hint("a number looks like `#3`")
        })?;
        return records.by_local_id(LocalId(number))?.ok_or_else(|| missing::<E>(text));
    }
    if let Ok(id) = Uuid::parse_str(wanted) {
        return records.get(id.into())?.ok_or_else(|| missing::<E>(text));
    }
    if E::KIND == EntityKind::User
        && let Some(user) = store.users().by_username(wanted)?
    {
        return records.require(Uuid::from(user.id).into());
    }
    let mut named = named::<E>(&records, wanted)?;
    if named.len() > 1 {
        let mut names = Names::new(store);
        let mut exact = Vec::new();
        for record in &named {
            if record.title(&mut names)? == wanted {
                exact.push(record.clone());
            }
        }
        if exact.len() == 1 {
            named = exact;
        }
    }
    match named.len() {
        1 => named.pop().ok_or_else(|| missing::<E>(text)),
        0 => Err(missing::<E>(text)),
        _ => Err(several(store, text, &named)),
    }
}

/// The organisation that `text` names.
pub(crate) fn organisation(store: &Store, text: &str) -> Result<OrganisationId> {
    find::<Organisation>(store, text).map(|found| found.id)
}

/// The individual that `text` names.
pub(crate) fn individual(store: &Store, text: &str) -> Result<IndividualId> {
    find::<Individual>(store, text).map(|found| found.id)
}

fn named<E: Known>(records: &Records<'_, E>, name: &str) -> Result<Vec<E>> {
    let first = |page: Result<cerebrate_store::store::Page<E>>| page.map(|page| page.records);
    match E::KIND {
        EntityKind::Alignment | EntityKind::EncryptionKey | EntityKind::AuthKey => {
            Err(Error::new(Kind::Invalid, FIND, "these records have no name")
                .with("kind", E::KIND.noun())
                .hint("name one by its UUID, or by its number such as `#3`"))
        }
        EntityKind::Tag => match name.parse::<TagName>() {
            Ok(tag) => Ok(records.get(tag.id().uuid().into())?.into_iter().collect()),
            Err(_) => Ok(Vec::new()),
        },
        EntityKind::Individual => {
            let found = first(records.find().column(Column::Email, name).one_page(SHOWN + 1))?;
            if found.is_empty() {
                first(records.find().name(name).one_page(SHOWN + 1))
            } else {
                Ok(found)
            }
        }
        _ => first(records.find().name(name).one_page(SHOWN + 1)),
    }
}

fn missing<E: Known>(text: &str) -> Error {
    let error = Error::new(Kind::NotFound, FIND, "there is no such record")
        .with("kind", E::KIND.noun())
        .with("wanted", excerpt(text));
    match E::KIND {
        EntityKind::Organisation | EntityKind::Individual => {
            error.hint(format!("`cerebrate search {}` finds parts of names", quoted(text)))
        }
        kind => match command(kind) {
            Some(command) => error.hint(format!("`cerebrate {command} list` shows what there is")),
            None => error,
        },
    }
}

/// The command for the records of a kind, of those that have one.
fn command(kind: EntityKind) -> Option<&'static str> {
    Some(match kind {
        EntityKind::Organisation => "organisation",
        EntityKind::Individual => "individual",
        EntityKind::Alignment => "alignment",
        EntityKind::SharingGroup => "group",
        EntityKind::Tag => "tag",
        EntityKind::MailingList => "mailing-list",
        EntityKind::OrganisationGroup => "organisation-group",
        EntityKind::EnumerationCollection => "enumeration",
        EntityKind::EncryptionKey => "key",
        EntityKind::Role => "role",
        EntityKind::User => "user",
        EntityKind::AuthKey => "user key",
        EntityKind::UserSetting => "user setting",
        EntityKind::PermissionLimitation => "limitation",
        EntityKind::InboxMessage => "inbox",
        EntityKind::OutboxMessage => "outbox",
        EntityKind::MetaTemplate => "template",
        _ => return None,
    })
}

fn quoted(text: &str) -> String {
    let text = excerpt(text);
    if text.contains(char::is_whitespace) { format!("'{text}'") } else { text.into_owned() }
}

fn several<E: Known>(store: &Store, text: &str, candidates: &[E]) -> Error {
    let shown: Vec<String> =
        candidates.iter().take(SHOWN).map(|record| candidate(store, record)).collect();
    let more = if candidates.len() > SHOWN { " and others" } else { "" };
    Error::new(Kind::Conflict, FIND, "several records are called so")
        .with("kind", E::KIND.noun())
        .with("wanted", excerpt(text))
        .hint(format!("name one of {}{more}", shown.join(", ")))
}

fn candidate<E: Known>(store: &Store, record: &E) -> String {
    let number = E::of(store).local_id(record.id()).ok().flatten();
    let number = number.map(|number| format!(" (`#{number}`)")).unwrap_or_default();
    format!("`{}`{number}", record.id())
}
