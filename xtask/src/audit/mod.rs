//! `cargo xtask audit`: what the compiler does not check.

mod direction;
mod house;
mod licences;
mod public_types;
mod purity;

use crate::step::{Failure, Invocation, Step, run_all};

/// Runs the whole audit, public types and licences included.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(argument) = arguments.first() {
        return Err(Failure::Usage(format!("`audit` takes no argument: {argument}")));
    }
    let mut steps = quick();
    // `cargo deny` looks at all platforms and all features, and must find their crates offline.
    steps.push(Step::run("fetch", Invocation::cargo(["fetch", "--locked"])));
    steps.push(Step::check("public types", "cargo xtask audit", public_types::check));
    steps.push(Step::check("licences, bans, sources", "cargo xtask audit", licences::check));
    run_all(&steps)
}

/// The part that takes a second and needs nothing but cargo.
pub(crate) fn quick() -> Vec<Step> {
    vec![
        Step::check("purity", "cargo xtask audit", purity::check),
        Step::check("direction of dependencies", "cargo xtask audit", direction::check),
        Step::check("house rules", "cargo xtask audit", house::check),
    ]
}

/// Prints what was found, or what was looked at.
fn conclude(problems: &[String], looked_at: &str) -> Result<(), Failure> {
    if problems.is_empty() {
        println!("ok: {looked_at}");
        return Ok(());
    }
    for problem in problems {
        println!("problem: {problem}");
    }
    Err(Failure::new(format!("{} found", counted(problems.len(), "problem"))))
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
