//! Answers that come before the caller has sent everything.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use bursar_web::{BodyError, RawBody};

use crate::support::{Server, status};

const MEGABYTE: usize = 1 << 20;

fn routes() -> Router {
    async fn refuse() -> StatusCode {
        StatusCode::FORBIDDEN
    }
    async fn take(body: Result<RawBody<8>, BodyError>) -> Result<(), BodyError> {
        body.map(drop)
    }
    Router::new()
        .route("/refuse", post(refuse))
        .route("/take", post(take))
}

#[tokio::test]
async fn a_caller_that_sends_everything_first_sees_its_answer() {
    let server = Server::start(routes()).await;
    for (path, expected) in [("/refuse", 403), ("/take", 413)] {
        let mut client = server.connect().await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
            40 * MEGABYTE
        );
        client.send(&head).await;
        // The answer is there, and the connection goes on all the same.
        assert_eq!(status(&client.until("\r\n\r\n").await), expected, "{path}");
        if expected == 413 {
            client.until("bytes").await;
        }
        for _ in 0..40 {
            client.send(&"x".repeat(MEGABYTE)).await;
        }
        client
            .send("POST /refuse HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await;
        assert_eq!(status(&client.rest().await), 403, "{path}");
    }
}

#[tokio::test]
async fn a_caller_that_waits_is_not_asked_to_send() {
    let server = Server::start(routes()).await;
    for path in ["/refuse", "/take"] {
        let answer = server
            .exchange(&format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\
                 Expect: 100-continue\r\n\r\n"
            ))
            .await;
        assert_ne!(status(&answer), 100, "{path}: {answer}");
    }
}
