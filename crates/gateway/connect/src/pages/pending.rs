//! What is about to be connected, and what was asked for: sealed wherever it is stored.

use bursar_kernel::Uuid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Vault;

/// What the platform brought, to be exchanged once the user has confirmed. It has no `Debug`: it is
/// made of secrets.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Pending {
    /// The App Center's redirect.
    AppCenter {
        /// The user, or the company.
        id: String,
        /// Gives the first token.
        request_token: String,
        /// The administrator who connects the company; none for a user.
        user_id: Option<String>,
    },
    /// The answer to somebody who was sent there to sign in.
    Code {
        /// Gives the first token.
        code: String,
        /// Where the user lives.
        geolocation: Option<String>,
        /// Which question it answers.
        state: String,
    },
    /// A mailed link.
    Mailed {
        /// The one-time password.
        token: String,
    },
}

impl Pending {
    /// Whether it connects a whole company.
    pub(super) fn is_company(&self) -> bool {
        matches!(
            self,
            Self::AppCenter {
                user_id: Some(_),
                ..
            }
        )
    }
}

/// What was asked for by sending somebody there.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct WebAsk {
    /// The secret of PKCE.
    pub(super) verifier: String,
}

/// What was asked for by mail; the exchange has to repeat it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct MailAsk {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) company: String,
}

/// What a sign-in at the identity provider was begun with.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SignInAsk {
    pub(super) state: String,
    pub(super) nonce: String,
    /// The secret of PKCE.
    pub(super) verifier: String,
}

/// The row of a session's sign-in at the identity provider.
pub(super) fn openid_row(app_id: &str, key: &[u8]) -> String {
    format!("connect_session/{app_id}/{}/openid", key.escape_ascii())
}

/// The row of a session's pending connection.
pub(super) fn session_row(app_id: &str, key: &[u8]) -> String {
    format!("connect_session/{app_id}/{}", key.escape_ascii())
}

/// The row of a question.
pub(super) fn ask_row(app_id: &str, kind: &str, key: &[u8]) -> String {
    format!("connect_ask/{app_id}/{kind}/{}", key.escape_ascii())
}

/// The key of an account's question by mail: one at a time.
pub(super) fn mail_key(account_id: Uuid) -> Vec<u8> {
    account_id.as_bytes().to_vec()
}

/// Seals a value for its row; none where the keys fail, which is logged.
pub(super) fn seal<T: Serialize>(vault: &Vault, row: &str, value: &T) -> Option<Vec<u8>> {
    let plain = serde_json::to_vec(value);
    let plain = plain.inspect_err(|error| tracing::error!(%error, "nothing was sealed"));
    let sealed = vault.keys().seal(row, &plain.ok()?);
    let sealed = sealed.inspect_err(|error| tracing::error!(%error, "nothing was sealed"));
    sealed.ok()
}

/// Opens what was sealed for this row; none where that fails, which is logged.
pub(super) fn open<T: DeserializeOwned>(vault: &Vault, row: &str, sealed: &[u8]) -> Option<T> {
    let plain = vault.keys().open(row, sealed);
    let plain = plain.inspect_err(|error| tracing::error!(%error, "nothing was opened"));
    let value = serde_json::from_slice(&plain.ok()?);
    // The error names no value: it may be a secret.
    let value = value.inspect_err(|error| {
        let fault = error.classify();
        tracing::error!(?fault, "what was opened cannot be read");
    });
    value.ok()
}
