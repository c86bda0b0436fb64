//! Parked items are sent again: one, corrected or as it is, or all that have one reason.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bursar_gateway_delivery::{OutboxError, Refused, Replayed};
use bursar_pages::{ErrorKind, form, respond};
use bursar_web::{Form, encode_form};

use crate::item::{self, Named};
use crate::views::{self, Correction, ReplayPage};
use crate::visit::{Operator, to};

/// A corrected JSON of 1 MiB, each byte of which a form writes as three.
type Corrected = form::Posted<{ 4 << 20 }>;
/// The app, the reason, and where to go on.
type Chosen = form::Posted<{ 16 << 10 }>;

/// `Choice:` items that one form sends on their way: a few seconds' work.
const AT_ONCE: i64 = 2_000;

/// `POST /console/items/{app}/{id}/replay`: with a field `body`, that in place of the JSON.
pub(crate) async fn one(operator: Operator, Path(name): Named, posted: Corrected) -> Response {
    let form = match operator.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let (app, item) = match item::named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    let body = form.names().any(|name| name == "body");
    let body = body.then(|| form.get("body").unwrap_or_default().to_owned());
    let outbox = &operator.state.outbox;
    let refused = match outbox.replay(&app.id, item.id, body.clone()).await {
        Ok(Ok(())) => {
            let by = operator.name();
            tracing::info!(
                by,
                app_id = app.id,
                item_id = item.id,
                "an item is replayed"
            );
            return to(&format!("items/{}/{}?replayed=1", app.id, item.id));
        }
        Ok(Err(refused)) => refused,
        Err(error) => return operator.failed(&error),
    };
    let mut page = match item::page(&operator, &app, &item).await {
        Ok(page) => page,
        Err(answer) => return answer,
    };
    page.correction = page.correction.map(|correction| Correction {
        body: body.unwrap_or(correction.body),
        refused: refused.to_string(),
        faults: match &refused {
            Refused::Invalid(faults) => faults.clone(),
            _ => Vec::new(),
        },
        ..correction
    });
    let status = match refused {
        Refused::NotParked(_) | Refused::NotConnected(_) => StatusCode::CONFLICT,
        Refused::NoItem => StatusCode::NOT_FOUND,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    respond::page(status, &page)
}

/// `GET /console/items/replay`: asks first, and tells afterwards what was done.
pub(crate) async fn ask(operator: Operator) -> Response {
    let query = match operator.query() {
        Ok(query) => query,
        Err(answer) => return answer,
    };
    let app = match operator.app_of(&query) {
        Ok(app) => app,
        Err(answer) => return answer,
    };
    let Some(reason) = query.get("reason") else {
        return operator.not_found();
    };
    let after = match after(&operator, &query) {
        Ok(after) => after,
        Err(answer) => return answer,
    };
    let most = views::COUNTED_MAX + 1;
    let left = operator.state.outbox.parked(&app.id, reason, after, most);
    let left = match left.await {
        Ok(left) => left,
        Err(error) => return operator.failed(&error),
    };
    let list = encode_form([("app", app.id.as_str()), ("reason", reason)]);
    let page = ReplayPage {
        frame: operator.frame().at(views::ITEMS),
        app_name: views::app_name(&app),
        app: app.id,
        reason: reason.to_owned(),
        list: format!("{}?{list}", views::ITEMS),
        after,
        left,
        at_once: AT_ONCE,
        done: number(&query, "done").zip(number(&query, "left-out")),
        stopped: query.get("stopped").is_some(),
    };
    respond::page(StatusCode::OK, &page)
}

fn number(form: &Form, name: &str) -> Option<i64> {
    form.get(name)?.parse().ok()
}

/// The item to begin after. What is no number is not the first one's: nothing is sent twice.
fn after(operator: &Operator, form: &Form) -> Result<i64, Response> {
    let after = form.get("after").unwrap_or("0").parse();
    after.map_err(|_| operator.refuse(ErrorKind::Unreadable))
}

/// `POST /console/items/replay`: sends some on their way, and says how many.
pub(crate) async fn all(operator: Operator, posted: Chosen) -> Response {
    let form = match operator.form(posted) {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let app = match operator.app_of(&form) {
        Ok(app) => app,
        Err(answer) => return answer,
    };
    let Some(reason) = form.get("reason") else {
        return operator.not_found();
    };
    let after = match after(&operator, &form) {
        Ok(after) => after,
        Err(answer) => return answer,
    };
    let outbox = &operator.state.outbox;
    let (done, ended) = outbox.replay_parked(&app.id, reason, after, AT_ONCE).await;
    log(&operator, &app.id, reason, &done, &ended);
    let stopped = match ended {
        Err(error) if done.last == after => return operator.failed(&error),
        ended => ended.is_err(),
    };
    let query = encode_form([
        ("app", app.id.as_str()),
        ("reason", reason),
        ("after", &done.last.to_string()),
        ("done", &done.replayed.to_string()),
        ("left-out", &done.left_out.to_string()),
        ("stopped", if stopped { "1" } else { "" }),
    ]);
    to(&format!("items/replay?{query}"))
}

/// Writes down who sent how many on their way, also where it stopped before its end.
fn log(
    operator: &Operator,
    app_id: &str,
    reason: &str,
    done: &Replayed,
    ended: &Result<(), OutboxError>,
) {
    let (by, replayed, left_out) = (operator.name(), done.replayed, done.left_out);
    match ended {
        Ok(()) => tracing::info!(by, app_id, reason, replayed, left_out, "items are replayed"),
        Err(error) => tracing::warn!(
            by, app_id, reason, replayed, left_out, %error,
            "items are replayed in part"
        ),
    }
}
