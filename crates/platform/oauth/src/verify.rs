//! Is this an access token of ours?

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::cache::Cache;
use crate::jwt::{ANY_API, AccessClaims};
use crate::keys::KeyRing;

/// Verified tokens to remember; each takes about half a kilobyte.
const REMEMBERED: usize = 16_384;

/// Verifies access tokens, and remembers them: an RSA check costs more than a row read.
pub(crate) struct Verifier {
    verified: Cache<[u8; 32], Arc<Verified>>,
}

/// An access token that a key of ours signed. Whether it has expired is not said.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) claims: AccessClaims,
    /// The data center whose key signed it.
    pub(crate) data_center: String,
}

/// Why a token is none of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum VerifyError {
    /// It is not three encoded parts with the claims of an access token.
    Malformed,
    /// No key of ours made its signature.
    Signature,
    /// It names a key that is not among those at hand.
    UnknownKey,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

impl Verifier {
    pub(crate) fn new() -> Self {
        Self {
            verified: Cache::new(REMEMBERED),
        }
    }

    pub(crate) fn verify(&self, keys: &KeyRing, token: &str) -> Result<Arc<Verified>, VerifyError> {
        let mut name = [0; 32];
        name.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        if let Some(known) = self.verified.get(&name) {
            return Ok(known);
        }
        let verified = Arc::new(verify(keys, token)?);
        self.verified.put(name, Arc::clone(&verified));
        Ok(verified)
    }
}

fn verify(keys: &KeyRing, token: &str) -> Result<Verified, VerifyError> {
    let (message, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
    let (header, claims) = message.split_once('.').ok_or(VerifyError::Malformed)?;
    let header: Header = part(header)?;
    // One algorithm, ours: a token does not choose how it is verified.
    if header.alg != "RS256" {
        return Err(VerifyError::Signature);
    }
    let key = keys.by_kid(&header.kid).ok_or(VerifyError::UnknownKey)?;
    let signature = decode(signature)?;
    if !key.verifies(message.as_bytes(), &signature) {
        return Err(VerifyError::Signature);
    }
    let claims: AccessClaims = part(claims)?;
    if claims.iss != key.issuer || claims.aud != ANY_API {
        return Err(VerifyError::Malformed);
    }
    Ok(Verified {
        claims,
        data_center: key.data_center.clone(),
    })
}

fn part<T: for<'de> Deserialize<'de>>(encoded: &str) -> Result<T, VerifyError> {
    serde_json::from_slice(&decode(encoded)?).map_err(|_| VerifyError::Malformed)
}

fn decode(encoded: &str) -> Result<Vec<u8>, VerifyError> {
    let decoded = URL_SAFE_NO_PAD.decode(encoded);
    decoded.map_err(|_| VerifyError::Malformed)
}
