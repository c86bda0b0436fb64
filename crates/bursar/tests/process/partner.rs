//! A partner's app: it gets a token, posts receipts and follows them.

use std::time::{Duration, Instant};

use bursar_kernel::{CorrelationId, Rng};
use bursar_outbound::{Client, Limits, OutboundError, Request, Response};
use bursar_sandbox::cast;
use http::header::{AUTHORIZATION, HeaderName, LINK, LOCATION, ORIGIN};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::process::PATIENCE;

const SCHEMA: &str =
    "<http://schema.concursolutions.com/general-receipt.schema.json>; rel=\"describedBy\"";

/// The sandbox's merchant, with a token for its traveller and connections of its own.
pub(crate) struct Partner {
    client: Client,
    base: String,
    bearer: HeaderValue,
}

impl Partner {
    /// Gets a token at `base`.
    pub(crate) async fn connect(base: &str) -> Self {
        let (user, password) = cast::TRAVELLER;
        let form = format!(
            "grant_type=password&client_id={}&client_secret={}&username={user}&password={password}",
            cast::CLIENT_ID,
            cast::CLIENT_SECRET
        );
        let client = Client::new(Limits::default());
        let answer = send(
            &client,
            Method::POST,
            &format!("{base}/oauth2/v0/token"),
            |request| request.body("application/x-www-form-urlencoded", form),
        )
        .await
        .expect("the token service answers");
        let granted = json_of(&answer, StatusCode::OK);
        let token = granted["access_token"].as_str().expect("a token");
        Self {
            client,
            base: base.to_owned(),
            bearer: HeaderValue::from_str(&format!("Bearer {token}")).expect("printable"),
        }
    }

    /// The same app and token on another connection.
    pub(crate) fn on_another_connection(&self) -> Self {
        Self {
            client: Client::new(Limits::default()),
            base: self.base.clone(),
            bearer: self.bearer.clone(),
        }
    }

    /// The token, as its header field carries it.
    pub(crate) fn bearer(&self) -> &str {
        self.bearer.to_str().expect("printable")
    }

    /// Posts a receipt; an answer of any status is `Ok`.
    pub(crate) async fn post(&self, receipt: &str) -> Result<Response, OutboundError> {
        let url = format!("{}/receipts/v4/users/{}", self.base, cast::TRAVELLER_ID);
        send(&self.client, Method::POST, &url, |request| {
            request
                .header(AUTHORIZATION, self.bearer.clone())
                .header(LINK, HeaderValue::from_static(SCHEMA))
                .body("application/json", receipt.to_owned())
        })
        .await
    }

    /// Posts a receipt that is accepted, and returns its path.
    pub(crate) async fn post_accepted(&self, receipt: &str) -> String {
        let answer = self.post(receipt).await.expect("it answers");
        accepted(&answer).unwrap_or_else(|| panic!("{}: {:?}", answer.status, answer.body))
    }

    /// Gets a path of the API.
    pub(crate) async fn get(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.base);
        let with_token = |request: Request| request.header(AUTHORIZATION, self.bearer.clone());
        send(&self.client, Method::GET, &url, with_token)
            .await
            .unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Waits until the receipt at `path` is processed.
    pub(crate) async fn processed(&self, path: &str) {
        let id = path.rsplit('/').next().expect("an id");
        let began = Instant::now();
        loop {
            let answer = self.get(&format!("/receipts/v4/status/{id}")).await;
            let status = json_of(&answer, StatusCode::OK);
            match status["status"].as_str() {
                Some("PROCESSED") => return,
                Some("ACCEPTED" | "PROCESSING") if began.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                _ => panic!("{path} is not processed: {status}"),
            }
        }
    }
}

async fn send(
    client: &Client,
    method: Method,
    url: &str,
    with: impl FnOnce(Request) -> Request,
) -> Result<Response, OutboundError> {
    let request = Request::new(method, url, CorrelationId::new(&Rng::system()));
    client.request(with(request)).await
}

/// The path of the receipt that an answer acknowledges.
pub(crate) fn accepted(answer: &Response) -> Option<String> {
    if answer.status != StatusCode::CREATED {
        return None;
    }
    let location = header(answer, &LOCATION);
    let path = location.find("/receipts/").expect("a receipt's address");
    Some(location[path..].to_owned())
}

/// A header field of an answer.
pub(crate) fn header<'a>(answer: &'a Response, name: &HeaderName) -> &'a str {
    let value = answer.headers.get(name);
    let value = value.unwrap_or_else(|| panic!("the answer has no {name}"));
    value.to_str().expect("printable")
}

/// The JSON of an answer with this status.
pub(crate) fn json_of(answer: &Response, status: StatusCode) -> Value {
    let body = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A small receipt.
pub(crate) fn receipt(merchant: &str) -> String {
    json!({
        "dateTime": "2026-11-21T09:30:00+01:00",
        "total": "12.50",
        "currencyCode": "EUR",
        "seller": {
            "name": merchant,
            "location": { "address": { "addressCountry": "DE" } }
        },
        "payments": [{ "amount": "12.50" }]
    })
    .to_string()
}

/// Signs in at the pages of `base`, as a browser's form does; the status of the answer.
pub(crate) async fn sign_in(base: &str, user_name: &str, password: &str) -> StatusCode {
    let form = format!(
        "user_name={}&password={}",
        user_name.replace('@', "%40"),
        password.replace(' ', "+")
    );
    let origin = HeaderValue::from_str(base).expect("printable");
    let url = format!("{base}/signin");
    let client = Client::new(Limits::default());
    let answer = send(&client, Method::POST, &url, |request| {
        request
            .header(ORIGIN, origin)
            .body("application/x-www-form-urlencoded", form)
    });
    answer.await.expect("it answers").status
}
