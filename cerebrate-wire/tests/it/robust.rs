use std::fmt::{Debug, Write as _};

use cerebrate_wire::read::{
    AlignmentRecord, EncryptionKeyRecord, IndividualRecord, MailingListRecord, MetaTemplateRecord,
    OrganisationRecord, SharingGroupRecord, TagRecord,
};
use cerebrate_wire::{FromWire, Records, misp};
use proptest::prelude::*;

/// Every record is there or its absence is explained.
fn explained<T: FromWire + Debug>(text: &[u8]) {
    for reading in Records::<T>::new(text) {
        assert!(reading.record.is_some() || !reading.problems.is_empty(), "{reading:?}");
    }
}

fn every_reader(text: &[u8]) {
    explained::<OrganisationRecord>(text);
    explained::<IndividualRecord>(text);
    explained::<AlignmentRecord>(text);
    explained::<SharingGroupRecord>(text);
    explained::<MetaTemplateRecord>(text);
    explained::<TagRecord>(text);
    explained::<MailingListRecord>(text);
    explained::<EncryptionKeyRecord>(text);
    explained::<misp::OrganisationRecord>(text);
    explained::<misp::SharingGroupRecord>(text);
}

/// Objects with the keys that readers look at and values of every type.
fn odd_record() -> impl Strategy<Value = serde_json::Value> {
    const KEYS: [&str; 30] = [
        "id",
        "uuid",
        "name",
        "type",
        "created",
        "tags",
        "meta_fields",
        "alignments",
        "individual",
        "organisation",
        "sharing_group_orgs",
        "_joinData",
        "extend",
        "Organisation",
        "SharingGroup",
        "SharingGroupOrg",
        "response",
        "restricted_to_domain",
        "meta_template_fields",
        "scope",
        "version",
        "values_list",
        "individuals",
        "parent_id",
        "field",
        "value",
        "template_uuid",
        "template_version",
        "owner_model",
        "email",
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        Just("49e3572b-c2b4-58ac-a239-a3fb2d236b1c".into()),
        Just("organisation".into()),
        Just("1".into()),
        ".{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            4 => prop::collection::btree_map(prop::sample::select(&KEYS[..]), inner, 0..8)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read(text: Vec<u8>) {
        every_reader(&text);
    }

    #[test]
    fn any_record_is_read_or_explained(record in odd_record()) {
        every_reader(record.to_string().as_bytes());
    }

    #[test]
    fn any_record_cut_short_is_read_or_explained(record in odd_record(), end in 0_usize..400) {
        let text = record.to_string();
        let end = end.min(text.len());
        every_reader(&text.as_bytes()[..end]);
    }
}

#[test]
fn nesting_without_end_is_refused() {
    for opening in ["[", "{\"a\":", "{\"MetaTemplates\":[", "[{\"tags\":[{\"a\":"] {
        every_reader(opening.repeat(10_000).as_bytes());
    }
}

#[test]
fn many_members_keys_and_problems_are_all_there() {
    let mut text = String::from(
        r#"{"uuid":"c4b18a2c-a676-552f-95b5-f34669d3c95e","name":"n","organisation":{"uuid":"49e3572b-c2b4-58ac-a239-a3fb2d236b1c","name":"o"},"sharing_group_orgs":["#,
    );
    for number in 0..20_000_u32 {
        write!(
            text,
            "{{\"uuid\":\"c4b18a2c-a676-552f-95b5-{number:012x}\",\"name\":\"m\",\"extend\":2}},"
        )
        .unwrap();
    }
    text.pop();
    text += "]";
    for number in 0..20_000_u32 {
        write!(text, ",\"k{number}\":1").unwrap();
    }
    text += "}";
    let reading = SharingGroupRecord::from_wire(text.as_bytes());
    assert_eq!(reading.record.unwrap().sharing_group.members.len(), 20_000);
    assert_eq!(reading.unknown_keys.len(), 20_000);
    assert_eq!(reading.problems.len(), 20_000);
}
