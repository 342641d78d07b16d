//! What changed since I looked last?

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use cerebrate::Result;
use cerebrate::prelude::*;
use cerebrate::store::feed::{Cursor, Payload};

fn main() -> Result<()> {
    let store = Store::in_memory()?;
    let id = store.next_id().into();
    store.organisations().insert(Organisation::new(id, "Example CERT".parse()?))?;

    // A cursor is a short text: keep it in a file or a table between two runs.
    let kept = print_news(&store, Cursor::START)?.to_string();

    let mut changed = store.organisations().require(id)?;
    changed.nationality = Some("Luxembourg".to_owned());
    changed.sector = Some("research".to_owned());
    store.organisations().update(changed)?;
    store.organisations().remove(id)?;

    println!("\nlater:");
    print_news(&store, kept.parse()?)?;
    Ok(())
}

/// Prints what came behind `cursor`; answers where to go on.
fn print_news(store: &Store, mut cursor: Cursor) -> Result<Cursor> {
    loop {
        let news = store.changes_since(cursor)?;
        for change in &news.changes {
            println!("{} {} {}", change.seq, change.action.as_str(), change.kind);
            if let Payload::Updated(fields) = &change.payload {
                for field in fields {
                    let after =
                        field.after.as_ref().map_or("nothing".to_owned(), ToString::to_string);
                    println!("  {} is now {after}", field.field);
                }
            }
        }
        cursor = news.next;
        if !news.more {
            return Ok(cursor);
        }
    }
}
