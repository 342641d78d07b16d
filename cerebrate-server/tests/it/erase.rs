//! `audit erase`, `prune`, `scrub`, and the log narrowed and taken back.

use cerebrate_core::clock::Clock;
use cerebrate_core::value::Timestamp;
use cerebrate_store::{Store, sample};
use serde_json::Value;

use crate::Place;

const JANE: &str = "jane@team.example";

struct LongAgo;

impl Clock for LongAgo {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_700_000_000)
    }
}

fn with_jane() -> (Place, String) {
    let place = Place::sample();
    let added = ["individual", "add", JANE, "--set", "first_name=Janeforename"];
    let id = place.ok(&added).out.lines().next().unwrap().trim().to_owned();
    place.ok(&["individual", "edit", JANE, "--set", "last_name=Roentgenova"]);
    (place, id)
}

fn is_in_a_file(place: &Place, text: &str) -> bool {
    std::fs::read_dir(place.path(".")).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
    })
}

#[test]
fn a_person_is_erased_and_the_trail_verifies() {
    let (place, id) = with_jane();
    assert!(is_in_a_file(&place, JANE));
    let would = place.ok(&["audit", "erase", JANE, "--dry-run"]);
    assert!(would.out.contains("would be removed, 3 rows would be erased"), "{would:?}");
    place.ok(&["individual", "show", JANE]);
    let erased = place.ok(&["audit", "erase", JANE]);
    assert_eq!(erased.out, format!("individual {id}: the record removed, 3 rows erased\n"));
    for text in [JANE, "Roentgenova", "Janeforename"] {
        assert!(!is_in_a_file(&place, text), "{text}");
    }
    let verified = place.ok(&["audit", "verify"]);
    assert!(verified.out.contains("nothing was changed"), "{verified:?}");
    assert!(verified.err.contains("3 rows erased"), "{verified:?}");
    let history = place.ok(&["history", "individual", &id]);
    assert_eq!(history.out.matches("(erased)").count(), 3, "{history:?}");
    assert!(history.out.contains(&format!("erase individual {id} 3 rows")), "{history:?}");
    place.fails(1, &["audit", "erase", JANE]);
    let twice = place.fails(1, &["audit", "erase", &id]);
    assert!(twice.err.contains("erased before"), "{twice:?}");
    place.fails(1, &["audit", "erase", "00000000-0000-4000-8000-00000000dead"]);
}

#[test]
fn an_erasure_in_json_says_what_went() {
    let (place, id) = with_jane();
    place.ok(&["organisation", "edit", "CIRCL", "--set", "contacts=ask jane@team.example"]);
    let refused = place.fails(1, &["audit", "erase", &id]);
    assert!(
        refused.err.contains("CIRCL") && refused.err.contains("--keep-mentions"),
        "{refused:?}"
    );
    let report = place.ok(&["audit", "erase", &id, "--keep-mentions", "--json"]);
    let json = report.json();
    assert_eq!((&json["individual"], &json["removed"]), (&id.clone().into(), &true.into()));
    assert_eq!((&json["rows"], &json["scrubbed"]), (&3.into(), &true.into()));
    assert_eq!(json["mentions"][0]["kind"], "organisation");
    let changes = place.ok(&["changes", "--json"]).json();
    let last = changes["changes"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["action"], &last["entity"]), (&"erase".into(), &id.into()));
    assert_eq!(last["payload"]["erasure"]["cause"], "person");
    assert_eq!(place.ok(&["audit", "verify", "--json"]).json()["erased"], 3);
}

#[test]
fn a_copy_from_before_an_upgrade_is_told() {
    let (place, _) = with_jane();
    place.write("cerebrate.db.before-v5", JANE);
    place.write("other.db.before-v5", JANE);
    let erased = place.ok(&["audit", "erase", JANE]);
    assert!(erased.err.contains("`cerebrate.db.before-v5` is an older copy"), "{erased:?}");
    assert!(!erased.err.contains("other.db"), "{erased:?}");
}

#[test]
fn the_trail_is_pruned_before_a_time() {
    let place = Place::empty();
    {
        let long_ago = Store::options().clock(LongAgo).open(place.path("cerebrate.db")).unwrap();
        long_ago.load_shipped_templates().unwrap();
        sample::load(&long_ago).unwrap();
    }
    place.ok(&["organisation", "edit", "CIRCL", "--set", "sector=energy"]);
    let log = place.ok(&["audit", "log", "--json"]).json();
    let newest = log[0]["time"].as_str().unwrap().to_owned();
    let would = place.ok(&["audit", "prune", "--before", &newest, "--dry-run"]);
    assert!(would.out.contains("would be erased"), "{would:?}");
    let pruned = place.ok(&["audit", "prune", "--before", &newest, "--json"]).json();
    let rows = pruned["rows"].as_u64().unwrap();
    assert!(rows > 20 && would.out.starts_with(&format!("{rows} rows")), "{would:?}");
    place.ok(&["audit", "verify"]);
    let history = place.ok(&["history", "organisation", "CIRCL"]).out;
    assert!(history.contains("(erased)") && history.contains("`energy`"), "{history}");
    let changes = place.ok(&["changes"]).out;
    assert!(changes.contains(&format!("rows from before {newest}")), "{changes}");
    let again = place.ok(&["audit", "prune", "--before", &newest]);
    assert!(again.out.starts_with("0 rows"), "{again:?}");
    place.fails(1, &["audit", "prune", "--before", "2999-01-01"]);
    place.fails(2, &["audit", "prune"]);
    assert!(place.ok(&["audit", "scrub"]).err.contains("nothing of what was erased"));
}

#[test]
fn the_log_is_narrowed_and_goes_on() {
    let place = Place::sample();
    place.ok(&["organisation", "edit", "CIRCL", "--set", "sector=energy"]);
    place.ok(&["tag", "add", "tlp:green"]);
    let sets = |arguments: &[&str]| {
        let log = [&["audit", "log", "--json"], arguments].concat();
        place.ok(&log).json().as_array().unwrap().clone()
    };
    let all = sets(&[]);
    let of_tags = sets(&["--kind", "tag"]);
    assert!(of_tags.contains(&all[0]) && !of_tags.contains(&all[1]), "{of_tags:?}");
    assert_eq!(sets(&["--kind", "organisation", "--record", "CIRCL", "--limit", "1"]), all[1..2]);
    place.fails(1, &["audit", "log", "--user", "nobody"]);
    assert_eq!(sets(&["--since", "2999-01-01"]), Vec::<Value>::new());
    assert_eq!(sets(&["--origin", "sample"]).len(), 1);
    let first = place.ok(&["audit", "log", "--limit", "1"]);
    let id = all[0]["id"].as_str().unwrap();
    assert!(first.err.contains(&format!("there is more: go on with `--before {id}`")), "{first:?}");
    assert_eq!(sets(&["--before", id]), all[1..]);
    assert!(!place.ok(&["audit", "log"]).err.contains("there is more"));
    place.fails(2, &["audit", "log", "--record", "CIRCL"]);
    place.fails(1, &["audit", "log", "--before", "00000000-0000-4000-8000-00000000dead"]);
    place.fails(1, &["audit", "log", "--kind", "nonsense"]);
}

#[test]
fn an_import_is_taken_back_by_its_origin() {
    let place = Place::sample();
    let count = || {
        place.ok(&["organisation", "list", "--json"]).json().to_string().matches("Imported").count()
    };
    for name in ["a", "b"] {
        place.write(&format!("{name}.csv"), format!("name\nImported {name}\n"));
        place.ok(&["import", "organisations", &format!("{name}.csv")]);
    }
    assert_eq!(count(), 2);
    let undone = place.ok(&["audit", "undo", "--origin", "import a.csv"]);
    assert!(undone.err.contains("1 change taken back, 0 left alone"), "{undone:?}");
    assert_eq!(count(), 1);
    place.fails(1, &["audit", "undo", "--origin", "import c.csv"]);
    place.fails(1, &["audit", "undo", "--user", "nobody", "--since", "2026-01-01"]);
    let id = "00000000-0000-4000-8000-00000000dead";
    for wrong in [
        &["audit", "undo"][..],
        &["audit", "undo", "--since", "2026-01-01"],
        &["audit", "undo", "--user", "ada"],
        &["audit", "undo", id, "--origin", "local"],
        &["audit", "undo", id, "--since", "2026-01-01"],
    ] {
        place.fails(2, wrong);
    }
}
