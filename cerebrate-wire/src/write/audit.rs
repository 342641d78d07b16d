use std::borrow::Cow;

use cerebrate_core::audit::{Difference, FieldChange};
use cerebrate_core::model::EntityKind;
use cerebrate_core::value::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Writer;
use super::rows::Moment;

/// What peers keep of the title of a record: longer ones end with three dots.
const TITLE: usize = 255;

/// `changed` of an audit row that tells no fields: that of a removal.
pub const NOTHING_CHANGED: &str = "[]";

/// How audit rows of peers name a kind of record. `None` for kinds of which they keep none.
///
/// ```
/// use cerebrate_core::model::EntityKind;
/// use cerebrate_wire::write::audit_model;
///
/// assert_eq!(audit_model(EntityKind::OrganisationGroup), Some("OrgGroups"));
/// assert_eq!(audit_model(EntityKind::Tag), None);
/// ```
pub fn audit_model(kind: EntityKind) -> Option<&'static str> {
    match kind {
        EntityKind::Organisation => Some("Organisations"),
        EntityKind::Individual => Some("Individuals"),
        EntityKind::Alignment => Some("Alignments"),
        EntityKind::SharingGroup => Some("SharingGroups"),
        EntityKind::OrganisationGroup => Some("OrgGroups"),
        EntityKind::EnumerationCollection => Some("EnumerationCollections"),
        EntityKind::EncryptionKey => Some("EncryptionKeys"),
        _ => None,
    }
}

/// The title of a record as an audit row of peers has it: at most 255 characters.
///
/// ```
/// use cerebrate_wire::write::audit_title;
///
/// assert_eq!(audit_title("CIRCL"), "CIRCL");
/// assert_eq!(audit_title(&"é".repeat(256)).chars().count(), 255);
/// ```
pub fn audit_title(title: &str) -> Cow<'_, str> {
    if title.chars().nth(TITLE).is_none() {
        return title.into();
    }
    let kept: String = title.chars().take(TITLE - 3).collect();
    (kept + "...").into()
}

impl Writer<'_> {
    /// `changed` of an audit row as peers at release 1.35 keep it, JSON in a text: the columns that
    /// changed, with the new value where there was none before, and with old and new value where
    /// there was. For a record that came, give all its fields as changes from nothing. `None` if no
    /// column changed: then peers keep no row. Tags, meta-fields and members are no columns.
    ///
    /// ```
    /// use cerebrate_core::audit::FieldChange;
    /// use cerebrate_core::model::EntityKind;
    /// use cerebrate_wire::write::{Unnumbered, Writer};
    ///
    /// let change = FieldChange { field: "sector".to_owned(), before: None, after: Some("gov".into()) };
    /// let changed = Writer::new(&Unnumbered).changed(EntityKind::Organisation, &[change]);
    /// assert_eq!(changed.as_deref(), Some(r#"{"sector":"gov"}"#));
    /// ```
    pub fn changed(&self, kind: EntityKind, changes: &[FieldChange]) -> Option<String> {
        let mut columns = Map::new();
        for change in changes {
            for (column, spell) in columns_of(kind, &change.field) {
                let spelled = |value: &Option<Value>| {
                    value
                        .as_ref()
                        .map(|value| spell.spell(self, value))
                        .filter(|value| !value.is_null())
                };
                let change = FieldChange {
                    field: String::new(),
                    before: spelled(&change.before),
                    after: spelled(&change.after),
                };
                let told = Difference::of(&change)
                    .and_then(|difference| serde_json::to_value(difference).ok());
                columns.extend(told.map(|told| ((*column).to_owned(), told)));
            }
        }
        (!columns.is_empty()).then(|| Value::Object(columns).to_string())
    }
}

/// How a value of ours stands in a column of theirs.
#[derive(Debug, Clone, Copy)]
enum Spell {
    /// As it is.
    Same,
    /// The number of the record on this node.
    Number(EntityKind),
    /// As a date and time.
    Moment,
    /// In seconds.
    Seconds,
    /// `pgp` or `smime`.
    KeyKind,
    /// `organisation` or `individual`.
    OwnerKind,
    /// The number of the owner.
    OwnerNumber,
    /// The table of a kind of record.
    Model,
}

/// The columns that a field of ours is for peers.
fn columns_of(kind: EntityKind, field: &str) -> &'static [(&'static str, Spell)] {
    use EntityKind as K;
    match (kind, field) {
        (K::Alignment, "individual") => &[("individual_id", Spell::Number(K::Individual))],
        (K::Alignment, "role") | (K::Organisation, "kind") => &[("type", Spell::Same)],
        (K::Alignment, "organisation") | (K::SharingGroup, "owner") => {
            &[("organisation_id", Spell::Number(K::Organisation))]
        }
        (K::EncryptionKey, "kind") => &[("type", Spell::KeyKind)],
        (K::EncryptionKey, "text") => &[("encryption_key", Spell::Same)],
        (K::EncryptionKey, "owner") => {
            &[("owner_model", Spell::OwnerKind), ("owner_id", Spell::OwnerNumber)]
        }
        (K::EncryptionKey, "expires") => &[("expires", Spell::Seconds)],
        (K::EnumerationCollection, "target") => &[("target_model", Spell::Model)],
        (K::EnumerationCollection, "field") => &[("target_field", Spell::Same)],
        (_, "id") => &[("uuid", Spell::Same)],
        (_, "name") => &[("name", Spell::Same)],
        (_, "created") => &[("created", Spell::Moment)],
        (K::Organisation, "url") => &[("url", Spell::Same)],
        (K::Organisation, "nationality") => &[("nationality", Spell::Same)],
        (K::Organisation, "sector") => &[("sector", Spell::Same)],
        (K::Organisation, "contacts") => &[("contacts", Spell::Same)],
        (K::Individual, "email") => &[("email", Spell::Same)],
        (K::Individual, "first_name") => &[("first_name", Spell::Same)],
        (K::Individual, "last_name") => &[("last_name", Spell::Same)],
        (K::Individual, "position") => &[("position", Spell::Same)],
        (K::SharingGroup, "releasability") => &[("releasability", Spell::Same)],
        (K::SharingGroup, "active") => &[("active", Spell::Same)],
        (K::SharingGroup, "local") => &[("local", Spell::Same)],
        (K::SharingGroup | K::OrganisationGroup | K::EnumerationCollection, "description") => {
            &[("description", Spell::Same)]
        }
        (K::EnumerationCollection, "enabled") => &[("enabled", Spell::Same)],
        (K::EncryptionKey, "revoked") => &[("revoked", Spell::Same)],
        _ => &[],
    }
}

impl Spell {
    fn spell(self, writer: &Writer<'_>, value: &Value) -> Value {
        let number = |kind: EntityKind, id: &Value| {
            let id = id.as_str().and_then(|text| Uuid::try_parse(text).ok());
            Value::from(id.and_then(|id| writer.local().local_id(kind, id)))
        };
        let time = || value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        match self {
            Spell::Number(kind) => number(kind, value),
            Spell::Moment => {
                Moment::of(time()).map_or(Value::Null, |moment| moment.to_string().into())
            }
            Spell::Seconds => Value::from(time().map(Timestamp::unix)),
            Spell::KeyKind if value == "openpgp" => Value::from("pgp"),
            Spell::Same | Spell::KeyKind => value.clone(),
            Spell::OwnerKind => {
                let owner = value.as_object().and_then(|owner| owner.keys().next().cloned());
                Value::from(owner)
            }
            Spell::OwnerNumber => {
                let owner = value.as_object().and_then(|owner| owner.iter().next());
                let kind = owner.and_then(|(kind, _)| EntityKind::from_name(kind));
                kind.zip(owner).map_or(Value::Null, |(kind, (_, id))| number(kind, id))
            }
            Spell::Model => {
                let kind = value.as_str().and_then(EntityKind::from_name);
                kind.and_then(audit_model).map_or_else(|| value.clone(), Value::from)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cerebrate_core::audit::Document;
    use cerebrate_core::model::{
        Alignment, EncryptionKey, KeyKind, Organisation, Owner, Record, SharingGroup,
    };

    use super::super::LocalRecords;
    use super::*;

    /// The number of a record is the end of its UUID.
    struct Numbered;

    impl LocalRecords for Numbered {
        fn local_id(&self, _: EntityKind, id: Uuid) -> Option<u64> {
            Some(id.as_u64_pair().1)
        }
    }

    fn told(before: Option<&Record>, after: &Record) -> Value {
        let before = before.map(Document::of).unwrap_or_default();
        let changes = before.changes_to(&Document::of(after));
        let changed = Writer::new(&Numbered).changed(after.kind(), &changes).unwrap();
        serde_json::from_str(&changed).unwrap()
    }

    fn organisation() -> Organisation {
        let mut organisation =
            Organisation::new(Uuid::from_u128(7).into(), "Équipe 1/2".parse().unwrap());
        organisation.kind = Some("CSIRT".to_owned());
        organisation.created = Some(Timestamp::from_unix(1_795_495_765));
        organisation.modified = Some(Timestamp::from_unix(1_795_495_770));
        organisation.tags = vec!["tlp:green".parse().unwrap()];
        organisation
    }

    #[test]
    fn a_record_that_came_tells_its_columns() {
        assert_eq!(
            told(None, &organisation().into()),
            serde_json::json!({
                "uuid": "00000000-0000-0000-0000-000000000007",
                "name": "Équipe 1/2",
                "type": "CSIRT",
                "created": "2026-11-24T04:49:25+00:00",
            })
        );
        let alignment =
            Alignment::new(Uuid::from_u128(3).into(), Uuid::from_u128(4).into(), "Lead");
        assert_eq!(
            told(None, &alignment.into()),
            serde_json::json!({ "individual_id": 3, "organisation_id": 4, "type": "Lead" })
        );
        let owner = Owner::Individual(Uuid::from_u128(5).into());
        let key = EncryptionKey::new(Uuid::from_u128(6).into(), KeyKind::OpenPgp, owner, "KEY");
        assert_eq!(
            told(None, &key.into()),
            serde_json::json!({
                "uuid": "00000000-0000-0000-0000-000000000006",
                "type": "pgp",
                "encryption_key": "KEY",
                "owner_model": "individual",
                "owner_id": 5,
            })
        );
    }

    #[test]
    fn a_change_tells_old_and_new() {
        let before = organisation();
        let mut after = before.clone();
        after.kind = Some("ISAC".to_owned());
        after.sector = Some("gov".to_owned());
        after.modified = Some(Timestamp::from_unix(1_795_495_799));
        after.tags.clear();
        let json = told(Some(&before.clone().into()), &after.clone().into());
        assert_eq!(json, serde_json::json!({ "type": ["CSIRT", "ISAC"], "sector": "gov" }));
        let json = told(Some(&after.into()), &before.into());
        assert_eq!(json, serde_json::json!({ "type": ["ISAC", "CSIRT"], "sector": ["gov", null] }));
        let owner = Uuid::from_u128(4).into();
        let mut group = SharingGroup::new(Uuid::from_u128(1).into(), "G".parse().unwrap(), owner);
        group.active = true;
        let before = Record::from(group.clone());
        group.active = false;
        assert_eq!(told(Some(&before), &group.into()), serde_json::json!({ "active": [1, 0] }));
    }

    #[test]
    fn what_is_no_column_makes_no_row() {
        let change = |field: &str, after: Value| FieldChange {
            field: field.to_owned(),
            before: None,
            after: Some(after),
        };
        let writer = Writer::new(&Numbered);
        for field in ["tags", "meta_fields/x/y", "external_ids/[\"a\",\"b\"]", "members", "nothing"]
        {
            let changes = [change(field, serde_json::json!([1]))];
            assert_eq!(writer.changed(EntityKind::Organisation, &changes), None, "{field}");
        }
        let empty = [change("sector", "".into())];
        assert_eq!(writer.changed(EntityKind::Organisation, &empty), None);
        assert_eq!(writer.changed(EntityKind::Organisation, &[]), None);
    }

    #[test]
    fn text_is_neither_escaped_nor_cut_in_the_middle_of_a_character() {
        let change = FieldChange {
            field: "name".to_owned(),
            before: None,
            after: Some("Équipe 1/2".into()),
        };
        let changed = Writer::new(&Numbered).changed(EntityKind::Organisation, &[change]).unwrap();
        assert_eq!(changed, r#"{"name":"Équipe 1/2"}"#);
        let title = |count: usize| "é".repeat(count);
        assert_eq!(audit_title(&title(255)), title(255));
        assert_eq!(audit_title(&title(300)), title(252) + "...");
    }
}
