//! Who may manage apps and connections, and how these endpoints refuse.
//!
//! Source: api-reference/authentication/rotating-secrets.markdown, "Error HTTP Responses", which
//! gives statuses only. Choice: the body is that of the token service, without a code; also for
//! `/app-mgmt/v0/connections`, whose refusals are not documented.

use axum::response::{IntoResponse, Response};
use bursar_db::DbError;
use bursar_kernel::CorrelationId;
use bursar_web::{BodyError, Kind as Fault, WireBody, WireError};
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

use crate::app_secret::SecretError;
use crate::caller::{Access, Refused};
use crate::model::Kind;
use crate::wire::ErrorBody;

/// An app that manages itself.
pub(crate) struct AppItself;

impl Access for AppItself {
    const SCOPES: &'static [&'static str] = &[];
    const KINDS: &'static [Kind] = &[Kind::App];
    const PRODUCT: Option<&'static str> = None;
    type Refusal = ManageError;

    fn refuse(reason: Refused, parts: &Parts) -> ManageError {
        ManageError::new(reason.into(), parts.extensions.get())
    }
}

/// An app with a principal's access token. Inferred: also a company's; the page speaks of users.
pub(crate) struct Connected;

impl Access for Connected {
    const SCOPES: &'static [&'static str] = &[];
    const KINDS: &'static [Kind] = &[Kind::User, Kind::Company];
    const PRODUCT: Option<&'static str> = None;
    type Refusal = ManageError;

    fn refuse(reason: Refused, parts: &Parts) -> ManageError {
        ManageError::new(reason.into(), parts.extensions.get())
    }
}

/// Why nothing is changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Caller(#[from] Refused),
    #[error("the access token is not this app's")]
    OtherApp,
    #[error(transparent)]
    Secret(SecretError),
    #[error("the operation is not understood: {0}")]
    Operation(&'static str),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// A refusal on its way to the caller.
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub(crate) struct ManageError {
    #[source]
    refusal: Refusal,
    correlation_id: Option<CorrelationId>,
}

impl ManageError {
    pub(crate) fn new(refusal: Refusal, correlation_id: Option<&CorrelationId>) -> Self {
        Self {
            refusal,
            correlation_id: correlation_id.cloned(),
        }
    }
}

impl WireError for ManageError {
    /// Source: rotating-secrets.markdown: 401 for another app's id and for an invalid or missing
    /// token, 400 for a body that is not as shown and for deleting an active secret, 404 for an
    /// unknown secret. Choice: 400 too for what would leave an app without an active secret.
    fn kind(&self) -> Fault {
        match &self.refusal {
            Refusal::Caller(Refused::Unavailable(_))
            | Refusal::Db(
                DbError::Contended { .. }
                | DbError::Pool(_)
                | DbError::Full
                | DbError::Closed
                | DbError::Unknown,
            ) => Fault::Busy,
            Refusal::Caller(Refused::NoDataCenter) | Refusal::Db(_) => Fault::Internal,
            Refusal::Caller(_) | Refusal::OtherApp => Fault::Unauthenticated,
            Refusal::Secret(SecretError::NoSecret) => Fault::NotFound,
            Refusal::Secret(_) | Refusal::Operation(_) => Fault::Invalid,
            Refusal::Body(error) => error.kind(),
        }
    }

    fn body(&self) -> WireBody {
        let error = match self.kind() {
            Fault::Unauthenticated => "invalid_token",
            Fault::Busy => "temporarily_unavailable",
            Fault::Internal => "server_error",
            _ => "invalid_request",
        };
        let description = match self.kind() {
            Fault::Busy => "busy; try again".to_owned(),
            Fault::Internal => "the token service failed; try again".to_owned(),
            _ => self.refusal.to_string(),
        };
        let correlation_id = self.correlation_id.as_ref();
        WireBody::json(&ErrorBody::plain(
            error,
            correlation_id.map_or("", CorrelationId::as_str),
            &description,
        ))
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let challenge = match (&self.refusal, self.kind()) {
            // RFC 6750 section 3.1: no error code for who showed no token.
            (Refusal::Caller(Refused::NoToken), _) => "Bearer",
            (_, Fault::Unauthenticated) => "Bearer error=\"invalid_token\"",
            _ => return Vec::new(),
        };
        vec![(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]
    }
}

impl IntoResponse for ManageError {
    fn into_response(self) -> Response {
        self.answer()
    }
}
