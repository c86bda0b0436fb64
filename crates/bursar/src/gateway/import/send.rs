//! Batches on their way to the gateway.

use std::time::Duration;

use bursar_kernel::{CorrelationId, Rng};
use bursar_outbound::{Client, Limits, OutboundError, Request};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::rows::{Row, Rows};
use super::{ImportError, Rejects};

/// Items in a batch, and their bytes.
const ITEMS_MAX: usize = 500;
const BYTES_MAX: usize = 4 << 20;
/// Attempts at one batch, a second and more apart: a gateway may be starting anew.
const ATTEMPTS_MAX: u32 = 6;

/// Rows that go together.
pub(crate) struct Batch {
    rows: Vec<Row>,
    bytes: usize,
    last: bool,
}

/// What the gateway answered to one row.
pub(crate) struct Answered {
    pub(crate) line: u64,
    pub(crate) item: String,
    pub(crate) refusal: Option<Value>,
}

impl Batch {
    /// The next rows of the file; those that are no items are rejected here.
    pub(crate) fn fill(rows: &mut Rows, rejects: &mut Rejects) -> Result<Self, ImportError> {
        let mut batch = Self {
            rows: Vec::new(),
            bytes: 0,
            last: false,
        };
        while batch.rows.len() < ITEMS_MAX && batch.bytes < BYTES_MAX {
            let Some(row) = rows.next()? else {
                batch.last = true;
                break;
            };
            if let Some(fault) = &row.fault {
                rejects.add(row.line, &Value::from(fault.as_str()), &row.item)?;
                continue;
            }
            batch.bytes += row.item.len() + 1;
            batch.rows.push(row);
        }
        Ok(batch)
    }

    /// Whether the file has no more.
    pub(crate) fn is_last(&self) -> bool {
        self.last
    }
}

/// Sends batches, one after another.
pub(crate) struct Sender {
    client: Client,
    rng: Rng,
    url: String,
    bearer: HeaderValue,
}

impl Sender {
    pub(crate) fn new(url: &str, key: &str, rng: Rng) -> Self {
        let bearer = HeaderValue::from_str(&format!("Bearer {key}"));
        // A key that is no header value is no key; the gateway says so.
        let mut bearer = bearer.unwrap_or(HeaderValue::from_static("Bearer"));
        bearer.set_sensitive(true);
        Self {
            client: Client::new(Limits::default()),
            rng,
            url: format!("{}/v1/items/batch", url.trim_end_matches('/')),
            bearer,
        }
    }

    /// Sends a batch until the gateway has answered each of its rows.
    pub(crate) async fn send(&mut self, batch: Batch) -> Result<Vec<Answered>, ImportError> {
        if batch.rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut body = String::with_capacity(batch.bytes);
        for row in &batch.rows {
            body.push_str(&row.item);
            body.push('\n');
        }
        let answers = self.answers(&body).await?;
        if answers.len() != batch.rows.len() {
            let text = "the gateway did not answer every row; is the address a gateway's?";
            return Err(ImportError::Gateway(text.to_owned()));
        }
        let answered = batch.rows.into_iter().zip(answers);
        Ok(answered
            .map(|(row, answer)| Answered {
                line: row.line,
                item: row.item,
                refusal: answer.get("error").is_some().then_some(answer),
            })
            .collect())
    }

    async fn answers(&self, body: &str) -> Result<Vec<Value>, ImportError> {
        let mut attempt = 1;
        loop {
            let problem = match self.post(body).await {
                Ok(response) if response.status == StatusCode::OK => {
                    let text = String::from_utf8_lossy(&response.body).into_owned();
                    let lines = text.lines().filter(|line| !line.is_empty());
                    let values = lines.map(serde_json::from_str);
                    let values: Result<Vec<Value>, _> = values.collect();
                    return values.map_err(|_| {
                        ImportError::Gateway("the gateway's answer is no JSON".to_owned())
                    });
                }
                Ok(response) if response.status.is_server_error() => {
                    format!("the gateway answered {}", response.status)
                }
                Ok(response) => {
                    let text = String::from_utf8_lossy(&response.body).into_owned();
                    let text = format!("the gateway answered {}: {text}", response.status);
                    return Err(ImportError::Gateway(text));
                }
                Err(error) => error.to_string(),
            };
            if attempt == ATTEMPTS_MAX {
                return Err(ImportError::Gateway(problem));
            }
            tokio::time::sleep(Duration::from_secs(1 << attempt)).await;
            attempt += 1;
        }
    }

    async fn post(&self, body: &str) -> Result<bursar_outbound::Response, OutboundError> {
        let id = CorrelationId::new(&self.rng);
        let request = Request::new(Method::POST, self.url.as_str(), id)
            .header(AUTHORIZATION, self.bearer.clone())
            .body("application/x-ndjson", body.to_owned());
        self.client.request(request).await
    }
}
