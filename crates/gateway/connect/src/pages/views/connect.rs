//! The way from an account to a connection.

use askama::Template;
use bursar_pages::Frame;

use super::{names, step};
use crate::Brand;

/// `GET /{app}/connect` for who is signed in, when something waits to be connected.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// Whose account it is.
    pub account: String,
    /// Whether a whole company is connected.
    pub company: bool,
}

/// `GET /{app}/connect` for who is signed in, when nothing waits: two ways to begin.
#[derive(Template)]
#[template(path = "choose.html")]
pub struct ChoosePage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// Whether there was a connection, which the platform takes no more.
    pub lost: bool,
    /// The mail address to start with.
    pub email: String,
    /// Whether it was none.
    pub faulty: bool,
}

/// `GET /{app}/connect/sent`: a mail is on its way.
#[derive(Template)]
#[template(path = "sent.html")]
pub struct SentPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
}

/// `GET /{app}/connected`: the connection was made.
#[derive(Template)]
#[template(path = "connected.html")]
pub struct ConnectedPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// Whose account it is.
    pub account: String,
}

impl ConfirmPage {
    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        if self.company {
            messages.text_with("confirm-heading-company", names(&self.brand))
        } else {
            messages.text_with("confirm-heading", names(&self.brand))
        }
    }

    fn step(&self) -> String {
        step(&self.frame.messages, 2)
    }
}

impl ChoosePage {
    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        if self.lost {
            messages.text_with("choose-heading-lost", names(&self.brand))
        } else {
            messages.text_with("choose-heading", names(&self.brand))
        }
    }

    fn title(&self) -> String {
        let heading = self.heading();
        if !self.faulty {
            return heading;
        }
        let heading = [("title", heading.into())];
        self.frame.messages.text_with("connect-failed", heading)
    }

    fn step(&self) -> String {
        step(&self.frame.messages, 2)
    }
}

impl SentPage {
    fn step(&self) -> String {
        step(&self.frame.messages, 2)
    }
}

impl ConnectedPage {
    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        messages.text_with("connected-heading", names(&self.brand))
    }

    fn step(&self) -> String {
        step(&self.frame.messages, 3)
    }
}
