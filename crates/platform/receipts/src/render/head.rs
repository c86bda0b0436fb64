//! The upper part of a receipt: merchant and total, the facts, the parties.

use std::borrow::Cow;

use serde_json::Value;

use super::ReceiptContext;
use super::amount::format_amount;
use super::fields::{address_lines, joined, object, text};
use super::flow::{Align, Cell, Flow, WIDTH};
use super::grid::{Entry, Fact, Form, GUTTER, body, cell, entries, grid};
use super::text::{ACCENT, HAIR, Style, Text};
use crate::model::seller;

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
    let seller = seller(receipt);
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
    const FACTS: [Fact; 5] = [
        ("Date and time", "dateTime", Form::When),
        ("Reference", "reference", Form::Plain),
        ("Collection reference", "collectionReference", Form::Plain),
        ("User", "user", Form::Plain),
        ("App", "app", Form::Plain),
    ];
    let mut entries = entries(receipt, &FACTS);
    entries.push(("Type", body(ctx.receipt_type)));
    grid(flow, entries, 4);
}

/// The seller's and the broker's address, tax id and contacts.
pub(super) fn parties(flow: &mut Flow, receipt: &Value) {
    let seller = seller(receipt);
    let location = seller.get("location").unwrap_or(&Value::Null);
    let others: Vec<Entry> = [("Merchant", "merchant"), ("Arranged by", "broker")]
        .into_iter()
        .filter_map(|(label, key)| Some((label, object(receipt, key)?)))
        // Without a seller the merchant is one.
        .filter(|(_, party)| !std::ptr::eq(*party, seller))
        .map(|(label, party)| (label, named(party)))
        .collect();
    let mut entries: Vec<Entry> = vec![("Seller", place(location))];
    if others.is_empty() {
        entries.push(("Contact", contacts(seller)));
    } else {
        entries[0].1.extend(contacts(seller));
        entries.extend(others);
    }
    entries.retain(|(_, texts)| !texts.is_empty());
    grid(flow, entries, 2);
}

/// A merchant whose name does not stand at the head.
fn named(merchant: &Value) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    texts.extend(text(merchant, "name").map(|name| Text::new(&name, Style::STRONG)));
    texts.extend(text(merchant, "description").map(|more| Text::new(&more, Style::BODY)));
    texts.extend(place(merchant.get("location").unwrap_or(&Value::Null)));
    texts.extend(contacts(merchant));
    texts
}

fn contacts(merchant: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    texts.extend(text(merchant, "taxId").map(|id| labelled("Tax ID", &id)));
    let location = merchant.get("location").unwrap_or(&Value::Null);
    texts.extend(ways_to_reach(location));
    texts
}

/// How to reach a location.
pub(super) fn ways_to_reach(location: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
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

/// The name and number of a location, its address, and where it is on the globe.
pub(super) fn place(location: &Value) -> Vec<Text> {
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
    let position = joined(
        &[text(location, "latitude"), text(location, "longitude")],
        ", ",
    );
    texts.extend(position.map(|position| Text::new(&position, Style::DETAIL.amount())));
    texts
}

fn labelled(label: &str, text: &str) -> Text {
    Text::new(format!("{label} {text}").trim_start(), Style::BODY)
}
