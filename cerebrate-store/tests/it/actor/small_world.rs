//! A world in which every kind of record stands in every relation to the one who looks.

use std::collections::BTreeSet;

use cerebrate_core::access::{
    Account, Actor, Body, Circle, Holder, Permission, Permissions, Person, Resource, Sight, sight,
};
use cerebrate_core::id::{IndividualId, OrganisationId, RoleId, UserId};
use cerebrate_core::model::{
    Alignment, EncryptionKey, EntityKind, InboxMessage, KeyKind, LimitationScope, Member,
    OutboxMessage, Owner, PermissionLimitation, Recipient, Record, Role, SharingGroup, User,
    UserSetting,
};
use cerebrate_core::node_key::NodeKey;
use cerebrate_store::Store;
use cerebrate_testkit::any::AnyRecords;
use cerebrate_testkit::builders::{
    constituency, encryption_key, enumeration, individual, individual_id, mailing_list,
    organisation, organisation_group, organisation_id, sharing_group,
};
use cerebrate_testkit::world::{options, with_templates};
use uuid::Uuid;

pub(super) const OWN: u128 = 1;
pub(super) const ADMINISTERED: u128 = 2;
pub(super) const OTHER: u128 = 3;
/// Named by a sharing group of the own organisation.
pub(super) const NAMED: u128 = 4;
pub(super) const ORGANISATIONS: [u128; 4] = [OWN, ADMINISTERED, OTHER, NAMED];

pub(super) const ME: u128 = 1;
/// Works for the own and for another organisation.
pub(super) const BETWEEN: u128 = 5;
pub(super) const NOWHERE: u128 = 6;

pub(super) fn user() -> UserId {
    user_id(ME)
}

pub(super) fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(0x9a00_0000 + number))
}

pub(super) fn role_id(number: u128) -> RoleId {
    RoleId::new(Uuid::from_u128(0xaa00_0000 + number))
}

/// Roles, by number: one without flags, one that lets programs in, one that manages, one for all.
pub(super) fn roles() -> [(u128, &'static str, Permissions); 4] {
    let one = |permission| Permissions::NONE.with(permission);
    [
        (1, "Plain", Permissions::NONE),
        (2, "Sync", one(Permission::Sync)),
        (3, "Manager", one(Permission::OrganisationAdmin)),
        (4, "Everything", Permissions::all()),
    ]
}

/// Who has which role, and acts for which organisation.
pub(super) const USERS: [(u128, u128, Option<u128>); 5] = [
    (ME, 1, Some(OWN)),
    (2, 2, Some(ADMINISTERED)),
    (3, 4, Some(OTHER)),
    (BETWEEN, 3, Some(OWN)),
    (NOWHERE, 1, None),
];

pub(super) fn new_user(number: u128, role: u128, organisation: Option<u128>) -> User {
    let name = format!("user-{number}").parse().unwrap();
    let mut user = User::new(user_id(number), name, individual_id(number), role_id(role));
    user.organisation = organisation.map(organisation_id);
    user
}

/// Somebody of the own organisation, who is to administer a group.
pub(super) fn actor(permissions: Permissions) -> Actor {
    let own = organisation_id(OWN);
    let mut actor = Actor::new(user(), individual_id(ME), Some(own), permissions);
    actor.administered = BTreeSet::from([organisation_id(ADMINISTERED)]);
    actor
}

pub(super) fn of(permissions: &[Permission]) -> Actor {
    actor(permissions.iter().copied().collect())
}

/// Every set of the permissions.
pub(super) fn sets(permissions: &[Permission]) -> impl Iterator<Item = Permissions> {
    (0..1_u32 << permissions.len()).map(|bits| {
        let chosen = permissions.iter().enumerate();
        chosen.filter(|(place, _)| bits >> place & 1 == 1).map(|(_, one)| *one).collect()
    })
}

pub(super) fn member(number: u128, extend: bool) -> Member {
    Member { organisation: organisation_id(number), extend }
}

pub(super) fn circle(number: u128, name: &str, owner: u128, members: &[Member]) -> SharingGroup {
    let members = members.to_vec();
    sharing_group(number, name, owner).with(|group| group.members = members).build()
}

pub(super) fn key_of_person(number: u128, owner: u128) -> EncryptionKey {
    let id = Uuid::from_u128(0x6b00_0000 + number).into();
    EncryptionKey::new(id, KeyKind::Smime, Owner::Individual(individual_id(owner)), "key")
}

/// For the same number, the record of each kind belongs to the organisation with that number.
pub(super) fn world() -> Store {
    let key = NodeKey::new([7; 32]);
    let store = with_templates(options().key(key).in_memory().unwrap());
    fill(&store);
    for (number, _, _) in USERS {
        store.issue_auth_key(user_id(number), None, None).unwrap();
    }
    store
}

pub(super) fn fill(store: &Store) {
    let mut records: Vec<Record> = Vec::new();
    for number in ORGANISATIONS {
        let name = format!("Team {number}");
        let prefix = constituency("IPv4 address", &format!("10.0.0.0/{}", 8 + number));
        let asn = constituency("AS Number", "AS64500");
        let team = organisation(number, &name).tag("team").with(|team| {
            team.contacts = Some(format!("secret {number}"));
            team.nationality = Some("LU".to_owned());
            team.meta_fields = vec![prefix, asn];
        });
        records.push(team.build().into());
        let person = individual(number, &format!("p{number}@example.lu"));
        records.push(person.named("", "Person").build().into());
        let employed = Alignment::new(individual_id(number), organisation_id(number), "Member");
        records.push(employed.into());
        records.push(encryption_key(number, number).build().into());
        records.push(key_of_person(number, number).into());
    }
    records.push(individual(BETWEEN, "between@example.lu").build().into());
    for number in [OWN, OTHER] {
        let employed = Alignment::new(individual_id(BETWEEN), organisation_id(number), "Member");
        records.push(employed.into());
    }
    records.push(individual(NOWHERE, "nowhere@example.lu").build().into());
    records.push(circle(1, "Own", OWN, &[member(OWN, false), member(NAMED, true)]).into());
    records.push(circle(2, "Administered", OTHER, &[member(ADMINISTERED, true)]).into());
    records.push(circle(3, "Other", OTHER, &[member(OTHER, true)]).into());
    let extended = [member(OWN, true), member(NAMED, false)];
    records.push(circle(4, "Extended", NAMED, &extended).into());
    for (number, name, permissions) in roles() {
        let mut role = Role::new(role_id(number), name.parse().unwrap());
        role.permissions = permissions;
        records.push(role.into());
    }
    for (number, role, organisation) in USERS {
        records.push(new_user(number, role, organisation).into());
        records.push(UserSetting::new(user_id(number), "theme", "dark").into());
    }
    let id = Uuid::from_u128(0xba00_0001).into();
    let most = 7.try_into().unwrap();
    let limitation =
        PermissionLimitation::new(id, LimitationScope::Global, "x".parse().unwrap(), most);
    records.push(limitation.into());
    for (number, people) in [(1, [ME, OTHER]), (2, [OTHER, NAMED]), (3, [OTHER, BETWEEN])] {
        let list = mailing_list(number, "List").with(|list| {
            list.owner = (number == 3).then(user);
            let recipient = |number| Recipient {
                individual: individual_id(number),
                primary: true,
                alternates: Vec::new(),
            };
            list.individuals = people.map(recipient).to_vec();
        });
        records.push(list.build().into());
    }
    let all = ORGANISATIONS.map(organisation_id).to_vec();
    let group = organisation_group(1, "Everybody").with(|group| {
        group.organisations = all;
        group.administrators = vec![user(), user_id(3)];
    });
    records.push(group.build().into());
    records.push(enumeration(1, "Sectors").build().into());
    for (number, sender) in [(1, Some(ME)), (2, None)] {
        records.push(registration(number, sender).into());
        records.push(undelivered(number, sender).into());
    }
    store
        .transaction(|transaction| {
            records.into_iter().try_for_each(|record| transaction.insert_any(record).map(drop))
        })
        .unwrap();
}

/// Somebody who wants to come in.
pub(super) fn registration(number: u128, sender: Option<u128>) -> InboxMessage {
    let id = Uuid::from_u128(0xca00_0000 + number).into();
    let mut message = InboxMessage::new(id, "User", "Registration", "192.0.2.1");
    message.user = sender.map(user_id);
    message.data.insert("email".to_owned(), format!("new{number}@example.lu").into());
    message.data.insert("password".to_owned(), "Password1234".into());
    message
}

/// Something that did not go out.
pub(super) fn undelivered(number: u128, sender: Option<u128>) -> OutboxMessage {
    let id = Uuid::from_u128(0xda00_0000 + number).into();
    let mut message = OutboxMessage::new(id, "Broods", "ResendFailedMessage", "To a peer");
    message.user = sender.map(user_id);
    message
}

/// How much is seen of a record, worked out from the whole store, the slow way.
pub(super) fn expected(store: &Store, actor: &Actor, record: &Record) -> Sight {
    with_resource(store, actor, record, |resource| sight(actor, resource))
}

fn body(store: &Store, actor: &Actor, id: OrganisationId) -> Body {
    let named = store.sharing_groups().find().all().unwrap().iter().any(|group| {
        let circle = Circle { owner: group.owner, members: &group.members };
        let mut members = group.members.iter();
        (group.owner == id || members.any(|one| one.organisation == id))
            && sight(actor, &Resource::SharingGroup(circle)) == Sight::Full
    });
    Body { id, named }
}

/// As much of a record as decides about it.
pub(super) fn with_resource<T>(
    store: &Store,
    actor: &Actor,
    record: &Record,
    ask: impl FnOnce(&Resource<'_>) -> T,
) -> T {
    let aligned = |id: IndividualId| -> Vec<OrganisationId> {
        let all = store.alignments().find().all().unwrap();
        all.iter().filter(|one| one.individual == id).map(|one| one.organisation).collect()
    };
    let account = |user: &User| Account {
        id: user.id,
        organisation: user.organisation,
        permissions: store.roles().require(user.role).unwrap().permissions,
        enabled: !user.disabled,
    };
    let users = |id: IndividualId| -> Vec<Account> {
        let all = store.users().find().all().unwrap();
        all.iter().filter(|user| user.individual == id).map(account).collect()
    };
    let person = |id, aligned, users| Person { id, aligned, users };
    match record {
        Record::Organisation(organisation) => {
            ask(&Resource::Organisation(body(store, actor, organisation.id)))
        }
        Record::Individual(one) => {
            let (aligned, users) = (aligned(one.id), users(one.id));
            ask(&Resource::Individual(person(one.id, &aligned, &users)))
        }
        Record::Alignment(one) => {
            let (aligned, users) = (aligned(one.individual), users(one.individual));
            let body = body(store, actor, one.organisation);
            ask(&Resource::Alignment(person(one.individual, &aligned, &users), body))
        }
        Record::SharingGroup(group) => {
            let circle = Circle { owner: group.owner, members: &group.members };
            ask(&Resource::SharingGroup(circle))
        }
        Record::EncryptionKey(key) => match key.owner {
            Owner::Organisation(id) => {
                ask(&Resource::EncryptionKey(Holder::Organisation(Body::new(id))))
            }
            Owner::Individual(id) => {
                let (aligned, users) = (aligned(id), users(id));
                let person = person(id, &aligned, &users);
                ask(&Resource::EncryptionKey(Holder::Individual(person)))
            }
        },
        Record::MailingList(list) => {
            let listed: Vec<_> = list.individuals.iter().map(|one| one.individual).collect();
            ask(&Resource::MailingList(list.owner, &listed))
        }
        Record::OrganisationGroup(_) => ask(&Resource::OrganisationGroup),
        Record::Tag(_) => ask(&Resource::Tag),
        Record::MetaTemplate(_) => ask(&Resource::MetaTemplate),
        Record::EnumerationCollection(_) => ask(&Resource::EnumerationCollection),
        Record::User(user) => ask(&Resource::User(account(user))),
        Record::AuthKey(key) => {
            ask(&Resource::AuthKey(account(&store.users().require(key.user).unwrap())))
        }
        Record::UserSetting(setting) => ask(&Resource::UserSetting(setting.user)),
        Record::Role(role) => ask(&Resource::Role(role.permissions)),
        Record::PermissionLimitation(_) => ask(&Resource::PermissionLimitation),
        Record::InboxMessage(_) => ask(&Resource::InboxMessage),
        Record::OutboxMessage(_) => ask(&Resource::OutboxMessage),
        other => panic!("{other:?}"),
    }
}

/// The record as somebody sees it who sees it in full: lists inside hold what is seen.
pub(super) fn cut(store: &Store, actor: &Actor, record: Record) -> Record {
    let sees = |kind, id| {
        let other = store.get_any(kind, id).unwrap().unwrap();
        expected(store, actor, &other) == Sight::Full
    };
    match record {
        Record::OrganisationGroup(mut group) => {
            group.organisations.retain(|id| sees(EntityKind::Organisation, id.uuid()));
            group.administrators.retain(|id| sees(EntityKind::User, id.uuid()));
            group.into()
        }
        Record::MailingList(mut list) => {
            let kind = EntityKind::Individual;
            list.individuals.retain(|one| sees(kind, one.individual.uuid()));
            list.into()
        }
        record => record,
    }
}
