//! Fields of forms: label, hint, what was typed, and what is wrong with it.

use askama::Template;

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
    Moment,
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

    /// The same for a day and a time.
    #[must_use]
    pub fn moment(self) -> Self {
        let control = Control::Moment;
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

    /// With what is wrong with it, in words; empty when nothing is.
    #[must_use]
    pub fn error(self, error: String) -> Self {
        Self { error, ..self }
    }

    /// The name that the form has it under.
    pub fn name(&self) -> &'static str {
        self.name
    }

    fn input_type(&self) -> &'static str {
        match self.control {
            // "url" would let browsers refuse what our own words explain better.
            Control::Day => "date",
            Control::Moment => "datetime-local",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn field() -> Field {
        Field::line("app", "connect_url", "Landing page".into(), "a\"b")
    }

    fn html(field: &Field) -> String {
        field.render().unwrap()
    }

    #[test]
    fn a_field_has_its_label_and_what_describes_it() {
        let plain = html(&field());
        assert!(plain.contains("<label for=\"app-connect-url\">Landing page</label>"));
        assert!(plain.contains("name=\"connect_url\" type=\"text\" value=\"a&#34;b\">"));
        assert!(!plain.contains("aria-") && !plain.contains("class=\"hint\""));
        let wrong = html(&field().hint("An address".into()).error("No address".into()));
        for text in [
            "id=\"app-connect-url-hint\">An address</p>",
            "id=\"app-connect-url-error\">No address</p>",
            "aria-invalid=\"true\" aria-describedby=\"app-connect-url-error app-connect-url-hint\"",
        ] {
            assert!(wrong.contains(text), "{text} is not there: {wrong}");
        }
        assert_eq!(field().name(), "connect_url");
    }

    #[test]
    fn a_field_is_of_its_kind() {
        assert!(html(&field().day()).contains("type=\"date\""));
        assert!(html(&field().moment()).contains("type=\"datetime-local\""));
        assert!(html(&field().address()).contains("inputmode=\"url\""));
        assert!(html(&field().paragraphs()).contains("rows=\"6\""));
        assert!(html(&field().note()).contains("rows=\"3\">\na&#34;b</textarea>"));
        assert!(html(&field().addresses()).contains("rows=\"3\" inputmode=\"url\""));
        let choice = field().choice(vec![("a", "One".into()), ("a\"b", "Two".into())]);
        let choice = html(&choice);
        assert!(choice.contains("<option value=\"a\">One</option>"));
        assert!(choice.contains("<option value=\"a&#34;b\" selected>Two</option>"));
    }
}
