//! What is connected, and ending it.

use askama::Template;
use bursar_appcenter::Kind;
use bursar_oauth::{Connection, Link};
use bursar_pages::Frame;

/// `GET /connections`: the apps that act for the reader, or for the company.
#[derive(Template)]
#[template(path = "connections.html")]
pub struct ConnectionsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What is connected, or was, for each kind that the reader connects; the newest first.
    pub sections: Vec<(Kind, Vec<Connection>)>,
    /// Whether something was just disconnected.
    pub saved: bool,
}

/// `GET /connections/{kind}/{app}/disconnect`: what ending a connection means.
#[derive(Template)]
#[template(path = "disconnect.html")]
pub struct DisconnectPage {
    /// What surrounds it.
    pub frame: Frame,
    /// For whom the app acts.
    pub kind: Kind,
    /// The connection.
    pub connection: Connection,
}

fn path(kind: Kind, connection: &Connection) -> String {
    format!(
        "/connections/{}/{}/disconnect",
        kind.word(),
        connection.app_id
    )
}

impl ConnectionsPage {
    fn section_title(&self, kind: Kind) -> String {
        match kind {
            Kind::User => self.frame.messages.text("connections-user"),
            Kind::Enterprise => self.frame.messages.text("connections-enterprise"),
        }
    }

    fn path(kind: Kind, connection: &Connection) -> String {
        path(kind, connection)
    }

    fn link(&self, link: Link) -> String {
        match link {
            Link::Connected => self.frame.messages.text("connection-connected"),
            Link::DeLinked => self.frame.messages.text("connection-de-linked"),
            Link::Revoked => self.frame.messages.text("connection-revoked"),
        }
    }

    fn link_class(link: Link) -> &'static str {
        match link {
            Link::Connected => "pill pill-good",
            Link::DeLinked => "pill pill-warn",
            Link::Revoked => "pill",
        }
    }

    fn can_end(link: Link) -> bool {
        link != Link::Revoked
    }

    fn label(&self, connection: &Connection) -> String {
        let app = ("app", connection.app_name.as_str().into());
        self.frame
            .messages
            .text_with("connection-disconnect-app", [app])
    }
}

impl DisconnectPage {
    fn title(&self) -> String {
        let app = ("app", self.connection.app_name.as_str().into());
        self.frame.messages.text_with("disconnect-title", [app])
    }

    fn lead(&self) -> String {
        match self.kind {
            Kind::User => self.frame.messages.text("disconnect-lead-user"),
            Kind::Enterprise => self.frame.messages.text("disconnect-lead-enterprise"),
        }
    }

    fn path(&self) -> String {
        path(self.kind, &self.connection)
    }
}
