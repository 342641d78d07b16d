//! Imports with the rights of a user: what is not allowed is listed, row by row.

use cerebrate_core::access::Permission;
use cerebrate_core::problem::ProblemKind;
use cerebrate_store::Store;
use cerebrate_store::import::{ImportReport, OnConflict};
use cerebrate_testkit::builders::{individual_id, organisation_id};

use super::small_world::{OTHER, OWN, of, world};

fn import(seen: &Store, people: bool, text: &str) -> ImportReport {
    let (previewed, applied) = if people {
        let import =
            || seen.import_individuals().csv(text.as_bytes()).on_conflict(OnConflict::Overwrite);
        (import().preview().unwrap(), import().apply().unwrap())
    } else {
        let import =
            || seen.import_organisations().csv(text.as_bytes()).on_conflict(OnConflict::Overwrite);
        (import().preview().unwrap(), import().apply().unwrap())
    };
    assert_eq!(previewed.to_string(), applied.to_string(), "what is previewed is what is done");
    assert_eq!(previewed.problems, applied.problems);
    applied
}

fn problems(report: &ImportReport) -> Vec<(u64, ProblemKind)> {
    report.problems.iter().map(|problem| (problem.line, problem.kind)).collect()
}

#[test]
fn rows_that_are_not_allowed_are_listed_and_the_others_go_in() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let (own, other) = (organisation_id(OWN), organisation_id(OTHER));
    let text = format!("uuid,name,url\n{own},Team 1,https://own\n{other},Mine,x\n,New,x\n");
    let report = import(&seen, false, &text);
    let refused = ProblemKind::NotAllowed;
    assert_eq!((report.added, report.changed), (0, 1), "{report:?}");
    assert_eq!(problems(&report), [(3, refused), (4, refused)]);
    assert!(report.problems[1].message.contains("`community_admin`"), "{report:?}");
    assert!(!report.problems.iter().any(|one| one.message.contains("Team 3")));
    assert_eq!(store.organisations().require(own).unwrap().url.as_deref(), Some("https://own"));
    assert_eq!(store.organisations().require(other).unwrap().name, "Team 3");
}

#[test]
fn people_come_in_with_the_organisation_they_work_for() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let text = "email,first_name,organisations\n\
                new@example.lu,New,Team 1\n\
                homeless@example.lu,Home,\n\
                hidden@example.lu,Hidden,Team 3\n";
    let report = import(&seen, true, text);
    assert_eq!(report.added, 1, "{report:?}");
    assert!(problems(&report).contains(&(3, ProblemKind::NotAllowed)), "{report:?}");
    let people = seen.individuals().find().all().unwrap();
    assert!(people.iter().any(|person| person.email == "new@example.lu"));
    assert_eq!(store.individuals().find().all().unwrap().len(), 7);
    // Who is hidden is unknown: the row is about somebody new, and not for this admin to add.
    let hidden = store.individuals().require(individual_id(OTHER)).unwrap();
    let report = import(&seen, true, &format!("email,last_name\n{},Changed\n", hidden.email));
    assert_eq!(report.added + report.changed, 0, "{report:?}");
    assert_eq!(store.individuals().require(hidden.id).unwrap(), hidden);
}

#[test]
fn an_import_is_undone_by_who_did_it() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::CommunityAdmin]));
    let report = import(&seen, false, "name\nNew 1\nNew 2\n");
    let before = store.organisations().find().count().unwrap();
    let undone = seen.undo(report.change_set.unwrap()).unwrap();
    assert_eq!(undone.undone, 2);
    assert_eq!(store.organisations().find().count().unwrap(), before - 2);
}
