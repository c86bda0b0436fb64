//! `receipt.render`: the standard receipt as PDF, and nothing else.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bursar_kernel::Micros;
use bursar_receipts::render::{ReceiptContext, standard_receipt};
use bursar_receipts::schema::ReceiptType;
use serde_json::{Map, Value};

use crate::rounds::{Plan, median, print, rounded};
use crate::wrk::whole;
use crate::{RECEIPT, Result};

/// Receipts rendered a second on one core.
pub(crate) fn run(plan: Plan<'_>) -> Result<()> {
    let rates: Result<Vec<f64>> = (0..plan.rounds).map(|_| per_second(1, plan.span)).collect();
    let mut fields = Map::new();
    fields.insert("ours".to_owned(), rounded(median(&rates?)));
    print("receipt.render", "none", "receipts/s", fields);
    Ok(())
}

/// Receipts a second on as many threads.
pub(crate) fn per_second(threads: usize, span: Duration) -> Result<f64> {
    let receipt: Value = serde_json::from_str(RECEIPT)?;
    let rates: Vec<Result<f64>> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| render_for(&receipt, span)))
            .collect();
        let ended = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a renderer panicked".into()))
        };
        started.into_iter().map(ended).collect()
    });
    rates.into_iter().sum()
}

fn render_for(receipt: &Value, span: Duration) -> Result<f64> {
    let context = ReceiptContext {
        receipt_id: "3f9b1c5a7d2e4860b1a4c6e8f0d2b4a6",
        app_name: "Harbour House Hotel",
        received: Micros(1_772_644_961_000_000),
        receipt_type: Some(ReceiptType::General),
        locale: "en-US",
        logo: None,
    };
    let started = Instant::now();
    let mut rendered = 0;
    while started.elapsed() < span {
        black_box(standard_receipt(black_box(receipt), &context)?);
        rendered += 1;
    }
    Ok(whole(rendered) / started.elapsed().as_secs_f64())
}
