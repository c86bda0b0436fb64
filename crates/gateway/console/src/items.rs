//! `GET /console/items`: the outbox of an app, newest first.

use axum::http::StatusCode;
use axum::response::Response;
use bursar_gateway_connect::App;
use bursar_gateway_delivery::{Find, Item, State};
use bursar_pages::{Field, Messages, respond};
use bursar_web::{Form, encode_form};

use crate::views::{self, ItemRow, ItemsPage, Mistake, Pill, When};
use crate::visit::Operator;

/// `Choice:` rows of a list.
pub(crate) const PAGE: i64 = 50;
/// Characters of a reason in a list.
const REASON_SHOWN: usize = 120;
/// What a list of waiting items is called that shows only those that waited for too long.
const OVERDUE: &str = "overdue";

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
    let (find, mistake) = (asked.find, asked.mistake);
    let mut items = Vec::new();
    if mistake.is_none() {
        let first = asked.before.unwrap_or(i64::MAX);
        let outbox = &operator.state.outbox;
        let found = outbox.find(&app.id, find.clone(), first, PAGE + 1);
        items = match found.await {
            Ok(items) => items,
            Err(error) => return operator.failed(&error),
        };
    }
    let frame = operator.frame().at(views::ITEMS);
    let messages = &frame.messages;
    let more = cut(&mut items);
    let last = items.last().filter(|_| more).map(|item| item.id);
    let parked = items.iter().any(|item| item.state == State::Parked);
    let replay = find
        .reason
        .as_ref()
        .filter(|_| parked && find.user.is_none());
    let page = ItemsPage {
        fields: fields(messages, &operator, &app, &find),
        filtered: find != Find::default(),
        mistake,
        rows: items
            .iter()
            .map(|item| row(messages, &app.id, item))
            .collect(),
        newest: asked.before.map(|_| href(&app.id, &find, None)),
        older: last.map(|id| href(&app.id, &find, Some(id))),
        replay: replay.map(|reason| {
            let query = encode_form([("app", app.id.as_str()), ("reason", reason)]);
            format!("/console/items/replay?{query}")
        }),
        frame,
    };
    respond::page(status(mistake.is_some()), &page)
}

/// What a list is answered with.
pub(crate) fn status(faulty: bool) -> StatusCode {
    if faulty {
        return StatusCode::BAD_REQUEST;
    }
    StatusCode::OK
}

/// Takes off the row that tells that there are more.
pub(crate) fn cut<T>(rows: &mut Vec<T>) -> bool {
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = rows.len() > page;
    rows.truncate(page);
    more
}

/// A text among the parameters, without blanks around it.
pub(crate) fn text(query: &Form, name: &str) -> Option<String> {
    let text = query.get(name)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A parameter that is one of a kind. One that is given and is none is the first mistake.
pub(crate) fn parsed<T>(
    query: &Form,
    (name, mistake): (&str, Mistake),
    mistakes: &mut Option<Mistake>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let value = parse(&text(query, name)?);
    if value.is_none() {
        mistakes.get_or_insert(mistake);
    }
    value
}

/// What an address asks for.
struct Asked {
    find: Find,
    before: Option<i64>,
    /// What of it makes no sense.
    mistake: Option<Mistake>,
}

impl Asked {
    fn of(query: &Form) -> Self {
        let mut mistake = None;
        // Inside, none is for those that are overdue.
        let named = |name: &str| match name {
            OVERDUE => Some(None),
            name => State::parse(name).map(Some),
        };
        let state = parsed(query, ("state", Mistake::State), &mut mistake, named);
        let id = |text: &str| text.parse().ok();
        let before = parsed(query, ("before", Mistake::Before), &mut mistake, id);
        let find = Find {
            state: state.flatten(),
            overdue: state == Some(None),
            user: text(query, "user"),
            key: text(query, "key"),
            reason: query.get("reason").map(ToOwned::to_owned),
        };
        if find.reason.is_some() && !matches!(state, None | Some(Some(State::Parked))) {
            mistake.get_or_insert(Mistake::Reason);
        }
        Self {
            find,
            before,
            mistake,
        }
    }
}

/// The list of those.
fn href(app_id: &str, find: &Find, before: Option<i64>) -> String {
    let before = before.map(|id| id.to_string());
    let pairs = [
        ("app", Some(app_id)),
        ("state", state_name(find)),
        ("user", find.user.as_deref()),
        ("key", find.key.as_deref()),
        ("reason", find.reason.as_deref()),
        ("before", before.as_deref()),
    ];
    let given = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    format!("{}?{}", views::ITEMS, encode_form(given))
}

fn state_name(find: &Find) -> Option<&'static str> {
    if find.overdue {
        return Some(OVERDUE);
    }
    find.state.map(State::as_str)
}

fn fields(messages: &Messages, operator: &Operator, app: &App, find: &Find) -> Vec<Field> {
    let apps: Vec<App> = operator.vault().apps().iter().cloned().collect();
    let state = state_name(find).unwrap_or_default();
    let states = vec![
        ("", messages.text("find-any-state")),
        ("waiting", messages.text("item-waiting")),
        (OVERDUE, messages.text("item-overdue")),
        ("sending", messages.text("item-sending")),
        ("delivered", messages.text("item-delivered")),
        ("parked", messages.text("item-parked")),
    ];
    let line = |name, label, value: &Option<String>| {
        Field::line("find", name, label, value.as_deref().unwrap_or_default())
    };
    vec![
        views::app_field(messages, &apps, app),
        Field::line("find", "state", messages.text("find-state"), state).choice(states),
        line("user", messages.text("find-user"), &find.user),
        line("key", messages.text("find-key"), &find.key),
        line("reason", messages.text("find-reason"), &find.reason),
    ]
}

/// A row of a list.
pub(crate) fn row(messages: &Messages, app_id: &str, item: &Item) -> ItemRow {
    let reason = item.reason.as_deref().unwrap_or_default();
    let mut shown: String = reason.chars().take(REASON_SHOWN).collect();
    if shown.len() < reason.len() {
        shown.push('…');
    }
    ItemRow {
        href: format!("/console/items/{app_id}/{}", item.id),
        key: item.key.clone(),
        user: item.user_ref.clone(),
        item_type: item.item_type.name(),
        state: Pill::item(messages, item.state),
        reason: shown,
        accepted: When::at(messages, item.accepted_at),
    }
}

/// The list of a user's items.
pub(crate) fn href_of_user(app_id: &str, user: &str) -> String {
    let query = encode_form([("app", app_id), ("user", user)]);
    format!("{}?{query}", views::ITEMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::of(&Form::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn an_address_says_what_is_listed_and_back() {
        let one = asked("app=cafe&state=parked&user=d0&key=k+1&reason=400%3A+a%26b&before=7");
        assert_eq!((one.before, one.mistake), (Some(7), None));
        let again = href("cafe", &one.find, Some(7));
        let again = asked(again.strip_prefix("/console/items?").unwrap());
        assert_eq!((again.find, again.before), (one.find, Some(7)));
        let late = asked("state=overdue&user=+&key=");
        assert!(late.find.overdue && late.find.state.is_none() && late.mistake.is_none());
        assert_eq!(asked("state=&user=+&key=").find, Find::default());
    }

    #[test]
    fn what_makes_no_sense_is_a_mistake() {
        for (query, mistake) in [
            ("state=lost", Mistake::State),
            ("before=x", Mistake::Before),
            ("before=99999999999999999999", Mistake::Before),
            ("state=overdue&reason=x", Mistake::Reason),
            ("state=waiting&reason=x", Mistake::Reason),
        ] {
            assert_eq!(asked(query).mistake, Some(mistake), "{query}");
        }
    }
}
