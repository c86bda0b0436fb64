//! Batches on their way to the gateway.

use std::ops::Range;
use std::time::Duration;

use bursar_gateway_delivery::Outbox;
use bursar_kernel::{CorrelationId, Rng};
use bursar_outbound::{Client, Limits, OutboundError, Request};
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::sync::mpsc;

use super::ImportError;
use super::rows::{Row, Rows};

/// Items in a batch, as many as the API takes, and their bytes.
const ITEMS_MAX: usize = 1_000;
const BYTES_MAX: usize = 4 << 20;
/// Attempts at one batch, a second and more apart: a gateway may be starting anew.
const ATTEMPTS_MAX: u32 = 6;

/// Rows that go together.
#[derive(Default)]
pub(crate) struct Batch {
    /// The items' JSON, one a line.
    body: Bytes,
    items: Vec<Place>,
    /// Rows that are no items.
    pub(crate) faulty: Vec<Row>,
    /// How much of the file was read.
    pub(crate) read: u64,
}

/// Where an item is.
struct Place {
    /// In the file, from 1.
    line: u64,
    /// In the batch.
    bytes: Range<usize>,
}

/// An item that the gateway refused.
pub(crate) struct RefusedItem {
    pub(crate) line: u64,
    pub(crate) item: String,
    /// What it said.
    pub(crate) refusal: Value,
}

impl Batch {
    /// The next rows of the file; none at its end.
    fn fill(rows: &mut Rows) -> Result<Option<Self>, ImportError> {
        let mut batch = Self::default();
        let (mut body, mut faulty) = (String::new(), 0);
        while batch.items.len() < ITEMS_MAX && body.len() + faulty < BYTES_MAX {
            let Some(row) = rows.next()? else { break };
            if row.fault.is_some() {
                // Also an empty one takes room.
                faulty += row.item.len() + 100;
                batch.faulty.push(row);
                continue;
            }
            let start = body.len();
            body.push_str(&row.item);
            let (line, bytes) = (row.line, start..body.len());
            body.push('\n');
            batch.items.push(Place { line, bytes });
        }
        batch.body = body.into();
        batch.read = rows.read();
        let some = !batch.items.is_empty() || !batch.faulty.is_empty();
        Ok(some.then_some(batch))
    }

    /// How many items it has.
    pub(crate) fn len(&self) -> u64 {
        self.items.len() as u64
    }

    /// Reads what was answered: a line for each item, in order.
    fn refused(&self, answer: &[u8]) -> Result<Vec<RefusedItem>, ImportError> {
        let wrong = |text: &str| ImportError::Gateway(text.to_owned());
        let lines = answer.split(|byte| *byte == b'\n');
        let mut lines = lines.filter(|line| !line.is_empty());
        let mut refused = Vec::new();
        for Place { line, bytes } in &self.items {
            let told = lines.next().ok_or_else(|| {
                wrong("the gateway did not answer every row; is the address a gateway's?")
            })?;
            let no_json = |_| wrong("the gateway's answer is no JSON");
            let Told { error } = serde_json::from_slice(told).map_err(no_json)?;
            if error.is_none() {
                continue;
            }
            let mut refusal: Value = serde_json::from_slice(told).map_err(no_json)?;
            // That of the batch, which nobody sees.
            refusal.as_object_mut().and_then(|told| told.remove("line"));
            refused.push(RefusedItem {
                line: *line,
                item: String::from_utf8_lossy(&self.body[bytes.clone()]).into_owned(),
                refusal,
            });
        }
        Ok(refused)
    }
}

/// What tells a refusal.
#[derive(Deserialize)]
struct Told {
    error: Option<IgnoredAny>,
}

/// Reads a file's rows ahead of whoever sends them.
pub(crate) fn read_ahead(mut rows: Rows) -> mpsc::Receiver<Result<Batch, ImportError>> {
    let (give, take) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        while let Some(batch) = Batch::fill(&mut rows).transpose() {
            let failed = batch.is_err();
            // Whoever sends may have given up.
            if give.blocking_send(batch).is_err() || failed {
                return;
            }
        }
    });
    take
}

/// Where batches go, one after another.
pub(crate) enum Outlet {
    /// To a gateway, by its API.
    Gateway(Sender),
    /// Into this process' own outbox, for the app of this id.
    Outbox(Outbox, String),
}

impl Outlet {
    /// Hands a batch over; answers the items that were refused.
    pub(crate) async fn send(&self, batch: &Batch) -> Result<Vec<RefusedItem>, ImportError> {
        if batch.items.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Gateway(sender) => batch.refused(&sender.send(&batch.body).await?),
            Self::Outbox(outbox, app_id) => {
                let told = outbox.accept_lines(app_id, &batch.body).await;
                batch.refused(&told.map_err(|error| ImportError::Gateway(error.to_string()))?)
            }
        }
    }
}

/// Sends batches to a gateway.
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

    /// Sends a batch until the gateway has answered it.
    async fn send(&self, batch: &Bytes) -> Result<Bytes, ImportError> {
        let mut attempt = 1;
        loop {
            let problem = match self.post(batch.clone()).await {
                Ok(response) if response.status == StatusCode::OK => return Ok(response.body),
                Ok(response) => {
                    let text = String::from_utf8_lossy(&response.body);
                    let text = format!("the gateway answered {}: {text}", response.status);
                    if !response.status.is_server_error() {
                        return Err(ImportError::Gateway(text));
                    }
                    text
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

    async fn post(&self, body: Bytes) -> Result<bursar_outbound::Response, OutboundError> {
        let id = CorrelationId::new(&self.rng);
        let request = Request::new(Method::POST, self.url.as_str(), id)
            .header(AUTHORIZATION, self.bearer.clone())
            .body("application/x-ndjson", body);
        self.client.request(request).await
    }
}
