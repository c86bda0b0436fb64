//! An identity provider that does as it is told.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_gateway_connect::{OpenId, OpenIdApp};
use bursar_kernel::{Clock, Rng};
use bursar_outbound::{Client, Limits};
use bursar_testkit::TestDb;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::*;

pub(super) const CLIENT_ID: &str = "gateway";
const SECRET: &str = "a secret: with & and %";

/// How the next tokens are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signed {
    Well,
    /// By another key, under the same name.
    Wrongly,
    /// By a key that is not shown.
    Unknown,
    /// `alg` is `none`.
    Not,
    /// With what it shows, as if that were a secret.
    ByPublicKey,
}

/// What it does.
pub(super) struct Plan {
    /// Claims in place of, or beside, the usual ones; null takes one away.
    pub(super) claims: Value,
    pub(super) signed: Signed,
    /// What it calls itself.
    pub(super) issuer: String,
    pub(super) auth_methods: Value,
    /// What the token endpoint answers in place of tokens.
    pub(super) refusal: Option<(u16, Value)>,
    pub(super) userinfo: Option<Value>,
    /// Every endpoint answers this status.
    pub(super) down: Option<u16>,
    /// The nonce of the sign-in under way.
    pub(super) nonce: String,
    /// The key in use, and its id.
    key: (&'static str, Vec<u8>),
    /// How often its keys were asked for.
    pub(super) keys_asked: usize,
    /// The last request for tokens: `authorization`, and the form.
    pub(super) asked: (Option<String>, String),
}

/// The provider; it ends when it is dropped.
pub(super) struct Provider {
    pub(super) base: String,
    pub(super) clock: Clock,
    plan: Arc<Mutex<Plan>>,
    secret_file: PathBuf,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Plan>>, Clock);

impl Provider {
    pub(super) async fn start(place: &TestDb) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let clock = Clock::fake(NOW);
        let plan = Arc::new(Mutex::new(Plan {
            claims: json!({}),
            signed: Signed::Well,
            issuer: base.clone(),
            auth_methods: json!(["client_secret_basic", "client_secret_post"]),
            refusal: None,
            userinfo: None,
            down: None,
            nonce: String::new(),
            key: ("first", new_key()),
            keys_asked: 0,
            asked: (None, String::new()),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(me))
            .with_state(Shared(Arc::clone(&plan), clock.clone()));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let secret_file = place.folder().join("provider-secret");
        std::fs::write(&secret_file, format!("{SECRET}\n")).unwrap();
        Self {
            base,
            clock,
            plan,
            secret_file,
            serving,
        }
    }

    pub(super) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap()
    }

    /// A new key is in use from now on; the old one is not shown any more.
    pub(super) fn rotate(&self) {
        self.plan().key = ("second", new_key());
    }

    pub(super) fn relying_party(&self, user_claim: &str) -> OpenId {
        let app = OpenIdApp {
            issuer: self.base.clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret_file: self.secret_file.clone(),
            user_claim: user_claim.to_owned(),
            scopes: "openid profile email".to_owned(),
            label: Some("Sign in with Bluebird ID".to_owned()),
        };
        let http = Client::new(Limits::default());
        OpenId::new(app, http, self.clock.clone(), Rng::system())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn new_key() -> Vec<u8> {
    let rng = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng);
    key.unwrap().as_ref().to_vec()
}

fn public((id, key): &(&str, Vec<u8>)) -> Jwk {
    let key = EncodingKey::from_ec_der(key);
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
    jwk.common.key_id = Some((*id).to_owned());
    jwk
}

fn down(plan: &Plan) -> Option<Response> {
    let status = StatusCode::from_u16(plan.down?).unwrap();
    Some(status.into_response())
}

async fn discovery(State(Shared(plan, _)): State<Shared>, headers: HeaderMap) -> Response {
    let plan = plan.lock().unwrap();
    let base = format!("http://{}", headers["host"].to_str().unwrap());
    let said = json!({
        "issuer": plan.issuer,
        "authorization_endpoint": format!("{base}/authorize?tenant=1"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "userinfo_endpoint": format!("{base}/me"),
        "token_endpoint_auth_methods_supported": plan.auth_methods,
    });
    down(&plan).unwrap_or_else(|| Json(said).into_response())
}

async fn keys(State(Shared(plan, _)): State<Shared>) -> Response {
    let mut plan = plan.lock().unwrap();
    plan.keys_asked += 1;
    // One of a kind that nobody knows.
    let strange = json!({ "kty": "lattice", "kid": "first" });
    let keys = [strange, json!(public(&plan.key))];
    down(&plan).unwrap_or_else(|| Json(json!({ "keys": keys })).into_response())
}

async fn token(
    State(Shared(plan, clock)): State<Shared>,
    headers: HeaderMap,
    form: String,
) -> Response {
    let mut plan = plan.lock().unwrap();
    let authorization = headers.get("authorization");
    let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
    plan.asked = (authorization, form);
    if let Some(answer) = down(&plan) {
        return answer;
    }
    if let Some((status, body)) = &plan.refusal {
        let status = StatusCode::from_u16(*status).unwrap();
        return (status, Json(body.clone())).into_response();
    }
    let id_token = id_token(&plan, &clock);
    let tokens = json!({
        "token_type": "Bearer", "access_token": "of-the-user", "id_token": id_token,
    });
    Json(tokens).into_response()
}

async fn me(State(Shared(plan, _)): State<Shared>, headers: HeaderMap) -> Response {
    let plan = plan.lock().unwrap();
    assert_eq!(headers["authorization"], "Bearer of-the-user");
    let nothing = || StatusCode::FORBIDDEN.into_response();
    let claims = plan.userinfo.clone();
    claims.map_or_else(nothing, |claims| Json(claims).into_response())
}

fn id_token(plan: &Plan, clock: &Clock) -> String {
    let now = clock.now().0 / 1_000_000;
    let mut claims = json!({
        "iss": plan.issuer, "aud": CLIENT_ID, "sub": "u-1", "nonce": plan.nonce, "iat": now,
        "exp": now + 300, "name": "Ana Reyes", "email": "Ana@Cafe.example",
        "email_verified": true,
    });
    for (name, value) in plan.claims.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(plan.key.0.to_owned());
    let own = EncodingKey::from_ec_der(&plan.key.1);
    match plan.signed {
        Signed::Well => encode(&header, &claims, &own).unwrap(),
        Signed::Wrongly => {
            let key = EncodingKey::from_ec_der(&new_key());
            encode(&header, &claims, &key).unwrap()
        }
        Signed::Unknown => {
            header.kid = Some("nobody's".to_owned());
            encode(&header, &claims, &own).unwrap()
        }
        Signed::Not => {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let header = json!({ "alg": "none", "kid": plan.key.0 });
            format!("{}.{}.", part(&header), part(&claims))
        }
        Signed::ByPublicKey => {
            let shown = serde_json::to_vec(&public(&plan.key)).unwrap();
            header.alg = Algorithm::HS256;
            encode(&header, &claims, &EncodingKey::from_secret(&shown)).unwrap()
        }
    }
}
