//! Records of all kinds that proptest makes up, hostile texts included.

use cerebrate_core::access::{Permission, Permissions};
use cerebrate_core::id::{IndividualId, MetaFieldId, MetaTemplateId, OrganisationId};
use cerebrate_core::model::{
    Alignment, EncryptionKey, EntityKind, EnumerationCollection, FieldKind, Individual, KeyKind,
    LimitationScope, MailingList, Member, MetaField, MetaTemplate, Name, Organisation,
    OrganisationGroup, Owner, PermissionLimitation, Recipient, Record, Role, Scope, SharingGroup,
    Tag, TagName, TemplateField, TemplateKey, User, UserSetting, Username,
};
use cerebrate_core::value::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::builders::{constituency, individual_id, organisation_id, role_id, user_id};

/// Texts that a contact database meets, and some that it should never.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9 .@-]{0,16}",
        4 => "\\PC{0,12}",
        1 => "[a\u{0}\u{1}\u{7f}\u{ad}\u{200b}\u{202e}\u{feff}\n\t\"'%_]{1,8}",
        1 => "[äÄßſﬁ％Çç日本ΩΣςאЁё]{1,8}",
    ]
}

/// Names: texts that are not blank.
pub fn name() -> impl Strategy<Value = Name> {
    text().prop_filter_map("a blank is no name", |text| Name::try_from(text).ok())
}

/// Moments, those at the ends of time included.
pub fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        8 => (-2_000_000_000_i64..4_000_000_000).prop_map(Timestamp::from_unix),
        1 => Just(Timestamp::MIN),
        1 => Just(Timestamp::MAX),
    ]
}

/// Tags in the order in which they are stored, each once.
pub fn tags() -> impl Strategy<Value = Vec<TagName>> {
    let names = ["tlp:green", "ns:pred=\"v\"", "100%", "Été", "a_b", "日本"];
    prop::sample::subsequence(names.to_vec(), 0..=names.len()).prop_map(|names| {
        let mut tags: Vec<TagName> = names.iter().map(|name| name.parse().unwrap()).collect();
        tags.sort_by_key(TagName::folded);
        tags
    })
}

/// Values of shipped templates, valid or not, and of templates that nobody has.
pub fn values() -> impl Strategy<Value = Vec<MetaField>> {
    let known = (
        prop::sample::select(vec!["IPv4 address", "Domain", "AS Number", "No such field"]),
        prop_oneof![
            text(),
            Just("10.0.0.0/8".to_owned()),
            Just("10.0.0.1/8".to_owned()),
            Just("AS64500".to_owned())
        ],
    )
        .prop_map(|(field, value)| constituency(field, &value));
    let unknown = (0..3_u128, 1..4_u32, text(), text()).prop_map(|(id, version, field, value)| {
        let id = MetaTemplateId::new(Uuid::from_u128(0x77_0000 + id));
        MetaField::new(TemplateKey::new(id, version), field, value)
    });
    // Values of one field stand together, fields by name: the order of a document.
    vec(prop_oneof![3 => known, 1 => unknown], 0..5)
}

fn organisation(number: u128) -> impl Strategy<Value = Record> {
    (
        name(),
        [option::of(text()), option::of(text()), option::of(text())],
        [option::of(text()), option::of(text())],
        tags(),
        values(),
        (timestamp(), timestamp()),
    )
        .prop_map(
            move |(name, [url, nationality, sector], [kind, contacts], tags, values, times)| {
                let mut made = Organisation::new(organisation_id(number), name);
                (made.url, made.nationality, made.sector) = (url, nationality, sector);
                (made.kind, made.contacts) = (kind, contacts);
                (made.tags, made.meta_fields) = (tags, values);
                (made.created, made.modified) = (Some(times.0), Some(times.1));
                made.into()
            },
        )
}

fn individual(number: u128) -> impl Strategy<Value = Record> {
    // An individual is called by the e-mail address, so it has to have one.
    ((name(), [text(), text()]), option::of(text()), tags(), values(), (timestamp(), timestamp()))
        .prop_map(move |((email, [first, last]), position, tags, values, times)| {
            let mut made = Individual::new(individual_id(number), email);
            (made.first_name, made.last_name, made.position) = (first, last, position);
            (made.tags, made.meta_fields) = (tags, values);
            (made.created, made.modified) = (Some(times.0), Some(times.1));
            made.into()
        })
}

fn alignment() -> impl Strategy<Value = Record> {
    (0..3_u128, 0..3_u128, text(), timestamp()).prop_map(|(a, b, role, created)| {
        let mut made = Alignment::new(individual_id(a), organisation_id(b), role);
        made.created = Some(created);
        made.into()
    })
}

fn tag() -> impl Strategy<Value = Record> {
    (text(), text()).prop_filter_map("a blank is no tag", |(name, colour)| {
        let mut made = Tag::new(TagName::try_from(format!("made {name}")).ok()?);
        made.colour = colour;
        Some(made.into())
    })
}

fn json_list() -> impl Strategy<Value = Option<Vec<Value>>> {
    let value = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(null)),
        Just(json!(true)),
        Just(json!({ "value": [1.5, ""] })),
    ];
    option::of(vec(value, 0..4))
}

fn field_kind() -> impl Strategy<Value = FieldKind> {
    prop_oneof![
        Just(FieldKind::Text),
        Just(FieldKind::Ipv4),
        Just(FieldKind::Ipv6),
        Just(FieldKind::Boolean),
        Just(FieldKind::Date),
        Just(FieldKind::Other("of-the-future".to_owned())),
    ]
}

fn template_field() -> impl Strategy<Value = TemplateField> {
    (
        text(),
        field_kind(),
        any::<bool>(),
        option::of(text()),
        json_list(),
        json_list(),
        option::of(text()),
    )
        .prop_map(|(name, kind, multiple, pattern, defaults, values, link)| {
            let mut made = TemplateField::new(name, kind);
            (made.multiple, made.pattern, made.link) = (multiple, pattern, link);
            (made.sane_default, made.values_list) = (defaults, values);
            made
        })
}

fn template() -> impl Strategy<Value = Record> {
    (
        (0..4_u128, prop_oneof![1..4_u32, Just(u32::MAX)]),
        [text(), text(), text()],
        option::of(text()),
        prop::sample::select(vec![Scope::Organisation, Scope::Individual, Scope::User]),
        [any::<bool>(), any::<bool>()],
        vec(template_field(), 0..3),
    )
        .prop_map(
            |((id, version), [namespace, name, source], description, scope, flags, fields)| {
                let id = MetaTemplateId::new(Uuid::from_u128(0x88_0000 + id));
                let key = TemplateKey::new(id, version);
                let mut made = MetaTemplate::new(key, namespace, name, scope, source);
                (made.description, made.fields) = (description, fields);
                [made.enabled, made.is_default] = flags;
                made.into()
            },
        )
}

fn members() -> impl Strategy<Value = Vec<OrganisationId>> {
    prop::sample::subsequence((0..3).map(organisation_id).collect::<Vec<_>>(), 0..=3)
}

fn sharing_group() -> impl Strategy<Value = Record> {
    (
        name(),
        text(),
        option::of(text()),
        [any::<bool>(), any::<bool>(), any::<bool>()],
        members(),
        (timestamp(), timestamp()),
    )
        .prop_map(
            |(name, releasability, description, [active, local, extend], members, times)| {
                let mut made =
                    SharingGroup::new(Uuid::from_u128(0x99_0001).into(), name, organisation_id(1));
                (made.releasability, made.description) = (releasability, description);
                (made.active, made.local) = (active, local);
                made.members = members
                    .into_iter()
                    .map(|organisation| Member { organisation, extend })
                    .collect();
                (made.created, made.modified) = (Some(times.0), Some(times.1));
                made.into()
            },
        )
}

fn mailing_list() -> impl Strategy<Value = Record> {
    (
        name(),
        [option::of(text()), option::of(text())],
        [any::<bool>(), any::<bool>()],
        prop::sample::subsequence((0..3).map(individual_id).collect::<Vec<IndividualId>>(), 0..=3),
        (vec(any::<u128>(), 0..3), any::<bool>()),
        (timestamp(), timestamp()),
    )
        .prop_map(
            |(name, [recipients, description], [active, primary], people, (more, owned), times)| {
                let mut made = MailingList::new(Uuid::from_u128(0x99_0002).into(), name);
                made.owner = owned.then(|| user_id(0));
                (made.recipients, made.description, made.active) =
                    (recipients, description, active);
                made.individuals = people
                    .into_iter()
                    .map(|individual| Recipient {
                        individual,
                        primary,
                        alternates: more
                            .iter()
                            .map(|id| MetaFieldId::new(Uuid::from_u128(*id)))
                            .collect(),
                    })
                    .collect();
                (made.created, made.modified) = (Some(times.0), Some(times.1));
                made.into()
            },
        )
}

fn organisation_group() -> impl Strategy<Value = Record> {
    let administrators = prop::sample::subsequence(vec![user_id(0), user_id(1)], 0..=2);
    let members = (members(), administrators);
    (name(), option::of(text()), members, tags(), (timestamp(), timestamp())).prop_map(
        |(name, description, (members, administrators), tags, times)| {
            let mut made = OrganisationGroup::new(Uuid::from_u128(0x99_0003).into(), name);
            made.administrators = administrators;
            (made.description, made.organisations, made.tags) = (description, members, tags);
            (made.created, made.modified) = (Some(times.0), Some(times.1));
            made.into()
        },
    )
}

fn enumeration() -> impl Strategy<Value = Record> {
    (
        name(),
        option::of(text()),
        prop::sample::select(EntityKind::ALL.to_vec()),
        text(),
        any::<bool>(),
        vec(text(), 0..4),
        (timestamp(), timestamp()),
    )
        .prop_map(|(name, description, target, field, enabled, values, times)| {
            let id = Uuid::from_u128(0x99_0004).into();
            let mut made = EnumerationCollection::new(id, name, target, field);
            (made.description, made.enabled, made.values) = (description, enabled, values);
            (made.created, made.modified) = (Some(times.0), Some(times.1));
            made.into()
        })
}

fn encryption_key() -> impl Strategy<Value = Record> {
    (
        prop::sample::select(vec![
            KeyKind::OpenPgp,
            KeyKind::Smime,
            KeyKind::Other("pqc".to_owned()),
        ]),
        prop_oneof![
            (0..3_u128).prop_map(|number| Owner::Organisation(organisation_id(number))),
            (0..3_u128).prop_map(|number| Owner::Individual(individual_id(number))),
        ],
        text(),
        any::<bool>(),
        option::of(timestamp()),
        (timestamp(), timestamp()),
    )
        .prop_map(|(kind, owner, text, revoked, expires, times)| {
            let id = Uuid::from_u128(0x99_0005).into();
            let mut made = EncryptionKey::new(id, kind, owner, text);
            (made.revoked, made.expires) = (revoked, expires);
            (made.created, made.modified) = (Some(times.0), Some(times.1));
            made.into()
        })
}

fn role() -> impl Strategy<Value = Record> {
    let granted = prop::sample::subsequence(Permission::ALL.to_vec(), 0..=Permission::ALL.len());
    (name(), any::<bool>(), granted).prop_map(|(name, is_default, granted)| {
        let mut made = Role::new(role_id(0), name);
        made.is_default = is_default;
        made.permissions = granted.into_iter().collect::<Permissions>();
        made.into()
    })
}

fn user(number: u128) -> impl Strategy<Value = Record> {
    let name = prop_oneof!["[a-zA-Z0-9.@-]{5,50}", "[äÄßſçé日本Ωא]{5,16}"]
        // Two users never have the same name.
        .prop_filter_map("no username", move |text| {
            let text: String = text.chars().take(48).collect();
            format!("{number}{text}").parse::<Username>().ok()
        });
    (name, option::of(0..3_u128), any::<bool>(), values(), (timestamp(), timestamp())).prop_map(
        move |(name, organisation, disabled, values, times)| {
            let mut made = User::new(user_id(number), name, individual_id(number), role_id(0));
            made.organisation = organisation.map(organisation_id);
            (made.disabled, made.meta_fields) = (disabled, values);
            (made.created, made.modified) = (Some(times.0), Some(times.1));
            made.into()
        },
    )
}

fn user_setting() -> impl Strategy<Value = Record> {
    (name(), text(), (timestamp(), timestamp())).prop_map(|(name, value, times)| {
        let mut made = UserSetting::new(user_id(0), name, value);
        (made.created, made.modified) = (Some(times.0), Some(times.1));
        made.into()
    })
}

fn limitation() -> impl Strategy<Value = Record> {
    let scopes = vec![LimitationScope::Global, LimitationScope::Organisation];
    (prop::sample::select(scopes), name(), 2..u32::MAX, option::of(text())).prop_map(
        |(scope, permission, max, comment)| {
            let id = Uuid::from_u128(0x99_0006).into();
            let max = max.try_into().unwrap();
            let mut made = PermissionLimitation::new(id, scope, permission, max);
            made.comment = comment;
            made.into()
        },
    )
}

/// Records of all kinds but auth keys, which are issued rather than written, that refer to each other, in an order in which they can be stored, in
/// the form in which they are stored.
pub fn records() -> impl Strategy<Value = Vec<Record>> {
    vec![
        organisation(0).boxed(),
        organisation(1).boxed(),
        organisation(2).boxed(),
        individual(0).boxed(),
        individual(1).boxed(),
        individual(2).boxed(),
        alignment().boxed(),
        tag().boxed(),
        template().boxed(),
        role().boxed(),
        user(0).boxed(),
        user(1).boxed(),
        user_setting().boxed(),
        limitation().boxed(),
        sharing_group().boxed(),
        mailing_list().boxed(),
        organisation_group().boxed(),
        enumeration().boxed(),
        encryption_key().boxed(),
    ]
}
