//! `gateway.deliver`: receipts handed to the gateway, delivered, and processed by the platform.
//!
//! The load is closed: before a batch of items is handed over, those of the tenth before it were
//! delivered and processed. What is counted was carried through to its end on both sides while the
//! clock ran; both processes work on the same cores.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::Connection;
use crate::merchant::{self, GATEWAY_URL, Merchant, USERS};
use crate::ours::{BASE_URL, Ours};
use crate::rounds::{Plan, Side, compared, print};
use crate::storage::{Engine, Storage};
use crate::wrk::whole;
use crate::{Bench, RECEIPT, Result, end_to_end};

/// Items that are handed over together.
const BATCH: usize = 200;
/// Batches that are on their way at a time.
const BACKLOG: usize = 10;
const SPAN_MIN: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);
/// What takes longer is a fault, not a measurement.
const WAIT_MAX: Duration = Duration::from_mins(1);
const BUDGET: f64 = 0.6;

/// Items a second through gateway and platform, against receipts a second through the platform
/// alone.
pub(crate) fn run(engine: Engine, plan: Plan<'_>) -> Result<()> {
    let (mut ours, mut alone) = (Side::default(), Side::default());
    for _ in 0..plan.rounds {
        let (rate, rss_mb) = round(engine, plan)?;
        eprintln!("  {rate:.0} items/s, {rss_mb:.0} MB");
        ours.add_rate(rate, Some(rss_mb));
        let bench = Bench::ReceiptEndToEnd;
        let (rate, _) = end_to_end::round(&Ours(bench), "/receipts/v4/status", engine, plan)?;
        eprintln!("  {rate:.0} receipts/s without the gateway");
        alone.add_rate(rate, None);
    }
    let mut fields = compared(&ours, "platform_alone", &alone);
    fields.insert("budget".to_owned(), json!(BUDGET));
    print("gateway.deliver", engine.name(), "items/s", fields);
    Ok(())
}

/// Items a second, and the gateway's memory in MB after them.
fn round(engine: Engine, plan: Plan<'_>) -> Result<(f64, f64)> {
    let storage = Storage::fresh(engine, plan.scratch)?;
    let merchant = Merchant::start(&storage)?;
    let mut gateway = Connection::open(GATEWAY_URL)?;
    let mut platform = Connection::open(BASE_URL)?;
    let span = plan.span.max(SPAN_MIN);
    let start = Instant::now();
    let (mut posted, mut under_way) = (0, VecDeque::new());
    while start.elapsed() < span {
        under_way.push_back(post(&mut gateway, posted)?);
        posted += BATCH;
        if under_way.len() == BACKLOG {
            let batch = under_way.pop_front().unwrap_or_default();
            processed(&mut gateway, &mut platform, &merchant, &batch)?;
        }
    }
    for batch in under_way {
        processed(&mut gateway, &mut platform, &merchant, &batch)?;
    }
    let rate = whole(posted as u64) / start.elapsed().as_secs_f64();
    let delivered = Merchant::delivered(&mut gateway)?;
    if delivered != posted as u64 {
        return Err(format!("{delivered} of {posted} items were delivered").into());
    }
    Ok((rate, merchant.gateway.rss_mb()?))
}

/// Hands a batch over; answers the ids of each user's last item in it.
fn post(connection: &mut Connection, first: usize) -> Result<Vec<u64>> {
    let mut lines = String::new();
    for number in first..first + BATCH {
        let user = merchant::user_ref(number % USERS);
        let body = RECEIPT.trim();
        writeln!(
            lines,
            r#"{{"key":"item-{number}","user":"{user}","type":"general","body":{body}}}"#
        )?;
    }
    let kind = ("Content-Type", "application/x-ndjson".to_owned());
    let headers = [merchant::authorization(), kind];
    let answer = connection.request("POST", "/v1/items/batch", &headers, lines)?;
    let told = answer.body.lines().map(serde_json::from_str);
    let told: Vec<Value> = told.collect::<std::result::Result<_, _>>()?;
    let ids: Vec<u64> = told.iter().filter_map(|line| line["id"].as_u64()).collect();
    if answer.status != 200 || ids.len() != BATCH {
        return Err(format!("not accepted: {} {}", answer.status, answer.body).into());
    }
    Ok(ids[BATCH - USERS..].to_vec())
}

/// Waits until the platform has processed these items.
fn processed(
    gateway: &mut Connection,
    platform: &mut Connection,
    merchant: &Merchant,
    items: &[u64],
) -> Result<()> {
    for item in items {
        let path = format!("/v1/items/{item}");
        let headers = [merchant::authorization()];
        let mut delivered = Value::Null;
        until(|| {
            let answer = gateway.request("GET", &path, &headers, "")?;
            delivered = serde_json::from_str(&answer.body)?;
            match delivered["state"].as_str() {
                Some("delivered") => Ok(true),
                Some("waiting" | "sending") => Ok(false),
                _ => Err(format!("item {item}: {} {}", answer.status, answer.body).into()),
            }
        })?;
        let id = delivered["remoteId"]
            .as_str()
            .ok_or("an item without an id")?;
        let user = delivered["user"].as_str().unwrap_or_default();
        let number = (0..USERS).find(|number| merchant::user_ref(*number) == user);
        let token = &merchant.tokens[number.ok_or("an unknown user")?];
        let headers = [("Authorization", format!("Bearer {token}"))];
        let path = format!("/receipts/v4/status/{id}");
        until(|| {
            let answer = platform.request("GET", &path, &headers, "")?;
            let status: Value = serde_json::from_str(&answer.body)?;
            match status["status"].as_str() {
                Some("PROCESSED") => Ok(true),
                Some("ACCEPTED" | "PROCESSING") => Ok(false),
                _ => Err(format!("{id}: {} {}", answer.status, answer.body).into()),
            }
        })?;
    }
    Ok(())
}

fn until(mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_so()? {
        if began.elapsed() > WAIT_MAX {
            return Err("it was not delivered and processed in time".into());
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
