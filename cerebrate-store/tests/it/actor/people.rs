//! Individuals that are added for an organisation, in the transaction that says for which.

use cerebrate_core::access::Permission;
use cerebrate_core::error::{Kind, Result};
use cerebrate_core::model::Alignment;
use cerebrate_store::Store;
use cerebrate_testkit::builders::{constituency, individual, individual_id, organisation_id, tag};

use super::small_world::{ADMINISTERED, OTHER, OWN, of, world};

const NEW: u128 = 70;

/// Adds a person who works for these organisations.
fn add(seen: &Store, organisations: &[u128]) -> Result<()> {
    seen.transaction(|transaction| {
        transaction.individuals().insert(individual(NEW, "new@example.lu").build())?;
        for number in organisations {
            let employed = Alignment::new(individual_id(NEW), organisation_id(*number), "Member");
            transaction.alignments().insert(employed)?;
        }
        Ok(())
    })
}

fn is_there(store: &Store) -> bool {
    store.individuals().get(individual_id(NEW)).unwrap().is_some()
}

#[test]
fn whoever_manages_an_organisation_adds_its_people() {
    for (permissions, organisations, outcome) in [
        (vec![Permission::OrganisationAdmin], vec![OWN], None),
        (vec![Permission::OrganisationAdmin], vec![], Some(Kind::Denied)),
        (vec![Permission::OrganisationAdmin], vec![ADMINISTERED], Some(Kind::Invalid)),
        (vec![Permission::GroupAdmin], vec![ADMINISTERED], None),
        (vec![Permission::GroupAdmin], vec![OWN], None),
        (vec![Permission::GroupAdmin], vec![OWN, ADMINISTERED], None),
        (vec![Permission::GroupAdmin], vec![OWN, OTHER], Some(Kind::Denied)),
        (
            vec![Permission::OrganisationAdmin, Permission::ViewAllOrganisations],
            vec![OWN, OTHER],
            Some(Kind::Denied),
        ),
        (vec![Permission::CommunityAdmin], vec![], None),
        (vec![Permission::CommunityAdmin], vec![OTHER], None),
        (vec![Permission::MetaFieldEditor], vec![OWN], Some(Kind::Denied)),
        (vec![], vec![], Some(Kind::Denied)),
    ] {
        let store = world();
        let done = add(&store.as_actor(&of(&permissions)), &organisations);
        let cell = format!("{permissions:?} {organisations:?}");
        assert_eq!(
            done.as_ref().err().map(cerebrate_core::Error::kind),
            outcome,
            "{cell}: {done:?}"
        );
        assert_eq!(is_there(&store), outcome.is_none(), "{cell}");
    }
}

#[test]
fn tags_and_values_of_a_newcomer_are_judged_at_the_end() {
    let store = world();
    for editor in [false, true] {
        let mut permissions = vec![Permission::OrganisationAdmin];
        permissions.extend(editor.then_some(Permission::MetaFieldEditor));
        let seen = store.as_actor(&of(&permissions));
        let done = seen.transaction(|transaction| {
            let mut person = individual(NEW, "new@example.lu").build();
            person.tags.push(tag("brand new"));
            person.meta_fields.push(constituency("Domain", "example.lu"));
            transaction.individuals().insert(person)?;
            let employed = Alignment::new(individual_id(NEW), organisation_id(OWN), "Member");
            transaction.alignments().insert(employed)
        });
        assert_eq!(done.is_ok(), editor, "{done:?}");
        assert_eq!(is_there(&store), editor);
    }
}

#[test]
fn an_identity_that_is_taken_is_refused_without_a_word_about_whose_it_is() {
    let store = world();
    let seen = store.as_actor(&of(&[Permission::OrganisationAdmin]));
    let hidden = individual(OTHER, "mine@example.lu").build();
    for done in [
        seen.individuals().insert(hidden.clone()).map(drop),
        seen.individuals().upsert(hidden.clone()).map(drop),
    ] {
        let refused = done.unwrap_err();
        assert_eq!(refused.kind(), Kind::Conflict);
        assert!(!format!("{refused:?}").contains("p3@example.lu"), "{refused:?}");
    }
    assert_eq!(seen.individuals().update(hidden).unwrap_err().kind(), Kind::NotFound);
    let stands = store.individuals().require(individual_id(OTHER)).unwrap();
    assert_eq!(stands.email, "p3@example.lu");
}

#[test]
fn oneself_may_be_edited_and_not_tagged() {
    let store = world();
    let actor = of(&[]);
    let seen = store.as_actor(&actor);
    let mut me = seen.individuals().require(actor.individual).unwrap();
    me.first_name = "Alice".to_owned();
    let mut me = seen.individuals().update(me).unwrap();
    me.tags.push(tag("team"));
    assert_eq!(seen.individuals().update(me).unwrap_err().kind(), Kind::Denied);
}
