//! Two companies in two data centers, some apps, and a client that speaks bytes.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use bursar_db::{Db, DbError, Isolation, Sql};
use bursar_directory::{DataCenters, Passwords, Seed};
use bursar_kernel::{Clock, CorrelationId, Micros, Rng, Uuid};
use bursar_oauth::{Access, Caller, Kind, Oauth, Principal, Refused, RequestToken, api};
use bursar_secrets::ServerKey;
use bursar_testkit::TestDb;
use bursar_web::{DataCenter, Limits, edge};
use http::Request;
use http::request::Parts;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// 2026-11-21T09:30:00Z, in seconds.
pub(crate) const NOW: i64 = 1_795_253_400;
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) const NORTHWIND: &str = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01";
pub(crate) const LINDGREN: &str = "4d8a9b3c-52e7-4f1d-b6c0-9e2f7a1d8c02";
pub(crate) const ANA: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c11";
pub(crate) const OFF: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c12";
pub(crate) const LARS: &str = "c3e5d7f9-1b2a-4c4d-9e8f-5a6b7c8d9e21";

/// Every grant; lives in `us`.
pub(crate) const CAFE: &str = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51";
/// May read only; lives in `emea`.
pub(crate) const TALLY: &str = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d52";
/// May not refresh, nor act for itself.
pub(crate) const ONCE: &str = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d53";
/// Gets a new refresh token with each refresh.
pub(crate) const TURN: &str = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d55";
/// Disabled.
pub(crate) const SHUT: &str = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d54";

const SEED: &str = r#"
[[companies]]
id = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01"
name = "Northwind"
edition = "professional"
products = ["expense"]
home = "us"

[[companies.users]]
id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c11"
user_name = "ana@northwind.example.com"
password = "pass+word & more"
email = "ana@northwind.example.com"
given_name = "Ana"
family_name = "Reyes"

[[companies.users]]
id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c12"
user_name = "off@northwind.example.com"
password = "off"
email = "off@northwind.example.com"
given_name = "Off"
family_name = "Duty"
state = "disabled"

[[companies.users]]
id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c13"
user_name = "sso@northwind.example.com"
password = "sso"
sign_in = "sso"
email = "sso@northwind.example.com"
given_name = "Sso"
family_name = "Only"

[[companies.users]]
id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c14"
user_name = "late@northwind.example.com"
password = "late"
must_change_password = true
email = "late@northwind.example.com"
given_name = "Late"
family_name = "Change"

[[companies]]
id = "4d8a9b3c-52e7-4f1d-b6c0-9e2f7a1d8c02"
name = "Lindgren"
edition = "standard"
products = ["travel"]
home = "emea"

[[companies.users]]
id = "c3e5d7f9-1b2a-4c4d-9e8f-5a6b7c8d9e21"
user_name = "lars@lindgren.example.com"
password = "lars"
email = "lars@lindgren.example.com"
given_name = "Lars"
family_name = "Lindgren"

[[apps]]
client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51"
client_secret = "secret"
name = "Bluebird Cafe"
scopes = ["openid", "receipts.read", "receipts.write"]
grants = ["password", "refresh_token", "client_credentials"]
home = "us"

[[apps]]
client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d52"
client_secret = "secret"
name = "Tally"
scopes = ["openid"]
grants = ["password", "refresh_token", "client_credentials"]
home = "emea"

[[apps]]
client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d53"
client_secret = "secret"
name = "Once"
scopes = ["openid"]
grants = ["password"]
home = "us"

[[apps]]
client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d55"
client_secret = "secret"
name = "Turnstile"
scopes = ["openid"]
grants = ["password", "refresh_token"]
rotation = "new"
home = "us"

[[apps]]
client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d54"
client_secret = "secret"
name = "Shut"
scopes = ["openid"]
grants = ["password"]
home = "us"
enabled = false
"#;

/// A running token service.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) oauth: Oauth,
    data_centers: DataCenters,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A text of a JSON body.
    pub(crate) fn text(&self, name: &str) -> String {
        let value: Value = serde_json::from_str(&self.body).expect("JSON");
        let text = value.get(name).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no {name} in {}", self.body))
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) fn data_centers() -> DataCenters {
    let center = |id: &str| DataCenter::new(id, &format!("https://{id}.test"), "https://www.test");
    DataCenters::new(["us", "emea", "glz"].map(|id| center(id).unwrap())).unwrap()
}

pub(crate) fn server_key(digits: &str) -> ServerKey {
    ServerKey::from_hex(&digits.repeat(32)).unwrap()
}

pub(crate) async fn open(db: &Db, clock: &Clock) -> Oauth {
    let rng = Rng::system();
    let passwords = Passwords::new(rng.clone());
    let key = server_key("a1");
    Oauth::open(
        db.clone(),
        clock.clone(),
        rng,
        data_centers(),
        passwords,
        key,
    )
    .await
    .expect("the token service starts")
}

impl Service {
    pub(crate) async fn start(place: &TestDb) -> Self {
        Self::on(place.open().await).await
    }

    pub(crate) async fn on(db: Db) -> Self {
        let clock = Clock::fake(Micros(NOW * 1_000_000));
        let oauth = open(&db, &clock).await;
        let (data_centers, passwords) = (data_centers(), Passwords::new(Rng::system()));
        let mut seed = Seed::parse(SEED).unwrap();
        bursar_directory::seed(&db, &clock, &passwords, &data_centers, &mut seed)
            .await
            .unwrap();
        bursar_oauth::seed(&oauth, &mut seed).await.unwrap();
        seed.finish().unwrap();
        Self {
            db,
            clock,
            oauth,
            data_centers,
        }
    }

    /// The same database, seen from another process that starts now.
    pub(crate) async fn another_node(&self) -> Self {
        Self {
            oauth: open(&self.db, &self.clock).await,
            ..self.clone()
        }
    }

    pub(crate) async fn send(&self, at: &str, request: Request<Body>) -> Answer {
        let here = self.data_centers.get(at).expect("a data center");
        let routes = bursar_oauth::routes(self.oauth.clone()).merge(guarded(self.oauth.clone()));
        let limits = Limits::default();
        let edge = edge(routes, Rng::seeded(1), self.clock.clone(), &limits);
        let service = edge.layer(Extension(Arc::clone(here)));
        let response = service.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body).unwrap(),
        }
    }

    /// `POST /oauth2/v0/token` with any body.
    pub(crate) async fn post(&self, at: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/oauth2/v0/token")
            .header("content-type", content_type)
            .header("concur-correlationid", "test-1")
            .body(body.into());
        self.send(at, request.unwrap()).await
    }

    /// A token request with the secret that every app here has.
    pub(crate) async fn token(&self, at: &str, app: &str, parameters: &str) -> Answer {
        let form = format!("client_id={app}&client_secret=secret&{parameters}");
        self.post(at, FORM, form).await
    }

    pub(crate) async fn by_password(&self, at: &str, user: &str, password: &str) -> Answer {
        let parameters = format!("grant_type=password&username={user}&password={password}");
        self.token(at, CAFE, &parameters).await
    }

    /// Exchanges a new request token for tokens of `app`.
    pub(crate) async fn connect(&self, at: &str, app: &str, principal: Principal) -> Answer {
        let token = self.request_token(app, principal).await;
        self.exchange(at, app, &principal.id().to_string(), &token)
            .await
    }

    pub(crate) async fn exchange(&self, at: &str, app: &str, name: &str, token: &str) -> Answer {
        let parameters =
            format!("grant_type=password&credtype=authtoken&username={name}&password={token}");
        self.token(at, app, &parameters).await
    }

    pub(crate) async fn request_token(&self, app: &str, principal: Principal) -> String {
        let token = RequestToken::draw(&self.oauth, app.parse().unwrap(), principal);
        let text = token.text().to_owned();
        self.db
            .write(Isolation::Append, token, |tx, token| {
                Box::pin(api::issue_request_token(tx, token))
            })
            .await
            .unwrap_or_else(|error: DbError| panic!("{error}"));
        text
    }

    pub(crate) async fn refresh(&self, at: &str, app: &str, token: &str, more: &str) -> Answer {
        let parameters = format!("grant_type=refresh_token&refresh_token={token}{more}");
        self.token(at, app, &parameters).await
    }

    pub(crate) async fn get(&self, at: &str, path: &str, authorization: &[&str]) -> Answer {
        let mut request = Request::get(path);
        for value in authorization {
            request = request.header("authorization", *value);
        }
        self.send(at, request.body(Body::empty()).unwrap()).await
    }

    /// Changes a row beside the product.
    pub(crate) async fn change(&self, sql: &'static Sql, id: &str) {
        let id: Uuid = id.parse().unwrap();
        let changed = self.db.write(Isolation::Append, id, move |tx, id| {
            Box::pin(async move { tx.execute(sql, bursar_db::args![id]).await })
        });
        let changed: Result<u64, DbError> = changed.await;
        assert_eq!(changed.unwrap(), 1);
        self.oauth.forget_app(&id);
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }
}

pub(crate) fn ana() -> Principal {
    user(ANA, NORTHWIND)
}

pub(crate) fn lars() -> Principal {
    user(LARS, LINDGREN)
}

pub(crate) fn off() -> Principal {
    user(OFF, NORTHWIND)
}

pub(crate) fn company(id: &str) -> Principal {
    Principal::Company {
        id: id.parse().unwrap(),
    }
}

fn user(id: &str, company_id: &str) -> Principal {
    Principal::User {
        id: id.parse().unwrap(),
        company_id: company_id.parse().unwrap(),
    }
}

/// The body of a refusal.
pub(crate) fn refusal(code: u16, error: &str, description: &str) -> String {
    format!(
        r#"{{"error":"{error}","concur-correlationid":"test-1","error_description":"{description}","code":{code}}}"#
    )
}

/// The body of a refusal that names a place.
pub(crate) fn refusal_at(code: u16, error: &str, description: &str, at: &str) -> String {
    let body = refusal(code, error, description);
    let body = body.strip_suffix('}').unwrap();
    format!(r#"{body},"geolocation":"https://{at}.test"}}"#)
}

pub(crate) fn elsewhere(at: &str) -> String {
    refusal_at(16, "invalid_request", "user lives elsewhere", at)
}

struct Users;

impl Access for Users {
    const SCOPES: &'static [&'static str] = &["receipts.write", "receipts.writeonly"];
    const KINDS: &'static [Kind] = &[Kind::User];
    const PRODUCT: Option<&'static str> = Some("expense");
    type Refusal = Shown;

    fn refuse(reason: Refused, parts: &Parts) -> Shown {
        let id = parts.extensions.get::<CorrelationId>();
        assert!(id.is_some(), "answers can repeat the correlation id");
        Shown(reason)
    }
}

struct Anybody;

impl Access for Anybody {
    const SCOPES: &'static [&'static str] = &[];
    const KINDS: &'static [Kind] = &[Kind::User, Kind::Company, Kind::App];
    const PRODUCT: Option<&'static str> = None;
    type Refusal = Shown;

    fn refuse(reason: Refused, parts: &Parts) -> Shown {
        let id = parts.extensions.get::<CorrelationId>();
        assert!(id.is_some(), "answers can repeat the correlation id");
        Shown(reason)
    }
}

/// A refusal as its own text, which no slice would answer.
pub(crate) struct Shown(Refused);

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        (http::StatusCode::FORBIDDEN, format!("{:?}", self.0)).into_response()
    }
}

fn guarded(oauth: Oauth) -> Router {
    async fn show<A: Access>(caller: Caller<A>) -> String {
        format!(
            "{:?} {} user={:?} company={:?} app={} {} [{}]",
            caller.kind,
            caller.principal_id,
            caller.user_id.map(|id| id.to_string()),
            caller.company_id.map(|id| id.to_string()),
            caller.app_id,
            caller.app_name(),
            caller.scopes().text(),
        )
    }
    Router::new()
        .route("/users", get(show::<Users>))
        .route("/anybody", get(show::<Anybody>))
        .with_state(oauth)
}
