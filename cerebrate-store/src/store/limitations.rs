//! How many users may have something: counted whenever a user is written.

use std::collections::BTreeSet;

use cerebrate_core::access::{Quota, says_yes};
use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::id::{OrganisationId, UserId};
use cerebrate_core::model::{EntityKind, LimitationScope, PermissionLimitation, Record, User};

use super::transaction::Transaction;

const WRITE: &str = "write record";

impl Transaction<'_> {
    /// A field has one limit for each scope.
    pub(super) fn check_limitation(&self, limitation: &PermissionLimitation) -> Result<()> {
        for other in self.limitations()? {
            if other.id != limitation.id
                && other.scope == limitation.scope
                && other.permission == limitation.permission
            {
                return Err(Error::new(
                    Kind::Conflict,
                    WRITE,
                    "the field has such a limit already",
                )
                .with("permission", &limitation.permission)
                .with("scope", limitation.scope)
                .with("id", other.id)
                .hint("change that one"));
            }
        }
        Ok(())
    }

    /// Whether there is room for what the user newly has. Who has something keeps it, even if
    /// there are more than a limit that was set later allows.
    pub(super) fn check_quotas(&self, user: &User, before: Option<&User>) -> Result<()> {
        if user.disabled || user.meta_fields.is_empty() {
            return Ok(());
        }
        let limitations = self.limitations()?;
        let fields: BTreeSet<&str> =
            limitations.iter().map(|limitation| limitation.permission.as_str()).collect();
        for field in fields {
            if !has(user, field) {
                continue;
            }
            let had = before.is_some_and(|before| !before.disabled && has(before, field));
            let moved = before.is_none_or(|before| before.organisation != user.organisation);
            if had && !moved {
                continue;
            }
            let limit = |scope| {
                limitations
                    .iter()
                    .find(|one| one.permission.as_str() == field && one.scope == scope)
                    .map(|one| u64::from(one.max.get()))
            };
            let (everywhere, within) = self.holders(field, user.id, user.organisation)?;
            let quota = Quota {
                everywhere: limit(LimitationScope::Global),
                in_organisation: limit(LimitationScope::Organisation),
                // Who only changes the organisation takes no other place among all.
                taken: if had { 0 } else { everywhere },
                taken_in_organisation: within,
            };
            if !quota.has_room() {
                return Err(refusal(field, &quota));
            }
        }
        Ok(())
    }

    fn limitations(&self) -> Result<Vec<PermissionLimitation>> {
        let all = self.all(EntityKind::PermissionLimitation, None)?;
        Ok(all
            .into_iter()
            .filter_map(|record| match record {
                Record::PermissionLimitation(limitation) => Some(limitation),
                _ => None,
            })
            .collect())
    }

    /// How many enabled users but this one have a yes in the field: in all, and in the organisation.
    fn holders(
        &self,
        field: &str,
        user: UserId,
        organisation: Option<OrganisationId>,
    ) -> Result<(u64, u64)> {
        let (mut everywhere, mut within) = (BTreeSet::new(), BTreeSet::new());
        self.ask(|read| {
            read.holders(field, &mut |holder| {
                if holder.user == user || !says_yes(holder.value) {
                    return;
                }
                everywhere.insert(holder.user);
                if organisation.is_some() && holder.organisation == organisation {
                    within.insert(holder.user);
                }
            })
        })?;
        Ok((everywhere.len() as u64, within.len() as u64))
    }
}

fn has(user: &User, field: &str) -> bool {
    user.meta_fields.iter().any(|value| value.field == field && says_yes(&value.value))
}

fn refusal(field: &str, quota: &Quota) -> Error {
    let everywhere = quota.everywhere.or(quota.in_organisation);
    let is_everywhere = everywhere.is_some_and(|limit| quota.taken >= limit);
    let (scope, limit) = if is_everywhere {
        (LimitationScope::Global, everywhere)
    } else {
        (LimitationScope::Organisation, quota.in_organisation.or(quota.everywhere))
    };
    Error::new(Kind::Conflict, WRITE, "as many users have it as may have it")
        .with("field", format!("meta_fields.{field}"))
        .with("scope", scope)
        .with("limit", limit.unwrap_or_default())
        .hint("take it from another user, or raise the limit")
}
