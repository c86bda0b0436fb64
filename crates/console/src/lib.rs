//! The pages: what travellers, administrators, partners and operators see of the platform.
//!
//! [`views`] holds one struct a page, rendered by a template of the same name; they are plain
//! data, so that a page is tested without a server. Texts come from [`messages`], numbers and
//! dates from [`formats`], style sheet and icon from [`assets`], and [`respond`] adds the headers
//! that every page needs. `reader` lets each page be seen by those it is for. [`session`] holds cookies and the checks against forged requests.

mod admin;
mod apps;
pub mod assets;
mod connections;
mod expenses;
pub mod formats;
pub mod json_text;
pub mod messages;
mod operator;
mod partner;
mod partner_listing;
mod reader;
pub mod respond;
pub mod session;
mod sign_in;
mod store;
pub mod totals;
mod upload;
pub mod views;

use axum::Router;
use axum::extract::{Extension, OriginalUri};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bursar_appcenter::AppCenter;
use bursar_blobs::Blobs;
use bursar_db::{Db, DbError};
use bursar_directory::{DataCenters, Passwords};
use bursar_kernel::{Clock, CorrelationId, Rng};

use messages::Messages;
use reader::{Anyone, Reader};
use views::{ErrorKind, ErrorPage, Frame, Section};

/// What the pages need.
#[derive(Clone)]
pub struct ConsoleState {
    /// The database.
    pub db: Db,
    /// The files.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// Chance, for session tokens.
    pub rng: Rng,
    /// Checks passwords.
    pub passwords: Passwords,
    /// Where people live.
    pub data_centers: DataCenters,
    /// Listings, and connecting apps.
    pub app_center: AppCenter,
    /// The platform's name.
    pub brand: String,
}

/// The pages' routes.
pub fn routes(state: ConsoleState) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/signin", get(sign_in::show).post(sign_in::sign_in))
        .route("/signout", post(sign_in::sign_out))
        .route("/expenses", get(expenses::list))
        .route("/expenses/{id}", get(expenses::show))
        .route("/expenses/{id}/picture.png", get(expenses::picture))
        .route("/expenses/{id}/receipt.pdf", get(expenses::pdf))
        .merge(app_routes())
        .merge(assets::routes())
        .with_state(state)
}

/// The App Center and what belongs to it.
fn app_routes() -> Router<ConsoleState> {
    Router::new()
        .route("/apps", get(apps::list))
        .route("/apps/{id}", get(apps::show))
        .route("/apps/{id}/terms", get(apps::terms).post(apps::agree))
        .route("/logos/{file}", get(apps::logo))
        .route("/connections", get(connections::list))
        .route(
            "/connections/{kind}/{app}/disconnect",
            get(connections::ask).post(connections::disconnect),
        )
        .route("/partner/apps", get(partner::list).post(partner::create))
        .route("/partner/apps/new", get(partner::new))
        .route("/partner/apps/{id}", get(partner_listing::show))
        .route(
            "/partner/apps/{id}/listing",
            post(partner_listing::set_texts),
        )
        .route("/partner/apps/{id}/logo", post(partner_listing::set_logo))
        .route("/partner/apps/{id}/state", post(partner_listing::set_state))
        .route(
            "/partner/apps/{id}/production",
            post(partner_listing::create_production),
        )
        .route(
            "/partner/apps/{id}/settings/{stage}",
            post(partner_listing::set_settings),
        )
        .route(
            "/partner/apps/{id}/enabled/{stage}",
            post(partner_listing::set_enabled),
        )
        .route("/admin/apps", get(admin::list))
        .route("/admin/apps/{id}/enabled", post(admin::enable))
        .route("/admin/audit", get(admin::audit))
        .route("/operator/apps", get(operator::list))
        .route("/operator/apps/{id}/review", post(operator::review))
        .route("/operator/apps/{id}/release", post(operator::release))
}

/// Leads to the first page of the reader's role.
async fn home(reader: Reader<Anyone>) -> Redirect {
    Redirect::to(Section::home(&reader.session.user.roles))
}

/// Every SQL statement of the pages, for the test that prepares them on both engines.
pub fn statements() -> &'static [&'static bursar_db::Sql] {
    store::STATEMENTS
}

impl ConsoleState {
    fn frame(&self, headers: &HeaderMap, signed_in: Option<&store::Session>) -> Frame {
        let language = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        Frame {
            messages: Messages::for_accept_language(language),
            brand: self.brand.clone(),
            signed_in: signed_in.map(store::Session::shown),
            current: None,
        }
    }

    /// A page in place of what was asked for.
    fn error_page(
        &self,
        headers: &HeaderMap,
        session: Option<&store::Session>,
        kind: ErrorKind,
        correlation_id: &CorrelationId,
    ) -> Response {
        let page = ErrorPage {
            frame: self.frame(headers, session),
            kind,
            correlation_id: correlation_id.to_string(),
        };
        respond::page(kind.status(), &page)
    }
}

/// A request for a page, as every handler needs it.
struct Asked {
    state: ConsoleState,
    headers: HeaderMap,
    correlation_id: CorrelationId,
    path: String,
}

impl Asked {
    fn refuse(&self, session: Option<&store::Session>, kind: ErrorKind) -> Response {
        self.state
            .error_page(&self.headers, session, kind, &self.correlation_id)
    }

    fn failed(&self, error: &(impl std::error::Error + ?Sized)) -> Response {
        tracing::error!(%error, "a page failed");
        self.refuse(None, ErrorKind::Internal)
    }

    /// The reader's session, or the answer that leads to one.
    async fn session(&self, secure: session::SessionCookie) -> Result<store::Session, Response> {
        let token = secure.token(&self.headers);
        let found: Result<_, DbError> = match token {
            None => Ok(None),
            Some(token) => store::find(&self.state.db, token, self.state.clock.now()).await,
        };
        match found {
            Ok(Some(session)) => Ok(session),
            Ok(None) => {
                let next = session::next_path(&self.path);
                Err(Redirect::to(&format!("/signin?next={next}")).into_response())
            }
            Err(error) => Err(self.failed(&error)),
        }
    }
}

impl axum::extract::FromRequestParts<ConsoleState> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &ConsoleState,
    ) -> Result<Self, Self::Rejection> {
        let id = Extension::<CorrelationId>::from_request_parts(parts, state).await;
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(parts, state).await;
        Ok(Self {
            state: state.clone(),
            headers: parts.headers.clone(),
            correlation_id: id.map_or_else(|_| CorrelationId::new(&state.rng), |id| id.0),
            path: uri.path().to_owned(),
        })
    }
}
