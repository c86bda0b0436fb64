//! Grant `otp`: a mailed one-time password gets tokens.
//!
//! Source: api-reference/authentication/apidoc.markdown, "One Time Password grant".

use bursar_db::{DbError, Isolation, Tx};
use bursar_kernel::Micros;
use bursar_secrets::Hash;
use bursar_web::DataCenter;
use subtle::ConstantTimeEq as _;

use crate::grants::{self, FirstTokens};
use crate::model::{App, Principal};
use crate::otp::{channel, facts, handle_hash};
use crate::secret::{Derive as _, Secret};
use crate::standing::residence;
use crate::state::Oauth;
use crate::store::otp as store;
use crate::token::TokenRequest;
use crate::wire::{Code, Fault, TokenAnswer};

/// An app's attempt with a password.
struct Attempt {
    hash: Hash,
    handle: Hash,
    facts: Hash,
    app: App,
    now: Micros,
}

/// What an attempt found.
enum Found {
    /// The password is right: whose it is, and where they live now.
    Right(Principal, Option<String>),
    Wrong(Code),
}

/// Exchanges a password, where the user lives.
pub(crate) async fn exchange(
    oauth: &Oauth,
    here: &DataCenter,
    app: App,
    request: &TokenRequest,
) -> Result<TokenAnswer, Fault> {
    let otp = request.otp.as_ref().ok_or(Code::NoOtp)?;
    let address = channel(&request.form, Code::NoChannelType, Code::NoChannelHandle)?;
    let server_key = oauth.server_key();
    let attempt = Attempt {
        hash: server_key.hash_of(Secret::OneTimePassword, otp),
        handle: handle_hash(server_key, address),
        facts: facts(server_key, &request.form),
        app: app.clone(),
        now: oauth.clock().now(),
    };
    let hash = attempt.hash;
    let trying = oauth
        .db()
        .write(Isolation::Serializable, attempt, |tx, attempt| {
            Box::pin(attempt.check(tx))
        });
    let (principal, home) = match trying.await.map_err(Fault::Db)? {
        Found::Right(principal, home) => (principal, home.ok_or(Code::PrincipalDisabled)?),
        Found::Wrong(code) => return Err(code.into()),
    };
    let home = grants::data_center(oauth, &home)?;
    grants::only_at(here, &home)?;
    let scopes = app.scopes.clone().narrowed(request.scope.as_deref());
    let scopes = scopes.ok_or(Code::ScopeExceeded)?;
    grants::only_where_enabled(oauth, &app, &principal).await?;
    let first = FirstTokens::draw(oauth, &app, principal, &scopes);
    let generation = redeem(oauth, hash, &first).await?;
    grants::answer(oauth, first.granted(app, scopes, home, generation)).await
}

/// Uses the password up and stores what it is exchanged for, in one operation: of two requests at
/// once one wins.
async fn redeem(oauth: &Oauth, hash: Hash, first: &FirstTokens) -> Result<i64, Fault> {
    let now = oauth.clock().now();
    let refresh = first.refresh.as_ref().map(|(_, row)| row.clone());
    let args = (hash, first.id, refresh);
    let redeeming = oauth.db().write(
        Isolation::Serializable,
        args,
        move |tx, (hash, id, refresh)| {
            Box::pin(async move {
                if !store::use_otp(tx, hash, now).await? {
                    return Ok::<_, DbError>(None);
                }
                let generation = grants::connect(tx, id, refresh.as_ref(), now).await?;
                Ok(Some(generation))
            })
        },
    );
    let generation = redeeming.await.map_err(Fault::Db)?;
    generation.ok_or(Code::OtpNotFound.into())
}

impl Attempt {
    /// Looks, and counts what is wrong: after a few wrong attempts the passwords are void.
    async fn check(&self, tx: &mut Tx) -> Result<Found, DbError> {
        let whose = (&self.handle, &self.app.id);
        let open = store::otps(tx, whose, self.now).await?;
        if open.is_empty() {
            return Ok(Found::Wrong(Code::OtpNotFound));
        }
        let same = |one: &store::OpenOtp| bool::from(one.hash.ct_eq(&self.hash));
        let Some(right) = open.into_iter().find(same) else {
            store::fail_otps(tx, whose).await?;
            return Ok(Found::Wrong(Code::OtpFailed));
        };
        if !bool::from(right.facts.ct_eq(&self.facts)) {
            store::fail_otps(tx, whose).await?;
            return Ok(Found::Wrong(Code::FactsFailed));
        }
        let Some(principal) = right.principal else {
            // Nobody was mailed it.
            return Ok(Found::Wrong(Code::OtpFailed));
        };
        let residence = residence(tx, &principal).await?;
        Ok(Found::Right(
            principal,
            residence.map(|residence| residence.home),
        ))
    }
}
