//! The three grants.
//!
//! Where each may be asked (api-reference/authentication/apidoc.markdown, "Base URIs"): a
//! password where the user lives; a request token there or in the global zone; a refresh token
//! where the user lives; an app's own credentials anywhere. Elsewhere the answer is code 16 with
//! the right address. Whoever is hosted in two data centers gets first tokens at the default base
//! URI, so the address with code 16 need not be that of the token (the e-receipts guide, "Being Geo
//! Aware").

use std::sync::Arc;
use std::time::Duration;

use bursar_db::{DbError, Isolation};
use bursar_directory::{GLOBAL_ZONE, SignInError, sign_in};
use bursar_kernel::{Micros, uuid_from_text};
use bursar_web::DataCenter;
use secrecy::{ExposeSecret as _, SecretString};

use crate::jwt;
use crate::keys::KeyError;
use crate::model::{App, Grant, Principal, Scopes};
use crate::server_key::Secret;
use crate::standing::residence;
use crate::state::Oauth;
use crate::store::{self, TokenRow};
use crate::token::TokenRequest;
use crate::wire::{Code, Fault, TokenAnswer};

/// How long a refresh token works after it was last used.
///
/// Source: apidoc.markdown, "six month". Choice: the longest six months a calendar has, so that
/// no client that counts months comes too late.
const REFRESH_LIFE: Duration = Duration::from_hours(184 * 24);

/// A refresh token to hand out, and its expiry.
struct Refresh {
    text: String,
    expires_at: Micros,
}

/// Grant `password`, with either type of credential.
pub(crate) async fn password(
    oauth: &Oauth,
    here: &DataCenter,
    app: App,
    request: &TokenRequest,
) -> Result<TokenAnswer, Fault> {
    let name = request.username.as_deref().ok_or(Code::NoUsername)?;
    let password = request.password.as_ref().ok_or(Code::NoPassword)?;
    let (principal, home) = match request.credtype.as_deref() {
        None | Some("password") => by_password(oauth, here, name, password).await?,
        Some("authtoken") => by_request_token(oauth, here, &app, name, password).await?,
        Some(_) => return Err(Code::BadCredtype.into()),
    };
    let scopes = app.scopes.clone().narrowed(request.scope.as_deref());
    let scopes = scopes.ok_or(Code::ScopeExceeded)?;
    let refresh = if app.may(Grant::RefreshToken) {
        Some(first_refresh_token(oauth, &app, principal, &scopes).await?)
    } else {
        None
    };
    answer(oauth, app, Some(principal), scopes, home, refresh).await
}

/// Choice: the password comes first, so that nobody learns where a user lives, or that there is
/// one, who cannot sign in as that user.
async fn by_password(
    oauth: &Oauth,
    here: &DataCenter,
    name: &str,
    password: &SecretString,
) -> Result<(Principal, Arc<DataCenter>), Fault> {
    let signed_in = sign_in(oauth.db(), oauth.passwords(), name, password).await;
    let member = signed_in.map_err(|error| match error {
        SignInError::Incorrect => Code::IncorrectCredentials.into(),
        SignInError::Disabled => Code::AccountDisabled.into(),
        SignInError::Db(error) => Fault::Db(error),
        SignInError::Password(error) => Fault::Password(error),
    })?;
    let principal = Principal::User {
        id: member.user.id,
        company_id: member.company.id,
    };
    let home = data_center(oauth, &member.company.home)?;
    let hosted_twice = member.company.second_home.is_some();
    only_at(here, entrance(oauth, &home, hosted_twice))?;
    Ok((principal, home))
}

/// Source: company-auth.markdown; the integration guide for users.
async fn by_request_token(
    oauth: &Oauth,
    here: &DataCenter,
    app: &App,
    name: &str,
    token: &SecretString,
) -> Result<(Principal, Arc<DataCenter>), Fault> {
    let hash = oauth.server_key().hash_of(Secret::RequestToken, token);
    let found = oauth.db().read(hash, |tx, hash| {
        Box::pin(async move {
            let Some(row) = store::request_token(tx, hash).await? else {
                return Ok::<_, DbError>(None);
            };
            let residence = residence(tx, &row.principal).await?;
            Ok(Some((row, residence)))
        })
    });
    let (row, residence) = found.await?.ok_or(Code::IncorrectCredentials)?;
    if row.app_id != app.id {
        return Err(Code::NotYourAuthtoken.into());
    }
    let names_it = uuid_from_text(name) == Ok(row.principal.id());
    if !names_it || row.expires_at <= oauth.clock().now() {
        return Err(Code::IncorrectCredentials.into());
    }
    let residence = residence.ok_or(Code::PrincipalDisabled)?;
    let home = data_center(oauth, &residence.home)?;
    if here.id() != GLOBAL_ZONE {
        only_at(here, entrance(oauth, &home, residence.hosted_twice))?;
    }
    Ok((row.principal, home))
}

async fn first_refresh_token(
    oauth: &Oauth,
    app: &App,
    principal: Principal,
    scopes: &Scopes,
) -> Result<Refresh, Fault> {
    let text = oauth.rng().uuid().to_string();
    let hash = oauth.server_key().hash(Secret::RefreshToken, &text);
    let now = oauth.clock().now();
    let expires_at = now + REFRESH_LIFE;
    let row = TokenRow {
        principal,
        app_id: app.id,
        scope: scopes.clone(),
        expires_at,
    };
    let stored = oauth
        .db()
        .write(Isolation::Append, (hash, row), move |tx, (hash, row)| {
            Box::pin(store::insert_refresh_token(tx, hash, row, now))
        });
    stored.await.map_err(Fault::Db)?;
    Ok(Refresh { text, expires_at })
}

/// Grant `refresh_token`: the same text comes back, with a later expiry.
///
/// What decides is the guarded update, so the reads before it need no transaction, and many
/// refreshes at once share one commit.
pub(crate) async fn refresh(
    oauth: &Oauth,
    here: &DataCenter,
    app: App,
    request: &TokenRequest,
) -> Result<TokenAnswer, Fault> {
    let token = request.refresh_token.as_ref().ok_or(Code::NoRefreshToken)?;
    let hash = oauth.server_key().hash_of(Secret::RefreshToken, token);
    let found = oauth.db().read(hash, |tx, hash| {
        Box::pin(async move {
            let Some(row) = store::refresh_token(tx, hash).await? else {
                return Ok::<_, DbError>(None);
            };
            let residence = residence(tx, &row.principal).await?;
            Ok(Some((row, residence)))
        })
    });
    let (row, residence) = found.await?.ok_or(Code::BadRefreshToken)?;
    if row.app_id != app.id {
        return Err(Code::NotYourGrant.into());
    }
    let residence = residence.ok_or(Code::PrincipalDisabled)?;
    let home = data_center(oauth, &residence.home)?;
    let now = oauth.clock().now();
    if row.expires_at <= now {
        return Err(Code::BadRefreshToken.at(home.base_uri()));
    }
    only_at(here, &home)?;
    let granted = row.scope.within(&app.scopes);
    let scopes = granted.narrowed(request.scope.as_deref());
    let scopes = scopes.ok_or(Code::ScopeExceeded)?;
    let expires_at = now + REFRESH_LIFE;
    let renewed = oauth.db().write(Isolation::Append, hash, move |tx, hash| {
        Box::pin(store::renew(tx, hash, expires_at, now))
    });
    if !renewed.await.map_err(Fault::Db)? {
        return Err(Code::BadRefreshToken.at(home.base_uri()));
    }
    let refresh = Refresh {
        text: token.expose_secret().to_owned(),
        expires_at,
    };
    answer(oauth, app, Some(row.principal), scopes, home, Some(refresh)).await
}

/// Grant `client_credentials`: a token for the app itself, at the app's own geolocation.
pub(crate) async fn client_credentials(
    oauth: &Oauth,
    app: App,
    request: &TokenRequest,
) -> Result<TokenAnswer, Fault> {
    let scopes = app.scopes.clone().narrowed(request.scope.as_deref());
    let scopes = scopes.ok_or(Code::ScopeExceeded)?;
    let home = data_center(oauth, &app.home)?;
    answer(oauth, app, None, scopes, home, None).await
}

/// Signs off the request threads, at most as many at once as there are cores: answers to commits
/// and all other requests do not wait behind a signature. Measured: on two cores this gives more
/// refreshes per second than signing in place.
async fn answer(
    oauth: &Oauth,
    app: App,
    principal: Option<Principal>,
    scopes: Scopes,
    home: Arc<DataCenter>,
    refresh: Option<Refresh>,
) -> Result<TokenAnswer, Fault> {
    let slot = oauth.signing_slot().await;
    let oauth = oauth.clone();
    let signing = tokio::task::spawn_blocking(move || {
        let _slot = slot;
        sign(&oauth, &app, principal.as_ref(), scopes, &home, refresh)
    });
    signing.await.map_err(|_| KeyError::Library)?
}

fn sign(
    oauth: &Oauth,
    app: &App,
    principal: Option<&Principal>,
    scopes: Scopes,
    home: &DataCenter,
    refresh: Option<Refresh>,
) -> Result<TokenAnswer, Fault> {
    let signer = oauth.keys().signer(home.id());
    let signer = signer.ok_or_else(|| Fault::NoDataCenter(home.id().to_owned()))?;
    let now = oauth.clock().now();
    let scope = scopes.text();
    let access_token = jwt::access_token(signer, app, principal, scopes, now, oauth.rng())?;
    let id_token = match principal {
        Some(principal) => Some(jwt::id_token(signer, app, principal, &access_token, now)?),
        None => None,
    };
    let (refresh_token, refresh_expires_in) = match refresh {
        Some(refresh) => {
            let expires = refresh.expires_at.epoch_seconds().to_string();
            (Some(refresh.text), Some(expires))
        }
        None => (None, None),
    };
    Ok(TokenAnswer {
        expires_in: jwt::LIFE.as_secs().to_string(),
        scope,
        token_type: "Bearer",
        access_token,
        refresh_token,
        refresh_expires_in,
        id_token,
        geolocation: home.base_uri().to_owned(),
    })
}

fn data_center(oauth: &Oauth, id: &str) -> Result<Arc<DataCenter>, Fault> {
    let known = oauth.data_centers().get(id).cloned();
    known.ok_or_else(|| Fault::NoDataCenter(id.to_owned()))
}

/// Where a principal's first tokens are asked for: at home; at the default base URI for one that
/// is hosted in two data centers, which then need not be where its tokens work.
///
/// Source: the e-receipts guide, "Being Geo Aware".
fn entrance<'a>(
    oauth: &'a Oauth,
    home: &'a Arc<DataCenter>,
    hosted_twice: bool,
) -> &'a Arc<DataCenter> {
    let default = oauth.data_centers().first().filter(|_| hosted_twice);
    default.unwrap_or(home)
}

fn only_at(here: &DataCenter, home: &DataCenter) -> Result<(), Fault> {
    if here.id() == home.id() {
        Ok(())
    } else {
        Err(Code::LivesElsewhere.at(home.base_uri()))
    }
}
