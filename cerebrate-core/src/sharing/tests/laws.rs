//! The laws of the register, for values that come from anywhere.

use proptest::prelude::*;
use proptest::sample::Index;

use super::node;
use crate::sharing::{Context, Register, Stamp};

type Writes = Vec<(Index, Index, u8, bool)>;

fn writes() -> impl Strategy<Value = Writes> {
    proptest::collection::vec(any::<(Index, Index, u8, bool)>(), 0..24)
}

/// Registers of three nodes that wrote and merged in some order.
fn registers(writes: &Writes) -> Vec<Register<u8>> {
    let mut registers = vec![Register::default(); 3];
    for (at, from, value, is_write) in writes {
        let at = at.index(3);
        if *is_write {
            registers[at].write(node(at), *value);
        } else {
            let other = from.get(&registers).clone();
            registers[at].merge(&other);
        }
    }
    registers
}

/// Registers as a node may hold and send them that was restored, or counts wrongly.
fn any_register() -> impl Strategy<Value = Register<u8>> {
    let held = proptest::collection::vec((1..4_u64, 0..3_usize, any::<u8>()), 0..4);
    let seen = proptest::collection::vec((1..4_u64, 0..3_usize), 0..4);
    (held, seen).prop_map(|(held, seen)| {
        let held: Vec<_> =
            held.iter().map(|(count, at, value)| (count, node(*at), value)).collect();
        let mut context = Context::new();
        for (counter, at) in seen {
            context.observe(Stamp { counter, node: node(at) });
        }
        let json = serde_json::json!({ "held": held, "seen": context });
        serde_json::from_value(json).unwrap()
    })
}

fn merged(one: &Register<u8>, other: &Register<u8>) -> Register<u8> {
    let mut merged = one.clone();
    merged.merge(other);
    merged
}

fn values(register: &Register<u8>) -> Vec<u8> {
    register.siblings().map(|(_, value)| *value).collect()
}

fn check_laws(a: &Register<u8>, b: &Register<u8>, c: &Register<u8>) -> Result<(), TestCaseError> {
    prop_assert_eq!(merged(a, b), merged(b, a));
    prop_assert_eq!(merged(&merged(a, b), c), merged(a, &merged(b, c)));
    prop_assert_eq!(&merged(a, a), a);
    prop_assert_eq!(&merged(a, &Register::default()), a);
    let both = merged(a, b);
    prop_assert_eq!(&merged(&both, b), &both);
    prop_assert!(!a.context().is_ahead_of(both.context()));
    for (stamp, _) in both.siblings() {
        prop_assert!(both.context().contains(stamp));
    }
    let json = serde_json::to_string(&both).unwrap();
    prop_assert_eq!(&serde_json::from_str::<Register<u8>>(&json).unwrap(), &both);
    Ok(())
}

proptest! {
    #[test]
    fn merge_is_a_join(writes in writes()) {
        let registers = registers(&writes);
        check_laws(&registers[0], &registers[1], &registers[2])?;
    }

    #[test]
    fn merge_is_a_join_of_malformed_registers_too(
        a in any_register(),
        b in any_register(),
        c in any_register(),
    ) {
        check_laws(&a, &b, &c)?;
    }

    #[test]
    fn a_write_replaces_what_it_has_seen_and_nothing_else(writes in writes(), value: u8) {
        let mut registers = registers(&writes);
        let earlier = registers[0].clone();
        let stamp = registers[0].write(node(0), value);
        prop_assert!(!earlier.context().contains(stamp));
        prop_assert_eq!(values(&registers[0]), [value]);
        prop_assert_eq!(&merged(&registers[0], &earlier), &registers[0]);

        let unseen: Vec<_> = registers[1]
            .siblings()
            .filter(|(stamp, _)| !earlier.context().contains(*stamp))
            .map(|(stamp, value)| (stamp, *value))
            .collect();
        let both = merged(&registers[0], &registers[1]);
        for sibling in &unseen {
            prop_assert!(both.siblings().any(|(stamp, value)| (stamp, *value) == *sibling));
        }
        prop_assert_eq!(both.siblings().len(), unseen.len() + 1);
    }

    #[test]
    fn writing_for_one_who_saw_less_keeps_what_it_had_not_seen(writes in writes(), value: u8) {
        let mut registers = registers(&writes);
        let known = registers[1].context().clone();
        let unseen: Vec<_> = registers[0]
            .siblings()
            .filter(|(stamp, _)| !known.contains(*stamp))
            .map(|(stamp, value)| (stamp, *value))
            .collect();
        let written = registers[0].write_knowing(node(9), value, &known);
        let held: Vec<_> = registers[0].siblings().map(|(stamp, value)| (stamp, *value)).collect();
        let mut expected = unseen;
        expected.push((written, value));
        prop_assert_eq!(held, expected);
    }
}

#[test]
fn a_stamp_given_twice_keeps_both_values() {
    let mut restored = Register::new(node(0), 1);
    let mut here = restored.clone();
    here.write(node(0), 2);
    restored.write(node(0), 3);
    here.merge(&restored);
    restored.merge(&here);
    assert_eq!(values(&here), [2, 3]);
    assert_eq!(here, restored);
}

#[test]
fn a_full_count_still_replaces_here_and_stands_side_by_side_elsewhere() {
    let json = format!(r#"{{"held":[[9007199254740991,"{}",1]]}}"#, node(0));
    let mut register: Register<u8> = serde_json::from_str(&json).unwrap();
    let there = register.clone();
    register.write(node(0), 2);
    assert_eq!(values(&register), [2]);
    assert_eq!(values(&merged(&register, &there)), [1, 2]);
    register.write(node(1), 3);
    assert_eq!(values(&merged(&register, &there)), [3]);
}

#[test]
fn the_text_is_short_and_leaves_out_what_is_implied() {
    let mut register = Register::new(node(0), 7);
    assert_eq!(
        serde_json::to_string(&register).unwrap(),
        format!(r#"{{"held":[[1,"{}",7]]}}"#, node(0))
    );
    register.write(node(1), 8);
    assert_eq!(
        serde_json::to_string(&register).unwrap(),
        format!(r#"{{"held":[[2,"{}",8]],"seen":{{"{}":1}}}}"#, node(1), node(0))
    );
}
