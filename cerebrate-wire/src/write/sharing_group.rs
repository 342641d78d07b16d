use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::{EntityKind, Organisation, SharingGroup};
use serde::Serialize;
use uuid::Uuid;

use super::rows::{Moment, OrganisationColumns};
use super::{Creator, Writer};

/// A sharing group as indexes and views answer it.
#[derive(Serialize)]
pub(super) struct SharingGroupRow<'a> {
    id: Option<u64>,
    uuid: Uuid,
    name: &'a str,
    releasability: &'a str,
    description: Option<&'a str>,
    organisation_id: Option<u64>,
    user_id: Option<u64>,
    active: bool,
    local: bool,
    created: Option<Moment>,
    modified: Option<Moment>,
    user: Option<Creator<'a>>,
    organisation: OrganisationColumns<'a>,
    sharing_group_orgs: Vec<MemberRow<'a>>,
}

#[derive(Serialize)]
struct MemberRow<'a> {
    #[serde(flatten)]
    columns: OrganisationColumns<'a>,
    #[serde(rename = "_joinData")]
    link: Link,
    extend: bool,
}

#[derive(Serialize)]
struct Link {
    sharing_group_id: Option<u64>,
    organisation_id: Option<u64>,
    deleted: bool,
    extend: bool,
}

impl<'a> SharingGroupRow<'a> {
    pub(super) fn new(
        writer: &Writer<'_>,
        group: &'a SharingGroup,
        user: Option<Creator<'a>>,
        organisation: &dyn Fn(OrganisationId) -> Option<&'a Organisation>,
    ) -> Self {
        let number =
            |id: OrganisationId| writer.local().local_id(EntityKind::Organisation, id.uuid());
        let columns = |id| match organisation(id) {
            Some(known) => OrganisationColumns::new(writer, known),
            None => OrganisationColumns::unknown(writer, id),
        };
        let uuid = group.id.uuid();
        let id = writer.local().local_id(EntityKind::SharingGroup, uuid);
        let members = group.members.iter().map(|member| MemberRow {
            columns: columns(member.organisation),
            link: Link {
                sharing_group_id: id,
                organisation_id: number(member.organisation),
                deleted: false,
                extend: member.extend,
            },
            extend: member.extend,
        });
        SharingGroupRow {
            id,
            uuid,
            name: &group.name,
            releasability: &group.releasability,
            description: group.description.as_deref(),
            organisation_id: number(group.owner),
            user_id: user.map(|user| user.id),
            active: group.active,
            local: group.local,
            created: Moment::of(group.created),
            modified: Moment::of(group.modified),
            user,
            organisation: columns(group.owner),
            sharing_group_orgs: members.collect(),
        }
    }
}
