use cerebrate_core::model::{FieldKind, KeyKind, Member, Owner};
use cerebrate_core::problem::ProblemKind;
use cerebrate_wire::read::{
    AlignmentRecord, EncryptionKeyRecord, IndividualRecord, MailingListRecord, MetaTemplateRecord,
    OrganisationRecord, SharingGroupRecord,
};
use cerebrate_wire::{FromWire, Reading, Records, misp};

const ORGANISATIONS: &str = include_str!("../data/organisations_index.json");
const MISP_ORGANISATIONS: &str = include_str!("../data/misp_organisations.json");
const MISP_GROUPS: &str = include_str!("../data/misp_sharing_groups.json");
const GROUP: &str = include_str!("../data/sharing_groups_view.json");
const LISTS: &str = include_str!("../data/mailing_lists_index.json");
const TEMPLATES: &str = include_str!("../data/meta_templates_index.json");

fn all<T: FromWire>(text: &str) -> Vec<Reading<T>> {
    Records::new(text.as_bytes()).collect()
}

fn told<T>(reading: &Reading<T>) -> Vec<(String, ProblemKind)> {
    let problems = reading.problems.iter().map(|finding| &finding.problem);
    problems.map(|problem| (problem.field().to_owned(), problem.kind())).collect()
}

fn kinds<T: FromWire>(text: &str) -> Vec<ProblemKind> {
    let reading = T::from_wire(text.as_bytes());
    reading.problems.iter().map(|finding| finding.problem.kind()).collect()
}

#[test]
fn an_organisation_index_is_read_whole_with_all_its_problems() {
    let readings = all::<OrganisationRecord>(ORGANISATIONS);
    assert_eq!(readings.len(), 2);
    let first = readings[0].record.as_ref().unwrap();
    assert_eq!(first.organisation.id.to_string(), "e69ae531-34b8-41dd-a0e3-22fe39e408b9");
    assert!(readings[0].problems.is_empty() && readings[0].unknown_keys.is_empty());

    let reading = &readings[1];
    let record = reading.record.as_ref().unwrap();
    let organisation = &record.organisation;
    assert_eq!((record.local_id, &*organisation.name), (Some(3), "CSIRT 01"));
    assert_eq!(organisation.url.as_deref(), Some("https://csirt01.example.org"));
    assert_eq!(organisation.kind.as_deref(), Some("CSIRT"));
    assert_eq!(organisation.created.unwrap().to_string(), "2026-11-24T06:00:23Z");
    assert_eq!(organisation.modified.unwrap().unix(), 1_795_500_039);
    let colours: Vec<_> =
        record.tags.iter().map(|tag| (tag.name.as_str(), tag.colour.as_str())).collect();
    assert_eq!(colours, [("community:csirts-network", "#924da6"), ("tlp:green", "#33ff00")]);
    let values: Vec<_> = organisation
        .meta_fields
        .iter()
        .map(|value| (value.field.as_str(), value.value.as_str(), value.template.version))
        .collect();
    assert_eq!(values, [("IPv4 address", "192.0.2.0/24", 1), ("AS Number", "64496", 1)]);
    assert_eq!(record.templates.len(), 1);
    assert_eq!(record.templates[0].name, "CSIRT Constituency");
    assert_eq!(record.alignments[0].email.as_deref(), Some("person01@csirt01.example.org"));
    assert_eq!(record.groups[0].name.as_deref(), Some("Benelux group"));
    assert_eq!(
        told(reading),
        [
            ("tags[1].colour".to_owned(), ProblemKind::NotColour),
            ("tags[2]".to_owned(), ProblemKind::Repeated),
            ("meta_fields[2]".to_owned(), ProblemKind::UnknownTemplate),
            ("meta_fields[3].value".to_owned(), ProblemKind::Required),
        ]
    );
    assert_eq!(reading.problems[2].problem.value(), "example.org");
    assert_eq!((reading.problems[2].place.line, reading.problems[2].place.column), (60, 36));
    assert_eq!(reading.unknown_keys, ["favourite", "meta_fields[3].weight"]);
}

#[test]
fn values_by_template_name_are_told_one_by_one() {
    let text = r#"{"uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"n",
        "meta_fields":{"CSIRT Constituency":{"AS Number":["1","2"],"Domain":"example.org"}}}"#;
    let reading = OrganisationRecord::from_wire(text.as_bytes());
    assert!(reading.record.unwrap().organisation.meta_fields.is_empty());
    let values: Vec<_> =
        reading.problems.iter().map(|finding| finding.problem.value().to_owned()).collect();
    assert_eq!(values, ["1", "2", "example.org"]);
    assert_eq!(reading.problems[2].problem.field(), "meta_fields.CSIRT Constituency.Domain");
}

#[test]
fn a_record_without_identity_or_name_is_a_problem_that_shows_it() {
    let good = "49e3572b-c2b4-58ac-a239-a3fb2d236b1c";
    for (text, field, kind) in [
        (r#"{"name":"CSIRT"}"#.to_owned(), "uuid", ProblemKind::Required),
        (r#"{"name":"CSIRT","uuid":null}"#.to_owned(), "uuid", ProblemKind::Required),
        (r#"{"name":"CSIRT","uuid":"x"}"#.to_owned(), "uuid", ProblemKind::NotUuid),
        (r#"{"name":"CSIRT","uuid":[1]}"#.to_owned(), "uuid", ProblemKind::WrongType),
        (format!(r#"{{"uuid":"{good}","name":"  "}}"#), "name", ProblemKind::Required),
        (format!(r#"{{"uuid":"{good}"}}"#), "name", ProblemKind::Required),
        (format!(r#"{{"uuid":"{good}","name":true}}"#), "name", ProblemKind::WrongType),
        (
            format!(r#"{{"uuid":"{good}","name":"{}"}}"#, "x".repeat(5000)),
            "name",
            ProblemKind::TooLong,
        ),
        ("null".to_owned(), "record", ProblemKind::WrongType),
        ("[1]".to_owned(), "record", ProblemKind::WrongType),
    ] {
        let reading = OrganisationRecord::from_wire(text.as_bytes());
        assert!(reading.record.is_none(), "{text}");
        assert_eq!(told(&reading), [(field.to_owned(), kind)], "{text}");
        assert!(!reading.problems[0].problem.value().is_empty());
    }
}

#[test]
fn a_tag_whose_name_is_too_long_is_told_and_the_record_stays() {
    let long = "é".repeat(256);
    for (tag, field) in
        [(format!(r#"{{"name":"{long}"}}"#), "tags[1].name"), (format!(r#""{long}""#), "tags[1]")]
    {
        let text = format!(
            r#"{{"uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"n",
                "tags":[{{"name":"{}"}},{tag}]}}"#,
            "é".repeat(255)
        );
        let reading = OrganisationRecord::from_wire(text.as_bytes());
        assert_eq!(told(&reading), [(field.to_owned(), ProblemKind::TooLong)]);
        assert!(reading.problems[0].problem.message().contains("255 characters"));
        assert_eq!(reading.record.unwrap().tags.len(), 1);
    }
    let blank =
        r#"{"uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"n","tags":[{"name":" "}]}"#;
    assert_eq!(kinds::<OrganisationRecord>(blank), [ProblemKind::Required]);
}

#[test]
fn odd_text_is_told_and_never_dropped_silently() {
    let base = |rest: &str| {
        format!(r#"{{"uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"n"{rest}}}"#)
    };
    let nul = OrganisationRecord::from_wire(base(r#","sector":"a\u0000b""#).as_bytes());
    assert_eq!(told(&nul), [("sector".to_owned(), ProblemKind::ControlCharacter)]);
    assert_eq!(nul.record.unwrap().organisation.sector.as_deref(), Some("a\0b"));

    let twice = OrganisationRecord::from_wire(base(r#","sector":"a","sector":"b""#).as_bytes());
    assert_eq!(told(&twice), [("sector".to_owned(), ProblemKind::Duplicate)]);
    assert_eq!(twice.record.unwrap().organisation.sector.as_deref(), Some("b"));

    let long = base(&format!(r#","contacts":"{}""#, "x".repeat(70_000)));
    assert_eq!(kinds::<OrganisationRecord>(&long), [ProblemKind::TooLong]);
    let time = base(r#","created":"yesterday","modified":"0000-00-00 00:00:00""#);
    assert_eq!(kinds::<OrganisationRecord>(&time), [ProblemKind::NotTimestamp; 2]);
    let zeros = OrganisationRecord::from_wire(base(r#","modified":"0000-00-00""#).as_bytes());
    assert!(zeros.problems.iter().all(|finding| finding.problem.is_notice()));
    assert_eq!(zeros.record.unwrap().organisation.modified, None);

    let mut bytes = base(r#","sector":"\u00e9X""#).into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'X').unwrap();
    bytes[at] = 0xFF;
    let reading = OrganisationRecord::from_wire(&bytes);
    assert!(reading.record.is_none());
    assert_eq!(reading.problems[0].problem.kind(), ProblemKind::Undecodable);
    assert_eq!(reading.problems[0].place.column, u64::try_from(at).unwrap() + 1);
}

#[test]
fn a_broken_record_is_told_where_it_breaks_and_the_rest_is_read() {
    let text = "[{\"uuid\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\",\"name\":\"A\"},\n\
                 {\"uuid\":\n  oops},\n\
                 {\"uuid\":\"a3acffdc-312a-5845-ac29-84ae215c7b60\",\"name\":\"B\"}]";
    let readings = all::<OrganisationRecord>(text);
    let names: Vec<_> = readings
        .iter()
        .map(|reading| reading.record.as_ref().map(|record| record.organisation.name.to_string()))
        .collect();
    assert_eq!(names, [Some("A".to_owned()), None, Some("B".to_owned())]);
    let finding = &readings[1].problems[0];
    assert_eq!((finding.place.line, finding.place.column), (3, 3));
    assert_eq!(finding.problem.kind(), ProblemKind::Malformed);
}

#[test]
fn an_individual_is_read_without_what_follows_from_other_keys() {
    let text = r#"{"id":3,"uuid":"46d14edb-f93c-5e20-892f-4e1f02c34e9f",
        "email":"person01@csirt01.example.org","first_name":"Alice","last_name":null,
        "position":"Head","user":[],"meta_fields":[],"tags":[],"has_user":true,
        "alignments":{"organisation":[{"id":3,"uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"CSIRT 01"}]},
        "_matchingData":{"Organisations":{"id":3}},"full_name":"Alice","alternate_emails":[{"x":1}]}"#;
    let reading = IndividualRecord::from_wire(text.as_bytes());
    assert_eq!((reading.problems.len(), reading.unknown_keys.len()), (0, 0), "{reading:?}");
    let record = reading.record.unwrap();
    assert_eq!(record.individual.first_name, "Alice");
    assert_eq!(record.individual.last_name, "");
    assert_eq!(record.alignments[0].name.as_deref(), Some("CSIRT 01"));
    let without = r#"{"uuid":"46d14edb-f93c-5e20-892f-4e1f02c34e9f","email":" "}"#;
    assert_eq!(kinds::<IndividualRecord>(without), [ProblemKind::Required]);
}

#[test]
fn an_alignment_has_numbers_as_text_too() {
    let text = r#"{"organisation_id":3,"type":null,"individual_id":"7","created":"2026-11-24T06:00:46+00:00","id":1}"#;
    let record = AlignmentRecord::from_wire(text.as_bytes()).record.unwrap();
    assert_eq!((record.individual.local_id, record.organisation.local_id), (Some(7), Some(3)));
    assert_eq!(record.role, "Member");
    assert_eq!(kinds::<AlignmentRecord>("{}"), [ProblemKind::Required, ProblemKind::Required]);
}

#[test]
fn a_sharing_group_takes_extend_from_the_link_first() {
    let reading = SharingGroupRecord::from_wire(GROUP.as_bytes());
    let record = reading.record.as_ref().unwrap();
    let member = |id: &str, extend| Member { organisation: id.parse().unwrap(), extend };
    assert_eq!(
        record.sharing_group.members,
        [
            member("49e3572b-c2b4-58ac-a239-a3fb2d236b1c", true),
            member("a3acffdc-312a-5845-ac29-84ae215c7b60", true),
            member("c30b5123-ee5a-5a47-98e3-bbb5b83d0c7d", false),
        ]
    );
    assert!(record.sharing_group.active && record.sharing_group.local);
    assert_eq!(record.organisations.len(), 2);
    assert_eq!(
        told(&reading),
        [
            ("sharing_group_orgs[2].name".to_owned(), ProblemKind::Required),
            ("sharing_group_orgs[3].uuid".to_owned(), ProblemKind::Required),
        ]
    );
    assert!(reading.unknown_keys.is_empty(), "{:?}", reading.unknown_keys);
    let ownerless = r#"{"uuid":"c4b18a2c-a676-552f-95b5-f34669d3c95e","name":"n"}"#;
    assert_eq!(kinds::<SharingGroupRecord>(ownerless), [ProblemKind::Required]);
}

#[test]
fn a_mailing_list_knows_whose_addresses_it_has() {
    let readings = all::<MailingListRecord>(LISTS);
    let record = readings[0].record.as_ref().unwrap();
    let recipient = &record.mailing_list.individuals[0];
    assert!(!recipient.primary);
    assert_eq!(recipient.alternates.len(), 1);
    assert_eq!(told(&readings[0]), [("meta_fields[1]".to_owned(), ProblemKind::UnknownReference)]);
    assert!(readings[0].unknown_keys.is_empty(), "{:?}", readings[0].unknown_keys);
}

#[test]
fn a_template_is_read_from_the_index() {
    let readings = all::<MetaTemplateRecord>(TEMPLATES);
    let template = &readings[0].record.as_ref().unwrap().template;
    assert_eq!((template.key.version, template.slug()), (1, "first/first-directory".to_owned()));
    assert!(!template.enabled);
    assert_eq!(template.fields[0].kind, FieldKind::Date);
    let field = &template.fields[1];
    assert_eq!(field.kind, FieldKind::Other("shoe-size".to_owned()));
    assert!(field.multiple);
    assert_eq!(field.sane_default, Some(vec!["a".into(), 2.into()]));
    assert_eq!(field.values_list, Some(vec!["x".into(), "y".into()]));
    assert!(readings[0].problems.is_empty() && readings[0].unknown_keys.is_empty());
    assert_eq!(
        told(&readings[1]),
        [
            ("version".to_owned(), ProblemKind::NotNumber),
            ("scope".to_owned(), ProblemKind::WrongScope),
        ]
    );
}

#[test]
fn a_key_needs_an_owner_that_others_know() {
    let text = r#"{"id":1,"uuid":"e42ce88c-1801-42a2-bcd2-70e77f4b0bee","type":"pgp",
        "encryption_key":"-----BEGIN","revoked":null,"expires":1795500039,"owner_id":3,
        "owner_model":"individual","created":null,"modified":null,"organisation":null,
        "individual":{"id":3,"email":"a@b.lu","uuid":"46d14edb-f93c-5e20-892f-4e1f02c34e9f"},
        "status":"OK","fingerprint":"A317","_canBeEdited":true}"#;
    let reading = EncryptionKeyRecord::from_wire(text.as_bytes());
    assert!(reading.problems.is_empty() && reading.unknown_keys.is_empty(), "{reading:?}");
    let record = reading.record.unwrap();
    assert_eq!(record.key.kind, KeyKind::OpenPgp);
    assert!(matches!(record.key.owner, Owner::Individual(_)));
    assert_eq!(record.fingerprint.as_deref(), Some("A317"));
    let without = text.replace("\"individual\":{", "\"somebody\":{");
    assert_eq!(kinds::<EncryptionKeyRecord>(&without), [ProblemKind::Required]);
    let other = text.replace("\"owner_model\":\"individual\"", "\"owner_model\":\"brood\"");
    assert_eq!(kinds::<EncryptionKeyRecord>(&other), [ProblemKind::UnknownReference]);
}

#[test]
fn misp_organisations_are_read_wrapped_bare_and_flat() {
    let readings = all::<misp::OrganisationRecord>(MISP_ORGANISATIONS);
    let record = readings[0].record.as_ref().unwrap();
    assert_eq!(record.organisation.nationality.as_deref(), Some("Belgium"));
    assert_eq!(record.organisation.modified.unwrap().to_string(), "2026-11-24T05:58:51Z");
    assert_eq!(record.description.as_deref(), Some("Test organisation 1"));
    assert_eq!(record.domains, ["alpha.peer.test", "alphabank.test"]);
    assert_eq!((record.local, record.local_id), (Some(true), Some(2)));
    assert!(readings[0].problems.is_empty() && readings[0].unknown_keys.is_empty());
    assert_eq!(told(&readings[1]), [("Organisation.name".to_owned(), ProblemKind::Required)]);
    assert_eq!(readings[1].unknown_keys, ["Organisation.landingpage"]);

    let bare = r#"{"name":"A","uuid":"11111111-1111-4111-8111-111111111101","local":"0",
        "nationality":"Not specified","sector":"","restricted_to_domain":"[\"a.lu\"]"}"#;
    for text in [
        bare.to_owned(),
        format!("{{\"Organisation\":{bare}}}"),
        format!("[{{\"Organisation\":{bare}}}]"),
        format!("[{bare}]"),
        format!("{{\"response\":[{bare}]}}"),
        format!("{{\"response\":{{\"Organisation\":{bare}}}}}"),
    ] {
        let readings = all::<misp::OrganisationRecord>(&text);
        let record = readings[0].record.as_ref().unwrap();
        assert_eq!((readings.len(), record.local), (1, Some(false)), "{text}");
        assert_eq!(record.organisation.nationality, None);
        assert_eq!(record.organisation.sector, None);
        assert_eq!(record.domains, ["a.lu"]);
        assert!(readings[0].problems.is_empty() && readings[0].unknown_keys.is_empty());
    }
}

#[test]
fn misp_sharing_groups_are_read_with_members_of_both_forms() {
    let readings = all::<misp::SharingGroupRecord>(MISP_GROUPS);
    let reading = &readings[0];
    let record = reading.record.as_ref().unwrap();
    let group = &record.sharing_group;
    assert_eq!(group.owner.to_string(), "11111111-1111-4111-8111-111111111101");
    assert!(group.active && !group.local && record.roaming);
    assert_eq!(group.description, None);
    let members: Vec<_> = group.members.iter().map(|member| member.extend).collect();
    assert_eq!(members, [true, false]);
    assert_eq!(told(reading), [("SharingGroupOrg[2].uuid".to_owned(), ProblemKind::Required)]);
    assert!(reading.unknown_keys.is_empty(), "{:?}", reading.unknown_keys);
}

#[test]
fn a_template_without_a_version_is_a_problem_that_says_so() {
    for version in ["", r#","version":null"#, r#","version":" ""#] {
        let text = format!(
            r#"{{"uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"n","scope":"user"{version}}}"#
        );
        let reading = MetaTemplateRecord::from_wire(text.as_bytes());
        assert!(reading.record.is_none(), "{text}");
        assert_eq!(told(&reading), [("version".to_owned(), ProblemKind::Required)], "{text}");
    }
}
