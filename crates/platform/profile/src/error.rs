//! What this API answers when it refuses: SCIM errors. Source: v4.identity.md, "Error Response"
//! and "Concur Error"; user-provisioning/v4-user-retrieval.md, "Error Sample"; RFC 7644 section
//! 3.12. `Choice:` the same body for v1, which documents none.

use axum::response::{IntoResponse, Response};
use bursar_db::DbError;
use bursar_oauth::Refused;
use bursar_web::{FormError, Kind, WireBody, WireError};
use http::header::{LOCATION, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A refusal of this API.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("{0}")]
    Refused(Refused),
    /// To be asked at this URL.
    #[error("moved to {0}")]
    Elsewhere(String),
    #[error("the resource was not found")]
    NotFound,
    #[error("the query cannot be read: {0}")]
    Query(#[from] FormError),
    #[error("{0}")]
    Value(&'static str),
    #[error("the filter cannot be used: {0}")]
    Filter(&'static str),
    #[error("the directory could not be read")]
    Db(#[from] DbError),
}

/// An error answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScimError {
    schemas: [&'static str; 2],
    /// The SCIM detail error keyword.
    #[serde(skip_serializing_if = "Option::is_none")]
    scim_type: Option<&'static str>,
    /// A sentence.
    detail: String,
    /// The HTTP status, as text.
    status: String,
    #[serde(
        rename = "urn:ietf:params:scim:api:messages:concur:2.0:Error",
        skip_serializing_if = "Option::is_none"
    )]
    concur: Option<ConcurError>,
}

#[derive(Serialize, ToSchema)]
struct ConcurError {
    messages: [ConcurMessage; 1],
}

#[derive(Serialize, ToSchema)]
struct ConcurMessage {
    code: &'static str,
    message: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl ProfileError {
    fn scim_type(&self) -> Option<&'static str> {
        match self {
            Self::Filter(_) => Some("invalidFilter"),
            Self::Value(_) | Self::Query(_) => Some("invalidValue"),
            _ => None,
        }
    }
}

impl WireError for ProfileError {
    /// `Choice:` 401 for a token that is not usable, 403 for a good one that is not enough (RFC
    /// 6750, RFC 7644). v1 lists both statuses without saying when; v4 lists 401 only.
    fn kind(&self) -> Kind {
        match self {
            Self::Refused(Refused::Unavailable(_))
            | Self::Db(DbError::Pool(_) | DbError::Full | DbError::Contended { .. }) => Kind::Busy,
            Self::Refused(Refused::NoDataCenter) | Self::Db(_) => Kind::Internal,
            Self::Refused(
                Refused::MissingScope | Refused::WrongKind | Refused::ProductNotBought,
            ) => Kind::Forbidden,
            Self::Refused(_) => Kind::Unauthenticated,
            Self::Elsewhere(_) | Self::NotFound => Kind::NotFound,
            Self::Query(_) | Self::Value(_) | Self::Filter(_) => Kind::Invalid,
        }
    }

    fn body(&self) -> WireBody {
        let kind = self.kind();
        let detail = match kind {
            Kind::Internal => "internal error".to_owned(),
            Kind::Busy => "busy; try again".to_owned(),
            _ => self.to_string(),
        };
        let concur = self.scim_type().map(|_| ConcurError {
            messages: [ConcurMessage {
                code: "INVALID_INPUT",
                message: detail.clone(),
                kind: "error",
            }],
        });
        WireBody::json(&ScimError {
            schemas: [
                "urn:ietf:params:scim:api:messages:2.0:Error",
                "urn:ietf:params:scim:api:messages:concur:2.0:Error",
            ],
            scim_type: self.scim_type(),
            detail,
            status: kind.status().as_u16().to_string(),
            concur,
        })
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        match self.kind() {
            Kind::Unauthenticated => vec![(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
            _ => Vec::new(),
        }
    }
}

impl IntoResponse for ProfileError {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(url) => {
                (StatusCode::MOVED_PERMANENTLY, [(LOCATION, url)]).into_response()
            }
            error => error.answer(),
        }
    }
}
