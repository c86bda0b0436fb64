//! A partner's listings, and making new apps.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::api::own_listings;
use bursar_appcenter::{ActError, Created, Entry, EntryForm, Faults, Kind, SettingsForm, Stage};
use bursar_db::DbError;
use bursar_directory::GLOBAL_ZONE;
use bursar_kernel::{Uuid, uuid_from_text};
use bursar_oauth::{Grant, Rotation};
use bursar_pages::{ErrorKind, respond};
use bursar_web::Form;

use crate::reader::{Partner, Posted, Reader};
use crate::views::{CredentialsPage, NewAppPage, PartnerAppsPage, Section, SettingsTyped};

pub(crate) async fn list(reader: Reader<Partner>) -> Response {
    let found = reader.state().db.scan(reader.person(), |tx, person| {
        Box::pin(own_listings(tx, person))
    });
    let listings: Vec<_> = match found.await {
        Ok(listings) => listings,
        Err(error) => return reader.failed::<DbError>(&error),
    };
    let page = PartnerAppsPage {
        frame: reader.frame(Section::PartnerApps),
        listings,
    };
    respond::page(StatusCode::OK, &page)
}

pub(crate) async fn new(reader: Reader<Partner>) -> Response {
    let typed = SettingsTyped {
        scopes: "openid receipts.writeonly".to_owned(),
        grants: vec![Grant::Password, Grant::RefreshToken],
        rotation: Rotation::default().name().to_owned(),
        ..SettingsTyped::default()
    };
    let id = reader.state().rng.uuid();
    let home = reader.session.company.home.clone();
    let kind = Kind::User.word();
    new_page(
        &reader,
        StatusCode::OK,
        (id, kind, &home),
        typed,
        Faults::new(),
    )
}

fn new_page(
    reader: &Reader<Partner>,
    status: StatusCode,
    (id, kind, home): (Uuid, &str, &str),
    typed: SettingsTyped,
    faults: Faults,
) -> Response {
    let all = reader.state().data_centers.iter();
    let homes = all.filter(|one| one.id() != GLOBAL_ZONE);
    let page = NewAppPage {
        frame: reader.frame(Section::PartnerApps),
        id,
        kind: kind.to_owned(),
        home: home.to_owned(),
        homes: homes
            .map(|one| (one.id().to_owned(), one.base_uri().to_owned()))
            .collect(),
        typed,
        faults,
    };
    respond::page(status, &page)
}

pub(crate) async fn create(reader: Reader<Partner>, posted: Posted) -> Response {
    let form = match reader.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let field = |name| form.get(name).unwrap_or_default();
    let Ok(id) = uuid_from_text(field("listing_id")) else {
        return reader.refuse(ErrorKind::Unreadable);
    };
    let (kind, home) = (field("kind"), field("home"));
    let app_center = &reader.state().app_center;
    let settings = settings_form(&form);
    let entry = EntryForm {
        kind,
        home,
        settings,
    };
    let entry = match Entry::parse(entry, app_center.urls(), app_center.data_centers()) {
        Ok(entry) => entry,
        Err(faults) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return new_page(&reader, status, (id, kind, home), typed(&form), faults);
        }
    };
    match app_center.create(&reader.person(), id, entry).await {
        Ok(created) => credentials(&reader, id, Stage::Development, created, false),
        // Sent twice: the secret was in the answer to the first. Another's is not found there.
        Err(ActError::Exists) => Redirect::to(&format!("/partner/apps/{id}")).into_response(),
        Err(error) => reader.failed(&error),
    }
}

pub(crate) fn credentials(
    reader: &Reader<Partner>,
    listing_id: Uuid,
    stage: Stage,
    created: Created,
    another: bool,
) -> Response {
    let page = CredentialsPage {
        frame: reader.frame(Section::PartnerApps),
        listing_id,
        stage,
        geolocation: geolocation(reader, &created.home),
        created,
        another,
    };
    respond::page(StatusCode::CREATED, &page)
}

pub(crate) fn geolocation(reader: &Reader<Partner>, home: &str) -> String {
    let home = reader.state().data_centers.get(home);
    home.map(|home| home.base_uri().to_owned())
        .unwrap_or_default()
}

pub(crate) fn settings_form(form: &Form) -> SettingsForm<'_> {
    let field = |name| form.get(name).unwrap_or_default();
    let chosen = |grant: &Grant| form.get(&format!("grant_{}", grant.name())).is_some();
    SettingsForm {
        name: field("name"),
        connect_url: field("connect_url"),
        scopes: field("scopes"),
        grants: Grant::ALL.into_iter().filter(chosen).collect(),
        redirect_uris: field("redirect_uris"),
        rotation: field("rotation"),
    }
}

pub(crate) fn typed(form: &Form) -> SettingsTyped {
    let typed = settings_form(form);
    SettingsTyped {
        name: typed.name.to_owned(),
        connect_url: typed.connect_url.to_owned(),
        scopes: typed.scopes.to_owned(),
        grants: typed.grants,
        redirect_uris: typed.redirect_uris.to_owned(),
        rotation: typed.rotation.to_owned(),
    }
}
