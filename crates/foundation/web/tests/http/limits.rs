//! Callers that are slow, large or many.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use bursar_web::{BodyError, Limits, RawBody};
use bytes::Bytes;
use tokio::sync::Notify;

use crate::support::{SHORT, Server, body, field, status};

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

#[tokio::test]
async fn slow_and_idle_connections_are_closed() {
    let limits = Limits {
        header_time: SHORT,
        ..Limits::default()
    };
    let server = Server::with_limits(hello(), limits).await;
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n"] {
        let answer = server.exchange(begun).await;
        assert!(!answer.contains("hello"), "{answer}");
    }
    let kept_open = server.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(body(&kept_open), "hello");
}

#[tokio::test]
async fn a_slow_body_is_the_callers_fault() {
    async fn take(body: Result<RawBody<100>, BodyError>) -> Result<String, BodyError> {
        body.map(|body| body.bytes.len().to_string())
    }
    let limits = Limits {
        body_time: SHORT,
        ..Limits::default()
    };
    let server = Server::with_limits(Router::new().route("/", post(take)), limits).await;
    let answer = server
        .exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        .await;
    assert_eq!(status(&answer), 408);
    assert!(field(&answer, "concur-correlationid").is_some());
}

#[tokio::test]
async fn large_headers_are_refused() {
    let server = Server::start(hello()).await;
    let large = format!("X-Large: {}\r\n", "x".repeat(40_000));
    let many = (0..200).fold(String::new(), |mut lines, number| {
        let _ = write!(lines, "X-{number}: x\r\n");
        lines
    });
    for headers in [large, many] {
        assert_eq!(status(&server.get("/", &headers).await), 431);
    }
    let fits = format!("X-Large: {}\r\n", "x".repeat(20_000));
    assert_eq!(status(&server.get("/", &fits).await), 200);
}

#[tokio::test]
async fn connections_over_the_cap_wait_for_a_place() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = Server::with_limits(hello(), limits).await;
    let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut first = server.connect().await;
    first.send(request).await;
    first.until("hello").await;

    let mut second = server.connect().await;
    second.send(request).await;
    // The first is still served, though the second came long ago.
    first.send(request).await;
    first.until("hello").await;
    drop(first);
    second.until("hello").await;
}

#[tokio::test]
async fn a_caller_that_does_not_read_loses_its_connection() {
    struct Large(Vec<u8>, Arc<Notify>);
    impl AsRef<[u8]> for Large {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    impl Drop for Large {
        fn drop(&mut self) {
            self.1.notify_one();
        }
    }

    let dropped = Arc::new(Notify::new());
    let notify = Arc::clone(&dropped);
    let large = async move || Bytes::from_owner(Large(vec![0; 64 << 20], notify));
    let limits = Limits {
        write_time: SHORT,
        ..Limits::default()
    };
    let server = Server::with_limits(Router::new().route("/", get(large)), limits).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    dropped.notified().await;
}
