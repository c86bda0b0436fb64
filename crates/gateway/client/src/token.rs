//! What the token service gives.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_kernel::Micros;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};

use crate::{BaseUri, Trust, UntrustedError};

/// What calls an API for somebody. It is kept in memory only, and never longer than an hour.
#[derive(Clone)]
pub struct AccessToken {
    pub(crate) secret: SecretString,
    pub(crate) geolocation: BaseUri,
    /// When it stops working, by our clock.
    pub expires_at: Micros,
}

impl AccessToken {
    /// Where it works: the base URI of every call with it.
    pub fn geolocation(&self) -> &BaseUri {
        &self.geolocation
    }

    /// Whether this is that very token.
    pub fn is(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken(at {})", self.geolocation)
    }
}

/// A token answer. Store all but the access token before using any of it.
#[derive(Debug)]
pub struct Granted {
    /// What calls the APIs now.
    pub access: AccessToken,
    /// What brings the next access token. Replaces the earlier one.
    pub refresh_token: Option<SecretString>,
    /// When the refresh token expires.
    pub refresh_expires_at: Option<Micros>,
    /// `sub` of the id token: whose receipts can be posted.
    pub user_id: Option<String>,
    /// The company, where the id token tells it.
    pub company_id: Option<String>,
    /// What may be done.
    pub scopes: Vec<String>,
}

/// The documented answer. Numbers come as texts or as numbers: the guides print the one, the
/// reference the other.
#[derive(Deserialize)]
pub(crate) struct TokenBody {
    access_token: SecretString,
    #[serde(default, deserialize_with = "number")]
    expires_in: Option<u64>,
    refresh_token: Option<SecretString>,
    #[serde(default, deserialize_with = "number")]
    refresh_expires_in: Option<u64>,
    id_token: Option<String>,
    geolocation: Option<String>,
    scope: Option<String>,
}

/// How long an access token lives where the answer does not say. Source: the e-receipts guide.
const HOUR: u64 = 3_600;

impl TokenBody {
    /// `asked` is where the answer comes from: the token's own place if it names none.
    pub(crate) fn granted(
        self,
        trust: &Trust,
        asked: &BaseUri,
        now: Micros,
    ) -> Result<Granted, UntrustedError> {
        let geolocation = match self.geolocation.as_deref() {
            Some(geolocation) => trust.base_uri(geolocation)?,
            None => asked.clone(),
        };
        let claims = self.id_token.as_deref().and_then(claims);
        let (user_id, company_id) = claims.map_or((None, None), |claims| {
            (claims.sub.filter(|sub| !sub.is_empty()), claims.company)
        });
        let lives = Duration::from_secs(self.expires_in.unwrap_or(HOUR));
        Ok(Granted {
            access: AccessToken {
                secret: self.access_token,
                geolocation,
                expires_at: now + lives,
            },
            refresh_token: self.refresh_token,
            refresh_expires_at: self.refresh_expires_in.map(epoch_seconds),
            user_id,
            company_id,
            scopes: words(self.scope.as_deref()),
        })
    }
}

fn epoch_seconds(seconds: u64) -> Micros {
    Micros(0) + Duration::from_secs(seconds)
}

fn words(text: Option<&str>) -> Vec<String> {
    let words = text.unwrap_or_default().split_ascii_whitespace();
    words.map(str::to_owned).collect()
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    #[serde(rename = "concur.company")]
    company: Option<String>,
}

/// The signature is not checked: the token came from its issuer over the connection that we opened.
/// Source: `OpenID` Connect Core 3.1.3.7, item 6.
fn claims(id_token: &str) -> Option<Claims> {
    let payload = id_token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Option::deserialize(value)? {
        Some(Either::Number(number)) => Some(number),
        Some(Either::Text(text)) => text.trim().parse().ok(),
        Some(Either::Other(_)) | None => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(body: &str) -> Result<Granted, UntrustedError> {
        let trust = Trust::new("https://us.api.concursolutions.com", &[]).unwrap();
        let body: TokenBody = serde_json::from_str(body).unwrap();
        body.granted(&trust, trust.home(), Micros(0))
    }

    #[test]
    fn numbers_are_read_as_texts_and_as_numbers() {
        for (text, number) in [(r#""3600""#, r#""1795253400""#), ("3600", "1795253400")] {
            let body = format!(
                r#"{{"access_token":"a","expires_in":{text},"refresh_expires_in":{number},
                    "refresh_token":"r","scope":"a b","geolocation":"https://us2.api.concursolutions.com"}}"#
            );
            let granted = granted(&body).unwrap();
            assert_eq!(granted.access.expires_at, Micros(3_600_000_000));
            let expires_at = Micros(1_795_253_400_000_000);
            assert_eq!(granted.refresh_expires_at, Some(expires_at));
            assert_eq!(granted.scopes, ["a", "b"]);
            let geolocation = granted.access.geolocation().as_str();
            assert_eq!(geolocation, "https://us2.api.concursolutions.com");
        }
    }

    #[test]
    fn what_is_missing_has_documented_defaults() {
        let granted = granted(r#"{"access_token":"a"}"#).unwrap();
        assert_eq!(granted.access.expires_at, Micros(3_600_000_000));
        let geolocation = granted.access.geolocation().as_str();
        assert_eq!(geolocation, "https://us.api.concursolutions.com");
        assert!(granted.user_id.is_none() && granted.refresh_token.is_none());
    }

    #[test]
    fn tells_who_it_is() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"u-1","concur.company":"c-1"}"#);
        let body = format!(r#"{{"access_token":"a","id_token":"e30.{payload}.x"}}"#);
        let found = granted(&body).unwrap();
        assert_eq!(found.user_id.as_deref(), Some("u-1"));
        assert_eq!(found.company_id.as_deref(), Some("c-1"));
        let found = granted(r#"{"access_token":"a","id_token":"nonsense"}"#).unwrap();
        assert_eq!(found.user_id, None);
    }

    #[test]
    fn a_foreign_geolocation_is_refused() {
        let body = r#"{"access_token":"a","geolocation":"https://evil.example"}"#;
        assert!(granted(body).is_err());
    }
}
