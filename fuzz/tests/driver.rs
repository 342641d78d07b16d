//! The driver finds what is broken.

use std::time::Duration;

use cerebrate_fuzz::driver::{Outcome, attempt, run};
use cerebrate_fuzz::{TARGETS, Target};

#[test]
fn a_broken_target_is_found_and_the_input_breaks_it_again() {
    let fragile = Target {
        name: "timestamp",
        run: |bytes| assert!(!bytes.contains(&b'+'), "a plus sign"),
        tokens: &["+"],
    };
    let outcome = run(&fragile, 1, Duration::from_secs(60)).unwrap();
    let Outcome::Broken { input, message } = outcome else { panic!("{outcome:?}") };
    assert!(message.contains("a plus sign") && message.contains("driver.rs"), "{message}");
    assert_eq!(attempt(&fragile, &input), Err(message));
    assert_eq!(attempt(&fragile, b"no such sign"), Ok(()));
}

#[test]
fn seeds_are_run_even_in_no_time() {
    for target in TARGETS {
        let seeds = target.seeds().unwrap().len() as u64;
        assert_eq!(run(target, 1, Duration::ZERO).unwrap(), Outcome::Survived(seeds));
    }
}

#[test]
fn a_target_without_seeds_is_an_error() {
    let lost = Target { name: "no-such-target", run: |_| {}, tokens: &[] };
    assert!(run(&lost, 1, Duration::ZERO).is_err());
}
