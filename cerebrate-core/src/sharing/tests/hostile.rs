//! What comes from outside is refused with a reason or stays harmless.

use std::fmt::Write as _;

use super::{group, member, node};
use crate::Kind;
use crate::sharing::{Context, GroupReplica, MAX_NODES, MAX_SIBLINGS, Register, Seen};

fn register_of(siblings: usize, nodes: usize) -> String {
    let mut held = String::new();
    for number in 0..siblings {
        let comma = if number == 0 { "" } else { "," };
        write!(held, r#"{comma}[1,"{}",true]"#, node(number)).unwrap();
    }
    format!(r#"{{"held":[{held}],"seen":{}}}"#, context_of(siblings, siblings + nodes))
}

fn context_of(from: usize, to: usize) -> String {
    let mut seen = String::new();
    for number in from..to {
        let comma = if number == from { "" } else { "," };
        write!(seen, r#"{comma}"{}":1"#, node(number)).unwrap();
    }
    format!("{{{seen}}}")
}

fn replica_with(active: &str) -> String {
    let replica = GroupReplica::from_group(&group(&[member(1, true)]), node(0));
    let mut json = serde_json::to_value(&replica).unwrap();
    json["active"] = serde_json::from_str(active).unwrap();
    json.to_string()
}

#[test]
fn siblings_and_nodes_are_limited() {
    assert!(serde_json::from_str::<Register<bool>>(&register_of(MAX_SIBLINGS, 0)).is_ok());
    assert!(serde_json::from_str::<Register<bool>>(&register_of(MAX_SIBLINGS + 1, 0)).is_err());
    assert!(serde_json::from_str::<Context>(&context_of(0, MAX_NODES)).is_ok());
    assert!(serde_json::from_str::<Context>(&context_of(0, MAX_NODES + 1)).is_err());
    assert!(serde_json::from_str::<Register<bool>>(&register_of(1, MAX_NODES - 1)).is_ok());
    let error = serde_json::from_str::<Register<bool>>(&register_of(1, MAX_NODES)).unwrap_err();
    assert!(error.to_string().contains("10000 nodes"), "{error}");

    let error = GroupReplica::from_json(replica_with(&register_of(257, 0)).as_bytes()).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(error.message().contains("256"), "{error}");
}

#[test]
fn what_could_not_be_read_back_is_not_merged_or_written() {
    let full = replica_with(&register_of(1, MAX_NODES - 1));
    let mut full = GroupReplica::from_json(full.as_bytes()).unwrap();
    let before = full.clone();
    let mut wanted = full.group();
    wanted.active = false;
    let error = full.edit(node(MAX_NODES + 1), &wanted, None, None).unwrap_err();
    assert_eq!(error.kind(), Kind::Exhausted);
    assert_eq!(full, before);
    assert!(full.edit(node(3), &wanted, None, None).is_ok(), "a node it knows has room");

    let crowd = replica_with(&register_of(MAX_SIBLINGS, 0));
    let mut crowd = GroupReplica::from_json(crowd.as_bytes()).unwrap();
    let other = GroupReplica::from_group(&group(&[member(1, true)]), node(MAX_SIBLINGS + 7));
    let before = crowd.clone();
    let error = crowd.merge(&other).unwrap_err();
    assert_eq!(error.kind(), Kind::Exhausted);
    assert_eq!(crowd, before);
}

#[test]
fn texts_are_no_longer_than_records_may_have() {
    let mut replica = GroupReplica::from_group(&group(&[member(1, true)]), node(0));
    let before = replica.clone();
    let mut wanted = replica.group();
    wanted.releasability = "x".repeat(65_536);
    let error = replica.edit(node(0), &wanted, None, None).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    wanted.releasability.pop();
    wanted.description = Some(wanted.releasability.clone());
    wanted.members.clear();
    let by = "x".repeat(4_097);
    assert!(replica.edit(node(0), &wanted, Some(&by), None).is_err());
    assert_eq!(replica, before);
    replica.edit(node(0), &wanted, Some(&by[1..]), None).unwrap();

    let json = serde_json::to_string(&replica).unwrap();
    assert!(GroupReplica::from_json(json.as_bytes()).is_ok());
    for longer in [r#""by":"x"#, r#""description":{"held":[[2,"NODE","x"#] {
        let longer = longer.replace("NODE", &node(0).to_string());
        let json = json.replace(&longer, &format!("{longer}x"));
        assert_eq!(GroupReplica::from_json(json.as_bytes()).unwrap_err().kind(), Kind::Invalid);
    }
}

#[test]
fn fields_without_a_value_are_refused() {
    for active in [r#"{"held":[]}"#, r#"{"held":[],"seen":{}}"#] {
        let error = GroupReplica::from_json(replica_with(active).as_bytes()).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
    }
    // Each of these has seen the other's value replaced, by nobody.
    let [one, other] = [(0, 1), (1, 0)].map(|(held, seen)| {
        let [held, seen] = [node(held), node(seen)];
        let text = format!(r#"{{"held":[[1,"{held}",true]],"seen":{{"{seen}":5}}}}"#);
        GroupReplica::from_json(replica_with(&text).as_bytes()).unwrap()
    });
    let mut merged = one.clone();
    let error = merged.merge(&other).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    assert_eq!(merged, one);
}

#[test]
fn claiming_to_have_seen_everything_brings_nobody_in() {
    let mut ours = GroupReplica::from_group(&group(&[member(1, true)]), node(0));
    let mut wanted = ours.group();
    wanted.members.clear();
    ours.edit(node(0), &wanted, None, None).unwrap();
    let mut json =
        serde_json::to_value(GroupReplica::from_group(&group(&[member(1, true)]), node(1)))
            .unwrap();
    let id = member(1, true).organisation.to_string();
    json["members"][&id] = serde_json::json!({ "held": [], "seen": { node(0).to_string(): 99 } });
    assert!(GroupReplica::from_json(json.to_string().as_bytes()).is_err());
}

#[test]
fn wrong_texts_are_errors_and_never_a_panic() {
    let good = replica_with(r#"{"held":[]}"#).replace(r#"{"held":[]}"#, &register_of(1, 0));
    assert!(GroupReplica::from_json(good.as_bytes()).is_ok());
    let id = node(0).to_string();
    let deep = "[".repeat(200_000);
    let wrong = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        deep.clone(),
        good.replace(r#""held":[[1,"#, &format!(r#""x":{deep},"held":[[1,"#)),
        good.replace(r#""held":[[1,"#, r#""held":[[0,"#),
        good.replace(r#""held":[[1,"#, r#""held":[[-1,"#),
        good.replace(r#""held":[[1,"#, r#""held":[[1e300,"#),
        good.replace(r#""held":[[1,"#, r#""held":[[18446744073709551616,"#),
        good.replace(r#""Energy""#, r#"" ""#),
        good.replace(&id, "node"),
        good.replace(r#""in""#, r#""on""#),
        good.replace(r#""extend":true"#, r#""extend":null"#),
        good.replace(
            r#""members":{"#,
            r#""members":{"00000000-0000-0000-0000-000000000001":{"held":[]},"#,
        ),
        good[..good.len() / 2].to_owned(),
    ];
    for text in wrong {
        let shown: String = text.chars().take(80).collect();
        assert_ne!(text, good, "{shown}");
        let error = GroupReplica::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{shown}");
        assert!(Seen::from_json(text.as_bytes()).is_err(), "{shown}");
    }
    assert!(GroupReplica::from_json(&[0xff; 64]).is_err());
    let long = vec![b' '; 64 * 1024 * 1024 + 1];
    assert_eq!(GroupReplica::from_json(&long).unwrap_err().kind(), Kind::Exhausted);
}

#[test]
fn the_highest_counts_do_no_harm() {
    let text = format!(r#"{{"held":[[9007199254740991,"{}",true]]}}"#, node(1));
    let mut replica = GroupReplica::from_json(replica_with(&text).as_bytes()).unwrap();
    for round in 0..4 {
        let mut wanted = replica.group();
        wanted.active = !wanted.active;
        replica.edit(node(0), &wanted, None, None).unwrap();
        assert_eq!(replica.group(), wanted, "round {round}");
        let json = serde_json::to_vec(&replica).unwrap();
        assert_eq!(GroupReplica::from_json(&json).unwrap(), replica);
    }
}
