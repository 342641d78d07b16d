//! JSON as peers spell it.

use std::fmt::Debug;

use cerebrate_core::model::{EntityKind, Organisation, Record};
use cerebrate_wire::read::{
    AlignmentRecord, EncryptionKeyRecord, IndividualRecord, MailingListRecord, MetaTemplateRecord,
    OrganisationRecord, SharingGroupRecord, TagRecord,
};
use cerebrate_wire::split::Elements;
use cerebrate_wire::write::{Form, LocalRecords, Unnumbered, Writer, to_php_json};
use cerebrate_wire::{FromWire, Limits, Lists, Place, Reading, Records, Splitter, detect, misp};
use serde::Serialize;
use uuid::Uuid;

use super::record::survives_storage;

/// Keys and values that several readers look at.
pub(super) const TOKENS: &[&str] = &[
    "\"id\":\"1\"",
    "\"uuid\":\"49e3572b-c2b4-58ac-a239-a3fb2d236b1c\"",
    "\"name\":",
    "\"type\":",
    "\"created\":\"2026-11-24T05:49:25+00:00\"",
    "\"modified\":1795499365",
    "\"tags\":[",
    "\"meta_fields\":[",
    "\"alignments\":[",
    "\"individual\":{",
    "\"organisation\":{",
    "\"sharing_group_orgs\":[",
    "\"_joinData\":{\"extend\":true}",
    "\"Organisation\":{",
    "\"SharingGroupOrg\":[",
    "{\"response\":[",
    "\"restricted_to_domain\":",
    "\"meta_template_fields\":[",
    "\"template_uuid\":",
    "\"template_version\":",
    "\"field\":",
    "\"value\":",
    "\"owner_model\":\"individual\"",
    "\"email\":",
    "\"null\"",
    "\"\"",
    "\\u0000",
    "\\ud83d\\ude00",
    "\\ud800",
    "\\/",
    "null",
    "true",
    "[]",
    "{}",
    "},{",
    "}",
    "]",
    ",",
    ":",
];

/// A node on which every record has a number.
struct Numbered;

impl LocalRecords for Numbered {
    fn local_id(&self, _kind: EntityKind, _id: Uuid) -> Option<u64> {
        Some(1)
    }
}

pub(super) fn organisations(bytes: &[u8]) {
    for record in records::<OrganisationRecord>(bytes) {
        let organisation = record.organisation;
        survives_storage(&Record::from(organisation.clone()));
        for form in [Form::Index, Form::View] {
            let row = Writer::new(&Unnumbered).form(form).organisation(&organisation, &[], &[]);
            let again: OrganisationRecord = again(&row);
            assert_eq!(again.organisation, organisation);
        }
    }
}

pub(super) fn individuals(bytes: &[u8]) {
    for record in records::<IndividualRecord>(bytes) {
        let individual = record.individual;
        survives_storage(&Record::from(individual.clone()));
        let again: IndividualRecord = again(&Writer::new(&Unnumbered).individual(&individual, &[]));
        assert_eq!(again.individual, individual);
    }
}

pub(super) fn sharing_groups(bytes: &[u8]) {
    for record in records::<SharingGroupRecord>(bytes) {
        let group = record.sharing_group;
        survives_storage(&Record::from(group.clone()));
        let known: Vec<Organisation> =
            record.organisations.into_iter().map(|record| record.organisation).collect();
        let find = |id| known.iter().find(|organisation| organisation.id == id);
        let row = Writer::new(&Unnumbered).sharing_group(&group, None, &find);
        let again: SharingGroupRecord = again(&row);
        assert_eq!(again.sharing_group, group);
    }
}

pub(super) fn alignments(bytes: &[u8]) {
    let (person, team) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
    for record in records::<AlignmentRecord>(bytes) {
        let alignment = record.between(person, team);
        survives_storage(&Record::from(alignment.clone()));
        let again: AlignmentRecord = again(&Writer::new(&Numbered).alignment(&alignment));
        assert_eq!(again.between(person, team), alignment);
    }
}

pub(super) fn tags(bytes: &[u8]) {
    for record in records::<TagRecord>(bytes) {
        survives_storage(&Record::from(record.tag.clone()));
        let row = Writer::new(&Unnumbered).tag(&record.tag, record.count.unwrap_or_default());
        let again: TagRecord = again(&row);
        assert_eq!(again.tag, record.tag);
    }
}

pub(super) fn meta_templates(bytes: &[u8]) {
    for record in records::<MetaTemplateRecord>(bytes) {
        survives_storage(&Record::from(record.template));
    }
}

pub(super) fn mailing_lists(bytes: &[u8]) {
    for record in records::<MailingListRecord>(bytes) {
        survives_storage(&Record::from(record.mailing_list));
    }
}

pub(super) fn encryption_keys(bytes: &[u8]) {
    for record in records::<EncryptionKeyRecord>(bytes) {
        survives_storage(&Record::from(record.key));
    }
}

pub(super) fn misp_organisations(bytes: &[u8]) {
    for record in records::<misp::OrganisationRecord>(bytes) {
        survives_storage(&Record::from(record.organisation.clone()));
        let again: misp::OrganisationRecord = again(&misp::organisation(&record));
        assert_eq!(again, record);
    }
}

pub(super) fn misp_sharing_groups(bytes: &[u8]) {
    for record in records::<misp::SharingGroupRecord>(bytes) {
        survives_storage(&Record::from(record.sharing_group));
    }
}

/// A document is cut into the same pieces, whatever chunks it arrives in.
pub(super) fn split(bytes: &[u8]) {
    let _dialect = detect(bytes);
    let limits = Limits::default();
    for limits in [limits, limits.record_size(64).depth(4).records(5)] {
        let whole: Vec<Piece> =
            Elements::with_limits(bytes, limits).map(|piece| shown(piece.as_ref())).collect();
        for sizes in [&[1_usize][..], &[7], &[3, 1, 0, 16]] {
            let pieces = in_chunks(Splitter::new(limits), bytes, sizes);
            assert_eq!(pieces, whole, "chunks of {sizes:?}, {limits:?}");
        }
        let lists = || Splitter::of_lists(limits, LISTS);
        let whole_of_lists = in_chunks(lists(), bytes, &[bytes.len().max(1)]);
        for sizes in [&[1_usize][..], &[7], &[3, 1, 0, 16]] {
            let pieces = in_chunks(lists(), bytes, sizes);
            assert_eq!(pieces, whole_of_lists, "lists in chunks of {sizes:?}, {limits:?}");
        }
        for (text, place) in whole.iter().filter_map(|piece| piece.as_ref().ok()) {
            let size = text.len();
            assert!(size <= limits.record_size, "{size} bytes at {place}");
        }
        assert!(whole.len() as u64 <= limits.records.saturating_add(2), "{} pieces", whole.len());
    }
}

/// The records of a document, each with a reason where one is missing.
fn records<T: FromWire + Debug>(bytes: &[u8]) -> Vec<T> {
    let limits = Limits::default().records(64);
    let readings: Vec<Reading<T>> = Records::<T>::with_limits(bytes, limits).collect();
    let end = Place::START.after(bytes);
    for reading in &readings {
        assert!(reading.record.is_some() || !reading.problems.is_empty(), "{reading:?}");
        assert!(reading.place <= end, "{reading:?} behind the end {end}");
        for finding in &reading.problems {
            assert!(reading.place <= finding.place && finding.place <= end, "{reading:?}");
            assert!(!finding.problem.message().is_empty(), "{reading:?}");
        }
    }
    readings.into_iter().filter_map(|reading| reading.record).collect()
}

/// Reads back what was written, in the spelling of peers and in the compact one.
fn again<T: FromWire + Debug + PartialEq>(row: &impl Serialize) -> T {
    let php = to_php_json(row).expect("a row can be written");
    let compact = serde_json::to_string(row).expect("a row can be written");
    let readings = [php, compact].map(|text| (T::from_wire(text.as_bytes()), text));
    let [one, other] = readings.map(|(reading, text)| {
        assert!(reading.record.is_some(), "{:?} in {text}", reading.problems);
        assert_eq!(reading.unknown_keys, [""; 0], "{text}");
        reading.record
    });
    assert_eq!(one, other);
    one.expect("asserted above")
}

const LISTS: Lists = Lists { wanted: "organisations", others: &["individuals", "response"] };

type Piece = Result<(Vec<u8>, Place), String>;

fn shown(piece: Result<&cerebrate_wire::split::Element<'_>, &cerebrate_wire::Finding>) -> Piece {
    match piece {
        Ok(element) => Ok((element.text.to_vec(), element.place)),
        Err(finding) => Err(format!("{}: {}", finding.place, finding.problem.message())),
    }
}

fn in_chunks(mut splitter: Splitter, bytes: &[u8], sizes: &[usize]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        let Some((chunk, more)) = rest.split_at_checked((*size).min(rest.len())) else { break };
        splitter.push(chunk);
        while let Some(piece) = splitter.next_element() {
            pieces.push(shown(piece.as_ref()));
        }
        rest = more;
        if rest.is_empty() {
            break;
        }
    }
    splitter.finish();
    while let Some(piece) = splitter.next_element() {
        pieces.push(shown(piece.as_ref()));
    }
    pieces
}
