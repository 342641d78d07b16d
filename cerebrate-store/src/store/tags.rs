//! Tags come with the records that carry them: one spelling each, and names that stay distinct.

use std::collections::HashMap;

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::model::{EntityKind, Record, Tag, TagName};
use cerebrate_core::query::{Filter, TagTest};

use super::prepare;
use super::transaction::Transaction;

impl Transaction<'_> {
    /// Gives a tag another name: it stands in place of the old one on every record that carries
    /// that. A tag that is there already takes the records over and becomes what is given.
    ///
    /// ```
    /// use cerebrate_core::model::{Organisation, Tag};
    /// use cerebrate_store::Store;
    ///
    /// let store = Store::in_memory()?;
    /// let mut circl = Organisation::new(store.next_id().into(), "CIRCL".parse()?);
    /// circl.tags.push("tlp:gren".parse()?);
    /// let circl = store.organisations().insert(circl)?.id;
    /// store.transaction(|transaction| {
    ///     transaction.rename_tag(&"tlp:gren".parse()?, Tag::new("tlp:green".parse()?))
    /// })?;
    /// assert_eq!(store.organisations().require(circl)?.tags[0].as_str(), "tlp:green");
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no tag of the old name, `Conflict` if peers could not tell the new
    /// name from that of another tag.
    pub fn rename_tag(&self, from: &TagName, to: Tag) -> Result<Tag> {
        let (old, new) = (from.id(), to.name.clone());
        self.tags().require(old)?;
        if new.id() == old {
            return Ok(self.tags().upsert(to)?.0);
        }
        let carriers = Filter::Tags(TagTest::Ids(vec![old]));
        let mut carrying: Vec<Record> = Vec::new();
        let found = self.organisations().find().filter(carriers.clone()).all()?;
        carrying.extend(found.into_iter().map(Record::from));
        let found = self.individuals().find().filter(carriers.clone()).all()?;
        carrying.extend(found.into_iter().map(Record::from));
        let found = self.organisation_groups().find().filter(carriers).all()?;
        carrying.extend(found.into_iter().map(Record::from));
        // Two that begin alike for so long cannot stand beside each other.
        let clash = from.distinct_beginning();
        let clash = clash.is_some() && clash == new.distinct_beginning();
        if clash {
            self.tags().remove(old)?;
        }
        let tag = self.tags().upsert(to)?.0;
        for mut record in carrying {
            if let Some(tags) = prepare::tags_mut(&mut record) {
                tags.retain(|tag| tag.id() != old);
                tags.push(new.clone());
            }
            self.put(record, None)?;
        }
        if !clash {
            self.tags().remove(old)?;
        }
        Ok(tag)
    }

    /// Refuses a record that is, or would make, a new tag which peers cannot tell from another one:
    /// see [`TagName::distinct_beginning`].
    ///
    /// # Errors
    /// `Conflict` with both names; nothing was written.
    pub(super) fn refuse_indistinct_tags(&self, record: &Record) -> Result<()> {
        let names = match record {
            Record::Tag(tag) => std::slice::from_ref(&tag.name),
            record => prepare::tags(record),
        };
        let mut own: HashMap<String, &TagName> = HashMap::new();
        for name in names {
            let Some(beginning) = name.distinct_beginning() else { continue };
            if self.ask(|read| read.local_id(EntityKind::Tag, name.id().uuid()))?.is_some() {
                continue;
            }
            if let Some(other) = self.long_tag(&beginning)? {
                return Err(indistinct(name, &other));
            }
            if let Some(other) = own.insert(beginning, name)
                && other.id() != name.id()
            {
                return Err(indistinct(name, other));
            }
        }
        Ok(())
    }

    /// A stored tag whose name begins so.
    fn long_tag(&self, beginning: &str) -> Result<Option<TagName>> {
        if let Some(known) = &*self.long_tags.borrow() {
            return Ok(known.get(beginning).cloned());
        }
        let mut known = HashMap::new();
        for record in self.all(EntityKind::Tag, None)? {
            if let Record::Tag(tag) = record
                && let Some(beginning) = tag.name.distinct_beginning()
            {
                known.insert(beginning, tag.name);
            }
        }
        let found = known.get(beginning).cloned();
        *self.long_tags.borrow_mut() = Some(known);
        Ok(found)
    }

    /// Keeps the tags with long names as they stand.
    pub(super) fn note_long_tag(&self, name: &TagName) {
        if let Some(known) = &mut *self.long_tags.borrow_mut()
            && let Some(beginning) = name.distinct_beginning()
        {
            known.insert(beginning, name.clone());
        }
    }

    /// Spells the tags of a record as they are stored: a tag has one spelling here.
    pub(super) fn spell_tags(&self, record: &mut Record) -> Result<()> {
        let Some(tags) = prepare::tags_mut(record) else {
            return Ok(());
        };
        for tag in &mut *tags {
            let folded = tag.folded();
            let known = self.spellings.borrow().get(&folded).cloned();
            let spelling = match known {
                Some(spelling) => spelling,
                None => match self.ask(|read| read.get(EntityKind::Tag, tag.id().uuid()))? {
                    Some(Record::Tag(stored)) => {
                        self.spellings.borrow_mut().insert(folded, stored.name.clone());
                        stored.name
                    }
                    _ => continue,
                },
            };
            *tag = spelling;
        }
        tags.sort_by_cached_key(TagName::folded);
        tags.dedup_by(|a, b| a.folded() == b.folded());
        Ok(())
    }

    /// Makes the tags that a record carries and that are not there yet.
    pub(super) fn make_tags(&self, record: &Record) -> Result<()> {
        for tag in prepare::tags(record) {
            let folded = tag.folded();
            if self.spellings.borrow().contains_key(&folded) {
                continue;
            }
            if self.ask(|read| read.local_id(EntityKind::Tag, tag.id().uuid()))?.is_none() {
                self.put_over(Tag::new(tag.clone()).into(), None, None)?;
            }
            self.spellings.borrow_mut().insert(folded, tag.clone());
        }
        Ok(())
    }
}

fn indistinct(name: &TagName, other: &TagName) -> Error {
    Error::new(
        Kind::Conflict,
        "write tag",
        "the names of two tags begin with the same 191 characters",
    )
    .with("tag", name)
    .with("other", other)
    .hint("peers would take them for one tag; shorten one of the names")
}
