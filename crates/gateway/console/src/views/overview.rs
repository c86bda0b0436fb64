//! What needs somebody, and how everything stands.

use askama::Template;
use bursar_gateway_connect::FAILING_AMONG;
use bursar_gateway_delivery::REASON_MAX;
use bursar_pages::{Frame, Messages};

use super::{COUNTED_MAX, Pill, When, counted, more};

/// `GET /console/`.
#[derive(Template)]
#[template(path = "overview.html")]
pub struct OverviewPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What needs somebody.
    pub alerts: Vec<Alert>,
    /// How each app stands.
    pub apps: Vec<AppStanding>,
}

/// Something that needs somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// What it is.
    pub trouble: Trouble,
    /// How many it concerns.
    pub count: i64,
    /// Whether there may be more: not all were looked at.
    pub at_least: bool,
    /// The app's name.
    pub app: String,
    /// The list that shows it.
    pub href: String,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Connections whose token the platform takes no more.
    Lost,
    /// Connections that will be lost soon.
    AtRisk,
    /// Items that are parked for this reason.
    Parked(String),
    /// Items that are parked for reasons beside those.
    ParkedElse,
    /// Items that have waited for long.
    Overdue,
    /// A data center whose calls all failed.
    Failing(String),
}

impl OverviewPage {
    fn waits(&self, age: &str) -> String {
        let age = [("age", age.into())];
        self.frame.messages.text_with("overview-oldest", age)
    }
}

impl Alert {
    fn title(&self, messages: &Messages) -> String {
        let shown = if self.at_least {
            more(messages, self.count)
        } else {
            counted(messages, self.count)
        };
        let args = [("count", self.count.into()), ("shown", shown.into())];
        match &self.trouble {
            Trouble::Lost => messages.text_with("alert-lost", args),
            Trouble::AtRisk => messages.text_with("alert-at-risk", args),
            Trouble::Parked(_) => messages.text_with("alert-parked", args),
            Trouble::ParkedElse => messages.text_with("alert-parked-else", args),
            Trouble::Overdue => messages.text_with("alert-overdue", args),
            Trouble::Failing(_) => messages.text_with("alert-failing", args),
        }
    }

    /// What the platform said, or where. A reason stops where others may go on.
    fn detail(&self) -> String {
        match &self.trouble {
            Trouble::Parked(text) if text.chars().count() == REASON_MAX => format!("{text}…"),
            Trouble::Parked(text) | Trouble::Failing(text) => text.clone(),
            _ => String::new(),
        }
    }

    /// How far was looked, where that is not to the end.
    fn bound(&self, messages: &Messages) -> Option<String> {
        let most = [("shown", counted(messages, COUNTED_MAX).into())];
        self.at_least
            .then(|| messages.text_with("alert-parked-bound", most))
    }

    fn advice(&self, messages: &Messages) -> String {
        match &self.trouble {
            Trouble::Lost => messages.text("alert-lost-advice"),
            Trouble::AtRisk => messages.text("alert-at-risk-advice"),
            Trouble::Parked(_) | Trouble::ParkedElse => messages.text("alert-parked-advice"),
            Trouble::Overdue => messages.text("alert-overdue-advice"),
            Trouble::Failing(_) => {
                let among = [("shown", counted(messages, FAILING_AMONG).into())];
                messages.text_with("alert-failing-advice", among)
            }
        }
    }

    fn class(&self) -> &'static str {
        match self.trouble {
            Trouble::AtRisk | Trouble::Overdue => "alert-card warn",
            _ => "alert-card",
        }
    }
}

/// How an app stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppStanding {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub environment: Pill,
    /// Its items and its connections, each under a title.
    pub groups: Vec<(String, Vec<Tile>)>,
    /// For how long the oldest item has waited, and since when.
    pub oldest: Option<(String, When)>,
}

/// A number that leads to what it counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tile {
    /// What is counted.
    pub label: String,
    /// How many.
    pub count: String,
    /// The list that shows it.
    pub href: String,
    /// Whether there should be none.
    pub bad: bool,
}
