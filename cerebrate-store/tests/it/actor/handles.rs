//! What each method of a store is for a user without any permission: no method is a way around.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cerebrate_core::access::{Permission, Permissions};
use cerebrate_core::audit::chain::Reference;
use cerebrate_core::error::{Error, Kind};
use cerebrate_core::meta::upgrade::Strategy;
use cerebrate_core::node_key::NodeKey;
use cerebrate_core::secret::SecretText;
use cerebrate_core::value::Timestamp;
use cerebrate_store::Store;
use cerebrate_store::store::{Author, InboxRules, Mentions, RetiredKeys, UserRules};
use cerebrate_testkit::builders::{individual_id, organisation, organisation_id};

use super::small_world::{ME, NOWHERE, OTHER, actor, of, user_id, world};

/// What a method is for somebody without any permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum For {
    /// Answers what the user sees.
    Eyes,
    /// Does what the user may, and signs it.
    Rights,
    /// `Denied`, before anything is done.
    Nobody,
    /// The same for everybody: tells of no record and changes none.
    Everybody,
}

use For::{Everybody, Eyes, Nobody, Rights};

/// Every method of a store. Whoever adds one says here what a user gets of it, and why that is no way
/// around sight and rights.
const METHODS: &[(For, &[&str])] = &[
    (
        Eyes,
        &[
            "activity",
            "actor",
            "change_set",
            "change_sets",
            "change_sets_where",
            "changes_at_most",
            "changes_of",
            "changes_since",
            "choices",
            "constituency_report",
            "default_role",
            "done_by",
            "duplicates",
            "explain",
            "export",
            "history",
            "library",
            "lookup",
            "name_directory",
            "responsible_for",
            "responsible_for_all",
            "search",
            "statistics",
            "suggest",
        ],
    ),
    (
        Rights,
        &[
            "alignments",
            "auth_keys",
            "discard",
            "discard_by",
            "encryption_keys",
            "ensure_role",
            "enumeration_collections",
            "import_individuals",
            "import_organisations",
            "inbox",
            "individuals",
            "issue_auth_key",
            "issue_auth_key_by",
            "load_shipped_templates",
            "mailing_lists",
            "meta_templates",
            "organisation_groups",
            "organisations",
            "outbox",
            "permission_limitations",
            "process",
            "process_by",
            "register_processor",
            "roles",
            "set_password",
            "set_password_by",
            "sharing_groups",
            "submit",
            "submit_message",
            "tags",
            "templates",
            "transaction",
            "transaction_by",
            "undo",
            "undo_by",
            "undo_preview",
            "undo_preview_where",
            "undo_where",
            "user_settings",
            "users",
        ],
    ),
    (
        Nobody,
        &[
            "backup",
            "erase",
            "erase_by",
            "erase_preview",
            "head",
            "is_scrub_due",
            "node_key",
            "node_key_id",
            "prune",
            "prune_by",
            "prune_preview",
            "reference",
            "reference_of",
            "retired_node_keys",
            "rotate_node_key",
            "scrub",
            "set_inbox_rules",
            "set_user_rules",
            "verify",
            "verify_against",
        ],
    ),
    (
        Everybody,
        &[
            // Logging in: whoever has the password or the key is that user.
            "check_auth_key",
            "check_password",
            // Opens another store, by other means.
            "in_memory",
            "open",
            "options",
            "over",
            // Stays the store of the same user.
            "as_actor",
            "seen_as",
            // How far the feed is, what the node is called, what it wants of its users and messages.
            "check_submission",
            "cursor",
            "inbox_rules",
            "is_read_only",
            "next_id",
            "node",
            "processors",
            "user_rules",
            // Tidies the log; nothing in it changes.
            "tidy",
        ],
    ),
];

#[test]
fn every_method_is_listed() {
    let listed: BTreeMap<&str, For> = METHODS
        .iter()
        .flat_map(|(whom, names)| names.iter().map(move |name| (*name, *whom)))
        .collect();
    assert_eq!(listed.len(), METHODS.iter().map(|(_, names)| names.len()).sum::<usize>());
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.sort_unstable();
    assert_eq!(found, listed.keys().copied().collect::<Vec<_>>(), "say in `METHODS` what it is");
}

/// The public methods in the blocks `impl Store` of a folder.
fn collect(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut is_within = false;
        for line in text.lines() {
            is_within = (is_within || line == "impl Store {") && line != "}";
            let Some(signature) = line.strip_prefix("    pub fn ").filter(|_| is_within) else {
                continue;
            };
            found.push(signature.split(['(', '<']).next().unwrap().to_owned());
        }
    }
}

fn kind<T>(answer: Result<T, Error>) -> Option<Kind> {
    answer.err().map(|error| error.kind())
}

#[test]
fn what_is_for_nobody_is_denied_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = world();
    let head = store.head().unwrap();
    let seen = store.as_actor(&of(&[]));
    let (person, early, author) = (individual_id(ME), Timestamp::from_unix(0), Author::local());
    let copy = folder.path().join("copy.db");
    let answers = [
        ("backup", kind(seen.backup(&copy))),
        ("erase", kind(seen.erase(person))),
        ("erase_by", kind(seen.erase_by(&author, person, Mentions::Refuse))),
        ("erase_preview", kind(seen.erase_preview(person))),
        ("head", kind(seen.head())),
        ("is_scrub_due", kind(seen.is_scrub_due())),
        ("node_key", kind(seen.node_key())),
        ("node_key_id", kind(seen.node_key_id())),
        ("prune", kind(seen.prune(early))),
        ("prune_by", kind(seen.prune_by(&author, early))),
        ("prune_preview", kind(seen.prune_preview(early))),
        ("reference", kind(seen.reference())),
        ("reference_of", kind(seen.reference_of(&head))),
        ("retired_node_keys", kind(seen.retired_node_keys())),
        ("rotate_node_key", kind(seen.rotate_node_key(NodeKey::new([9; 32]), RetiredKeys::Drop))),
        ("scrub", kind(seen.scrub())),
        ("set_inbox_rules", kind(seen.set_inbox_rules(InboxRules::default()))),
        ("set_user_rules", kind(seen.set_user_rules(&UserRules::default()))),
        ("verify", kind(seen.verify(Reference::FileAlone))),
        ("verify_against", kind(seen.verify_against(&[Reference::FileAlone]))),
    ];
    for (method, answer) in answers {
        assert_eq!(answer, Some(Kind::Denied), "{method}");
    }
    let asked: Vec<&str> = answers.iter().map(|(method, _)| *method).collect();
    let nobodys = METHODS.iter().find(|(whom, _)| *whom == Nobody).unwrap().1;
    assert_eq!(asked, nobodys, "each of them is asked");
    assert!(!copy.exists());
    assert_eq!(store.head().unwrap().head.hash, head.head.hash);
}

#[test]
fn what_takes_rights_changes_nothing_without_them() {
    let store = world();
    let before = store.cursor().unwrap();
    let seen = store.as_actor(&of(&[]));
    let password: SecretText = "correct horse battery".into();
    let team = organisation(70, "New").build();
    let denied = Some(Kind::Denied);
    assert_eq!(kind(seen.organisations().insert(team.clone())), denied);
    let within = seen.transaction(|all| all.organisations().insert(team.clone()));
    assert_eq!(kind(within), denied);
    let author = Author::user(user_id(3));
    let within = seen.transaction_by(&author, |all| all.organisations().insert(team));
    assert_eq!(kind(within), denied);
    assert_eq!(kind(seen.set_password(user_id(OTHER), &password)), Some(Kind::NotFound));
    assert_eq!(kind(seen.issue_auth_key(user_id(OTHER), None, None)), Some(Kind::Invalid));
    let group = store.sharing_groups().find().all().unwrap()[0].id;
    let replica = store.sharing_groups().replica(group).unwrap().unwrap();
    assert_eq!(kind(seen.sharing_groups().merge_replica(&replica)), denied);
    let set = store.change_sets(1).unwrap()[0].id;
    assert_eq!(kind(seen.undo(set)), Some(Kind::NotFound));

    let templates = seen.templates();
    let template = templates.require("cerebrate/csirt-constituency").unwrap();
    let key = template.key();
    // What is so already is no change.
    let (is_enabled, is_default) = (template.template().enabled, template.template().is_default);
    assert_eq!(kind(templates.disable(key)), denied.filter(|_| is_enabled));
    assert_eq!(kind(templates.enable(key)), denied.filter(|_| !is_enabled));
    assert_eq!(kind(templates.clear_default(key)), denied.filter(|_| is_default));
    assert_eq!(kind(templates.set_default(key)), denied.filter(|_| !is_default));
    assert_eq!(kind(templates.remove(key)), denied);
    assert_eq!(kind(templates.update(key.id, Strategy::DeleteAll)), denied);
    assert_eq!(kind(templates.update_all(Strategy::DeleteAll)), denied);
    let mut other = template.template().clone();
    other.key.version += 1;
    assert_eq!(kind(templates.load(other.clone())), denied);
    assert_eq!(kind(templates.update_to(other, Strategy::KeepBoth)), denied);
    assert_eq!(kind(seen.load_shipped_templates()), None, "all are there");
    assert_eq!(seen.ensure_role().unwrap(), None, "there are roles");
    assert_eq!(store.cursor().unwrap(), before);

    let empty = Store::in_memory().unwrap();
    assert_eq!(kind(empty.as_actor(&of(&[])).load_shipped_templates()), denied);
    assert_eq!(kind(empty.as_actor(&of(&[])).ensure_role()), denied);
}

#[test]
fn a_store_stays_that_of_its_user() {
    let store = world();
    let plain = of(&[]);
    let seen = store.as_actor(&plain);
    let mut mighty = actor(Permissions::all());
    mighty.user = user_id(3);
    let again = seen.as_actor(&mighty);
    assert_eq!(again.seen_as(), Some(&plain));
    assert_eq!(again.organisations().find().count().unwrap(), 1);
    assert_eq!(kind(again.head()), Some(Kind::Denied));
    assert_eq!(kind(again.organisations().require(organisation_id(OTHER))), Some(Kind::NotFound));
}

#[test]
fn a_hash_is_brought_along_by_community_admins() {
    let store = world();
    // Of a password that nobody could choose here.
    let hash: SecretText = "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy".into();
    let set = |permissions: &[Permission], user: u128| {
        let seen = store.as_actor(&of(permissions));
        kind(seen.transaction(|all| all.set_password_hash(user_id(user), &hash)))
    };
    assert_eq!(set(&[], ME), Some(Kind::Denied));
    assert_eq!(set(&[Permission::Admin, Permission::OrganisationAdmin], ME), Some(Kind::Denied));
    assert_eq!(set(&[Permission::CommunityAdmin], NOWHERE), None);
}
