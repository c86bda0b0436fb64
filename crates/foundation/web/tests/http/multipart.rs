//! Forms with files, byte by byte.

use axum::Router;
use axum::extract::Request;
use axum::routing::post;
use bursar_web::{BodyError, Limits, Multipart};

use crate::support::{SHORT, Server, body, status};

const MAX: usize = 100_000;

/// Names and contents of all parts, in order; of long ones the length.
async fn parts(request: Request) -> Result<String, BodyError> {
    let mut form = Multipart::of(request, MAX)?;
    let mut seen = Vec::new();
    while let Some(part) = form.next().await? {
        let name = part.name().to_owned();
        let content = part.whole(MAX - 1000).await?;
        seen.push(match content.len() {
            long @ 100.. => format!("{name}:{long}"),
            _ => format!("{name}={}", String::from_utf8_lossy(&content)),
        });
    }
    Ok(seen.join("|"))
}

async fn server() -> Server {
    Server::start(Router::new().route("/", post(parts))).await
}

const TYPE: &str = "multipart/form-data; boundary=b";

fn request(content_type: &str, sent: &str) -> String {
    let length = sent.len();
    format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\n\r\n{sent}"
    )
}

fn part(name: &str, content: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
}

#[tokio::test]
async fn parts_come_in_order_whatever_they_hold() {
    let server = server().await;
    let long = "x".repeat(90_000);
    for (sent, expected) in [
        ("--b--".to_owned(), String::new()),
        ("--b--\r\n".to_owned(), String::new()),
        (part("a", "1") + "--b--", "a=1".to_owned()),
        (
            part("b", "") + &part("a", "\r\n--\r\n--c\r\n-") + "--b--\r\n",
            "b=|a=\r\n--\r\n--c\r\n-".to_owned(),
        ),
        (
            part("a", &long) + &part("é", "2") + "--b--\r\n",
            "a:90000|é=2".to_owned(),
        ),
        (
            "for old readers\r\n".to_owned() + &part("a", "1") + "--b--\r\nand more",
            "a=1".to_owned(),
        ),
        // Names of files are nothing to us.
        (
            part("a\"; filename=\"../../etc/passwd\0", "1").replace('\0', "%00") + "--b--",
            "a=1".to_owned(),
        ),
        // A form in a part is a content like any other.
        (
            part(
                "a",
                "--c\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--c--",
            ) + "--b--",
            "a=--c\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--c--".to_owned(),
        ),
    ] {
        let answer = server.exchange(&request(TYPE, &sent)).await;
        assert_eq!(
            (status(&answer), body(&answer)),
            (200, &*expected),
            "{sent}"
        );
        // The same, a byte at a time.
        if sent.len() < 1000 {
            let mut client = server.connect().await;
            client
                .send("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
                .await;
            client.send("Transfer-Encoding: chunked\r\n").await;
            client.send(&format!("Content-Type: {TYPE}\r\n\r\n")).await;
            for byte in sent.bytes() {
                client
                    .send_bytes(&[b'1', b'\r', b'\n', byte, b'\r', b'\n'])
                    .await;
            }
            client.send("0\r\n\r\n").await;
            let answer = client.rest().await;
            assert_eq!(
                (status(&answer), body(&answer)),
                (200, &*expected),
                "{sent}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let server = server().await;
    let early = "the form is malformed: it ends early, \
        or the boundary does not divide it into parts";
    let header = "the form is malformed: a part's header cannot be read";
    let long_header = format!("--b\r\nX: {}\r\n\r\n1\r\n--b--", "x".repeat(9000));
    let many_headers = format!("--b\r\n{}\r\n1\r\n--b--", "X: 1\r\n".repeat(40));
    let preamble = "x".repeat(9000) + &part("a", "1") + "--b--";
    for (sent, says) in [
        (String::new(), early),
        ("{}".to_owned(), early),
        ("--b".to_owned(), early),
        ("--c\r\n\r\n--c--".to_owned(), early),
        (part("a", "1"), early),
        (part("a", "1") + "--b", early),
        (part("a", "1") + "--b-x", early),
        (
            "--b\r\nContent-Disposition: form-data; na".to_owned(),
            early,
        ),
        ("--bad\r\n\r\n1\r\n--b--".to_owned(), early),
        ("--b\r\nno colon\r\n\r\n1\r\n--b--".to_owned(), header),
        (many_headers, header),
        (
            long_header,
            "the form is malformed: a part's header is too long",
        ),
        (
            preamble,
            "the form is malformed: a part's header is too long",
        ),
        (
            "--b\r\nX: 1\r\n\r\n1\r\n--b--".to_owned(),
            "the form is malformed: a part has no name",
        ),
        (
            part("a", "1").repeat(11),
            "the form is malformed: it has too many parts",
        ),
    ] {
        let answer = server.exchange(&request(TYPE, &sent)).await;
        assert_eq!((status(&answer), body(&answer)), (400, says), "{sent}");
    }
    let good = part("a", "1") + "--b--";
    for content_type in ["multipart/form-data", "multipart/form-data; boundary="] {
        let answer = server.exchange(&request(content_type, &good)).await;
        assert!(
            matches!(status(&answer), 400 | 415),
            "{content_type}: {answer}"
        );
    }
    for content_type in ["multipart/mixed; boundary=b", "text/plain", "multipart"] {
        let answer = server.exchange(&request(content_type, &good)).await;
        assert_eq!(status(&answer), 415, "{content_type}");
    }
}

#[tokio::test]
async fn limits_hold_while_it_comes_and_before() {
    let server = server().await;
    let too_long = part("a", &"x".repeat(MAX));
    let answer = server.exchange(&request(TYPE, &too_long)).await;
    assert_eq!(status(&answer), 413);
    let part_too_long = part("a", &"x".repeat(MAX - 500)) + "--b--";
    assert_eq!(
        status(&server.exchange(&request(TYPE, &part_too_long)).await),
        413
    );
    // Nobody asks for what is too much.
    let waiting = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {TYPE}\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        MAX + 1
    );
    let answer = server.exchange(&waiting).await;
    assert_eq!(status(&answer), 413);
    let mut chunked = server.connect().await;
    chunked
        .send(&format!(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {TYPE}\r\n\
             Transfer-Encoding: chunked\r\n\r\n"
        ))
        .await;
    chunked
        .send(&format!("{:x}\r\n{too_long}\r\n0\r\n\r\n", too_long.len()))
        .await;
    assert_eq!(status(&chunked.rest().await), 413);
}

#[tokio::test]
async fn an_upload_that_stands_still_is_refused() {
    let stands = Limits {
        body_time: SHORT,
        ..Limits::default()
    };
    let lasts = Limits {
        upload_time: SHORT,
        ..Limits::default()
    };
    for limits in [stands, lasts] {
        let server = Server::with_limits(Router::new().route("/", post(parts)), limits).await;
        let mut client = server.connect().await;
        let half = request(TYPE, &(part("a", "12345") + "--b--"));
        client.send(&half[..half.len() - 12]).await;
        let answer = client.until("in time").await;
        assert_eq!(status(&answer), 408, "{answer}");
    }
}
