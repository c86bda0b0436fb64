//! A company's apps, and the audit log.

use axum::extract::Query;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::api::cards;
use bursar_appcenter::{ActError, Card, Kind};
use bursar_db::DbError;
use bursar_directory::{Role, api as directory};
use bursar_kernel::Uuid;
use serde::Deserialize;

use crate::apps::id_of;
use crate::reader::{Auditor, CompanyAdmin, Posted, Reader};
use crate::respond;
use crate::views::{AdminAppsPage, AuditPage, ErrorKind, Section};

/// Entries on one page of the log.
const PAGE: usize = 50;

#[derive(Default, Deserialize)]
pub(crate) struct Cursor {
    before: Option<String>,
}

pub(crate) async fn list(reader: Reader<CompanyAdmin>) -> Response {
    let args = (reader.person(), reader.state().app_center.today());
    let found = reader.state().db.scan(args, |tx, (person, today)| {
        Box::pin(async move {
            let mut all = cards(tx, person, Kind::User, today).await?;
            all.extend(cards(tx, person, Kind::Enterprise, today).await?);
            Ok::<Vec<Card>, DbError>(all)
        })
    });
    let cards = match found.await {
        Ok(cards) => cards,
        Err(error) => return reader.failed(&error),
    };
    let page = AdminAppsPage {
        frame: reader.frame(Section::AdminApps),
        cards,
    };
    respond::page(StatusCode::OK, &page)
}

pub(crate) async fn enable(
    reader: Reader<CompanyAdmin>,
    id: Result<axum::extract::Path<String>, PathRejection>,
    posted: Posted,
) -> Response {
    let form = match reader.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let (Some(id), Some(enabled)) = (id_of(id), yes_or_no(form.get("enabled"))) else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let app_center = &reader.state().app_center;
    match app_center.enable(&reader.person(), id, enabled).await {
        Ok(()) => Redirect::to("/admin/apps").into_response(),
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
