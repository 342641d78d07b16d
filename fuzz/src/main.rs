//! Runs fuzz targets without coverage, on any compiler: `cargo xtask fuzz`.
#![expect(clippy::print_stdout, reason = "a program that reports on standard output")]

use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use cerebrate_fuzz::driver::{self, Outcome};
use cerebrate_fuzz::{TARGETS, Target};

const USAGE: &str = "Usage: cargo xtask fuzz [TARGET] [--seconds N] [--seed N] [--input FILE]

  TARGET          one target; all of them in turn without it
  --seconds N     how long each runs (10)
  --seed N        the series of mutations; another one each time without it
  --input FILE    runs TARGET once on this file";

struct Options {
    targets: Vec<&'static Target>,
    time: Duration,
    seed: u64,
    input: Option<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| matches!(argument.as_str(), "-h" | "--help")) {
        println!("{USAGE}\n\nTargets: {}", names());
        return ExitCode::SUCCESS;
    }
    let outcome = read_options(&arguments).and_then(|options| match &options.input {
        Some(path) => run_once(&options, path),
        None => run_all(&options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn read_options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        targets: Vec::new(),
        time: Duration::from_secs(10),
        seed: RandomState::new().hash_one(()),
        input: None,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("`{argument}` needs a value"));
        match argument.as_str() {
            "--seconds" => options.time = Duration::from_secs(number(argument, value()?)?),
            "--seed" => options.seed = number(argument, value()?)?,
            "--input" => options.input = Some(value()?.clone()),
            name => options.targets.push(
                Target::named(name)
                    .ok_or_else(|| format!("no target `{name}`\nhint: one of {}", names()))?,
            ),
        }
    }
    if options.input.is_some() && options.targets.len() != 1 {
        return Err("`--input` needs one target".to_owned());
    }
    if options.targets.is_empty() {
        options.targets.extend(TARGETS);
    }
    Ok(options)
}

fn number(option: &str, text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{option}` needs a number: {text}"))
}

fn run_once(options: &Options, path: &str) -> Result<(), String> {
    let input = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    for target in &options.targets {
        driver::attempt(target, &input).map_err(|message| format!("{}: {message}", target.name))?;
        println!("{}: survives {path}", target.name);
    }
    Ok(())
}

fn run_all(options: &Options) -> Result<(), String> {
    let mut broken = Vec::new();
    for target in &options.targets {
        let name = target.name;
        println!("{name}: {} s with --seed {}", options.time.as_secs(), options.seed);
        let outcome = driver::run(target, options.seed, options.time)
            .map_err(|error| format!("{}: {error}", target.seed_directory().display()))?;
        match outcome {
            Outcome::Survived(count) => println!("{name}: survived {count} inputs"),
            Outcome::Broken { input, message } => {
                println!("{name}: BROKEN\n{message}");
                let kept = driver::keep(name, &input).map_or_else(
                    |error| format!("the input could not be kept ({error}): {input:?}"),
                    |path| {
                        format!("to repeat it: cargo xtask fuzz {name} --input {}", path.display())
                    },
                );
                println!("{kept}");
                broken.push(name);
            }
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(format!("broken: {}", broken.join(", "))) }
}

fn names() -> String {
    TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ")
}
