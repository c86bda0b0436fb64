//! Receipts v4: e-receipts with data, their processing, and the standard receipt.
//!
//! Sources: `receipts/*.markdown` of the public API reference, and the e-receipts and quick
//! expense guide.
//! Quirks: a missing or bad token is 403 with a JSON body, another user's URL is 401; see
//! `docs/behaviours.md`.

mod access;
pub mod api;
mod error;
mod form;
mod image_only;
mod index;
mod keys;
pub mod link;
mod model;
mod post;
mod process;
mod read;
pub mod render;
pub mod schema;
mod schemas;
mod setting;
mod status;
mod store;
mod sums;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use bursar_blobs::Blobs;
use bursar_db::Db;
use bursar_kernel::{Clock, Rng};
use bursar_oauth::Oauth;
use bursar_web::Strict;

pub use model::{Facts, LogEntry, Receipt, seller};
pub use post::BODY_MAX;
pub use process::Process;
use schema::Validators;
pub use sums::{Mismatch, SumKind, Term, TermName, mismatches};

/// What the endpoints and the job need.
#[derive(Clone)]
pub struct ReceiptsState {
    db: Db,
    blobs: Blobs,
    clock: Clock,
    rng: Rng,
    oauth: Oauth,
    validators: Arc<Validators>,
}

impl ReceiptsState {
    /// Holds the compiled schemas; do it once. `strict` has the documented rules that hold in
    /// place of lenient ones.
    pub fn new(db: Db, blobs: Blobs, clock: Clock, rng: Rng, oauth: Oauth, strict: Strict) -> Self {
        Self {
            db,
            blobs,
            clock,
            rng,
            oauth,
            validators: Arc::new(Validators::new(strict)),
        }
    }
}

impl FromRef<ReceiptsState> for Oauth {
    fn from_ref(state: &ReceiptsState) -> Self {
        state.oauth.clone()
    }
}

/// The routes of this API.
pub fn routes(state: ReceiptsState) -> Router {
    Router::new()
        .route("/receipts", get(index::get_index))
        .route("/receipts/", get(index::get_index))
        // What the index calls itself.
        .route("/receipts/v4", get(index::get_index))
        .route("/receipts/schemas", get(schemas::list_schemas))
        .route("/receipts/schemas/", get(schemas::list_schemas))
        .route("/receipts/schemas/{schemaId}", get(schemas::get_schema))
        .route(
            "/receipts/v4/users/{userId}",
            post(post::post_receipt).get(read::list_receipts),
        )
        .route(
            "/receipts/v4/users/{userId}/page/{cursor}",
            get(read::list_receipts_page),
        )
        .route("/receipts/v4/status/{receiptId}", get(status::get_status))
        .route("/receipts/v4/{receiptId}", get(read::get_receipt))
        .route("/receipts/v4/{receiptId}/image", get(read::get_image))
        .route(
            "/receipts/v4/users/{userId}/image-only-receipts",
            post(image_only::post_image).get(image_only::list_images),
        )
        .route(
            "/receipts/v4/users/{userId}/image-only-receipts/page/{cursor}",
            get(image_only::list_images_page),
        )
        .route(
            "/receipts/v4/image-only-receipts/{receiptId}",
            get(image_only::get_image_receipt),
        )
        .route(
            "/receipts/v4/image-only-receipts/{receiptId}/image",
            get(image_only::get_image_of),
        )
        .route("/receipts/v4/images/{receiptId}", get(image_only::redirect))
        .with_state(state)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    paths(
        index::get_index,
        schemas::list_schemas,
        schemas::get_schema,
        post::post_receipt,
        read::list_receipts,
        read::list_receipts_page,
        read::get_receipt,
        read::get_image,
        image_only::post_image,
        image_only::list_images,
        image_only::list_images_page,
        image_only::get_image_receipt,
        image_only::get_image_of,
        image_only::redirect,
        status::get_status,
    ),
    components(schemas(error::RefusalBody, error::ValidationErrors))
)]
struct Document;

/// The OpenAPI description of [`routes`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = <Document as utoipa::OpenApi>::openapi();
    bursar_web::describe_refusals(
        &mut document,
        &error::EVERYWHERE,
        &error::READING,
        error::bodies,
    );
    document
}

/// Every SQL statement of this slice, for the test that prepares them on both engines.
pub fn statements() -> &'static [&'static bursar_db::Sql] {
    store::STATEMENTS
}
