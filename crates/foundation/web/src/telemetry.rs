//! The access log and the metrics.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use axum::response::Response;
use http::{Method, StatusCode, Uri};
use hyper::body::Body as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Span;

/// Upper bounds of the buckets of histograms, in seconds.
const BUCKETS: [f64; 15] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Those of histograms that count.
const COUNTS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// What counts: operations that share a commit.
const COUNTING: &str = "db_group_operations";

static INSTALLED: OnceLock<Metrics> = OnceLock::new();

/// The process's metrics: what the macros of the `metrics` crate record.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts recording, once in a process; later calls return the same. Histograms are in
    /// seconds, but for those that count.
    pub fn install() -> Self {
        INSTALLED.get_or_init(Self::start).clone()
    }

    /// The text that Prometheus reads.
    pub fn render(&self) -> String {
        self.0.render()
    }

    fn start() -> Self {
        let counting = Matcher::Full(COUNTING.to_owned());
        let builder = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .and_then(|builder| builder.set_buckets_for_metric(counting, &COUNTS));
        let recorder = builder.expect("there are buckets").build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder was installed first: /metrics stays empty");
        }
        metrics::describe_histogram!(
            "http_request_duration_seconds",
            "Time from a request's header to its answer's header, by route, method and status"
        );
        metrics::describe_histogram!(COUNTING, "Operations that shared a commit");
        metrics::describe_counter!("http_requests_abandoned_total", "Callers that left early");
        metrics::describe_gauge!("http_connections", "Open connections");
        Self(handle)
    }
}

/// Folds what was recorded into histograms for as long as it runs; else it would pile up.
pub(crate) async fn upkeep() {
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    loop {
        ticks.tick().await;
        if let Some(metrics) = INSTALLED.get() {
            metrics.0.run_upkeep();
        }
    }
}

/// One request, logged and counted when dropped: also when its caller left before the answer.
pub(crate) struct Access {
    pub(crate) started: Instant,
    pub(crate) method: Method,
    pub(crate) route: Option<MatchedPath>,
    pub(crate) uri: Uri,
    pub(crate) answer: Option<Answer>,
    pub(crate) span: Span,
}

/// What is logged of an answer.
pub(crate) struct Answer {
    status: StatusCode,
    /// Unknown for streams.
    bytes: Option<u64>,
}

impl Access {
    /// Notes the answer.
    pub(crate) fn answered(&mut self, response: &Response) {
        let bytes = response.body().size_hint().exact();
        self.answer = Some(Answer {
            status: response.status(),
            bytes,
        });
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("unmatched", MatchedPath::as_str)
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        let duration = self.started.elapsed();
        let duration_ms = (duration.as_secs_f64() * 1e6).round() / 1e3;
        // The path, never the query: that may carry secrets.
        let (method, route, path) = (self.method.as_str(), self.route(), self.uri.path());
        let Some(Answer { status, bytes }) = &self.answer else {
            metrics::counter!("http_requests_abandoned_total").increment(1);
            tracing::info!(target: "access", method, route, path, duration_ms, "abandoned");
            return;
        };
        let status = status.as_u16();
        tracing::info!(
            target: "access", method, route, path, status, duration_ms, bytes, "answered"
        );
        metrics::histogram!(
            "http_request_duration_seconds",
            "method" => method_label(&self.method),
            "route" => self.route().to_owned(),
            "status" => status_class(status),
        )
        .record(duration);
    }
}

/// The method as a label; callers may invent others, labels may not grow with them.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn status_class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_has_buckets_of_counts() {
        let metrics = Metrics::install();
        metrics::histogram!(COUNTING).record(3.0);
        metrics::histogram!("job_wait_seconds").record(0.003);
        let text = metrics.render();
        for line in [
            "db_group_operations_bucket{le=\"2\"} 0",
            "db_group_operations_bucket{le=\"4\"} 1",
            "job_wait_seconds_bucket{le=\"0.005\"} 1",
        ] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }
}
