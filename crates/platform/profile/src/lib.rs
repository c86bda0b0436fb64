//! Look-ups of users and companies: `/profile/v1/me` and Identity v4's reads.
//!
//! Sources: profile/v4.identity.md, v4.scope-mapping.md, v1.user.md, v1.company.md and
//! v1.getting-started.md; RFC 7643 and RFC 7644 (SCIM), which they follow. Documents:
//! `docs/api/profile.md`.
//!
//! This slice owns no table: people and companies are the directory's. Quirks: what an answer
//! shows depends on the token's scopes, attribute by attribute; what the directory does not know
//! is left out, not made up; v1 sends a token of another data center there (301), v4 refuses it.

mod access;
mod answer;
mod attributes;
mod error;
mod filter;
mod me;
mod user;
mod users;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use bursar_db::Db;
use bursar_oauth::Oauth;
use utoipa::OpenApi as _;

/// What the endpoints need.
#[derive(Clone)]
pub struct ProfileState {
    /// The database.
    pub db: Db,
    /// Who calls.
    pub oauth: Oauth,
}

impl FromRef<ProfileState> for Oauth {
    fn from_ref(state: &ProfileState) -> Self {
        state.oauth.clone()
    }
}

/// The routes of this API. The guides also write `users` small, and end the list with a slash.
pub fn routes(state: ProfileState) -> Router {
    let mut router = Router::new().route("/profile/v1/me", get(me::get_me));
    for users in ["/profile/identity/v4/Users", "/profile/identity/v4/users"] {
        router = router
            .route(users, get(users::list_users))
            .route(&format!("{users}/"), get(users::list_users))
            .route(&format!("{users}/{{id}}"), get(user::get_user));
    }
    router.with_state(state)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(me::get_me, users::list_users, user::get_user))]
struct Document;

/// The OpenAPI description of [`routes`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
