//! What other slices may do.

use std::time::Duration;

use bursar_db::{DbError, Tx};
use bursar_kernel::{Micros, Uuid, hex32};
use bursar_secrets::Hash;
use secrecy::{ExposeSecret as _, SecretString};

pub use crate::authorize::{Authorization, NotAsked, Prompt, authorization};
pub use crate::code::{AuthorizationCode, issue_code};
pub use crate::letter::{LETTER_JOB, Letter, Purpose};
pub use crate::link::{SignInLink, link_hash, peek_link, send_link, use_link};
use crate::model::{Connection, ConnectionId, Principal};
use crate::secret::Secret;
use crate::store::{self, RequestRow};
use crate::{Kind, Oauth};

/// How long a request token can be exchanged.
///
/// Source: api-reference/authentication/company-auth.markdown.
const REQUEST_TOKEN_LIFE: Duration = Duration::from_hours(24);

/// A temporary token that a partner exchanges for its first tokens, with the password grant and
/// credential type `authtoken`; as often as it likes within 24 hours, by one app only.
#[derive(Debug)]
pub struct RequestToken {
    text: SecretString,
    hash: Hash,
    row: RequestRow,
    now: Micros,
}

impl RequestToken {
    /// Draws a token for `app_id` to act for `principal`. It works once it is issued.
    pub fn draw(oauth: &Oauth, app_id: Uuid, principal: Principal) -> Self {
        let drawn = oauth.rng().uuid();
        let text = match principal.kind() {
            Kind::Company => format!("at-{}", hex32(&drawn)),
            Kind::User | Kind::App => drawn.to_string(),
        };
        let now: Micros = oauth.clock().now();
        Self {
            hash: oauth.server_key().hash(Secret::RequestToken, &text),
            text: text.into(),
            row: RequestRow {
                principal,
                app_id,
                expires_at: now + REQUEST_TOKEN_LIFE,
            },
            now,
        }
    }

    /// The text that goes to the partner, as `requestToken`.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }
}

/// Issues a drawn request token, and forgets some that have expired. Its app has to exist.
pub async fn issue_request_token(tx: &mut Tx, token: &RequestToken) -> Result<(), DbError> {
    store::sweep_request_tokens(tx, token.now).await?;
    store::insert_request_token(tx, &token.hash, &token.row).await
}

/// The connections of a user or a company, the newest first.
pub async fn connections(
    tx: &mut Tx,
    principal: &Principal,
    now: Micros,
) -> Result<Vec<Connection>, DbError> {
    store::connection::connections(tx, principal, now).await
}

/// Ends all tokens that an app has for a principal, also request tokens, codes and one-time
/// passwords that it has not exchanged yet; answers whether they were connected. Access tokens are
/// refused by every API on every node within a second.
pub async fn revoke_connection(
    tx: &mut Tx,
    connection: &ConnectionId,
    now: Micros,
) -> Result<bool, DbError> {
    store::connection::end(tx, connection, now).await
}

/// Ends the refresh tokens that descend from one first issue, and the connection's access tokens:
/// the answer to a credential that was used twice. Access tokens end each time it is called,
/// whatever they descend from: the caller sees to it that a credential leads here once.
pub(crate) async fn revoke_family(
    tx: &mut Tx,
    connection: &ConnectionId,
    family: &Uuid,
    now: Micros,
) -> Result<(), DbError> {
    store::connection::end_family(tx, connection, family, now).await
}
