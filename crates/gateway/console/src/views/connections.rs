//! Connections: their list, one of them, and ending it.

use askama::Template;
use bursar_pages::{Field, Frame};

use super::calls::CallRow;
use super::items::ItemRow;
use super::{Mistake, Pill, When, titled};

/// `GET /console/connections`.
#[derive(Template)]
#[template(path = "connections.html")]
pub struct ConnectionsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What the list is filtered by.
    pub fields: Vec<Field>,
    /// Whether a filter is set.
    pub filtered: bool,
    /// Why nothing is listed, where the address makes no sense.
    pub mistake: Option<Mistake>,
    /// The connections.
    pub rows: Vec<ConnectionRow>,
    /// The list from its beginning, where this is not it.
    pub newest: Option<String>,
    /// Older ones.
    pub older: Option<String>,
}

/// A connection in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectionRow {
    /// Its page.
    pub href: String,
    /// Who is connected.
    pub who: String,
    /// Who that is on the platform.
    pub principal: String,
    /// How it stands.
    pub state: Pill,
    /// The data center.
    pub place: String,
    /// When it was made.
    pub connected: When,
    /// When its token expires.
    pub expires: Option<When>,
}

/// `GET /console/connections/{app}/{id}`.
#[derive(Template)]
#[template(path = "connection.html")]
pub struct ConnectionPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its own address.
    pub href: String,
    /// The app's list.
    pub list: String,
    /// Who is connected.
    pub who: String,
    /// How it stands.
    pub state: Pill,
    /// Label and text.
    pub facts: Vec<(String, String)>,
    /// What the token allows.
    pub scopes: Vec<String>,
    /// When what happened: label and instant.
    pub times: Vec<(String, When)>,
    /// The last trouble with its token.
    pub trouble: String,
    /// Whether its user has to reconnect.
    pub lost: bool,
    /// Whether it can be ended.
    pub can_end: bool,
    /// The user's newest items, and all of them.
    pub items: Vec<ItemRow>,
    /// The list of all.
    pub items_href: String,
    /// The newest calls.
    pub calls: Vec<CallRow>,
    /// The list of all.
    pub calls_href: String,
}

/// `GET /console/connections/{app}/{id}/disconnect`: asks first.
#[derive(Template)]
#[template(path = "disconnect.html")]
pub struct DisconnectPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The connection's page.
    pub href: String,
    /// Who is connected.
    pub who: String,
}

impl ConnectionsPage {
    fn title(&self) -> String {
        let heading = self.frame.messages.text("connections-heading");
        titled(&self.frame.messages, heading, self.mistake.is_some())
    }
}

impl DisconnectPage {
    fn heading(&self) -> String {
        let who = [("who", self.who.as_str().into())];
        self.frame.messages.text_with("disconnect-heading", who)
    }
}
