//! What site admins are told, of whom, and how much at once.

use cerebrate_core::error::{Error, Kind, Result};
use cerebrate_core::inbox::DATA_CHANGE;
use cerebrate_core::model::{InboxMessage, MessageData, Organisation, Severity};
use cerebrate_core::problem::Problem;
use cerebrate_core::query::{Column, Filter, TextTest};
use cerebrate_store::Store;
use cerebrate_store::store::{Author, InboxProcessor, InboxRules, Processed, Transaction};
use cerebrate_testkit::builders::{
    constituency, individual, organisation, organisation_id, tag, user, user_id,
};
use serde_json::{Value, json};

use super::{data, seen_by, store};

fn notifications(store: &Store) -> Vec<InboxMessage> {
    let is_scope = TextTest::Equals(DATA_CHANGE.0.to_owned());
    store.inbox().find().filter(Filter::Text(Column::Scope, is_scope)).all().unwrap()
}

fn rename(store: &Store, name: &str) {
    let mut team = store.organisations().require(organisation_id(1)).unwrap();
    team.name = name.parse().unwrap();
    store.organisations().update(team).unwrap();
}

#[test]
fn site_admins_are_told_of_what_others_change() {
    let store = store();
    store.load_shipped_templates().unwrap();
    // A second admin, and one who is kept out.
    for (number, disabled) in [(7, false), (8, true)] {
        let person = individual(number, &format!("p{number}@example.org")).build();
        store.individuals().insert(person).unwrap();
        let admin = user(number, &format!("admin {number}"), 1);
        store.users().insert(admin.with(|user| user.disabled = disabled).build()).unwrap();
    }
    assert_eq!(notifications(&store), [], "nobody in particular is not told of");
    let manager = seen_by(&store, 4);
    let mut team = manager.organisations().require(organisation_id(1)).unwrap();
    team.url = Some("https://a.example".to_owned());
    team.sector = Some("energy".to_owned());
    let team = manager.organisations().update(team).unwrap();
    let told = notifications(&store);
    assert_eq!(
        told.iter().map(|message| message.user).collect::<Vec<_>>(),
        [Some(user_id(1)), Some(user_id(7))]
    );
    let message = &told[0];
    assert_eq!((message.severity, message.origin.as_str()), (Severity::Primary, "Organisations"));
    assert_eq!(message.title, "Organisation Team 1 changed");
    assert_eq!(message.message.as_deref(), Some("2 fields changed"));
    let of = |field: &str| message.data[field].clone();
    let mut old = of("original");
    let mut new = of("changed");
    for fields in [&mut old, &mut new] {
        assert!(fields.as_object_mut().unwrap().remove("modified").is_some());
    }
    assert_eq!(old, json!({}));
    assert_eq!(new, json!({ "sector": "energy", "url": "https://a.example" }));
    assert_eq!(of("entityType"), "Organisations");
    assert_eq!(of("entityDisplayField"), "Team 1");
    assert_eq!(of("entityViewURL"), format!("/organisations/view/{}", team.id));
    // It is one change set, and the message is not the author's to see.
    let set = store.change_sets(1).unwrap().remove(0);
    assert_eq!(store.changes_of(set.id).unwrap().len(), 3);
    assert_eq!(manager.changes_of(set.id).unwrap().len(), 1);

    store.process(message.id, &json!({})).unwrap();
    store.discard(told[1].id).unwrap();
    assert_eq!(notifications(&store), []);
}

#[test]
fn what_is_not_watched_is_not_told() {
    let store = store();
    let manager = seen_by(&store, 4);
    let team = manager.organisations().require(organisation_id(1)).unwrap();
    let mut touched = team.clone();
    touched.modified = Some("2026-03-01 12:00:00".parse().unwrap());
    manager.organisations().update(touched).unwrap();
    let mut person = manager.individuals().find().all().unwrap().remove(0);
    person.position = Some("head".to_owned());
    manager.individuals().update(person).unwrap();
    store.tags().insert(cerebrate_core::model::Tag::new(tag("seen"))).unwrap();
    let mut tagged = manager.organisations().require(team.id).unwrap();
    tagged.tags = vec![tag("seen")];
    manager.organisations().update(tagged).unwrap();
    store.set_password(user_id(4), &"Password1234".into()).unwrap();
    assert_eq!(notifications(&store), []);
    // There and back again is nothing; nor is what is taken back.
    manager
        .transaction(|transaction| {
            let mut other = transaction.organisations().require(team.id)?;
            other.url = Some("https://a.example".to_owned());
            transaction.organisations().update(other.clone())?;
            other.url = None;
            transaction.organisations().update(other).map(drop)
        })
        .unwrap();
    let _ = manager.transaction(|transaction| -> Result<()> {
        let mut other = transaction.organisations().require(team.id)?;
        other.url = Some("https://a.example".to_owned());
        transaction.organisations().update(other)?;
        Err(Error::new(Kind::Cancelled, "test", "changed its mind"))
    });
    assert_eq!(notifications(&store), []);
}

#[test]
fn admins_and_peers_are_told_of_only_if_everybody_is() {
    let store = store();
    for number in [1, 2] {
        rename(&seen_by(&store, number), &format!("Team {number}!"));
    }
    store
        .transaction_by(&Author::user(user_id(3)), |transaction| {
            let mut team = transaction.organisations().require(organisation_id(1))?;
            team.name = "Team of a peer".parse()?;
            transaction.organisations().update(team)
        })
        .unwrap();
    assert_eq!(notifications(&store), []);
    // Whoever writes is told by the author as well as by the view.
    store
        .transaction_by(&Author::user(user_id(4)), |transaction| {
            let mut team = transaction.organisations().require(organisation_id(1))?;
            team.name = "Team of a manager".parse()?;
            transaction.organisations().update(team)
        })
        .unwrap();
    assert_eq!(notifications(&store).len(), 1);
    store
        .transaction_by(&Author::local().by("somebody"), |transaction| {
            transaction.organisations().insert(organisation(50, "New").build())
        })
        .unwrap();
    assert_eq!(notifications(&store).len(), 1);
    let mut rules = InboxRules::default();
    rules.notify_for_all = true;
    store.set_inbox_rules(rules).unwrap();
    rename(&seen_by(&store, 1), "Team of an admin");
    assert_eq!(notifications(&store).len(), 2);
    rename(&store, "Team of nobody");
    assert_eq!(notifications(&store).len(), 2);
}

#[test]
fn users_who_come_change_and_go_are_told_of() {
    let store = store();
    store.individuals().insert(individual(9, "p9@example.org").build()).unwrap();
    let author = Author::user(user_id(4));
    let write = |work: &dyn Fn(&Transaction<'_>) -> Result<()>| {
        store.transaction_by(&author, |transaction| work(transaction)).unwrap();
        let told = notifications(&store).pop().unwrap();
        assert_eq!(told.origin, "Users");
        (told.title, told.data)
    };
    let (title, data) = write(&|transaction| {
        transaction.users().insert(user(9, "newcomer", 5).organisation(1).build()).map(drop)
    });
    assert_eq!(title, "User newcomer added");
    assert_eq!(data["original"], json!({}));
    assert_eq!(data["changed"]["disabled"], "0");
    assert_eq!(data["changed"]["organisation"], organisation_id(1).to_string());
    let (title, data) = write(&|transaction| {
        let mut user = transaction.users().require(user_id(9))?;
        user.disabled = true;
        user.organisation = None;
        transaction.users().update(user).map(drop)
    });
    assert_eq!(title, "User newcomer changed");
    assert_eq!(
        (&data["original"]["disabled"], &data["changed"]["disabled"]),
        (&json!("0"), &json!("1"))
    );
    assert_eq!(data["changed"].get("organisation"), None);
    let (title, data) = write(&|transaction| transaction.users().remove(user_id(9)).map(drop));
    assert_eq!(title, "User newcomer removed");
    assert_eq!(data["changed"], json!({}));
    assert_eq!(data["original"]["disabled"], "1");
}

#[test]
fn values_are_told_by_template_and_long_ones_are_cut() {
    let store = store();
    store.load_shipped_templates().unwrap();
    store
        .transaction_by(&Author::user(user_id(4)), |transaction| {
            let mut team = transaction.organisations().require(organisation_id(1))?;
            team.contacts = Some("é".repeat(30_000));
            team.meta_fields.push(constituency("Domain", "a.example"));
            team.meta_fields.push(constituency("Domain", "b.example"));
            team.meta_fields.push(constituency("AS Number", "AS64500"));
            transaction.organisations().update(team)
        })
        .unwrap();
    let told = notifications(&store).remove(0);
    let values = told.data["changed"]["meta_fields"].as_str().unwrap();
    let values: Value = serde_json::from_str(values).unwrap();
    let (_, fields) = values.as_object().unwrap().iter().next().unwrap();
    assert_eq!(fields["Domain"], json!(["a.example", "b.example"]));
    assert_eq!(fields["AS Number"], "AS64500");
    let contacts = told.data["changed"]["contacts"].as_str().unwrap();
    assert!(contacts.ends_with("é…") && contacts.len() < 5_000);
}

#[test]
fn many_changes_at_once_are_one_message() {
    let store = store();
    let import = |from: u128, to: u128| {
        store
            .transaction_by(&Author::user(user_id(4)), |transaction| {
                let team = |number| organisation(number, &format!("Member {number}")).build();
                transaction.organisations().upsert_all((from..to).map(team))?;
                let mut first: Organisation = team(from);
                first.url = Some("https://a.example".to_owned());
                transaction.organisations().update(first).map(drop)
            })
            .unwrap();
        let told = notifications(&store);
        for message in &told {
            store.discard(message.id).unwrap();
        }
        told
    };
    assert_eq!(import(1_000, 1_100).len(), 100);
    let told = import(2_000, 2_101);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].message.as_deref(), Some("101 organisations added"));
    let told = import(3_000, 6_000);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].title, "Many changes at once: 3000 organisations added");
    assert_eq!(told[0].data["changed"], json!({ "Organisations added": "3000" }));
}

#[test]
fn notifications_are_made_by_the_store_alone() {
    let store = store();
    let forged = data(&json!({ "original": {}, "changed": {}, "summaryMessage": "Pay here" }));
    let refused = store.submit("Notification", "DataChange", "Users", forged.clone());
    assert_eq!(refused.unwrap_err().kind(), Kind::Invalid);
    let mut raw = InboxMessage::new(store.next_id().into(), "Notification", "DataChange", "Users");
    raw.data = forged;
    assert_eq!(seen_by(&store, 3).inbox().insert(raw).unwrap_err().kind(), Kind::Invalid);
    assert_eq!(notifications(&store), []);
}

#[test]
fn an_undo_takes_the_message_back_and_an_admin_goes_with_theirs() {
    let store = store();
    rename(&seen_by(&store, 4), "Renamed");
    let set = store.change_sets(1).unwrap().remove(0);
    let report = store.undo(set.id).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (2, 0));
    assert_eq!(notifications(&store), []);
    rename(&seen_by(&store, 4), "Renamed again");
    let set = store.change_sets(1).unwrap().remove(0);
    let report = seen_by(&store, 4).undo(set.id).unwrap();
    assert_eq!((report.undone, report.conflicts.len()), (1, 0), "{report:?}");
    assert_eq!(notifications(&store).len(), 2, "it was told, and so is the undo");
    store.users().remove(user_id(1)).unwrap();
    assert_eq!(notifications(&store), []);
}

/// Knows messages of one connector.
#[derive(Debug)]
struct Greeting(&'static str);

impl InboxProcessor for Greeting {
    fn scope(&self) -> &str {
        self.0
    }

    fn action(&self) -> &'static str {
        "Greeting"
    }

    fn description(&self) -> &'static str {
        "Says hello"
    }

    fn check(&self, _: &MessageData) -> Vec<Problem> {
        Vec::new()
    }

    fn title(&self, _: &MessageData) -> String {
        format!("Hello from {}", self.0)
    }

    fn process(&self, _: &Transaction<'_>, _: &InboxMessage, _: &Value) -> Result<Processed> {
        Ok(Processed::done("said hello").and_stays())
    }
}

#[test]
fn whoever_embeds_the_store_knows_more_messages() {
    let store = store();
    store.register_processor(Greeting("LocalTool")).unwrap();
    store.register_processor(Greeting("MispConnectorLocalTool")).unwrap();
    let again = store.register_processor(Greeting("LocalTool"));
    assert_eq!(again.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(store.register_processor(Greeting(" ")).unwrap_err().kind(), Kind::Invalid);
    let send = |connector: &str| {
        let data = data(&json!({ "connectorName": connector }));
        store.submit("LocalTool", "Greeting", "https://peer.example", data).unwrap()
    };
    assert_eq!(send("MispConnector").title, "Hello from MispConnectorLocalTool");
    let other = send("OtherConnector");
    assert_eq!(other.title, "Hello from LocalTool");
    assert_eq!(other.connector(), Some("OtherConnector"));
    assert_eq!(store.process(other.id, &Value::Null).unwrap().message, "said hello");
    assert!(store.inbox().get(other.id).unwrap().is_some(), "it stays");
    assert_eq!(store.processors().len(), 4);
}
