//! Labelled facts side by side.

use serde_json::Value;

use super::amount::format_amount;
use super::fields::{date_time, duration, text};
use super::flow::{Align, Cell, Flow, WIDTH};
use super::text::{HAIR, Style, Text};

/// Between columns.
pub(super) const GUTTER: f32 = 18.0;

/// A label and the paragraphs under it.
pub(super) type Entry = (&'static str, Vec<Text>);

/// A label, the field under it, and how that is put into words.
pub(super) type Fact = (&'static str, &'static str, Form);

/// How a field is put into words.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// The date, and the time below it.
    When,
    /// A duration in words.
    Duration,
    /// An amount, grouped.
    Amount,
    /// With this unit.
    Unit(&'static str),
}

impl Form {
    fn words(self, given: &str) -> Vec<Text> {
        match self {
            Self::Plain => body(given),
            Self::When => when(given, Style::BODY),
            Self::Duration => body(&duration(given)),
            Self::Amount => vec![Text::new(&format_amount(given), Style::BODY.amount())],
            Self::Unit(unit) => body(&format!("{given} {unit}")),
        }
    }
}

/// Those facts that the object has.
pub(super) fn entries(object: &Value, facts: &[Fact]) -> Vec<Entry> {
    facts
        .iter()
        .filter_map(|(label, key, form)| Some((*label, form.words(&text(object, key)?))))
        .collect()
}

/// A date, and the time below it.
pub(super) fn when(given: &str, style: Style) -> Vec<Text> {
    let (date, time) = date_time(given);
    std::iter::once(date)
        .chain(time)
        .map(|line| Text::new(&line, style))
        .collect()
}

/// One paragraph.
pub(super) fn body(text: &str) -> Vec<Text> {
    vec![Text::new(text, Style::BODY)]
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
pub(super) fn grid(flow: &mut Flow, entries: Vec<Entry>, columns: u8) {
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
            let label = Text::new(label, Style::LABEL.leaded(13.0));
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
