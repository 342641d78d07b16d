//! The program `cerebrate`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
