//! Who is responsible for each of many addresses?

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use std::collections::BTreeMap;

use cerebrate::Result;
use cerebrate::lookup::index::NO_ORGANISATION;
use cerebrate::prelude::*;
use cerebrate::store::sample;

fn main() -> Result<()> {
    let store = Store::in_memory()?;
    store.load_shipped_templates()?;
    sample::load(&store)?;

    // A view in memory that stays as it is, however long the work takes.
    let snapshot = store.lookup().snapshot()?;

    // Every address of 185.194.88.0/21; binary, as a log reader has them.
    let first = u32::from_be_bytes([185, 194, 88, 0]);
    let addresses: Vec<u32> = (first..first + 2_048).collect();
    let mut numbers = vec![NO_ORGANISATION; addresses.len()];
    snapshot.organisations4(&addresses, &mut numbers);

    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    for (number, addresses) in counts {
        // Names are read on demand: a snapshot holds identities only.
        let name = match snapshot.organisation(number) {
            Some(id) => store.organisations().require(id)?.name.to_string(),
            None => "nobody".to_owned(),
        };
        println!("{addresses} addresses: {name}");
    }

    // All claims around one address, most specific first.
    let address = std::net::Ipv4Addr::new(185, 194, 93, 14);
    for (number, prefix) in snapshot.prefixes(address.into()) {
        if let Some(id) = snapshot.organisation(number) {
            println!("{address} lies in {prefix} of {id}");
        }
    }
    Ok(())
}
