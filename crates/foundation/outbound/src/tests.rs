mod tls;

use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A peer that reads one request, whose end it knows, writes `answer` and closes.
/// Its handle ends with what it read.
async fn peer(end: &'static str, answer: String) -> (String, JoinHandle<String>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", socket.local_addr().unwrap());
    let seen = tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(end.as_bytes()) {
            request.push(stream.read_u8().await.unwrap());
        }
        // A caller that has seen enough may leave before the end.
        let _ = stream.write_all(answer.as_bytes()).await;
        String::from_utf8(request).unwrap()
    });
    (address, seen)
}

fn id() -> CorrelationId {
    CorrelationId::from_caller("mine").unwrap()
}

fn get(url: impl Into<String>) -> Request {
    Request::new(Method::GET, url, id())
}

fn small() -> Client {
    Client::new(Limits {
        response_bytes: 8,
        ..Limits::default()
    })
}

#[tokio::test]
async fn sends_what_it_is_given_and_returns_the_whole_answer() {
    let answer = "HTTP/1.1 409 Conflict\r\nX-Answer: yes\r\nContent-Length: 4\r\n\r\nbusy";
    let (address, seen) = peer("{}", answer.to_owned()).await;
    let request = Request::new(Method::POST, format!("{address}/hook?a=b"), id())
        .header(
            http::header::AUTHORIZATION,
            HeaderValue::from_static("Bearer x"),
        )
        .body("application/json", "{}");
    let response = Client::new(Limits::default())
        .request(request)
        .await
        .unwrap();
    assert_eq!(response.status, StatusCode::CONFLICT);
    assert_eq!(response.headers["x-answer"], "yes");
    assert_eq!(response.body, "busy");

    let seen = seen.await.unwrap();
    assert!(seen.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{seen}");
    for line in [
        "concur-correlationid: mine",
        "authorization: Bearer x",
        "content-type: application/json",
        "content-length: 2",
        "user-agent: bursar/",
    ] {
        assert!(seen.contains(line), "{line} is not in {seen}");
    }
}

#[tokio::test]
async fn follows_no_redirect() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let (address, _seen) = peer("\r\n\r\n", answer.to_owned()).await;
    let response = small().request(get(address)).await.unwrap();
    assert_eq!(response.status, StatusCode::FOUND);
    assert_eq!(response.headers["location"], "http://127.0.0.1:1/");
}

#[tokio::test]
async fn answers_up_to_the_limit_are_taken() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n12345678";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n";
    for answer in [whole, chunked] {
        let (address, _seen) = peer("\r\n\r\n", answer.to_owned()).await;
        assert_eq!(
            small().request(get(address)).await.unwrap().body,
            "12345678"
        );
    }
}

#[tokio::test]
async fn larger_answers_are_refused() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n";
    for answer in [whole, chunked] {
        let (address, _seen) = peer("\r\n\r\n", answer.to_owned()).await;
        let failed = small().request(get(address)).await.err().unwrap();
        assert!(
            matches!(failed, OutboundError::TooLarge { max: 8, .. }),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let (address, seen) = peer("never sent", String::new()).await;
    let limits = Limits {
        total_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let failed = Client::new(limits)
        .request(get(address))
        .await
        .err()
        .unwrap();
    assert!(matches!(failed, OutboundError::Timeout { .. }), "{failed}");
    seen.abort();
}

/// A peer that reads a request and goes on saying this, as long as somebody listens.
async fn endless(start: &'static str, more: &'static str) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", socket.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let mut said = stream.write_all(start.as_bytes()).await;
        while said.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
            said = stream.write_all(more.as_bytes()).await;
        }
    });
    address
}

#[tokio::test]
async fn an_answer_without_end_has_an_end() {
    let client = Client::new(Limits {
        total_time: Duration::from_millis(200),
        response_bytes: 8,
        ..Limits::default()
    });
    for (start, more) in [
        ("", ""),
        ("HTTP/1.1 200 OK\r\nx: ", "x"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n", ""),
    ] {
        let address = endless(start, more).await;
        let failed = client.request(get(address)).await.err().unwrap();
        let late = matches!(failed, OutboundError::Timeout { .. });
        assert!(late, "{start}: {failed:?}");
    }
    let address = endless("HTTP/1.1 200 OK\r\n", "x: y\r\n").await;
    let failed = client.request(get(address)).await.err().unwrap();
    let unknown = matches!(
        failed,
        OutboundError::Broken { .. } | OutboundError::Timeout { .. }
    );
    assert!(unknown, "{failed:?}");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let address = endless(chunked, "1\r\nx\r\n").await;
    let failed = client.request(get(address)).await.err().unwrap();
    let large = matches!(failed, OutboundError::TooLarge { .. });
    assert!(large, "{failed:?}");
}

#[tokio::test]
async fn failures_tell_whether_the_call_was_made_and_hide_the_path() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/secret", socket.local_addr().unwrap());
    drop(socket);
    let failed = small().request(get(closed)).await.err().unwrap();
    assert!(matches!(failed, OutboundError::Connect { .. }), "{failed}");
    assert!(
        !format!("{failed} {failed:?}").contains("secret"),
        "{failed:?}"
    );

    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal",
        "no HTTP\r\n\r\n",
        "",
    ] {
        let (address, _seen) = peer("\r\n\r\n", answer.to_owned()).await;
        let failed = small()
            .request(get(format!("{address}/secret")))
            .await
            .err()
            .unwrap();
        assert!(
            matches!(failed, OutboundError::Broken { .. }),
            "{answer}: {failed}"
        );
        assert!(
            !format!("{failed} {failed:?}").contains("secret"),
            "{failed:?}"
        );
    }
}

#[tokio::test]
async fn other_addresses_are_refused() {
    for url in [
        "",
        "/path",
        "ftp://x.test/",
        "file:///etc/passwd",
        "http://",
    ] {
        let failed = small().request(get(url)).await.err().unwrap();
        assert!(matches!(failed, OutboundError::Address), "{url}: {failed}");
    }
}
