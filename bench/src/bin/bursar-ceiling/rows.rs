//! What is written, and the queue to whoever writes it.

use axum::http::StatusCode;
use bursar_receipts::Facts;
use tokio::sync::{mpsc, oneshot};

/// Statements that both engines run, with `$n` placeholders.
pub(crate) const INSERT_RECEIPT: &str = "INSERT INTO receipts_receipt \
    (company_id, id, user_id, receipt_type, body, app_id, app_name, correlation_id, \
    received_at, status, image_blob) \
    VALUES ($1, $2, $3, 'general', $4, $5, 'Harbour House Hotel', $6, $7, 'ACCEPTED', $8)";
pub(crate) const INSERT_JOB: &str = "INSERT INTO jobs_job \
    (kind, key, payload, correlation_id, state, attempt, run_at, enqueued_at) \
    VALUES ('receipts.process', $1, $2, $3, 'waiting', 0, $4, $4)";
pub(crate) const FINISH_RECEIPT: &str = "UPDATE receipts_receipt SET status = 'PROCESSED', \
    image_blob = $3, image_type = 'application/pdf', began_at = $4, ended_at = $4 \
    WHERE company_id = $1 AND id = $2";
pub(crate) const INSERT_EXPENSE: &str = "INSERT INTO expense_available \
    (company_id, user_id, id, source, source_id, source_app, merchant, transacted_at_text, \
    amount, currency_code, expense_type_id, created_at) \
    VALUES ($1, $1, $2, 'receipt', $2, 'Harbour House Hotel', $3, $4, $5, $6, 'UNDEF', $7)";
pub(crate) const DELETE_JOB: &str = "DELETE FROM jobs_job \
    WHERE kind = 'receipts.process' AND key = $1 AND state <> 'dead'";
pub(crate) const INSERT_APP: &str = "INSERT INTO oauth_app \
    (id, name, secret_hash, scopes, grants, home, enabled, created_at) \
    VALUES ($1, 'Bench', $1, 'openid', 'refresh_token', 'us', 1, 0)";
pub(crate) const INSERT_CONNECTION: &str = "INSERT INTO oauth_connection \
    (company_id, principal_id, app_id, connected_at, last_used_at) VALUES ($1, $1, $1, 0, 0)";
pub(crate) const INSERT_REFRESH_TOKEN: &str = "INSERT INTO oauth_refresh_token \
    (hash, company_id, principal_id, app_id, family, scope, issued_at, expires_at, used_at) \
    VALUES ($1, $2, $2, $2, $2, 'receipts.read receipts.write openid', 0, 0, 0)";
pub(crate) const USE_REFRESH_TOKEN: &str =
    "UPDATE oauth_refresh_token SET expires_at = $2 WHERE hash = $1";

/// One company, user and app are enough: their ids only have to take their room.
pub(crate) const OWNER: &[u8] = &[0x5a; 16];

const QUEUE_LEN: usize = 1024;

/// A posted receipt.
pub(crate) struct Receipt {
    pub(crate) id: [u8; 16],
    /// The job's key: the id as text.
    pub(crate) key: String,
    pub(crate) document: String,
    pub(crate) payload: String,
    pub(crate) correlation_id: String,
    /// Epoch microseconds.
    pub(crate) now: i64,
    /// The file of the image that came with it.
    pub(crate) image: Option<String>,
}

/// A receipt whose picture is on disk: the rows that tell so, and the end of its job.
pub(crate) struct Processed {
    pub(crate) id: [u8; 16],
    pub(crate) key: String,
    pub(crate) blob: String,
    pub(crate) facts: Facts,
    pub(crate) now: i64,
}

/// One operation: durable as a whole, or not there.
pub(crate) enum Write {
    Receipt(Receipt),
    Processed(Processed),
    UseRefreshToken { hash: Vec<u8>, now: i64 },
}

/// An operation and where its answer goes once it is durable.
pub(crate) struct Request {
    pub(crate) write: Write,
    pub(crate) done: oneshot::Sender<()>,
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::Sender<Request>);

impl Writer {
    /// A writer and the queue that an engine empties.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Request>) {
        let (sender, receiver) = mpsc::channel(QUEUE_LEN);
        (Self(sender), receiver)
    }

    /// Returns once the operation is durable; 500 when it is not.
    pub(crate) async fn write(&self, write: Write) -> Result<(), StatusCode> {
        let (done, durable) = oneshot::channel();
        let failed = StatusCode::INTERNAL_SERVER_ERROR;
        self.0
            .send(Request { write, done })
            .await
            .map_err(|_| failed)?;
        durable.await.map_err(|_| failed)
    }
}
