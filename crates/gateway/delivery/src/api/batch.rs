//! `POST /v1/items/batch`: many items, one a line. A bad line never hinders the others.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bursar_web::{BodyError, RawBody, WireError as _};
use http::header::CONTENT_TYPE;
use serde::Serialize;

use super::error::{ApiError, Refusal};
use super::post::{AcceptedBody, Submitted};
use super::{Api, Caller};

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
    let lines = body.bytes.split(|byte| *byte == b'\n').enumerate();
    let lines: Vec<_> = lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .collect();
    if lines.len() > LINES_MAX {
        let text = format!("{} lines; send at most {LINES_MAX} at a time", lines.len());
        return Err(ApiError::Unreadable(text));
    }
    let mut items = Vec::new();
    let mut read = Vec::with_capacity(lines.len());
    for (index, line) in lines {
        let item = Submitted::read(line).map(|item| items.push(item));
        read.push((index + 1, item));
    }
    let mut answers = api.outbox.accept(&caller.app_id, items).await?.into_iter();
    let mut text = Vec::new();
    for (line, item) in read {
        let answer = item.and_then(|()| match answers.next() {
            Some(answer) => answer.map_err(ApiError::from),
            None => Err(ApiError::Unreadable("the line was not read".to_owned())),
        });
        let answer = match answer {
            Ok(accepted) => {
                let (status, body) = AcceptedBody::of(accepted);
                (status, Answer::Accepted(body))
            }
            Err(error) => (error.kind().status(), Answer::Refused(error.refusal())),
        };
        let told = Told {
            line,
            status: answer.0.as_u16(),
            answer: answer.1,
        };
        let json = serde_json::to_vec(&told).expect("an answer is plain JSON");
        text.extend_from_slice(&json);
        text.push(b'\n');
    }
    Ok(([(CONTENT_TYPE, NDJSON)], text).into_response())
}
