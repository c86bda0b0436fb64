//! How the exchange of old tokens refuses.
//!
//! Source: migrationguide.markdown, "exchangeAccessToken Response Codes" and the statuses above
//! them, among which are neither 401 nor 403. Inferred: the fields of the body, which is not shown.

use axum::response::{IntoResponse, Response};
use bursar_db::DbError;
use bursar_kernel::CorrelationId;
use bursar_web::{BodyError, Kind as Status, WireBody, WireError};
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Access, Refused};
use crate::model::Kind;
use crate::wire::Fault;

/// The app that the old app has become, with its own token.
pub(crate) struct OldApp;

impl Access for OldApp {
    const SCOPES: &'static [&'static str] = &[];
    const KINDS: &'static [Kind] = &[Kind::App];
    const PRODUCT: Option<&'static str> = None;
    type Refusal = LegacyError;

    fn refuse(reason: Refused, parts: &Parts) -> LegacyError {
        let fault = match reason {
            Refused::Unavailable(error) => LegacyFault::Db(error),
            _ => LegacyCode::Unauthorized.into(),
        };
        LegacyError::new(fault, parts.extensions.get())
    }
}

/// The documented refusals. `INVALIDSCOPES` is not among them: no scopes can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LegacyCode {
    InvalidApp,
    InvalidToken,
    Unauthorized,
}

impl LegacyCode {
    /// Code and description as the table writes them.
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidApp => ("INVALIDAPP", "Application is invalid"),
            Self::InvalidToken => ("INVALIDTOKEN", "Bad or expired token"),
            Self::Unauthorized => ("UNAUTHORIZED", "Invalid credentials"),
        }
    }
}

/// Why nothing is exchanged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LegacyFault {
    #[error("refused with {0:?}")]
    Refused(LegacyCode),
    #[error("the body was not taken")]
    Body(#[from] BodyError),
    #[error("nothing was exchanged")]
    Db(#[from] DbError),
    #[error("nothing was exchanged")]
    Home(#[from] Fault),
}

impl From<LegacyCode> for LegacyFault {
    fn from(code: LegacyCode) -> Self {
        Self::Refused(code)
    }
}

/// The body of a refusal.
#[derive(Serialize, ToSchema)]
pub(crate) struct LegacyBody<'a> {
    /// The code of the table.
    #[schema(example = "INVALIDTOKEN")]
    code: &'a str,
    /// Its description.
    #[schema(example = "Bad or expired token")]
    message: &'a str,
    /// The same as in the header.
    #[serde(rename = "concur-correlationid")]
    correlation_id: &'a str,
}

/// A refusal on its way to the caller.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub(crate) struct LegacyError {
    #[source]
    fault: LegacyFault,
    correlation_id: Option<CorrelationId>,
}

impl LegacyError {
    pub(crate) fn new(fault: LegacyFault, correlation_id: Option<&CorrelationId>) -> Self {
        Self {
            fault,
            correlation_id: correlation_id.cloned(),
        }
    }
}

impl WireError for LegacyError {
    fn kind(&self) -> Status {
        match &self.fault {
            LegacyFault::Refused(_) => Status::Invalid,
            LegacyFault::Body(error) => error.kind(),
            LegacyFault::Db(
                DbError::Contended { .. }
                | DbError::Pool(_)
                | DbError::Full
                | DbError::Closed
                | DbError::Unknown,
            ) => Status::Busy,
            LegacyFault::Db(_) | LegacyFault::Home(_) => Status::Internal,
        }
    }

    fn body(&self) -> WireBody {
        let (code, message) = match (&self.fault, self.kind()) {
            (LegacyFault::Refused(code), _) => code.row(),
            (LegacyFault::Body(_), _) => LegacyCode::InvalidToken.row(),
            (_, Status::Busy) => ("BUSY", "busy; try again"),
            _ => ("ERROR", "the exchange failed; try again"),
        };
        let correlation_id = self.correlation_id.as_ref();
        WireBody::json(&LegacyBody {
            code,
            message,
            correlation_id: correlation_id.map_or("", CorrelationId::as_str),
        })
    }
}

impl IntoResponse for LegacyError {
    fn into_response(self) -> Response {
        self.answer()
    }
}
