//! `POST /v1/items/batch`: many items, one a line. A bad line never hinders the others.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bursar_web::{BodyError, RawBody, WireError as _};
use http::header::CONTENT_TYPE;
use serde::Serialize;

use super::error::{ApiError, Refusal};
use super::post::{AcceptedBody, Submitted};
use super::{Api, Caller};
use crate::{Accepted, Outbox, OutboxError};

const NDJSON: &str = "application/x-ndjson";
/// `Choice:` the most lines.
const LINES_MAX: usize = 1_000;
/// `Choice:` the most bytes of them all.
const BATCH_MAX: usize = 64 << 20;

/// The answer to a line.
#[derive(Serialize)]
struct Told {
    /// From 1.
    line: usize,
    status: u16,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Accepted(AcceptedBody),
    Refused(Refusal),
}

/// Accepts many items, up to 1,000, one a line; answers a line for each, in their order, with
/// `line`, `status`, and what the item alone would have been answered.
#[utoipa::path(post, path = "/v1/items/batch", tag = "Outbox",
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = String, content_type = "application/x-ndjson",
        description = "A line for each item")))]
pub(crate) async fn post_batch(
    State(api): State<Api>,
    caller: Caller,
    body: Result<RawBody<BATCH_MAX>, BodyError>,
) -> Result<Response, ApiError> {
    let body = body?;
    let said = body.content_type.as_ref();
    if said.is_none_or(|said| said.essence() != NDJSON) {
        return Err(ApiError::ContentType(NDJSON));
    }
    let lines = lines(&body.bytes).count();
    if lines > LINES_MAX {
        let text = format!("{lines} lines; send at most {LINES_MAX} at a time");
        return Err(ApiError::Unreadable(text));
    }
    let told = api.outbox.accept_lines(&caller.app_id, &body.bytes).await?;
    Ok(([(CONTENT_TYPE, NDJSON)], told).into_response())
}

/// Lines with their numbers, but for empty ones.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = (1..).zip(text.split(|byte| *byte == b'\n'));
    lines.filter(|(_, line)| !line.trim_ascii().is_empty())
}

impl Outbox {
    /// Accepts items, a JSON object a line, as `POST /v1/items/batch` takes them, and answers in
    /// lines as that does.
    pub async fn accept_lines(&self, app_id: &str, text: &[u8]) -> Result<Vec<u8>, OutboxError> {
        let (mut items, mut read) = (Vec::new(), Vec::new());
        for (number, line) in lines(text) {
            let item = Submitted::read(line).map(|item| items.push(item));
            read.push((number, item));
        }
        let mut answers = self.accept(app_id, items).await?.into_iter();
        let mut text = Vec::new();
        for (line, item) in read {
            let answer = item.and_then(|()| match answers.next() {
                Some(answer) => answer.map_err(ApiError::from),
                None => Err(ApiError::Unreadable("the line was not read".to_owned())),
            });
            let told = Told::new(line, answer);
            let json = serde_json::to_vec(&told).expect("an answer is plain JSON");
            text.extend_from_slice(&json);
            text.push(b'\n');
        }
        Ok(text)
    }
}

impl Told {
    fn new(line: usize, answer: Result<Accepted, ApiError>) -> Self {
        let (status, answer) = match answer {
            Ok(accepted) => {
                let (status, body) = AcceptedBody::of(accepted);
                (status, Answer::Accepted(body))
            }
            Err(error) => (error.kind().status(), Answer::Refused(error.refusal())),
        };
        Self {
            line,
            status: status.as_u16(),
            answer,
        }
    }
}
