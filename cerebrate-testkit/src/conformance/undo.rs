//! A change set can be taken back, and what others did since is left alone.

use std::collections::BTreeSet;

use cerebrate_core::error::Kind;
use cerebrate_core::model::{MetaField, Organisation};
use proptest::prelude::*;

use super::{Open, property};
use crate::any::{differences, snapshot};
use crate::builders::{
    constituency, individual, mailing_list, organisation, organisation_group, organisation_id,
    sharing_group, tag,
};
use crate::check;
use crate::steps::steps;

/// Undo brings back every record, number and all; undo of the undo repeats what was done.
pub fn undo_restores_and_undo_of_undo_repeats(open: Open<'_>) {
    property(48, &(steps(24), steps(16)), |(past, mut edits)| {
        // Templates do not go while there are values for them: they have tests of their own.
        edits.retain(|step| !step.is_of_templates());
        let store = open();
        for step in past {
            store
                .transaction(|transaction| {
                    step.apply(transaction);
                    Ok(())
                })
                .unwrap();
        }
        let before = snapshot(&*store);
        let set = store
            .transaction(|transaction| {
                for step in &edits {
                    step.apply(transaction);
                }
                Ok(transaction.has_changes().then(|| transaction.change_set()))
            })
            .unwrap();
        let after = snapshot(&*store);
        let Some(set) = set else {
            prop_assert_eq!(before, after);
            return Ok(());
        };
        let report = store.undo(set).unwrap();
        prop_assert!(report.conflicts.is_empty(), "{:?}", report.conflicts);
        prop_assert_eq!(differences(&before, &snapshot(&*store)), Vec::<String>::new());
        prop_assert_eq!(check::store(&store), Vec::<String>::new());
        let Some(undone) = report.change_set else {
            // What was done cancelled itself out.
            prop_assert_eq!(differences(&before, &after), Vec::<String>::new());
            return Ok(());
        };
        let report = store.undo(undone).unwrap();
        prop_assert!(report.conflicts.is_empty(), "{:?}", report.conflicts);
        prop_assert_eq!(differences(&after, &snapshot(&*store)), Vec::<String>::new());
        prop_assert_eq!(check::store(&store), Vec::<String>::new());
        Ok(())
    });
}

/// The fields that the next test edits.
const FIELDS: usize = 6;

fn set_field(team: &mut Organisation, field: usize, value: u8) {
    let text = (value > 0).then(|| format!("text {value}"));
    let meta = |team: &mut Organisation, name: &str, text: Option<String>| {
        team.meta_fields.retain(|value| value.field != name);
        team.meta_fields.extend(text.map(|text| constituency(name, &text)));
    };
    match field {
        0 => team.url = text,
        1 => team.sector = text,
        2 => team.contacts = text,
        3 => team.tags = text.iter().map(|text| tag(text)).collect(),
        4 => meta(team, "Domain", text),
        _ => meta(team, "Sector", text),
    }
}

fn field(team: &Organisation, field: usize) -> String {
    let meta = |name: &str| -> Vec<&MetaField> {
        team.meta_fields.iter().filter(|value| value.field == name).collect()
    };
    match field {
        0 => format!("{:?}", team.url),
        1 => format!("{:?}", team.sector),
        2 => format!("{:?}", team.contacts),
        3 => format!("{:?}", team.tags),
        4 => format!("{:?}", meta("Domain").iter().map(|value| &value.value).collect::<Vec<_>>()),
        _ => format!("{:?}", meta("Sector").iter().map(|value| &value.value).collect::<Vec<_>>()),
    }
}

/// Field by field: what still holds the undone value goes back, what was edited since stays and is
/// listed.
pub fn fields_edited_since_are_left_alone(open: Open<'_>) {
    let edits = || prop::collection::vec((0..FIELDS, 0..3_u8), 0..6);
    property(48, &(edits(), edits(), edits()), |(start, first, second)| {
        let store = open();
        let id = organisation_id(1);
        let mut team = organisation(1, "A").build();
        // All tags are there before, so that none of them is news.
        team.tags = vec![tag("text 1"), tag("text 2")];
        store.organisations().insert(team.clone()).unwrap();
        team.tags.clear();
        for (at, value) in &start {
            set_field(&mut team, *at, *value);
        }
        let before = store.organisations().update(team).unwrap();
        let edit = |edits: &[(usize, u8)]| {
            store.transaction(|transaction| {
                let mut team = transaction.organisations().require(id)?;
                for (at, value) in edits {
                    set_field(&mut team, *at, *value);
                }
                let team = transaction.organisations().update(team)?;
                Ok((team, transaction.has_changes().then(|| transaction.change_set())))
            })
        };
        let (middle, set) = edit(&first).unwrap();
        let (last, _) = edit(&second).unwrap();
        let Some(set) = set else { return Ok(()) };
        let report = store.undo(set).unwrap();
        let now = store.organisations().require(id).unwrap();
        let mut left = BTreeSet::new();
        for at in 0..FIELDS {
            let [before, middle, last, now] =
                [&before, &middle, &last, &now].map(|team| field(team, at));
            let expected = if middle == last { &before } else { &last };
            prop_assert_eq!(&now, expected, "field {}", at);
            if before != middle && last != middle && last != before {
                left.insert(at);
            }
        }
        let listed: usize = report.conflicts.iter().map(|conflict| conflict.fields.len()).sum();
        prop_assert_eq!(listed, left.len(), "{:?}", report.conflicts);
        prop_assert_eq!(check::store(&store), Vec::<String>::new());
        Ok(())
    });
}

/// What was inserted and is used by others since stays where it is.
pub fn what_others_use_by_now_is_left_alone(open: Open<'_>) {
    let store = open();
    store.organisations().insert(organisation(9, "Other").build()).unwrap();
    let uses: [&dyn Fn() -> cerebrate_core::Result<()>; 4] = [
        &|| store.sharing_groups().insert(sharing_group(1, "G", 9).member(1).build()).map(|_| ()),
        &|| {
            let group = organisation_group(1, "G").organisation(1).build();
            store.organisation_groups().insert(group).map(|_| ())
        },
        &|| store.mailing_lists().insert(mailing_list(1, "L").individual(1).build()).map(|_| ()),
        &|| store.organisations().insert(organisation(2, "B").tag("new").build()).map(|_| ()),
    ];
    for (number, use_it) in uses.iter().enumerate() {
        store
            .transaction(|transaction| {
                transaction.organisations().insert(organisation(1, "A").tag("new").build())?;
                transaction.individuals().insert(individual(1, "a@b.example").build())
            })
            .unwrap();
        let set = store.change_sets(1).unwrap()[0].id;
        let before_use = store.cursor().unwrap();
        use_it().unwrap();
        let used = store.change_sets(1).unwrap()[0].id;
        let report = store.undo(set).unwrap();
        assert_eq!(report.conflicts.len(), if number < 2 { 2 } else { 1 }, "{number}: {report:?}");
        assert_eq!(check::store(&store), Vec::<String>::new());
        assert!(store.cursor().unwrap() > before_use);
        // The use is as it was.
        assert!(store.undo(used).unwrap().conflicts.is_empty(), "{number}");
        for team in [1, 2] {
            let _ = store.organisations().remove(organisation_id(team));
        }
        let _ = store.individuals().remove(crate::builders::individual_id(1));
        let _ = store.tags().remove(tag("new").id());
    }
}

/// What undo would need and is gone by now makes a conflict, not an error.
pub fn what_is_gone_by_now_is_a_conflict(open: Open<'_>) {
    let store = open();
    for number in [1, 2, 3] {
        store.organisations().insert(organisation(number, "A").build()).unwrap();
    }
    let group = sharing_group(1, "G", 1).member(2).member(3).build();
    let mut group = store.sharing_groups().insert(group).unwrap();
    group.members.retain(|member| member.organisation != organisation_id(2));
    group.description = Some("without".to_owned());
    store.sharing_groups().update(group.clone()).unwrap();
    let set = store.change_sets(1).unwrap()[0].id;
    store.organisations().remove(organisation_id(2)).unwrap();
    let report = store.undo(set).unwrap();
    assert_eq!(report.conflicts.len(), 1, "{report:?}");
    let now = store.sharing_groups().require(group.id).unwrap();
    assert_eq!(now.members.len(), 1);

    let mut team = store.organisations().require(organisation_id(3)).unwrap();
    team.sector = Some("energy".to_owned());
    store.organisations().update(team).unwrap();
    let set = store.change_sets(1).unwrap()[0].id;
    store.organisations().remove(organisation_id(3)).unwrap();
    assert_eq!(store.undo(set).unwrap().conflicts.len(), 1);
    assert_eq!(store.organisations().get(organisation_id(3)).unwrap(), None);
    assert_eq!(check::store(&store), Vec::<String>::new());
}

/// There is nothing to take back.
pub fn an_unknown_change_set_is_not_found(open: Open<'_>) {
    let store = open();
    let cursor = store.cursor().unwrap();
    assert_eq!(store.undo(store.next_id().into()).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(store.cursor().unwrap(), cursor);
}
