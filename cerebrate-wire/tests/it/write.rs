use cerebrate_core::id::MetaFieldId;
use cerebrate_core::model::{
    Alignment, EntityKind, Individual, Member, MetaField, Organisation, OrganisationGroup,
    SharingGroup, Tag, TagName, TemplateKey,
};
use cerebrate_wire::misp;
use cerebrate_wire::write::{
    Creator, Form, LocalRecords, TemplateRow, Unnumbered, Writer, to_php_json,
};
use serde::Serialize;
use uuid::Uuid;

/// Numbers by kind, and one template.
pub(crate) struct Numbers;

impl LocalRecords for Numbers {
    fn local_id(&self, kind: EntityKind, _id: Uuid) -> Option<u64> {
        match kind {
            EntityKind::Organisation => Some(3),
            EntityKind::Individual => Some(7),
            _ => Some(1),
        }
    }

    fn meta_field_id(&self, _id: MetaFieldId) -> Option<u64> {
        Some(129)
    }

    fn template(&self, _key: TemplateKey) -> Option<TemplateRow> {
        Some(TemplateRow {
            local_id: Some(2),
            directory_id: Some(5),
            name: "Cerebrate Individuals extended".to_owned(),
            namespace: "cerebrate".to_owned(),
        })
    }

    fn template_field_id(&self, _key: TemplateKey, _field: &str) -> Option<u64> {
        Some(8)
    }

    fn colour(&self, _tag: &TagName) -> Option<String> {
        Some("#33ff00".to_owned())
    }
}

fn compact(value: impl Serialize) -> String {
    serde_json::to_string(&value).unwrap()
}

fn organisation() -> Organisation {
    let id = "49e3572b-c2b4-58ac-a239-a3fb2d236b1c".parse().unwrap();
    let mut organisation = Organisation::new(id, "CSIRT 01".parse().unwrap());
    organisation.url = Some("https://csirt01.example.org".to_owned());
    organisation.created = Some("2026-11-24T06:00:23Z".parse().unwrap());
    organisation.modified = organisation.created;
    organisation
}

fn individual() -> Individual {
    let id = "46d14edb-f93c-5e20-892f-4e1f02c34e9f".parse().unwrap();
    Individual::new(id, "person01@csirt01.example.org")
}

fn alternate() -> MetaField {
    let template = "3bc374c8-3cdd-4900-823e-cc9100ad5179".parse().unwrap();
    MetaField::new(TemplateKey::new(template, 2), "alternate_email", "alice@home.example.org")
}

const COLUMNS: &str = r#""uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"CSIRT 01","url":"https://csirt01.example.org","nationality":null,"sector":null,"type":null,"contacts":null,"created":"2026-11-24T06:00:23+00:00","modified":"2026-11-24T06:00:23+00:00""#;

#[test]
fn an_organisation_has_every_key_in_the_order_of_its_answer() {
    let organisation = organisation();
    let write =
        |form| compact(Writer::new(&Numbers).form(form).organisation(&organisation, &[], &[]));
    assert_eq!(
        write(Form::Index),
        format!(
            "{{\"id\":3,{COLUMNS},\"tags\":[],\"meta_fields\":[],\"org_groups\":[],\"alignments\":[]}}"
        )
    );
    assert_eq!(
        write(Form::View),
        format!(
            "{{\"id\":3,{COLUMNS},\"meta_fields\":[],\"tags\":[],\"org_groups\":[],\"alignments\":[]}}"
        )
    );
    assert_eq!(
        write(Form::Open),
        format!("{{\"id\":3,{COLUMNS},\"meta_fields\":[],\"tags\":[],\"alignments\":[]}}")
    );
}

#[test]
fn what_belongs_to_an_organisation_is_written_with_it() {
    let mut organisation = organisation();
    organisation.tags = vec!["tlp:green".parse().unwrap()];
    let individual = individual();
    let group_id = "bbbbbbbb-1111-4111-8111-111111111111".parse().unwrap();
    let group = OrganisationGroup::new(group_id, "Benelux group".parse().unwrap());
    let text =
        compact(Writer::new(&Numbers).organisation(&organisation, &[&individual], &[&group]));
    assert!(text.ends_with(
        r##""tags":[{"id":1,"name":"tlp:green","colour":"#33ff00"}],"meta_fields":[],"org_groups":[{"id":1,"uuid":"bbbbbbbb-1111-4111-8111-111111111111","name":"Benelux group","description":null,"created":null,"modified":null,"_joinData":{"id":null,"org_group_id":1,"organisation_id":3}}],"alignments":{"individual":[{"id":7,"email":"person01@csirt01.example.org"}]}}"##
    ), "{text}");
}

#[test]
fn an_individual_repeats_its_further_addresses() {
    let mut individual = individual();
    individual.first_name = "Alice".to_owned();
    individual.last_name = "Example".to_owned();
    individual.meta_fields = vec![alternate()];
    let identity = alternate().id(individual.id.uuid());
    let value = format!(
        r#"{{"id":129,"scope":"individual","parent_id":7,"field":"alternate_email","value":"alice@home.example.org","uuid":"{identity}","meta_template_id":2,"meta_template_field_id":8,"is_default":false,"created":null,"modified":null,"meta_template_directory_id":5,"template_uuid":"3bc374c8-3cdd-4900-823e-cc9100ad5179","template_version":"2","template_name":"Cerebrate Individuals extended","template_namespace":"cerebrate"}}"#
    );
    let organisation = organisation();
    assert_eq!(
        compact(Writer::new(&Numbers).individual(&individual, &[&organisation])),
        format!(
            r#"{{"id":7,"uuid":"46d14edb-f93c-5e20-892f-4e1f02c34e9f","email":"person01@csirt01.example.org","first_name":"Alice","last_name":"Example","position":null,"created":null,"modified":null,"meta_fields":[{value}],"tags":[],"alignments":{{"organisation":[{{"id":3,"uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"CSIRT 01"}}]}},"full_name":"Alice Example","alternate_emails":[{value}]}}"#
        )
    );
}

#[test]
fn tags_and_alignments_are_rows_of_their_index() {
    let tag = Tag::new("tlp:amber".parse().unwrap());
    assert_eq!(
        compact(Writer::new(&Unnumbered).tag(&tag, 4)),
        r##"{"id":null,"namespace":null,"predicate":null,"value":null,"name":"tlp:amber","colour":"#924da6","counter":4,"created":null,"modified":null,"text_colour":"white"}"##
    );
    let mut alignment = Alignment::new(individual().id, organisation().id, "Liaison");
    alignment.created = Some("2026-11-24T06:00:46Z".parse().unwrap());
    assert_eq!(
        compact(Writer::new(&Numbers).alignment(&alignment)),
        r#"{"id":1,"individual_id":7,"organisation_id":3,"type":"Liaison","created":"2026-11-24T06:00:46+00:00","modified":"2026-11-24T06:00:46+00:00"}"#
    );
}

#[test]
fn a_member_says_extend_in_its_link_and_beside_its_columns() {
    let organisation = organisation();
    let id = "c4b18a2c-a676-552f-95b5-f34669d3c95e".parse().unwrap();
    let mut group = SharingGroup::new(id, "CSIRTs network".parse().unwrap(), organisation.id);
    group.members = vec![Member { organisation: organisation.id, extend: true }];
    let creator = Creator { id: 1, username: "admin" };
    let row = Writer::new(&Numbers).sharing_group(&group, Some(creator), &|_| Some(&organisation));
    assert_eq!(
        compact(row),
        format!(
            r#"{{"id":1,"uuid":"c4b18a2c-a676-552f-95b5-f34669d3c95e","name":"CSIRTs network","releasability":"","description":null,"organisation_id":3,"user_id":1,"active":true,"local":true,"created":null,"modified":null,"user":{{"id":1,"username":"admin"}},"organisation":{{"id":3,{COLUMNS}}},"sharing_group_orgs":[{{"id":3,{COLUMNS},"_joinData":{{"sharing_group_id":1,"organisation_id":3,"deleted":false,"extend":true}},"extend":true}}]}}"#
        )
    );
}

#[test]
fn misp_gets_texts_and_empty_texts() {
    let mut record = misp::OrganisationRecord::new(organisation());
    record.local_id = Some(2);
    record.local = Some(true);
    record.domains = vec!["a.lu".to_owned()];
    assert_eq!(
        compact(misp::organisation(&record)),
        r#"{"Organisation":{"id":"2","name":"CSIRT 01","date_created":"2026-11-24 06:00:23","date_modified":"2026-11-24 06:00:23","description":null,"type":"","nationality":"","sector":"","uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","contacts":null,"local":true,"restricted_to_domain":["a.lu"],"landingpage":null}}"#
    );
}

#[test]
fn the_bytes_are_those_of_a_peer() {
    let organisation = organisation();
    let row = Writer::new(&Numbers).organisation(&organisation, &[], &[]);
    let text = to_php_json(&[row]).unwrap();
    assert!(text.starts_with("[\n    {\n        \"id\": 3,\n        \"uuid\": \"49e3"), "{text}");
    assert!(text.contains("\"url\": \"https:\\/\\/csirt01.example.org\","), "{text}");
    assert!(text.ends_with("\"alignments\": []\n    }\n]"), "{text}");
}
