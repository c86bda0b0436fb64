//! `test`: everything that must hold before a merge, on both storage engines.
//!
//! Tests find what `setup` brought, and their database, by environment:
//!
//! | variable | meaning |
//! |---|---|
//! | `BURSAR_TEST_POSTGRES` | URL of a superuser of a private cluster |
//! | `BURSAR_DB_TEST_LOG` | file to which each storage test appends `ENGINE NAME` |
//! | `BURSAR_TEST_NODE_MODULES` | folder with `playwright-core`, `axe-core` and `openid-client` |
//! | `BURSAR_TEST_PYTHON` | Python with Authlib and schemathesis |
//! | `BURSAR_TEST_PDFA` | the PDF/A validator |
//! | `BURSAR_LONG` | 1 with `--long`: simulations run many more seeds, or days |
//!
//! No test carries `#[ignore]`: nothing is left out silently.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::postgres::Cluster;
use crate::summary::{StorageTests, Totals};
use crate::{Result, lock, repo, setup, sh};

/// Runs format check, lints and all tests, and prints the totals as the last line.
pub(crate) fn run(long: bool) -> Result {
    let start = Instant::now();
    let _lock = lock::take()?;
    setup::run()?;
    format()?;
    clippy()?;

    let log_file = repo::scratch()?.join("storage-tests.log");
    sh::write(&log_file, "")?;
    let cluster = Cluster::start()?;
    let ran = cargo_test(cluster.url(), &log_file, long);
    drop(cluster);
    let (totals, outcome) = ran?;

    let lines = sh::read(&log_file)?;
    let storage = StorageTests::parse(&lines)?;
    println!("{}", storage.counts());
    println!("took {:.0} s", start.elapsed().as_secs_f64());
    let faults: Vec<String> = [outcome, storage.check(), totals.none_ignored()]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    for fault in &faults {
        println!("{fault}");
    }
    println!("{} passed, {} failed", totals.passed, totals.failed);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(String::new())
    }
}

/// Checks that rustfmt would change nothing.
pub(crate) fn format() -> Result {
    sh::run(
        sh::cargo()
            .args(["fmt", "--all", "--check"])
            .current_dir(repo::root()),
    )
}

/// Lints every target; a warning is an error.
pub(crate) fn clippy() -> Result {
    let mut clippy = sh::cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--locked"]);
    clippy
        .args(["--", "-D", "warnings"])
        .current_dir(repo::root());
    sh::run(&mut clippy)
}

/// Runs all unit, integration and doc tests; returns the totals and whether cargo was content.
fn cargo_test(postgres: &str, log_file: &Path, long: bool) -> Result<(Totals, Result)> {
    let mut command = test_command(postgres, log_file, long)?;
    let shown = sh::shown(&command);
    eprintln!("$ {shown}");
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot start `{shown}`: {e}"))?;
    let output = child.stdout.take().ok_or("no output to read")?;
    let mut totals = Totals::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|e| format!("cannot read the tests' output: {e}"))?;
        let line = String::from_utf8_lossy(&line);
        totals.read_line(&line);
        // A closed pipe is the reader's choice; the tests go on.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
    let status = child.wait().map_err(|e| format!("`{shown}`: {e}"))?;
    let outcome = if status.success() {
        Ok(())
    } else {
        Err(format!("`{shown}` failed: {status}"))
    };
    Ok((totals, outcome))
}

fn test_command(postgres: &str, log_file: &Path, long: bool) -> Result<Command> {
    let mut command = sh::cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    if long {
        command.env("BURSAR_LONG", "1");
    }
    command
        .env("BURSAR_TEST_POSTGRES", postgres)
        .env("BURSAR_DB_TEST_LOG", log_file)
        .env("BURSAR_TEST_NODE_MODULES", setup::node_modules()?)
        .env("BURSAR_TEST_PDFA", setup::pdfa()?)
        .env("BURSAR_TEST_PYTHON", setup::venv()?.join("bin/python"))
        .current_dir(repo::root());
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_tells_the_simulations() {
        let told = |long| {
            let command = test_command("postgres://x/y", Path::new("log"), long).unwrap();
            command.get_envs().any(|(name, value)| {
                name == "BURSAR_LONG" && value.is_some_and(|value| value == "1")
            })
        };
        assert!(told(true));
        assert!(!told(false));
    }
}
