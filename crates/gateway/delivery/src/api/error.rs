//! What this API answers when it refuses: a word for programs, a sentence for people, the faults.

use axum::response::{IntoResponse, Response};
use bursar_blobs::BlobError;
use bursar_db::DbError;
use bursar_web::{BodyError, Kind, WireBody, WireError};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Fault, OutboxError, Refused};

/// The body of a refusal.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryRefusal)]
pub(crate) struct Refusal {
    /// A word that stays.
    error: &'static str,
    /// A sentence that tells what to do.
    message: String,
    /// Every fault of the item.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
}

/// A refusal of this API.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("send `Authorization: Bearer KEY` with one of the app's keys")]
    NoKey,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("{0}")]
    Unreadable(String),
    #[error("the content type is not {0}")]
    ContentType(&'static str),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the outbox cannot be asked")]
    Outbox(#[from] OutboxError),
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        Self::Outbox(error.into())
    }
}

impl ApiError {
    pub(crate) fn refusal(&self) -> Refusal {
        let faults = match self {
            Self::Refused(Refused::Invalid(faults)) => faults.clone(),
            _ => Vec::new(),
        };
        let message = match self {
            Self::Outbox(error) if error.is_full() => {
                "the disk is full: make room, then send it again; what was kept is not kept twice"
                    .to_owned()
            }
            Self::Outbox(_) if self.kind() == Kind::Busy => "busy; try again".to_owned(),
            Self::Outbox(_) => "internal error; the log has the cause".to_owned(),
            other => other.to_string(),
        };
        Refusal {
            error: self.word(),
            message,
            faults,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::NoKey => "unauthorized",
            Self::Refused(Refused::UnknownUser(_)) => "unknown_user",
            Self::Refused(Refused::NotConnected(_)) => "not_connected",
            Self::Refused(Refused::KeyReused(_)) => "key_reused",
            Self::Refused(Refused::NotParked(_)) => "not_parked",
            Self::Outbox(error) if error.is_full() => "full",
            _ => match self.kind() {
                Kind::NotFound => "not_found",
                Kind::TooLarge => "too_large",
                Kind::TooSlow => "too_slow",
                Kind::Unsupported => "unsupported",
                Kind::Busy => "busy",
                Kind::Internal => "internal",
                _ => "invalid",
            },
        }
    }
}

impl WireError for ApiError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoKey => Kind::Unauthenticated,
            Self::Body(error) => error.kind(),
            Self::Unreadable(_) => Kind::Invalid,
            Self::ContentType(_) => Kind::Unsupported,
            Self::Refused(refused) => match refused {
                Refused::Invalid(_) | Refused::ImageFormat(_) => Kind::Invalid,
                Refused::UnknownUser(_) | Refused::NoItem => Kind::NotFound,
                Refused::NotConnected(_) | Refused::KeyReused(_) | Refused::NotParked(_) => {
                    Kind::Conflict
                }
                Refused::TooLarge { .. } => Kind::TooLarge,
            },
            Self::Outbox(error) if error.is_full() => Kind::Busy,
            Self::Outbox(
                OutboxError::Db(
                    DbError::Pool(_)
                    | DbError::Contended { .. }
                    | DbError::Unknown
                    | DbError::Closed,
                )
                | OutboxError::Blobs(BlobError::Stopping),
            ) => Kind::Busy,
            Self::Outbox(_) => Kind::Internal,
        }
    }

    fn body(&self) -> WireBody {
        WireBody::json(&self.refusal())
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::NoKey => vec![(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
            _ => Vec::new(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.answer()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_full_disk_is_said_to_be_full() {
        let blobs = |kind: io::ErrorKind| BlobError::Io {
            action: "write",
            path: "x".into(),
            source: Arc::new(kind.into()),
        };
        let full: [OutboxError; 3] = [
            DbError::Full.into(),
            blobs(io::ErrorKind::StorageFull).into(),
            blobs(io::ErrorKind::QuotaExceeded).into(),
        ];
        for error in full {
            let error = ApiError::Outbox(error);
            assert_eq!((error.kind(), error.word()), (Kind::Busy, "full"));
        }
        let other = ApiError::Outbox(blobs(io::ErrorKind::NotADirectory).into());
        assert_eq!((other.kind(), other.word()), (Kind::Internal, "internal"));
    }
}
