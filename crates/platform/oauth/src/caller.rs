//! Who calls, and whether they may.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRef, FromRequestParts};
use axum::response::IntoResponse;
use bursar_db::{Db, DbError};
use bursar_kernel::{Uuid, uuid_from_text};
use bursar_web::{BearerError, DataCenter, bearer};
use http::request::Parts;

use crate::jwt::AccessClaims;
use crate::model::{Kind, Principal, Scopes};
use crate::standing::Standing;
use crate::state::Oauth;
use crate::verify::{Verified, VerifyError};

/// How far ahead, in seconds, the clock of the node may be that issued a token. Choice.
const SKEW: i64 = 30;

/// What a route wants of its callers.
pub trait Access: Send + Sync + 'static {
    /// One of these scopes is enough; an empty list asks for none.
    const SCOPES: &'static [&'static str];
    /// The kinds of principal that may call.
    const KINDS: &'static [Kind];
    /// The product that the principal's company must have bought.
    const PRODUCT: Option<&'static str>;
    /// The answer to the refused, in the slice's documented shape.
    type Refusal: IntoResponse;

    /// Makes the answer. `parts` has the correlation id and the data center, which some documented
    /// bodies repeat.
    fn refuse(reason: Refused, parts: &Parts) -> Self::Refusal;
}

/// Why a caller is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No bearer token.
    #[error("no bearer token")]
    NoToken,
    /// Not a JWT with the claims of an access token.
    #[error("the bearer token is malformed")]
    Malformed,
    /// Not signed by a key of ours with RS256.
    #[error("the access token's signature is not ours")]
    BadSignature,
    /// Its hour is over, or it is not valid yet.
    #[error("the access token has expired")]
    Expired,
    /// Its principal lives in another data center, or has moved there.
    #[error("the access token is of another data center")]
    OtherDataCenter {
        /// The base URI where the token may work; none for a token of a principal that has
        /// moved, which works nowhere.
        geolocation: Option<String>,
    },
    /// It stands for a kind of principal that this route is not for.
    #[error("the access token is of a kind that may not call this")]
    WrongKind,
    /// It has none of the scopes that the route wants.
    #[error("the access token lacks the scope")]
    MissingScope,
    /// The app or the principal was disabled or removed.
    #[error("the app or the principal is disabled")]
    Disabled,
    /// The principal has disconnected the app since it was issued.
    #[error("the access token was revoked")]
    Revoked,
    /// The company has not bought the product.
    #[error("the company has not bought the product")]
    ProductNotBought,
    /// The database failed, so that nobody can say.
    #[error("the caller could not be checked: {0}")]
    Unavailable(#[from] DbError),
    /// The router runs without the edge that names its data center.
    #[error("no data center: the router is not wrapped by the edge")]
    NoDataCenter,
}

/// A caller that has passed `A`'s checks. A handler without it checks nobody.
pub struct Caller<A> {
    /// User, company or app.
    pub kind: Kind,
    /// The id of the user, the company or the app: the token's `sub`.
    pub principal_id: Uuid,
    /// The user, if it is one.
    pub user_id: Option<Uuid>,
    /// The company, of the user too; none for an app that acts for itself.
    pub company_id: Option<Uuid>,
    /// The app that calls.
    pub app_id: Uuid,
    verified: Arc<Verified>,
    standing: Arc<Standing>,
    access: PhantomData<A>,
}

impl<A> Caller<A> {
    /// The app's name, as people know it.
    pub fn app_name(&self) -> &str {
        &self.standing.app_name
    }

    /// The scopes of the token.
    pub fn scopes(&self) -> &Scopes {
        &self.verified.claims.scopes
    }

    /// The user whom a URL names, if the caller may act for that user: a user's token acts for that
    /// user only, a company's for each of its users; others do not exist for it.
    pub async fn user_named(&self, db: &Db, text: &str) -> Result<Uuid, NotTheirs> {
        let named = uuid_from_text(text);
        if let Some(own) = self.user_id {
            return (named == Ok(own))
                .then_some(own)
                .ok_or(NotTheirs::AnotherUser);
        }
        let (Ok(named), Some(company_id)) = (named, self.company_id) else {
            return Err(NotTheirs::NoSuchUser);
        };
        let found: Result<_, DbError> = db
            .read(named, |tx, user_id| {
                Box::pin(bursar_directory::api::user(tx, user_id))
            })
            .await;
        found?
            .filter(|member| member.company.id == company_id)
            .map(|member| member.user.id)
            .ok_or(NotTheirs::NoSuchUser)
    }
}

/// Why a caller may not act for the user whom a URL names.
#[derive(Debug, thiserror::Error)]
pub enum NotTheirs {
    /// The token is another user's.
    #[error("the token is another user's")]
    AnotherUser,
    /// The caller's company has no such user.
    #[error("the caller's company has no such user")]
    NoSuchUser,
    /// The database failed, so that nobody can say.
    #[error("the user could not be looked up: {0}")]
    Db(#[from] DbError),
}

impl<A: Access, S> FromRequestParts<S> for Caller<A>
where
    S: Send + Sync,
    Oauth: FromRef<S>,
{
    type Rejection = A::Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, A::Refusal> {
        let oauth = Oauth::from_ref(state);
        check(&oauth, parts)
            .await
            .map_err(|reason| A::refuse(reason, parts))
    }
}

async fn check<A: Access>(oauth: &Oauth, parts: &Parts) -> Result<Caller<A>, Refused> {
    let here = parts.extensions.get::<Arc<DataCenter>>();
    let here = here.ok_or(Refused::NoDataCenter)?.id();
    let token = bearer(&parts.headers).map_err(|error| match error {
        BearerError::Missing => Refused::NoToken,
        BearerError::Malformed => Refused::Malformed,
    })?;
    let verified = oauth.verify(token).await.map_err(|error| match error {
        VerifyError::Malformed => Refused::Malformed,
        VerifyError::Signature | VerifyError::UnknownKey => Refused::BadSignature,
    })?;
    let claims = &verified.claims;
    let now = oauth.clock().now().epoch_seconds();
    if now >= claims.exp || now + SKEW < claims.nbf {
        return Err(Refused::Expired);
    }
    if verified.data_center != here {
        let there = oauth.data_centers().get(&verified.data_center);
        let geolocation = there.map(|there| there.base_uri().to_owned());
        return Err(Refused::OtherDataCenter { geolocation });
    }
    if !A::KINDS.contains(&claims.kind) {
        return Err(Refused::WrongKind);
    }
    let principal = principal(claims)?;
    if !A::SCOPES.is_empty() && !A::SCOPES.iter().any(|scope| claims.scopes.has(scope)) {
        return Err(Refused::MissingScope);
    }
    let standing = standing_at(oauth, claims.app_id, principal, here).await?;
    if claims.generation < standing.generation {
        return Err(Refused::Revoked);
    }
    if let (Some(product), Some(bought)) = (A::PRODUCT, &standing.products)
        && !bought.has(product)
    {
        return Err(Refused::ProductNotBought);
    }
    Ok(Caller {
        kind: claims.kind,
        principal_id: claims.sub,
        user_id: principal.and_then(|principal| principal.user_id()),
        company_id: claims.company_id,
        app_id: claims.app_id,
        verified: Arc::clone(&verified),
        standing,
        access: PhantomData,
    })
}

/// The standing of an app and its principal, who must live `here`. Whoever has moved here a moment
/// ago is not refused from memory: new tokens work at once.
async fn standing_at(
    oauth: &Oauth,
    app_id: Uuid,
    principal: Option<Principal>,
    here: &str,
) -> Result<Arc<Standing>, Refused> {
    let now = Instant::now();
    let standing = oauth.standing(app_id, principal, now).await?;
    let standing = standing.ok_or(Refused::Disabled)?;
    if standing.home == here {
        return Ok(standing);
    }
    let standing = oauth.standing_now(app_id, principal, now).await?;
    let standing = standing.ok_or(Refused::Disabled)?;
    let geolocation = None;
    (standing.home == here)
        .then_some(standing)
        .ok_or(Refused::OtherDataCenter { geolocation })
}

/// For whom a token's app acts; none when for itself.
fn principal(claims: &AccessClaims) -> Result<Option<Principal>, Refused> {
    match (claims.kind, claims.company_id) {
        (Kind::App, _) => Ok(None),
        (Kind::Company, _) => Ok(Some(Principal::Company { id: claims.sub })),
        (Kind::User, Some(company_id)) => Ok(Some(Principal::User {
            id: claims.sub,
            company_id,
        })),
        (Kind::User, None) => Err(Refused::Malformed),
    }
}
