//! `GET /receipts/v4/status/{receiptId}`. Source: receipts/endpoints.markdown, "Get Receipt
//! Status".

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use bursar_oauth::Caller;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Any, Named};
use crate::error::ReceiptsError;
use crate::post::company;
use crate::{ReceiptsState, store};

/// Two weeks after the post the status is no longer there.
const KEPT: Duration = Duration::from_hours(14 * 24);

#[derive(Serialize, ToSchema)]
pub(crate) struct StatusBody {
    /// `ACCEPTED`, `PROCESSING`, `PROCESSED` or `FAILED`.
    status: String,
    logs: Vec<StatusLog>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StatusLog {
    log_level: String,
    message: String,
    timestamp: String,
}

/// How far a receipt is, with data or image-only.
#[utoipa::path(get, path = "/receipts/v4/status/{receiptId}", tag = "Receipts v4",
    params(("receiptId" = String, Path, description = "32 hex digits")),
    responses((status = 200, body = StatusBody), (status = 403), (status = 404)))]
pub(crate) async fn get_status(
    State(state): State<ReceiptsState>,
    caller: Caller<Any>,
    Named(receipt_id): Named<String>,
) -> Result<Json<StatusBody>, ReceiptsError> {
    let receipt = state.any_receipt(&caller, &receipt_id).await?.progress();
    if receipt.received_at + KEPT < state.clock.now() {
        return Err(ReceiptsError::NotFound);
    }
    let args = (company(&caller)?, receipt.id);
    let attempts = state
        .db
        .read(args, |tx, &(company_id, id)| {
            Box::pin(store::attempts(tx, company_id, id))
        })
        .await?;
    let logs = receipt.log(attempts).into_iter().map(|entry| StatusLog {
        log_level: entry.level,
        message: entry.message,
        timestamp: entry.at.http_date(),
    });
    Ok(Json(StatusBody {
        status: receipt.status,
        logs: logs.collect(),
    }))
}
