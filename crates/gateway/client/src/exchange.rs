//! What was sent and what came back, as a call log keeps it.

use std::time::Duration;

use bursar_kernel::Micros;
use bytes::Bytes;
use http::header::DATE;
use http::{HeaderMap, Method, StatusCode};

/// A value, and the exchanges that brought it: one, or more where the platform sent us on.
#[derive(Clone, Debug)]
pub struct Done<T> {
    /// The value.
    pub value: T,
    /// What was sent and answered for it, in order.
    pub exchanges: Vec<Exchange>,
}

/// One request and its answer, without secrets: tokens, passwords and client secrets are masked,
/// and header fields that carry them are left out. What certification wants logged is here.
/// Source: api-guides/e-receipts-certification.markdown; the e-receipts guide, "Error Logging".
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When it began.
    pub started_at: Micros,
    /// How long it took.
    pub took: Duration,
    /// The request's method.
    pub method: Method,
    /// The request's address.
    pub url: String,
    /// The correlation id that was sent.
    pub correlation_id: String,
    /// The request's body; of a form with an image, its JSON part.
    pub request_body: Bytes,
    /// The answer, if a whole one came.
    pub answer: Option<Answer>,
    /// Why none came.
    pub problem: Option<String>,
}

/// The answer of an exchange.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The platform's own time, to the second: `Date`.
    pub date: Option<Micros>,
    /// The platform's correlation id, which support asks for.
    pub correlation_id: Option<String>,
    /// The `Link` header.
    pub link: Option<String>,
    /// The `Location` header.
    pub location: Option<String>,
    /// The header fields, a line each. Those that carry secrets are masked.
    pub headers: String,
    /// The body.
    pub body: Bytes,
}

impl Exchange {
    /// The id to quote: the platform's, or else the one that was sent.
    pub fn correlation_id(&self) -> &str {
        let answered = self.answer.as_ref();
        answered
            .and_then(|answer| answer.correlation_id.as_deref())
            .unwrap_or(&self.correlation_id)
    }
}

/// When an answer was made, by the clock of who made it.
pub(crate) fn date(headers: &HeaderMap) -> Option<Micros> {
    read_date(headers.get(DATE)?.to_str().ok()?)
}

/// Source: RFC 9110 section 5.6.7.
pub(crate) fn read_date(text: &str) -> Option<Micros> {
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(Micros(date.timestamp().as_microsecond()))
}

/// A header's text.
pub(crate) fn text(headers: &HeaderMap, name: &http::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}
