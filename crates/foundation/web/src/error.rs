//! Errors as a slice documents them.

use std::error::Error;
use std::fmt::Write as _;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

/// What kind of error it is; the one place that maps to a status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// 400: the request cannot be understood or breaks a rule.
    Invalid,
    /// 401: no usable credential.
    Unauthenticated,
    /// 403: the credential does not allow it.
    Forbidden,
    /// 404: not there, or not for this caller to know.
    NotFound,
    /// 405: not with this method.
    MethodNotAllowed,
    /// 406: not in a form that the caller accepts.
    NotAcceptable,
    /// 408: the request did not arrive in time.
    TooSlow,
    /// 409: not in the present state.
    Conflict,
    /// 410: it was there.
    Gone,
    /// 413: larger than we take.
    TooLarge,
    /// 415: a media type or encoding that we do not read.
    Unsupported,
    /// 422: well-formed, but its content is refused.
    Unprocessable,
    /// 429: too many requests; say when to come back with `Retry-After`.
    TooMany,
    /// 500: our fault. The cause is logged and never sent.
    Internal,
    /// 503: not now; the cause is logged and never sent.
    Busy,
}

impl Kind {
    /// The status that answers this kind.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The body of an error answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireBody {
    content_type: Option<&'static str>,
    bytes: Bytes,
}

impl WireBody {
    /// No body and no content type.
    pub fn empty() -> Self {
        Self {
            content_type: None,
            bytes: Bytes::new(),
        }
    }

    /// A body of any content type.
    pub fn new(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self {
            content_type: Some(content_type),
            bytes: bytes.into(),
        }
    }

    /// `application/json`.
    ///
    /// # Panics
    /// When the value cannot be JSON (a map whose keys are not texts): a bug of the slice.
    pub fn json(value: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(value).expect("an error body is plain JSON");
        Self::new("application/json", bytes)
    }

    /// `text/plain`.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new("text/plain; charset=utf-8", text.into())
    }
}

/// An error that a slice sends in its own documented shape.
///
/// `Display` and the sources are for the log; only [`WireError::body`] goes to the caller.
/// A slice makes its error a handler's error with:
///
/// ```text
/// impl IntoResponse for ReceiptError {
///     fn into_response(self) -> Response {
///         self.answer()
///     }
/// }
/// ```
pub trait WireError: Error {
    /// What kind of error it is.
    fn kind(&self) -> Kind;

    /// The documented body. Must not show causes of [`Kind::Internal`] and [`Kind::Busy`].
    fn body(&self) -> WireBody;

    /// Further header fields: `WWW-Authenticate`, `Retry-After`.
    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        Vec::new()
    }

    /// The answer. Logs the error once, with its causes, inside the request's span and so with
    /// its correlation id: our faults as errors, the caller's at debug level.
    fn answer(&self) -> Response
    where
        Self: Sized,
    {
        let status = self.kind().status();
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), "{}", causes(self));
        } else {
            tracing::debug!(status = status.as_u16(), "{}", causes(self));
        }
        let body = self.body();
        let mut response = Response::new(Body::from(body.bytes));
        *response.status_mut() = status;
        if let Some(content_type) = body.content_type {
            let value = HeaderValue::from_static(content_type);
            response.headers_mut().insert(CONTENT_TYPE, value);
        }
        response.headers_mut().extend(self.headers());
        response
    }
}

/// The error and its sources in one line.
fn causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors already end with their source's text.
        if !line.ends_with(&cause_text) {
            let _ = write!(line, ": {cause_text}");
        }
        source = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;

    #[derive(Debug, thiserror::Error)]
    enum Sample {
        #[error("the store failed")]
        Store(#[from] std::io::Error),
        #[error("wait")]
        Wait,
    }

    impl WireError for Sample {
        fn kind(&self) -> Kind {
            match self {
                Self::Store(_) => Kind::Internal,
                Self::Wait => Kind::TooMany,
            }
        }

        fn body(&self) -> WireBody {
            match self {
                Self::Store(_) => WireBody::empty(),
                Self::Wait => WireBody::json(&serde_json::json!({"code": 7})),
            }
        }

        fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
            vec![(http::header::RETRY_AFTER, HeaderValue::from_static("3"))]
        }
    }

    fn text(response: Response) -> String {
        let body = response
            .into_body()
            .collect()
            .now_or_never()
            .unwrap()
            .unwrap();
        String::from_utf8(body.to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn answers_in_the_documented_shape() {
        let response = Sample::Wait.answer();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "3");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(text(response), r#"{"code":7}"#);
    }

    #[test]
    fn keeps_causes_to_the_log() {
        let error = Sample::from(std::io::Error::other("disk 7 of host x"));
        assert_eq!(causes(&error), "the store failed: disk 7 of host x");
        let response = error.answer();
        assert_eq!(response.status(), 500);
        assert!(!response.headers().contains_key("content-type"));
        assert_eq!(text(response), "");
    }
}
