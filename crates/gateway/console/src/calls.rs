//! The log of calls to the platform: its list, and all that is kept of one.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bursar_gateway_connect::App;
use bursar_gateway_connect::calls::{Call, Outcome, Search, Summary};
use bursar_kernel::{Micros, Uuid};
use bursar_pages::{Field, Messages, respond};
use bursar_web::{Form, encode_form};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::item::Named;
use crate::items::{PAGE, cut, parsed, status, text};
use crate::views::{self, CallPage, CallRow, CallsPage, CaseLinks, Mistake, Pill, Text, When};
use crate::visit::{Operator, file};

/// What a search asks for, as it was typed.
struct Asked {
    search: Search,
    item: String,
    from: String,
    until: String,
    /// What of the address makes no sense.
    mistake: Option<Mistake>,
    before: Option<Uuid>,
    /// Which fields make none.
    bad_item: bool,
    bad_from: bool,
    bad_until: bool,
}

impl Asked {
    fn of(query: &Form) -> Self {
        let typed = |name| query.get(name).unwrap_or_default().trim().to_owned();
        let (item, from, until) = (typed("item"), typed("from"), typed("until"));
        let item_id = item.parse().ok();
        let (begins, ends) = (moment(&from), moment(&until));
        let mut mistake = None;
        let known = |name: &str| Outcome::ALL.into_iter().find(|one| name_of(*one) == name);
        let outcome = parsed(query, ("outcome", Mistake::Outcome), &mut mistake, known);
        let id = |text: &str| text.parse().ok();
        let connection_id = parsed(query, ("connection", Mistake::Connection), &mut mistake, id);
        let before = parsed(query, ("before", Mistake::Before), &mut mistake, id);
        let search = Search {
            correlation_id: text(query, "correlation"),
            user_id: text(query, "user"),
            connection_id,
            item_id,
            outcome: outcome.unwrap_or_default(),
            from: begins,
            until: ends,
        };
        Self {
            bad_item: !item.is_empty() && item_id.is_none(),
            bad_from: !from.is_empty() && begins.is_none(),
            bad_until: !until.is_empty() && ends.is_none(),
            search,
            mistake,
            before,
            item,
            from,
            until,
        }
    }

    fn is_faulty(&self) -> bool {
        self.mistake.is_some() || self.bad_item || self.bad_from || self.bad_until
    }

    /// The list of those.
    fn href(&self, app_id: &str, before: Option<Uuid>) -> String {
        let search = &self.search;
        let before = before.map(|id| id.to_string());
        let connection = search.connection_id.map(|id| id.to_string());
        let pairs = [
            ("app", Some(app_id)),
            ("correlation", search.correlation_id.as_deref()),
            ("user", search.user_id.as_deref()),
            ("connection", connection.as_deref()),
            ("item", Some(self.item.as_str())),
            ("outcome", Some(name_of(search.outcome))),
            ("from", Some(self.from.as_str())),
            ("until", Some(self.until.as_str())),
            ("before", before.as_deref()),
        ];
        let given = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let given = given.filter(|(_, value)| !value.is_empty());
        format!("{}?{}", views::CALLS, encode_form(given))
    }
}

/// A day and a time, in UTC: what a field for both sends, or a day alone.
fn moment(text: &str) -> Option<Micros> {
    let at: DateTime = text.parse().ok()?;
    let at = at.to_zoned(TimeZone::UTC).ok()?;
    Some(Micros(at.timestamp().as_microsecond()))
}

/// An outcome in an address.
fn name_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Any => "",
        Outcome::Fine => "2xx",
        Outcome::Error => "error",
        Outcome::Refused => "4xx",
        Outcome::Failed => "5xx",
        Outcome::Unanswered => "none",
    }
}

/// `GET /console/calls`.
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
    if !asked.is_faulty() {
        let first = asked.before.unwrap_or(Uuid::max());
        let calls = operator
            .vault()
            .calls(&app.id, asked.search.clone(), first, PAGE + 1);
        found = match calls.await {
            Ok(calls) => calls,
            Err(error) => return operator.failed(&error),
        };
    }
    let frame = operator.frame().at(views::CALLS);
    let messages = &frame.messages;
    let more = cut(&mut found);
    let last = found.last().filter(|_| more).map(|call| call.id);
    let case = asked.search.correlation_id.as_deref();
    let page = CallsPage {
        fields: fields(messages, &operator, &app, &asked),
        connection: asked.search.connection_id.map(|id| id.to_string()),
        filtered: asked.search != Search::default(),
        faulty: asked.is_faulty(),
        mistake: asked.mistake,
        rows: found
            .iter()
            .map(|call| row(messages, &app.id, call))
            .collect(),
        newest: asked.before.map(|_| asked.href(&app.id, None)),
        older: last.map(|id| asked.href(&app.id, Some(id))),
        case: case
            .filter(|_| !found.is_empty())
            .map(|id| case_of(&app.id, id)),
        frame,
    };
    respond::page(status(page.faulty), &page)
}

/// Where the support case of a correlation id is.
fn case_of(app_id: &str, correlation_id: &str) -> CaseLinks {
    let query = encode_form([("correlation", correlation_id)]);
    let file = |ending| format!("{}/{app_id}/case.{ending}?{query}", views::CALLS);
    CaseLinks {
        text: file("txt"),
        json: file("json"),
    }
}

fn fields(messages: &Messages, operator: &Operator, app: &App, asked: &Asked) -> Vec<Field> {
    let apps: Vec<App> = operator.vault().apps().iter().cloned().collect();
    let outcomes = Outcome::ALL.map(|outcome| {
        let label = match outcome {
            Outcome::Any => messages.text("outcome-any"),
            Outcome::Fine => messages.text("outcome-fine"),
            Outcome::Error => messages.text("outcome-error"),
            Outcome::Refused => messages.text("outcome-refused"),
            Outcome::Failed => messages.text("outcome-failed"),
            Outcome::Unanswered => messages.text("outcome-unanswered"),
        };
        (name_of(outcome), label)
    });
    let search = &asked.search;
    let line = |name, label, value: &str| Field::line("find", name, label, value);
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let error = |bad: bool, text: String| if bad { text } else { String::new() };
    let moment = |name, label, value: &str, bad| {
        let field = line(name, label, value).moment();
        field.error(error(bad, messages.text("find-moment-error")))
    };
    let outcome = line(
        "outcome",
        messages.text("find-outcome"),
        name_of(search.outcome),
    );
    let item = line("item", messages.text("find-item"), &asked.item);
    let correlation = given(&search.correlation_id);
    vec![
        views::app_field(messages, &apps, app),
        line(
            "correlation",
            messages.text("call-correlation-id"),
            &correlation,
        ),
        line(
            "user",
            messages.text("find-user-id"),
            &given(&search.user_id),
        ),
        item.error(error(asked.bad_item, messages.text("find-item-error"))),
        outcome.choice(outcomes.into()),
        moment(
            "from",
            messages.text("find-from"),
            &asked.from,
            asked.bad_from,
        ),
        moment(
            "until",
            messages.text("find-until"),
            &asked.until,
            asked.bad_until,
        ),
    ]
}

/// A row of a list.
pub(crate) fn row(messages: &Messages, app_id: &str, call: &Summary) -> CallRow {
    let error = call.error_description.as_ref().or(call.problem.as_ref());
    let error = match (&call.error_code, error) {
        (Some(code), Some(text)) => format!("{code}: {text}"),
        (Some(text), None) | (None, Some(text)) => text.clone(),
        (None, None) => String::new(),
    };
    let url = call.url.split('?').next().unwrap_or_default();
    CallRow {
        href: format!("{}/{app_id}/{}", views::CALLS, call.id),
        started: When::at(messages, call.started_at),
        method: call.method.clone(),
        url: url.to_owned(),
        status: Pill::status(messages, call.status),
        error,
        correlation_id: call.correlation_id.clone(),
    }
}

/// The call of an address, or the page in its place.
async fn named(operator: &Operator, (app, id): &(String, String)) -> Result<(App, Call), Response> {
    let app = operator.app(app)?;
    let id = id.parse().map_err(|_| operator.not_found())?;
    let call = operator.vault().call(&app.id, id).await;
    let call = call.map_err(|error| operator.failed(&error))?;
    Ok((app, call.ok_or_else(|| operator.not_found())?))
}

/// What a call sent. An item's own JSON is with the item.
pub(crate) async fn request_of(
    operator: &Operator,
    app_id: &str,
    call: &Call,
) -> Result<Option<Vec<u8>>, Response> {
    match call.item_id {
        Some(id) if call.has_items_body() => {
            let body = operator.state.outbox.body(app_id, id).await;
            let body = body.map_err(|error| operator.failed(&error))?;
            Ok(body.map(String::into_bytes))
        }
        _ => Ok(call.request_body.clone()),
    }
}

/// `GET /console/calls/{app}/{id}`.
pub(crate) async fn show(operator: Operator, Path(name): Named) -> Response {
    let (app, call) = match named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    let request = match request_of(&operator, &app.id, &call).await {
        Ok(request) => request,
        Err(answer) => return answer,
    };
    let frame = operator.frame().at(views::CALLS);
    let messages = &frame.messages;
    let took = messages.amount(&(call.took_micros / 1_000).to_string(), "");
    let connection = call.connection_id;
    let body = |bytes: Option<&Vec<u8>>| {
        let bytes = bytes.filter(|bytes| !bytes.is_empty());
        bytes.map(|bytes| Text::of(bytes))
    };
    let page = CallPage {
        href: format!("{}/{}/{}", views::CALLS, app.id, call.id),
        list: format!(
            "{}?{}",
            views::CALLS,
            encode_form([("app", app.id.as_str())])
        ),
        method: call.method.clone(),
        url: call.url.clone(),
        status: Pill::status(messages, call.status),
        started: When::at(messages, call.started_at),
        took: messages.text_with("call-milliseconds", [("count", took.into())]),
        facts: facts(messages, &call),
        item: call
            .item_id
            .map(|id| format!("{}/{}/{id}", views::ITEMS, app.id)),
        connection: connection.map(|id| format!("{}/{}/{id}", views::CONNECTIONS, app.id)),
        request: body(request.as_ref()),
        is_items: call.has_items_body(),
        headers: call.response_headers.clone().unwrap_or_default(),
        response: body(call.response_body.as_ref()),
        case: case_of(&app.id, &call.correlation_id),
        frame,
    };
    respond::page(StatusCode::OK, &page)
}

fn facts(messages: &Messages, call: &Call) -> Vec<(String, String)> {
    let facts = [
        (messages.text("call-problem"), call.problem.clone()),
        (messages.text("call-error-code"), call.error_code.clone()),
        (
            messages.text("call-error-description"),
            call.error_description.clone(),
        ),
        (
            messages.text("call-correlation-id"),
            Some(call.correlation_id.clone()),
        ),
        (messages.text("call-user-id"), call.user_id.clone()),
        (messages.text("call-link"), call.link.clone()),
        (messages.text("call-location"), call.location.clone()),
    ];
    let given = |(label, text): (String, Option<String>)| Some((label, text?));
    facts.into_iter().filter_map(given).collect()
}

/// `GET /console/calls/{app}/{id}/request`: the body that was sent, to the letter.
pub(crate) async fn request(operator: Operator, Path(name): Named) -> Response {
    let (app, call) = match named(&operator, &name).await {
        Ok(named) => named,
        Err(answer) => return answer,
    };
    match request_of(&operator, &app.id, &call).await {
        Ok(body) => saved(&operator, body, &format!("request-{}", call.id)),
        Err(answer) => answer,
    }
}

/// `GET /console/calls/{app}/{id}/response`: the body that came back, to the letter.
pub(crate) async fn response(operator: Operator, Path(name): Named) -> Response {
    match named(&operator, &name).await {
        Ok((_, call)) => {
            let name = format!("response-{}", call.id);
            saved(&operator, call.response_body, &name)
        }
        Err(answer) => answer,
    }
}

fn saved(operator: &Operator, body: Option<Vec<u8>>, name: &str) -> Response {
    let Some(body) = body.filter(|body| !body.is_empty()) else {
        return operator.not_found();
    };
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
    if is_json {
        return file(body, "application/json", &format!("{name}.json"));
    }
    file(body, "application/octet-stream", &format!("{name}.txt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_searched_and_back() {
        let asked = "correlation=c1&user=08BDDA1E&item=7&outcome=4xx&from=2026-11-28T06%3A30\
                     &until=2026-11-29";
        let one = Asked::of(&Form::parse(asked.as_bytes()).unwrap());
        assert!(!one.is_faulty());
        assert_eq!(one.search.from, Some(Micros(1_795_847_400_000_000)));
        assert_eq!(one.search.outcome, Outcome::Refused);
        let again = one.href("cafe", None);
        let again = again.strip_prefix("/console/calls?app=cafe&").unwrap();
        let again = Asked::of(&Form::parse(again.as_bytes()).unwrap());
        assert_eq!(again.search, one.search);
        for bad in [
            "item=x",
            "from=yesterday",
            "until=2026-13-01",
            "outcome=6xx",
            "connection=x",
            "before=x",
        ] {
            assert!(
                Asked::of(&Form::parse(bad.as_bytes()).unwrap()).is_faulty(),
                "{bad}"
            );
        }
    }
}
