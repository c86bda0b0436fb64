//! What an account sees of its connection.

use askama::Template;
use bursar_pages::Frame;

use super::names;
use crate::Brand;

/// `GET /{app}/account`.
#[derive(Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// Whose account it is.
    pub account: String,
    /// How the connection stands.
    pub standing: Standing,
}

/// How a connection stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There is none.
    None,
    /// Since when, in ISO 8601.
    Connected(String),
    /// The platform takes its token no more.
    Lost,
    /// It is being revoked.
    Ending,
}

/// Asks before something ends.
#[derive(Template)]
#[template(path = "ask.html")]
pub struct AskPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who are connected.
    pub brand: Brand,
    /// What is asked.
    pub question: Question,
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// Whether to end the connection.
    Disconnect,
    /// Whether to delete the account.
    Delete,
}

impl AccountPage {
    fn state(&self) -> String {
        let messages = &self.frame.messages;
        match self.standing {
            Standing::None => messages.text_with("account-none", names(&self.brand)),
            Standing::Connected(_) => messages.text_with("account-connected", names(&self.brand)),
            Standing::Lost => messages.text_with("account-lost", names(&self.brand)),
            Standing::Ending => messages.text_with("account-ending", names(&self.brand)),
        }
    }

    /// Since when it is connected, in ISO 8601.
    fn since(&self) -> Option<&str> {
        match &self.standing {
            Standing::Connected(since) => Some(since),
            _ => None,
        }
    }

    /// What the button that leads to a connection says.
    fn connect(&self) -> Option<String> {
        let messages = &self.frame.messages;
        match self.standing {
            Standing::None => Some(messages.text("account-connect")),
            Standing::Lost => Some(messages.text("account-reconnect")),
            Standing::Connected(_) | Standing::Ending => None,
        }
    }

    fn can_disconnect(&self) -> bool {
        matches!(self.standing, Standing::Connected(_) | Standing::Lost)
    }
}

impl AskPage {
    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        match self.question {
            Question::Disconnect => messages.text_with("ask-disconnect", names(&self.brand)),
            Question::Delete => messages.text_with("ask-delete", names(&self.brand)),
        }
    }

    fn lead(&self) -> String {
        let messages = &self.frame.messages;
        match self.question {
            Question::Disconnect => messages.text_with("ask-disconnect-lead", names(&self.brand)),
            Question::Delete => messages.text_with("ask-delete-lead", names(&self.brand)),
        }
    }

    fn yes(&self) -> String {
        let messages = &self.frame.messages;
        match self.question {
            Question::Disconnect => messages.text("ask-disconnect-yes"),
            Question::Delete => messages.text("ask-delete-yes"),
        }
    }

    fn path(&self) -> String {
        let word = match self.question {
            Question::Disconnect => "disconnect",
            Question::Delete => "delete",
        };
        format!("{}/account/{word}", self.base)
    }
}
