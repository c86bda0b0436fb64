//! Connections: their list, one of them, and ending it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bursar_db::DbError;
use bursar_gateway_connect::calls::Search;
use bursar_gateway_connect::{App, ConnectionState, Detail, Of, Vault};
use bursar_gateway_delivery::Find;
use bursar_kernel::{Micros, Uuid};
use bursar_pages::{Field, Messages, form, respond};
use bursar_web::{Form, encode_form};

use crate::items::{self, PAGE, cut, parsed, status, text};
use crate::views::{
    self, ConnectionPage, ConnectionRow, ConnectionsPage, DisconnectPage, ItemRow, Mistake, Pill,
    When,
};
use crate::visit::{Operator, to};
use crate::{calls, item::Named};

/// What the list of connections that may be lost soon is called.
const AT_RISK: &str = "at-risk";
/// Items and calls that are shown with a connection.
const FEW: i64 = 10;

/// A form without a field.
type Posted = form::Posted<{ 16 << 10 }>;

/// `GET /console/connections`.
pub(crate) async fn list(operator: Operator) -> Response {
    let query = match operator.query() {
        Ok(query) => query,
        Err(answer) => return answer,
    };
    let app = match operator.app_of(&query) {
        Ok(app) => app,
        Err(answer) => return answer,
    };
    let asked = Asked::of(&query);
    let mut found = Vec::new();
    if asked.mistake.is_none() {
        found = match asked.find(operator.vault(), &app.id).await {
            Ok(found) => found,
            Err(error) => return operator.failed(&error),
        };
    }
    let frame = operator.frame().at(views::CONNECTIONS);
    let messages = &frame.messages;
    // Those of one user are all there.
    let more = asked.who.is_none() && cut(&mut found);
    let last = found.last().filter(|_| more);
    let last = last.map(|detail| detail.connection.id);
    let page = ConnectionsPage {
        fields: fields(messages, &operator, &app, &asked),
        filtered: asked.of != Of::All || asked.who.is_some(),
        mistake: asked.mistake,
        rows: found
            .iter()
            .map(|detail| row(messages, &app.id, detail))
            .collect(),
        newest: asked.before.map(|_| asked.href(&app.id, None)),
        older: last.map(|id| asked.href(&app.id, Some(id))),
        frame,
    };
    respond::page(status(asked.mistake.is_some()), &page)
}

/// What an address asks for.
struct Asked {
    of: Of,
    who: Option<String>,
    before: Option<Uuid>,
    /// What of it makes no sense.
    mistake: Option<Mistake>,
}

impl Asked {
    fn of(query: &Form) -> Self {
        let mut mistake = None;
        let named = |name: &str| match name {
            AT_RISK => Some(Of::AtRisk),
            name => ConnectionState::parse(name).map(Of::State),
        };
        let of = parsed(query, ("state", Mistake::State), &mut mistake, named);
        let id = |text: &str| text.parse().ok();
        Self {
            of: of.unwrap_or(Of::All),
            who: text(query, "q"),
            before: parsed(query, ("before", Mistake::Before), &mut mistake, id),
            mistake,
        }
    }

    async fn find(&self, vault: &Vault, app_id: &str) -> Result<Vec<Detail>, DbError> {
        let before = self.before.unwrap_or(Uuid::max());
        match &self.who {
            Some(who) => vault.named(app_id, who, self.of, before).await,
            None => vault.details(app_id, self.of, before, PAGE + 1).await,
        }
    }

    /// The list of those.
    fn href(&self, app_id: &str, before: Option<Uuid>) -> String {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let pairs = [
            ("app", app_id),
            ("state", state_name(self.of)),
            ("q", self.who.as_deref().unwrap_or_default()),
            ("before", &before),
        ];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        format!("{}?{}", views::CONNECTIONS, encode_form(given))
    }
}

fn state_name(of: Of) -> &'static str {
    match of {
        Of::All => "",
        Of::AtRisk => AT_RISK,
        Of::State(state) => state.as_str(),
    }
}

fn fields(messages: &Messages, operator: &Operator, app: &App, asked: &Asked) -> Vec<Field> {
    let apps: Vec<App> = operator.vault().apps().iter().cloned().collect();
    let states = vec![
        ("", messages.text("find-any-state")),
        ("connected", messages.text("connection-connected")),
        (AT_RISK, messages.text("connection-at-risk")),
        ("lost", messages.text("connection-lost")),
        ("ending", messages.text("connection-ending")),
        ("ended", messages.text("connection-ended")),
    ];
    let line = |name, label, value: &str| Field::line("find", name, label, value);
    let state = line("state", messages.text("find-state"), state_name(asked.of));
    let who = asked.who.as_deref().unwrap_or_default();
    let who = line("q", messages.text("find-who"), who);
    vec![
        views::app_field(messages, &apps, app),
        state.choice(states),
        who.hint(messages.text("find-who-hint")),
    ]
}

/// Who is connected, in words.
fn who(messages: &Messages, detail: &Detail) -> String {
    match (&detail.account, detail.connection.account_id) {
        (Some(account), _) => account.user_ref.clone(),
        (None, Some(_)) => messages.text("connection-deleted"),
        (None, None) => messages.text("connection-company"),
    }
}

fn pill(messages: &Messages, detail: &Detail) -> Pill {
    let connection = &detail.connection;
    Pill::connection(messages, connection.state, connection.trouble.is_some())
}

fn row(messages: &Messages, app_id: &str, detail: &Detail) -> ConnectionRow {
    let connection = &detail.connection;
    let expires = connection.refresh_expires_at;
    ConnectionRow {
        href: format!("{}/{app_id}/{}", views::CONNECTIONS, connection.id),
        who: who(messages, detail),
        principal: connection.principal_id.clone(),
        state: pill(messages, detail),
        place: connection.geolocation.clone(),
        connected: When::at(messages, connection.connected_at),
        expires: expires.map(|at| When::at(messages, at)),
    }
}

/// The connection of an address, or the page in its place.
async fn named(
    operator: &Operator,
    (app, id): &(String, String),
) -> Result<(App, Detail), Response> {
    let app = operator.app(app)?;
    let id = id.parse().map_err(|_| operator.not_found())?;
    let detail = operator.vault().detail(&app.id, id).await;
    let detail = detail.map_err(|error| operator.failed(&error))?;
    Ok((app, detail.ok_or_else(|| operator.not_found())?))
}

/// `GET /console/connections/{app}/{id}`.
pub(crate) async fn show(operator: Operator, Path(name): Named) -> Response {
    let (app, detail) = match named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    let (items, last) = match items_of(&operator, &app.id, &detail).await {
        Ok(found) => found,
        Err(error) => return operator.failed(&error),
    };
    let connection = &detail.connection;
    let search = Search {
        connection_id: Some(connection.id),
        ..Search::default()
    };
    let calls = operator.vault().calls(&app.id, search, Uuid::max(), FEW);
    let calls = match calls.await {
        Ok(calls) => calls,
        Err(error) => return operator.failed(&error),
    };
    let frame = operator.frame().at(views::CONNECTIONS);
    let messages = &frame.messages;
    let id = connection.id.to_string();
    let log = encode_form([("app", app.id.as_str()), ("connection", &id)]);
    let user = detail
        .account
        .as_ref()
        .map(|account| account.user_ref.as_str());
    let state = connection.state;
    let page = ConnectionPage {
        href: format!("{}/{}/{id}", views::CONNECTIONS, app.id),
        list: format!(
            "{}?{}",
            views::CONNECTIONS,
            encode_form([("app", app.id.as_str())])
        ),
        who: who(messages, &detail),
        state: pill(messages, &detail),
        facts: facts(messages, &detail),
        scopes: detail
            .scopes
            .split_whitespace()
            .map(ToOwned::to_owned)
            .collect(),
        times: times(messages, &detail, last),
        trouble: connection.trouble.clone().unwrap_or_default(),
        lost: state == ConnectionState::Lost,
        can_end: matches!(state, ConnectionState::Connected | ConnectionState::Lost),
        items,
        items_href: items::href_of_user(&app.id, user.unwrap_or_default()),
        calls: calls
            .iter()
            .map(|call| calls::row(messages, &app.id, call))
            .collect(),
        calls_href: format!("{}?{log}", views::CALLS),
        frame,
    };
    respond::page(StatusCode::OK, &page)
}

/// The newest items of the connection's user, and when the newest delivered one was.
async fn items_of(
    operator: &Operator,
    app_id: &str,
    detail: &Detail,
) -> Result<(Vec<ItemRow>, Option<Micros>), DbError> {
    let Some(account) = &detail.account else {
        return Ok((Vec::new(), None));
    };
    let outbox = &operator.state.outbox;
    let find = Find {
        user: Some(account.user_ref.clone()),
        ..Find::default()
    };
    let found = outbox.find(app_id, find, i64::MAX, FEW).await?;
    let last = outbox.last_delivered(app_id, &account.user_ref).await?;
    let messages = &operator.frame().messages;
    let rows = found.iter().map(|item| items::row(messages, app_id, item));
    Ok((rows.collect(), last.and_then(|item| item.ended_at)))
}

fn facts(messages: &Messages, detail: &Detail) -> Vec<(String, String)> {
    let account = detail.account.as_ref();
    let email = account.and_then(|account| account.email.clone());
    let name = account.map(|account| account.name.clone());
    let connection = &detail.connection;
    let kind = match detail.kind {
        bursar_gateway_connect::Kind::User => messages.text("connection-of-user"),
        bursar_gateway_connect::Kind::Company => messages.text("connection-of-company"),
    };
    let facts = [
        (messages.text("connection-kind"), Some(kind)),
        (messages.text("connection-name"), name),
        (messages.text("connection-email"), email),
        (
            messages.text("connection-principal"),
            Some(connection.principal_id.clone()),
        ),
        (
            messages.text("connection-company-id"),
            detail.company_id.clone(),
        ),
        (
            messages.text("connection-place"),
            Some(connection.geolocation.clone()),
        ),
    ];
    let given = |(label, text): (String, Option<String>)| Some((label, text?));
    facts.into_iter().filter_map(given).collect()
}

fn times(messages: &Messages, detail: &Detail, last: Option<Micros>) -> Vec<(String, When)> {
    let connection = &detail.connection;
    let times = [
        (
            messages.text("connection-connected-at"),
            Some(connection.connected_at),
        ),
        (
            messages.text("connection-refreshed-at"),
            Some(connection.refreshed_at),
        ),
        (
            messages.text("connection-expires-at"),
            connection.refresh_expires_at,
        ),
        (messages.text("connection-last-delivered"), last),
    ];
    let when = |(label, at): (String, Option<Micros>)| Some((label, When::at(messages, at?)));
    times.into_iter().filter_map(when).collect()
}

/// `GET /console/connections/{app}/{id}/disconnect`.
pub(crate) async fn ask(operator: Operator, Path(name): Named) -> Response {
    let (app, detail) = match named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    let frame = operator.frame().at(views::CONNECTIONS);
    let page = DisconnectPage {
        href: format!("{}/{}/{}", views::CONNECTIONS, app.id, detail.connection.id),
        who: who(&frame.messages, &detail),
        frame,
    };
    respond::page(StatusCode::OK, &page)
}

/// `POST /console/connections/{app}/{id}/disconnect`. One that has ended stays so.
pub(crate) async fn disconnect(operator: Operator, Path(name): Named, posted: Posted) -> Response {
    if let Err(answer) = operator.form(posted) {
        return answer;
    }
    let (app, detail) = match named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    let id = detail.connection.id;
    match operator.vault().disconnect(&app.id, id).await {
        Ok(_) => {
            let by = operator.name();
            tracing::info!(by, app_id = app.id, connection_id = %id, "a connection is ended");
            to(&format!("connections/{}/{id}", app.id))
        }
        Err(error) => operator.failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_whom_it_lists_and_back() {
        let asked = |query: &str| Asked::of(&Form::parse(query.as_bytes()).unwrap());
        let one = asked("app=cafe&state=at-risk&q=d+0");
        assert_eq!((one.of, one.who.as_deref()), (Of::AtRisk, Some("d 0")));
        let again = one.href("cafe", None);
        let again = asked(again.strip_prefix("/console/connections?").unwrap());
        assert_eq!(
            (again.of, again.who, again.mistake),
            (one.of, one.who, None)
        );
        assert_eq!(asked("state=parked").mistake, Some(Mistake::State));
        assert_eq!(asked("before=7").mistake, Some(Mistake::Before));
    }
}
