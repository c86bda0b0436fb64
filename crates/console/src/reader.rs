//! Who reads a page, and whether the page is for them.

use std::marker::PhantomData;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, OriginalUri, Query};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::Person;
use bursar_directory::Role;
use bursar_pages::session::{csrf_token_matches, from_own_pages, sign_in_url};
use bursar_pages::{ErrorKind, Frame, form};
use bursar_web::Form;
use serde::Deserialize;

use crate::store::Session;
use crate::views::Section;
use crate::{Asked, ConsoleState};

/// The longest form that pages send: the longest description, every character escaped.
pub(crate) const FORM_MAX: usize = 128 << 10;

/// A form's body, as handlers take it.
pub(crate) type Posted<const MAX: usize = FORM_MAX> = form::Posted<MAX>;

/// The query of a page that a change leads to.
pub(crate) type After = Result<Query<Changed>, QueryRejection>;

#[derive(Default, Deserialize)]
pub(crate) struct Changed {
    saved: Option<String>,
}

/// Whether a page is shown because a change was stored.
pub(crate) fn just_saved(after: After) -> bool {
    after.unwrap_or_default().0.saved.is_some()
}

/// For whom a page is.
pub(crate) trait Gate: Send + Sync + 'static {
    /// One of these roles is enough; an empty list lets in everybody who is signed in.
    const ROLES: &'static [Role];
    /// What all others are shown.
    const REFUSAL: ErrorKind;
}

/// Everybody who is signed in.
pub(crate) struct Anyone;
/// Who decides on what travellers submit. That every company has some is no secret.
pub(crate) struct Approver;
/// A company's administrators. That every company has some is no secret.
pub(crate) struct CompanyAdmin;
/// Who reads an audit log.
pub(crate) struct Auditor;
/// A partner's people. Others are not told that there are such pages; so it is for operators.
pub(crate) struct Partner;
/// Who runs the platform.
pub(crate) struct Operator;

impl Gate for Anyone {
    const ROLES: &'static [Role] = &[];
    const REFUSAL: ErrorKind = ErrorKind::NotFound;
}

impl Gate for Approver {
    const ROLES: &'static [Role] = &[Role::Approver];
    const REFUSAL: ErrorKind = ErrorKind::Forbidden;
}

impl Gate for CompanyAdmin {
    const ROLES: &'static [Role] = &[Role::CompanyAdmin];
    const REFUSAL: ErrorKind = ErrorKind::Forbidden;
}

impl Gate for Auditor {
    const ROLES: &'static [Role] = &[Role::CompanyAdmin, Role::Operator];
    const REFUSAL: ErrorKind = ErrorKind::Forbidden;
}

impl Gate for Partner {
    const ROLES: &'static [Role] = &[Role::Partner];
    const REFUSAL: ErrorKind = ErrorKind::NotFound;
}

impl Gate for Operator {
    const ROLES: &'static [Role] = &[Role::Operator];
    const REFUSAL: ErrorKind = ErrorKind::NotFound;
}

/// A signed-in reader whom the page is for. A handler without it shows its page to strangers.
pub(crate) struct Reader<G> {
    pub(crate) asked: Asked,
    pub(crate) session: Session,
    gate: PhantomData<G>,
}

impl<G: Gate> Reader<G> {
    /// The reader, as the App Center knows people.
    pub(crate) fn person(&self) -> Person {
        Person::of(&self.session.user, &self.session.company)
    }

    pub(crate) fn has(&self, role: Role) -> bool {
        self.session.user.roles.has(role)
    }

    pub(crate) fn state(&self) -> &ConsoleState {
        &self.asked.state
    }

    pub(crate) fn frame(&self, section: Section) -> Frame {
        let state = &self.asked.state;
        state
            .frame(&self.asked.headers, Some(&self.session))
            .at(section.href())
    }

    pub(crate) fn refuse(&self, kind: ErrorKind) -> Response {
        self.asked.refuse(Some(&self.session), kind)
    }

    pub(crate) fn failed<E: std::error::Error + 'static>(&self, error: &E) -> Response {
        self.asked.failed(error)
    }

    /// The fields of a form that one of our own pages sent in this session.
    pub(crate) fn form<const MAX: usize>(&self, posted: Posted<MAX>) -> Result<Form, Response> {
        let form = form::fields(posted).map_err(|kind| self.refuse(kind))?;
        self.check_csrf(form.get("csrf_token").unwrap_or_default())?;
        Ok(form)
    }

    /// Refuses what another site sent, or another session's page.
    pub(crate) fn check_csrf(&self, given: &str) -> Result<(), Response> {
        let own = from_own_pages(&self.asked.headers, self.asked.here.www_uri());
        if own && csrf_token_matches(&self.session.csrf, given) {
            Ok(())
        } else {
            Err(self.refuse(ErrorKind::SignedOut))
        }
    }
}

impl<G: Gate> FromRequestParts<ConsoleState> for Reader<G> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        let asked = Asked::from_request_parts(parts, state).await;
        let asked = asked.map_err(IntoResponse::into_response)?;
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(parts, state).await;
        let wanted = uri.path_and_query().map_or("/", |wanted| wanted.as_str());
        let found = asked
            .session()
            .await
            .map_err(|error| asked.failed(&error))?;
        let Some(session) = found else {
            return Err(to_sign_in(&asked, &parts.method, wanted));
        };
        let home = &session.company.home;
        if home != asked.here.id() {
            let home = state.data_centers.home(home);
            let home = home.map_err(|error| asked.failed(&error))?;
            // A form that goes along would be read as a page there, which it is not.
            let page = if parts.method.is_safe() { wanted } else { "/" };
            return Err(Redirect::to(&home.www_url(page)).into_response());
        }
        let roles = &session.user.roles;
        if !G::ROLES.is_empty() && !G::ROLES.iter().any(|role| roles.has(*role)) {
            return Err(asked.refuse(Some(&session), G::REFUSAL));
        }
        Ok(Self {
            asked,
            session,
            gate: PhantomData,
        })
    }
}

/// Leads to the sign-in, and from there back to a page; what a form would have done is not done.
fn to_sign_in(asked: &Asked, method: &Method, wanted: &str) -> Response {
    // HEAD asks for the same page as GET.
    if !method.is_safe() {
        return asked.refuse(None, ErrorKind::SignedOut);
    }
    Redirect::to(&sign_in_url(wanted)).into_response()
}
