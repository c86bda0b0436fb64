//! The repository's task runner: `cargo xtask COMMAND`.
//!
//! It runs on Linux and needs nothing but Rust to start; `setup` names and brings the rest.

mod bench;
mod fuzz;
mod lock;
mod notices;
mod postgres;
mod repo;
mod setup;
mod sh;
mod summary;
mod test;
mod tidy;

use std::process::ExitCode;

/// What a task returns; the error is the sentence shown to the caller.
type Result<T = ()> = std::result::Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  setup            check what tests and benchmarks need; install it where that is possible
  test [--long]    set up, then format, lints and every test on both storage engines
  tidy             format, lints, docs, dependency rules, notices, house rules
  notices          write THIRD-PARTY-NOTICES.md
  bench NAME ...   one benchmark, ours against its ceiling (`bench --help` lists them)
  fuzz [TARGET] [--seconds N]
                   give strange bytes to whatever reads a stranger's, 20 seconds for each target
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["setup"] => setup::run(),
        ["test"] => test::run(false),
        ["test", "--long"] => test::run(true),
        ["tidy"] => tidy::run(),
        ["notices"] => notices::write(),
        ["bench", rest @ ..] => bench::run(rest),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // A task that has told everything already, its last line included, says no more.
            if !message.is_empty() {
                eprintln!("{message}");
            }
            ExitCode::FAILURE
        }
    }
}
