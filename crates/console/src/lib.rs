//! The pages: what travellers, administrators, partners and operators see of the platform, how
//! people sign in, and how they allow an app to act for them (`/oauth2/v0/authorize`).
//!
//! [`views`] holds one struct a page, rendered by a template of the same name; they are plain
//! data, so that a page is tested without a server. What every page is made of comes from
//! [`bursar_pages`]; texts, rules of style and navigation are ours. `reader` lets each page be seen
//! by those it is for.

mod admin;
mod approvals;
mod apps;
mod authorize;
mod connections;
mod expense;
mod expense_changes;
mod expenses;
mod failure;
mod letters;
pub mod list_query;
mod mailbox;
mod messages;
mod operator;
mod partner;
mod partner_listing;
mod partner_secrets;
mod password;
mod pictures;
mod reader;
mod sign_in;
mod sign_in_link;
mod store;
pub mod totals;
mod upload;
pub mod views;

pub use letters::Letters;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{Extension, OriginalUri};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bursar_appcenter::AppCenter;
use bursar_blobs::Blobs;
use bursar_db::{Db, DbError};
use bursar_directory::{DataCenters, Passwords};
use bursar_kernel::{Clock, CorrelationId, Rng};
use bursar_mail::Mailbox;
use bursar_oauth::Oauth;
use bursar_pages::session::SessionCookie;
use bursar_pages::{Assets, ErrorKind, ErrorPage, Frame, respond};
use bursar_web::DataCenter;

use messages::CATALOGUES;
use reader::{Anyone, Reader};
use views::Section;

/// Style sheet and icon of the pages.
pub static ASSETS: LazyLock<Assets> =
    LazyLock::new(|| Assets::new(include_str!("../assets/console.css")));

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
    /// What apps ask of people.
    pub oauth: Oauth,
    /// The sandbox's mailbox, which pages show; none elsewhere.
    pub mailbox: Option<Mailbox>,
    /// The platform's name.
    pub brand: String,
}

/// The pages' routes.
pub fn routes(state: ConsoleState) -> Router {
    let shows_mail = state.mailbox.is_some();
    let router = Router::new()
        .route("/", get(home))
        .route(AUTHORIZE, get(authorize::show).post(authorize::decide))
        .route("/signin", get(sign_in::show).post(sign_in::sign_in))
        .route("/signin/email", post(sign_in_link::send))
        .route(
            "/signin/link",
            get(sign_in_link::show).post(sign_in_link::follow),
        )
        .route(
            "/signin/password",
            get(password::show).post(password::change),
        )
        .route("/signout", post(sign_in::sign_out))
        .route("/approvals", get(approvals::list))
        .merge(expense_routes())
        .merge(app_routes())
        .merge(ASSETS.routes());
    let router = if shows_mail {
        router.merge(mailbox::routes())
    } else {
        router
    };
    router.fallback(nowhere).with_state(state)
}

/// What travellers see of their expenses.
fn expense_routes() -> Router<ConsoleState> {
    Router::new()
        .route("/expenses", get(expenses::list))
        .route("/expenses/{id}", get(expense::show))
        .route("/expenses/{id}/details", post(expense_changes::set_details))
        .route("/expenses/{id}/hidden", post(expense_changes::set_hidden))
        .route("/expenses/{id}/picture.png", get(pictures::preview))
        .route("/expenses/{id}/receipt", get(pictures::viewer))
        .route("/expenses/{id}/pages/{file}", get(pictures::page))
        .route("/expenses/{id}/original", get(pictures::original))
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
        .route(
            "/partner/apps/{id}/state",
            get(partner_listing::ask_to_withdraw).post(partner_listing::set_state),
        )
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
            get(partner_listing::ask_to_stop).post(partner_listing::set_enabled),
        )
        .route(
            "/partner/apps/{id}/secrets/{stage}",
            post(partner_secrets::create),
        )
        .route(
            "/partner/apps/{id}/secrets/{stage}/{secret}",
            post(partner_secrets::change),
        )
        .merge(deciding_routes())
}

/// What administrators and operators decide about apps.
fn deciding_routes() -> Router<ConsoleState> {
    Router::new()
        .route("/admin/apps", get(admin::list))
        .route("/admin/apps/{id}/enabled", post(admin::enable))
        .route(
            "/admin/apps/by-client/{client_id}/enabled",
            post(admin::enable_app),
        )
        .route("/admin/audit", get(admin::audit))
        .route("/operator/apps", get(operator::list))
        .route(
            "/operator/apps/{id}/review",
            get(operator::ask_to_take_back).post(operator::review),
        )
        .route(
            "/operator/apps/{id}/blocked",
            get(operator::ask_to_block).post(operator::block),
        )
        .route("/operator/apps/{id}/release", post(operator::release))
}

/// Leads to the first page of the reader's role.
async fn home(reader: Reader<Anyone>) -> Redirect {
    Redirect::to(Section::home(&reader.session.user.roles))
}

/// What is nowhere: a page for people at the address of the pages, no body for programs.
async fn nowhere(asked: Asked) -> Response {
    if !asked.is_for_a_page() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let session = asked.session().await.ok().flatten();
    asked.refuse(session.as_ref(), ErrorKind::NotFound)
}

/// Where apps send people to. Source: authentication/apidoc.markdown, "Authorization grant".
const AUTHORIZE: &str = "/oauth2/v0/authorize";

#[derive(utoipa::OpenApi)]
#[openapi(paths(authorize::show))]
struct Document;

/// The OpenAPI description of the one page that other people's programs lead to.
pub fn openapi() -> utoipa::openapi::OpenApi {
    use utoipa::OpenApi as _;
    Document::openapi()
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
        let messages = CATALOGUES.for_accept_language(language);
        let signed_in = signed_in.map(|session| session.shown(&messages));
        views::frame(messages, self.brand.clone(), signed_in)
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
    here: Arc<DataCenter>,
    headers: HeaderMap,
    correlation_id: CorrelationId,
    /// The path, and the query if there is one.
    path: String,
    /// The host that the browser thinks it speaks to, which the caller chooses.
    host: String,
}

impl Asked {
    fn refuse(&self, session: Option<&store::Session>, kind: ErrorKind) -> Response {
        self.state
            .error_page(&self.headers, session, kind, &self.correlation_id)
    }

    fn failed(&self, error: &(dyn std::error::Error + 'static)) -> Response {
        let kind = failure::kind(error);
        if kind == ErrorKind::Busy {
            tracing::warn!(%error, "a page had to wait too long");
        } else {
            tracing::error!(%error, "a page failed");
        }
        self.refuse(None, kind)
    }

    /// Whether a page was asked for: at the pages' own address; where APIs have the same one, by
    /// a browser.
    fn is_for_a_page(&self) -> bool {
        let (pages, apis) = (self.here.www_uri(), self.here.base_uri());
        let host = pages.split_once("://").map(|(_, host)| host);
        let accept = self.headers.get(header::ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok());
        if pages == apis {
            accept.is_some_and(|accept| accept.contains("text/html"))
        } else {
            host.is_some_and(|host| self.host.eq_ignore_ascii_case(host))
        }
    }

    fn cookie(&self) -> SessionCookie {
        SessionCookie::for_base_uri(self.here.www_uri())
    }

    /// The reader's session, wherever the reader lives.
    async fn session(&self) -> Result<Option<store::Session>, DbError> {
        match self.cookie().token(&self.headers) {
            None => Ok(None),
            Some(token) => store::find(&self.state.db, token, self.state.clock.now()).await,
        }
    }

    /// The session of a reader who lives here, or the answer that leads to one.
    async fn session_at_home(&self) -> Result<store::Session, Response> {
        match self.session().await {
            Ok(Some(session)) if session.company.home == self.here.id() => Ok(session),
            Ok(Some(session)) => match self.state.data_centers.home(&session.company.home) {
                Ok(home) => Err(Redirect::to(&home.www_url(&self.path)).into_response()),
                Err(error) => Err(self.failed(&error)),
            },
            Ok(None) => Err(sign_in::first(&self.path)),
            Err(error) => Err(self.failed(&error)),
        }
    }
}

impl axum::extract::FromRequestParts<ConsoleState> for Asked {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &ConsoleState,
    ) -> Result<Self, Self::Rejection> {
        let id = Extension::<CorrelationId>::from_request_parts(parts, state).await;
        let here = Extension::<Arc<DataCenter>>::from_request_parts(parts, state).await;
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(parts, state).await;
        Ok(Self {
            state: state.clone(),
            here: here?.0,
            headers: parts.headers.clone(),
            correlation_id: id.map_or_else(|_| CorrelationId::new(&state.rng), |id| id.0),
            path: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
            host: host(&uri, &parts.headers),
        })
    }
}

/// Source: RFC 9113 section 8.3.1 (`:authority`), RFC 9112 section 3.2 (`Host`).
fn host(uri: &Uri, headers: &HeaderMap) -> String {
    let field = || headers.get(header::HOST)?.to_str().ok();
    let host = uri.authority().map(axum::http::uri::Authority::as_str);
    host.or_else(field).unwrap_or_default().to_owned()
}
