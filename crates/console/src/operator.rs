//! Reviewing listings, and releasing them.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::api::{any_listing, reviewed};
use bursar_appcenter::{ActError, Faults, Listing, Reviewed, State};
use bursar_db::DbError;
use bursar_directory::GLOBAL_ZONE;
use bursar_kernel::Uuid;
use bursar_pages::{ErrorKind, respond};
use bursar_web::Form;

use crate::admin::yes_or_no;
use crate::apps::id_of;
use crate::reader::{After, Operator, Posted, Reader, just_saved};
use crate::views::{ConfirmPage, OperatorAppsPage, Question, ReviewNotice, Section};

type Id = Result<Path<String>, PathRejection>;

/// What the page says of what has just happened.
enum Said {
    Nothing,
    Saved,
    Refused(ReviewNotice),
}

pub(crate) async fn list(reader: Reader<Operator>, after: After) -> Response {
    let said = if just_saved(after) {
        Said::Saved
    } else {
        Said::Nothing
    };
    page(&reader, StatusCode::OK, said).await
}

pub(crate) async fn review(reader: Reader<Operator>, id: Id, posted: Posted) -> Response {
    let (listing_id, form) = match signed(&reader, id, posted) {
        Ok(signed) => signed,
        Err(answer) => return answer,
    };
    let (operator, app_center) = (reader.person(), &reader.state().app_center);
    let note = form.get("note").unwrap_or_default();
    let decided = match form.get("decision") {
        Some("certify") => app_center.certify(&operator, listing_id).await,
        Some("give-back") => app_center.give_back(&operator, listing_id, note).await,
        Some("take-back") => {
            let done = app_center.take_back(&operator, listing_id, note).await;
            let Err(ActError::Faults(faults)) = done else {
                return answer(&reader, done, |faults| notice(listing_id, note, "", faults)).await;
            };
            // That form stands on a page of its own.
            let typed = (note, faults);
            return ask(&reader, listing_id, Question::TakeBack, typed).await;
        }
        _ => return reader.refuse(ErrorKind::Unreadable),
    };
    answer(&reader, decided, |faults| {
        notice(listing_id, note, "", faults)
    })
    .await
}

pub(crate) async fn release(reader: Reader<Operator>, id: Id, posted: Posted) -> Response {
    let (listing_id, form) = match signed(&reader, id, posted) {
        Ok(signed) => signed,
        Err(answer) => return answer,
    };
    let field = |name| form.get(name).unwrap_or_default();
    let (region, day) = (field("region"), field("released_on"));
    let (operator, app_center) = (reader.person(), &reader.state().app_center);
    let decided = match form.get("end") {
        Some(_) => app_center.end_release(&operator, listing_id, region).await,
        None => app_center.release(&operator, listing_id, region, day).await,
    };
    answer(&reader, decided, |faults| {
        notice(listing_id, day, region, faults)
    })
    .await
}

/// Stops the apps of a listing, or ends that.
pub(crate) async fn block(reader: Reader<Operator>, id: Id, posted: Posted) -> Response {
    let (listing_id, form) = match signed(&reader, id, posted) {
        Ok(signed) => signed,
        Err(answer) => return answer,
    };
    let Some(blocked) = yes_or_no(form.get("blocked")) else {
        return reader.refuse(ErrorKind::Unreadable);
    };
    let (operator, app_center) = (reader.person(), &reader.state().app_center);
    let done = app_center.block(&operator, listing_id, blocked).await;
    answer(&reader, done, |faults| notice(listing_id, "", "", faults)).await
}

pub(crate) async fn ask_to_block(reader: Reader<Operator>, id: Id) -> Response {
    match id_of(id) {
        Some(id) => ask(&reader, id, Question::BlockApps, ("", Faults::new())).await,
        None => reader.refuse(ErrorKind::NotFound),
    }
}

pub(crate) async fn ask_to_take_back(reader: Reader<Operator>, id: Id) -> Response {
    match id_of(id) {
        Some(id) => ask(&reader, id, Question::TakeBack, ("", Faults::new())).await,
        None => reader.refuse(ErrorKind::NotFound),
    }
}

async fn ask(
    reader: &Reader<Operator>,
    id: Uuid,
    question: Question,
    (note, faults): (&str, Faults),
) -> Response {
    let found = reader
        .state()
        .db
        .read(id, |tx, id| Box::pin(any_listing(tx, id)));
    let listing: Listing = match found.await {
        Ok(Some(listing)) => listing,
        Ok(None) => return reader.refuse(ErrorKind::NotFound),
        Err(error) => return reader.failed::<DbError>(&error),
    };
    if question == Question::TakeBack && listing.state != State::Certified {
        let said = Said::Refused(notice(id, "", "", Faults::new()));
        return page(reader, StatusCode::CONFLICT, said).await;
    }
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = ConfirmPage {
        frame: reader.frame(Section::Review),
        question,
        listing_id: id,
        name: listing.texts.name,
        note: note.to_owned(),
        faults,
    };
    respond::page(status, &page)
}

fn signed(reader: &Reader<Operator>, id: Id, posted: Posted) -> Result<(Uuid, Form), Response> {
    let form = reader.form(posted)?;
    let id = id_of(id).ok_or_else(|| reader.refuse(ErrorKind::NotFound))?;
    Ok((id, form))
}

fn notice(listing_id: Uuid, typed: &str, region: &str, faults: Faults) -> ReviewNotice {
    ReviewNotice {
        listing_id,
        typed: typed.to_owned(),
        region: region.to_owned(),
        faults,
    }
}

async fn answer(
    reader: &Reader<Operator>,
    decided: Result<(), ActError>,
    notice: impl FnOnce(Faults) -> ReviewNotice,
) -> Response {
    match decided {
        Ok(()) => Redirect::to("/operator/apps?saved=yes").into_response(),
        Err(ActError::NotFound) => reader.refuse(ErrorKind::NotFound),
        Err(ActError::Faults(faults)) => {
            let said = Said::Refused(notice(faults));
            page(reader, StatusCode::UNPROCESSABLE_ENTITY, said).await
        }
        Err(ActError::OtherState) => {
            let said = Said::Refused(notice(Faults::new()));
            page(reader, StatusCode::CONFLICT, said).await
        }
        Err(error) => reader.failed(&error),
    }
}

async fn page(reader: &Reader<Operator>, status: StatusCode, said: Said) -> Response {
    let found = reader.state().db.scan((), |tx, ()| {
        Box::pin(async move {
            let in_review = reviewed(tx, State::InReview).await?;
            let certified = reviewed(tx, State::Certified).await?;
            let drafts = reviewed(tx, State::Draft).await?;
            Ok::<[Vec<Reviewed>; 3], DbError>([in_review, certified, drafts])
        })
    });
    let [in_review, certified, drafts] = match found.await {
        Ok(found) => found,
        Err(error) => return reader.failed(&error),
    };
    let homes = reader.state().data_centers.iter().map(|one| one.id());
    let page = OperatorAppsPage {
        frame: reader.frame(Section::Review),
        in_review,
        certified,
        drafts,
        regions: homes
            .filter(|id| *id != GLOBAL_ZONE)
            .map(ToOwned::to_owned)
            .collect(),
        saved: matches!(said, Said::Saved),
        notice: match said {
            Said::Refused(notice) => Some(notice),
            Said::Nothing | Said::Saved => None,
        },
    };
    respond::page(status, &page)
}
