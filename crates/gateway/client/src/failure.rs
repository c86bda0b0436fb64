//! Why a call gave nothing, and whether the platform can have acted.

use std::fmt;
use std::time::Duration;

use bursar_kernel::Micros;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::exchange::{date, read_date};
use crate::{Exchange, UntrustedError};

/// A call without a value, and the exchanges that led there.
#[derive(Debug)]
pub struct Failure {
    /// What happened. Boxed, since it is larger than most values.
    pub kind: Box<FailureKind>,
    /// What was sent and answered, in order; empty if nothing was sent.
    pub exchanges: Vec<Exchange>,
}

/// What happened.
#[derive(Debug, thiserror::Error)]
pub enum FailureKind {
    /// The request never reached the platform: no connection, or no TLS.
    #[error("{0}")]
    NotSent(String),
    /// No whole answer came; the platform may have acted.
    #[error("{0}; what was sent may have arrived")]
    Unknown(String),
    /// The platform answered, and refused.
    #[error("{0}")]
    Refused(Refusal),
    /// The platform acted, but its answer lacks what is documented.
    #[error("the answer {0}")]
    Undocumented(String),
    /// The platform named an address that is not its own. Nothing was sent there.
    #[error(transparent)]
    Untrusted(#[from] UntrustedError),
}

/// An answer that is no success.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// `code`: a number of the token service, or a word of the legacy exchange.
    pub code: Option<String>,
    /// `error`.
    pub error: Option<String>,
    /// `error_description`, or what stands for it in the API's own shape.
    pub description: Option<String>,
    /// Where the user lives, if the platform said so.
    pub geolocation: Option<String>,
    /// How long to wait, if the platform said so.
    pub retry_after: Option<Duration>,
    /// The body as it came.
    pub body: Bytes,
}

/// The documented error bodies: of the token service and receipts, of quick expenses, of the
/// legacy exchange.
#[derive(Default, Deserialize)]
struct Body {
    code: Option<serde_json::Value>,
    error: Option<String>,
    error_description: Option<String>,
    #[serde(rename = "errorMessage")]
    error_message: Option<String>,
    message: Option<String>,
    geolocation: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: Bytes, now: Micros) -> Self {
        // A date to come back at is one of the platform's clock, which may not be ours.
        let now = date(headers).unwrap_or(now);
        let read: Body = serde_json::from_slice(&body).unwrap_or_default();
        let code = read.code.map(|code| match code {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        });
        Self {
            status,
            code,
            error: read.error,
            description: read
                .error_description
                .or(read.error_message)
                .or(read.message),
            geolocation: read.geolocation,
            retry_after: headers
                .get(RETRY_AFTER)
                .and_then(|value| retry_after(value.to_str().ok()?, now)),
            body,
        }
    }

    /// Whether the code is this one.
    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        if let Some(code) = &self.code {
            write!(f, ", code {code}")?;
        }
        let text = self.description.as_ref().or(self.error.as_ref());
        text.map_or(Ok(()), |text| write!(f, ": {text}"))
    }
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, exchanges: Vec<Exchange>) -> Self {
        Self {
            kind: Box::new(kind),
            exchanges,
        }
    }

    /// A success that lacks what is documented.
    pub(crate) fn undocumented(what: &str, exchanges: Vec<Exchange>) -> Self {
        Self::new(FailureKind::Undocumented(what.to_owned()), exchanges)
    }

    /// The refusal, if that is what happened.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &*self.kind {
            FailureKind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Failure {}

/// Source: RFC 9110 section 10.2.3: seconds, or a date.
fn retry_after(text: &str, now: Micros) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(read_date(text)? - now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &'static str) -> Refusal {
        let body = Bytes::from_static(body.as_bytes());
        Refusal::new(StatusCode::BAD_REQUEST, &HeaderMap::new(), body, Micros(0))
    }

    #[test]
    fn reads_each_documented_body() {
        let elsewhere = refusal(
            r#"{"error":"invalid_request","error_description":"user lives elsewhere","code":16,"geolocation":"https://x.test"}"#,
        );
        assert!(elsewhere.has_code("16"));
        assert_eq!(elsewhere.geolocation.as_deref(), Some("https://x.test"));
        assert_eq!(elsewhere.to_string(), "400, code 16: user lives elsewhere");
        let expense = refusal(r#"{"errorMessage":"not found","httpStatus":"404"}"#);
        assert_eq!(expense.to_string(), "400: not found");
        let legacy = refusal(r#"{"code":"INVALIDTOKEN","message":"no"}"#);
        assert!(legacy.has_code("INVALIDTOKEN"));
        assert_eq!(refusal("no JSON").to_string(), "400");
        assert_eq!(refusal("").body, "");
    }

    #[test]
    fn waits_as_told() {
        let now = Micros(1_795_253_400_000_000);
        let wait = |text| retry_after(text, now);
        assert_eq!(wait("120"), Some(Duration::from_mins(2)));
        let date = "Sat, 21 Nov 2026 09:31:00 GMT";
        assert_eq!(wait(date), Some(Duration::from_mins(1)));
        let past = "Sat, 21 Nov 2026 09:29:00 GMT";
        assert_eq!(wait(past), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn a_date_to_wait_for_is_one_of_the_platforms_clock() {
        let mut headers = HeaderMap::new();
        let date = |text| http::HeaderValue::from_static(text);
        headers.insert(RETRY_AFTER, date("Sat, 21 Nov 2026 09:31:00 GMT"));
        headers.insert(http::header::DATE, date("Sat, 21 Nov 2026 09:30:40 GMT"));
        let ours = Micros(0);
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, &headers, Bytes::new(), ours);
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(20)));
    }
}
