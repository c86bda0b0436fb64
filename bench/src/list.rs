//! `receipt.list`: the first page of a user's receipts, among few receipts and among very many.
//!
//! The page has the same hundred receipts' worth of bytes both times; a tenth of all receipts are
//! the user's own. So whatever differs is what finding them costs.

use std::time::{Duration, Instant};

use bursar_kernel::Uuid;
use rusqlite::Connection as Sqlite;
use serde_json::{Map, json};

use crate::http::Connection;
use crate::ours::{self, BASE_URL, COMPANY_ID, USER_ID};
use crate::rounds::{Plan, WARM_UP, median, print, rounded};
use crate::storage::{Engine, Storage, execute};
use crate::{RECEIPT, Result};

/// Receipts in the table, all of them the user's own.
const FEW: i64 = 100;
/// Receipts in the table; one of ten is the user's own.
const MANY: i64 = 1_000_000;
/// Where the server keeps its rows in its folder.
const FILE: &str = "bursar.db";

/// The medians of both, and how many times one is the other.
pub(crate) fn run(engine: Engine, plan: Plan<'_>) -> Result<()> {
    let storage = Storage::fresh(engine, plan.scratch)?;
    // It makes the tables and the people.
    drop(ours::start(&storage)?);
    fill(&storage, 1, FEW, 1)?;
    let few = p50_ms(&storage, plan)?;
    fill(&storage, FEW + 1, MANY, 10)?;
    let many = p50_ms(&storage, plan)?;
    let mut fields = Map::new();
    fields.insert(format!("p50_ms_{FEW}"), rounded(few));
    fields.insert(format!("p50_ms_{MANY}"), rounded(many));
    fields.insert("ratio".to_owned(), rounded(many / few));
    fields.insert("budget".to_owned(), json!(2));
    print("receipt.list", engine.name(), "ms", fields);
    Ok(())
}

/// Adds receipts by their numbers, each `every`th of them the user's own, in one statement.
fn fill(storage: &Storage, first: i64, last: i64, every: i64) -> Result<()> {
    let (company, user) = (hex(COMPANY_ID)?, hex(USER_ID)?);
    let body = RECEIPT.trim().replace('\'', "''");
    // Ids are in the order of numbers, as those that are made are in the order of time.
    let rows = |number: &str, id: &str, blob: &dyn Fn(&str) -> String| {
        format!(
            "INSERT INTO receipts_receipt (company_id, id, user_id, receipt_type, body, app_id, \
             app_name, correlation_id, received_at, status) \
             SELECT {company}, {id}, CASE WHEN n % {every} = 0 THEN {user} ELSE {other} END, \
             'general-receipt', '{body}', {company}, 'Harbour House Hotel', 'bench', n, \
             'PROCESSED' FROM {number}",
            company = blob(&company),
            user = blob(&user),
            other = blob(&"5a".repeat(16)),
        )
    };
    if let Some(url) = storage.url() {
        let numbers = format!("generate_series({first}, {last}) AS n");
        let blob = |hex: &str| format!("decode('{hex}', 'hex')");
        let insert = rows(&numbers, "decode(lpad(to_hex(n), 32, '0'), 'hex')", &blob);
        execute(url, &[&insert, "ANALYZE receipts_receipt", "CHECKPOINT"])
    } else {
        let numbers = format!(
            "(WITH RECURSIVE counted (n) AS (SELECT {first} UNION ALL \
                 SELECT n + 1 FROM counted WHERE n < {last}) SELECT n FROM counted)"
        );
        let blob = |hex: &str| format!("x'{hex}'");
        let insert = rows(&numbers, "unhex(printf('%032x', n))", &blob);
        let connection = Sqlite::open(storage.folder().join(FILE))?;
        Ok(connection.execute_batch(&insert)?)
    }
}

fn hex(id: &str) -> Result<String> {
    Ok(bursar_kernel::hex32(&Uuid::try_parse(id)?))
}

/// The median over the rounds' medians, one request after the other.
fn p50_ms(storage: &Storage, plan: Plan<'_>) -> Result<f64> {
    let _server = ours::start(storage)?;
    let headers = [ours::authorization()?];
    let mut connection = Connection::open(BASE_URL)?;
    let path = ours::receipts_path();
    let mut round = |span: Duration| {
        let mut times_ms = Vec::new();
        let began = Instant::now();
        while began.elapsed() < span {
            let asked = Instant::now();
            let answer = connection.request("GET", &path, &headers, "")?;
            times_ms.push(asked.elapsed().as_secs_f64() * 1e3);
            if answer.status != 200 || answer.body.len() < RECEIPT.len() * 100 {
                return Err(format!("no full page: {} {}", answer.status, answer.body).into());
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(median(&times_ms))
    };
    round(WARM_UP)?;
    let medians = (0..plan.rounds).map(|_| round(plan.span));
    let medians = medians.collect::<Result<Vec<_>>>()?;
    eprintln!("  p50 {:.2} ms", median(&medians));
    Ok(median(&medians))
}
