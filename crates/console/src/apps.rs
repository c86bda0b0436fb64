//! The App Center: what can be connected, and connecting it.

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bursar_appcenter::api::{cards, names_logo, view};
use bursar_appcenter::{ConnectError, Kind, View};
use bursar_blobs::BlobId;
use bursar_db::DbError;
use bursar_kernel::{Uuid, uuid_from_text};
use bursar_oauth::{Connection, Link};
use bursar_pages::{ErrorKind, respond};
use serde::Deserialize;

use crate::connections;
use crate::reader::{Anyone, Posted, Reader};
use crate::views::{AppPage, AppsPage, Section, TermsPage};

/// The query of a listing's pages.
#[derive(Default, Deserialize)]
pub(crate) struct Preview {
    #[serde(rename = "preview-code")]
    code: Option<String>,
}

type Id = Result<Path<String>, PathRejection>;
type Asks = Result<Query<Preview>, QueryRejection>;

/// The id in a path.
pub(crate) fn id_of(id: Id) -> Option<Uuid> {
    id.ok().and_then(|Path(text)| uuid_from_text(&text).ok())
}

pub(crate) async fn list(reader: Reader<Anyone>) -> Response {
    let person = reader.person();
    let today = reader.state().app_center.today();
    let mut sections = Vec::new();
    for kind in Kind::ALL
        .iter()
        .filter(|kind| reader.has(kind.connected_by()))
    {
        let args = (person.clone(), *kind, today.clone());
        let found = reader.state().db.scan(args, |tx, (person, kind, today)| {
            Box::pin(cards(tx, person, *kind, today))
        });
        let mut found: Vec<_> = match found.await {
            Ok(found) => found,
            Err(error) => return reader.failed::<DbError>(&error),
        };
        if *kind == Kind::User {
            found.retain(|card| card.enabled);
        }
        sections.push((*kind, found));
    }
    let page = AppsPage {
        frame: reader.frame(Section::Apps),
        sections,
    };
    respond::page(StatusCode::OK, &page)
}

pub(crate) async fn show(reader: Reader<Anyone>, id: Id, asks: Asks) -> Response {
    match sought(&reader, id, asks).await {
        Ok((view, code)) => listing(&reader, StatusCode::OK, view, code).await,
        Err(answer) => answer,
    }
}

pub(crate) async fn terms(reader: Reader<Anyone>, id: Id, asks: Asks) -> Response {
    let (view, code) = match sought(&reader, id, asks).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    if view.block.is_some() {
        return listing(&reader, StatusCode::CONFLICT, view, code).await;
    }
    let landing = view.connect_url.clone();
    let page = TermsPage {
        frame: reader.frame(Section::Apps),
        view,
        code,
        company_name: reader.session.company.name.clone(),
    };
    leading_to_partner(&landing, &page)
}

pub(crate) async fn agree(reader: Reader<Anyone>, id: Id, asks: Asks, posted: Posted) -> Response {
    if let Err(answer) = reader.form(posted) {
        return answer;
    }
    let Some(listing_id) = id_of(id) else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let code = asks.unwrap_or_default().0.code;
    let app_center = &reader.state().app_center;
    let connected = app_center
        .connect(&reader.person(), listing_id, code.as_deref())
        .await;
    match connected {
        // Source: the e-receipts integration guide, "Connect from the App Center". Choice: 302,
        // for the company page's 301 would be remembered with its token.
        Ok(landing) => to_partner(landing),
        Err(ConnectError::NotFound) => reader.refuse(ErrorKind::NotFound),
        Err(ConnectError::Blocked(_)) => match look(&reader, listing_id, code.as_deref()).await {
            Ok(view) => listing(&reader, StatusCode::CONFLICT, view, code).await,
            Err(answer) => answer,
        },
        Err(error @ (ConnectError::Address | ConnectError::Db(_))) => reader.failed(&error),
    }
}

/// A page whose form is answered by a redirect to a partner's landing page. Partners lead on to
/// their own sign-in, so any `https` address is allowed after this form, and no other page's.
fn leading_to_partner(landing: &str, page: &impl Template) -> Response {
    let own = url::Url::parse(landing).map(|url| url.origin().ascii_serialization());
    match own {
        Ok(origin) if origin.starts_with("http://") => {
            respond::page_leading_to(&format!("https: {origin}"), page)
        }
        _ => respond::page_leading_to("https:", page),
    }
}

/// Leads to a partner's page, with a token in the address: nothing of ours goes along, and nobody
/// keeps it.
fn to_partner(landing: String) -> Response {
    let headers = [
        (header::LOCATION, landing),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (StatusCode::FOUND, headers).into_response()
}

pub(crate) async fn logo(reader: Reader<Anyone>, file: Id) -> Response {
    let name = file.map(|Path(file)| file).unwrap_or_default();
    let blob = name
        .strip_suffix(".png")
        .and_then(|id| id.parse::<BlobId>().ok());
    let Some(blob) = blob else {
        return reader.refuse(ErrorKind::NotFound);
    };
    let state = reader.state();
    let named = state
        .db
        .read(blob.to_string(), |tx, id| Box::pin(names_logo(tx, id)));
    match named.await {
        Ok(true) => {}
        Ok(false) => return reader.refuse(ErrorKind::NotFound),
        Err(error) => return reader.failed::<DbError>(&error),
    }
    match state.blobs.get(blob).await {
        Ok(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                // Named by its content: it never changes.
                (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => reader.failed(&error),
    }
}

async fn listing(
    reader: &Reader<Anyone>,
    status: StatusCode,
    view: View,
    code: Option<String>,
) -> Response {
    let connections = match connections::read(reader, view.listing.kind).await {
        Ok(connections) => connections,
        Err(error) => return reader.failed(&error),
    };
    let is_this = |one: &Connection| one.app_id == view.app.id && one.link == Link::Connected;
    let page = AppPage {
        frame: reader.frame(Section::Apps),
        connected: connections.iter().any(is_this),
        view,
        code,
    };
    respond::page(status, &page)
}

async fn sought(
    reader: &Reader<Anyone>,
    id: Id,
    asks: Asks,
) -> Result<(View, Option<String>), Response> {
    let id = id_of(id).ok_or_else(|| reader.refuse(ErrorKind::NotFound))?;
    let code = asks.unwrap_or_default().0.code;
    let view = look(reader, id, code.as_deref()).await?;
    Ok((view, code))
}

/// The listing as this reader sees it; to others it does not exist.
async fn look(reader: &Reader<Anyone>, id: Uuid, code: Option<&str>) -> Result<View, Response> {
    let today = reader.state().app_center.today();
    let args = (reader.person(), id, code.map(ToOwned::to_owned), today);
    let found = reader
        .state()
        .db
        .read(args, |tx, (person, id, code, today)| {
            Box::pin(view(tx, person, id, code.as_deref(), today))
        });
    match found.await {
        Ok(Some(view)) => Ok(view),
        Ok(None) => Err(reader.refuse(ErrorKind::NotFound)),
        Err(error) => Err(reader.failed::<DbError>(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::SignInPage;

    #[test]
    fn one_page_may_lead_to_a_partner() {
        let policy = |landing: &str| {
            let answer = leading_to_partner(landing, &SignInPage::sample());
            answer.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .to_owned()
        };
        let away = policy("https://partner.example/connect?a=b");
        assert!(
            away.contains("; form-action 'self' https:; base-uri"),
            "{away}"
        );
        let here = policy("http://127.0.0.1:9/connect");
        assert!(here.contains("'self' https: http://127.0.0.1:9;"), "{here}");
        assert!(policy("; script-src *").contains("'self' https:;"));
    }
}
