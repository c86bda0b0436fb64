//! Reviewing listings, and releasing them.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::api::listings_in;
use bursar_appcenter::{ActError, Faults, Listing, State};
use bursar_db::DbError;
use bursar_directory::GLOBAL_ZONE;

use crate::apps::id_of;
use crate::reader::{Operator, Posted, Reader};
use crate::respond;
use crate::views::{ErrorKind, OperatorAppsPage, ReviewNotice, Section};

type Id = Result<Path<String>, PathRejection>;

pub(crate) async fn list(reader: Reader<Operator>) -> Response {
    page(&reader, StatusCode::OK, None).await
}

pub(crate) async fn review(reader: Reader<Operator>, id: Id, posted: Posted) -> Response {
    let form = match reader.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let Some(listing_id) = id_of(id) else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let (operator, app_center) = (reader.person(), &reader.state().app_center);
    let note = form.get("note").unwrap_or_default();
    let decided = match form.get("decision") {
        Some("certify") => app_center.certify(&operator, listing_id).await,
        Some("give-back") => app_center.give_back(&operator, listing_id, note).await,
        _ => return reader.refuse(ErrorKind::Unreadable),
    };
    let notice = |faults| ReviewNotice {
        listing_id,
        typed: note.to_owned(),
        region: String::new(),
        faults,
    };
    answer(&reader, decided, notice).await
}

pub(crate) async fn release(reader: Reader<Operator>, id: Id, posted: Posted) -> Response {
    let form = match reader.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let Some(listing_id) = id_of(id) else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let field = |name| form.get(name).unwrap_or_default();
    let (region, day) = (field("region"), field("released_on"));
    let app_center = &reader.state().app_center;
    let decided = app_center
        .release(&reader.person(), listing_id, region, day)
        .await;
    let notice = |faults| ReviewNotice {
        listing_id,
        typed: day.to_owned(),
        region: region.to_owned(),
        faults,
    };
    answer(&reader, decided, notice).await
}

async fn answer(
    reader: &Reader<Operator>,
    decided: Result<(), ActError>,
    notice: impl FnOnce(Faults) -> ReviewNotice,
) -> Response {
    match decided {
        Ok(()) => Redirect::to("/operator/apps").into_response(),
        Err(ActError::NotFound) => reader.refuse(ErrorKind::NotFound),
        Err(ActError::Faults(faults)) => {
            page(
                reader,
                StatusCode::UNPROCESSABLE_ENTITY,
                Some(notice(faults)),
            )
            .await
        }
        Err(ActError::OtherState) => {
            page(reader, StatusCode::CONFLICT, Some(notice(Faults::new()))).await
        }
        Err(error) => reader.failed(&error),
    }
}

async fn page(
    reader: &Reader<Operator>,
    status: StatusCode,
    notice: Option<ReviewNotice>,
) -> Response {
    let found = reader.state().db.scan((), |tx, ()| {
        Box::pin(async move {
            let in_review = listings_in(tx, State::InReview).await?;
            let certified = listings_in(tx, State::Certified).await?;
            Ok::<(Vec<Listing>, Vec<Listing>), DbError>((in_review, certified))
        })
    });
    let (in_review, certified) = match found.await {
        Ok(found) => found,
        Err(error) => return reader.failed(&error),
    };
    let homes = reader.state().data_centers.iter().map(|one| one.id());
    let page = OperatorAppsPage {
        frame: reader.frame(Section::Review),
        in_review,
        certified,
        regions: homes
            .filter(|id| *id != GLOBAL_ZONE)
            .map(ToOwned::to_owned)
            .collect(),
        notice,
    };
    respond::page(status, &page)
}
