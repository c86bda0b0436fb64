//! Alternating rounds, and the line that sums them up.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::http::Connection;
use crate::process::Process;
use crate::storage::{Engine, Storage};
use crate::wrk::{self, Load, Measured};

pub(crate) const WARM_UP: Duration = Duration::from_secs(2);

/// One side of a comparison: a server that can be started on empty storage.
pub(crate) trait Subject {
    /// Starts it; returns once it answers.
    fn start(&self, storage: &Storage) -> Result<Running>;
}

/// A started subject with the load that it is to bear.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) base_url: String,
    pub(crate) load: Load,
}

/// How a bench is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) rounds: usize,
    pub(crate) span: Duration,
    pub(crate) scratch: &'a Path,
}

/// One side's rounds.
#[derive(Debug, Default)]
pub(crate) struct Side {
    rates: Vec<f64>,
    p50s: Vec<f64>,
    p99s: Vec<f64>,
    rss: Vec<f64>,
    /// How often `PostgreSQL` had an operation run again, for each request.
    retries: Vec<f64>,
}

impl Side {
    /// Adds a round that has no latencies.
    pub(crate) fn add_rate(&mut self, per_second: f64, rss_mb: Option<f64>) {
        self.rates.push(per_second);
        self.rss.extend(rss_mb);
    }

    fn add(&mut self, measured: Measured, rss_mb: f64) {
        self.rates.push(measured.per_second);
        self.p50s.push(measured.p50_ms);
        self.p99s.push(measured.p99_ms);
        self.rss.push(rss_mb);
    }

    fn fields(&self, name: &str) -> Map<String, Value> {
        let mut fields = Map::new();
        let columns = [
            (name, &self.rates),
            ("p50_ms", &self.p50s),
            ("p99_ms", &self.p99s),
            ("rss_mb", &self.rss),
            ("rate_40001", &self.retries),
        ];
        for (name, values) in columns.into_iter().filter(|(_, values)| !values.is_empty()) {
            fields.insert(name.to_owned(), rounded(median(values)));
        }
        fields
    }
}

/// Measures one subject in each of the plan's rounds.
pub(crate) fn alone(subject: &dyn Subject, engine: Engine, plan: Plan<'_>) -> Result<Side> {
    let mut side = Side::default();
    for _ in 0..plan.rounds {
        round(subject, engine, plan, &mut side)?;
    }
    Ok(side)
}

/// Measures two subjects in turn, so that a busy minute of the machine hits both.
pub(crate) fn both(
    ours: &dyn Subject,
    other: &dyn Subject,
    engine: Engine,
    plan: Plan<'_>,
) -> Result<(Side, Side)> {
    let (mut our_side, mut other_side) = (Side::default(), Side::default());
    for _ in 0..plan.rounds {
        round(ours, engine, plan, &mut our_side)?;
        round(other, engine, plan, &mut other_side)?;
    }
    Ok((our_side, other_side))
}

fn round(subject: &dyn Subject, engine: Engine, plan: Plan<'_>, side: &mut Side) -> Result<()> {
    let storage = Storage::fresh(engine, plan.scratch)?;
    let running = subject.start(&storage)?;
    wrk::drive(&running.base_url, &running.load, WARM_UP, plan.scratch)?;
    let measured = wrk::drive(&running.base_url, &running.load, plan.span, plan.scratch)?;
    let rss_mb = running.process.rss_mb()?;
    eprintln!(
        "  {:.0}/s, p99 {:.1} ms, {rss_mb:.0} MB",
        measured.per_second, measured.p99_ms
    );
    if engine == Engine::Postgres
        && let Some(retries) = retries(&running.base_url)?
    {
        let seconds = (WARM_UP + plan.span).as_secs_f64();
        side.retries.push(retries / (measured.per_second * seconds));
    }
    side.add(measured, rss_mb);
    Ok(())
}

/// How often operations ran again since the start; none where nobody counts.
fn retries(base_url: &str) -> Result<Option<f64>> {
    let answer = Connection::open(base_url)?.request("GET", "/metrics", &[], "")?;
    if answer.status != 200 {
        return Ok(None);
    }
    let counted = answer
        .body
        .lines()
        .find_map(|line| line.strip_prefix("db_retries_total "));
    Ok(Some(counted.map_or(Ok(0.0), str::parse)?))
}

/// The line of a comparison; `ratio` is the median of the rounds' ratios.
pub(crate) fn compared(ours: &Side, name: &str, other: &Side) -> Map<String, Value> {
    let ratios: Vec<f64> = ours
        .rates
        .iter()
        .zip(&other.rates)
        .map(|(a, b)| a / b)
        .collect();
    let mut fields = ours.fields("ours");
    fields.insert(name.to_owned(), rounded(median(&other.rates)));
    fields.insert("ratio".to_owned(), rounded(median(&ratios)));
    fields
}

/// The line of the ceiling alone.
pub(crate) fn ceiling_alone(side: &Side) -> Map<String, Value> {
    side.fields("ceiling")
}

/// Prints a bench's line.
pub(crate) fn print(bench: &str, engine: &str, unit: &str, fields: Map<String, Value>) {
    let mut line = Map::new();
    line.insert("bench".to_owned(), json!(bench));
    line.insert("engine".to_owned(), json!(engine));
    line.insert("unit".to_owned(), json!(unit));
    line.extend(fields);
    println!("{}", Value::Object(line));
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// Three digits after the point are enough for any figure here.
pub(crate) fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(rates: &[f64]) -> Side {
        Side {
            rates: rates.to_vec(),
            p50s: vec![1.0],
            p99s: vec![2.0],
            rss: vec![30.0],
            retries: Vec::new(),
        }
    }

    #[test]
    fn the_ratio_is_the_median_of_the_rounds_ratios() {
        // Ratios 0.5, 1.0 and 0.6; the ratio of the medians would be another.
        let fields = compared(
            &side(&[50.0, 90.0, 60.0]),
            "ceiling",
            &side(&[100.0, 90.0, 100.0]),
        );
        assert_eq!(fields["ratio"], json!(0.6));
        assert_eq!(fields["ours"], json!(60.0));
        assert_eq!(fields["ceiling"], json!(100.0));
    }

    #[test]
    fn the_median_of_an_even_count_is_between() {
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }
}
