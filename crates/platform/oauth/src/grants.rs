//! The grants that connect an app with a principal, and the app's own.
//!
//! Where each may be asked (api-reference/authentication/apidoc.markdown, "Base URIs"): a
//! password where the user lives; a request token there or in the global zone; a refresh token
//! where the user lives; an app's own credentials anywhere. Elsewhere the answer is code 16 with
//! the right address. Whoever is hosted in two data centers gets first tokens at the default base
//! URI, so the address with code 16 need not be that of the token (the e-receipts guide, "Being Geo
//! Aware").

use std::sync::Arc;
use std::time::{Duration, Instant};

use bursar_db::{DbError, Isolation, Tx};
use bursar_directory::{GLOBAL_ZONE, SignInError, sign_in};
use bursar_kernel::{Micros, uuid_from_text};
use bursar_secrets::Hash;
use bursar_web::DataCenter;
use secrecy::{ExposeSecret as _, SecretString};

use crate::apps;
use crate::jwt;
use crate::keys::KeyRing;
use crate::model::{ACCESS_LIFE, Acting, App, ConnectionId, Grant, Principal, Scopes};
use crate::secret::{Derive as _, Secret};
use crate::standing::residence;
use crate::state::Oauth;
use crate::store::{self, connection::TokenRow};
use crate::token::TokenRequest;
use crate::wire::{Code, Fault, TokenAnswer};

/// How long a refresh token works after it was last used.
///
/// Source: apidoc.markdown, "six month". Choice: the longest six months a calendar has, so that
/// no client that counts months comes too late.
pub(crate) const REFRESH_LIFE: Duration = Duration::from_hours(184 * 24);

/// What an answer is made of.
pub(crate) struct Granted {
    pub(crate) app: App,
    /// None for the app itself.
    pub(crate) acting: Option<Acting>,
    pub(crate) scopes: Scopes,
    /// The data center of the principal, or else of the app.
    pub(crate) home: Arc<DataCenter>,
    pub(crate) refresh: Option<Refresh>,
    /// What the id token is to repeat.
    pub(crate) nonce: Option<String>,
}

/// A refresh token to hand out, and its expiry.
pub(crate) struct Refresh {
    text: SecretString,
    expires_at: Micros,
}

impl Refresh {
    pub(crate) fn new(text: SecretString, row: &TokenRow) -> Self {
        Self {
            text,
            expires_at: row.expires_at,
        }
    }
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
    let (principal, home, token) = match request.credtype.as_deref() {
        None | Some("password") => by_password(oauth, here, name, password).await?,
        Some("authtoken") => by_request_token(oauth, here, &app, name, password).await?,
        Some(_) => return Err(Code::BadCredtype.into()),
    };
    let scopes = app.scopes.clone().narrowed(request.scope.as_deref());
    let scopes = scopes.ok_or(Code::ScopeExceeded)?;
    first_tokens(oauth, app, (principal, home, token), scopes).await
}

/// Who proved to be somebody, that principal's home, and the request token that proved it.
type Proven = (Principal, Arc<DataCenter>, Option<Hash>);

/// Choice: the password comes first, so that nobody learns where a user lives, or that there is
/// one, who cannot sign in as that user.
async fn by_password(
    oauth: &Oauth,
    here: &DataCenter,
    name: &str,
    password: &SecretString,
) -> Result<Proven, Fault> {
    let (db, clock, passwords) = (oauth.db(), oauth.clock(), oauth.passwords());
    let signed_in = sign_in(db, clock, passwords, name, password).await;
    let member = signed_in.map_err(|error| match error {
        SignInError::Incorrect => Code::IncorrectCredentials.into(),
        SignInError::Locked => Code::AccountLocked.into(),
        SignInError::Disabled => Code::AccountDisabled.into(),
        SignInError::SsoOnly => Code::SsoOnly.into(),
        SignInError::MustChangePassword => Code::PasswordExpired.into(),
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
    Ok((principal, home, None))
}

/// Source: company-auth.markdown; the integration guide for users.
async fn by_request_token(
    oauth: &Oauth,
    here: &DataCenter,
    app: &App,
    name: &str,
    token: &SecretString,
) -> Result<Proven, Fault> {
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
    Ok((row.principal, home, Some(hash)))
}

/// Connects the app with a principal, and signs the first tokens.
async fn first_tokens(
    oauth: &Oauth,
    app: App,
    (principal, home, token): Proven,
    scopes: Scopes,
) -> Result<TokenAnswer, Fault> {
    only_where_enabled(oauth, &app, &principal).await?;
    let first = FirstTokens::draw(oauth, &app, principal, &scopes);
    let (id, row) = (first.id, first.refresh.as_ref().map(|(_, row)| row.clone()));
    let now = oauth.clock().now();
    let args = (id, row, token);
    let connecting = oauth.db().write(
        Isolation::ReadCommitted,
        args,
        move |tx, (id, row, token)| {
            Box::pin(async move {
                // Holding the connection's row makes it one with any revocation; see `refresh`.
                let generation = connect(tx, id, row.as_ref(), now).await?;
                // One that came in between has ended the request token, and all this is undone.
                if let Some(token) = token
                    && store::request_token(tx, token).await?.is_none()
                {
                    return Err(Code::IncorrectCredentials.into());
                }
                Ok::<_, Fault>(generation)
            })
        },
    );
    let generation = connecting.await?;
    answer(oauth, first.granted(app, scopes, home, generation)).await
}

/// A first refresh token, drawn but not yet stored; none for an app that may not refresh.
pub(crate) struct FirstTokens {
    pub(crate) id: ConnectionId,
    pub(crate) refresh: Option<(SecretString, TokenRow)>,
}

impl FirstTokens {
    /// Draws the token's text and its family.
    pub(crate) fn draw(oauth: &Oauth, app: &App, principal: Principal, scopes: &Scopes) -> Self {
        let draw = || {
            let text = oauth.rng().uuid().to_string();
            let now = oauth.clock().now();
            let row = TokenRow {
                hash: oauth.server_key().hash(Secret::RefreshToken, &text),
                family: oauth.rng().uuid(),
                scope: scopes.clone(),
                issued_at: now,
                expires_at: now + REFRESH_LIFE,
            };
            (SecretString::from(text), row)
        };
        Self {
            id: ConnectionId {
                principal,
                app_id: app.id,
            },
            refresh: app.may(Grant::RefreshToken).then(draw),
        }
    }

    /// What they are, once they are stored for a connection of this generation.
    pub(crate) fn granted(
        self,
        app: App,
        scopes: Scopes,
        home: Arc<DataCenter>,
        generation: i64,
    ) -> Granted {
        Granted {
            app,
            acting: Some(Acting {
                principal: self.id.principal,
                generation,
            }),
            scopes,
            home,
            refresh: self.refresh.map(|(text, row)| Refresh::new(text, &row)),
            nonce: None,
        }
    }
}

/// Connects an app with a principal and stores its first refresh token; answers the generation
/// that its access tokens are of.
pub(crate) async fn connect(
    tx: &mut Tx,
    id: &ConnectionId,
    refresh: Option<&TokenRow>,
    now: Micros,
) -> Result<i64, DbError> {
    let generation = store::connection::connect(tx, id, now).await?;
    if let Some(row) = refresh {
        store::connection::insert_refresh_token(tx, id, row).await?;
    }
    Ok(generation)
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
    let granted = Granted {
        app,
        acting: None,
        scopes,
        home,
        refresh: None,
        nonce: None,
    };
    answer(oauth, granted).await
}

/// Signs where it is asked for: handing a signature to another thread costs more than it spares.
pub(crate) async fn answer(oauth: &Oauth, granted: Granted) -> Result<TokenAnswer, Fault> {
    let ring = oauth.current_keys(Instant::now()).await;
    sign(oauth, &ring, granted)
}

fn sign(oauth: &Oauth, ring: &KeyRing, granted: Granted) -> Result<TokenAnswer, Fault> {
    let Granted {
        app,
        acting,
        scopes,
        home,
        refresh,
        nonce,
    } = granted;
    let signer = ring.signer(home.id());
    let signer = signer.ok_or_else(|| Fault::NoDataCenter(home.id().to_owned()))?;
    let now = oauth.clock().now();
    let scope = scopes.text();
    let access_token = jwt::access_token(signer, &app, acting.as_ref(), scopes, now, oauth.rng())?;
    let id_token = match acting {
        Some(Acting { principal, .. }) => Some(jwt::id_token(
            signer,
            &app,
            &principal,
            &access_token,
            nonce,
            now,
        )?),
        None => None,
    };
    let (refresh_token, refresh_expires_in) = match refresh {
        Some(refresh) => {
            let expires = refresh.expires_at.epoch_seconds().to_string();
            (Some(refresh.text.expose_secret().to_owned()), Some(expires))
        }
        None => (None, None),
    };
    Ok(TokenAnswer {
        expires_in: ACCESS_LIFE.as_secs().to_string(),
        scope,
        token_type: "Bearer",
        access_token,
        refresh_token,
        refresh_expires_in,
        id_token,
        geolocation: home.base_uri().to_owned(),
    })
}

pub(crate) fn data_center(oauth: &Oauth, id: &str) -> Result<Arc<DataCenter>, Fault> {
    let known = oauth.data_centers().get(id).cloned();
    known.ok_or_else(|| Fault::NoDataCenter(id.to_owned()))
}

/// Where a principal's first tokens are asked for: at home; at the default base URI for one that
/// is hosted in two data centers, which then need not be where its tokens work.
///
/// Source: the e-receipts guide, "Being Geo Aware".
pub(crate) fn entrance<'a>(
    oauth: &'a Oauth,
    home: &'a Arc<DataCenter>,
    hosted_twice: bool,
) -> &'a Arc<DataCenter> {
    let default = oauth.data_centers().first().filter(|_| hosted_twice);
    default.unwrap_or(home)
}

/// Source: company-auth.markdown, code 53. `Choice`: after everything that proves who asks.
pub(crate) async fn only_where_enabled(
    oauth: &Oauth,
    app: &App,
    principal: &Principal,
) -> Result<(), Fault> {
    let parties = (principal.company_id(), app.id);
    let enabled = oauth.db().read(parties, |tx, (company_id, app_id)| {
        Box::pin(apps::is_enabled_for(tx, company_id, app_id))
    });
    let enabled: bool = enabled.await.map_err(Fault::Db)?;
    if enabled {
        Ok(())
    } else {
        Err(Code::CompanyNotEnabled.into())
    }
}

pub(crate) fn only_at(here: &DataCenter, home: &DataCenter) -> Result<(), Fault> {
    if here.id() == home.id() {
        Ok(())
    } else {
        Err(Code::LivesElsewhere.at(home.base_uri()))
    }
}
