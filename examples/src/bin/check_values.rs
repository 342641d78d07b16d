//! Which values would a template refuse, and what would peers at release 1.35 say about them?

#![expect(clippy::print_stdout, reason = "the answer is for whoever runs it")]

use cerebrate::Result;
use cerebrate::prelude::*;

const VALUES: [(&str, &str); 5] = [
    ("IPv4 address", "185.194.92.0/22"),
    ("IPv4 address", "198.51.100.7/24"),
    ("IPv4 address", "185.194.92.0/33"),
    ("Country Code", "Atlantis"),
    ("AS Nummer", "AS64500"),
];

fn main() -> Result<()> {
    // No store is needed: the templates that come with cerebrate are at hand.
    let template = Library::shipped().find("cerebrate/csirt-constituency")?;

    for profile in [Profile::Strict, Profile::Cerebrate] {
        println!("profile {profile}:");
        for verdict in template.check_with(profile, VALUES) {
            let accepted = match verdict.accepted {
                Some(true) => "accepted",
                Some(false) => "refused",
                // The pattern of the field is beyond the engine.
                None => "unknown",
            };
            println!("  {accepted}: {} = {}", verdict.field, verdict.value);
            if let Some(normalised) = &verdict.normalised {
                println!("    read as {normalised}");
            }
            for problem in &verdict.problems {
                println!("    {}: {}", problem.kind(), problem.message());
                if let Some(hint) = problem.advice() {
                    println!("    hint: {hint}");
                }
            }
        }
    }
    Ok(())
}
