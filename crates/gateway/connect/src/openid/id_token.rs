//! Whether an id token is what it says it is. Source: OpenID Connect Core 1.0, section 3.1.3.7.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bursar_kernel::Micros;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use crate::model::user_ref;

/// Signatures by a key that the provider alone has. None by a secret that both know: a public key
/// could pass for one.
const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::EdDSA,
];
/// How far its clock and ours may be apart.
const LEEWAY: Duration = Duration::from_mins(1);
/// A longer value is no name of a user.
const USER_MAX: usize = 254;

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Micros,
}

/// What is wrong with a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// It is none.
    #[error("it is no signed token")]
    Malformed,
    /// It is signed in a way that proves nothing, or that is not known.
    #[error("its algorithm is not allowed")]
    Algorithm,
    /// It names no key of the provider.
    #[error("its key is not known")]
    Key,
    /// The signature is not the key's.
    #[error("its signature is wrong")]
    Signature,
    /// Another provider's.
    #[error("it has another issuer")]
    Issuer,
    /// For another app.
    #[error("it is for another app")]
    Audience,
    /// Expired, or not valid yet.
    #[error("it has expired, or is not valid yet")]
    Time,
    /// Of another sign-in.
    #[error("it is of another sign-in")]
    Nonce,
    /// About nobody, or about others than the claims beside it.
    #[error("it is about nobody, or somebody else")]
    Subject,
    /// It lacks what accounts are named by.
    #[error("it has no claim to name the account by")]
    UserClaim,
    /// The provider has not seen that the address is the user's.
    #[error("the address is not confirmed")]
    Unverified,
}

/// Who signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    /// What the account is called.
    pub(crate) user_ref: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
}

/// The claims of a token that is genuine and meant for this sign-in.
pub(super) fn verify(
    token: &str,
    keys: &JwkSet,
    expected: &Expected<'_>,
) -> Result<Map<String, Value>, TokenError> {
    let claims = signed(token, keys)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(TokenError::Issuer);
    }
    if !is_audience(&claims, expected.client_id) {
        return Err(TokenError::Audience);
    }
    if !is_now(&claims, expected.now) {
        return Err(TokenError::Time);
    }
    let nonce = text("nonce").unwrap_or_default().as_bytes();
    verify_slices_are_equal(nonce, expected.nonce.as_bytes()).map_err(|_| TokenError::Nonce)?;
    if text("sub").is_none_or(str::is_empty) {
        return Err(TokenError::Subject);
    }
    Ok(claims)
}

/// The claims, once the signature is the provider's.
fn signed(token: &str, keys: &JwkSet) -> Result<Map<String, Value>, TokenError> {
    // An algorithm without a name here, such as `none`, is no header either.
    let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
    if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
        return Err(TokenError::Algorithm);
    }
    let fits = |key: &&Jwk| {
        let common = &key.common;
        let named = header.kid.is_none() || common.key_id == header.kid;
        let signs = common.public_key_use.as_ref();
        let signs = signs.is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
        let own = format!("{:?}", header.alg);
        let algorithm = common.key_algorithm;
        let same = algorithm.is_none_or(|algorithm| format!("{algorithm:?}") == own);
        let known = DecodingKey::from_jwk(key);
        named && signs && same && known.is_ok_and(|key| key.family() == header.alg.family())
    };
    let mut fitting = keys.keys.iter().filter(fits);
    let (Some(key), None) = (fitting.next(), fitting.next()) else {
        return Err(TokenError::Key);
    };
    let key = DecodingKey::from_jwk(key).map_err(|_| TokenError::Key)?;
    let mut validation = Validation::new(header.alg);
    // These are looked at here, by our own clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = decode::<Map<String, Value>>(token, &key, &validation);
    decoded
        .map(|token| token.claims)
        .map_err(|_| TokenError::Signature)
}

/// Whether a token is for us; among several it has to be made out to us.
fn is_audience(claims: &Map<String, Value>, client_id: &str) -> bool {
    let (ours, alone) = match claims.get("aud") {
        Some(Value::String(one)) => (one == client_id, true),
        Some(Value::Array(all)) => (all.iter().any(|one| one == client_id), all.len() == 1),
        _ => (false, false),
    };
    match claims.get("azp") {
        None => ours && alone,
        Some(azp) => ours && azp == client_id,
    }
}

fn is_now(claims: &Map<String, Value>, now: Micros) -> bool {
    let at = |name: &str| {
        let seconds = claims.get(name)?.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "it saturates, far away")]
        let micros = (seconds * 1e6) as i64;
        Some(Micros(micros))
    };
    let begun = |name| at(name).is_some_and(|begins| begins - LEEWAY <= now);
    let expires = at("exp").is_some_and(|expires| expires > now - LEEWAY);
    expires && begun("iat") && (!claims.contains_key("nbf") || begun("nbf"))
}

/// Whose account it is, by the claim that names accounts.
pub(super) fn identity(
    claims: &Map<String, Value>,
    user_claim: &str,
) -> Result<Identity, TokenError> {
    let text = |name: &str| {
        let text = claims.get(name).and_then(Value::as_str).map(str::trim);
        let text = text.filter(|text| !text.is_empty() && text.len() <= USER_MAX);
        text.filter(|text| !text.chars().any(char::is_control))
    };
    let user = text(user_claim).ok_or(TokenError::UserClaim)?;
    let user_ref = if user_claim == "email" {
        if claims.get("email_verified") != Some(&Value::Bool(true)) {
            return Err(TokenError::Unverified);
        }
        user_ref(user)
    } else {
        user.to_owned()
    };
    let name = text("name").or_else(|| text("preferred_username"));
    Ok(Identity {
        name: name.unwrap_or(user).to_owned(),
        email: text("email").map(str::to_owned),
        user_ref,
    })
}

#[cfg(test)]
mod tests;
