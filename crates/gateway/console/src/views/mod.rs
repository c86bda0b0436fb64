//! One struct a page: plain data, rendered by the template of its name.

mod calls;
mod connections;
mod items;
mod overview;
mod samples;
mod signin;

pub use calls::{CallPage, CallRow, CallsPage, CaseLinks, Text};
pub use connections::{ConnectionPage, ConnectionRow, ConnectionsPage, DisconnectPage};
pub use items::{Correction, ItemPage, ItemRow, ItemsPage, ReplayPage};
pub use overview::{Alert, AppStanding, OverviewPage, Tile, Trouble};
pub use samples::all as samples;
pub use signin::{SignInPage, SignInProblem};

use bursar_gateway_connect::{App, ConnectionState, Environment};
use bursar_gateway_delivery::State;
use bursar_kernel::Micros;
use bursar_pages::{Field, Frame, Link, Messages, SignedIn};

use crate::BASE;

/// Counts go up to here; beyond, it is said that there are more.
pub const COUNTED_MAX: i64 = 10_000;

/// Pages of the navigation.
pub(crate) const OVERVIEW: &str = "/console/";
pub(crate) const ITEMS: &str = "/console/items";
pub(crate) const CONNECTIONS: &str = "/console/connections";
pub(crate) const CALLS: &str = "/console/calls";

/// What surrounds a page.
pub fn frame(messages: Messages, signed_in: Option<SignedIn>) -> Frame {
    Frame {
        footer: messages.text("console-footer"),
        footer_links: Vec::new(),
        brand: messages.text("console-brand"),
        messages,
        assets: &crate::ASSETS,
        base: BASE.to_owned(),
        signed_in,
        current: None,
    }
}

/// The session of an operator, as pages show it.
pub fn signed_in(messages: &Messages, name: &str, csrf_token: &str) -> SignedIn {
    let link = |href: &'static str, text| Link {
        href: href.into(),
        text,
    };
    SignedIn {
        display_name: name.to_owned(),
        csrf_token: csrf_token.to_owned(),
        nav: vec![
            link(OVERVIEW, messages.text("console-nav-overview")),
            link(ITEMS, messages.text("console-nav-items")),
            link(CONNECTIONS, messages.text("console-nav-connections")),
            link(CALLS, messages.text("console-nav-calls")),
        ],
        account: Vec::new(),
    }
}

/// An instant, for machines and for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct When {
    /// ISO 8601.
    pub machine: String,
    /// As the reader writes it.
    pub text: String,
}

impl When {
    /// At this instant.
    pub fn at(messages: &Messages, at: Micros) -> Self {
        let machine = at.rfc3339();
        let text = messages.instant(&machine);
        Self { machine, text }
    }
}

/// One or two words in a colour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pill {
    /// The words.
    pub text: String,
    /// The class of its colour.
    pub class: &'static str,
}

impl Pill {
    fn new(text: String, class: &'static str) -> Self {
        Self { text, class }
    }

    /// How an item stands.
    pub fn item(messages: &Messages, state: State) -> Self {
        match state {
            State::Waiting => Self::new(messages.text("item-waiting"), "pill-warn"),
            State::Sending => Self::new(messages.text("item-sending"), ""),
            State::Delivered => Self::new(messages.text("item-delivered"), "pill-good"),
            State::Parked => Self::new(messages.text("item-parked"), "pill-bad"),
        }
    }

    /// How a connection stands.
    pub fn connection(messages: &Messages, state: ConnectionState, troubled: bool) -> Self {
        match state {
            ConnectionState::Connected if troubled => {
                Self::new(messages.text("connection-troubled"), "pill-warn")
            }
            ConnectionState::Connected => {
                Self::new(messages.text("connection-connected"), "pill-good")
            }
            ConnectionState::Lost => Self::new(messages.text("connection-lost"), "pill-bad"),
            ConnectionState::Ending => Self::new(messages.text("connection-ending"), "pill-warn"),
            ConnectionState::Ended => Self::new(messages.text("connection-ended"), "pill-plain"),
        }
    }

    /// How a call ended.
    pub fn status(messages: &Messages, status: Option<i64>) -> Self {
        match status {
            None => Self::new(messages.text("call-unanswered"), "pill-bad"),
            Some(status) if status >= 500 => Self::new(status.to_string(), "pill-bad"),
            Some(status) if status >= 400 => Self::new(status.to_string(), "pill-warn"),
            Some(status) => Self::new(status.to_string(), "pill-good"),
        }
    }

    /// What an app is for.
    pub fn environment(messages: &Messages, environment: Environment) -> Self {
        match environment {
            Environment::Development => Self::new(messages.text("app-development"), "pill-plain"),
            Environment::Production => Self::new(messages.text("app-production"), ""),
        }
    }
}

/// A count as it is written: beyond what was counted there is a plus.
pub fn counted(messages: &Messages, count: i64) -> String {
    if count > COUNTED_MAX {
        return more(messages, count);
    }
    messages.amount(&count.to_string(), "")
}

/// A count with a plus: there may be more.
fn more(messages: &Messages, count: i64) -> String {
    let number = messages.amount(&count.min(COUNTED_MAX).to_string(), "");
    messages.text_with("count-more", [("count", number.into())])
}

/// How long something takes, in the largest fitting unit.
pub fn age(messages: &Messages, span: std::time::Duration) -> String {
    let minutes = span.as_secs() / 60;
    match minutes {
        0..60 => messages.text_with("age-minutes", [("count", minutes.into())]),
        60..2_880 => messages.text_with("age-hours", [("count", (minutes / 60).into())]),
        _ => messages.text_with("age-days", [("count", (minutes / 1_440).into())]),
    }
}

/// What of an address makes no sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistake {
    /// No state has this name.
    State,
    /// No outcome has this name.
    Outcome,
    /// It is no connection's id.
    Connection,
    /// It is no place in the list.
    Before,
    /// Items that are not parked are not found by a reason.
    Reason,
}

impl Mistake {
    fn sentence(self, messages: &Messages) -> String {
        match self {
            Self::State => messages.text("mistake-state"),
            Self::Outcome => messages.text("mistake-outcome"),
            Self::Connection => messages.text("mistake-connection"),
            Self::Before => messages.text("mistake-before"),
            Self::Reason => messages.text("mistake-reason"),
        }
    }
}

/// The title of a page whose form failed says so first.
fn failed_title(messages: &Messages, title: &str) -> String {
    messages.text_with("title-failed", [("title", title.into())])
}

/// The title of a page whose form may have failed.
fn titled(messages: &Messages, title: String, failed: bool) -> String {
    if failed {
        return failed_title(messages, &title);
    }
    title
}

/// The field that chooses an app.
pub fn app_field(messages: &Messages, apps: &[App], current: &App) -> Field {
    let options = apps.iter().map(|app| (app.id.clone(), app_name(app)));
    let label = messages.text("find-app");
    Field::line("find", "app", label, &current.id).choice(options.collect::<Vec<_>>())
}

/// How an app is called: the merchant's name, and the id that tells it from others.
pub fn app_name(app: &App) -> String {
    if app.brand.name.is_empty() || app.brand.name == app.id {
        return app.id.clone();
    }
    format!("{} ({})", app.brand.name, app.id)
}

#[cfg(test)]
mod tests;
