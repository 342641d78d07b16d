//! What the commands need to know of roles, users, their keys and limits.

use cerebrate_core::access::Permission;
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{
    AuthKey, EntityKind, PermissionLimitation, Role, Scope, User, UserSetting,
};
use cerebrate_core::problem::excerpt;
use cerebrate_store::Store;
use cerebrate_store::store::{Records, Transaction};
use serde_json::{Map, Value, json};

use super::fields::{Field, Shape};
use super::kinds::{Known, Names, or_nothing, yes};
use super::members::named;
use crate::cli::failure::Stop;

impl Known for Role {
    const FIELDS: &'static [Field] = &[
        Field::required("name", Shape::Text),
        Field::new("is_default", Shape::Boolean(false)),
        Field::new("admin", Shape::Permission),
        Field::new("community_admin", Shape::Permission),
        Field::new("group_admin", Shape::Permission),
        Field::new("organisation_admin", Shape::Permission),
        Field::new("sync", Shape::Permission),
        Field::new("meta_field_editor", Shape::Permission),
        Field::new("view_all_organisations", Shape::Permission),
    ];
    const HEADINGS: &'static [&'static str] = &["Name", "Default", "Grants"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.roles()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.roles()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.name.to_string())
    }

    fn row(&self, _: &mut Names<'_>) -> Result<Vec<String>> {
        let grants: Vec<&str> = self.permissions.iter().map(Permission::as_str).collect();
        Ok(vec![self.name.to_string(), yes(self.is_default), grants.join(", ")])
    }
}

impl Known for User {
    const FIELDS: &'static [Field] = &[
        Field::required("username", Shape::Text),
        Field::required("individual", Shape::Reference(EntityKind::Individual)),
        Field::new("organisation", Shape::Reference(EntityKind::Organisation)),
        Field::new("role", Shape::Reference(EntityKind::Role)),
        Field::new("disabled", Shape::Boolean(false)),
    ];
    const HEADINGS: &'static [&'static str] =
        &["Username", "Individual", "Organisation", "Role", "Disabled"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.users()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.users()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.username.to_string())
    }

    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>> {
        let organisation = self.organisation.map(|id| names.organisation(id)).transpose()?;
        Ok(vec![
            self.username.to_string(),
            names.individual(self.individual)?,
            organisation.unwrap_or_default(),
            names.role(self.role)?,
            yes(self.disabled),
        ])
    }

    fn notice(&self, names: &mut Names<'_>) -> Result<Option<String>> {
        Ok(Some(format!("role: {}", names.role(self.role)?)))
    }

    fn complete(store: &Store, members: &mut Map<String, Value>) -> Result<()> {
        if !members.contains_key("role") {
            members.insert("role".to_owned(), json!(store.default_role()?.id));
        }
        Ok(())
    }
}

impl Known for AuthKey {
    const FIELDS: &'static [Field] = &[];
    const HEADINGS: &'static [&'static str] = &["User", "Key", "Comment", "Expires"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.auth_keys()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.auth_keys()
    }

    fn title(&self, names: &mut Names<'_>) -> Result<String> {
        Ok(format!("{}…{} of {}", self.start, self.end, names.user(self.user)?))
    }

    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            names.user(self.user)?,
            format!("{}…{}", self.start, self.end),
            or_nothing(self.comment.as_ref()),
            self.expires.map(|time| time.to_string()).unwrap_or_default(),
        ])
    }
}

impl Known for UserSetting {
    const FIELDS: &'static [Field] = &[];
    const HEADINGS: &'static [&'static str] = &["User", "Name", "Value"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.user_settings()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.user_settings()
    }

    fn title(&self, names: &mut Names<'_>) -> Result<String> {
        Ok(format!("{} of {}", self.name, names.user(self.user)?))
    }

    fn row(&self, names: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![names.user(self.user)?, self.name.clone(), self.value.clone()])
    }
}

impl Known for PermissionLimitation {
    const FIELDS: &'static [Field] = &[
        Field::required("permission", Shape::Text),
        Field::required("scope", Shape::Scope),
        Field::required("max", Shape::Number),
        Field::new("comment", Shape::Optional),
    ];
    const HEADINGS: &'static [&'static str] = &["Permission", "Scope", "Max", "Comment"];

    fn of(store: &Store) -> Records<'_, Self> {
        store.permission_limitations()
    }

    fn within<'t>(transaction: &'t Transaction<'_>) -> Records<'t, Self> {
        transaction.permission_limitations()
    }

    fn title(&self, _: &mut Names<'_>) -> Result<String> {
        Ok(self.permission.to_string())
    }

    fn row(&self, _: &mut Names<'_>) -> Result<Vec<String>> {
        Ok(vec![
            self.permission.to_string(),
            self.scope.to_string(),
            self.max.to_string(),
            or_nothing(self.comment.as_ref()),
        ])
    }

    fn notice(&self, names: &mut Names<'_>) -> Result<Option<String>> {
        let library = names.store.library()?;
        let is_known = library.iter().any(|template| {
            template.template().scope == Scope::User && template.field(&self.permission).is_some()
        });
        Ok((!is_known).then(|| {
            format!(
                "notice: no template for users has a field `{}`, so nothing is limited; \
                 `cerebrate template list` shows the templates",
                excerpt(&self.permission)
            )
        }))
    }
}

/// Whom `--administrator` and `--without-administrator` name, in the group that `members` make up.
pub(super) fn administrators<E: Known>(
    store: &Store,
    members: &mut Map<String, Value>,
    added: &[String],
    gone: &[String],
) -> Result<(), Stop> {
    if added.is_empty() && gone.is_empty() {
        return Ok(());
    }
    if E::KIND != EntityKind::OrganisationGroup {
        return Err(Error::new(Kind::Invalid, SET, "these records have no administrators")
            .with("kind", E::KIND.noun())
            .into());
    }
    let id = |text: &str| super::find::<User>(store, text).map(|user| json!(user.id));
    let (added, gone) = named(("--administrator", added), ("--without-administrator", gone), id)?;
    let mut users = match members.remove(LIST) {
        Some(Value::Array(users)) => users,
        _ => Vec::new(),
    };
    for (gone, text) in gone {
        let before = users.len();
        users.retain(|user| *user != gone);
        if users.len() == before {
            return Err(Error::new(Kind::NotFound, SET, "the user is no administrator")
                .with("user", excerpt(text))
                .into());
        }
    }
    for (user, _) in added {
        if !users.contains(&user) {
            users.push(user);
        }
    }
    members.insert(LIST.to_owned(), Value::Array(users));
    Ok(())
}

const SET: &str = "set administrators";

/// The member of an organisation group that names its administrators.
const LIST: &str = "administrators";
