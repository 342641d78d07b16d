//! How values of template fields are searched: a matrix of questions and stored values.

use cerebrate_core::meta::search::ValueTest;
use cerebrate_core::model::FieldKind;
use serde::Deserialize;

#[derive(Deserialize)]
struct Matrix {
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    r#type: String,
    query: String,
    stored: String,
    r#match: bool,
    by_meaning: Option<bool>,
}

fn rows() -> Vec<Row> {
    let text = include_str!("../data/meta_field_search.json");
    let matrix: Matrix = serde_json::from_str(text).expect("the file is kept with the test");
    assert!(matrix.rows.len() > 100);
    matrix.rows
}

fn wrong(answer: impl Fn(&FieldKind, &Row) -> bool, wanted: impl Fn(&Row) -> bool) -> Vec<Row> {
    let mut rows = rows();
    rows.retain(|row| answer(&FieldKind::from(row.r#type.clone()), row) != wanted(row));
    rows
}

#[test]
fn values_are_found_as_peers_find_them() {
    let wrong = wrong(
        |kind, row| ValueTest::parse_as_peers_do(kind, &row.query).holds(&row.stored),
        |row| row.r#match,
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn values_are_found_by_meaning() {
    let wrong = wrong(
        |kind, row| ValueTest::parse(kind, &row.query).holds(&row.stored),
        |row| row.by_meaning.unwrap_or(row.r#match),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
