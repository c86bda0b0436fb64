//! `token.storm`: what a storm of sign-ins does to everyone else.
//!
//! Hashing a password takes a core for tens of milliseconds, on purpose. So it is bounded, and
//! posting receipts must stay quick while many sign in at once: its p99 at most
//! [`RATIO_MAX`] times the p99 of a quiet server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::http::Connection;
use crate::ours::{self, BASE_URL};
use crate::rounds::{Plan, WARM_UP, median, print, rounded};
use crate::storage::{Engine, Storage};
use crate::wrk::{self, Load, Measured, whole};

/// Who signs in at the same time, again and again.
const STORMERS: usize = 64;
const RATIO_MAX: f64 = 3.0;

/// The rounds' figures.
#[derive(Debug, Default)]
struct Rounds {
    quiet: Vec<f64>,
    storm: Vec<f64>,
    sign_ins: Vec<f64>,
}

/// The p99 of posting a receipt, quiet and in the storm.
pub(crate) fn run(engine: Engine, plan: Plan<'_>) -> Result<()> {
    let mut rounds = Rounds::default();
    for _ in 0..plan.rounds {
        let storage = Storage::fresh(engine, plan.scratch)?;
        let _server = ours::start(&storage)?;
        let load = ours::receipt_load()?;
        wrk::drive(BASE_URL, &load, WARM_UP, plan.scratch)?;
        let quiet = wrk::drive(BASE_URL, &load, plan.span, plan.scratch)?;
        let (storm, sign_ins) = in_storm(&load, plan)?;
        eprintln!(
            "  p99 {:.1} ms quiet, {:.1} ms in a storm of {sign_ins:.0} sign-ins/s",
            quiet.p99_ms, storm.p99_ms
        );
        rounds.quiet.push(quiet.p99_ms);
        rounds.storm.push(storm.p99_ms);
        rounds.sign_ins.push(sign_ins);
    }
    print("token.storm", engine.name(), "ms", rounds.fields());
    Ok(())
}

/// Posts receipts while others sign in; also how many a second got in.
fn in_storm(load: &Load, plan: Plan<'_>) -> Result<(Measured, f64)> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let stormers: Vec<_> = (0..STORMERS)
            .map(|_| scope.spawn(|| sign_in_until(&over)))
            .collect();
        let began = Instant::now();
        let measured = wrk::drive(BASE_URL, load, WARM_UP, plan.scratch)
            .and_then(|_| wrk::drive(BASE_URL, load, plan.span, plan.scratch));
        over.store(true, Ordering::Relaxed);
        let elapsed = began.elapsed();
        let ended = |thread: std::thread::ScopedJoinHandle<'_, Result<u64>>| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a stormer panicked".into()))
        };
        let sign_ins: u64 = stormers.into_iter().map(ended).sum::<Result<u64>>()?;
        Ok((measured?, whole(sign_ins) / elapsed.as_secs_f64()))
    })
}

fn sign_in_until(over: &AtomicBool) -> Result<u64> {
    let mut connection = Connection::open(BASE_URL)?;
    let mut count = 0;
    while !over.load(Ordering::Relaxed) {
        ours::sign_in(&mut connection)?;
        count += 1;
    }
    Ok(count)
}

impl Rounds {
    /// `ratio` is the median of the rounds' ratios.
    fn fields(&self) -> Map<String, Value> {
        let pairs = self.storm.iter().zip(&self.quiet);
        let ratios: Vec<f64> = pairs.map(|(storm, quiet)| storm / quiet).collect();
        let mut fields = Map::new();
        for (name, values) in [
            ("storm_p99_ms", &self.storm),
            ("quiet_p99_ms", &self.quiet),
            ("ratio", &ratios),
            ("sign_ins_per_second", &self.sign_ins),
        ] {
            fields.insert(name.to_owned(), rounded(median(values)));
        }
        fields.insert("ratio_max".to_owned(), json!(RATIO_MAX));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_of_each_round() {
        let rounds = Rounds {
            quiet: vec![2.0, 10.0, 4.0],
            storm: vec![4.0, 10.0, 12.0],
            sign_ins: vec![30.0, 20.0, 40.0],
        };
        let fields = rounds.fields();
        assert_eq!(fields["ratio"], json!(2.0));
        assert_eq!(fields["sign_ins_per_second"], json!(30.0));
    }
}
