//! Access and id tokens: JSON Web Tokens signed with RS256.
//!
//! Written by hand, since the usual library parses the private key anew for each signature.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_kernel::{Micros, Rng, Uuid};
use serde::{Deserialize, Serialize};

use crate::keys::{KeyError, SigningKey};
use crate::model::{ACCESS_LIFE, Acting, App, Kind, Principal, Scopes};

/// The audience of access tokens: any API. No id token has it, so none passes for one.
///
/// Source: the sample token in api-reference/authentication/getting-started.markdown.
pub(crate) const ANY_API: &str = "*";

/// The claims of an access token.
///
/// Source: the id token's claims in api-reference/authentication/apidoc.markdown and the release
/// notes of 2026-02 about `concur.profile` and `concur.app`. Inferred: the other names, after
/// the same pattern.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    pub(crate) aud: String,
    #[serde(rename = "concur.app")]
    pub(crate) app_uri: String,
    #[serde(rename = "concur.appId")]
    pub(crate) app_id: Uuid,
    #[serde(rename = "concur.company", skip_serializing_if = "Option::is_none")]
    pub(crate) company_id: Option<Uuid>,
    #[serde(rename = "concur.profile", skip_serializing_if = "Option::is_none")]
    pub(crate) profile_uri: Option<String>,
    #[serde(rename = "concur.scopes")]
    pub(crate) scopes: Scopes,
    #[serde(rename = "concur.type")]
    pub(crate) kind: Kind,
    #[serde(rename = "concur.version")]
    pub(crate) version: u8,
    pub(crate) sub: Uuid,
    pub(crate) iss: String,
    pub(crate) exp: i64,
    pub(crate) nbf: i64,
    pub(crate) iat: i64,
    pub(crate) jti: Uuid,
    /// The connection's generation; ours, and only there once it was revoked and made anew.
    #[serde(
        rename = "bursar.generation",
        default,
        skip_serializing_if = "is_first"
    )]
    pub(crate) generation: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_first(generation: &i64) -> bool {
    *generation == 0
}

/// The claims of an id token.
///
/// Source: api-reference/authentication/apidoc.markdown, "ID Token".
#[derive(Debug, Serialize)]
struct IdClaims {
    aud: Uuid,
    #[serde(rename = "concur.profile")]
    profile_uri: String,
    #[serde(rename = "concur.version")]
    version: u8,
    #[serde(rename = "concur.type")]
    kind: Kind,
    sub: Uuid,
    iss: String,
    exp: i64,
    nbf: i64,
    at_hash: String,
    iat: i64,
    /// The app's own, from `/authorize` (`OpenID` Connect Core section 2).
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

/// The version in the documented sample.
const VERSION: u8 = 2;

/// Signs an access token for whom the app acts, or for the app itself.
pub(crate) fn access_token(
    key: &SigningKey,
    app: &App,
    acting: Option<&Acting>,
    scopes: Scopes,
    now: Micros,
    rng: &Rng,
) -> Result<String, KeyError> {
    let issuer = &key.issuer;
    let iat = now.epoch_seconds();
    let principal = acting.map(|acting| &acting.principal);
    sign(
        key,
        &AccessClaims {
            aud: ANY_API.to_owned(),
            app_uri: format!("{issuer}/profile/v1/apps/{}", app.id),
            app_id: app.id,
            company_id: principal.map(Principal::company_id),
            profile_uri: principal.map(|principal| profile_uri(issuer, principal)),
            scopes,
            kind: principal.map_or(Kind::App, Principal::kind),
            version: VERSION,
            sub: principal.map_or(app.id, Principal::id),
            iss: issuer.clone(),
            exp: (now + ACCESS_LIFE).epoch_seconds(),
            nbf: iat,
            iat,
            jti: rng.uuid(),
            generation: acting.map_or(0, |acting| acting.generation),
        },
    )
}

/// Signs the id token that goes with `access_token`.
pub(crate) fn id_token(
    key: &SigningKey,
    app: &App,
    principal: &Principal,
    access_token: &str,
    nonce: Option<String>,
    now: Micros,
) -> Result<String, KeyError> {
    let iat = now.epoch_seconds();
    sign(
        key,
        &IdClaims {
            aud: app.id,
            profile_uri: profile_uri(&key.issuer, principal),
            version: VERSION,
            kind: principal.kind(),
            sub: principal.id(),
            iss: key.issuer.clone(),
            exp: (now + ACCESS_LIFE).epoch_seconds(),
            nbf: iat,
            at_hash: at_hash(access_token),
            iat,
            nonce,
        },
    )
}

fn profile_uri(issuer: &str, principal: &Principal) -> String {
    format!("{issuer}/profile/v1/principals/{}", principal.id())
}

/// `OpenID` Connect Core section 3.1.3.6. Choice: the documented sample shows 16 hex digits and
/// does not say of what; clients that check it check this.
fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

fn sign(key: &SigningKey, claims: &impl Serialize) -> Result<String, KeyError> {
    let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Library)?;
    let mut token = key.header.clone();
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}
