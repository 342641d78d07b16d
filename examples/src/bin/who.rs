//! Who is responsible for these subjects, and why?
//!
//! Without arguments it asks about a few subjects of the sample; any others can be given instead.

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use cerebrate::model::TemplateKey;
use cerebrate::prelude::*;
use cerebrate::store::sample;
use cerebrate::value::Asn;
use cerebrate::{Result, constituency};

const SUBJECTS: [&str; 5] =
    ["185.194.93.14", "AS197869", "https://www.circl.lu/contact", "info@cert.at", "AL"];

fn main() -> Result<()> {
    let store = Store::in_memory()?;
    store.load_shipped_templates()?;
    sample::load(&store)?;

    let mut given: Vec<String> = std::env::args().skip(1).collect();
    if given.is_empty() {
        given = SUBJECTS.map(str::to_owned).to_vec();
    }
    for text in given {
        let answer = store.responsible_for(text.parse()?)?;
        // The best match, and all that are as good.
        for hit in answer.best() {
            println!("{text}: {} because of {}", hit.organisation.name, hit.basis);
        }
        if answer.is_empty() {
            println!("{text}: nobody is known to be responsible");
        }
    }

    // What is known of one incident belongs into one question. The address leads nowhere, the
    // AS number and the country do; the better reason comes first.
    let subject: Subject = "192.0.2.7".parse()?;
    let subject = subject.with_asn(Asn(197_869)).with_country("AM".parse()?);
    println!("\n{subject}:");
    for hit in store.responsible_for(subject)? {
        println!("  {} because of {}", hit.organisation.name, hit.basis);
    }

    // A sector refines: those who serve it come first, nobody is added.
    let sector = MetaField::new(TemplateKey::new(constituency::TEMPLATE, 1), "Sector", "Energy");
    for mut team in store.organisations().find().name("GovCERT Austria").all()? {
        team.meta_fields.push(sector.clone());
        store.organisations().update(team)?;
    }
    println!("\nAT, for the energy sector:");
    for hit in store.lookup().sector("energy").responsible_for("AT".parse()?)? {
        println!("  {} because of {}", hit.organisation.name, hit.basis);
    }
    Ok(())
}
