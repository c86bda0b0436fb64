//! The outbox: its list, one of its items, and sending parked ones again.

use askama::Template;
use bursar_gateway_delivery::{Fault, ItemType};
use bursar_pages::{Field, FluentValue, Frame};

use super::calls::CallRow;
use super::{Mistake, Pill, Text, When, counted, failed_title, titled};

/// `GET /console/items`.
#[derive(Template)]
#[template(path = "items.html")]
pub struct ItemsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What the list is filtered by.
    pub fields: Vec<Field>,
    /// Whether a filter is set.
    pub filtered: bool,
    /// Why nothing is listed, where the address makes no sense.
    pub mistake: Option<Mistake>,
    /// The items.
    pub rows: Vec<ItemRow>,
    /// The list from its beginning, where this is not it.
    pub newest: Option<String>,
    /// Older ones.
    pub older: Option<String>,
    /// Where all that are parked for this reason are sent again.
    pub replay: Option<String>,
}

/// An item in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemRow {
    /// Its page.
    pub href: String,
    /// The merchant's name of it.
    pub key: String,
    /// The merchant's name of the user.
    pub user: String,
    /// What it is.
    pub item_type: &'static str,
    /// How it stands.
    pub state: Pill,
    /// Why, shortened.
    pub reason: String,
    /// When it was accepted.
    pub accepted: When,
}

/// `GET /console/items/{app}/{id}`, and the answer to a correction that has faults.
#[derive(Template)]
#[template(path = "item.html")]
pub struct ItemPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its own address.
    pub href: String,
    /// The item's list.
    pub list: String,
    /// The merchant's name of it.
    pub key: String,
    /// How it stands.
    pub state: Pill,
    /// What it is.
    pub item_type: ItemType,
    /// The merchant's name of the user.
    pub user: String,
    /// The user's items.
    pub user_href: String,
    /// The connection that it goes out for.
    pub connection_href: String,
    /// Why it waits or is parked.
    pub reason: String,
    /// How often it was sent.
    pub attempts: i64,
    /// When what happened: label and instant.
    pub times: Vec<(String, When)>,
    /// What the platform calls it: label and text.
    pub remote: Vec<(String, String)>,
    /// The media type of its image.
    pub image: Option<String>,
    /// The JSON.
    pub body: Text,
    /// What can be done with a parked item.
    pub correction: Option<Correction>,
    /// Whether it was just sent on its way again.
    pub replayed: bool,
    /// The calls that were made for it.
    pub calls: Vec<CallRow>,
}

/// Correcting a parked item, and sending it again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Correction {
    /// The JSON as it is, or as it was typed.
    pub body: String,
    /// Whether the platform may have it already, and cannot be asked.
    pub doubtful: bool,
    /// Why it was not sent again, in a sentence.
    pub refused: String,
    /// What is wrong with the JSON.
    pub faults: Vec<Fault>,
}

/// `GET /console/items/replay`: asks before many items are sent again, and tells how many were.
#[derive(Template)]
#[template(path = "replay.html")]
pub struct ReplayPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The app's id.
    pub app: String,
    /// The app's name.
    pub app_name: String,
    /// Why they are parked.
    pub reason: String,
    /// Those that are parked for it.
    pub list: String,
    /// The last that was looked at.
    pub after: i64,
    /// How many are left.
    pub left: i64,
    /// How many one form sends.
    pub at_once: i64,
    /// How many were sent on their way, and how many had to stay; none before the first form.
    pub done: Option<(i64, i64)>,
    /// Whether trouble ended that before its end.
    pub stopped: bool,
}

impl ItemsPage {
    fn title(&self) -> String {
        let heading = self.frame.messages.text("items-heading");
        titled(&self.frame.messages, heading, self.mistake.is_some())
    }
}

impl ItemPage {
    fn is_quick_expense(&self) -> bool {
        self.item_type == ItemType::QuickExpense
    }

    fn image_link(&self, media_type: &str) -> String {
        let media_type = [("type", media_type.into())];
        self.frame.messages.text_with("item-image-link", media_type)
    }

    fn fault(&self, fault: &Fault) -> String {
        let args = [
            ("path", fault.path.as_str().into()),
            ("expected", fault.expected.as_str().into()),
            ("got", fault.got.as_str().into()),
        ];
        let messages = &self.frame.messages;
        if fault.path.is_empty() {
            return messages.text_with("correct-fault-whole", args);
        }
        messages.text_with("correct-fault", args)
    }

    /// The title: a failed form says so first.
    fn title(&self) -> String {
        let correction = self.correction.as_ref();
        if correction.is_some_and(|correction| !correction.refused.is_empty()) {
            return failed_title(&self.frame.messages, &self.key);
        }
        self.key.clone()
    }
}

impl ReplayPage {
    fn heading(&self) -> String {
        match self.done {
            None => self
                .frame
                .messages
                .text_with("replay-heading", self.count(self.left)),
            Some((done, _)) => self
                .frame
                .messages
                .text_with("replay-done", self.count(done)),
        }
    }

    /// A number for choosing words, and for reading.
    fn count(&self, count: i64) -> [(&'static str, FluentValue<'static>); 2] {
        let shown = counted(&self.frame.messages, count);
        [("count", count.into()), ("shown", shown.into())]
    }

    fn left_out(&self) -> Option<String> {
        let (_, left_out) = self.done.filter(|(_, left_out)| *left_out > 0)?;
        let messages = &self.frame.messages;
        Some(messages.text_with("replay-left-out", self.count(left_out)))
    }

    /// What is left, after a form was sent.
    fn rest(&self) -> Option<String> {
        self.done?;
        let messages = &self.frame.messages;
        Some(messages.text_with("replay-rest", self.count(self.left)))
    }

    fn bound(&self) -> String {
        let messages = &self.frame.messages;
        messages.text_with("replay-bound", self.count(self.at_once))
    }

    fn is_left(&self) -> bool {
        self.left > 0
    }

    fn is_long(&self) -> bool {
        self.left > self.at_once
    }
}
