//! Fields of forms: label, hint, what was typed, and what is wrong with it.

use askama::Template;
use bursar_appcenter::{Fault, Faults};

use crate::messages::Messages;

/// One field. It renders itself, for `{{ field|safe }}`.
#[derive(Template, Clone)]
#[template(path = "field.html")]
pub struct Field {
    id: String,
    name: &'static str,
    control: Control,
    label: String,
    hint: String,
    value: String,
    error: String,
    /// What can be chosen: value and label.
    options: Vec<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    Line,
    Address,
    Day,
    Paragraphs,
    Note,
    Addresses,
    Choice,
}

impl Field {
    /// A line of text. `form` tells it from fields of the same name in other forms of the page.
    pub fn line(form: &str, name: &'static str, label: String, value: &str) -> Self {
        Self {
            id: format!("{form}-{name}").replace('_', "-"),
            name,
            control: Control::Line,
            label,
            hint: String::new(),
            value: value.to_owned(),
            error: String::new(),
            options: Vec::new(),
        }
    }

    /// The same for an address.
    #[must_use]
    pub fn address(self) -> Self {
        let control = Control::Address;
        Self { control, ..self }
    }

    /// The same for a day.
    #[must_use]
    pub fn day(self) -> Self {
        let control = Control::Day;
        Self { control, ..self }
    }

    /// The same for several lines.
    #[must_use]
    pub fn paragraphs(self) -> Self {
        let control = Control::Paragraphs;
        Self { control, ..self }
    }

    /// The same for a few lines.
    #[must_use]
    pub fn note(self) -> Self {
        let control = Control::Note;
        Self { control, ..self }
    }

    /// The same for several addresses, one a line.
    #[must_use]
    pub fn addresses(self) -> Self {
        let control = Control::Addresses;
        Self { control, ..self }
    }

    /// The same for one of these values, each with its label.
    #[must_use]
    pub fn choice<V: Into<String>>(self, options: Vec<(V, String)>) -> Self {
        let control = Control::Choice;
        let options = options.into_iter();
        let options = options
            .map(|(value, label)| (value.into(), label))
            .collect();
        Self {
            control,
            options,
            ..self
        }
    }

    /// With words that help to fill it.
    #[must_use]
    pub fn hint(self, hint: String) -> Self {
        Self { hint, ..self }
    }

    /// With its fault, if `faults` has one.
    #[must_use]
    pub fn checked(self, messages: &Messages, faults: &Faults) -> Self {
        let error = error(messages, faults, self.name);
        Self { error, ..self }
    }

    fn input_type(&self) -> &'static str {
        match self.control {
            // "url" would let browsers refuse what our own words explain better.
            Control::Day => "date",
            _ => "text",
        }
    }

    /// How many lines are shown; none where one line is enough.
    fn rows(&self) -> Option<u8> {
        match self.control {
            Control::Paragraphs => Some(6),
            Control::Note | Control::Addresses => Some(3),
            _ => None,
        }
    }

    fn is_choice(&self) -> bool {
        self.control == Control::Choice
    }

    fn is_address(&self) -> bool {
        matches!(self.control, Control::Address | Control::Addresses)
    }

    /// The ids that describe it.
    fn described_by(&self) -> String {
        let id = &self.id;
        let part = |text: &String, part: &str| match text.as_str() {
            "" => String::new(),
            _ => format!("{id}-{part} "),
        };
        let ids = part(&self.error, "error") + &part(&self.hint, "hint");
        ids.trim_end().to_owned()
    }
}

/// What is wrong with a field, in words; empty when nothing is.
pub(super) fn error(messages: &Messages, faults: &Faults, name: &str) -> String {
    let Some(fault) = faults.get(name) else {
        return String::new();
    };
    match fault {
        Fault::Missing => messages.text("fault-missing"),
        Fault::TooLong(max) => messages.text_with("fault-too-long", [("max", (*max).into())]),
        Fault::Invisible => messages.text("fault-invisible"),
        Fault::NotAnAddress => messages.text("fault-not-an-address"),
        Fault::NotHttps => messages.text("fault-not-https"),
        Fault::NotPlain => messages.text("fault-not-plain"),
        Fault::Reserved(name) => messages.text_with("fault-reserved", [("name", (*name).into())]),
        Fault::NotAScope(name) => {
            messages.text_with("fault-not-a-scope", [("name", name.as_str().into())])
        }
        Fault::NotARedirectUri(line) => {
            messages.text_with("fault-not-a-redirect-uri", [("line", line.as_str().into())])
        }
        Fault::Repeated(line) => {
            messages.text_with("fault-repeated", [("line", line.as_str().into())])
        }
        Fault::NotOffered => messages.text("fault-not-offered"),
        Fault::NotADay => messages.text("fault-not-a-day"),
    }
}
