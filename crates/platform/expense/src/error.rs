//! What these APIs answer when they refuse. Source: v4.quick-expense.md, "Error".

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use bursar_blobs::BlobError;
use bursar_db::DbError;
use bursar_oauth::{NotTheirs, Refused};
use bursar_pictures::ReceiveError;
use bursar_web::json::JsonFault;
use bursar_web::{BodyError, FormError, Kind, WireBody, WireError};
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Call;

/// A refusal, with what it repeats of the request.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub(crate) struct ExpenseError {
    pub(crate) call: Call,
    #[source]
    pub(crate) fault: Fault,
}

/// What was wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("not authorised: {0}")]
    Refused(Refused),
    #[error("the token is another user's")]
    AnotherUser,
    #[error("the user may not ask for others")]
    NotAdministrator,
    #[error("not found")]
    NotFound,
    #[error("the body is not usable JSON: {0}")]
    Json(#[from] JsonFault),
    #[error("{} rules are broken", .0.len())]
    Rules(Vec<Broken>),
    #[error("the content type is not JSON")]
    NotJson,
    #[error("JSON and XML are answered")]
    NotAcceptable,
    #[error("the part {0:?} is unknown here, or came before")]
    Part(String),
    #[error("fileContent is none of PNG, PDF, TIFF and JPEG")]
    PictureFormat,
    #[error("fileContent is larger than {max} bytes")]
    PictureTooLarge { max: usize },
    #[error("the file store failed")]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Query(#[from] FormError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("too many requests")]
    TooMany { wait: Duration },
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// One broken rule of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ExpenseValidationError)]
pub(crate) struct Broken {
    /// What is wrong.
    pub(crate) message: String,
    /// Where. `Choice:` names with dots between them, in the documented spelling.
    pub(crate) source: String,
}

/// Source: v4.quick-expense.md, "Error": `httpStatus` is a text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExpenseErrorBody {
    /// `Choice:` the correlation id, which leads to the log.
    error_id: String,
    error_message: String,
    http_status: String,
    path: String,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_errors: Option<Vec<Broken>>,
}

impl From<NotTheirs> for Fault {
    fn from(reason: NotTheirs) -> Self {
        match reason {
            NotTheirs::AnotherUser => Self::AnotherUser,
            NotTheirs::NoSuchUser => Self::NotFound,
            NotTheirs::Db(error) => Self::Db(error),
        }
    }
}

impl From<ReceiveError> for Fault {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Format => Self::PictureFormat,
            ReceiveError::TooLarge { max } => Self::PictureTooLarge { max },
            ReceiveError::Body(error) => Self::Body(error),
            ReceiveError::Blobs(error) => Self::Blobs(error),
        }
    }
}

impl Fault {
    /// Nothing was found out, or nothing was done: the same may succeed later.
    fn is_busy(&self) -> bool {
        match self {
            Self::Refused(reason) => matches!(reason, Refused::Unavailable(_)),
            Self::Db(error) => matches!(
                error,
                DbError::Pool(_) | DbError::Full | DbError::Contended { .. }
            ),
            _ => false,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            busy if busy.is_busy() => Kind::Busy,
            // Source: e-receipts and quick expense guide, "Error 403": also for bad tokens.
            Self::Refused(_) | Self::NotAdministrator => Kind::Forbidden,
            // Source: the same, "Error 401": a good token, but another user's.
            Self::AnotherUser => Kind::Unauthenticated,
            Self::NotFound => Kind::NotFound,
            Self::Json(_) | Self::Rules(_) | Self::Query(_) | Self::Part(_) => Kind::Invalid,
            Self::NotJson | Self::PictureFormat => Kind::Unsupported,
            Self::PictureTooLarge { .. } => Kind::TooLarge,
            Self::NotAcceptable => Kind::NotAcceptable,
            Self::Body(error) => error.kind(),
            Self::TooMany { .. } => Kind::TooMany,
            Self::Db(_) | Self::Blobs(_) => Kind::Internal,
        }
    }

    fn message(&self) -> String {
        match self {
            busy if busy.is_busy() => "busy; try again".to_owned(),
            Self::Refused(reason) => reason.to_string(),
            Self::Rules(_) => "the request breaks the rules that are listed".to_owned(),
            Self::TooMany { .. } => "too many requests for this user; try again later".to_owned(),
            // The cause is for the log.
            Self::Db(_) | Self::Blobs(_) => "internal error".to_owned(),
            other => other.to_string(),
        }
    }
}

impl WireError for ExpenseError {
    fn kind(&self) -> Kind {
        self.fault.kind()
    }

    fn body(&self) -> WireBody {
        let validation_errors = match &self.fault {
            Fault::Rules(broken) => Some(broken.clone()),
            _ => None,
        };
        WireBody::json(&ExpenseErrorBody {
            error_id: self.call.correlation_id.clone(),
            error_message: self.fault.message(),
            http_status: self.kind().status().as_u16().to_string(),
            path: self.call.path.clone(),
            timestamp: self.call.at.clone(),
            validation_errors,
        })
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        match self.fault {
            // RFC 9110 section 10.2.3: whole seconds; never too early.
            Fault::TooMany { wait } => {
                let seconds = wait.as_micros().div_ceil(1_000_000).max(1);
                let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
                vec![(RETRY_AFTER, HeaderValue::from(seconds))]
            }
            _ => Vec::new(),
        }
    }
}

impl IntoResponse for ExpenseError {
    fn into_response(self) -> Response {
        self.answer()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn refused(fault: Fault) -> ExpenseError {
        Call::default().refused(fault)
    }

    #[test]
    fn a_token_that_could_not_be_checked_is_not_called_bad() {
        let lost = || DbError::Pool("10.0.0.5 does not answer".into());
        for fault in [
            Fault::Refused(Refused::Unavailable(lost())),
            Fault::Db(lost()),
            Fault::Db(DbError::Contended { attempts: 3 }),
        ] {
            assert_eq!(fault.message(), "busy; try again");
            let status = refused(fault).kind().status();
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
        let broken = Fault::Db(DbError::Closed);
        assert_eq!(broken.message(), "internal error");
        assert_eq!(broken.kind(), Kind::Internal);
    }

    #[test]
    fn retry_after_never_comes_too_early() {
        for (micros, seconds) in [(0, "1"), (1, "1"), (1_000_000, "1"), (1_000_001, "2")] {
            let wait = Duration::from_micros(micros);
            let headers = refused(Fault::TooMany { wait }).headers();
            assert_eq!(headers, [(RETRY_AFTER, HeaderValue::from_static(seconds))]);
        }
    }
}
