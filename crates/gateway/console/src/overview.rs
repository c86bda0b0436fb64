//! `GET /console/`: what needs somebody, and how everything stands.

use axum::http::StatusCode;
use axum::response::Response;
use bursar_db::DbError;
use bursar_gateway_connect::{App, ConnectionState, Standing as Connections};
use bursar_gateway_delivery::{Standing as Items, State};
use bursar_pages::{Messages, respond};
use bursar_web::encode_form;

use crate::views::{
    self, Alert, AppStanding, OverviewPage, Pill, Tile, Trouble, When, age, counted,
};
use crate::visit::Operator;

/// Reasons that have an alert of their own, for each app.
const REASONS_MAX: usize = 5;

/// Both say how far they counted by one more.
const COUNTED: i64 = views::COUNTED_MAX + 1;

pub(crate) async fn show(operator: Operator) -> Response {
    let frame = operator.frame().at(views::OVERVIEW);
    let (mut alerts, mut apps) = (Vec::new(), Vec::new());
    for app in operator.vault().apps().iter() {
        let (connections, items) = match standing(&operator, &app.id).await {
            Ok(standing) => standing,
            Err(error) => return operator.failed(&error),
        };
        alerts.extend(alerts_of(app, &connections, &items));
        let waits = items.oldest.map(|since| operator.now() - since);
        let oldest = items.oldest.zip(waits).map(|(since, waits)| {
            let messages = &frame.messages;
            (age(messages, waits), When::at(messages, since))
        });
        apps.push(AppStanding {
            id: app.id.clone(),
            name: views::app_name(app),
            environment: Pill::environment(&frame.messages, app.environment),
            groups: groups(&frame.messages, &app.id, &connections, &items),
            oldest,
        });
    }
    let page = OverviewPage {
        frame,
        alerts,
        apps,
    };
    respond::page(StatusCode::OK, &page)
}

async fn standing(operator: &Operator, app_id: &str) -> Result<(Connections, Items), DbError> {
    let connections = operator.vault().standing(app_id, COUNTED).await?;
    let items = operator.state.outbox.standing(app_id, COUNTED).await?;
    Ok((connections, items))
}

/// The list of a page with these parameters.
fn list<'a>(page: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    format!("{page}?{}", encode_form(pairs))
}

fn alerts_of(app: &App, connections: &Connections, items: &Items) -> Vec<Alert> {
    let mut alerts = Vec::new();
    // Of more than are counted, the newest tell the reasons.
    let bounded = items.parked > views::COUNTED_MAX;
    let mut add = |trouble, count: i64, page: &str, name: &str, value: &str| {
        if count > 0 {
            alerts.push(Alert {
                at_least: bounded && matches!(trouble, Trouble::Parked(_) | Trouble::ParkedElse),
                trouble,
                count,
                app: views::app_name(app),
                href: list(page, [("app", app.id.as_str()), (name, value)]),
            });
        }
    };
    for (place, count) in &connections.failing {
        let count = i64::try_from(*count).unwrap_or(COUNTED);
        let trouble = Trouble::Failing(place.clone());
        add(trouble, count, views::CALLS, "outcome", "error");
    }
    let lost = count_of(connections, ConnectionState::Lost);
    add(Trouble::Lost, lost, views::CONNECTIONS, "state", "lost");
    for (reason, count) in items.reasons.iter().take(REASONS_MAX) {
        let trouble = Trouble::Parked(reason.clone());
        add(trouble, *count, views::ITEMS, "reason", reason);
    }
    let told: i64 = items
        .reasons
        .iter()
        .take(REASONS_MAX)
        .map(|(_, count)| count)
        .sum();
    let rest = items.parked - told;
    add(Trouble::ParkedElse, rest, views::ITEMS, "state", "parked");
    add(
        Trouble::Overdue,
        items.overdue,
        views::ITEMS,
        "state",
        "overdue",
    );
    let at_risk = connections.at_risk;
    add(
        Trouble::AtRisk,
        at_risk,
        views::CONNECTIONS,
        "state",
        "at-risk",
    );
    alerts
}

fn count_of(connections: &Connections, state: ConnectionState) -> i64 {
    let mut counts = connections.by_state.iter();
    let found = counts.find(|(known, _)| *known == state);
    found.map_or(0, |(_, count)| *count)
}

fn groups(
    messages: &Messages,
    app_id: &str,
    connections: &Connections,
    items: &Items,
) -> Vec<(String, Vec<Tile>)> {
    let connections = connection_tiles(messages, app_id, connections);
    vec![
        (
            messages.text("overview-items"),
            item_tiles(messages, app_id, items),
        ),
        (messages.text("overview-connections"), connections),
    ]
}

fn connection_tiles(messages: &Messages, app_id: &str, standing: &Connections) -> Vec<Tile> {
    let tile = |label, count, state: &str, bad: bool| Tile {
        label,
        count: counted(messages, count),
        href: list(views::CONNECTIONS, [("app", app_id), ("state", state)]),
        bad: bad && count > 0,
    };
    let count = |state| count_of(standing, state);
    vec![
        tile(
            messages.text("connection-connected"),
            count(ConnectionState::Connected),
            "connected",
            false,
        ),
        tile(
            messages.text("connection-at-risk"),
            standing.at_risk,
            "at-risk",
            true,
        ),
        tile(
            messages.text("connection-lost"),
            count(ConnectionState::Lost),
            "lost",
            true,
        ),
        tile(
            messages.text("connection-ending"),
            count(ConnectionState::Ending),
            "ending",
            false,
        ),
    ]
}

fn item_tiles(messages: &Messages, app_id: &str, standing: &Items) -> Vec<Tile> {
    let tile = |label, count, state: State, bad: bool| Tile {
        label,
        count: counted(messages, count),
        href: list(views::ITEMS, [("app", app_id), ("state", state.as_str())]),
        bad: bad && count > 0,
    };
    vec![
        tile(
            messages.text("item-waiting"),
            standing.waiting,
            State::Waiting,
            false,
        ),
        tile(
            messages.text("item-sending"),
            standing.sending,
            State::Sending,
            false,
        ),
        tile(
            messages.text("item-delivered-lately"),
            standing.delivered,
            State::Delivered,
            false,
        ),
        tile(
            messages.text("item-parked"),
            standing.parked,
            State::Parked,
            true,
        ),
    ]
}
