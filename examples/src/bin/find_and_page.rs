//! How are records filtered, and read page by page?

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use cerebrate::Result;
use cerebrate::prelude::*;
use cerebrate::query::Position;
use cerebrate::store::sample;

fn main() -> Result<()> {
    let store = Store::in_memory()?;
    store.load_shipped_templates()?;
    sample::load(&store)?;
    let organisations = store.organisations();

    // Filters add up. A country is found by code or by name.
    let austrian = organisations.find().nationality("AT").order_by(OrderBy::Name);
    println!("from Austria: {}", names(&austrian.all()?));

    // Template fields: a network is found by any address in it.
    let hit = organisations.find().meta("IPv4 address", "185.194.93.14").all()?;
    println!("with that address: {}", names(&hit));

    // Search looks for a part of names, addresses, contacts and values, best first.
    println!("search `at`: {}", names(&store.search("at", 3)?));

    // Pages in one go …
    for (number, page) in organisations.find().order_by(OrderBy::Name).page(4).enumerate() {
        println!("page {}: {}", number + 1, names(&page?.records));
    }

    // … or one at a time: the position is a short text that a client can hold.
    let first = organisations.find().order_by(OrderBy::Name).one_page(4)?;
    let token = first.next.map(|next| next.to_string()).unwrap_or_default();
    let next: Position = token.parse()?;
    let second = organisations.find().order_by(OrderBy::Name).after(next).one_page(4)?;
    println!("second page: {}", names(&second.records));
    Ok(())
}

fn names(organisations: &[Organisation]) -> String {
    let names: Vec<&str> =
        organisations.iter().map(|organisation| organisation.name.as_str()).collect();
    names.join(", ")
}
