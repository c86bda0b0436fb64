//! What a mail of ours is to say. The job's payload: it holds no secret, for that is made from the
//! letter's id when the mail is written.

use bursar_db::{DbError, Tx};
use bursar_jobs::{NewJob, enqueue};
use bursar_kernel::{CorrelationId, Micros, Uuid};
use bursar_secrets::ServerKey;
use serde::{Deserialize, Serialize};

use crate::redirect_uri::append;
use crate::secret::{Derive as _, Secret};
use crate::state::Oauth;

/// The kind of the jobs that write and send letters.
pub const LETTER_JOB: &str = "oauth.letter";

/// A mail to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its id; the secret is made from it.
    pub id: Uuid,
    /// The address.
    pub to: String,
    /// How the addressee is called.
    pub name: String,
    /// BCP 47: the language to write in.
    pub locale: String,
    /// When the secret ends, in microseconds since 1970. No use in sending it later.
    pub expires_at: i64,
    /// What for.
    pub purpose: Purpose,
}

/// What a letter is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An app asked for a one-time password.
    OneTimePassword {
        /// The app, as the platform knows it.
        app_name: String,
        /// The company or app, as the app calls itself.
        company: Option<String>,
        /// Where the person is to go with the password.
        link: Option<String>,
    },
    /// A person wants to sign in at our pages.
    SignIn {
        /// The address of the page that the secret is for.
        page: String,
    },
}

/// Asks for a letter, inside the operation that is its cause.
pub(crate) async fn post(
    tx: &mut Tx,
    letter: &Letter,
    correlation_id: &CorrelationId,
    now: Micros,
) -> Result<(), DbError> {
    let payload = serde_json::to_string(letter).expect("a letter is plain JSON");
    let job = NewJob {
        kind: LETTER_JOB,
        key: None,
        payload: &payload,
        correlation_id: correlation_id.as_str(),
        run_at: now,
        now,
    };
    enqueue(tx, &job).await.map(drop)
}

impl Letter {
    /// Reads a job's payload.
    pub fn from_payload(payload: &str) -> Option<Self> {
        serde_json::from_str(payload).ok()
    }

    /// The secret in the letter.
    pub fn secret(&self, oauth: &Oauth) -> String {
        oauth.server_key().mailed(&self.id).to_string()
    }

    /// The address of the letter's button, with the secret as `parameter` for an app; none when
    /// the app gave no address.
    ///
    /// Source: the integration guide, "Connect from the Partner App Using Email".
    pub fn button(&self, oauth: &Oauth, parameter: &str) -> Option<String> {
        let secret = self.secret(oauth);
        match &self.purpose {
            Purpose::OneTimePassword { link, .. } => {
                let link = link.as_deref()?;
                // A fragment stays at the end.
                let (address, fragment) = link.split_once('#').unwrap_or((link, ""));
                let address = append(address, [(parameter, secret.as_str())]);
                Some(match fragment {
                    "" => address,
                    fragment => format!("{address}#{fragment}"),
                })
            }
            Purpose::SignIn { page } => Some(append(page, [("token", secret.as_str())])),
        }
    }
}

/// The hash under which the secret of the letter `id` is stored.
pub(crate) fn hash(server_key: &ServerKey, what: Secret, id: &Uuid) -> [u8; 32] {
    server_key.hash(what, server_key.mailed(id))
}
