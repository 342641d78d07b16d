//! How is an import taken back without losing what was edited since?

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use cerebrate::Result;
use cerebrate::prelude::*;

const FIRST: &str = "name,nationality,sector\nExample CERT,LU,research\n";
const MISTAKE: &str = "name,nationality,sector\nExample CERT,BE,energy\n";

fn main() -> Result<()> {
    let store = Store::in_memory()?;
    store.import_organisations().csv(FIRST.as_bytes()).apply()?;
    let import = store.import_organisations().csv(MISTAKE.as_bytes());
    let report = import.source("mistake.csv").on_conflict(OnConflict::Overwrite).apply()?;

    // Somebody corrects one of the two fields by hand.
    let mut edited = store.organisations().find().name("Example CERT").all()?;
    for mut organisation in edited.drain(..) {
        organisation.sector = Some("finance".to_owned());
        store.organisations().update(organisation)?;
    }

    // What the import changed and nobody touched since goes back; the rest is listed.
    if let Some(set) = report.change_set {
        let undone = store.undo(set)?;
        for conflict in &undone.conflicts {
            let fields: Vec<&str> =
                conflict.fields.iter().map(|change| change.field.as_str()).collect();
            println!("left alone: {} ({})", fields.join(", "), conflict.reason);
        }
        print(&store)?;

        // An undo is a change set too, and can be taken back.
        if let Some(set) = undone.change_set {
            store.undo(set)?;
        }
        print(&store)?;
    }
    Ok(())
}

fn print(store: &Store) -> Result<()> {
    for organisation in store.organisations().find().all()? {
        let nationality = organisation.nationality.as_deref().unwrap_or_default();
        let sector = organisation.sector.as_deref().unwrap_or_default();
        println!("{}: {nationality}, {sector}", organisation.name);
    }
    Ok(())
}
