//! `/health`, `/ready` and `/metrics`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use tokio::time::timeout;

use crate::Metrics;

/// A check that has not answered by then failed.
const CHECK_TIME: Duration = Duration::from_secs(2);

/// What must hold before the process takes requests.
#[derive(Clone, Default)]
pub struct Readiness(Vec<(&'static str, Check)>);

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

impl Readiness {
    /// Adds a check. An `Err` says what is missing; `/ready` shows it, so no secrets.
    #[must_use]
    pub fn check<F, Fut>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.0.push((name, Arc::new(move || check().boxed())));
        self
    }

    /// Runs all checks at the same time.
    async fn report(&self) -> Report {
        let results = join_all(self.0.iter().map(|(name, check)| async {
            let result = timeout(CHECK_TIME, check()).await;
            (
                *name,
                result.unwrap_or_else(|_| Err(format!("no answer in {CHECK_TIME:?}"))),
            )
        }))
        .await;
        let ready = results.iter().all(|(_, result)| result.is_ok());
        let text = |result: Result<(), String>| result.err().unwrap_or_else(|| "ok".to_owned());
        let checks = results
            .into_iter()
            .map(|(name, result)| (name, text(result)))
            .collect();
        Report {
            status: if ready { "ok" } else { "unavailable" },
            checks,
        }
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    checks: BTreeMap<&'static str, String>,
}

/// The operator's routes, for every listener or one of their own:
/// `GET /health` (the process runs), `GET /ready` (200, or 503 naming what is missing) and
/// `GET /metrics` (Prometheus text).
pub fn ops_router(readiness: Readiness, metrics: Metrics) -> Router {
    Router::new()
        .route(
            "/health",
            get(|| async { Json(serde_json::json!({"status": "ok"})) }),
        )
        .route("/ready", get(ready).with_state(readiness))
        .route("/metrics", get(render).with_state(metrics))
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let report = readiness.report().await;
    let status = if report.status == "ok" {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report)).into_response()
}

async fn render(State(metrics): State<Metrics>) -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        metrics.render(),
    )
}
