//! `upload.memory`: what fifty pictures of 25 MB take of the memory while they come in.

use std::sync::Barrier;

use serde_json::{Map, json};

use crate::http::Connection;
use crate::ours::{self, BASE_URL};
use crate::process::Process;
use crate::rounds::{Plan, median, print, rounded};
use crate::storage::{Engine, Storage};
use crate::wrk::Load;
use crate::{Result, bodies};

const UPLOADS: usize = 50;
/// As large as a picture may be.
const PICTURE_LEN: usize = 25_000_000;
/// What each upload holds back until all have come so far.
const LAST: usize = 1024;
const MB_MAX: u32 = 200;

/// The most memory while all are under way, and when all have been answered.
pub(crate) fn memory(engine: Engine, plan: Plan<'_>) -> Result<()> {
    let (mut under_way, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let storage = Storage::fresh(engine, plan.scratch)?;
        let server = ours::start(&storage)?;
        let form = bodies::form(&bodies::jpeg(PICTURE_LEN)?);
        let peak = upload(&server, &ours::image_load()?, &form)?;
        eprintln!("  {peak:.0} MB with {UPLOADS} uploads under way");
        under_way.push(peak);
        answered.push(server.peak_mb()?);
    }
    let mut fields = Map::new();
    fields.insert("peak_mb".to_owned(), rounded(median(&under_way)));
    fields.insert("answered_peak_mb".to_owned(), rounded(median(&answered)));
    fields.insert("budget".to_owned(), json!(MB_MAX));
    print("upload.memory", engine.name(), "MB", fields);
    Ok(())
}

/// Sends all at once; returns the peak before any of them is whole.
fn upload(server: &Process, load: &Load, form: &[u8]) -> Result<f64> {
    let (sent, measured) = (Barrier::new(UPLOADS + 1), Barrier::new(UPLOADS + 1));
    std::thread::scope(|scope| {
        let uploads: Vec<_> = (0..UPLOADS)
            .map(|_| scope.spawn(|| one(load, form, &sent, &measured)))
            .collect();
        sent.wait();
        let peak = server.peak_mb();
        measured.wait();
        for upload in uploads {
            upload
                .join()
                .unwrap_or_else(|_| Err("an upload panicked".into()))?;
        }
        peak
    })
}

fn one(load: &Load, form: &[u8], sent: &Barrier, measured: &Barrier) -> Result<()> {
    let (most, last) = form.split_at(form.len() - LAST);
    let begun = Connection::open(BASE_URL).and_then(|mut connection| {
        let head = connection.head(load.method, &load.path, &load.headers, form.len());
        connection.write(head.as_bytes())?;
        connection.write(most)?;
        Ok(connection)
    });
    // Also after a fault, or else the others would wait for ever.
    sent.wait();
    measured.wait();
    let mut connection = begun?;
    connection.write(last)?;
    let answer = connection.answer()?;
    match answer.status {
        201 => Ok(()),
        status => Err(format!("not accepted: {status} {}", answer.body).into()),
    }
}
