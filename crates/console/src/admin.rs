//! A company's apps, and the audit log.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::ActError;
use bursar_appcenter::api::company_apps;
use bursar_db::DbError;
use bursar_directory::{Role, api as directory};
use bursar_kernel::Uuid;
use bursar_pages::{ErrorKind, respond};
use serde::Deserialize;

use crate::apps::id_of;
use crate::reader::{After, Auditor, CompanyAdmin, Posted, Reader, just_saved};
use crate::views::{AdminAppsPage, AuditPage, Section};

type Id = Result<Path<String>, PathRejection>;

/// Entries on one page of the log.
const PAGE: usize = 50;

#[derive(Default, Deserialize)]
pub(crate) struct Cursor {
    before: Option<String>,
}

pub(crate) async fn list(reader: Reader<CompanyAdmin>, after: After) -> Response {
    let args = (reader.person(), reader.state().app_center.today());
    let found = reader.state().db.scan(args, |tx, (person, today)| {
        Box::pin(company_apps(tx, person, today))
    });
    let apps = match found.await {
        Ok(apps) => apps,
        Err(error) => return reader.failed::<DbError>(&error),
    };
    let page = AdminAppsPage {
        frame: reader.frame(Section::AdminApps),
        apps,
        saved: just_saved(after),
    };
    respond::page(StatusCode::OK, &page)
}

pub(crate) async fn enable(reader: Reader<CompanyAdmin>, id: Id, posted: Posted) -> Response {
    let (id, enabled) = match switched(&reader, id, posted) {
        Ok(switched) => switched,
        Err(answer) => return answer,
    };
    let app_center = &reader.state().app_center;
    let done = app_center.enable(&reader.person(), id, enabled).await;
    answer(&reader, done)
}

/// The same for an app that the App Center does not show.
pub(crate) async fn enable_app(reader: Reader<CompanyAdmin>, id: Id, posted: Posted) -> Response {
    let (id, enabled) = match switched(&reader, id, posted) {
        Ok(switched) => switched,
        Err(answer) => return answer,
    };
    let app_center = &reader.state().app_center;
    let done = app_center.enable_app(&reader.person(), id, enabled).await;
    answer(&reader, done)
}

fn switched(
    reader: &Reader<CompanyAdmin>,
    id: Id,
    posted: Posted,
) -> Result<(Uuid, bool), Response> {
    let form = reader.form(posted)?;
    let both = id_of(id).zip(yes_or_no(form.get("enabled")));
    both.ok_or_else(|| reader.refuse(ErrorKind::NotFound))
}

fn answer(reader: &Reader<CompanyAdmin>, done: Result<(), ActError>) -> Response {
    match done {
        Ok(()) => Redirect::to("/admin/apps?saved=yes").into_response(),
        Err(ActError::NotFound) => reader.refuse(ErrorKind::NotFound),
        Err(error) => reader.failed(&error),
    }
}

/// What a button says.
pub(crate) fn yes_or_no(value: Option<&str>) -> Option<bool> {
    match value {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => None,
    }
}

pub(crate) async fn audit(
    reader: Reader<Auditor>,
    cursor: Result<Query<Cursor>, QueryRejection>,
) -> Response {
    let before = cursor.unwrap_or_default().0.before;
    let before = before.and_then(|text| Uuid::try_parse(&text).ok());
    // Operators answer for all companies.
    let all = reader.has(Role::Operator);
    let company_id = (!all).then_some(reader.session.user.company_id);
    let args = (company_id, before.unwrap_or(Uuid::max()));
    let found = reader.state().db.scan(args, |tx, (company_id, before)| {
        let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        Box::pin(directory::audit(tx, company_id.as_ref(), before, limit))
    });
    let mut entries: Vec<_> = match found.await {
        Ok(entries) => entries,
        Err(error) => return reader.failed::<DbError>(&error),
    };
    let older = entries.len() > PAGE;
    entries.truncate(PAGE);
    let page = AuditPage {
        frame: reader.frame(Section::Audit),
        entries,
        all,
        older,
    };
    respond::page(StatusCode::OK, &page)
}
