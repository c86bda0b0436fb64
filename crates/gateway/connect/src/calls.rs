//! The log of every call to the platform.
//!
//! Source: api-guides/e-receipts-certification.markdown; the e-receipts guide, "Error Logging":
//! error code and message, correlation id, the user's UUID, the raw request body, `link` and
//! `location`, and the response body are kept. A row is written in the operation that writes what
//! the call led to, so that both are there or neither.

mod search;

use std::ops::Deref;

use bursar_db::{DbError, Row, Sql, Tx, args, statements};
use bursar_gateway_client::Exchange;
use bursar_kernel::{Micros, Rng, Uuid};
use serde::Deserialize;

use search::summary;
pub use search::{Outcome, Search, Summary};
pub(crate) use search::{places, plain_id};

statements! {
    INSERT = "INSERT INTO connect_call (app_id, id, connection_id, item_id, user_id, started_at,
            took_micros, method, url, status, problem, error_code, error_description,
            correlation_id, link, location, request_body, response_body, response_headers)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19)";
    // What was sent for an item, before the item has another JSON.
    KEEP_BODY = "UPDATE connect_call SET request_body = $3
        WHERE item_id = $2 AND app_id || '' = $1 AND method = 'POST' AND request_body IS NULL";
    GET = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method, url,
            status, problem, error_code, error_description, correlation_id, link, location,
            request_body, response_body, response_headers
        FROM connect_call WHERE app_id = $1 AND id = $2";
    LATEST = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method, url,
            status, problem, error_code, error_description, correlation_id, link, location,
            request_body, response_body, response_headers
        FROM connect_call WHERE app_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    BY_CORRELATION = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method,
            url, status, problem, error_code, error_description, correlation_id, link, location,
            request_body, response_body, response_headers
        FROM connect_call WHERE correlation_id = $2 AND app_id = $1 ORDER BY id LIMIT $3";
    // With `|| ''` SQLite does not take the primary key, and with it all that the app has.
    BY_CONNECTION = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method,
            url, status, problem, error_code, error_description, correlation_id, link, location,
            request_body, response_body, response_headers
        FROM connect_call WHERE connection_id = $2 AND app_id || '' = $1 AND id < $3
        ORDER BY id DESC LIMIT $4";
    BY_ITEM = "SELECT id, connection_id, item_id, user_id, started_at, took_micros, method, url,
            status, problem, error_code, error_description, correlation_id, link, location,
            request_body, response_body, response_headers
        FROM connect_call WHERE item_id = $2 AND app_id || '' = $1 ORDER BY id LIMIT $3";
    FORGET = "DELETE FROM connect_call WHERE app_id = $1 AND id IN
        (SELECT id FROM connect_call WHERE app_id = $1 AND id < $2 ORDER BY id LIMIT $3)";
}

/// Every statement on calls.
pub(crate) fn sql() -> Vec<&'static Sql> {
    [STATEMENTS, search::STATEMENTS].concat()
}

/// What a call was for.
#[derive(Clone, Debug, Default)]
pub struct Purpose {
    /// The app.
    pub app_id: String,
    /// The connection, once there is one.
    pub connection_id: Option<Uuid>,
    /// The outbox item that it carried.
    pub item_id: Option<i64>,
    /// The user's UUID on the platform.
    pub user_id: Option<String>,
}

/// A call, ready to be kept.
#[derive(Clone, Debug)]
pub struct NewCall {
    id: Uuid,
    exchange: Exchange,
    url: String,
    error_code: Option<String>,
    error_description: Option<String>,
}

/// A call as it was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What a list has of it.
    pub summary: Summary,
    /// The answer's `Link`.
    pub link: Option<String>,
    /// The answer's `Location`.
    pub location: Option<String>,
    /// What was sent; none for an item's own JSON, which the item has.
    pub request_body: Option<Vec<u8>>,
    /// What came back.
    pub response_body: Option<Vec<u8>>,
    /// The answer's header fields, a line each.
    pub response_headers: Option<String>,
}

impl Deref for Call {
    type Target = Summary;

    fn deref(&self) -> &Summary {
        &self.summary
    }
}

impl Call {
    /// Whether it carried its item's JSON, which the item has.
    pub fn has_items_body(&self) -> bool {
        self.request_body.is_none() && self.item_id.is_some() && self.method == "POST"
    }
}

/// The error fields of the documented answers.
#[derive(Clone, Debug, Default, Deserialize)]
struct ErrorBody {
    code: Option<serde_json::Value>,
    error: Option<String>,
    error_description: Option<String>,
    #[serde(rename = "errorMessage")]
    error_message: Option<String>,
    message: Option<String>,
}

impl ErrorBody {
    fn of(exchange: &Exchange) -> Self {
        let refused = exchange.answer.as_ref();
        let refused = refused.filter(|answer| !answer.status.is_success());
        let read = refused.and_then(|answer| serde_json::from_slice(&answer.body).ok());
        read.unwrap_or_default()
    }

    fn code(&self) -> Option<String> {
        self.code.as_ref().map(|code| {
            let text = code.as_str().map(str::to_owned);
            text.unwrap_or_else(|| code.to_string())
        })
    }

    fn description(&self) -> Option<&str> {
        let texts = [
            &self.error_description,
            &self.error_message,
            &self.message,
            &self.error,
        ];
        texts.into_iter().find_map(Option::as_deref)
    }
}

/// Makes exchanges ready to be kept, before the operation that keeps them.
pub fn new_calls(rng: &Rng, exchanges: Vec<Exchange>) -> Vec<NewCall> {
    let calls = exchanges.into_iter().map(|exchange| {
        let error = ErrorBody::of(&exchange);
        NewCall {
            id: rng.uuid_at(exchange.started_at),
            url: storable(&exchange.url),
            error_code: error.code().map(storable),
            error_description: error.description().map(storable),
            exchange,
        }
    });
    calls.collect()
}

/// Keeps calls. `is_body` tells the JSON that the item has already, which is not kept twice.
pub async fn keep(
    tx: &mut Tx,
    purpose: &Purpose,
    calls: &[NewCall],
    is_body: impl Fn(&[u8]) -> bool,
) -> Result<(), DbError> {
    for call in calls {
        let sent = &call.exchange;
        let answer = sent.answer.as_ref();
        let body = sent.request_body.as_ref();
        let kept = Some(body).filter(|body| !body.is_empty() && !is_body(body));
        let values = args![
            &purpose.app_id,
            &call.id,
            purpose.connection_id.as_ref(),
            purpose.item_id,
            purpose.user_id.as_deref(),
            sent.started_at,
            i64::try_from(sent.took.as_micros()).unwrap_or(i64::MAX),
            sent.method.as_str(),
            &call.url,
            answer.map(|answer| i64::from(answer.status.as_u16())),
            sent.problem.as_deref(),
            call.error_code.as_deref(),
            call.error_description.as_deref(),
            sent.correlation_id(),
            answer.and_then(|answer| answer.link.as_deref()),
            answer.and_then(|answer| answer.location.as_deref()),
            kept,
            answer.map(|answer| answer.body.as_ref()),
            answer.map(|answer| answer.headers.as_str()),
        ];
        tx.execute(&INSERT, values).await?;
    }
    Ok(())
}

/// Keeps an item's JSON with the calls that carried it: the item gets another one.
pub async fn keep_body(tx: &mut Tx, app_id: &str, item_id: i64, body: &str) -> Result<(), DbError> {
    let values = args![app_id, item_id, body.as_bytes()];
    tx.execute(&KEEP_BODY, values).await.map(drop)
}

/// A call of an app.
pub async fn get(tx: &mut Tx, app_id: &str, id: Uuid) -> Result<Option<Call>, DbError> {
    let row = tx.row(&GET, args![app_id, &id]).await?;
    row.map(call).transpose()
}

/// NUL, which one engine does not store, as what stands for it.
fn storable(text: impl AsRef<str>) -> String {
    text.as_ref().replace('\0', "\u{fffd}")
}

/// The latest calls of an app before a call, newest first; `Uuid::max()` begins.
pub async fn latest(
    tx: &mut Tx,
    app_id: &str,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Call>, DbError> {
    let rows = tx.rows(&LATEST, args![app_id, &before, limit]).await?;
    rows.into_iter().map(call).collect()
}

/// The calls of an app with this correlation id, in order.
pub async fn by_correlation(
    tx: &mut Tx,
    app_id: &str,
    correlation_id: &str,
    limit: i64,
) -> Result<Vec<Call>, DbError> {
    let values = args![app_id, correlation_id, limit];
    let rows = tx.rows(&BY_CORRELATION, values).await?;
    rows.into_iter().map(call).collect()
}

/// The latest calls for a connection before a call, newest first.
pub async fn by_connection(
    tx: &mut Tx,
    app_id: &str,
    connection_id: Uuid,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Call>, DbError> {
    let values = args![app_id, &connection_id, &before, limit];
    let rows = tx.rows(&BY_CONNECTION, values).await?;
    rows.into_iter().map(call).collect()
}

/// The calls for an outbox item, in order.
pub async fn by_item(
    tx: &mut Tx,
    app_id: &str,
    item_id: i64,
    limit: i64,
) -> Result<Vec<Call>, DbError> {
    let rows = tx.rows(&BY_ITEM, args![app_id, item_id, limit]).await?;
    rows.into_iter().map(call).collect()
}

/// Forgets up to `limit` calls of an app that began before an instant; answers how many.
pub async fn forget(tx: &mut Tx, app_id: &str, before: Micros, limit: i64) -> Result<u64, DbError> {
    let first = first_id(before);
    tx.execute(&FORGET, args![app_id, &first, limit]).await
}

/// The smallest id that a call of this instant can have.
fn first_id(at: Micros) -> Uuid {
    let millis = u64::try_from(at.0 / 1_000).unwrap_or(0);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    Uuid::from_bytes(bytes)
}

fn call(mut row: Row) -> Result<Call, DbError> {
    Ok(Call {
        summary: summary(&mut row)?,
        link: row.get(13)?,
        location: row.get(14)?,
        request_body: row.get(15)?,
        response_body: row.get(16)?,
        response_headers: row.get(17)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_before_an_instant_are_smaller() {
        let rng = Rng::seeded(1);
        let at = Micros(1_795_253_400_125_000);
        let first = first_id(at);
        assert!(rng.uuid_at(at) >= first);
        assert!(rng.uuid_at(Micros(at.0 - 1_000)) < first);
    }
}
