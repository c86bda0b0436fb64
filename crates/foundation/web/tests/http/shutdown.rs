//! The end: what was accepted is finished, nothing new is taken.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bursar_web::Limits;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::{SHORT, Server, body, field};

/// A handler that says when it began and waits to be released.
struct Gate {
    entered: Arc<Notify>,
    release: Arc<Notify>,
}

fn gate() -> (Gate, Router) {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gate = Gate {
        entered: Arc::clone(&entered),
        release: Arc::clone(&release),
    };
    let handler = async move || {
        entered.notify_one();
        release.notified().await;
        "finished"
    };
    (gate, Router::new().route("/", get(handler)))
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn finishes_what_it_accepted_and_takes_nothing_new() {
    let (gate, routes) = gate();
    let server = Server::start(routes).await;
    let address = server.address;
    // Served once, so that the server knows of it before it is told to stop.
    let mut idle = server.connect().await;
    idle.send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n").await;
    idle.until("\r\n\r\n").await;
    let mut busy = server.connect().await;
    busy.send(REQUEST).await;
    gate.entered.notified().await;

    let done = server.stop();
    // The idle connection ends only after the socket was closed.
    assert_eq!(idle.rest().await, "");
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!done.is_finished());

    gate.release.notify_one();
    let answer = busy.rest().await;
    assert_eq!(body(&answer), "finished");
    assert_eq!(field(&answer, "connection"), Some("close"));
    done.await.unwrap();
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_off() {
    let (gate, routes) = gate();
    let limits = Limits {
        drain_time: SHORT,
        ..Limits::default()
    };
    let server = Server::with_limits(routes, limits).await;
    let mut busy = server.connect().await;
    busy.send(REQUEST).await;
    gate.entered.notified().await;
    server.stop().await.unwrap();
    assert_eq!(busy.rest().await, "");
}
