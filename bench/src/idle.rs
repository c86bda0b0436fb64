//! What Bursar costs when it does nothing: the time to start, the memory to stay.

use std::time::{Duration, Instant};

use serde_json::{Map, json};

use crate::peers::OidcProvider;
use crate::process::Process;
use crate::rounds::{Plan, median, print, rounded};
use crate::storage::{Engine, Storage};
use crate::{Result, ours, wrk};

/// Allocators give memory back some seconds after the last work.
const SETTLE: Duration = Duration::from_secs(10);
/// As many as the demo makes.
const DEMO_TOKEN_REQUESTS: usize = 2;

/// Time from the start to `/ready`, on the data that a round of receipts left behind.
pub(crate) fn cold_start(engine: Engine, plan: Plan<'_>) -> Result<()> {
    let storage = Storage::fresh(engine, plan.scratch)?;
    let process = ours::start(&storage)?;
    wrk::drive(
        ours::BASE_URL,
        &ours::receipt_load()?,
        plan.span,
        plan.scratch,
    )?;
    drop(process);
    let mut times_ms = Vec::new();
    for _ in 0..plan.rounds {
        let started = Instant::now();
        let process = ours::start(&storage)?;
        times_ms.push(started.elapsed().as_secs_f64() * 1e3);
        drop(process);
    }
    let mut fields = Map::new();
    fields.insert("ours".to_owned(), rounded(median(&times_ms)));
    print("cold_start", engine.name(), "ms", fields);
    Ok(())
}

/// Memory of the sandbox after its demo; a peer's after as many tokens.
pub(crate) fn memory(plan: Plan<'_>, with_peers: bool) -> Result<()> {
    let storage = Storage::fresh(Engine::Sqlite, plan.scratch)?;
    let mut command = ours::bursar();
    command
        .args(["demo", "--port", "0", "--log", "warn", "--data"])
        .arg(storage.folder());
    let ours = settled(&Process::start_until(&mut command, "Ctrl-C")?)?;
    let mut fields = Map::new();
    fields.insert("ours".to_owned(), rounded(ours));
    if with_peers {
        let theirs = settled(&OidcProvider::start_and_ask(&storage, DEMO_TOKEN_REQUESTS)?)?;
        fields.insert("theirs".to_owned(), rounded(theirs));
        fields.insert("ratio".to_owned(), rounded(ours / theirs));
        fields.insert("peer".to_owned(), json!(OidcProvider::NAME));
    }
    print("idle_memory", Engine::Sqlite.name(), "MB", fields);
    Ok(())
}

fn settled(process: &Process) -> Result<f64> {
    std::thread::sleep(SETTLE);
    process.rss_mb()
}
