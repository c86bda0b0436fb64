//! Where log lines go and how they look.

use std::io::{IsTerminal as _, stderr};

use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// For people; coloured on a terminal unless `NO_COLOR` is set.
    #[default]
    Human,
    /// One JSON object a line; the request's correlation id and data center stand in `span`.
    Json,
}

/// Why logging did not start.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter is not of the form `info,access=warn`.
    #[error("the log filter {filter:?} is not understood; write it like info,access=warn")]
    Filter {
        /// The text.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// Logging was started before.
    #[error("logging was started twice")]
    Twice(#[from] TryInitError),
}

/// Starts logging to standard error, once in a process. `filter` is `info`, or a list like
/// `info,access=warn`; the access log is the target `access`.
pub fn init_logging(format: LogFormat, filter: &str) -> Result<(), LoggingError> {
    let coloured = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    Ok(lines(format, filter, coloured, stderr)?.try_init()?)
}

/// Whether [`init_logging`] understands the filter.
pub fn check_log_filter(filter: &str) -> Result<(), LoggingError> {
    parsed(filter).map(drop)
}

fn parsed(filter: &str) -> Result<EnvFilter, LoggingError> {
    let parsed = EnvFilter::builder().parse(filter);
    parsed.map_err(|source| LoggingError::Filter {
        filter: filter.to_owned(),
        source,
    })
}

fn lines<W>(
    format: LogFormat,
    filter: &str,
    coloured: bool,
    writer: W,
) -> Result<Dispatch, LoggingError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt()
        .with_env_filter(parsed(filter)?)
        .with_writer(writer);
    Ok(match format {
        LogFormat::Human => lines.with_ansi(coloured).finish().into(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .finish()
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Body;
    use axum::extract::Path;
    use axum::routing::get;
    use bursar_kernel::{Clock, Rng};
    use futures_util::FutureExt as _;
    use http::Request;
    use tower::ServiceExt as _;

    use crate::{DataCenter, Kind, Limits, WireBody, WireError, edge};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        fn json(&self) -> Vec<serde_json::Value> {
            self.text()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }
    }

    fn start(format: LogFormat, filter: &str) -> (Lines, tracing::dispatcher::DefaultGuard) {
        let written = Lines::default();
        let writer = written.clone();
        let lines = lines(format, filter, false, move || writer.clone()).unwrap();
        (written, tracing::dispatcher::set_default(&lines))
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the store is gone")]
    struct Broken;

    impl WireError for Broken {
        fn kind(&self) -> Kind {
            Kind::Internal
        }
        fn body(&self) -> WireBody {
            WireBody::empty()
        }
    }

    fn router() -> Router {
        let routes = Router::new()
            .route("/things/{id}", get(|_: Path<String>| async { "thing" }))
            .route("/broken", get(|| async { Broken.answer() }))
            .route("/never", get(std::future::pending::<&str>));
        let us = DataCenter::new("us", "http://us.test", "http://www-us.test").unwrap();
        let edge = edge(routes, Rng::seeded(1), Clock::system(), &Limits::default());
        edge.layer(axum::Extension(Arc::new(us)))
    }

    fn request(path: &str) -> Request<Body> {
        let request = Request::get(path).header("concur-correlationid", "mine");
        request.body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn an_access_line_names_route_and_path_but_no_query() {
        let (lines, _guard) = start(LogFormat::Json, "info");
        router()
            .oneshot(request("/things/7?token=secret"))
            .await
            .unwrap();
        assert!(!lines.text().contains("secret"));
        let mut line = lines.json().remove(0);
        assert!(line["duration_ms"].take().is_number());
        assert!(line["timestamp"].take().is_string());
        let expected = serde_json::json!({
            "timestamp": null, "level": "INFO", "target": "access", "message": "answered",
            "method": "GET", "route": "/things/{id}", "path": "/things/7", "status": 200,
            "bytes": 5, "duration_ms": null,
            "span": {"name": "request", "correlation_id": "mine", "data_center": "us"},
        });
        assert_eq!(line, expected);
    }

    #[tokio::test]
    async fn a_fault_is_logged_once_with_its_correlation_id_under_any_filter() {
        let (lines, _guard) = start(LogFormat::Json, "error");
        router().oneshot(request("/broken")).await.unwrap();
        let [line] = lines.json().try_into().unwrap();
        assert_eq!(line["message"], "the store is gone");
        assert_eq!(line["span"]["correlation_id"], "mine");
    }

    #[tokio::test]
    async fn a_caller_that_leaves_early_is_logged() {
        let (lines, _guard) = start(LogFormat::Human, "info");
        assert!(router().oneshot(request("/never")).now_or_never().is_none());
        let text = lines.text();
        assert!(
            text.contains("abandoned") && text.contains("/never"),
            "{text}"
        );
    }

    #[test]
    fn a_wrong_filter_is_named() {
        let refused = init_logging(LogFormat::Human, "info,=x=")
            .unwrap_err()
            .to_string();
        assert!(refused.contains("info,=x="), "{refused}");
    }
}
