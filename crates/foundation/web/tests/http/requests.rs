//! Correlation ids on every answer, plain methods, bodies.

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};
use bursar_kernel::{CorrelationId, uuid_from_text};
use bursar_web::{DataCenter, Limits, RawBody};

use crate::support::{SHORT, Server, body, field, status};

async fn echo(body: RawBody<8>) -> String {
    let kind = body
        .content_type
        .map(|kind| kind.essence().to_owned())
        .unwrap_or_default();
    format!("{kind}:{}", String::from_utf8_lossy(&body.bytes))
}

async fn who(
    Extension(data_center): Extension<Arc<DataCenter>>,
    Extension(id): Extension<CorrelationId>,
) -> String {
    format!("{} {id}", data_center.api_url("/who"))
}

async fn panics() -> &'static str {
    panic!("a bug")
}

fn routes() -> Router {
    Router::new()
        .route("/who", get(who))
        .route("/echo", post(echo))
        .route("/panic", get(panics))
        .route("/never", get(std::future::pending::<&str>))
}

fn request(line: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn every_answer_carries_a_correlation_id_and_the_clocks_date() {
    let limits = Limits {
        request_time: SHORT,
        ..Limits::default()
    };
    let server = Server::with_limits(routes(), limits).await;
    let cases = [
        ("GET /who", "", 200),
        ("POST /echo", "12345678", 200),
        ("GET /nowhere", "", 404),
        ("DELETE /who", "", 405),
        ("POST /echo", "123456789", 413),
        ("GET /panic", "", 500),
        ("GET /never", "", 503),
    ];
    for (line, sent, expected) in cases {
        let answer = server
            .exchange(&request(line, "concur-correlationid: mine\r\n", sent))
            .await;
        assert_eq!(status(&answer), expected, "{line}");
        assert_eq!(
            field(&answer, "concur-correlationid"),
            Some("mine"),
            "{line}"
        );
        let date = field(&answer, "date");
        assert_eq!(date, Some("Sat, 21 Nov 2026 09:30:00 GMT"), "{line}");

        for headers in ["", "concur-correlationid: not one word\r\n"] {
            let answer = server.exchange(&request(line, headers, sent)).await;
            assert_eq!(status(&answer), expected, "{line}");
            let id = field(&answer, "concur-correlationid").unwrap();
            assert!(uuid_from_text(id).is_ok(), "{line}: {id}");
        }
    }
}

#[tokio::test]
async fn handlers_know_their_data_center_and_correlation_id() {
    let server = Server::start(routes()).await;
    let answer = server
        .get("/who", "Host: evil.test\r\nconcur-correlationid: mine\r\n")
        .await;
    assert_eq!(body(&answer), "https://us.test/who mine");
}

#[tokio::test]
async fn faults_of_ours_say_nothing() {
    let limits = Limits {
        request_time: SHORT,
        ..Limits::default()
    };
    let server = Server::with_limits(routes(), limits).await;
    for path in ["/panic", "/never"] {
        assert_eq!(body(&server.get(path, "").await), "", "{path}");
    }
}

#[tokio::test]
async fn head_and_wrong_methods_are_answered_plainly() {
    let server = Server::start(routes()).await;
    let head = server
        .exchange(&request("HEAD /who", "concur-correlationid: mine\r\n", ""))
        .await;
    assert_eq!((status(&head), body(&head)), (200, ""));
    assert_eq!(field(&head, "content-length"), Some("24"));
    let wrong = server.exchange(&request("PUT /who", "", "")).await;
    assert_eq!(field(&wrong, "allow"), Some("GET,HEAD"));
}

#[tokio::test]
async fn a_panic_harms_only_its_own_request() {
    let server = Server::start(routes()).await;
    let mut client = server.connect().await;
    client.send("GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(status(&client.until("\r\n\r\n").await), 500);
    client
        .send("GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await;
    assert_eq!(status(&client.rest().await), 200);
}

#[tokio::test]
async fn bodies_come_whole_with_their_type() {
    let server = Server::start(routes()).await;
    let json = "Content-Type: Application/JSON; charset=utf-8\r\n";
    assert_eq!(
        body(&server.exchange(&request("POST /echo", json, "{}")).await),
        "application/json:{}"
    );
    let chunks = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
        Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n";
    assert_eq!(body(&server.exchange(chunks).await), ":abcdefgh");
}

#[tokio::test]
async fn chunked_bodies_over_the_limit_are_refused() {
    let server = Server::start(routes()).await;
    let chunks = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
        Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n5\r\nefghi\r\n0\r\n\r\n";
    let answer = server.exchange(chunks).await;
    assert_eq!(status(&answer), 413);
    assert_eq!(body(&answer), "the body is larger than 8 bytes");
}

#[tokio::test]
async fn a_caller_that_sends_far_too_much_still_gets_its_answer() {
    let server = Server::start(routes()).await;
    let big = "x".repeat(4 << 20);
    assert_eq!(
        status(&server.exchange(&request("POST /echo", "", &big)).await),
        413
    );
}

#[tokio::test]
async fn a_caller_that_asks_before_it_sends_is_told_at_once() {
    let server = Server::start(routes()).await;
    let asks = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\
        Content-Length: 9999\r\n\r\n";
    assert_eq!(status(&server.exchange(asks).await), 413);
}

#[tokio::test]
async fn encodings_and_malformed_types_are_refused() {
    let server = Server::start(routes()).await;
    for header in ["Content-Encoding: gzip\r\n", "Content-Type: json\r\n"] {
        let answer = server.exchange(&request("POST /echo", header, "x")).await;
        assert_eq!(status(&answer), 415, "{header}");
    }
    let plain = server
        .exchange(&request(
            "POST /echo",
            "Content-Encoding: identity\r\n",
            "x",
        ))
        .await;
    assert_eq!(status(&plain), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_do_not_mix() {
    let server = Arc::new(Server::start(routes()).await);
    let callers: Vec<_> = (0..64)
        .map(|caller| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut client = server.connect().await;
                for call in 0..20 {
                    let id = format!("caller{caller:02}call{call:02}");
                    client
                        .send(&format!(
                            "GET /who HTTP/1.1\r\nHost: x\r\nconcur-correlationid: {id}\r\n\r\n"
                        ))
                        .await;
                    let answer = client.until(&format!("who {id}")).await;
                    assert_eq!(field(&answer, "concur-correlationid"), Some(id.as_str()));
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}
