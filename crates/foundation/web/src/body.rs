//! Request bodies, whole and within limits.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;

use crate::times::Times;
use crate::{Kind, WireBody, WireError};

/// A request's body of at most `MAX` bytes, and what it says it is.
///
/// A handler that answers faults in its own shape takes `Result<RawBody<MAX>, BodyError>`.
/// Chunked bodies are counted while they arrive.
#[derive(Clone, Debug)]
pub struct RawBody<const MAX: usize> {
    /// The bytes.
    pub bytes: Bytes,
    /// The `Content-Type`, if there is one.
    pub content_type: Option<ContentType>,
}

/// Why a body was not taken. As an answer by itself: the status and a sentence as plain text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than the route takes.
    #[error("the body is larger than {max} bytes")]
    TooLarge {
        /// What the route takes, in bytes.
        max: usize,
    },
    /// It did not arrive within [`body_time`](crate::Limits::body_time).
    #[error("the body did not arrive in time")]
    TooSlow,
    /// It has a `Content-Encoding`.
    #[error("bodies with a content encoding are not taken")]
    Encoded,
    /// The `Content-Type` is no media type, or there are several.
    #[error("the content type is malformed")]
    ContentType,
    /// The connection broke, or the chunks are malformed.
    #[error("the body ended early")]
    Broken,
    /// The `Content-Type` of an upload is another one.
    #[error("the content type is not multipart/form-data")]
    NotMultipart,
    /// It is no form that can be read; the text says why.
    #[error("the form is malformed: {0}")]
    Form(&'static str),
}

impl WireError for BodyError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooLarge { .. } => Kind::TooLarge,
            Self::TooSlow => Kind::TooSlow,
            Self::Encoded | Self::ContentType | Self::NotMultipart => Kind::Unsupported,
            Self::Broken | Self::Form(_) => Kind::Invalid,
        }
    }

    fn body(&self) -> WireBody {
        WireBody::text(self.to_string())
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response {
        self.answer()
    }
}

impl<const MAX: usize> RawBody<MAX> {
    /// Whether it says that it is JSON.
    pub fn is_json(&self) -> bool {
        let content_type = self.content_type.as_ref();
        content_type.is_some_and(|said| said.essence() == "application/json")
    }
}

impl<S: Sync, const MAX: usize> FromRequest<S> for RawBody<MAX> {
    type Rejection = BodyError;

    async fn from_request(request: Request, _: &S) -> Result<Self, BodyError> {
        let content_type = content_type(request.headers())?;
        let time = Times::of(&request).limits.body_time;
        let read = read(request.into_body(), MAX);
        let bytes = tokio::time::timeout(time, read)
            .await
            .map_err(|_| BodyError::TooSlow)??;
        Ok(Self {
            bytes,
            content_type,
        })
    }
}

/// The type of a body that can be read: one that is not encoded.
pub(crate) fn content_type(headers: &HeaderMap) -> Result<Option<ContentType>, BodyError> {
    let content_type = ContentType::of(headers)?;
    if is_encoded(headers) {
        return Err(BodyError::Encoded);
    }
    Ok(content_type)
}

/// Refuses a body whose declared length is over the limit, before a byte of it is asked for.
pub(crate) fn check_length(body: &Body, max: usize) -> Result<(), BodyError> {
    if body.size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX) {
        return Err(BodyError::TooLarge { max });
    }
    Ok(())
}

async fn read(body: Body, max: usize) -> Result<Bytes, BodyError> {
    check_length(&body, max)?;
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(failed) if failed.is::<LengthLimitError>() => Err(BodyError::TooLarge { max }),
        Err(_) => Err(BodyError::Broken),
    }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// A media type; names in lower case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContentType {
    essence: String,
    charset: Option<String>,
    boundary: Option<String>,
}

impl ContentType {
    /// The `Content-Type` of a request; none when it has none.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, BodyError> {
        let mut values = headers.get_all(CONTENT_TYPE).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let parsed = value.to_str().ok().and_then(Self::parse);
        match (parsed, values.next()) {
            (Some(parsed), None) => Ok(Some(parsed)),
            _ => Err(BodyError::ContentType),
        }
    }

    /// Type and subtype without parameters: `application/json`.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The `charset` parameter: `utf-8`.
    pub fn charset(&self) -> Option<&str> {
        self.charset.as_deref()
    }

    /// Whether text of this type is UTF-8: said, or not said otherwise.
    pub fn is_utf8(&self) -> bool {
        self.charset()
            .is_none_or(|charset| matches!(charset, "utf-8" | "utf8" | "us-ascii"))
    }

    /// What divides the parts of a multipart body, if it is given and usable.
    pub(crate) fn boundary(&self) -> Option<&str> {
        // RFC 2046 section 5.1.1; a space could be taken for padding.
        let usable = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
        let boundary = self.boundary.as_deref()?;
        let fits = (1..=70).contains(&boundary.len()) && boundary.bytes().all(usable);
        fits.then_some(boundary)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = split_unquoted(text).into_iter();
        let essence = parts.next()?.trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let (mut charset, mut boundary) = (None, None);
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let quoted = value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'));
            if !is_token(name) || (quoted.is_none() && !is_token(value)) {
                return None;
            }
            let value = quoted.unwrap_or(value);
            if name.eq_ignore_ascii_case("charset") && charset.is_none() {
                charset = Some(value.to_ascii_lowercase());
            } else if name.eq_ignore_ascii_case("boundary") && boundary.is_none() {
                boundary = Some(value.to_owned());
            }
        }
        Some(Self {
            essence,
            charset,
            boundary,
        })
    }
}

/// Splits at semicolons outside quotes.
fn split_unquoted(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `token` of RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn parse(text: &str) -> Option<(String, Option<String>)> {
        ContentType::parse(text).map(|parsed| (parsed.essence, parsed.charset))
    }

    #[test]
    fn reads_media_types() {
        let json = |charset: Option<&str>| {
            Some(("application/json".to_owned(), charset.map(str::to_owned)))
        };
        assert_eq!(parse("Application/JSON"), json(None));
        assert_eq!(parse("application/json;charset=UTF-8"), json(Some("utf-8")));
        assert_eq!(
            parse("application/json ; x=\"a;charset=b\\\";\"; Charset=\"utf-8\";"),
            json(Some("utf-8"))
        );
        for text in [
            "",
            "json",
            "/",
            "a/",
            "a/b/c",
            "a b/c",
            "a/b; charset",
            "a/b; c=\"",
            "a/b; =c",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(ContentType::parse("a/b").unwrap().is_utf8());
        assert!(!ContentType::parse("a/b;charset=utf-16").unwrap().is_utf8());
    }

    #[test]
    fn refuses_two_content_types() {
        let mut headers = HeaderMap::new();
        assert_eq!(ContentType::of(&headers), Ok(None));
        for _ in 0..2 {
            headers.append(CONTENT_TYPE, HeaderValue::from_static("a/b"));
        }
        assert_eq!(ContentType::of(&headers), Err(BodyError::ContentType));
    }

    #[test]
    fn reads_boundaries_as_they_are_written() {
        let boundary = |parameters: &str| {
            let parsed = ContentType::parse(&format!("multipart/form-data{parameters}"))?;
            parsed.boundary().map(str::to_owned)
        };
        for (parameters, expected) in [
            ("; boundary=----aB9", Some("----aB9")),
            ("; Boundary=\"a:b=c\"; charset=x", Some("a:b=c")),
            ("", None),
            (";", None),
            ("; boundary=\"\"", None),
            ("; boundary=\"a b\"", None),
            ("; boundary=\"a\\\"b\"", None),
        ] {
            assert_eq!(boundary(parameters).as_deref(), expected, "{parameters}");
        }
        assert_eq!(boundary(&format!("; boundary={}", "a".repeat(71))), None);
    }

    proptest! {
        #[test]
        fn never_panics(text: String) {
            let _ = ContentType::parse(&text);
        }
    }
}
