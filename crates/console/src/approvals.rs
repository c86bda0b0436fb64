//! What waits for an approver.

use axum::http::StatusCode;
use axum::response::Response;
use bursar_pages::respond;

use crate::reader::{Approver, Reader};
use crate::views::{ApprovalsPage, Section};

/// Nothing is submitted through the platform yet, so nothing waits.
pub(crate) async fn list(reader: Reader<Approver>) -> Response {
    let frame = reader.frame(Section::Approvals);
    respond::page(StatusCode::OK, &ApprovalsPage { frame })
}
