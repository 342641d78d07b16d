//! Records as Cerebrate 1.35 and later answers them, read tolerantly.
//!
//! Accepted everywhere: numbers as texts and the other way round, `true`, `1`, `"1"` and the like,
//! `null` or nothing for what is not set, `[]` where an object should stand and objects where a
//! list should, dates in RFC 3339, as `YYYY-MM-DD HH:MM:SS` and as Unix seconds, UUIDs in any case.
//! An empty text counts as not set. Of a key that stands twice the last one counts, as for peers;
//! the repetition is reported.
//!
//! Nothing is dropped without a word: what cannot be read is a problem with its value and place,
//! and keys that are not known are returned by name. A record without identity or name is not
//! returned; its problem shows the text.

mod alignment;
mod encryption_key;
mod fields;
mod individual;
mod mailing_list;
mod meta_fields;
mod meta_template;
mod organisation;
mod sharing_group;
mod tag;

use std::fmt;
use std::marker::PhantomData;

use cerebrate_core::problem::{Problem, ProblemKind};

use crate::json::{Node, parse};
use crate::place::{Finding, Place};
use crate::split::{Element, Elements, Limits, broken};

pub use alignment::AlignmentRecord;
pub use encryption_key::EncryptionKeyRecord;
pub use individual::{IndividualRecord, OrganisationReference};
pub use mailing_list::MailingListRecord;
pub use meta_template::MetaTemplateRecord;
pub use organisation::{GroupReference, IndividualReference, OrganisationRecord};
pub use sharing_group::SharingGroupRecord;
pub use tag::TagRecord;

pub(crate) use fields::{Fields, Notes, Path};
pub(crate) use sharing_group::Members;

/// What reading one record gave.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reading<T> {
    /// The record, unless it cannot be one.
    pub record: Option<T>,
    /// Everything that is wrong, in the order found.
    pub problems: Vec<Finding>,
    /// The paths of the keys that are not known here, such as `meta_fields[0].weight`.
    pub unknown_keys: Vec<String>,
    /// Where the record begins.
    pub place: Place,
}

/// A record that can be read from one JSON object.
#[expect(private_bounds, reason = "which records there are is decided here")]
pub trait FromWire: FromNode {
    /// Reads one record.
    ///
    /// ```
    /// use cerebrate_wire::FromWire;
    /// use cerebrate_wire::read::TagRecord;
    ///
    /// let reading = TagRecord::from_wire(br##"{"id": "4", "name": "tlp:green", "colour": null}"##);
    /// let record = reading.record.expect("a name is enough");
    /// assert_eq!((record.local_id, record.tag.colour.as_str()), (Some(4), "#924da6"));
    /// ```
    fn from_wire(text: &[u8]) -> Reading<Self> {
        Self::from_element(Element { text, place: Place::START })
    }

    /// Reads one record that was cut out of a document; places count from there.
    fn from_element(element: Element<'_>) -> Reading<Self> {
        read(element, false)
    }

    /// As [`Self::from_element`], for a reader that can tell by name which record it is: a record
    /// without UUID gets the nil UUID instead of a problem.
    ///
    /// ```
    /// use cerebrate_wire::split::Elements;
    /// use cerebrate_wire::{FromWire, misp};
    ///
    /// let mut elements = Elements::new(br#"[{"Organisation": {"name": "CIRCL", "uuid": ""}}]"#);
    /// let element = elements.next().expect("there is one").expect("it is well-formed");
    /// let record = misp::OrganisationRecord::from_element_by_name(element).record;
    /// assert!(record.expect("a name is enough").organisation.id.uuid().is_nil());
    /// ```
    fn from_element_by_name(element: Element<'_>) -> Reading<Self> {
        read(element, true)
    }
}

impl<T: FromNode> FromWire for T {}

fn read<T: FromNode>(element: Element<'_>, by_name: bool) -> Reading<T> {
    let Element { text: bytes, place } = element;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let message = "the bytes are not UTF-8";
            let problem = broken(ProblemKind::Undecodable, bytes, message);
            return Reading::broken(problem, bytes, error.valid_up_to(), place);
        }
    };
    let document = match parse(text, T::SKIPPED) {
        Ok(document) => document,
        Err(fault) => {
            let problem = broken(fault.kind, bytes, fault.message);
            return Reading::broken(problem, bytes, fault.at, place);
        }
    };
    let mut notes = Notes::new(text);
    if by_name {
        notes.allow_no_identity();
    }
    for (at, key) in document.repeated {
        let problem = Problem::new(
            ProblemKind::Duplicate,
            key.as_str(),
            &key,
            "the key stands twice; the last one counts",
        );
        notes.add(at, problem);
    }
    let record = T::from_node(&document.root, Path::ROOT, &mut notes);
    let (problems, unknown_keys) = notes.finish(bytes, place);
    Reading { record, problems, unknown_keys, place }
}

/// The part of reading that is not for others to implement.
pub(crate) trait FromNode: Sized {
    /// Keys whose values are large and never read.
    const SKIPPED: &'static [&'static str] = &[];

    /// Reads a record, or notes why it cannot be one.
    fn from_node(node: &Node<'_>, path: Path<'_>, notes: &mut Notes<'_>) -> Option<Self>;
}

impl<T> Reading<T> {
    fn broken(problem: Problem, text: &[u8], at: usize, place: Place) -> Self {
        let before = text.get(..at).unwrap_or(text);
        Reading {
            record: None,
            problems: vec![Finding { place: place.after(before), problem }],
            unknown_keys: Vec::new(),
            place,
        }
    }
}

/// The records of a document, one by one.
///
/// What belongs to no record, such as a list that never ends, comes as a [`Reading`] without one.
pub struct Records<'a, T> {
    elements: Elements<'a>,
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: FromWire> Records<'a, T> {
    /// The records of `text`, with the default limits.
    pub fn new(text: &'a [u8]) -> Self {
        Records::with_limits(text, Limits::default())
    }

    /// The records of `text`.
    pub fn with_limits(text: &'a [u8], limits: Limits) -> Self {
        Records { elements: Elements::with_limits(text, limits), kind: PhantomData }
    }
}

impl<T: FromWire> Iterator for Records<'_, T> {
    type Item = Reading<T>;

    fn next(&mut self) -> Option<Reading<T>> {
        Some(match self.elements.next()? {
            Ok(element) => T::from_element(element),
            Err(finding) => Reading {
                record: None,
                place: finding.place,
                problems: vec![finding],
                unknown_keys: Vec::new(),
            },
        })
    }
}

impl<T> fmt::Debug for Records<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("elements", &self.elements).finish()
    }
}
