//! `GET /console/items/{app}/{id}`: all that is known of an item.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bursar_gateway_connect::App;
use bursar_gateway_connect::calls::Search;
use bursar_gateway_delivery::{Item, State};
use bursar_kernel::{Micros, Uuid};
use bursar_pages::{Messages, json_text, respond};
use bursar_web::encode_form;

use crate::views::{self, Correction, ItemPage, Pill, Text, When};
use crate::visit::{Operator, file};
use crate::{calls, items};

/// Calls that are shown with an item.
const CALLS: i64 = 100;

/// An item that an address names.
pub(crate) type Named = Path<(String, String)>;

/// The item of an address, or the page in its place.
pub(crate) async fn named(
    operator: &Operator,
    (app, id): &(String, String),
) -> Result<(App, Item), Response> {
    let app = operator.app(app)?;
    let id = id.parse().map_err(|_| operator.not_found())?;
    let item = operator.state.outbox.get(&app.id, id).await;
    let item = item.map_err(|error| operator.failed(&error))?;
    Ok((app, item.ok_or_else(|| operator.not_found())?))
}

pub(crate) async fn show(operator: Operator, Path(name): Named) -> Response {
    let query = match operator.query() {
        Ok(query) => query,
        Err(answer) => return answer,
    };
    let (app, item) = match named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    match page(&operator, &app, &item).await {
        Ok(mut page) => {
            page.replayed = query.get("replayed").is_some() && item.state != State::Parked;
            respond::page(StatusCode::OK, &page)
        }
        Err(answer) => answer,
    }
}

/// The page of an item as it stands.
pub(crate) async fn page(
    operator: &Operator,
    app: &App,
    item: &Item,
) -> Result<ItemPage, Response> {
    let outbox = &operator.state.outbox;
    let body = outbox.body(&app.id, item.id).await;
    let body = body.map_err(|error| operator.failed(&error))?;
    let body = body.unwrap_or_default();
    let image = outbox.image_type(&app.id, item.id).await;
    let image = image.map_err(|error| operator.failed(&error))?;
    let search = Search {
        item_id: Some(item.id),
        ..Search::default()
    };
    let found = operator.vault().calls(&app.id, search, Uuid::max(), CALLS);
    let mut found = found.await.map_err(|error| operator.failed(&error))?;
    found.reverse();
    let frame = operator.frame().at(views::ITEMS);
    let messages = &frame.messages;
    let correction = (item.state == State::Parked).then(|| Correction {
        body: json_text::pretty(&body),
        doubtful: item.doubtful,
        refused: String::new(),
        faults: Vec::new(),
    });
    Ok(ItemPage {
        href: format!("/console/items/{}/{}", app.id, item.id),
        list: format!(
            "{}?{}",
            views::ITEMS,
            encode_form([("app", app.id.as_str())])
        ),
        key: item.key.clone(),
        state: Pill::item(messages, item.state),
        item_type: item.item_type,
        user: item.user_ref.clone(),
        user_href: items::href_of_user(&app.id, &item.user_ref),
        connection_href: format!("{}/{}/{}", views::CONNECTIONS, app.id, item.connection_id),
        reason: item.reason.clone().unwrap_or_default(),
        attempts: item.attempts,
        times: times(messages, item),
        remote: remote(messages, item),
        image,
        body: Text::of(body.as_bytes()),
        correction,
        replayed: false,
        calls: found
            .iter()
            .map(|call| calls::row(messages, &app.id, call))
            .collect(),
        frame,
    })
}

fn times(messages: &Messages, item: &Item) -> Vec<(String, When)> {
    let open = matches!(item.state, State::Waiting | State::Sending);
    let given_up = Some(item.give_up_at).filter(|_| open);
    let times = [
        (messages.text("item-accepted"), Some(item.accepted_at)),
        (messages.text("item-first-attempt"), item.first_attempt_at),
        (messages.text("item-due"), item.due_at),
        (messages.text("item-give-up"), given_up),
        (messages.text("item-ended"), item.ended_at),
    ];
    let when = |(label, at): (String, Option<Micros>)| Some((label, When::at(messages, at?)));
    times.into_iter().filter_map(when).collect()
}

fn remote(messages: &Messages, item: &Item) -> Vec<(String, String)> {
    let texts = [
        (messages.text("item-remote-id"), &item.remote_id),
        (messages.text("item-location"), &item.location),
        (messages.text("call-correlation-id"), &item.correlation_id),
    ];
    let given = |(label, text): (String, &Option<String>)| Some((label, text.clone()?));
    texts.into_iter().filter_map(given).collect()
}

/// `GET /console/items/{app}/{id}/body.json`: the JSON to the letter.
pub(crate) async fn body(operator: Operator, Path(name): Named) -> Response {
    let (app, item) = match named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    match operator.state.outbox.body(&app.id, item.id).await {
        Ok(body) => {
            let name = format!("item-{}.json", item.id);
            file(
                body.unwrap_or_default().into_bytes(),
                "application/json",
                &name,
            )
        }
        Err(error) => operator.failed(&error),
    }
}

/// `GET /console/items/{app}/{id}/image`.
pub(crate) async fn image(operator: Operator, Path(name): Named) -> Response {
    let (app, item) = match named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    match operator.state.outbox.image(&app.id, item.id).await {
        Ok(Some((media_type, bytes))) => {
            let ending = media_type.rsplit('/').next().unwrap_or_default();
            let name = format!("item-{}.{ending}", item.id);
            file(bytes.to_vec(), &media_type, &name)
        }
        Ok(None) => operator.not_found(),
        Err(error) => operator.failed(&error),
    }
}
