//! The upper part of a receipt: merchant and total, the facts, the parties.

use serde_json::Value;

use super::ReceiptContext;
use super::fields::{address_lines, joined, object, text};
use super::flow::{Align, Cell, Flow, WIDTH};
use super::grid::{Entry, Fact, Form, GUTTER, cell, entries, grid};
use super::logo::Logo;
use super::text::{ACCENT, HAIR, Style, Text};
use super::words::Words;
use crate::model::seller;
use crate::schema::ReceiptType;

/// The key of "Tax invoice" or "Receipt".
pub(super) fn title(receipt: &Value) -> &'static str {
    match receipt.get("taxInvoice") {
        Some(Value::Bool(true)) => "title-tax-invoice",
        _ => "title-receipt",
    }
}

/// The app's logo and the merchant on the left, the total on the right.
pub(super) fn masthead(flow: &mut Flow, words: &Words, receipt: &Value, logo: Option<&Logo>) {
    flow.bar(0.0, 26.0, 2.5, ACCENT);
    flow.space(12.0);
    let (x, end) = logo.map_or((0.0, 0.0), |logo| {
        (logo.width() + GUTTER, flow.picture(logo))
    });
    let seller = seller(receipt);
    let (currency, amount) = (text(receipt, "currencyCode"), text(receipt, "total"));
    let total = match (currency, amount) {
        (Some(currency), Some(amount)) => words.money(&currency, &amount),
        (currency, amount) => {
            let amount = amount.map(|amount| words.number(&amount));
            amount.unwrap_or_else(|| currency.unwrap_or_default().into_owned())
        }
    };
    let total = words.text(&total, Style::HERO);
    // The name gets what logo and total leave, but at least half.
    let right = total.width().clamp(60.0, (WIDTH - x) * 0.5 - GUTTER);
    let left = WIDTH - x - right - GUTTER;
    let right_cell = |lines| Cell {
        x: x + left + GUTTER,
        width: right,
        align: Align::Right,
        lines,
    };
    let total_label = words.label("total", Style::LABEL.leaded(14.0));
    flow.row(vec![
        cell(x, left, &[words.label(title(receipt), Style::TITLE)]),
        right_cell(total_label.lines(right)),
    ]);
    flow.space(2.0);
    let name = text(seller, "name").unwrap_or_default();
    let mut merchant = cell(x, left, &[words.text(&name, Style::NAME)]);
    if let Some(description) = text(seller, "description") {
        let description = words.text(&description, Style::BODY);
        merchant.lines.extend(description.lines(left));
    }
    flow.row(vec![merchant, right_cell(total.fitted(right, 12.0))]);
    flow.below(end);
    flow.space(14.0);
    flow.rule(0.4, HAIR);
}

/// Date, references and type.
pub(super) fn facts(flow: &mut Flow, words: &Words, receipt: &Value, ctx: &ReceiptContext<'_>) {
    const FACTS: [Fact; 5] = [
        ("date-time", "dateTime", Form::When),
        ("reference", "reference", Form::Plain),
        ("collection-reference", "collectionReference", Form::Plain),
        ("user", "user", Form::Plain),
        ("app", "app", Form::Plain),
    ];
    let mut entries = entries(words, receipt, &FACTS);
    let kind = ctx.receipt_type.map_or("title-receipt", ReceiptType::name);
    entries.push(("type", vec![words.label(kind, Style::BODY)]));
    grid(flow, words, entries, 4);
}

/// The seller's and the broker's address, tax id and contacts.
pub(super) fn parties(flow: &mut Flow, words: &Words, receipt: &Value) {
    let seller = seller(receipt);
    let location = seller.get("location").unwrap_or(&Value::Null);
    let others: Vec<Entry> = ["merchant", "broker"]
        .into_iter()
        .filter_map(|key| Some((key, object(receipt, key)?)))
        // Without a seller the merchant is one.
        .filter(|(_, party)| !std::ptr::eq(*party, seller))
        .map(|(key, party)| (key, named(words, party)))
        .collect();
    let mut entries: Vec<Entry> = vec![("seller", place(words, location))];
    if others.is_empty() {
        entries.push(("contact", contacts(words, seller)));
    } else {
        entries[0].1.extend(contacts(words, seller));
        entries.extend(others);
    }
    entries.retain(|(_, texts)| !texts.is_empty());
    grid(flow, words, entries, 2);
}

/// A merchant whose name does not stand at the head.
fn named(words: &Words, merchant: &Value) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    texts.extend(text(merchant, "name").map(|name| words.text(&name, Style::STRONG)));
    texts.extend(text(merchant, "description").map(|more| words.text(&more, Style::BODY)));
    let location = merchant.get("location").unwrap_or(&Value::Null);
    texts.extend(place(words, location));
    texts.extend(contacts(words, merchant));
    texts
}

fn contacts(words: &Words, merchant: &Value) -> Vec<Text> {
    let id = text(merchant, "taxId").map(|id| words.say_with("tax-id", [("id", &id)]));
    let mut texts: Vec<Text> = id
        .map(|line| words.text(&line, Style::BODY))
        .into_iter()
        .collect();
    let location = merchant.get("location").unwrap_or(&Value::Null);
    texts.extend(ways_to_reach(words, location));
    texts
}

/// How to reach a location.
pub(super) fn ways_to_reach(words: &Words, location: &Value) -> Vec<Text> {
    let numbered = |key, field| {
        let number = text(location, field)?;
        Some(words.say_with(key, [("number", &number)]))
    };
    let plain = |field| text(location, field).map(String::from);
    [
        numbered("telephone", "telephoneNumber"),
        numbered("fax", "faxNumber"),
        plain("emailAddress"),
        plain("internetAddress"),
    ]
    .into_iter()
    .flatten()
    .map(|line| words.text(&line, Style::BODY))
    .collect()
}

/// The name and number of a location, its address, and where it is on the globe.
///
/// Choice: coordinates keep their point in every language: a comma stands between them.
pub(super) fn place(words: &Words, location: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    if let Some(name) = joined(&[text(location, "name"), text(location, "number")], " · ") {
        texts.push(words.text(&name, Style::BODY));
    }
    if let Some(address) = location.get("address") {
        texts.extend(
            address_lines(words, address)
                .iter()
                .map(|line| words.text(line, Style::BODY)),
        );
    }
    let position = joined(
        &[text(location, "latitude"), text(location, "longitude")],
        ", ",
    );
    texts.extend(position.map(|position| words.text(&position, Style::DETAIL.amount())));
    texts
}
