//! The realistic world and every benchmark, peers side by side: `cargo xtask bench`.
#![expect(clippy::print_stdout, reason = "the figures are what the program is for")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures are shown with three digits, and counts here fit every type"
)]

mod baseline;
mod community;
mod import;
mod instructions;
mod lookup;
mod machine;
mod measure;
mod organisations;
mod program;
mod random;
mod reads;
mod record;
mod report;
mod responsible;
mod visible;
mod world;

use std::path::{Path, PathBuf};
use std::time::Instant;

use report::Report;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How the benchmarks run.
#[derive(Debug)]
struct Setting {
    /// A tenth of everything, for a first look.
    quick: bool,
    /// Where the files of the real world are.
    data: PathBuf,
    /// Where databases may be written; on the disk that is measured.
    scratch: PathBuf,
}

/// Benchmarks that run together.
struct Group {
    name: &'static str,
    about: &'static str,
    /// Whether it runs without being named.
    usual: bool,
    run: fn(&Setting, &mut Report) -> Result<()>,
}

const GROUPS: &[Group] = &[
    Group {
        name: "lookup",
        about: "address, AS number or domain to organisation, in memory, beside peers",
        usual: true,
        run: lookup::run,
    },
    Group {
        name: "responsible",
        about: "who is responsible, asked of a store that holds the world",
        usual: true,
        run: responsible::run,
    },
    Group {
        name: "visible",
        about: "what a user sees of 100,000 organisations",
        usual: true,
        run: visible::run,
    },
    Group {
        name: "record",
        about: "parse and validate one organisation",
        usual: true,
        run: record::run,
    },
    Group { name: "reads", about: "one record, a page, search", usual: true, run: reads::run },
    Group {
        name: "community",
        about: "sharing groups, the audit trail, figures of a community",
        usual: true,
        run: community::run,
    },
    Group {
        name: "program",
        about: "`cerebrate who`, the whole process",
        usual: true,
        run: program::run,
    },
    Group {
        name: "import",
        about: "50,000 and 500,000 organisations at once",
        usual: true,
        run: import::run,
    },
    Group {
        name: "far",
        about: "the page at 900,000 of 1,000,000 organisations",
        usual: true,
        run: reads::run_far,
    },
    Group {
        name: "instructions",
        about: "instructions of a lookup, counted by valgrind",
        usual: false,
        run: instructions::run,
    },
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match texts.as_slice() {
        [import::CHILD, form, source, database] => {
            return import::child(form, Path::new(source), Path::new(database));
        }
        [instructions::CHILD, kind, times] => return instructions::child(kind, times),
        _ => {}
    }
    if texts.iter().any(|text| matches!(*text, "--help" | "-h")) {
        println!("{}", usage());
        return Ok(());
    }
    let (options, names): (Vec<&str>, Vec<&str>) =
        texts.into_iter().partition(|text| text.starts_with('-'));
    let unknown = options
        .iter()
        .find(|option| **option != "--quick")
        .or_else(|| names.iter().find(|name| !GROUPS.iter().any(|group| group.name == **name)));
    if let Some(unknown) = unknown {
        return Err(format!("no `{unknown}`\n\n{}", usage()).into());
    }
    let chosen: Vec<&Group> = GROUPS
        .iter()
        .filter(|group| if names.is_empty() { group.usual } else { names.contains(&group.name) })
        .collect();
    run(&chosen, !options.is_empty())
}

fn run(chosen: &[&Group], quick: bool) -> Result<()> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Beside the program: a temporary directory may be in memory.
    let program = std::env::current_exe()?;
    let scratch = tempfile::tempdir_in(program.parent().unwrap_or(package))?;
    let setting = Setting { quick, data: package.join("data"), scratch: scratch.path().to_owned() };
    let mut report = Report::default();
    let begun = Instant::now();
    println!("machine: {}", machine::describe(scratch.path())?);
    for group in chosen {
        println!("\n{}: {} (load {})", group.name, group.about, machine::load());
        (group.run)(&setting, &mut report)?;
    }
    if !report.is_empty() {
        println!("\n{}", report.table());
    }
    println!(
        "{} of all figures miss their target; {:.0} s, load {}",
        report.missed(),
        begun.elapsed().as_secs_f64(),
        machine::load()
    );
    Ok(())
}

fn usage() -> String {
    let groups = GROUPS.iter().map(|group| {
        let only = if group.usual { "" } else { " (only if named)" };
        format!("\n  {:14}{}{only}", group.name, group.about)
    });
    format!(
        "Usage: cargo xtask bench [-- [--quick] [GROUP…]]\n\n--quick takes a tenth of everything.\n{}",
        groups.collect::<String>()
    )
}
