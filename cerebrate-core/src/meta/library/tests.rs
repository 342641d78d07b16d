use super::*;
use crate::model::{MetaTemplate, Scope};

fn template(id: u128, version: u32, namespace: &str, name: &str) -> MetaTemplate {
    let key = TemplateKey::new(MetaTemplateId::new(Uuid::from_u128(id)), version);
    MetaTemplate::new(key, namespace, name, Scope::Organisation, "test")
}

#[test]
fn every_shipped_file_is_read_without_a_problem_and_written_back_to_the_byte() {
    for shipped in cerebrate_libraries::META_TEMPLATES {
        let (template, problems) = file::parse(shipped.text);
        assert_eq!(problems, [], "{}", shipped.name);
        let template = template.unwrap();
        assert_eq!(file::to_file(&template), shipped.text, "{}", shipped.name);
        let slug = template.slug();
        let (namespace, name) = slug.split_once('/').unwrap();
        // The namespace stands in front, once.
        let stem = if name.starts_with(&format!("{namespace}-")) {
            name.to_owned()
        } else {
            format!("{namespace}-{name}")
        };
        assert_eq!(format!("{stem}.v{}.json", template.key.version), shipped.name);
    }
    assert_eq!(Library::shipped().len(), cerebrate_libraries::META_TEMPLATES.len());
}

#[test]
fn the_shipped_templates_are_those_that_peers_know() {
    let known: Vec<String> = Library::shipped()
        .iter()
        .map(|compiled| {
            let template = compiled.template();
            let fields = template.fields.len();
            format!("{} {} {} {fields}", template.key, template.slug(), template.scope)
        })
        .collect();
    assert_eq!(
        known,
        [
            "089c68c7-d97e-4f21-a798-159cd10f7864@2 cnw/enisa-csirt-network organisation 15",
            "089c68c7-d97e-4f21-a798-159cd10f7864@3 cnw/enisa-csirt-network organisation 16",
            "089c68c7-d97e-4f21-a798-159cd10f7864@4 cnw/enisa-csirt-network organisation 16",
            "3bc374c8-3cdd-4900-823e-cc9100ad5179@2 cerebrate/cerebrate-individuals-extended individual 2",
            "447ded8b-314b-41c7-a913-4ce32535b28d@2 csn/csirt-network-permissions user 5",
            "a7674718-57c8-40e7-969e-d26ca911cb4a@2 cerebrate/it-infrastructure-and-services organisation 5",
            "a7674718-57c8-40e7-969e-d26ca911cb4a@3 cerebrate/it-infrastructure-and-services organisation 5",
            "a89c80d0-7019-422a-b45b-fe59532886c7@1 first/first-directory organisation 18",
            "a89c80d0-7019-422a-b45b-fe59532886c7@2 first/first-directory organisation 18",
            "bf72ff7f-ee63-4f13-94e9-fd046503a90c@2 cnw/csirt-network-organisation-fields organisation 15",
            "e833915c-6843-4eb4-8396-fe7ba7e0426e@2 cnw/csirt-network-individual-fields individual 9",
            "faca6acc-23e0-4585-8fd8-4379e3a6250d@1 cerebrate/csirt-constituency organisation 7",
        ]
    );
}

#[test]
fn a_template_is_found_by_each_of_its_names() {
    let library = Library::shipped();
    for text in [
        "faca6acc-23e0-4585-8fd8-4379e3a6250d",
        "FACA6ACC-23E0-4585-8FD8-4379E3A6250D",
        "cerebrate/csirt-constituency",
        "Cerebrate/CSIRT-Constituency",
        "CSIRT Constituency",
        " csirt  constituency ",
        "csirt-constituency",
        "csirt-constituency@1",
        "csirt-constituency@v1",
        "faca6acc-23e0-4585-8fd8-4379e3a6250d@1",
    ] {
        assert_eq!(library.find(text).unwrap().name(), "CSIRT Constituency", "{text}");
    }
}

#[test]
fn the_newest_version_is_the_largest_number() {
    let library: Library =
        [9, 10, 2].map(|version| template(1, version, "a", "b")).into_iter().collect();
    assert_eq!(library.find("a/b").unwrap().key().version, 10);
    assert_eq!(library.find("a/b@9").unwrap().key().version, 9);
    let versions = library.versions(MetaTemplateId::new(Uuid::from_u128(1)));
    assert_eq!(versions.map(|found| found.key().version).collect::<Vec<_>>(), [2, 9, 10]);
}

#[test]
fn what_is_not_there_gets_a_near_name() {
    let library = Library::shipped();
    let error = library.find("csirt-constituancy").unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.advice(), Some("did you mean `CSIRT Constituency`?"));
    let error = library.find("cnw/enisa-csirt-network@7").unwrap_err();
    assert_eq!(error.advice(), Some("known versions are `2`, `3`, `4`"));
    for text in ["", "@", "@1", "x@y", "55f6ea5e-2c60-40e5-964f-47a8950d210f", "a/b/c"] {
        assert_eq!(library.find(text).unwrap_err().kind(), Kind::NotFound, "{text}");
    }
    assert_eq!(
        Library::new().find("x").unwrap_err().advice(),
        Some("no meta-templates are loaded")
    );
}

#[test]
fn a_name_of_several_templates_is_a_conflict_and_the_longer_name_is_not() {
    let library: Library =
        [template(1, 1, "a", "Team"), template(2, 1, "b", "team"), template(2, 2, "b", "team@3")]
            .into_iter()
            .collect();
    let error = library.find("Team").unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    let advice = error.advice().unwrap();
    assert!(advice.contains("a/team (00000000") && advice.contains("b/team-3 ("), "{advice}");
    assert_eq!(library.find("a/team").unwrap().key().id.uuid().as_u128(), 1);
    assert_eq!(library.find("team@3").unwrap().key().version, 2);
    assert_eq!(library.find("b/team@1").unwrap().key().version, 1);
}
