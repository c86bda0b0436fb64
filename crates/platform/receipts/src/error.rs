//! What this API answers when it refuses. Source: receipts/response-codes.markdown; the body of
//! 403 is the one of the e-receipts and quick expense guide, "Error 403".

use std::borrow::Cow;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use bursar_blobs::BlobError;
use bursar_db::DbError;
use bursar_kernel::CorrelationId;
use bursar_oauth::{NotTheirs, Refused};
use bursar_pictures::ReceiveError;
use bursar_web::json::JsonFault;
use bursar_web::{BodyError, DataCenter, Kind, RefusalBody as Body, WireBody, WireError};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::link::LinkFault;
use crate::schema::Fault;

/// Carries what a documented body has no room for: which byte could not be parsed, and why.
const DETAIL: HeaderName = HeaderName::from_static("bursar-detail");

/// `Choice:` what 503 says; the documentation has no such answer.
const BUSY: &str = "busy; try again";

/// A refusal of this API.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptsError {
    #[error("not authorised: {0}")]
    Refused(#[from] Refusal),
    #[error("the token is another user's")]
    AnotherUser,
    #[error("not found")]
    NotFound,
    #[error("no usable Link header: {0}")]
    Link(#[from] LinkFault),
    #[error("the body is not usable JSON: {0}")]
    Json(#[from] JsonFault),
    #[error("{} faults against the schema", .0.len())]
    Schema(Vec<Fault>),
    #[error("the content type is not JSON")]
    NotJson,
    #[error("the part {0:?} is unknown here, or came before")]
    Part(String),
    #[error("the part {0:?} is missing")]
    NoPart(&'static str),
    #[error("the image is none of PNG, JPEG, GIF, TIFF and PDF")]
    ImageType,
    #[error("the image is too large")]
    ImageTooLarge,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the database failed")]
    Db(#[from] DbError),
    #[error("the receipt could not be stored")]
    Save(#[source] DbError),
    #[error("a user's receipts could not be read")]
    List(#[source] DbError),
    #[error("the file store failed")]
    Blobs(#[from] BlobError),
    #[error("{0}")]
    Picture(String),
}

/// Why a token was not enough, and where it was sent.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Refusal {
    pub(crate) reason: Refused,
    pub(crate) correlation_id: String,
    pub(crate) geolocation: String,
}

/// The JSON of 403.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceiptsRefusal)]
pub(crate) struct RefusalBody<'a> {
    error: &'a str,
    #[serde(rename = "concur-correlationid")]
    correlation_id: &'a str,
    error_description: Cow<'a, str>,
    code: u16,
    geolocation: &'a str,
}

impl Refusal {
    pub(crate) fn new(reason: Refused, parts: &Parts) -> Self {
        let id = parts.extensions.get::<CorrelationId>();
        let data_center = parts.extensions.get::<Arc<DataCenter>>();
        Self {
            reason,
            correlation_id: id.map_or_else(String::new, ToString::to_string),
            geolocation: data_center.map_or_else(String::new, |here| here.base_uri().to_owned()),
        }
    }

    /// `Inferred:` the guide prints one example, of a bad token. The other reasons use the codes
    /// of the token service that say the same.
    fn body(&self) -> WireBody {
        let (error, code) = match self.reason {
            Refused::MissingScope => ("invalid_scope", 54),
            Refused::ProductNotBought => ("invalid_client", 53),
            _ => ("invalid_grant", 108),
        };
        WireBody::json(&RefusalBody {
            error,
            correlation_id: &self.correlation_id,
            error_description: self.reason.to_string().into(),
            code,
            geolocation: &self.geolocation,
        })
    }
}

/// The JSON of 400, when the receipt breaks its schema.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceiptsFaults)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidationErrors<'a> {
    validation_errors: &'a [Fault],
}

/// What any endpoint may answer when it fails.
pub(crate) const EVERYWHERE: [StatusCode; 2] = [
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];
/// What those may answer that read a body.
pub(crate) const READING: [StatusCode; 3] = [
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
];

/// What stands in each refusal, for the `OpenAPI` document.
pub(crate) fn bodies(status: StatusCode) -> &'static [Body] {
    const TEXT: Body = ("text/plain", None);
    match status {
        StatusCode::BAD_REQUEST => &[TEXT, ("application/json", Some("ReceiptsFaults"))],
        StatusCode::FORBIDDEN => &[("application/json", Some("ReceiptsRefusal"))],
        StatusCode::NOT_FOUND => &[],
        _ => &[TEXT],
    }
}

impl From<NotTheirs> for ReceiptsError {
    fn from(reason: NotTheirs) -> Self {
        match reason {
            NotTheirs::AnotherUser => Self::AnotherUser,
            NotTheirs::NoSuchUser => Self::NotFound,
            NotTheirs::Db(error) => Self::Db(error),
        }
    }
}

impl From<ReceiveError> for ReceiptsError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Format => Self::ImageType,
            ReceiveError::TooLarge { .. } => Self::ImageTooLarge,
            ReceiveError::Body(error) => Self::Body(error),
            ReceiveError::Blobs(error) => Self::Blobs(error),
        }
    }
}

impl ReceiptsError {
    /// Nothing was found out about the token, or nothing was done: the same may succeed later.
    fn is_busy(&self) -> bool {
        match self {
            Self::Refused(refusal) => matches!(refusal.reason, Refused::Unavailable(_)),
            Self::Db(error) | Self::Save(error) | Self::List(error) => {
                matches!(
                    error,
                    DbError::Pool(_) | DbError::Full | DbError::Contended { .. }
                )
            }
            _ => false,
        }
    }
}

impl WireError for ReceiptsError {
    fn kind(&self) -> Kind {
        match self {
            busy if busy.is_busy() => Kind::Busy,
            Self::Refused(_) => Kind::Forbidden,
            Self::AnotherUser => Kind::Unauthenticated,
            Self::NotFound => Kind::NotFound,
            Self::Link(_) | Self::Json(_) | Self::Schema(_) | Self::Part(_) | Self::NoPart(_) => {
                Kind::Invalid
            }
            Self::NotJson | Self::ImageType => Kind::Unsupported,
            Self::ImageTooLarge => Kind::TooLarge,
            Self::Body(error) => error.kind(),
            Self::Db(_) | Self::Save(_) | Self::List(_) | Self::Blobs(_) | Self::Picture(_) => {
                Kind::Internal
            }
        }
    }

    fn body(&self) -> WireBody {
        match self {
            // Clients drop a token on the code of a bad one: this is not the token's fault.
            busy if busy.is_busy() => WireBody::text(BUSY),
            Self::Refused(refusal) => refusal.body(),
            Self::AnotherUser => {
                WireBody::text("User ID in the URL must match the ID in the sub claim of the JWT")
            }
            // Source: the body is "None".
            Self::NotFound | Self::ImageTooLarge => WireBody::empty(),
            Self::Link(_) => WireBody::text(
                "Link header must be provided and include a URL to a known receipt schema",
            ),
            // Limits of ours are named; the documentation has no text for them.
            Self::Json(fault) if fault.is_limit() => WireBody::text(fault.to_string()),
            Self::Json(_)
            | Self::Part(_)
            | Self::NoPart(_)
            | Self::Body(BodyError::Broken | BodyError::Form(_)) => {
                WireBody::text("Request body could not be parsed")
            }
            Self::Schema(faults) => WireBody::json(&ValidationErrors {
                validation_errors: faults,
            }),
            Self::NotJson
            | Self::Body(BodyError::Encoded | BodyError::ContentType | BodyError::NotMultipart) => {
                WireBody::text("Specified Content-Type is not supported")
            }
            Self::ImageType => WireBody::text("Invalid image type"),
            Self::Body(error) => error.body(),
            // "An error occurred while trying to update the state of the receipt."
            Self::Save(_) => WireBody::text("Unable to save receipt into the database"),
            // "An error occurred while trying to fetch receipts for a user by state."
            Self::List(_) => WireBody::text("Could not get available receipts"),
            Self::Db(_) | Self::Blobs(_) | Self::Picture(_) => WireBody::text("Internal error"),
        }
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let detail = match self {
            Self::Json(fault) => fault.to_string(),
            Self::Link(fault) => fault.to_string(),
            Self::Part(_) | Self::NoPart(_) | Self::Body(BodyError::Form(_)) => self.to_string(),
            _ => return Vec::new(),
        };
        let printable: String = detail
            .chars()
            .map(|c| if c.is_ascii_graphic() { c } else { ' ' })
            .take(400)
            .collect();
        HeaderValue::from_str(&printable)
            .map(|value| (DETAIL, value))
            .into_iter()
            .collect()
    }
}

impl IntoResponse for ReceiptsError {
    fn into_response(self) -> Response {
        self.answer()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn refused(reason: Refused) -> ReceiptsError {
        Refusal {
            reason,
            correlation_id: "call-1".to_owned(),
            geolocation: "https://us.example".to_owned(),
        }
        .into()
    }

    fn contended() -> DbError {
        DbError::Contended { attempts: 3 }
    }

    #[test]
    fn a_token_that_could_not_be_checked_is_not_called_bad() {
        let lost = DbError::Pool("10.0.0.5 does not answer".into());
        for busy in [
            refused(Refused::Unavailable(lost)),
            refused(Refused::Unavailable(DbError::Closed)),
            ReceiptsError::Db(contended()),
            ReceiptsError::Save(contended()),
            ReceiptsError::List(contended()),
        ] {
            assert_eq!(busy.kind().status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(busy.body(), WireBody::text("busy; try again"), "{busy:?}");
        }
        let bad = refused(Refused::MissingScope);
        assert_eq!(bad.kind().status(), StatusCode::FORBIDDEN);
        assert_ne!(bad.body(), WireBody::text("busy; try again"));
    }

    #[test]
    fn our_faults_say_what_is_documented_and_no_cause() {
        for (fault, says) in [
            (ReceiptsError::Db(DbError::Unknown), "Internal error"),
            (
                ReceiptsError::Save(DbError::Unknown),
                "Unable to save receipt into the database",
            ),
            (
                ReceiptsError::List(DbError::Closed),
                "Could not get available receipts",
            ),
        ] {
            assert_eq!(fault.kind().status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(fault.body(), WireBody::text(says));
        }
    }
}
