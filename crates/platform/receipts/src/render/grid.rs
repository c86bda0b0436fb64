//! Labelled facts side by side.

use serde_json::Value;

use super::fields::text;
use super::flow::{Align, Cell, Flow, WIDTH};
use super::text::{HAIR, Style, Text};
use super::words::Words;

/// Between columns.
pub(super) const GUTTER: f32 = 18.0;

/// The key of a label, and the paragraphs under it.
pub(super) type Entry = (&'static str, Vec<Text>);

/// The key of a label, the field under it, and how that is put into words.
pub(super) type Fact = (&'static str, &'static str, Form);

/// How a field is put into words.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// Yes or no.
    Flag,
    /// The date, and the time below it.
    When,
    /// A duration in words.
    Duration,
    /// A number.
    Number,
    /// An amount.
    Amount,
    /// A number in a message that has its unit.
    Unit(&'static str),
}

impl Form {
    fn write(self, words: &Words, given: &str) -> Vec<Text> {
        match self {
            Self::Plain => words.body(given),
            Self::Flag => match given {
                "true" => vec![words.label("yes", Style::BODY)],
                "false" => vec![words.label("no", Style::BODY)],
                other => words.body(other),
            },
            Self::When => words.when(given, Style::BODY),
            Self::Duration => words.body(&words.duration(given)),
            Self::Number => words.body(&words.number(given)),
            Self::Amount => vec![words.text(&words.number(given), Style::BODY.amount())],
            Self::Unit(key) => {
                let number = words.number(given);
                words.body(&words.say_with(key, [("number", &number)]))
            }
        }
    }
}

/// Those facts that the object has.
pub(super) fn entries(words: &Words, object: &Value, facts: &[Fact]) -> Vec<Entry> {
    facts
        .iter()
        .filter_map(|(label, key, form)| Some((*label, form.write(words, &text(object, key)?))))
        .collect()
}

/// Paragraphs in a column.
pub(super) fn cell(x: f32, width: f32, texts: &[Text]) -> Cell {
    let lines = texts.iter().flat_map(|text| text.lines(width)).collect();
    Cell {
        x,
        width,
        align: Align::Left,
        lines,
    }
}

/// Entries side by side in `columns` columns, with a rule below.
pub(super) fn grid(flow: &mut Flow, words: &Words, entries: Vec<Entry>, columns: u8) {
    if entries.is_empty() {
        return;
    }
    let gutters = GUTTER * f32::from(columns - 1);
    let width = (WIDTH - gutters) / f32::from(columns);
    let mut entries = entries.into_iter().peekable();
    while entries.peek().is_some() {
        let mut x = 0.0;
        let mut cells = Vec::new();
        for (label, texts) in entries.by_ref().take(usize::from(columns)) {
            let label = words.label(label, Style::LABEL.leaded(13.0));
            let texts: Vec<Text> = std::iter::once(label).chain(texts).collect();
            cells.push(cell(x, width, &texts));
            x += width + GUTTER;
        }
        flow.space(11.0);
        flow.row(cells);
    }
    flow.space(11.0);
    flow.rule(0.4, HAIR);
}
