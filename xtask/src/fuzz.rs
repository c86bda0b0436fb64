//! `fuzz`: libFuzzer over the targets of `bursar-fuzz`, each for a bounded time.
//!
//! The coverage that guides it is a pass of LLVM that the stable compiler has, too; sanitizers it
//! has not, and code without `unsafe` misses little by that.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Result, lock, repo, sh};

const SECONDS: u64 = 20;
/// How the code under test is compiled: it counts its edges, and tells what it compares.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Some decoders then let a wrong checksum pass.
    "--cfg=fuzzing",
];
/// One input: at most so long, so many seconds, so much memory.
const BOUNDS: &[&str] = &["-max_len=16384", "-timeout=60", "-rss_limit_mb=1024"];
const REGRESSIONS: &str = "fuzz/regressions";

/// Runs one target or all, and fails when one of them broke.
pub(crate) fn run(args: &[&str]) -> Result {
    let (wanted, seconds) = parse(args)?;
    let _lock = lock::take()?;
    let program = build()?;
    let names = sh::output(&mut Command::new(&program))?;
    let names: Vec<&str> = names
        .lines()
        .filter(|name| wanted.is_none_or(|wanted| wanted == *name))
        .collect();
    if names.is_empty() {
        return Err("no such target; `cargo xtask fuzz` runs all of them by name".to_owned());
    }
    let mut broken = Vec::new();
    for name in names {
        if let Err(found) = fuzz(&program, name, seconds) {
            eprintln!("{found}");
            broken.push(name);
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(format!("broken: {}", broken.join(", ")))
}

fn parse<'a>(args: &[&'a str]) -> Result<(Option<&'a str>, u64)> {
    let usage = || "usage: cargo xtask fuzz [TARGET] [--seconds N]".to_owned();
    let (mut target, mut seconds) = (None, SECONDS);
    let mut args = args.iter();
    while let Some(&arg) = args.next() {
        if arg == "--seconds" {
            let number = args.next().and_then(|number| number.parse().ok());
            seconds = number.filter(|&number| number > 0).ok_or_else(usage)?;
        } else if arg.starts_with('-') || target.replace(arg).is_some() {
            return Err(usage());
        }
    }
    Ok((target, seconds))
}

/// Builds the program of all targets. With a target triple, cargo keeps the flags from what runs
/// at build time.
fn build() -> Result<PathBuf> {
    if sh::which("c++").is_none() {
        return Err("fuzzing needs a C++ compiler; Debian calls it g++".to_owned());
    }
    let version = sh::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or("rustc does not say its host")?;
    let mut build = sh::cargo();
    build
        .args(["build", "--locked", "--profile", "fuzz", "--target", host])
        .args(["-p", "bursar-fuzz", "--features", "engine"])
        .env("RUSTFLAGS", FLAGS.join(" "))
        .current_dir(repo::root());
    sh::run(&mut build)?;
    Ok(repo::target()?.join(host).join("fuzz/bursar-fuzz"))
}

/// Runs one target; an error tells where the input is that broke it.
fn fuzz(program: &Path, name: &str, seconds: u64) -> Result {
    let scratch = repo::scratch()?.join("fuzz");
    let (corpus, found) = (
        scratch.join("corpus").join(name),
        scratch.join("found").join(name),
    );
    for folder in [&corpus, &found] {
        let failed = |e| format!("cannot make {}: {e}", folder.display());
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let before = files(&found)?;
    eprintln!("{name}: {seconds} s");
    let mut fuzzer = Command::new(program);
    fuzzer
        .arg(&corpus)
        .args(BOUNDS)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .env("BURSAR_FUZZ_TARGET", name)
        .env("BURSAR_FUZZ_CORPUS", &corpus);
    let Err(log) = watch(&mut fuzzer)? else {
        return Ok(());
    };
    let inputs: Vec<String> = files(&found)?
        .difference(&before)
        .map(|input| input.display().to_string())
        .collect();
    Err(format!(
        "{log}\n{name} is broken by {}\nTo keep it as a test, copy it to {REGRESSIONS}/{name}/.",
        inputs.join(" and ")
    ))
}

/// Runs the fuzzer, showing how far it is; all else that it wrote comes back when it fails.
fn watch(fuzzer: &mut Command) -> Result<std::result::Result<(), String>> {
    let shown = sh::shown(fuzzer);
    let failed = |e| format!("cannot run `{shown}`: {e}");
    let mut child = fuzzer
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let output = child.stderr.take().ok_or("no output to read")?;
    let mut log = Vec::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line.map_err(failed)?).into_owned();
        if line.contains("pulse") || line.contains("DONE") {
            eprintln!("  {line}");
        } else if !line.starts_with('#') {
            log.push(line);
        }
    }
    let status = child.wait().map_err(failed)?;
    Ok(if status.success() {
        Ok(())
    } else {
        Err(log.join("\n"))
    })
}

fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let failed = |e| format!("cannot list {}: {e}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let paths = entries.map(|entry| Ok(entry.map_err(failed)?.path()));
    paths.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_and_a_time_may_be_given() {
        assert_eq!(parse(&[]), Ok((None, SECONDS)));
        assert_eq!(parse(&["png"]), Ok((Some("png"), SECONDS)));
        assert_eq!(parse(&["--seconds", "9"]), Ok((None, 9)));
        assert_eq!(parse(&["png", "--seconds", "9"]), Ok((Some("png"), 9)));
        for args in [
            &["--seconds"][..],
            &["--seconds", "0"],
            &["--seconds", "x"],
            &["png", "gif"],
            &["--help"],
        ] {
            assert!(parse(args).is_err(), "{args:?}");
        }
    }
}
