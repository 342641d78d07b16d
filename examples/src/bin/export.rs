//! How does everything come out again, and into another database?

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use cerebrate::Result;
use cerebrate::prelude::*;
use cerebrate::store::sample;

fn main() -> Result<()> {
    let store = Store::in_memory()?;
    store.load_shipped_templates()?;
    sample::load(&store)?;

    // JSON holds everything. The bytes depend on nothing but the records.
    let mut json = Vec::new();
    let written = store.export().organisations().json(&mut json)?;
    println!("{written} organisations as JSON");

    // CSV has a column for each template field in use, and no formulas.
    let mut csv = Vec::new();
    store.export().organisations().csv(&mut csv)?;
    let text = String::from_utf8_lossy(&csv);
    let header = text.lines().next().unwrap_or_default();
    for column in header.split(',').filter(|column| column.starts_with("cerebrate/")) {
        println!("column {column}");
    }

    // Another database takes either form.
    let copy = Store::in_memory()?;
    copy.load_shipped_templates()?;
    let report = copy.import_organisations().json(json.as_slice()).apply()?;
    println!("from JSON: {report}");
    let report = copy.import_organisations().csv(csv.as_slice()).apply()?;
    println!("from CSV: {report}, {} unchanged", report.unchanged);

    let mut again = Vec::new();
    copy.export().organisations().json(&mut again)?;
    println!("the same bytes: {}", json == again);
    Ok(())
}
