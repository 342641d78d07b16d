//! Records that hang on something, as conditions that use the indexes of what connects them.

use cerebrate_core::access::{Anchors, Permission};
use cerebrate_core::error::Result;
use cerebrate_core::model::EntityKind;
use rusqlite::types::Value;
use uuid::Uuid;

use super::{Sql, unfit};

/// The identities of a list that is bound as one value: however many there are, it is one
/// statement.
const LISTED: &str = "(SELECT unhex(value) FROM json_each(?))";

/// Adds the condition that a record hangs on one of the anchors.
pub(super) fn add(sql: &mut Sql, kind: EntityKind, anchors: &Anchors) -> Result<()> {
    let organisations = || {
        let ids = anchors.organisations.iter().map(|id| id.uuid().as_simple().to_string());
        Value::from(ids.collect::<serde_json::Value>().to_string())
    };
    let blob = |id: Option<Uuid>| match id {
        Some(id) => Value::from(id.as_bytes().to_vec()),
        // Equal to nothing.
        None => Value::Null,
    };
    let individual = || blob(anchors.individual.map(Into::into));
    let user = || blob(anchors.user.map(Into::into));
    match kind {
        EntityKind::Organisation => {
            sql.and(&format!("t.uuid IN {LISTED}")).bind(organisations());
        }
        EntityKind::Individual => {
            sql.and(&format!("(t.uuid = ? OR t.uuid IN {})", employed()))
                .bind(individual())
                .bind(organisations());
        }
        EntityKind::Alignment => {
            sql.and(&format!("t.organisation IN {LISTED}")).bind(organisations());
        }
        EntityKind::EncryptionKey => {
            sql.and(&format!(
                "((t.owner_kind = 1 AND t.owner IN {LISTED})
                  OR (t.owner_kind = 2 AND (t.owner = ? OR t.owner IN {})))",
                employed()
            ))
            .bind(organisations())
            .bind(individual())
            .bind(organisations());
        }
        EntityKind::SharingGroup => {
            sql.and(&format!(
                "(t.owner IN {LISTED} OR t.id IN (SELECT sharing_group FROM sharing_group_member
                  WHERE organisation IN {LISTED}))"
            ))
            .bind(organisations())
            .bind(organisations());
        }
        EntityKind::MailingList => {
            // The list is JSON: an identity in it is a quoted text.
            let listed = anchors.individual.map(|id| format!("\"{id}\""));
            sql.and("(t.owner = ? OR instr(t.individuals, ?))")
                .bind(user())
                .bind(listed.map_or(Value::Null, Value::from));
        }
        EntityKind::User => {
            sql.and(&format!("(t.uuid = ? OR t.organisation IN {LISTED})"))
                .bind(user())
                .bind(organisations());
        }
        EntityKind::AuthKey => {
            // Through an organisation only those of users with no role beyond a limit.
            let beyond: Vec<String> = Permission::ALL
                .into_iter()
                .filter(|permission| anchors.at_most.is_some_and(|most| !most.has(*permission)))
                .map(|permission| format!(" AND NOT r.{}", permission.as_str()))
                .collect();
            sql.and(&format!(
                "(t.user = ? OR t.user IN (SELECT u.uuid FROM user AS u
                  JOIN role AS r ON r.uuid = u.role WHERE u.organisation IN {LISTED}{}))",
                beyond.concat()
            ))
            .bind(user())
            .bind(organisations());
        }
        EntityKind::UserSetting => {
            sql.and("t.user = ?").bind(user());
        }
        _ => return Err(unfit(kind)),
    }
    Ok(())
}

/// The individuals that are aligned with an organisation of a list.
fn employed() -> String {
    format!("(SELECT individual FROM alignment WHERE organisation IN {LISTED})")
}
