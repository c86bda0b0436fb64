//! Bare token routes: the same signatures that Bursar makes, and the row that a refresh changes.

use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use axum::Json;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::rows::Write;
use crate::{App, Error};

/// How many refresh tokens exist: one for each connection of the load.
const REFRESH_TOKENS: usize = 128;
const LIFETIME_SECONDS: i64 = 3600;

/// A key made and parsed at start, with its header as every token begins.
#[derive(Clone)]
pub(crate) struct Signer(Arc<(String, KeyPair)>);

impl Signer {
    /// Makes a key of 2048 bits.
    pub(crate) fn new() -> Result<Self, Error> {
        let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256","kid":"ceiling"}"#);
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        Ok(Self(Arc::new((header, pair))))
    }

    fn sign(&self, claims: &Claims<'_>) -> Result<String, StatusCode> {
        const FAILED: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
        let (header, pair) = &*self.0;
        let claims = serde_json::to_vec(claims).map_err(|_| FAILED)?;
        let mut token = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; pair.public_modulus_len()];
        let chance = SystemRandom::new();
        pair.sign(&RSA_PKCS1_SHA256, &chance, token.as_bytes(), &mut signature)
            .map_err(|_| FAILED)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

/// About as many claims as Bursar's tokens carry.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: String,
    jti: String,
    iat: i64,
    exp: i64,
    scope: &'a str,
}

impl Claims<'_> {
    fn new(app: &App) -> Self {
        let now = app.clock.now().epoch_seconds();
        Self {
            iss: "http://us.api.localhost",
            aud: "*",
            sub: app.rng.uuid().to_string(),
            jti: app.rng.uuid().to_string(),
            iat: now,
            exp: now + LIFETIME_SECONDS,
            scope: "receipts.read receipts.write openid",
        }
    }
}

/// The form of either grant; fields that only Bursar checks are left out.
#[derive(Deserialize)]
pub(crate) struct Grant {
    #[serde(default)]
    refresh_token: String,
}

/// `token.client_credentials`: one signature, the access token's.
pub(crate) async fn client_credentials(
    State(app): State<App>,
    Form(_): Form<Grant>,
) -> Result<Json<serde_json::Value>, StatusCode> {
    let access_token = app.signer.sign(&Claims::new(&app))?;
    Ok(Json(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "scope": "receipts.read receipts.write openid",
        "geolocation": "http://us.api.localhost",
    })))
}

/// `token.refresh`: one durable row, then two signatures, access and id token.
pub(crate) async fn refresh(
    State(app): State<App>,
    Form(grant): Form<Grant>,
) -> Result<Json<serde_json::Value>, StatusCode> {
    let now = app.clock.now().0;
    let hash = hash(&grant.refresh_token);
    app.writer
        .write(Write::UseRefreshToken { hash, now })
        .await?;
    let access_token = app.signer.sign(&Claims::new(&app))?;
    let id_token = app.signer.sign(&Claims::new(&app))?;
    Ok(Json(json!({
        "access_token": access_token,
        "id_token": id_token,
        "refresh_token": grant.refresh_token,
        "refresh_expires_in": now,
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "scope": "receipts.read receipts.write openid",
        "geolocation": "http://us.api.localhost",
    })))
}

/// The hashes of the tokens that the load presents.
pub(crate) fn seeded_hashes() -> impl Iterator<Item = Vec<u8>> {
    (0..REFRESH_TOKENS).map(|number| hash(&format!("ceiling-refresh-token-{number:04}")))
}

fn hash(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes())
        .as_ref()
        .to_vec()
}
