//! The one HTTP client: every call that leaves the process has limits, a correlation id and a
//! tracing span.
//!
//! It follows no redirect, uses no proxy, keeps no cookies and retries nothing: whoever calls
//! decides. TLS trusts the system's authorities, and those that [`Client::trusting`] adds.
//! Addresses come from the operator's configuration, or were held to it by the caller: there is no
//! guard yet against users who supply an internal address. It comes with the first such address,
//! and until then none may reach this client.

use std::time::{Duration, Instant};

use bursar_kernel::CorrelationId;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Url, multipart};
use tracing::Instrument as _;

/// What one call may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time to open a connection.
    pub connect_time: Duration,
    /// Time from the call to the last byte of the answer.
    pub total_time: Duration,
    /// Bytes of an answer's body.
    pub response_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_time: Duration::from_secs(5),
            total_time: Duration::from_secs(30),
            response_bytes: 8 << 20,
        }
    }
}

/// The client. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    limits: Limits,
}

/// A call to make.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Body,
    correlation_id: CorrelationId,
}

#[derive(Clone)]
enum Body {
    Bytes(Bytes),
    Form(Vec<Part>),
}

/// A part of a `multipart/form-data` body.
#[derive(Clone)]
pub struct Part {
    /// The field's name.
    pub name: &'static str,
    /// A file's name, for parts that are files.
    pub file_name: Option<&'static str>,
    /// The content's type.
    pub content_type: &'static str,
    /// The content.
    pub content: Bytes,
}

/// A whole answer, of any status.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why there is no answer. No text here shows the address's path or query: they carry secrets.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// Not an absolute `http` or `https` address with a host. The call was not made.
    #[error("the address is not an absolute http or https URL")]
    Address,
    /// No connection, or no TLS with the host of that name. The call was not made.
    #[error("cannot connect to {host}")]
    Connect {
        /// Whom we called.
        host: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// No whole answer within [`Limits::total_time`]. The other side may have acted.
    #[error("{host} did not answer in time")]
    Timeout {
        /// Whom we called.
        host: String,
    },
    /// The answer is larger than [`Limits::response_bytes`]. The other side may have acted.
    #[error("the answer of {host} is larger than {max} bytes")]
    TooLarge {
        /// Whom we called.
        host: String,
        /// The limit in bytes.
        max: usize,
    },
    /// The connection broke, or the answer is no HTTP. The other side may have acted.
    #[error("the exchange with {host} broke")]
    Broken {
        /// Whom we called.
        host: String,
        /// What happened.
        source: reqwest::Error,
    },
}

impl Request {
    /// A call without a body. `url` is absolute; the correlation id goes along as a header field.
    pub fn new(method: Method, url: impl Into<String>, correlation_id: CorrelationId) -> Self {
        let (headers, body) = (HeaderMap::new(), Body::Bytes(Bytes::new()));
        Self {
            method,
            url: url.into(),
            headers,
            body,
            correlation_id,
        }
    }

    /// Sets a header field. Mark values that are secret with [`HeaderValue::set_sensitive`].
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the body and its type.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes(body.into());
        self.header(CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// Makes the body a `multipart/form-data` of these parts, in this order.
    #[must_use]
    pub fn form(mut self, parts: Vec<Part>) -> Self {
        self.body = Body::Form(parts);
        self
    }
}

/// The authorities' certificates cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// There is none.
    #[error("there is no certificate in PEM")]
    None,
    /// One is damaged.
    #[error("no certificate in PEM: {0}")]
    Unreadable(#[from] reqwest::Error),
}

impl Client {
    /// A client with its own connections.
    pub fn new(limits: Limits) -> Self {
        let http = builder(limits).build();
        let http = http.expect("a client with nothing but limits can be built");
        Self { http, limits }
    }

    /// The same, which trusts servers that these authorities vouch for too: certificates in PEM.
    pub fn trusting(limits: Limits, authorities: &[u8]) -> Result<Self, CertificateError> {
        let authorities = Certificate::from_pem_bundle(authorities)?;
        if authorities.is_empty() {
            return Err(CertificateError::None);
        }
        let http = builder(limits).tls_certs_merge(authorities).build()?;
        Ok(Self { http, limits })
    }

    /// Makes a call and reads the whole answer. An answer of any status is `Ok`.
    pub async fn request(&self, request: Request) -> Result<Response, OutboundError> {
        let url = Url::parse(&request.url).map_err(|_| OutboundError::Address)?;
        let host = match (url.scheme(), url.host_str(), url.port_or_known_default()) {
            ("http" | "https", Some(host), Some(port)) => format!("{host}:{port}"),
            _ => return Err(OutboundError::Address),
        };
        let span = tracing::info_span!(
            "outbound",
            method = request.method.as_str(),
            host,
            correlation_id = request.correlation_id.as_str()
        );
        let started = Instant::now();
        async {
            let exchange = self.exchange(request, url, &host);
            let result = tokio::time::timeout(self.limits.total_time, exchange)
                .await
                .unwrap_or_else(|_| Err(OutboundError::Timeout { host: host.clone() }));
            let duration = started.elapsed();
            match &result {
                Ok(response) => {
                    tracing::debug!(status = response.status.as_u16(), ?duration, "answered");
                }
                Err(failed) => tracing::debug!(?duration, "{failed}"),
            }
            result
        }
        .instrument(span)
        .await
    }

    async fn exchange(
        &self,
        request: Request,
        url: Url,
        host: &str,
    ) -> Result<Response, OutboundError> {
        let Request {
            method,
            mut headers,
            body,
            correlation_id,
            ..
        } = request;
        if let Ok(value) = HeaderValue::from_str(correlation_id.as_str()) {
            headers.insert(HeaderName::from_static(CorrelationId::HEADER), value);
        }
        let call = self.http.request(method, url).headers(headers);
        let call = match body {
            Body::Bytes(bytes) => call.body(bytes),
            Body::Form(parts) => call.multipart(form(parts)),
        };
        let sent = call.send().await;
        let mut answer = sent.map_err(|source| failure(host, source))?;
        let body = self.read(&mut answer, host).await?;
        Ok(Response {
            status: answer.status(),
            headers: answer.headers().clone(),
            body,
        })
    }

    async fn read(
        &self,
        answer: &mut reqwest::Response,
        host: &str,
    ) -> Result<Bytes, OutboundError> {
        let max = self.limits.response_bytes;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|source| failure(host, source))?
        {
            if body.len() + chunk.len() > max {
                return Err(OutboundError::TooLarge {
                    host: host.to_owned(),
                    max,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

fn builder(limits: Limits) -> reqwest::ClientBuilder {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes the client"
    )]
    let builder = reqwest::Client::builder();
    builder
        .connect_timeout(limits.connect_time)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("bursar/", env!("CARGO_PKG_VERSION")))
}

fn form(parts: Vec<Part>) -> multipart::Form {
    let parts = parts.into_iter();
    parts.fold(multipart::Form::new(), |form, part| {
        let length = part.content.len() as u64;
        let content = multipart::Part::stream_with_length(part.content, length);
        let content = match part.file_name {
            Some(name) => content.file_name(name),
            None => content,
        };
        let content = content.mime_str(part.content_type);
        form.part(part.name, content.expect("content types are constants"))
    })
}

/// Sorts a failure by whether the other side can have acted.
fn failure(host: &str, source: reqwest::Error) -> OutboundError {
    let host = host.to_owned();
    let source = source.without_url();
    if source.is_connect() {
        OutboundError::Connect { host, source }
    } else if source.is_timeout() {
        OutboundError::Timeout { host }
    } else {
        OutboundError::Broken { host, source }
    }
}

#[cfg(test)]
mod tests;
