//! One call: sent, answered, told.

use bursar_kernel::CorrelationId;
use bursar_outbound::{OutboundError, Part, Request};
use bytes::Bytes;
use http::header::{AUTHORIZATION, LINK, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret as _, SecretString};

use crate::exchange::{date, text};
use crate::failure::{Failure, FailureKind, Refusal};
use crate::{Answer, Client, Exchange, redact};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const CORRELATION_ID: HeaderName = HeaderName::from_static(CorrelationId::HEADER);

/// A call to make.
pub(crate) struct Call {
    request: Request,
    exchange: Exchange,
    /// Whether the answer's body is kept without its secrets.
    secret_answer: bool,
}

/// A successful answer.
pub(crate) struct Success {
    pub(crate) headers: HeaderMap,
    /// The body, secrets included.
    pub(crate) body: Bytes,
    pub(crate) exchange: Exchange,
}

impl Call {
    /// Adds the token that allows the call.
    pub(crate) fn bearer(mut self, token: &SecretString) -> Self {
        let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        // A token that is no header value would be refused; without one the call is, too.
        if let Ok(mut value) = value {
            value.set_sensitive(true);
            self.request = self.request.header(AUTHORIZATION, value);
        }
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sets a form whose secrets, and those of the answer, are not kept.
    pub(crate) fn secret_form(mut self, pairs: &[(&str, &str)]) -> Self {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(pairs);
        self.exchange.request_body = redact::form(pairs);
        self.request = self.request.body(FORM, body.finish());
        self.secret_answer = true;
        self
    }

    /// The same with JSON.
    pub(crate) fn secret_json(mut self, body: String) -> Self {
        let body = Bytes::from(body);
        self.exchange.request_body = redact::json(&body);
        self.request = self.request.body(JSON, body);
        self.secret_answer = true;
        self
    }

    pub(crate) fn json(mut self, body: Bytes) -> Self {
        self.exchange.request_body = body.clone();
        self.request = self.request.body(JSON, body);
        self
    }

    /// Sets a form with a JSON part and a file.
    pub(crate) fn multipart(mut self, json: Part, file: Part) -> Self {
        self.exchange.request_body = json.content.clone();
        self.request = self.request.form(vec![json, file]);
        self
    }
}

impl Client {
    pub(crate) fn call(&self, method: Method, url: String) -> Call {
        let correlation_id = CorrelationId::new(&self.0.rng);
        let exchange = Exchange {
            started_at: self.0.clock.now(),
            took: std::time::Duration::ZERO,
            method: method.clone(),
            url: url.clone(),
            correlation_id: correlation_id.to_string(),
            request_body: Bytes::new(),
            answer: None,
            problem: None,
        };
        Call {
            request: Request::new(method, url, correlation_id),
            exchange,
            secret_answer: false,
        }
    }

    /// Makes the call. Only a success is `Ok`; redirects are none.
    pub(crate) async fn send(&self, call: Call) -> Result<Success, Failure> {
        let Call {
            request,
            mut exchange,
            secret_answer,
        } = call;
        let began = std::time::Instant::now();
        let answer = self.0.http.request(request).await;
        exchange.took = began.elapsed();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let kind = unanswered(&error);
                exchange.problem = Some(kind.to_string());
                return Err(Failure::new(kind, vec![exchange]));
            }
        };
        let body = if secret_answer {
            redact::json(&answer.body)
        } else {
            answer.body.clone()
        };
        exchange.answer = Some(Answer {
            status: answer.status,
            date: date(&answer.headers),
            correlation_id: text(&answer.headers, &CORRELATION_ID),
            link: text(&answer.headers, &LINK),
            location: text(&answer.headers, &LOCATION),
            headers: redact::headers(&answer.headers),
            body,
        });
        if answer.status.is_success() {
            let (headers, body) = (answer.headers, answer.body);
            return Ok(Success {
                headers,
                body,
                exchange,
            });
        }
        let now = self.0.clock.now();
        let refusal = Refusal::new(answer.status, &answer.headers, answer.body, now);
        Err(Failure::new(FailureKind::Refused(refusal), vec![exchange]))
    }
}

/// Whether the platform can have acted.
fn unanswered(error: &OutboundError) -> FailureKind {
    match error {
        OutboundError::Address | OutboundError::Connect { .. } => FailureKind::NotSent(told(error)),
        OutboundError::Timeout { .. }
        | OutboundError::TooLarge { .. }
        | OutboundError::Broken { .. } => FailureKind::Unknown(told(error)),
    }
}

/// An error with its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
