//! The load generator: `wrk` with 128 connections and our script.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::Result;

const CONNECTIONS: &str = "128";
const THREADS: &str = "2";

/// The requests of a load: one of the bodies each, in turn.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) method: &'static str,
    /// Path with query, under the subject's base URL.
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) bodies: Vec<Vec<u8>>,
}

/// What `wrk` measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

#[derive(Deserialize)]
struct Report {
    requests: u64,
    duration_us: u64,
    failed: u64,
    p50_us: u64,
    p99_us: u64,
}

/// Drives a subject for `span`; an error when any request was not answered with success.
pub(crate) fn drive(
    base_url: &str,
    load: &Load,
    span: Duration,
    folder: &Path,
) -> Result<Measured> {
    let headers: Vec<String> = load
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    std::fs::write(folder.join("headers"), headers.join("\n") + "\n")?;
    let mut bodies = Vec::new();
    for body in &load.bodies {
        bodies.extend(format!("{}\n", body.len()).into_bytes());
        bodies.extend(body);
    }
    std::fs::write(folder.join("bodies"), bodies)?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/wrk.lua");
    let out = Command::new("wrk")
        .args(["-c", CONNECTIONS, "-t", THREADS, "--timeout", "10s"])
        .args(["-d", &format!("{}s", span.as_secs())])
        .args(["-s", script, base_url, "--", load.method, &load.path])
        .args([folder.join("headers"), folder.join("bodies")])
        .output()
        .map_err(|e| format!("cannot start wrk: {e}; run `cargo xtask setup`"))?;
    let text = String::from_utf8_lossy(&out.stdout);
    let line = text.lines().find(|line| line.starts_with('{'));
    let line = line.ok_or_else(|| {
        format!(
            "wrk reported nothing:\n{text}{}",
            String::from_utf8_lossy(&out.stderr)
        )
    })?;
    measured(line)
}

fn measured(line: &str) -> Result<Measured> {
    let report: Report = serde_json::from_str(line)?;
    if report.failed > 0 || report.requests == 0 {
        let Report {
            failed, requests, ..
        } = report;
        return Err(format!("{failed} of {requests} requests failed: not a measurement").into());
    }
    Ok(Measured {
        per_second: whole(report.requests) / (whole(report.duration_us) / 1e6),
        p50_ms: whole(report.p50_us) / 1e3,
        p99_ms: whole(report.p99_us) / 1e3,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a bench stay far below 2^52"
)]
/// A count as a number to divide.
pub(crate) fn whole(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_becomes_a_rate_unless_a_request_failed() {
        let line =
            r#"{"requests":3000,"duration_us":1500000,"failed":0,"p50_us":250,"p99_us":4000}"#;
        let expected = Measured {
            per_second: 2000.0,
            p50_ms: 0.25,
            p99_ms: 4.0,
        };
        assert_eq!(measured(line).unwrap(), expected);
        assert!(measured(&line.replace("\"failed\":0", "\"failed\":1")).is_err());
    }
}
