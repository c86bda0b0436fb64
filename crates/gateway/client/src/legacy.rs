//! Exchanging tokens of the time before OAuth 2. Source: authentication/migrationguide.markdown.

use std::time::Duration;

use bursar_kernel::Micros;
use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::failure::Failure;
use crate::{AccessToken, Client, Done, Result};

/// What an old token became. Use it once with [`Client::refresh`] to learn whose it is.
#[derive(Debug)]
pub struct Exchanged {
    /// The refresh token.
    pub refresh_token: SecretString,
    /// When it expires.
    pub expires_at: Option<Micros>,
}

#[derive(Deserialize)]
struct Body {
    token: SecretString,
    /// Milliseconds since 1970.
    expired: Option<u64>,
}

impl Client {
    /// Exchanges a user's old token. `access` is of the app itself
    /// ([`Client::client_credentials`]); it works at the app's own geolocation.
    pub async fn exchange_legacy(
        &self,
        access: &AccessToken,
        consumer_key: &str,
        old_token: &SecretString,
    ) -> Result<Exchanged> {
        let key: String = url::form_urlencoded::byte_serialize(consumer_key.as_bytes()).collect();
        // In a path a space is %20.
        let key = key.replace('+', "%20");
        let path = format!("/appmgmt/v0/legacyApps/{key}/exchangeRefreshToken/me");
        let body = json!({
            "token": old_token.expose_secret(),
            "secret": self.0.client_secret.expose_secret(),
        });
        let call = self
            .call(Method::POST, access.geolocation().join(&path))
            .bearer(&access.secret)
            .secret_json(body.to_string());
        let success = self.send(call).await?;
        let exchanges = vec![success.exchange];
        let Ok(body) = serde_json::from_slice::<Body>(&success.body) else {
            return Err(Failure::undocumented("has no token", exchanges));
        };
        let expires_at = body.expired.map(Duration::from_millis);
        Ok(Done {
            value: Exchanged {
                refresh_token: body.token,
                expires_at: expires_at.map(|since_epoch| Micros(0) + since_epoch),
            },
            exchanges,
        })
    }
}
