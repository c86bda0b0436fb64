//! The upper part of a receipt: merchant and total, the facts, the parties, the journey.

use std::borrow::Cow;

use serde_json::Value;

use super::ReceiptContext;
use super::amount::format_amount;
use super::fields::{address_lines, date_time, date_time_line, duration, joined, object, text};
use super::flow::{Align, Cell, Flow, WIDTH};
use super::text::{ACCENT, HAIR, Style, Text};

const GUTTER: f32 = 18.0;

/// A label and the paragraphs under it.
type Entry = (&'static str, Vec<Text>);

/// "Tax invoice" or "Receipt".
pub(super) fn title(receipt: &Value) -> &'static str {
    match receipt.get("taxInvoice") {
        Some(Value::Bool(true)) => "Tax invoice",
        _ => "Receipt",
    }
}

/// The merchant on the left, the total on the right.
pub(super) fn masthead(flow: &mut Flow, receipt: &Value) {
    flow.bar(0.0, 26.0, 2.5, ACCENT);
    flow.space(12.0);
    let seller = receipt.get("seller").unwrap_or(&Value::Null);
    let total = joined(
        &[
            text(receipt, "currencyCode"),
            text(receipt, "total").map(|total| Cow::Owned(format_amount(&total))),
        ],
        " ",
    );
    let total = Text::new(&total.unwrap_or_default(), Style::HERO);
    // The name gets what the total leaves, but at least half.
    let right = total.width().clamp(60.0, WIDTH * 0.5 - GUTTER);
    let left = WIDTH - right - GUTTER;
    let labels = [
        cell(0.0, left, &[Text::new(title(receipt), Style::TITLE)]),
        Cell {
            align: Align::Right,
            ..cell(
                left + GUTTER,
                right,
                &[Text::new("Total", Style::LABEL.leaded(14.0))],
            )
        },
    ];
    flow.row(labels.into());
    flow.space(2.0);
    let name = text(seller, "name").unwrap_or_default();
    let mut merchant = cell(0.0, left, &[Text::new(&name, Style::NAME)]);
    if let Some(description) = text(seller, "description") {
        merchant
            .lines
            .extend(Text::new(&description, Style::BODY).lines(left));
    }
    let lines = total.fitted(right, 12.0);
    let total = Cell {
        x: left + GUTTER,
        width: right,
        align: Align::Right,
        lines,
    };
    flow.row(vec![merchant, total]);
    flow.space(14.0);
    flow.rule(0.4, HAIR);
}

/// Date, references and type.
pub(super) fn facts(flow: &mut Flow, receipt: &Value, ctx: &ReceiptContext<'_>) {
    let mut entries: Vec<Entry> = Vec::new();
    if let Some(given) = text(receipt, "dateTime") {
        entries.push(("Date and time", when(&given)));
    }
    for (label, key) in [
        ("Reference", "reference"),
        ("Collection reference", "collectionReference"),
    ] {
        entries.extend(text(receipt, key).map(|text| (label, body(&text))));
    }
    entries.push(("Type", body(ctx.receipt_type)));
    grid(flow, entries, 4);
}

/// The seller's and the broker's address, tax id and contacts.
pub(super) fn parties(flow: &mut Flow, receipt: &Value) {
    let seller = receipt.get("seller").unwrap_or(&Value::Null);
    let location = seller.get("location").unwrap_or(&Value::Null);
    let mut entries: Vec<Entry> = Vec::new();
    if let Some(broker) = object(receipt, "broker") {
        let mut texts = place(location);
        texts.extend(contacts(seller));
        entries.push(("Seller", texts));

        let mut texts: Vec<Text> = Vec::new();
        texts.extend(text(broker, "name").map(|name| Text::new(&name, Style::STRONG)));
        texts.extend(text(broker, "description").map(|more| Text::new(&more, Style::BODY)));
        texts.extend(place(broker.get("location").unwrap_or(&Value::Null)));
        texts.extend(contacts(broker));
        entries.push(("Arranged by", texts));
    } else {
        entries.push(("Seller", place(location)));
        entries.push(("Contact", contacts(seller)));
    }
    entries.retain(|(_, texts)| !texts.is_empty());
    grid(flow, entries, 2);
}

fn contacts(merchant: &Value) -> Vec<Text> {
    let location = merchant.get("location").unwrap_or(&Value::Null);
    let mut texts = Vec::new();
    texts.extend(text(merchant, "taxId").map(|id| labelled("Tax ID", &id)));
    for (label, key) in [
        ("Telephone", "telephoneNumber"),
        ("Fax", "faxNumber"),
        ("", "emailAddress"),
        ("", "internetAddress"),
    ] {
        texts.extend(text(location, key).map(|text| labelled(label, &text)));
    }
    texts
}

/// The name and number of a location, and its address.
fn place(location: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    if let Some(name) = joined(&[text(location, "name"), text(location, "number")], " · ") {
        texts.push(Text::new(&name, Style::BODY));
    }
    if let Some(address) = location.get("address") {
        texts.extend(
            address_lines(address)
                .iter()
                .map(|line| Text::new(line, Style::BODY)),
        );
    }
    texts
}

/// What ground transport adds: where, when, how far. Other journeys with the same fields too.
pub(super) fn journey(flow: &mut Flow, receipt: &Value) {
    let mut ends: Vec<Entry> = Vec::new();
    for (label, location, time) in [
        ("Pick-up", "pickupLocation", "startDateTime"),
        ("Drop-off", "dropoffLocation", "endDateTime"),
    ] {
        let mut texts = receipt.get(location).map(stop).unwrap_or_default();
        let time = text(receipt, time).map(|given| date_time_line(&given));
        texts.extend(time.map(|time| Text::new(&time, Style::BODY)));
        if !texts.is_empty() {
            ends.push((label, texts));
        }
    }
    let mut entries: Vec<Entry> = Vec::new();
    if let Some(given) = text(receipt, "travelDuration") {
        entries.push(("Duration", body(&duration(&given))));
    }
    if let Some(distance) = receipt.get("distance") {
        let words = joined(
            &[text(distance, "totalDistance"), text(distance, "unit")],
            " ",
        );
        entries.extend(words.map(|words| ("Distance", body(&words))));
    }
    for (label, key) in [
        ("Class of service", "classOfService"),
        ("Driver number", "driverNumber"),
        ("Itinerary", "itineraryLocator"),
        ("Segment", "segmentLocator"),
    ] {
        entries.extend(text(receipt, key).map(|text| (label, body(&text))));
    }
    grid(flow, ends, 2);
    grid(flow, entries, 4);
    if let Some(url) = text(receipt, "mapUrl") {
        grid(flow, vec![("Map of the route", body(&url))], 1);
    }
}

fn stop(location: &Value) -> Vec<Text> {
    let mut texts = place(location);
    let position = joined(
        &[text(location, "latitude"), text(location, "longitude")],
        ", ",
    );
    texts.extend(position.map(|position| Text::new(&position, Style::DETAIL.amount())));
    texts
}

fn when(given: &str) -> Vec<Text> {
    let (date, time) = date_time(given);
    let time = time.map(|time| Text::new(&time, Style::BODY));
    std::iter::once(Text::new(&date, Style::BODY))
        .chain(time)
        .collect()
}

fn body(text: &str) -> Vec<Text> {
    vec![Text::new(text, Style::BODY)]
}

fn labelled(label: &str, text: &str) -> Text {
    Text::new(format!("{label} {text}").trim_start(), Style::BODY)
}

fn cell(x: f32, width: f32, texts: &[Text]) -> Cell {
    let lines = texts.iter().flat_map(|text| text.lines(width)).collect();
    Cell {
        x,
        width,
        align: Align::Left,
        lines,
    }
}

/// Entries side by side in `columns` columns, with a rule below.
fn grid(flow: &mut Flow, entries: Vec<Entry>, columns: u8) {
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
