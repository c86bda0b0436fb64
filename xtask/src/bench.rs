//! `bench`: builds the release programs, brings what the benchmarks need, runs one.

use std::path::Path;
use std::process::Command;

use crate::postgres::Cluster;
use crate::{Result, lock, repo, setup, sh};

/// Runs `bursar-bench` with the given arguments.
pub(crate) fn run(args: &[&str]) -> Result {
    let _lock = lock::take()?;
    build()?;
    let program = repo::target()?.join("release/bursar-bench");
    if args.is_empty() || args.contains(&"--help") {
        return sh::run(Command::new(program).arg("--help"));
    }
    let scratch = repo::scratch()?;
    setup::run()?;
    let peers = scratch.join("peers");
    if args.contains(&"--peers") {
        setup::node_packages("bench/peers", &peers)?;
    }
    let cluster = Cluster::start()?;
    let mut bench = command(&program, &peers, &scratch.join("bench"));
    sh::run(bench.args(args).env("BURSAR_BENCH_POSTGRES", cluster.url()))
}

fn build() -> Result {
    let mut build = sh::cargo();
    build.args([
        "build",
        "--release",
        "--locked",
        "-p",
        "bursar",
        "-p",
        "bursar-bench",
    ]);
    sh::run(build.current_dir(repo::root()))
}

fn command(program: &Path, peers: &Path, scratch: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("BURSAR_BENCH_PEERS", peers)
        .env("BURSAR_BENCH_SCRATCH", scratch);
    command
}
