//! Authorization codes: issued after consent, exchanged once (grant `authorization_code`).
//!
//! Source: api-reference/authentication/apidoc.markdown, "Authorization grant"; RFC 6749 section
//! 4.1; RFC 9700 section 2.1.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bursar_db::{DbError, Isolation, Tx};
use bursar_directory::{GLOBAL_ZONE, User};
use bursar_kernel::Micros;
use bursar_secrets::Hash;
use bursar_web::DataCenter;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::api::revoke_family;
use crate::authorize::{Authorization, Challenge};
use crate::grants::{self, FirstTokens, Granted};
use crate::model::{App, ConnectionId};
use crate::secret::{Derive as _, Secret};
use crate::standing::{Residence, residence};
use crate::state::Oauth;
use crate::store::{self, code::CodeRow};
use crate::token::TokenRequest;
use crate::wire::{Code, Fault, TokenAnswer};

/// How long a code can be exchanged. Choice; RFC 6749 recommends at most ten minutes.
const LIFE: Duration = Duration::from_mins(5);
/// How long a used code is remembered, to see it used again. Choice.
const REMEMBERED: Duration = Duration::from_hours(24);

/// A code on its way to an app. It works once it is issued.
#[derive(Debug)]
pub struct AuthorizationCode {
    text: SecretString,
    hash: Hash,
    row: CodeRow,
    now: Micros,
}

impl AuthorizationCode {
    /// Draws a code with which the app of `authorization` gets tokens for `user`.
    ///
    /// Source: the integration guide's sample: `code-` and a UUID.
    pub fn draw(oauth: &Oauth, authorization: Authorization, user: &User) -> Self {
        let text = format!("code-{}", oauth.rng().uuid());
        let now = oauth.clock().now();
        Self {
            hash: oauth.server_key().hash(Secret::Code, &text),
            text: text.into(),
            row: CodeRow {
                company_id: user.company_id,
                user_id: user.id,
                app_id: authorization.app_id,
                scope: authorization.scopes,
                redirect_uri: authorization.redirect_uri.as_str().to_owned(),
                challenge: authorization.challenge,
                nonce: authorization.nonce,
                expires_at: now + LIFE,
                redeemed: false,
            },
            now,
        }
    }

    /// The text that goes to the app.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }
}

/// Issues a drawn code.
pub async fn issue_code(tx: &mut Tx, code: &AuthorizationCode) -> Result<(), DbError> {
    let old = code.now - REMEMBERED;
    store::code::insert_code(tx, &code.hash, &code.row, old).await
}

/// Grant `authorization_code`. Asked in the global zone or where the user lives.
pub(crate) async fn exchange(
    oauth: &Oauth,
    here: &DataCenter,
    app: App,
    request: &TokenRequest,
) -> Result<TokenAnswer, Fault> {
    let code = request.code.as_ref().ok_or(Code::MissingAuthorization)?;
    let redirect_uri = request.redirect_uri.as_deref();
    let redirect_uri = redirect_uri.ok_or(Code::NoRedirectUri)?;
    let hash = oauth.server_key().hash_of(Secret::Code, code);
    let (row, residence) = find(oauth, hash).await?.ok_or(Code::BadAuthorization)?;
    if row.app_id != app.id {
        return Err(Code::NotYourGrant.into());
    }
    if row.redeemed {
        return Err(replayed(oauth, hash, &row).await);
    }
    if row.redirect_uri != redirect_uri {
        return Err(Code::WrongRedirectUri.into());
    }
    let verifier = request.code_verifier.as_ref();
    if row.expires_at <= oauth.clock().now() || !verifies(row.challenge.as_ref(), verifier) {
        return Err(Code::BadAuthorization.into());
    }
    let residence = residence.ok_or(Code::PrincipalDisabled)?;
    let home = grants::data_center(oauth, &residence.home)?;
    if here.id() != GLOBAL_ZONE {
        grants::only_at(here, &home)?;
    }
    // The app may have lost scopes since.
    let granted = row.scope.within(&app.scopes);
    let scopes = granted.narrowed(request.scope.as_deref());
    let scopes = scopes.ok_or(Code::ScopeExceeded)?;
    grants::only_where_enabled(oauth, &app, &row.principal()).await?;
    let first = FirstTokens::draw(oauth, &app, row.principal(), &scopes);
    let Some(generation) = redeem(oauth, hash, &first).await? else {
        return Err(replayed(oauth, hash, &row).await);
    };
    let granted = Granted {
        nonce: row.nonce,
        ..first.granted(app, scopes, home, generation)
    };
    grants::answer(oauth, granted).await
}

type Found = Option<(CodeRow, Option<Residence>)>;

async fn find(oauth: &Oauth, hash: Hash) -> Result<Found, DbError> {
    let finding = oauth.db().read(hash, |tx, hash| {
        Box::pin(async move {
            let Some(row) = store::code::code(tx, hash).await? else {
                return Ok(None);
            };
            let residence = residence(tx, &row.principal()).await?;
            Ok(Some((row, residence)))
        })
    });
    finding.await
}

/// Uses the code up and stores what it is exchanged for, in one operation: of two requests at
/// once one wins. Answers the connection's generation, or none when the code was used before.
async fn redeem(oauth: &Oauth, hash: Hash, first: &FirstTokens) -> Result<Option<i64>, Fault> {
    let now = oauth.clock().now();
    let refresh = first.refresh.as_ref().map(|(_, row)| row.clone());
    // Without a refresh token the family still names what a replay ends.
    let family = refresh
        .as_ref()
        .map_or_else(|| oauth.rng().uuid(), |row| row.family);
    let args = (hash, family, first.id, refresh);
    let redeeming = oauth.db().write(
        Isolation::Serializable,
        args,
        move |tx, (hash, family, id, refresh)| {
            Box::pin(async move {
                if !store::code::redeem(tx, hash, family, now).await? {
                    return Ok::<_, DbError>(None);
                }
                let generation = grants::connect(tx, id, refresh.as_ref(), now).await?;
                Ok(Some(generation))
            })
        },
    );
    redeeming.await.map_err(Fault::Db)
}

/// A code that comes a second time was stolen, or its answer was: what it was exchanged for ends.
/// Once only: whoever has an old code cannot end tokens of a later consent.
///
/// Source: RFC 6749 section 4.1.2, RFC 9700 section 4.8.
async fn replayed(oauth: &Oauth, hash: Hash, row: &CodeRow) -> Fault {
    let id = ConnectionId {
        principal: row.principal(),
        app_id: row.app_id,
    };
    let now = oauth.clock().now();
    let revoking = oauth.db().write(
        Isolation::Serializable,
        (hash, id),
        move |tx, (hash, id)| {
            Box::pin(async move {
                let Some(family) = store::code::take_family(tx, hash).await? else {
                    return Ok(false);
                };
                revoke_family(tx, id, &family, now).await?;
                Ok(true)
            })
        },
    );
    match revoking.await {
        Ok(revoked) => {
            if revoked {
                oauth.forget(&id);
                tracing::warn!(app = %row.app_id, "a used code came again; its tokens are revoked");
            }
            Code::BadAuthorization.into()
        }
        Err(error) => Fault::Db(error),
    }
}

/// Whether the verifier is the one that the challenge was made from.
///
/// Without a challenge there must be no verifier: an app that sends one did send a challenge,
/// which somebody has cut off (RFC 9700 section 4.8.2). One that RFC 7636 section 4.1 does not
/// allow could be guessed, so it fits no challenge.
fn verifies(challenge: Option<&Challenge>, verifier: Option<&SecretString>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            let verifier = verifier.expose_secret().as_bytes();
            let hash = digest(&SHA256, verifier);
            is_verifier(verifier) && challenge.ct_eq(hash.as_ref()).into()
        }
        _ => false,
    }
}

/// Source: RFC 7636 section 4.1: 43 to 128 unreserved characters.
fn is_verifier(text: &[u8]) -> bool {
    let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    (43..=128).contains(&text.len()) && text.iter().all(unreserved)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn a_verifier_fits_its_challenge_only() {
        // RFC 7636, appendix B.
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = URL_SAFE_NO_PAD.decode("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let challenge: Challenge = challenge.unwrap().try_into().unwrap();
        let other = SecretString::from("x");
        assert!(verifies(None, None));
        assert!(verifies(Some(&challenge), Some(&verifier)));
        assert!(!verifies(Some(&challenge), Some(&other)));
        assert!(!verifies(Some(&challenge), None));
        assert!(!verifies(None, Some(&verifier)));
    }

    #[test]
    fn a_verifier_is_long_and_plain() {
        let made_of = |text: &str| {
            let challenge = digest(&SHA256, text.as_bytes())
                .as_ref()
                .try_into()
                .unwrap();
            verifies(Some(&challenge), Some(&SecretString::from(text)))
        };
        for good in [
            "a".repeat(43),
            "Z".repeat(128),
            format!("{}-._~09", "x".repeat(40)),
        ] {
            assert!(made_of(&good), "{good}");
        }
        let odd =
            ["+", "/", "=", " ", "é", "\0", "%"].map(|odd| format!("{}{odd}", "x".repeat(50)));
        for bad in odd
            .into_iter()
            .chain([String::new(), "a".repeat(42), "a".repeat(129)])
        {
            assert!(!made_of(&bad), "{bad}");
        }
    }
}
