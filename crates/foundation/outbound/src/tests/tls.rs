//! TLS: whom the client trusts, and what it says of those whom it does not.

use std::sync::Arc;

use bursar_testkit::{Shown, TestAuthority};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};

use super::*;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// An alert: `handshake_failure`.
const NO: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
/// The beginning of a record that does not come to its end.
const HALF: &[u8] = &[22, 3, 3, 0, 122, 2, 0];
static VERSIONS: [&[&SupportedProtocolVersion]; 2] = [&[&TLS12], &[&TLS13]];

/// A server that answers one request by TLS. Its handle tells whether a request came.
async fn serve(config: Arc<ServerConfig>) -> (u16, JoinHandle<bool>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let asked = tokio::spawn(async move {
        let (stream, _) = socket.accept().await.unwrap();
        let Ok(mut stream) = TlsAcceptor::from(config).accept(stream).await else {
            return false;
        };
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => request.push(byte),
                Err(_) => return !request.is_empty(),
            }
        }
        let _ = stream.write_all(OK).await;
        let _ = stream.shutdown().await;
        true
    });
    (port, asked)
}

/// A server that reads what comes first, says this and leaves.
async fn say(answer: &'static [u8]) -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.unwrap();
        let mut hello = [0; 4096];
        let _ = stream.read(&mut hello).await;
        let _ = stream.write_all(answer).await;
    });
    port
}

async fn ask(authority: &TestAuthority, port: u16) -> Result<Response, OutboundError> {
    let limits = Limits {
        connect_time: Duration::from_millis(500),
        ..Limits::default()
    };
    let client = Client::trusting(limits, authority.pem()).unwrap();
    client
        .request(get(format!("https://localhost:{port}/x")))
        .await
}

#[tokio::test]
async fn a_server_that_the_authority_vouches_for_is_trusted() {
    let authority = TestAuthority::new();
    for versions in VERSIONS {
        let good = Shown {
            versions,
            ..Shown::good("localhost")
        };
        let (port, asked) = serve(authority.server(good)).await;
        assert_eq!(ask(&authority, port).await.unwrap().body, "ok");
        assert!(asked.await.unwrap());
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_is_not_trusted() {
    let authority = TestAuthority::new();
    let expired = Shown {
        until: 2001,
        ..Shown::good("localhost")
    };
    let of_another = TestAuthority::new().server(Shown::good("localhost"));
    for (what, config) in [
        ("expired", authority.server(expired)),
        (
            "another's name",
            authority.server(Shown::good("other.test")),
        ),
        ("another authority's", of_another),
    ] {
        let (port, asked) = serve(config).await;
        let failed = ask(&authority, port).await.err().unwrap();
        assert!(
            matches!(failed, OutboundError::Connect { .. }),
            "{what}: {failed:?}"
        );
        assert!(!asked.await.unwrap(), "{what}");
    }
    // And who trusts the system's authorities only does not trust this one.
    let (port, asked) = serve(authority.server(Shown::good("localhost"))).await;
    let url = format!("https://localhost:{port}/x");
    let failed = small().request(get(url)).await.err().unwrap();
    assert!(
        matches!(failed, OutboundError::Connect { .. }),
        "{failed:?}"
    );
    assert!(!asked.await.unwrap());
}

#[tokio::test]
async fn a_handshake_that_breaks_sends_nothing() {
    let authority = TestAuthority::new();
    let plain = b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice();
    for (what, answer) in [
        ("refused", NO),
        ("cut", HALF),
        ("closed", &[]),
        ("plain HTTP", plain),
    ] {
        let port = say(answer).await;
        let failed = ask(&authority, port).await.err().unwrap();
        assert!(
            matches!(failed, OutboundError::Connect { .. }),
            "{what}: {failed:?}"
        );
    }
    // One that never answers the handshake: its time is that of connecting.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let failed = ask(&authority, port).await.err().unwrap();
    assert!(
        matches!(failed, OutboundError::Connect { .. }),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_handshake_leaves_doubt() {
    let authority = TestAuthority::new();
    let config = authority.server(Shown::good("localhost"));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = socket.accept().await.unwrap();
        let mut stream = TlsAcceptor::from(config).accept(stream).await.unwrap();
        let _ = stream.read_u8().await;
        // Cut off, without a word: no half of an answer passes for a whole one.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhal").await;
        let _ = stream.flush().await;
    });
    let failed = ask(&authority, port).await.err().unwrap();
    assert!(matches!(failed, OutboundError::Broken { .. }), "{failed:?}");
}

#[test]
fn authorities_that_are_none_are_refused() {
    let limits = Limits::default();
    for pem in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        assert!(Client::trusting(limits, pem.as_bytes()).is_err(), "{pem:?}");
    }
}
