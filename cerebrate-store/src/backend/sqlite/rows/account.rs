//! Roles, users, their keys, settings and limits as rows. Hashes and digests are not here.

use std::num::NonZeroU32;

use cerebrate_core::access::{Permission, Permissions};
use cerebrate_core::error::Result;
use cerebrate_core::id::{
    AuthKeyId, IndividualId, OrganisationId, PermissionLimitationId, RoleId, UserId,
};
use cerebrate_core::model::{
    AuthKey, EntityKind, LimitationScope, PermissionLimitation, Role, User, UserSetting, Username,
};
use cerebrate_core::value::Timestamp;
use rusqlite::{Connection, Row};

use super::super::dictionary::Dictionary;
use super::super::failure::{corrupt, failed};
use super::{Place, READ, meta, name};
use crate::backend::{Facts, LocalId};

pub(super) const ROLE: &str = "SELECT t.id, t.uuid, t.name, t.is_default, t.admin,
    t.community_admin, t.group_admin, t.organisation_admin, t.sync, t.meta_field_editor,
    t.view_all_organisations FROM role AS t";

pub(super) const USER: &str = "SELECT t.id, t.uuid, t.username, t.individual, t.organisation,
    t.role, t.disabled, t.password_changed, t.created, t.modified FROM user AS t";

pub(super) const AUTH_KEY: &str = "SELECT t.id, t.uuid, t.user, t.\"start\", t.\"end\", t.comment,
    t.created, t.expires FROM auth_key AS t";

pub(super) const USER_SETTING: &str =
    "SELECT t.id, t.user, t.name, t.value, t.created, t.modified FROM user_setting AS t";

pub(super) const PERMISSION_LIMITATION: &str = "SELECT t.id, t.uuid, t.scope, t.permission, t.max,
    t.comment FROM permission_limitation AS t";

/// The permissions in the order of their columns.
const COLUMNS: [Permission; 7] = [
    Permission::Admin,
    Permission::CommunityAdmin,
    Permission::GroupAdmin,
    Permission::OrganisationAdmin,
    Permission::Sync,
    Permission::MetaFieldEditor,
    Permission::ViewAllOrganisations,
];

pub(super) fn role(row: &Row<'_>) -> Result<Role> {
    let id = RoleId::new(row.get(1).map_err(failed(READ))?);
    let mut role = Role::new(id, name(row.get(2).map_err(failed(READ))?)?);
    let mut fill = || -> rusqlite::Result<()> {
        role.is_default = row.get(3)?;
        let mut granted = Permissions::NONE;
        for (column, permission) in (4..).zip(COLUMNS) {
            if row.get(column)? {
                granted = granted.with(permission);
            }
        }
        role.permissions = granted;
        Ok(())
    };
    fill().map_err(failed(READ))?;
    Ok(role)
}

pub(super) fn put_role(
    connection: &Connection,
    role: &Role,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    let [admin, community, group, organisation, sync, editor, view] =
        COLUMNS.map(|permission| role.permissions.has(permission));
    place.write(
        connection,
        "INSERT INTO role (id, uuid, name, folded, is_default, admin, community_admin, group_admin,
             organisation_admin, sync, meta_field_editor, view_all_organisations)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        "UPDATE role SET uuid = ?2, name = ?3, folded = ?4, is_default = ?5, admin = ?6,
             community_admin = ?7, group_admin = ?8, organisation_admin = ?9, sync = ?10,
             meta_field_editor = ?11, view_all_organisations = ?12 WHERE id = ?1",
        &[
            &role.id.uuid(),
            &role.name.as_str(),
            &facts.folded,
            &role.is_default,
            &admin,
            &community,
            &group,
            &organisation,
            &sync,
            &editor,
            &view,
        ],
    )
}

pub(super) fn user(
    connection: &Connection,
    dictionary: &Dictionary,
    row: &Row<'_>,
) -> Result<User> {
    let local: i64 = row.get(0).map_err(failed(READ))?;
    let username: String = row.get(2).map_err(failed(READ))?;
    let username = Username::try_from(username)
        .map_err(|source| corrupt(READ, "a stored user has no usable name").caused_by(source))?;
    let read = || -> rusqlite::Result<User> {
        let mut user = User::new(
            UserId::new(row.get(1)?),
            username,
            IndividualId::new(row.get(3)?),
            RoleId::new(row.get(5)?),
        );
        user.organisation = row.get::<_, Option<_>>(4)?.map(OrganisationId::new);
        user.disabled = row.get(6)?;
        user.password_changed = row.get::<_, Option<i64>>(7)?.map(Timestamp::from_unix);
        user.created = Some(Timestamp::from_unix(row.get(8)?));
        user.modified = Some(Timestamp::from_unix(row.get(9)?));
        Ok(user)
    };
    let mut user = read().map_err(failed(READ))?;
    user.meta_fields = meta::read(connection, dictionary, EntityKind::User, local)?;
    Ok(user)
}

pub(super) fn put_user(
    connection: &Connection,
    user: &User,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO user (id, uuid, username, folded, individual, organisation, role, disabled,
             password_changed, created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        "UPDATE user SET uuid = ?2, username = ?3, folded = ?4, individual = ?5, organisation = ?6,
             role = ?7, disabled = ?8, password_changed = ?9, created = ?10, modified = ?11
         WHERE id = ?1",
        &[
            &user.id.uuid(),
            &user.username.as_str(),
            &facts.folded,
            &user.individual.uuid(),
            &user.organisation.map(OrganisationId::uuid),
            &user.role.uuid(),
            &user.disabled,
            &user.password_changed.map(Timestamp::unix),
            &place.time(user.created),
            &place.time(user.modified),
        ],
    )
}

pub(super) fn auth_key(row: &Row<'_>) -> Result<AuthKey> {
    let read = || -> rusqlite::Result<AuthKey> {
        let mut key = AuthKey::new(
            AuthKeyId::new(row.get(1)?),
            UserId::new(row.get(2)?),
            row.get::<_, String>(3)?,
            row.get::<_, String>(4)?,
        );
        key.comment = row.get(5)?;
        key.created = Some(Timestamp::from_unix(row.get(6)?));
        key.expires = row.get::<_, Option<i64>>(7)?.map(Timestamp::from_unix);
        Ok(key)
    };
    read().map_err(failed(READ))
}

pub(super) fn put_auth_key(
    connection: &Connection,
    key: &AuthKey,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO auth_key (id, uuid, user, \"start\", \"end\", comment, created, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        "UPDATE auth_key SET uuid = ?2, user = ?3, \"start\" = ?4, \"end\" = ?5, comment = ?6,
             created = ?7, expires = ?8 WHERE id = ?1",
        &[
            &key.id.uuid(),
            &key.user.uuid(),
            &key.start,
            &key.end,
            &key.comment,
            &place.time(key.created),
            &key.expires.map(Timestamp::unix),
        ],
    )
}

pub(super) fn user_setting(row: &Row<'_>) -> Result<UserSetting> {
    let read = || -> rusqlite::Result<UserSetting> {
        let mut setting = UserSetting::new(
            UserId::new(row.get(1)?),
            row.get::<_, String>(2)?,
            row.get::<_, String>(3)?,
        );
        setting.created = Some(Timestamp::from_unix(row.get(4)?));
        setting.modified = Some(Timestamp::from_unix(row.get(5)?));
        Ok(setting)
    };
    read().map_err(failed(READ))
}

pub(super) fn put_user_setting(
    connection: &Connection,
    setting: &UserSetting,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO user_setting (id, uuid, user, name, folded, value, created, modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        "UPDATE user_setting SET uuid = ?2, user = ?3, name = ?4, folded = ?5, value = ?6,
             created = ?7, modified = ?8 WHERE id = ?1",
        &[
            &setting.id().uuid(),
            &setting.user.uuid(),
            &setting.name,
            &facts.folded,
            &setting.value,
            &place.time(setting.created),
            &place.time(setting.modified),
        ],
    )
}

pub(super) fn permission_limitation(row: &Row<'_>) -> Result<PermissionLimitation> {
    let scope: String = row.get(2).map_err(failed(READ))?;
    let scope = LimitationScope::from_name(&scope)
        .ok_or_else(|| corrupt(READ, "a stored limitation has an unknown scope"))?;
    let max: u32 = row.get(4).map_err(failed(READ))?;
    let max =
        NonZeroU32::new(max).ok_or_else(|| corrupt(READ, "a stored limitation limits nothing"))?;
    let id = PermissionLimitationId::new(row.get(1).map_err(failed(READ))?);
    let permission = name(row.get(3).map_err(failed(READ))?)?;
    let mut limitation = PermissionLimitation::new(id, scope, permission, max);
    limitation.comment = row.get(5).map_err(failed(READ))?;
    Ok(limitation)
}

pub(super) fn put_permission_limitation(
    connection: &Connection,
    limitation: &PermissionLimitation,
    facts: &Facts,
    place: &Place,
) -> Result<LocalId> {
    place.write(
        connection,
        "INSERT INTO permission_limitation (id, uuid, scope, permission, folded, max, comment)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        "UPDATE permission_limitation SET uuid = ?2, scope = ?3, permission = ?4, folded = ?5,
             max = ?6, comment = ?7 WHERE id = ?1",
        &[
            &limitation.id.uuid(),
            &limitation.scope.as_str(),
            &limitation.permission.as_str(),
            &facts.folded,
            &limitation.max.get(),
            &limitation.comment,
        ],
    )
}
