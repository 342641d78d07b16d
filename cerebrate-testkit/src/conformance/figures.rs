//! Figures are of what a reader sees, whatever was edited.

use std::collections::{BTreeMap, BTreeSet};

use cerebrate_core::access::{
    Account, Actor, Body, Circle, Holder, Permission, Permissions, Person, Resource, Sight, sight,
};
use cerebrate_core::id::{IndividualId, OrganisationId};
use cerebrate_core::model::{EntityKind, Owner, Record, User, UserSetting};
use cerebrate_store::Store;
use cerebrate_store::feed::{Action, Cursor};
use cerebrate_store::statistics::Top;
use proptest::prelude::*;

use super::{Open, property};
use crate::any::AnyRecords;
use crate::builders::{
    individual, individual_id, mailing_list, organisation, organisation_id, role, user, user_id,
};
use crate::steps::steps;

fn actor() -> impl Strategy<Value = Actor> {
    let permissions = prop::sample::subsequence(Permission::ALL.to_vec(), 0..3);
    let administered = prop::collection::btree_set(0..6_u128, 0..3);
    (prop::option::of(0..6_u128), 0..6_u128, permissions, administered).prop_map(
        |(organisation, number, granted, administered)| {
            let mut permissions = Permissions::default();
            for permission in granted {
                permissions = permissions.with(permission);
            }
            let (user, individual) = (user_id(number), individual_id(number));
            let organisation = organisation.map(organisation_id);
            let mut actor = Actor::new(user, individual, organisation, permissions);
            actor.administered = administered.into_iter().map(organisation_id).collect();
            actor
        },
    )
}

/// Who works where.
type Aligned = BTreeMap<IndividualId, Vec<OrganisationId>>;

fn sees(actor: &Actor, record: &Record, aligned: &Aligned) -> bool {
    let person = |id: IndividualId| Person {
        id,
        aligned: aligned.get(&id).map(Vec::as_slice).unwrap_or_default(),
        users: &[],
    };
    let individuals: Vec<IndividualId>;
    let resource = match record {
        Record::Organisation(team) => Resource::Organisation(Body::new(team.id)),
        Record::Individual(one) => Resource::Individual(person(one.id)),
        Record::Alignment(alignment) => {
            Resource::Alignment(person(alignment.individual), Body::new(alignment.organisation))
        }
        Record::SharingGroup(group) => {
            Resource::SharingGroup(Circle { owner: group.owner, members: &group.members })
        }
        Record::EncryptionKey(key) => Resource::EncryptionKey(match key.owner {
            Owner::Organisation(id) => Holder::Organisation(Body::new(id)),
            Owner::Individual(id) => Holder::Individual(person(id)),
        }),
        Record::MailingList(list) => {
            individuals = list.individuals.iter().map(|one| one.individual).collect();
            Resource::MailingList(list.owner, &individuals)
        }
        Record::User(user) => Resource::User(account(user)),
        Record::UserSetting(setting) => Resource::UserSetting(setting.user),
        Record::Role(role) => Resource::Role(role.permissions),
        Record::PermissionLimitation(_) => Resource::PermissionLimitation,
        Record::InboxMessage(_) => Resource::InboxMessage,
        Record::OutboxMessage(_) => Resource::OutboxMessage,
        Record::Tag(_) => Resource::Tag,
        Record::MetaTemplate(_) => Resource::MetaTemplate,
        Record::OrganisationGroup(_) => Resource::OrganisationGroup,
        Record::EnumerationCollection(_) => Resource::EnumerationCollection,
        other => panic!("nobody is known to see {other:?}"),
    };
    sight(actor, &resource) == Sight::Full
}

/// What the roles of [`accounts`] grant has no say in whether a user is seen.
fn account(user: &User) -> Account {
    Account {
        id: user.id,
        organisation: user.organisation,
        permissions: Permissions::default(),
        enabled: !user.disabled,
    }
}

/// Users of some organisations and of none, before anything is edited.
fn accounts(store: &Store) {
    store
        .transaction(|transaction| {
            transaction.roles().insert(role(0, "Plain").build())?;
            for number in 0..6 {
                let team = organisation(number, &format!("Team {number}")).build();
                transaction.organisations().insert(team)?;
                let email = format!("{number}@example.org");
                transaction.individuals().insert(individual(number, &email).build())?;
                let mut user = user(number, &format!("user {number}"), 0);
                if number < 4 {
                    user = user.organisation(number / 2);
                }
                transaction.users().insert(user.build())?;
                let setting = UserSetting::new(user_id(number), "theme", "dark");
                transaction.user_settings().insert(setting)?;
            }
            transaction.mailing_lists().insert(
                mailing_list(9, "Owned").with(|list| list.owner = Some(user_id(3))).build(),
            )?;
            Ok(())
        })
        .unwrap();
}

fn aligned(store: &Store) -> Aligned {
    let mut aligned = Aligned::new();
    for alignment in store.alignments().find().all().unwrap() {
        aligned.entry(alignment.individual).or_default().push(alignment.organisation);
    }
    aligned
}

/// Totals, additions and distributions count just the records that `sight` shows in full.
pub fn what_is_counted_is_what_is_seen(open: Open<'_>) {
    property(24, &(steps(40), actor()), |(steps, actor)| {
        let store = open();
        accounts(&store);
        store
            .transaction(|transaction| {
                for step in &steps {
                    step.apply(transaction);
                }
                Ok(())
            })
            .unwrap();
        let (part, aligned) = (store.as_actor(&actor), aligned(&store));
        let activity = part.activity(2).unwrap();
        let mut inserted: BTreeMap<_, u64> = BTreeMap::new();
        for change in store.changes_at_most(Cursor::START, usize::MAX).unwrap().changes {
            if change.action == Action::Insert {
                *inserted.entry(change.entity).or_default() += 1;
            }
        }
        for kind in &activity.kinds {
            let records = store.all_any(kind.kind).unwrap();
            let seen: Vec<_> =
                records.iter().filter(|record| sees(&actor, record, &aligned)).collect();
            prop_assert_eq!(kind.total, seen.len() as u64, "{}", kind.kind);
            if seen.len() < records.len() {
                let additions: u64 = seen.iter().map(|record| inserted[&record.id()]).sum();
                prop_assert_eq!(kind.created.variation, additions, "{}", kind.kind);
            }
        }
        let teams: Vec<_> = store
            .organisations()
            .find()
            .all()
            .unwrap()
            .into_iter()
            .filter(|team| sees(&actor, &team.clone().into(), &aligned))
            .collect();
        let statistics = part.statistics(&Top::of(100).with_empty()).unwrap();
        let tags: BTreeMap<&str, u64> = statistics
            .organisations
            .tag
            .entries
            .iter()
            .map(|share| (share.value.as_str(), share.count))
            .collect();
        let mut naive: BTreeMap<&str, u64> = BTreeMap::new();
        for tag in teams.iter().flat_map(|team| &team.tags) {
            *naive.entry(tag.as_str()).or_default() += 1;
        }
        prop_assert_eq!(tags, naive);
        let untagged = teams.iter().filter(|team| team.tags.is_empty()).count();
        prop_assert_eq!(statistics.organisations.tag.empty, Some(untagged as u64));
        fields(&store, &statistics.template_fields, &actor, &aligned)?;
        Ok(())
    });
}

fn fields(
    store: &Store,
    told: &[cerebrate_store::statistics::FieldUsage],
    actor: &Actor,
    aligned: &Aligned,
) -> Result<(), TestCaseError> {
    let mut naive: BTreeMap<_, (BTreeSet<uuid::Uuid>, u64)> = BTreeMap::new();
    for kind in [EntityKind::Organisation, EntityKind::Individual, EntityKind::User] {
        for record in store.all_any(kind).unwrap() {
            let values = match &record {
                Record::Organisation(team) => &team.meta_fields,
                Record::Individual(one) => &one.meta_fields,
                Record::User(user) => &user.meta_fields,
                _ => continue,
            };
            if !sees(actor, &record, aligned) {
                continue;
            }
            for value in values {
                let (records, count) =
                    naive.entry((value.template.id, value.field.clone())).or_default();
                records.insert(record.id());
                *count += 1;
            }
        }
    }
    for usage in told {
        let key = (usage.template, usage.field.clone());
        let (records, values) = naive.remove(&key).unwrap_or_default();
        prop_assert_eq!((usage.records, usage.values), (records.len() as u64, values), "{:?}", key);
    }
    prop_assert!(naive.is_empty(), "not told: {:?}", naive);
    Ok(())
}
