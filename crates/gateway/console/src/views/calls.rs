//! Calls to the platform: their list, and all that is kept of one.

use askama::Template;
use bursar_pages::{Field, Frame, Messages, json_text};

use super::{Mistake, Pill, When, titled};

/// Characters of a text that a page shows.
const SHOWN_MAX: usize = 20_000;
/// Bytes of a body that are laid out for that, at most: a platform may answer with many.
const LAID_OUT_MAX: usize = 256 << 10;

/// `GET /console/calls`.
#[derive(Template)]
#[template(path = "calls.html")]
pub struct CallsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What the log is searched by.
    pub fields: Vec<Field>,
    /// The connection that it is searched by, which has no field.
    pub connection: Option<String>,
    /// Whether a search is set.
    pub filtered: bool,
    /// Whether the search makes no sense, in its address or in a field.
    pub faulty: bool,
    /// What of its address makes none.
    pub mistake: Option<Mistake>,
    /// The calls.
    pub rows: Vec<CallRow>,
    /// The list from its beginning, where this is not it.
    pub newest: Option<String>,
    /// Older ones.
    pub older: Option<String>,
    /// The support case of what was searched.
    pub case: Option<CaseLinks>,
}

/// A call in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRow {
    /// Its page.
    pub href: String,
    /// When it began.
    pub started: When,
    /// The method.
    pub method: String,
    /// The address, without its query.
    pub url: String,
    /// How it ended.
    pub status: Pill,
    /// What went wrong.
    pub error: String,
    /// The correlation id.
    pub correlation_id: String,
}

/// `GET /console/calls/{app}/{id}`.
#[derive(Template)]
#[template(path = "call.html")]
pub struct CallPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its own address.
    pub href: String,
    /// The app's log.
    pub list: String,
    /// The method.
    pub method: String,
    /// The address.
    pub url: String,
    /// How it ended.
    pub status: Pill,
    /// When it began.
    pub started: When,
    /// How long it took.
    pub took: String,
    /// Label and text.
    pub facts: Vec<(String, String)>,
    /// The item that it carried.
    pub item: Option<String>,
    /// The connection that it was for.
    pub connection: Option<String>,
    /// What was sent; none where nothing was.
    pub request: Option<Text>,
    /// Whether that is the item's JSON.
    pub is_items: bool,
    /// The answer's header fields.
    pub headers: String,
    /// What came back; none where nothing did.
    pub response: Option<Text>,
    /// Its support case.
    pub case: CaseLinks,
}

/// A support case, as a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseLinks {
    /// For reading.
    pub text: String,
    /// For programs.
    pub json: String,
}

/// A body, for reading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// The beginning, laid out where it is JSON.
    pub shown: String,
    /// Whether there is more.
    pub cut: bool,
    /// How many bytes it has.
    pub bytes: usize,
}

impl Text {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let beginning = bytes.get(..LAID_OUT_MAX);
        let text = String::from_utf8_lossy(beginning.unwrap_or(bytes));
        // What of a long body is left cannot tell whether it is JSON; how it begins does.
        let is_json = match beginning {
            Some(_) => text.trim_start().starts_with(['{', '[']),
            None => serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok(),
        };
        let text = if is_json {
            json_text::pretty(&text)
        } else {
            text.into_owned()
        };
        let end = text.char_indices().nth(SHOWN_MAX).map(|(end, _)| end);
        Self {
            shown: end.map_or_else(|| text.clone(), |end| text[..end].to_owned()),
            cut: end.is_some() || beginning.is_some(),
            bytes: bytes.len(),
        }
    }

    pub(super) fn length(&self, messages: &Messages) -> String {
        let bytes = messages.amount(&self.bytes.to_string(), "");
        messages.text_with("body-bytes", [("count", bytes.into())])
    }
}

impl CallsPage {
    fn title(&self) -> String {
        let heading = self.frame.messages.text("calls-heading");
        titled(&self.frame.messages, heading, self.faulty)
    }
}

impl CallPage {
    fn heading(&self) -> String {
        let path = self.url.split("://").nth(1).unwrap_or(&self.url);
        let path = path.find('/').map_or(path, |at| &path[at..]);
        let path = path.split('?').next().unwrap_or(path);
        format!("{} {path}", self.method)
    }
}
