//! What every request passes on its way in and out.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use bursar_kernel::{Clock, CorrelationId, Rng};
use futures_util::FutureExt as _;
use http::header::DATE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tracing::Instrument as _;

use crate::linger::linger;
use crate::telemetry::Access;
use crate::times::Times;
use crate::{DataCenter, Limits};

const CORRELATION_ID: HeaderName = HeaderName::from_static(CorrelationId::HEADER);

/// Wraps the whole router, after its last route was added: once, for all data centers.
///
/// Requests bring `Arc<DataCenter>` as an extension from their [`Door`](crate::Door), get
/// `CorrelationId` as another, and run in a span with both.
/// Every answer, also to unknown paths and wrong methods, gets `concur-correlationid`, an access
/// log line and a metric, and `date` by `clock`: who reads it compares it with times that the same
/// clock gave. A panic becomes 500; a handler that takes longer than
/// [`Limits::request_time`] is dropped and answered 503. Both have empty bodies. Of a body that
/// the handler did not read to its end, the rest is listened to for a while.
pub fn edge(router: Router, rng: Rng, clock: Clock, limits: &Limits) -> Router {
    let edge = Edge {
        rng,
        clock,
        limits: *limits,
    };
    router.layer(from_fn_with_state(Arc::new(edge), pass))
}

struct Edge {
    rng: Rng,
    clock: Clock,
    limits: Limits,
}

async fn pass(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let id = correlation_id(request.headers(), &edge.rng);
    let data_center = request.extensions().get::<Arc<DataCenter>>();
    // At error level, so that no filter for less drops the id from the lines it lets through.
    let span = tracing::error_span!(
        "request",
        correlation_id = id.as_str(),
        data_center = data_center.map(|here| here.id())
    );
    let mut access = Access {
        started: Instant::now(),
        method: request.method().clone(),
        route: request.extensions().get::<MatchedPath>().cloned(),
        uri: request.uri().clone(),
        answer: None,
        span: span.clone(),
    };
    let extensions = request.extensions_mut();
    extensions.insert(id.clone());
    let times = Times::from_now(edge.limits);
    extensions.insert(times.clone());
    let request = linger(request, edge.limits.body_time);

    let mut response = guard(next.run(request), &times).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    if let Ok(value) = HeaderValue::from_str(&edge.clock.now().http_date()) {
        response.headers_mut().insert(DATE, value);
    }
    access.answered(&response);
    response
}

/// Runs a handler; a panic or too long a run becomes an answer.
async fn guard(handler: impl Future<Output = Response>, times: &Times) -> Response {
    let handler = AssertUnwindSafe(handler).catch_unwind();
    tokio::select! {
        biased;
        answer = handler => answer.unwrap_or_else(|panic| {
            tracing::error!("a handler panicked: {}", panic_text(panic.as_ref()));
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }),
        () = times.over() => {
            tracing::error!("a handler took longer than {:?}", times.limits.request_time);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The caller's correlation id if it is usable, else a new one.
fn correlation_id(headers: &HeaderMap, rng: &Rng) -> CorrelationId {
    let sent = headers
        .get(&CORRELATION_ID)
        .and_then(|value| value.to_str().ok());
    sent.and_then(CorrelationId::from_caller)
        .unwrap_or_else(|| CorrelationId::new(rng))
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
