//! What would this list of members change, and what is wrong with it?

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use cerebrate::Result;
use cerebrate::prelude::*;

const MEMBERS: &str = "\
Team;Country;Networks;Member no.
Example CERT;Luxembourg;192.0.2.0/24;7
Sample CSIRT;Austria;198.51.100.0/24; 8
Broken CERT;Belgium;203.0.113.0/33;9
;Belgium;203.0.113.0/24;10
";

fn main() -> Result<()> {
    let store = Store::in_memory()?;
    store.load_shipped_templates()?;

    let import = store
        .import_organisations()
        .csv(MEMBERS.as_bytes())
        .source("members.csv")
        .column("Team", OrganisationField::Name)
        .column("Country", OrganisationField::Nationality)
        .column("Member no.", OrganisationField::ExternalId)
        .column("Networks", "cerebrate/csirt-constituency:IPv4 address")
        .on_conflict(OnConflict::Overwrite);

    // A preview reads the same file and writes nothing.
    let preview = import.preview()?;
    println!("preview: {preview}");
    for problem in &preview.problems {
        println!("  {problem}");
    }
    println!("stored so far: {}", store.organisations().find().count()?);

    // The good lines go in, as one change set.
    let report = import.apply()?;
    println!("applied: {report}");
    println!("stored now: {}", store.organisations().find().count()?);

    // The same file again changes nothing.
    let again = import.apply()?;
    println!("again: {again}, {} unchanged", again.unchanged);

    for hit in store.responsible_for("192.0.2.7".parse()?)? {
        println!("192.0.2.7: {} because of {}", hit.organisation.name, hit.basis);
    }
    Ok(())
}
