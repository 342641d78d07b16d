//! Writes to a database from a process of its own: what the tests of several processes start.
//!
//! ```text
//! cerebrate-testkit-writer write FILE COUNT BASE   COUNT transactions, or endless ones for 0
//! cerebrate-testkit-writer lock FILE               holds the file until the input ends
//! cerebrate-testkit-writer template FILE NUMBER    a new template and a record with a value of it
//! ```
//! A line of output is written when what it says is durable.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::env;
use std::io::{self, Read, Write};
use std::path::Path;

use cerebrate_core::error::{Kind, Result};
use cerebrate_core::model::{
    Alignment, FieldKind, MetaField, MetaTemplate, Scope, TemplateField, TemplateKey,
};
use cerebrate_store::Store;
use cerebrate_store::store::Author;
use cerebrate_testkit::builders::{individual, individual_id, organisation, organisation_id};
use uuid::Uuid;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write", file, count, base] => {
            write(Path::new(file), count.parse().unwrap(), base.parse().unwrap());
        }
        ["lock", file] => lock(Path::new(file)),
        ["template", file, number] => template(Path::new(file), number.parse().unwrap()),
        _ => panic!("unknown arguments {arguments:?}"),
    }
}

fn say(line: &str) {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}").unwrap();
    output.flush().unwrap();
}

/// Says the identity of every change set once it is committed, or the kind of the first failure.
fn write(file: &Path, count: u128, base: u128) {
    let store = match Store::open(file) {
        Ok(store) => store,
        Err(error) => return say(&format!("failed {}", error.kind())),
    };
    say("ready");
    let first = store.organisations().find().count().unwrap_or(0);
    let first = base + u128::from(first) * 10;
    let numbers = (first..).step_by(10).take(if count == 0 {
        usize::MAX
    } else {
        usize::try_from(count).unwrap()
    });
    for number in numbers {
        match batch(&store, number) {
            Ok(set) => say(&format!("done {set}")),
            Err(error) => return say(&format!("failed {} {error:?}", error.kind())),
        }
        if number % 70 == 0 {
            let _ = store.tidy();
        }
    }
}

/// Ten changes: five teams, two people, one alignment, one edit, one removal.
fn batch(store: &Store, number: u128) -> Result<String> {
    let author = Author::of("crash").by("writer");
    store.transaction_by(&author, |transaction| {
        for place in 0..5 {
            let team = organisation(number + place, &format!("Équipe {number}"))
                .contacts(&"soc@team.example ".repeat(30))
                .network(&format!("10.{}.0.0/16", number % 256))
                .network("2001:db8::/32")
                .domain(&format!("team{number}.example"))
                .value(MetaField::new(TemplateKey::new(Uuid::from_u128(1).into(), 1), "held", "x"));
            transaction.organisations().insert(team.build())?;
        }
        for place in 0..2 {
            let person = individual(number + place, "a@team.example").named("Олена", "Müller");
            transaction.individuals().insert(person.build())?;
        }
        let alignment = Alignment::new(individual_id(number), organisation_id(number), "Member");
        transaction.alignments().insert(alignment)?;
        let mut team = transaction.organisations().require(organisation_id(number + 1))?;
        team.name = format!("Renamed {number}").parse()?;
        team.meta_fields.truncate(1);
        transaction.organisations().update(team)?;
        transaction.organisations().remove(organisation_id(number + 4))?;
        Ok(transaction.change_set().to_string())
    })
}

/// Keeps everybody else from writing, with the means of the database itself.
fn lock(file: &Path) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    say("ready");
    let mut rest = String::new();
    io::stdin().read_to_string(&mut rest).unwrap();
    connection.execute_batch("ROLLBACK").unwrap();
}

fn template(file: &Path, number: u128) {
    let store = Store::open(file).unwrap();
    let key = TemplateKey::new(Uuid::from_u128(0xfeed_0000 + number).into(), 1);
    let name = format!("Of process {number}");
    let mut template = MetaTemplate::new(key, "testkit", name, Scope::Organisation, "testkit");
    template.fields = vec![TemplateField::new(format!("field {number}"), FieldKind::Ipv4)];
    let written = store.transaction(|transaction| {
        transaction.meta_templates().insert(template)?;
        let value = MetaField::new(key, format!("field {number}"), "192.0.2.1/24");
        transaction
            .organisations()
            .insert(organisation(number, "Of a process").value(value).build())
    });
    match written {
        Ok(_) => say("done"),
        Err(error) if error.kind() == Kind::Unavailable => say("failed unavailable"),
        Err(error) => panic!("{error:?}"),
    }
}
