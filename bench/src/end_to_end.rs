//! `receipt.end_to_end`: receipts posted, rendered and available, with a backlog that stays flat.
//!
//! The load is closed: each client posts a wave of receipts and, before the next but one, sees
//! the last of the wave PROCESSED. So the backlog stays about two waves a client. What is counted
//! was carried through to its end: every receipt's status is read, those that a client did not
//! wait for after the clock has stopped.

use std::time::{Duration, Instant};

use crate::ceiling::Ceiling;
use crate::http::Connection;
use crate::ours::Ours;
use crate::rounds::{Plan, Running, Side, Subject, compared, print, rounded};
use crate::storage::{Engine, Storage};
use crate::wrk::whole;
use crate::{Bench, Result, render};

const CLIENTS: usize = 16;
const WAVE_LEN: usize = 16;
const SPAN_MIN: Duration = Duration::from_mins(1);
const POLL_PAUSE: Duration = Duration::from_millis(100);
/// A receipt that takes longer is a fault, not a measurement.
const PROCESSING_WAIT_MAX: Duration = Duration::from_mins(1);

/// Receipts a second through the whole platform, against the same with the ceiling, and beside
/// rendering alone on the same cores.
pub(crate) fn run(engine: Engine, plan: Plan<'_>) -> Result<()> {
    let (mut ours, mut ceiling) = (Side::default(), Side::default());
    let bench = Bench::ReceiptEndToEnd;
    for _ in 0..plan.rounds {
        let rate = round(&Ours(bench), "/receipts/v4/status", engine, plan)?;
        ours.add_rate(rate.0, Some(rate.1));
        let rate = round(&Ceiling(bench), "/receipts/status", engine, plan)?;
        ceiling.add_rate(rate.0, Some(rate.1));
    }
    let mut fields = compared(&ours, "ceiling", &ceiling);
    let cores = std::thread::available_parallelism()?.get();
    let rendering = render::per_second(cores, plan.span)?;
    fields.insert("rendering".to_owned(), rounded(rendering));
    print("receipt.end_to_end", engine.name(), "receipts/s", fields);
    Ok(())
}

/// Receipts a second, and memory in MB after them.
pub(crate) fn round(
    subject: &dyn Subject,
    status_path: &'static str,
    engine: Engine,
    plan: Plan<'_>,
) -> Result<(f64, f64)> {
    let storage = Storage::fresh(engine, plan.scratch)?;
    let server = Server {
        running: subject.start(&storage)?,
        status_path,
    };
    let rate = processed_per_second(&server, plan.span.max(SPAN_MIN))?;
    Ok((rate, server.running.process.rss_mb()?))
}

/// A started subject, and where it tells what became of a receipt.
struct Server {
    running: Running,
    status_path: &'static str,
}

fn processed_per_second(server: &Server, span: Duration) -> Result<f64> {
    let start = Instant::now();
    let posted: Vec<Result<Vec<String>>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| client(server, start + span)))
            .collect();
        let ended = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a client panicked".into()))
        };
        clients.into_iter().map(ended).collect()
    });
    let elapsed = start.elapsed();
    let mut connection = Connection::open(&server.running.base_url)?;
    let mut total = 0;
    for id in posted.into_iter().collect::<Result<Vec<_>>>()?.concat() {
        wait_processed(&mut connection, server, &id)?;
        total += 1;
    }
    Ok(whole(total) / elapsed.as_secs_f64())
}

/// Posts waves until the deadline, and waits for the last; returns what it posted.
fn client(server: &Server, deadline: Instant) -> Result<Vec<String>> {
    let mut connection = Connection::open(&server.running.base_url)?;
    let mut posted: Vec<String> = Vec::new();
    let mut before: Option<String> = None;
    while Instant::now() < deadline {
        for _ in 0..WAVE_LEN {
            posted.push(post(&mut connection, server)?);
        }
        let last = std::mem::replace(&mut before, posted.last().cloned());
        last.map_or(Ok(()), |id| wait_processed(&mut connection, server, &id))?;
    }
    before.map_or(Ok(()), |id| wait_processed(&mut connection, server, &id))?;
    Ok(posted)
}

fn post(connection: &mut Connection, server: &Server) -> Result<String> {
    let load = &server.running.load;
    let body = load.bodies.first().map_or(&[][..], Vec::as_slice);
    let answer = connection.request(load.method, &load.path, &load.headers, body)?;
    let id = answer
        .location
        .as_deref()
        .and_then(|url| url.rsplit('/').next());
    match (answer.status, id) {
        (201, Some(id)) => Ok(id.to_owned()),
        (status, _) => Err(format!("not accepted: {status} {}", answer.body).into()),
    }
}

fn wait_processed(connection: &mut Connection, server: &Server, id: &str) -> Result<()> {
    let path = format!("{}/{id}", server.status_path);
    let authorization: Vec<_> = server
        .running
        .load
        .headers
        .iter()
        .filter(|(name, _)| *name == "Authorization")
        .cloned()
        .collect();
    let started = Instant::now();
    while started.elapsed() < PROCESSING_WAIT_MAX {
        let answer = connection.request("GET", &path, &authorization, "")?;
        let status: serde_json::Value = serde_json::from_str(&answer.body)?;
        match status["status"].as_str() {
            Some("PROCESSED") => return Ok(()),
            Some("ACCEPTED" | "PROCESSING") => std::thread::sleep(POLL_PAUSE),
            _ => return Err(format!("receipt {id}: {} {}", answer.status, answer.body).into()),
        }
    }
    Err(format!("receipt {id} was not processed in time").into())
}
