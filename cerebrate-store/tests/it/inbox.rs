//! Messages: who may send them, what is kept of them, and what comes of acting on them.

use cerebrate_core::access::Permission;
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::error::Kind;
use cerebrate_core::inbox::InboxView;
use cerebrate_core::model::{
    EntityKind, InboxMessage, MessageData, OutboxMessage, Severity, Username,
};
use cerebrate_core::problem::Problem;
use cerebrate_core::query::{Column, Filter, OrderBy, TextTest};
use cerebrate_store::Store;
use cerebrate_store::feed::Cursor;
use cerebrate_store::store::{Applicant, Approval, Find, InboxRules};
use cerebrate_testkit::any::snapshot;
use cerebrate_testkit::builders::{
    Builder, individual, individual_id, organisation, organisation_id, role, role_id, user, user_id,
};
use cerebrate_testkit::check;
use cerebrate_testkit::clock::SetClock;
use cerebrate_testkit::world::options;
use serde_json::{Value, json};
use uuid::Uuid;

mod notifications;

const PASSWORD: &str = "Password1234";

/// Organisations 1 and 2, people 1 to 4, and the users: 1 may everything, 2 is a community admin, 3 a
/// peer, 4 manages organisation 1.
fn filled(store: Store) -> Store {
    let all = Permission::ALL.into_iter().fold(role(1, "admin"), Builder::grants);
    store.roles().insert(all.build()).unwrap();
    let roles = [
        (2, "Community", Permission::CommunityAdmin),
        (3, "Peer", Permission::Sync),
        (4, "Manager", Permission::OrganisationAdmin),
    ];
    for (number, name, permission) in roles {
        store.roles().insert(role(number, name).grants(permission).build()).unwrap();
    }
    let plain = role(5, "Reader").with(|role| role.is_default = true);
    store.roles().insert(plain.build()).unwrap();
    for number in 1..=2 {
        let team = organisation(number, &format!("Team {number}"));
        store.organisations().insert(team.build()).unwrap();
    }
    for (number, name) in [(1, "admin"), (2, "community"), (3, "peer of ours"), (4, "manager")] {
        let email = format!("p{number}@example.org");
        store.individuals().insert(individual(number, &email).build()).unwrap();
        let user = user(number, name, number).organisation(1);
        store.users().insert(user.build()).unwrap();
    }
    store
}

fn store() -> Store {
    filled(options().in_memory().unwrap())
}

fn seen_by(store: &Store, number: u128) -> Store {
    store.as_actor(&store.actor(user_id(number)).unwrap())
}

fn data(value: &Value) -> MessageData {
    value.as_object().cloned().unwrap()
}

fn jane() -> MessageData {
    data(&json!({
        "username": "jane.doe", "email": "jane@team.example", "first_name": "Jane",
        "last_name": "Doe", "password": PASSWORD, "org_name": "team 1", "org_uuid": "",
    }))
}

fn register(store: &Store) -> InboxMessage {
    store.submit("User", "Registration", "192.0.2.1", jane()).unwrap()
}

/// Everything that anybody can get out of a store, as text.
fn told(store: &Store) -> String {
    let mut out = Vec::new();
    store.export().all().json(&mut out).unwrap();
    let changes = store.changes_at_most(Cursor::START, 10_000).unwrap();
    let messages = store.inbox().find().all().unwrap();
    let sets = store.change_sets(1_000).unwrap();
    let json = serde_json::to_string(&messages).unwrap();
    format!("{} {changes:?} {messages:?} {json} {sets:?}", String::from_utf8_lossy(&out))
}

#[test]
fn a_registration_becomes_a_user_who_can_log_in() {
    let store = store();
    let message = register(&store);
    assert_eq!((message.scope.as_str(), message.action.as_str()), ("User", "Registration"));
    assert_eq!((message.severity, message.user), (Severity::Warning, None));
    assert_eq!(message.title, "Registration of jane@team.example");
    assert_eq!(store.inbox().require(message.id).unwrap(), message);
    assert!(store.check_password("jane.doe", &PASSWORD.into()).is_err(), "not yet");

    let wanted = store.suggest(message.id).unwrap();
    let mut approval: Approval = serde_json::from_value(wanted).unwrap();
    assert_eq!(approval.individual, Applicant::New);
    assert_eq!(approval.organisation, Some(organisation_id(1)), "by its name");
    assert_eq!(approval.role, Some(role_id(5)), "the default");
    approval.position = Some("analyst".to_owned());
    let before = store.change_sets(1_000).unwrap().len();
    let done = store.process(message.id, &approval.to_request()).unwrap();
    assert_eq!(done.data["username"], "jane.doe");
    assert_eq!(store.change_sets(1_000).unwrap().len(), before + 1, "one change set");
    assert_eq!(store.inbox().get(message.id).unwrap(), None);
    let actor = store.check_password("jane.doe", &PASSWORD.into()).unwrap();
    assert_eq!(actor.organisation, Some(organisation_id(1)));
    let person = store.individuals().require(actor.individual).unwrap();
    assert_eq!((person.email.as_str(), person.first_name.as_str()), ("jane@team.example", "Jane"));
    assert_eq!(person.position.as_deref(), Some("analyst"));
    let aligned = store.alignments().find().organisation(organisation_id(1)).all().unwrap();
    assert!(aligned.iter().any(|alignment| alignment.individual == person.id));
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn neither_password_nor_hash_stands_where_somebody_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    let store = filled(options().open(&path).unwrap());
    let one = register(&store);
    // What is inserted is treated like what is submitted.
    let id = store.next_id().into();
    let mut raw = InboxMessage::new(id, "User", "Registration", "192.0.2.2");
    raw.data = jane();
    raw.data.insert("confirm_password".to_owned(), PASSWORD.into());
    let two = store.inbox().insert(raw).unwrap();
    assert_eq!(two.data, one.data, "and nothing but what a registration has");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let hashes: Vec<String> = connection
        .prepare("SELECT hash FROM inbox_password")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(hashes.len(), 2);
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$")));
    let views: Vec<String> = ["feed_v", "inbox_message_v", "outbox_message_v"]
        .iter()
        .flat_map(|view| {
            let mut statement = connection.prepare(&format!("SELECT * FROM {view}")).unwrap();
            let columns = statement.column_count();
            statement
                .query_map([], |row| {
                    let cell = |at| Ok(format!("{:?}", row.get::<_, rusqlite::types::Value>(at)?));
                    (0..columns).map(cell).collect::<Result<String, rusqlite::Error>>()
                })
                .unwrap()
                .collect::<Result<Vec<_>, _>>()
                .unwrap()
        })
        .collect();
    let approval = Approval::new(Applicant::New);
    let done = store.process(one.id, &approval.to_request()).unwrap();
    let discarded = store.discard(two.id).unwrap();
    let everything =
        format!("{} {} {done:?} {discarded:?} {store:?}", told(&store), views.concat());
    for secret in hashes.iter().map(String::as_str).chain([PASSWORD, "argon2"]) {
        assert!(!everything.contains(secret), "{secret}");
    }
    let left: i64 =
        connection.query_row("SELECT count(*) FROM inbox_password", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0, "it went with the message");
    // Not even the file holds the password itself.
    drop((connection, store));
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
    }
}

#[test]
fn everything_that_is_wrong_is_told_and_nothing_is_stored() {
    let store = store();
    let cursor = store.cursor().unwrap();
    let wrong = data(&json!({
        "username": " ", "email": "nobody", "first_name": "", "password": "secretpass12",
    }));
    let problems = store.check_submission("User", "Registration", wrong.clone()).unwrap();
    let fields: Vec<&str> = problems.iter().map(Problem::field).collect();
    assert_eq!(fields, ["username", "email", "first_name", "password"]);
    let error = store.submit("User", "Registration", "192.0.2.1", wrong.clone()).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert_eq!(error.context().count(), 4);
    let shown = format!("{error} {error:?} {problems:?}");
    assert!(!shown.contains("secretpass12"), "{shown}");
    let mut raw = InboxMessage::new(store.next_id().into(), "User", "Registration", "x");
    raw.data = wrong;
    assert_eq!(store.inbox().insert(raw.clone()).unwrap_err().kind(), Kind::Invalid);
    raw.data = jane();
    raw.data.remove("password");
    assert_eq!(store.inbox().insert(raw.clone()).unwrap_err().kind(), Kind::Invalid);
    raw.data = jane();
    for origin in ["", "  ", &"x".repeat(192)] {
        origin.clone_into(&mut raw.origin);
        assert_eq!(store.inbox().insert(raw.clone()).unwrap_err().kind(), Kind::Invalid);
    }
    for (scope, action) in [
        ("User", "Deletion"),
        ("user", "Registration"),
        ("", ""),
        ("Synchronisation", "DataExchange"),
    ] {
        let refused = store.submit(scope, action, "192.0.2.1", jane());
        assert_eq!(refused.unwrap_err().kind(), Kind::NotFound, "{scope}.{action}");
    }
    let mut large = jane();
    large.insert("padding".to_owned(), "x".repeat(1 << 20).into());
    let refused = store.submit("User", "Registration", "192.0.2.1", large);
    assert_eq!(refused.unwrap_err().kind(), Kind::Exhausted);
    assert_eq!(store.cursor().unwrap(), cursor);
}

#[test]
fn a_registration_that_cannot_be_approved_stays_and_leaves_nothing_behind() {
    let store = store();
    let message = register(&store);
    let (before, cursor) = (snapshot(&store), store.cursor().unwrap());
    let new = || Approval::new(Applicant::New);
    let known = |number| Approval::new(Applicant::Known(individual_id(number)));
    let with = |mut approval: Approval, change: &dyn Fn(&mut Approval)| {
        change(&mut approval);
        approval.to_request()
    };
    let unknown = Uuid::from_u128(0x404);
    let requests = [
        (json!({}), Kind::Invalid),
        (json!({ "individual": "newest" }), Kind::Invalid),
        (json!({ "individual": "new", "password": "x" }), Kind::Invalid),
        (json!(["new"]), Kind::Invalid),
        (known(99).to_request(), Kind::NotFound),
        (known(1).to_request(), Kind::Conflict),
        (with(new(), &|it| it.username = Some("ADMIN".to_owned())), Kind::Conflict),
        (with(new(), &|it| it.username = Some("x".to_owned())), Kind::Invalid),
        (with(new(), &|it| it.role = Some(unknown.into())), Kind::NotFound),
        (with(new(), &|it| it.organisation = Some(unknown.into())), Kind::Invalid),
        (with(new(), &|it| it.email = Some("P1@EXAMPLE.ORG".to_owned())), Kind::Conflict),
        (with(new(), &|it| it.email = Some("nobody".to_owned())), Kind::Invalid),
        (with(new(), &|it| it.uuid = Some(individual_id(2))), Kind::Conflict),
    ];
    for (request, kind) in requests {
        let error = store.process(message.id, &request).unwrap_err();
        assert_eq!(error.kind(), kind, "{request} {error}");
        assert_eq!(snapshot(&store), before, "{request}");
        assert_eq!(store.cursor().unwrap(), cursor, "{request}");
    }
    let nothing = store.process(Uuid::from_u128(1).into(), &json!({}));
    assert_eq!(nothing.unwrap_err().kind(), Kind::NotFound);
    store.process(message.id, &new().to_request()).unwrap();
    let again = store.process(message.id, &new().to_request());
    assert_eq!(again.unwrap_err().kind(), Kind::NotFound, "once");
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn a_person_who_is_known_is_suggested_and_gets_the_user() {
    let store = store();
    let known = individual(9, "JANE@team.example").build();
    store.individuals().insert(known).unwrap();
    let mut sent = jane();
    sent.insert("org_uuid".to_owned(), organisation_id(2).to_string().into());
    let message = store.submit("User", "Registration", "192.0.2.1", sent).unwrap();
    let mut approval: Approval =
        serde_json::from_value(store.suggest(message.id).unwrap()).unwrap();
    assert_eq!(approval.individual, Applicant::Known(individual_id(9)));
    assert_eq!(approval.organisation, Some(organisation_id(2)), "the UUID comes first");
    assert_eq!(approval.email, None);
    approval.disabled = true;
    approval.username = Some("Jane Roe".to_owned());
    let count = store.individuals().find().count().unwrap();
    store.process(message.id, &approval.to_request()).unwrap();
    assert_eq!(store.individuals().find().count().unwrap(), count);
    let name: Username = "jane roe".parse().unwrap();
    let user = store.users().find().name(name.as_str()).all().unwrap().remove(0);
    assert!(user.disabled && user.password_changed.is_some());
    assert!(store.check_password("jane roe", &PASSWORD.into()).is_err(), "kept out");
    // Two of one name are none.
    store.organisations().insert(organisation(3, "TEAM 1").build()).unwrap();
    let message = store.submit("User", "Registration", "192.0.2.1", jane()).unwrap();
    assert_eq!(store.suggest(message.id).unwrap().get("organisation"), None);
}

#[test]
fn who_may_do_what_with_messages() {
    let store = store();
    let message = register(&store);
    let request = Approval::new(Applicant::New).to_request();
    for number in [3, 4] {
        let seen = seen_by(&store, number);
        assert_eq!(seen.inbox().find().count().unwrap(), 0);
        for refused in [
            seen.process(message.id, &request).map(drop),
            seen.discard(message.id).map(drop),
            seen.suggest(message.id).map(drop),
            seen.inbox().remove(message.id).map(drop),
        ] {
            assert_eq!(refused.unwrap_err().kind(), Kind::NotFound, "hidden is not there");
        }
        let sent = seen.submit("User", "Registration", "192.0.2.3", jane());
        match number {
            3 => assert_eq!(sent.unwrap().user, Some(user_id(3)), "the sender"),
            _ => assert_eq!(sent.unwrap_err().kind(), Kind::Denied),
        }
    }
    // Whoever sends cannot say that somebody else did.
    let peer = seen_by(&store, 3);
    let mut raw = InboxMessage::new(store.next_id().into(), "User", "Registration", "192.0.2.4");
    raw.data = jane();
    raw.user = Some(user_id(3));
    raw.title = "Free money".to_owned();
    raw.severity = Severity::Danger;
    let sent = peer.inbox().insert(raw.clone()).unwrap();
    assert_eq!((sent.user, sent.severity), (Some(user_id(3)), Severity::Warning));
    assert_eq!(sent.title, "Registration of jane@team.example");

    let community = seen_by(&store, 2);
    assert_eq!(community.inbox().find().count().unwrap(), 3);
    assert_eq!(community.outbox().find().count().unwrap(), 0);
    // Nobody grants what they do not hold.
    let mut approval = Approval::new(Applicant::New);
    approval.role = Some(role_id(1));
    let refused = community.process(message.id, &approval.to_request()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied);
    assert!(store.inbox().get(message.id).unwrap().is_some());
    approval.role = Some(role_id(2));
    approval.organisation = Some(organisation_id(1));
    community.process(message.id, &approval.to_request()).unwrap();
    let set = store.change_sets(1).unwrap().remove(0);
    assert_eq!(set.user(), Some(user_id(2)));
    store.check_password("jane.doe", &PASSWORD.into()).unwrap();
    community.discard(sent.id).unwrap();

    let out = OutboxMessage::new(store.next_id().into(), "Broods", "ResendFailedMessage", "Late");
    let out = seen_by(&store, 1).outbox().insert(out).unwrap();
    assert_eq!(community.outbox().get(out.id).unwrap(), None);
    assert_eq!(community.outbox().remove(out.id).unwrap_err().kind(), Kind::NotFound);
    let site = role(6, "Site").grants(Permission::Admin).build();
    store.roles().insert(site).unwrap();
    store.individuals().insert(individual(6, "p6@example.org").build()).unwrap();
    store.users().insert(user(6, "site admin", 6).build()).unwrap();
    let site = seen_by(&store, 6);
    assert_eq!(site.inbox().find().count().unwrap(), 0);
    assert_eq!(site.outbox().require(out.id).unwrap(), out);
    site.outbox().remove(out.id).unwrap();
}

#[test]
fn a_message_stays_as_it_came() {
    let store = store();
    let message = register(&store);
    let cursor = store.cursor().unwrap();
    assert_eq!(store.inbox().update(message.clone()).unwrap(), message);
    let mut changed = message.clone();
    changed.data.insert("password".to_owned(), "Password12345".into());
    assert_eq!(store.inbox().update(changed).unwrap_err().kind(), Kind::Invalid);
    let mut changed = message;
    changed.severity = Severity::Primary;
    assert_eq!(store.inbox().upsert(changed).unwrap_err().kind(), Kind::Invalid);
    assert_eq!(store.cursor().unwrap(), cursor);
}

#[test]
fn five_registrations_from_one_place_are_enough_for_five_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    let clock = SetClock::at("2026-03-01 12:00:00");
    let open = || Store::options().clock(clock.clone()).open(&path).unwrap();
    let send = |store: &Store, origin: &str| store.submit("User", "Registration", origin, jane());
    let store = filled(open());
    // What is refused for another reason does not count.
    for _ in 0..10 {
        let refused = store.submit("User", "Registration", "192.0.2.1", MessageData::new());
        assert_eq!(refused.unwrap_err().kind(), Kind::Invalid);
    }
    for second in 0..5 {
        clock.set(&format!("2026-03-01 12:00:0{second}"));
        send(&store, "192.0.2.1").unwrap();
    }
    let refused = send(&store, "192.0.2.1").unwrap_err();
    assert_eq!(refused.kind(), Kind::Exhausted);
    drop(store);
    let store = open();
    assert_eq!(send(&store, " 192.0.2.1 ").unwrap_err().kind(), Kind::Exhausted, "it is kept");
    let mut raw = InboxMessage::new(store.next_id().into(), "User", "Registration", "192.0.2.1");
    raw.data = jane();
    assert_eq!(store.inbox().insert(raw).unwrap_err().kind(), Kind::Exhausted);
    send(&store, "192.0.2.2").unwrap();
    clock.set("2026-03-01 12:04:59");
    assert_eq!(send(&store, "192.0.2.1").unwrap_err().kind(), Kind::Exhausted);
    clock.set("2026-03-01 12:05:00");
    send(&store, "192.0.2.1").unwrap();
    assert_eq!(send(&store, "192.0.2.1").unwrap_err().kind(), Kind::Exhausted);
    // A clock that was wrong by years locks nobody out.
    clock.set("2036-03-01 12:00:00");
    for _ in 0..5 {
        send(&store, "192.0.2.1").unwrap();
    }
    clock.set("2026-03-01 12:20:00");
    send(&store, "192.0.2.1").unwrap();
    // Gone with the limit.
    let mut rules = InboxRules::default();
    rules.limit_arrivals = false;
    store.set_inbox_rules(rules).unwrap();
    for _ in 0..6 {
        send(&store, "192.0.2.1").unwrap();
    }
    assert_eq!(store.inbox_rules().unwrap(), rules);
    let refused = seen_by(&store, 2).set_inbox_rules(InboxRules::default());
    assert_eq!(refused.unwrap_err().kind(), Kind::Denied);
}

#[test]
fn messages_are_found_by_views_and_filters() {
    let store = store();
    let registration = register(&store);
    let peer = seen_by(&store, 3);
    let sent = peer.submit("User", "Registration", "https://peer.example", jane()).unwrap();
    let manager = seen_by(&store, 4);
    let mut team = manager.organisations().require(organisation_id(1)).unwrap();
    team.url = Some("https://a.example".to_owned());
    manager.organisations().update(team).unwrap();
    let find = |filters: Vec<Filter>| {
        let mut find = store.inbox().find().descending();
        for filter in filters {
            find = find.filter(filter);
        }
        let found = find.all().unwrap();
        found.into_iter().map(|message| message.title).collect::<Vec<_>>()
    };
    let view = |view: InboxView, number: u128| find(view.filters(Some(user_id(number))));
    let (jane, team) = ("Registration of jane@team.example", "Organisation Team 1 changed");
    assert_eq!(view(InboxView::Own, 1), [team, jane], "newest first");
    assert_eq!(view(InboxView::Own, 3), [jane, jane]);
    assert_eq!(view(InboxView::Registrations, 1), [jane, jane]);
    assert_eq!(view(InboxView::DataChanged, 1), [team]);
    assert_eq!(view(InboxView::DataChanged, 2), [""; 0]);
    assert_eq!(view(InboxView::Interconnections, 1), [""; 0]);
    assert_eq!(view(InboxView::Severity(Severity::Primary), 1), [team]);
    assert_eq!(view(InboxView::Severity(Severity::Warning), 1), [jane, jane]);
    assert_eq!(find(InboxView::Own.filters(None)).len(), 3);
    // Whoever is seen as finds the same.
    let admin = seen_by(&store, 1);
    for view in InboxView::ALL {
        let filters = view.filters(Some(user_id(1)));
        let found = filters.iter().cloned().fold(admin.inbox().find(), Find::filter);
        assert_eq!(found.count().unwrap(), find(filters).len() as u64, "{view}");
    }
    assert_eq!(admin.inbox().find().filter(Filter::Told("jane@".to_owned())).count().unwrap(), 2);
    let is = |column, text: &str| vec![Filter::Text(column, TextTest::Equals(text.to_owned()))];
    assert_eq!(find(is(Column::Origin, "HTTPS://peer.example")), [jane]);
    assert_eq!(find(is(Column::Scope, "Notification")), [team]);
    assert_eq!(find(is(Column::Title, team)), [team]);
    assert_eq!(find(is(Column::Message, "1 field changed")), [team]);
    assert_eq!(find(vec![Filter::Told("FIELD".to_owned())]), [team]);
    assert_eq!(find(vec![Filter::Told("jane@".to_owned())]), [jane, jane]);
    assert_eq!(find(vec![Filter::User(user_id(3))]), [jane]);
    let pages: Vec<_> = store.inbox().find().order_by(OrderBy::Name).page(1).collect();
    assert_eq!(pages.len(), 3);
    let told = store.users().find().filter(Filter::Told("x".to_owned())).count();
    assert_eq!(told.unwrap_err().kind(), Kind::Invalid);
    // Messages go with the user; what nobody sent stays.
    store.users().remove(user_id(3)).unwrap();
    assert_eq!(store.inbox().get(sent.id).unwrap(), None);
    assert!(store.inbox().get(registration.id).unwrap().is_some());
    assert_eq!(check::store(&store), Vec::<String>::new());
}

#[test]
fn what_was_done_is_undone_but_no_password_comes_back() {
    let store = store();
    let message = register(&store);
    let before = snapshot(&store);
    let mut approval = Approval::new(Applicant::New);
    approval.organisation = Some(organisation_id(1));
    store.process(message.id, &approval.to_request()).unwrap();
    let set = store.change_sets(1).unwrap().remove(0);
    let report = store.undo(set.id).unwrap();
    assert_eq!(snapshot(&store), before, "all of it");
    assert_eq!(report.conflicts.len(), 1, "{report:?}");
    assert!(report.conflicts[0].reason.contains("without password"));
    let done = store.process(message.id, &approval.to_request()).unwrap();
    assert!(done.message.contains("without a password"), "{}", done.message);
    assert!(store.check_password("jane.doe", &PASSWORD.into()).is_err());
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
    assert_eq!(store.history(EntityKind::InboxMessage, message.id.uuid()).unwrap().len(), 4);
}

#[test]
fn messages_about_a_person_go_with_the_person() {
    let store = store();
    let message = register(&store);
    let person = individual(9, "jane@team.example").build();
    let person = store.individuals().insert(person).unwrap();
    let mut out = OutboxMessage::new(store.next_id().into(), "Broods", "ResendFailedMessage", "x");
    out.data.insert("sent".to_owned(), json!({ "who": "Jane@team.example" }));
    let out = store.outbox().insert(out).unwrap();
    let other = store.submit("User", "Registration", "x", {
        let mut other = jane();
        other.insert("email".to_owned(), "joe@team.example".into());
        other
    });
    let other = other.unwrap();
    assert_eq!(store.erase_preview(person.id).unwrap().messages, 2);
    let report = store.erase(person.id).unwrap();
    assert_eq!((report.messages, report.mentions.len()), (2, 0));
    assert_eq!(store.inbox().get(message.id).unwrap(), None);
    assert_eq!(store.outbox().get(out.id).unwrap(), None);
    assert!(store.inbox().get(other.id).unwrap().is_some());
    assert!(!told(&store).to_lowercase().contains("jane@team.example"));
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
}

#[test]
fn an_older_database_gets_an_inbox() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.db");
    {
        drop(filled(options().open(&path).unwrap()));
        // As the version before left it.
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "DROP VIEW inbox_message_v; DROP VIEW outbox_message_v; DROP TABLE inbox_message;
                 DROP TABLE outbox_message; DROP TABLE inbox_password; DROP TABLE arrival;
                 DROP INDEX change_set_actor;
                 PRAGMA user_version = 5;",
            )
            .unwrap();
    }
    let store = Store::open(&path).unwrap();
    assert!(folder.path().join("contacts.db.before-v6").is_file());
    let message = register(&store);
    store.process(message.id, &Approval::new(Applicant::New).to_request()).unwrap();
    store.check_password("jane.doe", &PASSWORD.into()).unwrap();
    assert!(store.verify(Reference::FileAlone).unwrap().is_clean());
    let connection = rusqlite::Connection::open(&path).unwrap();
    let kinds: i64 = connection
        .query_row("SELECT count(*) FROM feed_v WHERE kind = 'inbox_message'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kinds, 2);
}
