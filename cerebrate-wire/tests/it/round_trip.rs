use cerebrate_core::model::{
    Alignment, Individual, Member, MetaField, Name, Organisation, SharingGroup, Tag, TagName,
    TemplateKey,
};
use cerebrate_core::value::Timestamp;
use cerebrate_wire::read::{
    AlignmentRecord, IndividualRecord, OrganisationRecord, SharingGroupRecord, TagRecord,
};
use cerebrate_wire::write::{Form, Unnumbered, Writer, to_php_json};
use cerebrate_wire::{FromWire, Records, misp};
use proptest::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use crate::write::Numbers;

/// Reads back what was written; nothing may be odd about it.
fn again<T: FromWire>(written: &impl Serialize, php: bool) -> T {
    let text = if php {
        to_php_json(&[written]).unwrap()
    } else {
        serde_json::to_string(&[written]).unwrap()
    };
    let mut records = Records::<T>::new(text.as_bytes());
    let reading = records.next().unwrap();
    assert!(records.next().is_none());
    assert!(reading.problems.is_empty(), "{:?} in {text}", reading.problems);
    assert!(reading.unknown_keys.is_empty(), "{:?}", reading.unknown_keys);
    reading.record.unwrap()
}

/// Any text that says something. NUL is kept too, and told.
fn text() -> impl Strategy<Value = String> {
    "[^\0]{1,20}"
}

fn name() -> impl Strategy<Value = Name> {
    text().prop_filter_map("blank", |text| text.parse().ok())
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    let years = Timestamp::MIN.unix() + 366 * 86_400..=Timestamp::MAX.unix();
    prop::option::of(years.prop_map(Timestamp::from_unix))
}

fn tags() -> impl Strategy<Value = Vec<TagName>> {
    prop::collection::btree_map("[a-z]{1,3}", any::<bool>(), 0..4).prop_map(|names| {
        let mut tags: Vec<TagName> = names
            .into_iter()
            .map(|(name, upper)| if upper { name.to_uppercase() } else { name })
            .map(|name| name.parse().unwrap())
            .collect();
        tags.sort();
        tags
    })
}

fn meta_fields() -> impl Strategy<Value = Vec<MetaField>> {
    let one = (any::<u128>(), any::<u32>(), text(), text(), time(), time()).prop_map(
        |(id, version, field, value, created, modified)| {
            let key = TemplateKey::new(Uuid::from_u128(id).into(), version);
            let mut field = MetaField::new(key, field, value);
            field.created = created;
            field.modified = modified;
            field
        },
    );
    prop::collection::vec(one, 0..4)
}

fn organisation() -> impl Strategy<Value = Organisation> {
    let optional = || prop::option::of(text());
    (
        any::<u128>(),
        name(),
        (optional(), optional(), optional(), optional(), optional()),
        tags(),
        meta_fields(),
        (time(), time()),
    )
        .prop_map(|(id, name, texts, tags, meta_fields, (created, modified))| {
            let mut organisation = Organisation::new(Uuid::from_u128(id).into(), name);
            (
                organisation.url,
                organisation.nationality,
                organisation.sector,
                organisation.kind,
                organisation.contacts,
            ) = texts;
            organisation.tags = tags;
            organisation.meta_fields = meta_fields;
            organisation.created = created;
            organisation.modified = modified;
            organisation
        })
}

fn individual() -> impl Strategy<Value = Individual> {
    let texts = (text(), ".{0,9}", ".{0,9}", prop::option::of(text()));
    (any::<u128>(), texts, tags(), meta_fields(), (time(), time()))
        .prop_filter("blank", |(_, (email, first, last, _), ..)| {
            !email.trim().is_empty() && !first.contains('\0') && !last.contains('\0')
        })
        .prop_map(|(id, (email, first, last, position), tags, meta_fields, (created, modified))| {
            let mut individual = Individual::new(Uuid::from_u128(id).into(), email);
            individual.first_name = first;
            individual.last_name = last;
            individual.position = position;
            individual.tags = tags;
            individual.meta_fields = meta_fields;
            individual.created = created;
            individual.modified = modified;
            individual
        })
}

proptest! {
    #[test]
    fn organisations(organisation in organisation(), person in individual(), php: bool, view: bool) {
        let form = if view { Form::View } else { Form::Index };
        let row = Writer::new(&Numbers).form(form).organisation(&organisation, &[&person], &[]);
        let record: OrganisationRecord = again(&row, php);
        prop_assert_eq!(record.local_id, Some(3));
        prop_assert_eq!(record.alignments[0].email.as_ref(), Some(&person.email));
        prop_assert_eq!(&record.organisation, &organisation);
    }

    #[test]
    fn individuals(individual in individual(), organisation in organisation(), php: bool) {
        let row = Writer::new(&Numbers).individual(&individual, &[&organisation]);
        let record: IndividualRecord = again(&row, php);
        prop_assert_eq!(record.alignments[0].id, Some(organisation.id));
        prop_assert_eq!(&record.individual, &individual);
    }

    #[test]
    fn sharing_groups(
        id: u128,
        name in name(),
        texts in (prop::option::of(text()), prop::option::of(text())),
        flags: (bool, bool),
        organisations in prop::collection::vec((organisation(), any::<bool>()), 1..4),
        times in (time(), time()),
    ) {
        let owner = &organisations[0].0;
        let mut group = SharingGroup::new(Uuid::from_u128(id).into(), name, owner.id);
        group.releasability = texts.0.unwrap_or_default();
        group.description = texts.1;
        (group.active, group.local) = flags;
        (group.created, group.modified) = times;
        group.members = organisations
            .iter()
            .map(|(organisation, extend)| Member { organisation: organisation.id, extend: *extend })
            .collect();
        group.members.sort();
        let find = |id| organisations.iter().map(|(known, _)| known).find(|known| known.id == id);
        let record: SharingGroupRecord =
            again(&Writer::new(&Unnumbered).sharing_group(&group, None, &find), false);
        prop_assert_eq!(record.organisations.len(), organisations.len());
        prop_assert_eq!(record.sharing_group, group);
    }

    #[test]
    fn alignments(individual: u128, organisation: u128, role in text(), created in time()) {
        let (person, team) = (Uuid::from_u128(individual).into(), Uuid::from_u128(organisation).into());
        let mut alignment = Alignment::new(person, team, role);
        alignment.created = created;
        let record: AlignmentRecord = again(&Writer::new(&Numbers).alignment(&alignment), false);
        prop_assert_eq!(record.between(person, team), alignment);
    }

    #[test]
    fn tag_rows(name in "[a-z:=\"]{1,12}", colour in "#[0-9a-fA-F]{6}", count: u64) {
        let mut tag = Tag::new(name.parse().unwrap());
        tag.colour = colour;
        let record: TagRecord = again(&Writer::new(&Unnumbered).tag(&tag, count), true);
        prop_assert_eq!((record.tag, record.count), (tag, Some(count)));
    }

    #[test]
    fn misp_organisations(
        organisation in organisation(),
        number: Option<u64>,
        description in prop::option::of(text()),
        local: Option<bool>,
        domains in prop::collection::vec("[a-z]{1,5}\\.lu", 0..3),
    ) {
        let mut organisation = organisation;
        organisation.url = None;
        organisation.tags.clear();
        organisation.meta_fields.clear();
        let mut record = misp::OrganisationRecord::new(organisation);
        record.local_id = number;
        record.description = description;
        record.local = local;
        record.domains = domains;
        prop_assert_eq!(again::<misp::OrganisationRecord>(&misp::organisation(&record), true), record);
    }
}
