//! Values of template fields: how they are asked for, and how they wait for their template.

use cerebrate_core::meta::search::ValueTest;
use cerebrate_core::model::{
    FieldKind, MetaField, MetaTemplate, Scope, TemplateField, TemplateKey,
};
use cerebrate_core::query::{Filter, MetaFilter};
use serde_json::Value;
use uuid::Uuid;

use super::Open;
use crate::builders::{TEMPLATE, constituency, extra, organisation, organisation_id, template};
use crate::check;

/// One row of the search matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRow {
    /// What the values of the field are.
    pub kind: FieldKind,
    /// What is asked for.
    pub query: String,
    /// The value of a record.
    pub stored: String,
    /// Whether peers at release 1.35 find the record.
    pub peer: bool,
    /// Whether the record is found by meaning.
    pub meaning: bool,
}

/// How values of template fields are searched, row by row.
pub fn search_matrix() -> Vec<SearchRow> {
    let text = include_str!("../../../cerebrate-core/tests/data/meta_field_search.json");
    let rows: Value = serde_json::from_str(text).unwrap();
    let rows = rows["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let text = |member: &str| row[member].as_str().unwrap().to_owned();
        let peer = row["match"].as_bool().unwrap();
        SearchRow {
            kind: FieldKind::from(text("type")),
            query: text("query"),
            stored: text("stored"),
            peer,
            meaning: row["by_meaning"].as_bool().unwrap_or(peer),
        }
    })
    .collect()
}

/// Every row of the matrix, as a filter: a record is found if its value is.
pub fn the_search_matrix_holds_by_meaning(open: Open<'_>) {
    let store = open();
    let kinds = ["text", "ipv4", "ipv6", "boolean", "date"];
    let key = TemplateKey::new(TEMPLATE, 1);
    let mut template = MetaTemplate::new(key, "testkit", "Kinds", Scope::Organisation, "testkit");
    for kind in kinds {
        template.fields.push(TemplateField::new(kind, FieldKind::from(kind.to_owned())));
    }
    store.meta_templates().insert(template).unwrap();
    let rows = search_matrix();
    store
        .transaction(|transaction| {
            for (number, row) in (0..).zip(&rows) {
                let value = MetaField::new(key, row.kind.as_str(), row.stored.as_str());
                let team = organisation(number, "Team").value(value).build();
                transaction.organisations().insert(team)?;
            }
            Ok(())
        })
        .unwrap();
    for (number, row) in (0..).zip(&rows) {
        let ask = store
            .organisations()
            .find()
            .ids([organisation_id(number)])
            .meta(row.kind.as_str(), row.query.as_str());
        assert_eq!(ask.count().unwrap() == 1, row.meaning, "{row:?}");
        // And one filter alone finds all that pass.
        let ask = store.organisations().find().meta(row.kind.as_str(), row.query.as_str());
        let test = ValueTest::parse(&row.kind, &row.query);
        let expected =
            rows.iter().filter(|other| other.kind == row.kind && test.holds(&other.stored)).count();
        assert_eq!(ask.count().unwrap(), expected as u64, "{row:?}");
    }
}

/// `!` asks for a value that differs, a negated filter for an owner without such a value.
pub fn negation_is_of_values_or_of_owners(open: Open<'_>) {
    let store = open();
    for (number, values) in
        [(1, vec!["a.lu", "b.lu"]), (2, vec!["a.lu"]), (3, vec!["b.lu"]), (4, vec![])]
    {
        let mut team = organisation(number, "Team");
        for value in values {
            team = team.domain(value);
        }
        store.organisations().insert(team.build()).unwrap();
    }
    let find = |value: &str, negated: bool| -> Vec<u128> {
        let mut filter = MetaFilter::new("Domain", value);
        filter.negated = negated;
        let found = store.organisations().find().filter(Filter::Meta(filter)).all().unwrap();
        (1..5).filter(|number| found.iter().any(|o| o.id == organisation_id(*number))).collect()
    };
    assert_eq!(find("A.LU", false), [1, 2]);
    assert_eq!(find("!a.lu", false), [1, 3]);
    assert_eq!(find("a.lu", true), [3, 4]);
    assert_eq!(find("!a.lu", true), [2, 4]);
    assert_eq!(find("%.lu", true), [4]);
    // Several filters must all hold, each by some value.
    let both = store.organisations().find().meta("Domain", "a.lu").meta("Domain", "b.lu");
    assert_eq!(both.count().unwrap(), 1);
    let nowhere = MetaFilter::new("No such field", "x");
    assert_eq!(store.organisations().find().filter(Filter::Meta(nowhere)).count().unwrap(), 0);
}

/// Fields of the same name in two templates can be told apart.
pub fn one_template_can_be_meant(open: Open<'_>) {
    let store = open();
    store.meta_templates().insert(template(1).build()).unwrap();
    let red = organisation(1, "A").value(extra(1, "colour", "red")).build();
    store.organisations().insert(red).unwrap();
    let other = TemplateKey::new(Uuid::from_u128(5).into(), 1);
    let also = organisation(2, "B").value(MetaField::new(other, "colour", "red")).build();
    store.organisations().insert(also).unwrap();
    let count = |template| {
        let mut filter = MetaFilter::new("colour", "red");
        filter.template = template;
        store.organisations().find().filter(Filter::Meta(filter)).count().unwrap()
    };
    assert_eq!(count(None), 2);
    assert_eq!(count(Some(TEMPLATE)), 1);
    assert_eq!(count(Some(other.id)), 1);
    assert_eq!(count(Some(Uuid::from_u128(6).into())), 0);
}

/// A value of an unknown template is kept as it is, and is a value like others once the template is
/// there and the record is written again.
pub fn values_are_held_until_their_template_arrives(open: Open<'_>) {
    let store = open();
    let team = organisation(1, "A")
        .value(extra(1, "network", "192.0.2.1/24"))
        .value(constituency("Domain", "a.lu"))
        .build();
    let held = store.organisations().insert(team).unwrap();
    assert!(held.meta_fields[0].is_held());
    assert_eq!(held.meta_fields[0].value, "192.0.2.1/24");
    assert!(!held.meta_fields[1].is_held());
    assert_eq!(store.organisations().require(held.id).unwrap(), held);
    store.meta_templates().insert(template(1).build()).unwrap();
    let again = store.organisations().require(held.id).unwrap();
    let (released, _) = store.organisations().upsert(again).unwrap();
    assert!(released.meta_fields[0].is_valid(), "{released:?}");
    assert_eq!(released.meta_fields[0].normalised.as_deref(), Some("192.0.2.0/24"));
    assert_eq!(store.organisations().find().meta("network", "192.0.2.7").count().unwrap(), 1);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// Every version ever seen stands in the directory, with its name once that is known.
pub fn the_name_directory_knows_every_version(open: Open<'_>) {
    let store = open();
    let shipped = store.name_directory().unwrap();
    assert_eq!(shipped.len(), cerebrate_core::meta::Library::shipped().len());
    let team = organisation(1, "A").value(extra(3, "colour", "red")).build();
    store.organisations().insert(team).unwrap();
    let names = || -> Vec<(u32, String)> {
        let directory = store.name_directory().unwrap().into_iter();
        directory
            .filter(|entry| entry.template.id == TEMPLATE)
            .map(|entry| (entry.template.version, format!("{}/{}", entry.namespace, entry.name)))
            .collect()
    };
    assert_eq!(names(), [(3, "/".to_owned())]);
    let stored = store.meta_templates().insert(template(3).build()).unwrap();
    store.meta_templates().insert(template(10).build()).unwrap();
    let named = "testkit/Extra".to_owned();
    assert_eq!(names(), [(3, named.clone()), (10, named.clone())]);
    let mut renamed = stored;
    "Renamed".clone_into(&mut renamed.name);
    store.meta_templates().update(renamed).unwrap();
    store.meta_templates().remove(TemplateKey::new(TEMPLATE, 10).record_id()).unwrap();
    assert_eq!(names(), [(3, "testkit/Renamed".to_owned()), (10, named)]);
}
