//! The client against peers that answer as they are told.

use std::sync::{Arc, Mutex};

use bursar_kernel::{Clock, Micros, Rng};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A platform on this machine that gives one answer to each request, in order, then hangs up.
struct Peer {
    base: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    async fn new(answers: impl FnOnce(&str) -> Vec<String>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", socket.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let (answers, noted) = (answers(&base), Arc::clone(&seen));
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = socket.accept().await.unwrap();
                let request = read(&mut stream).await;
                noted.lock().unwrap().push(request);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { base, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn client(&self) -> Client {
        let app = App {
            client_id: "app".into(),
            client_secret: "hush-secret".into(),
            base_uri: self.base.clone(),
            trusted_domains: Vec::new(),
        };
        let clock = Clock::fake(Micros(0));
        Client::new(Http::new(Limits::default()), clock, Rng::seeded(1), app).unwrap()
    }

    fn access(&self, client: &Client) -> AccessToken {
        AccessToken {
            secret: "hush-token".into(),
            geolocation: client.trust().base_uri(&self.base).unwrap(),
            expires_at: Micros(i64::MAX),
        }
    }
}

/// One request, its body as long as it says.
async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    format!("{head}{}", String::from_utf8_lossy(&body))
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\nconcur-correlationid: theirs\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    )
}

fn elsewhere(geolocation: &str) -> String {
    let body = format!(
        r#"{{"code":16,"error_description":"user lives elsewhere","geolocation":"{geolocation}"}}"#
    );
    answer("400 Bad Request", "", &body)
}

fn token() -> String {
    answer(
        "200 OK",
        "",
        r#"{"access_token":"hush-token","refresh_token":"hush-refresh"}"#,
    )
}

fn index(base: &str) -> String {
    let body = format!(
        r#"{{"links":[{{"rel":"receipt-post","href":"{base}/receipts/v4/users/{{userId}}"}}]}}"#
    );
    answer("200 OK", "", &body)
}

fn receipt() -> NewReceipt {
    NewReceipt {
        receipt_type: ReceiptType::General,
        json: "{}".into(),
        image: None,
    }
}

#[tokio::test]
async fn a_user_who_lives_elsewhere_is_followed() {
    let home = Peer::new(|_| vec![token()]).await;
    let first = Peer::new(|_| vec![elsewhere(&home.base)]).await;
    let done = first
        .client()
        .request_token("u-1", &"hush-request".into())
        .await
        .unwrap();
    // Without a geolocation of its own, the token is of the place that gave it.
    assert_eq!(done.value.access.geolocation().as_str(), home.base);
    assert_eq!(done.exchanges.len(), 2);
    for request in [first.seen(), home.seen()].concat() {
        assert!(
            request.starts_with("POST /oauth2/v0/token HTTP/1.1"),
            "{request}"
        );
        for parameter in [
            "credtype=authtoken",
            "username=u-1",
            "password=hush-request",
        ] {
            assert!(request.contains(parameter), "{request}");
        }
    }
    let kept = format!("{:?}", done.exchanges);
    assert!(
        kept.contains("username=u-1") && kept.contains("theirs"),
        "{kept}"
    );
    assert!(!kept.contains("hush"), "{kept}");
}

#[tokio::test]
async fn circles_and_long_ways_end() {
    let there = Peer::new(|base| vec![elsewhere(base)]).await;
    let failed = there.client().client_credentials().await.unwrap_err();
    assert!(failed.refusal().unwrap().has_code("16"), "{failed}");
    assert_eq!(failed.exchanges.len(), 1, "its own address again");

    let mut next = Peer::new(|_| vec![token()]).await;
    let mut peers = Vec::new();
    for _ in 0..5 {
        let base = next.base.clone();
        peers.push(std::mem::replace(
            &mut next,
            Peer::new(|_| vec![elsewhere(&base)]).await,
        ));
    }
    let failed = next.client().client_credentials().await.unwrap_err();
    assert_eq!(failed.exchanges.len(), 4, "{failed}");
}

#[tokio::test]
async fn nothing_goes_to_a_foreign_address() {
    let peer = Peer::new(|_| vec![elsewhere("http://198.51.100.1")]).await;
    let failed = peer.client().client_credentials().await.unwrap_err();
    assert!(
        matches!(*failed.kind, FailureKind::Untrusted(_)),
        "{failed}"
    );
    assert_eq!(failed.exchanges.len(), 1);

    let peer = Peer::new(|_| vec![index("https://evil.example")]).await;
    let client = peer.client();
    let access = peer.access(&client);
    let posting = client.post_receipt(&access, "u-1", receipt());
    let failed = posting.await.unwrap_err();
    assert!(
        matches!(*failed.kind, FailureKind::Untrusted(_)),
        "{failed}"
    );
    let next = client.receipts(&access, "u-1", Some("https://evil.example/"));
    let failed = next.await.unwrap_err();
    assert!(
        matches!(*failed.kind, FailureKind::Untrusted(_)),
        "{failed}"
    );
}

#[tokio::test]
async fn failures_tell_whether_the_platform_can_have_acted() {
    let peer = Peer::new(|_| vec![String::new()]).await;
    let failed = peer.client().client_credentials().await.unwrap_err();
    assert!(matches!(*failed.kind, FailureKind::Unknown(_)), "{failed}");
    assert!(failed.exchanges[0].problem.is_some());
    // Nobody listens any more.
    let failed = peer.client().client_credentials().await.unwrap_err();
    assert!(matches!(*failed.kind, FailureKind::NotSent(_)), "{failed}");

    let answers = |base: &str| vec![index(base), answer("201 Created", "", "")];
    let peer = Peer::new(answers).await;
    let client = peer.client();
    let access = peer.access(&client);
    let posting = client.post_receipt(&access, "u-1", receipt());
    let failed = posting.await.unwrap_err();
    assert!(
        matches!(*failed.kind, FailureKind::Undocumented(_)),
        "{failed}"
    );
    let post = &peer.seen()[1];
    for part in [
        "POST /receipts/v4/users/u-1 HTTP/1.1",
        "authorization: Bearer hush-token",
        "link: <http://schema.concursolutions.com/general-receipt.schema.json>; rel=\"describedBy\"",
        "content-type: application/json",
    ] {
        assert!(post.contains(part), "{part} is not in {post}");
    }
}

#[tokio::test]
async fn a_platform_that_is_busy_says_how_long() {
    let busy = answer("429 Too Many Requests", "retry-after: 7\r\n", "");
    let peer = Peer::new(|_| vec![busy]).await;
    let client = peer.client();
    let access = peer.access(&client);
    let expense = NewQuickExpense {
        json: "{}".into(),
        image: None,
    };
    let posting = client.post_quick_expense(&access, "u-1", expense);
    let failed = posting.await.unwrap_err();
    let refusal = failed.refusal().unwrap();
    assert_eq!(refusal.retry_after, Some(std::time::Duration::from_secs(7)));
    assert_eq!(failed.exchanges[0].correlation_id(), "theirs");
}

#[tokio::test]
async fn an_answer_that_is_no_token_gives_nothing() {
    for body in ["", "<html>", "[]", r#"{"token_type":"Bearer"}"#] {
        let peer = Peer::new(|_| vec![answer("200 OK", "", body)]).await;
        let failed = peer.client().client_credentials().await.unwrap_err();
        assert!(
            matches!(*failed.kind, FailureKind::Undocumented(_)),
            "{failed}"
        );
    }
}
