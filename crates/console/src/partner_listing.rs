//! One of a partner's listings: its page, and what changes it.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::api::{own_apps, own_listing};
use bursar_appcenter::{
    ActError, Faults, LOGO_MAX, Listing, OwnApp, Settings, Stage, State, Texts, TextsForm,
};
use bursar_db::DbError;
use bursar_kernel::{Uuid, uuid_from_text};
use bursar_pages::{ErrorKind, respond};
use bursar_web::Form;

use crate::admin::yes_or_no;
use crate::apps::id_of;
use crate::partner::{credentials, geolocation, settings_form, typed};
use crate::reader::{After, Partner, Posted, Reader, just_saved};
use crate::upload;
use crate::views::{
    ConfirmPage, Notice, PartnerAppPage, Question, Section, SettingsTyped, StageForm,
};

type Id = Result<Path<String>, PathRejection>;
pub(crate) type IdAndStage = Result<Path<(String, String)>, PathRejection>;

pub(crate) async fn show(reader: Reader<Partner>, id: Id, after: After) -> Response {
    let notice = just_saved(after).then_some(Notice::Saved);
    match id_of(id) {
        Some(id) => page(&reader, StatusCode::OK, id, notice, Retyped::Nothing).await,
        None => reader.refuse(ErrorKind::NotFound),
    }
}

pub(crate) async fn set_texts(reader: Reader<Partner>, id: Id, posted: Posted) -> Response {
    let (id, form) = match signed(&reader, id, posted) {
        Ok(signed) => signed,
        Err(answer) => return answer,
    };
    let field = |name| form.get(name).unwrap_or_default();
    let typed = TextsForm {
        name: field("name"),
        summary: field("summary"),
        description: field("description"),
        terms_url: field("terms_url"),
        support_url: field("support_url"),
    };
    let app_center = &reader.state().app_center;
    let texts = match Texts::parse(typed, app_center.urls()) {
        Ok(texts) => texts,
        Err(faults) => {
            let again = Retyped::Texts(Box::new(as_typed(typed)), faults.clone());
            return refused(&reader, id, ActError::Faults(faults), again).await;
        }
    };
    let done = app_center.set_texts(&reader.person(), id, texts).await;
    answer(&reader, id, done).await
}

pub(crate) async fn set_logo(
    reader: Reader<Partner>,
    id: Id,
    posted: Posted<{ LOGO_MAX + (16 << 10) }>,
) -> Response {
    let Some(id) = id_of(id) else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let file = match upload::file(&reader, posted, "logo").await {
        Ok(file) => file,
        Err(answer) => return answer,
    };
    let done = reader
        .state()
        .app_center
        .set_logo(&reader.person(), id, file)
        .await;
    answer(&reader, id, done).await
}

pub(crate) async fn set_settings(
    reader: Reader<Partner>,
    ids: IdAndStage,
    posted: Posted,
) -> Response {
    let (id, stage, form) = match signed_stage(&reader, ids, posted) {
        Ok(signed) => signed,
        Err(answer) => return answer,
    };
    let app_center = &reader.state().app_center;
    let settings = match Settings::parse(settings_form(&form), app_center.urls()) {
        Ok(settings) => settings,
        Err(faults) => {
            let again = Retyped::Settings(stage, typed(&form), faults.clone());
            return refused(&reader, id, ActError::Faults(faults), again).await;
        }
    };
    let done = app_center
        .set_settings(&reader.person(), id, stage, settings)
        .await;
    answer(&reader, id, done).await
}

pub(crate) async fn set_enabled(
    reader: Reader<Partner>,
    ids: IdAndStage,
    posted: Posted,
) -> Response {
    let (id, stage, form) = match signed_stage(&reader, ids, posted) {
        Ok(signed) => signed,
        Err(answer) => return answer,
    };
    let Some(enabled) = yes_or_no(form.get("enabled")) else {
        return reader.refuse(ErrorKind::Unreadable);
    };
    let app_center = &reader.state().app_center;
    let done = app_center
        .set_enabled(&reader.person(), id, stage, enabled)
        .await;
    answer(&reader, id, done).await
}

pub(crate) async fn set_state(reader: Reader<Partner>, id: Id, posted: Posted) -> Response {
    let (id, form) = match signed(&reader, id, posted) {
        Ok(signed) => signed,
        Err(answer) => return answer,
    };
    let (person, app_center) = (reader.person(), &reader.state().app_center);
    let done = match form.get("action") {
        Some("submit") => app_center.submit(&person, id).await,
        Some("withdraw") => app_center.withdraw(&person, id).await,
        _ => return reader.refuse(ErrorKind::Unreadable),
    };
    answer(&reader, id, done).await
}

/// Asks before an app is stopped.
pub(crate) async fn ask_to_stop(reader: Reader<Partner>, ids: IdAndStage) -> Response {
    let Some((id, stage)) = id_and_stage(ids) else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let app_center = &reader.state().app_center;
    match app_center.stage_app(&reader.person(), id, stage).await {
        Ok((listing, _)) => ask(&reader, listing, Question::StopApp(stage)),
        Err(error) => refused(&reader, id, error, Retyped::Nothing).await,
    }
}

/// Asks before a listing is withdrawn.
pub(crate) async fn ask_to_withdraw(reader: Reader<Partner>, id: Id) -> Response {
    let Some(id) = id_of(id) else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let args = (reader.person(), id);
    let found = reader.state().db.read(args, |tx, (person, id)| {
        Box::pin(own_listing(tx, person, id))
    });
    match found.await {
        Ok(Some(listing)) if listing.state == State::Draft => {
            refused(&reader, id, ActError::OtherState, Retyped::Nothing).await
        }
        Ok(Some(listing)) => ask(&reader, listing, Question::Withdraw),
        Ok(None) => reader.refuse(ErrorKind::NotFound),
        Err(error) => reader.failed::<DbError>(&error),
    }
}

fn ask(reader: &Reader<Partner>, listing: Listing, question: Question) -> Response {
    let page = ConfirmPage {
        frame: reader.frame(Section::PartnerApps),
        question,
        listing_id: listing.id,
        name: listing.texts.name,
        note: String::new(),
        faults: Faults::new(),
    };
    respond::page(StatusCode::OK, &page)
}

fn signed(reader: &Reader<Partner>, id: Id, posted: Posted) -> Result<(Uuid, Form), Response> {
    let form = reader.form(posted)?;
    let id = id_of(id).ok_or_else(|| reader.refuse(ErrorKind::NotFound))?;
    Ok((id, form))
}

pub(crate) fn signed_stage(
    reader: &Reader<Partner>,
    ids: IdAndStage,
    posted: Posted,
) -> Result<(Uuid, Stage, Form), Response> {
    let form = reader.form(posted)?;
    let found = id_and_stage(ids).ok_or_else(|| reader.refuse(ErrorKind::NotFound))?;
    Ok((found.0, found.1, form))
}

fn id_and_stage(ids: IdAndStage) -> Option<(Uuid, Stage)> {
    let Path((id, stage)) = ids.ok()?;
    Some((uuid_from_text(&id).ok()?, Stage::from_word(&stage)?))
}

pub(crate) async fn create_production(reader: Reader<Partner>, id: Id, posted: Posted) -> Response {
    let id = match signed(&reader, id, posted) {
        Ok((id, _)) => id,
        Err(answer) => return answer,
    };
    match reader
        .state()
        .app_center
        .create_production(&reader.person(), id)
        .await
    {
        Ok(created) => credentials(&reader, id, Stage::Production, created, false),
        Err(ActError::Exists) => Redirect::to(&format!("/partner/apps/{id}")).into_response(),
        Err(error) => refused(&reader, id, error, Retyped::Nothing).await,
    }
}

fn as_typed(form: TextsForm<'_>) -> Texts {
    Texts {
        name: form.name.to_owned(),
        summary: form.summary.to_owned(),
        description: form.description.to_owned(),
        terms_url: form.terms_url.to_owned(),
        support_url: form.support_url.to_owned(),
    }
}

/// What a form had that was refused, to show it again.
pub(crate) enum Retyped {
    Nothing,
    Texts(Box<Texts>, Faults),
    Settings(Stage, SettingsTyped, Faults),
}

pub(crate) async fn answer(
    reader: &Reader<Partner>,
    id: Uuid,
    done: Result<(), ActError>,
) -> Response {
    match done {
        // A reload does nothing twice.
        Ok(()) => Redirect::to(&format!("/partner/apps/{id}?saved=yes")).into_response(),
        Err(error) => refused(reader, id, error, Retyped::Nothing).await,
    }
}

pub(crate) async fn refused(
    reader: &Reader<Partner>,
    id: Uuid,
    error: ActError,
    again: Retyped,
) -> Response {
    let status = match &error {
        ActError::NotFound => return reader.refuse(ErrorKind::NotFound),
        ActError::Db(_) | ActError::Blob(_) => return reader.failed(&error),
        ActError::Locked | ActError::OtherState | ActError::Exists | ActError::Secret(_) => {
            StatusCode::CONFLICT
        }
        ActError::Faults(_) | ActError::Incomplete(_) | ActError::Logo(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    page(reader, status, id, Some(Notice::Failed(error)), again).await
}

async fn page(
    reader: &Reader<Partner>,
    status: StatusCode,
    id: Uuid,
    notice: Option<Notice>,
    again: Retyped,
) -> Response {
    let args = (reader.person(), id, reader.state().clock.now());
    // Connections are counted: that may take longer than a point read.
    let found = reader.state().db.scan(args, |tx, (person, id, now)| {
        Box::pin(async move {
            let Some(listing) = own_listing(tx, person, id).await? else {
                return Ok(None);
            };
            let apps = own_apps(tx, person, &listing, *now).await?;
            Ok::<Option<(Listing, Vec<OwnApp>)>, DbError>(Some((listing, apps)))
        })
    });
    let (listing, apps) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return reader.refuse(ErrorKind::NotFound),
        Err(error) => return reader.failed(&error),
    };
    let mut page = PartnerAppPage {
        frame: reader.frame(Section::PartnerApps),
        texts: (listing.texts.clone(), Faults::new()),
        stages: apps
            .into_iter()
            .map(|app| stage_form(reader, app))
            .collect(),
        deep_link: reader.asked.here.www_url(&listing.deep_link()),
        listing,
        notice,
    };
    match again {
        Retyped::Nothing => {}
        Retyped::Texts(texts, faults) => page.texts = (*texts, faults),
        Retyped::Settings(stage, typed, faults) => {
            for form in page.stages.iter_mut().filter(|form| form.stage == stage) {
                (form.typed, form.faults) = (typed.clone(), faults.clone());
            }
        }
    }
    respond::page(status, &page)
}

fn stage_form(reader: &Reader<Partner>, own: OwnApp) -> StageForm {
    StageForm {
        stage: own.behind.stage,
        client_id: own.app.id,
        geolocation: geolocation(reader, &own.app.home),
        enabled: own.app.enabled,
        blocked: own.app.blocked,
        secrets: own.secrets,
        new_secret_id: reader.state().rng.uuid(),
        links: own.links,
        typed: SettingsTyped::of(own.app.settings, own.behind.connect_url),
        faults: Faults::new(),
    }
}
