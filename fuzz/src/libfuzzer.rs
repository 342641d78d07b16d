//! The targets under libFuzzer; `README.md` has the command.
#![no_main]

use std::sync::LazyLock;

use cerebrate_fuzz::Target;
use libfuzzer_sys::fuzz_target;

/// One program for all targets, so that the registry stays the only list of them.
static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names the target");
    Target::named(&name).expect("FUZZ_TARGET is the name of a target")
});

fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
