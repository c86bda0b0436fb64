//! Connected apps, and disconnecting them.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bursar_appcenter::Kind;
use bursar_appcenter::api::connections;
use bursar_db::DbError;
use bursar_kernel::uuid_from_text;
use bursar_oauth::{Connection, Link};
use bursar_pages::{ErrorKind, respond};

use crate::reader::{After, Anyone, Posted, Reader, just_saved};
use crate::views::{ConnectionsPage, DisconnectPage, Section};

type KindAndApp = Result<Path<(String, String)>, PathRejection>;

pub(crate) async fn list(reader: Reader<Anyone>, after: After) -> Response {
    let mut sections = Vec::new();
    for kind in kinds(&reader) {
        match read(&reader, kind).await {
            Ok(found) => sections.push((kind, found)),
            Err(error) => return reader.failed(&error),
        }
    }
    let page = ConnectionsPage {
        frame: reader.frame(Section::Connections),
        sections,
        saved: just_saved(after),
    };
    respond::page(StatusCode::OK, &page)
}

pub(crate) async fn ask(reader: Reader<Anyone>, ids: KindAndApp) -> Response {
    let (kind, connection) = match own(&reader, ids).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let page = DisconnectPage {
        frame: reader.frame(Section::Connections),
        kind,
        connection,
    };
    respond::page(StatusCode::OK, &page)
}

pub(crate) async fn disconnect(
    reader: Reader<Anyone>,
    ids: KindAndApp,
    posted: Posted,
) -> Response {
    if let Err(answer) = reader.form(posted) {
        return answer;
    }
    let (kind, connection) = match own(&reader, ids).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let app_center = &reader.state().app_center;
    let ended = app_center
        .disconnect(&reader.person(), kind, connection.app_id)
        .await;
    match ended {
        // One that was ended meanwhile is as it should be.
        Ok(_) => Redirect::to("/connections?saved=yes").into_response(),
        Err(error) => reader.failed(&error),
    }
}

/// The kinds of app that this reader connects.
fn kinds(reader: &Reader<Anyone>) -> impl Iterator<Item = Kind> {
    let all = Kind::ALL.iter().copied();
    all.filter(|kind| reader.has(kind.connected_by()))
}

pub(crate) async fn read(reader: &Reader<Anyone>, kind: Kind) -> Result<Vec<Connection>, DbError> {
    let args = (reader.person(), kind, reader.state().clock.now());
    let found = reader.state().db.read(args, |tx, (person, kind, now)| {
        Box::pin(connections(tx, person, *kind, *now))
    });
    found.await
}

/// The connection in a path, if it is this reader's to end.
async fn own(reader: &Reader<Anyone>, ids: KindAndApp) -> Result<(Kind, Connection), Response> {
    let nothing = || reader.refuse(ErrorKind::NotFound);
    let Path((kind, app_id)) = ids.map_err(|_| nothing())?;
    let kind = kinds(reader).find(|known| known.word() == kind);
    let (Some(kind), Ok(app_id)) = (kind, uuid_from_text(&app_id)) else {
        return Err(nothing());
    };
    let found = read(reader, kind)
        .await
        .map_err(|error| reader.failed(&error))?;
    let live = |one: &Connection| one.app_id == app_id && one.link != Link::Revoked;
    let connection = found.into_iter().find(live).ok_or_else(nothing)?;
    Ok((kind, connection))
}
