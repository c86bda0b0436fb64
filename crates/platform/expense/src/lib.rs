//! Expenses: what a traveller can put into a report, from whatever source it came.
//!
//! - Available expenses, a sink: receipts (and later cards) write here through [`api`] inside
//!   their own operations, and are never called back. The console shows them, and travellers
//!   change what is their own of them.
//! - Quick Expense v4, with an image or without. Source:
//!   expense/quick-expense/v4.quick-expense.md, and the e-receipts and quick expense guide. Quirks:
//!   a bad token is 403, another user's URL is 401; names of fields may begin with a capital; a
//!   read at the answered address is ours.
//! - Expense Group Configurations v3.0, which say what types there are. Source:
//!   expense/expense-report/expense-group-configurations.markdown. One group for each company.
//!
//! Documents: `docs/api/quick-expense.md`, `docs/behaviours.md`.

mod access;
pub mod api;
mod change;
mod decimal;
mod error;
mod get_quick;
mod group;
mod groups;
mod keys;
mod limit;
mod list;
mod model;
mod picture;
mod post_quick;
mod post_quick_image;
mod quick;
mod seed;
mod store;

use axum::extract::FromRef;
use axum::routing::{get, post};
use axum::{Extension, Router};
use bursar_blobs::Blobs;
use bursar_db::Db;
use bursar_kernel::{Clock, Rng};
use bursar_oauth::Oauth;
use bursar_web::Strict;
use http::StatusCode;
use limit::Limit;

pub use change::{Author, Change, Changed, Edit, Outcome};
pub use keys::Keys;
pub use list::{Facets, Filter, Page, Place, Sort, View};
pub use model::{
    AvailableExpense, ExpenseType, Location, NewAvailableExpense, QuickExpense, QuickFacts, Source,
    Traveller,
};
pub use picture::QuickPictures;
pub use quick::SWITCHES;
pub use seed::seed;

/// What the endpoints need.
#[derive(Clone)]
pub struct ExpenseState {
    db: Db,
    blobs: Blobs,
    clock: Clock,
    rng: Rng,
    oauth: Oauth,
    limit: Limit,
    strict: Strict,
}

impl ExpenseState {
    /// Its clones share what a node remembers of the limit. One for each data center is enough,
    /// since a user lives at one. `strict` has the documented rules that hold in place of lenient
    /// ones.
    pub fn new(db: Db, blobs: Blobs, clock: Clock, rng: Rng, oauth: Oauth, strict: Strict) -> Self {
        Self {
            db,
            blobs,
            clock,
            rng,
            oauth,
            limit: Limit::default(),
            strict,
        }
    }
}

impl FromRef<ExpenseState> for Oauth {
    fn from_ref(state: &ExpenseState) -> Self {
        state.oauth.clone()
    }
}

/// The routes of these APIs.
pub fn routes(state: ExpenseState) -> Router {
    // Each refusal says when it was.
    let clock = Extension(state.clock.clone());
    Router::new()
        .route(
            "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses",
            post(post_quick::post_quick_expense),
        )
        .route(
            "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses/image",
            post(post_quick_image::post_quick_expense_image),
        )
        .route(
            "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses/{quickExpenseId}",
            get(get_quick::get_quick_expense),
        )
        .route(
            "/api/v3.0/expense/expensegroupconfigurations",
            get(groups::list_groups),
        )
        .route(
            "/api/v3.0/expense/expensegroupconfigurations/{groupId}",
            get(groups::get_group),
        )
        .with_state(state)
        .layer(clock)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    post_quick::post_quick_expense,
    post_quick_image::post_quick_expense_image,
    get_quick::get_quick_expense,
    groups::list_groups,
    groups::get_group,
))]
struct Document;

/// The OpenAPI description of [`routes`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = <Document as utoipa::OpenApi>::openapi();
    let everywhere = [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let reading = [StatusCode::REQUEST_TIMEOUT];
    bursar_web::describe_refusals(&mut document, &everywhere, &reading, |_| {
        &[("application/json", Some("ExpenseErrorBody"))]
    });
    document
}

/// Every SQL statement of this slice, for the test that prepares them on both engines.
pub fn statements() -> Vec<&'static bursar_db::Sql> {
    store::statements()
}
