//! The commands of whoever works on cerebrate: `cargo xtask` lists them.
#![expect(clippy::print_stdout, reason = "a CI log shows what ran in the order in which it ran")]

mod audit;
mod bench;
mod fuzz;
mod step;
mod test;
mod workspace;

use std::process::ExitCode;

use step::Failure;

/// A command: how it is typed, what it does, what runs it.
struct Command {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        arguments: "",
        summary: "Everything CI runs: format, lints, tests, documentation, purity",
        run: test::run,
    },
    Command {
        name: "audit",
        arguments: "",
        summary: "Purity, direction of dependencies, public types, licences, sources",
        run: audit::run,
    },
    Command {
        name: "fuzz",
        arguments: "[TARGET] [--seconds N] [--seed N] [--input FILE]",
        summary: "Feeds mutated input to whatever reads foreign bytes",
        run: fuzz::run,
    },
    Command {
        name: "bench",
        arguments: "[ARGUMENT…]",
        summary: "Runs the benchmarks; arguments go to `cargo bench`",
        run: bench::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        println!("{}", usage());
        return ExitCode::SUCCESS;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        println!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        println!("error: no command `{name}`\n\n{}", usage());
        return ExitCode::from(2);
    };
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            println!("\n{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn usage() -> String {
    let commands = COMMANDS.iter().map(|command| {
        let typed = format!("{} {}", command.name, command.arguments);
        format!("\n\n  {}\n      {}", typed.trim_end(), command.summary)
    });
    format!("Usage: cargo xtask COMMAND{}", commands.collect::<String>())
}
