//! `POST /oauth2/v0/token`.
//!
//! Source: api-reference/authentication/apidoc.markdown; the e-receipts integration guide.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use axum::{Extension, Json};
use bursar_kernel::CorrelationId;
use bursar_web::{BodyError, DataCenter, Form, RawBody, WireError as _};
use secrecy::SecretString;
use utoipa::ToSchema;

use crate::client::client;
use crate::model::Grant;
use crate::state::Oauth;
use crate::wire::{Code, ErrorBody, Fault, NOT_STORED, TokenAnswer, TokenError};
use crate::{code, grants, otp_grant, refresh};

/// Our own limit on a token request, in bytes.
pub(crate) const BODY_MAX: usize = 16 * 1024;

/// The parameters of a token request; each at most once, an empty one counts as absent.
#[derive(Debug, ToSchema)]
pub(crate) struct TokenRequest {
    /// `password`, `refresh_token`, `client_credentials`, `authorization_code` or `otp`.
    pub(crate) grant_type: Option<String>,
    /// The app's id.
    pub(crate) client_id: Option<String>,
    /// The app's secret.
    #[schema(value_type = Option<String>)]
    pub(crate) client_secret: Option<SecretString>,
    /// With `password`: a user name or user id, or with an `authtoken` a user or company id.
    pub(crate) username: Option<String>,
    /// With `password`: the password or the request token.
    #[schema(value_type = Option<String>)]
    pub(crate) password: Option<SecretString>,
    /// With `password`: `password`, the default, or `authtoken`.
    pub(crate) credtype: Option<String>,
    /// With `refresh_token`: the token.
    #[schema(value_type = Option<String>)]
    pub(crate) refresh_token: Option<SecretString>,
    /// Scopes separated by spaces, to ask for fewer than there are.
    pub(crate) scope: Option<String>,
    /// With `authorization_code`: the code.
    #[schema(value_type = Option<String>)]
    pub(crate) code: Option<SecretString>,
    /// With `authorization_code`: the address that the code was sent to.
    pub(crate) redirect_uri: Option<String>,
    /// With `authorization_code`: the secret of PKCE, if there was a challenge.
    #[schema(value_type = Option<String>)]
    pub(crate) code_verifier: Option<SecretString>,
    /// With `otp`: the one-time password. `channel_type`, `channel_handle` and all parameters of
    /// the app's own come back with it.
    #[schema(value_type = Option<String>)]
    pub(crate) otp: Option<SecretString>,
    /// All parameters.
    #[schema(ignore)]
    pub(crate) form: Form,
}

/// Issues tokens.
#[utoipa::path(
    post,
    path = "/oauth2/v0/token",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Tokens", body = TokenAnswer),
        (status = 400, description = "Refused, with a documented code", body = ErrorBody),
        (status = 413, description = "The body is larger than 16 KiB", body = ErrorBody),
        (status = 500, description = "Our fault", body = ErrorBody),
        (status = 503, description = "Busy", body = ErrorBody),
    )
)]
pub(crate) async fn token(
    State(oauth): State<Oauth>,
    Extension(here): Extension<Arc<DataCenter>>,
    Extension(correlation_id): Extension<CorrelationId>,
    RawQuery(query): RawQuery,
    body: Result<RawBody<BODY_MAX>, BodyError>,
) -> Response {
    match issue(&oauth, &here, query.as_deref(), body).await {
        Ok(answer) => (AppendHeaders(NOT_STORED), Json(answer)).into_response(),
        Err(fault) => TokenError {
            fault,
            correlation_id,
        }
        .answer(),
    }
}

async fn issue(
    oauth: &Oauth,
    here: &DataCenter,
    query: Option<&str>,
    body: Result<RawBody<BODY_MAX>, BodyError>,
) -> Result<TokenAnswer, Fault> {
    // RFC 6749 sections 2.3.1 and 3.2: neither secrets nor anything else in the address, which
    // others log.
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(Code::UnsupportedFormat.into());
    }
    let request = TokenRequest::read(&body?)?;
    let grant = request.grant_type.as_deref().ok_or(Code::NoGrantType)?;
    let app = client(oauth, &request).await?;
    match Grant::from_name(grant).ok_or(Code::WrongGrant)? {
        Grant::RefreshToken if !app.may(Grant::RefreshToken) => Err(Code::RefreshDisallowed.into()),
        grant if !app.may(grant) => Err(Code::WrongGrant.into()),
        Grant::Password => grants::password(oauth, here, app, &request).await,
        Grant::RefreshToken => refresh::refresh(oauth, here, app, &request).await,
        Grant::ClientCredentials => grants::client_credentials(oauth, app, &request).await,
        Grant::AuthorizationCode => code::exchange(oauth, here, app, &request).await,
        Grant::Otp => otp_grant::exchange(oauth, here, app, &request).await,
    }
}

impl TokenRequest {
    /// Reads a body. Repeated parameters, broken escapes and NUL are refused, whatever their name.
    pub(crate) fn read(body: &RawBody<BODY_MAX>) -> Result<Self, Code> {
        let form_type = body.content_type.as_ref().is_some_and(|content_type| {
            content_type.essence() == "application/x-www-form-urlencoded" && content_type.is_utf8()
        });
        if !form_type {
            return Err(Code::UnsupportedFormat);
        }
        let form = Form::parse(&body.bytes).map_err(|_| Code::UnsupportedFormat)?;
        let nul = |name: &str| name.contains('\0') || form.get(name).is_some_and(has_nul);
        if form.names().any(nul) {
            return Err(Code::UnsupportedFormat);
        }
        let text = |name| form.get(name).map(str::to_owned);
        let secret = |name| form.get(name).map(SecretString::from);
        Ok(Self {
            grant_type: text("grant_type"),
            client_id: text("client_id"),
            client_secret: secret("client_secret"),
            username: text("username"),
            password: secret("password"),
            credtype: text("credtype"),
            refresh_token: secret("refresh_token"),
            scope: text("scope"),
            code: secret("code"),
            redirect_uri: text("redirect_uri"),
            code_verifier: secret("code_verifier"),
            otp: secret("otp"),
            form,
        })
    }
}

fn has_nul(value: &str) -> bool {
    value.contains('\0')
}
