//! The lower part of a receipt: totals, taxes, discounts, payments.

use std::borrow::Cow;

use serde_json::Value;

use super::fields::{joined, list, text};
use super::flow::{Align, Cell, Flow, WIDTH};
use super::table::{Column, Kind, Table};
use super::text::{HAIR, INK, Style, Text};
use super::words::Words;

/// Between a sum and what it is called.
const LABEL_GAP: f32 = 14.0;

/// Subtotal, discounts, taxes and the total, at the right edge.
pub(super) fn totals(flow: &mut Flow, words: &Words, receipt: &Value) {
    let lines: Vec<(Text, Text, Style)> = [
        ("subtotal", "subtotal", Style::BODY),
        ("discounts", "discountsTotal", Style::BODY),
        ("taxes", "taxesTotal", Style::BODY),
        ("total", "total", Style::SUM),
    ]
    .into_iter()
    .filter_map(|(label, key, style)| {
        let amount = amount(words, receipt, key, style).pop()?;
        let currency = text(receipt, "currencyCode").filter(|_| style == Style::SUM);
        let label = match currency {
            Some(code) => words.text(&words.say_with("total-in", [("currency", &code)]), style),
            None => words.label(label, style),
        };
        Some((label, amount, style))
    })
    .collect();
    let widest = |texts: &mut dyn Iterator<Item = &Text>| {
        let widths = texts.map(Text::width);
        widths.fold(0.0, f32::max)
    };
    let width = widest(&mut lines.iter().map(|line| &line.1)).clamp(80.0, WIDTH * 0.7);
    let label_width = widest(&mut lines.iter().map(|line| &line.0)) + LABEL_GAP;
    let label_width = label_width.clamp(100.0, WIDTH - width);
    let x = WIDTH - width - label_width;
    // The sums stay on one page.
    flow.ensure(110.0);
    flow.rule(0.6, INK);
    flow.space(7.0);
    for (label, amount, style) in lines {
        if style == Style::SUM {
            flow.space(4.0);
            flow.bar(x, WIDTH - x, 0.4, HAIR);
            flow.space(5.0);
        }
        flow.row(vec![
            Cell {
                x,
                width: label_width,
                align: Align::Left,
                lines: label.lines(label_width),
            },
            Cell {
                x: x + label_width,
                width,
                align: Align::Right,
                lines: amount.lines(width),
            },
        ]);
    }
}

/// The taxes on the whole receipt.
pub(super) fn taxes(flow: &mut Flow, words: &Words, receipt: &Value) {
    let mut table = Table::new(&[
        Column("tax", Kind::Words(2.0)),
        Column("authority", Kind::Words(1.0)),
        Column("rate", Kind::Figures),
        Column("amount", Kind::Figures),
    ]);
    for tax in list(receipt, "taxes") {
        let name = joined(&[text(tax, "name"), text(tax, "rateType")], " · ");
        table.push(vec![
            called(words, name.map(Cow::Owned), "tax"),
            cell(words, authority(tax), Style::BODY),
            rate(words, tax, "rate"),
            amount(words, tax, "amount", Style::BODY),
        ]);
    }
    let empty = list(receipt, "taxes").is_empty();
    section(flow, words, "taxes", table, empty);
}

/// The discounts on the whole receipt.
pub(super) fn discounts(flow: &mut Flow, words: &Words, receipt: &Value) {
    let mut table = Table::new(&[
        Column("discount", Kind::Words(2.0)),
        Column("code", Kind::Words(1.0)),
        Column("discount-rate", Kind::Figures),
        Column("amount", Kind::Figures),
    ]);
    for discount in list(receipt, "discounts") {
        table.push(vec![
            called(words, text(discount, "discountName"), "discount"),
            cell(words, text(discount, "discountCode"), Style::BODY),
            rate(words, discount, "discountRate"),
            amount(words, discount, "discountAmount", Style::BODY),
        ]);
    }
    let empty = list(receipt, "discounts").is_empty();
    section(flow, words, "discounts", table, empty);
}

/// How the total was paid.
///
/// Source: receipts/supported-receipt-types.markdown, Payments: the kinds are told apart by
/// their fields; a bare amount is cash.
pub(super) fn payments(flow: &mut Flow, words: &Words, receipt: &Value) {
    let mut table = Table::new(&[
        Column("paid-with", Kind::Words(2.0)),
        Column("authorization", Kind::Words(1.0)),
        Column("amount", Kind::Figures),
    ]);
    for payment in list(receipt, "payments") {
        let card = payment.get("cardDetail").unwrap_or(&Value::Null);
        table.push(vec![
            called(words, method(words, payment, card).map(Cow::Owned), "cash"),
            cell(words, text(card, "authorizationCode"), Style::BODY),
            amount(words, payment, "amount", Style::BODY),
        ]);
    }
    let empty = list(receipt, "payments").is_empty();
    section(flow, words, "payments", table, empty);
}

/// Nothing for cash.
fn method(words: &Words, payment: &Value, card: &Value) -> Option<String> {
    let with = |key, argument, given: &str| words.say_with(key, [(argument, given)]).into();
    let ticket = text(payment, "ticketNumber");
    let ticket = ticket.map(|number| with("unused-ticket", "number", &number));
    let source = text(payment, "source").map(|source| source_name(words, source));
    let digits = text(card, "creditCardId");
    let digits = digits.map(|digits| with("card-ending", "digits", &digits));
    let card = joined(&[text(card, "cardType"), digits], " ");
    joined(&[ticket, source, card.map(Cow::Owned)], " · ")
}

/// Source: receipts/supported-receipt-types.markdown, Company Paid and Digital Wallet.
fn source_name<'a>(words: &Words, source: Cow<'a, str>) -> Cow<'a, str> {
    match &*source {
        "GhostCard" => words.say("ghost-card").into(),
        "LodgeCard" => words.say("lodge-card").into(),
        "DirectPay" => words.say("direct-pay").into(),
        "Invoice" => words.say("invoice").into(),
        "ApplePay" => "Apple Pay".into(),
        "AndroidPay" => "Android Pay".into(),
        "SamsungPay" => "Samsung Pay".into(),
        "OlaMoney" => "Ola Money".into(),
        _ => source,
    }
}

/// A heading and a table; nothing when that is empty.
pub(super) fn section(flow: &mut Flow, words: &Words, heading: &str, table: Table, empty: bool) {
    if empty {
        return;
    }
    flow.space(20.0);
    table.draw(flow, words, Some(&words.label(heading, Style::SECTION)));
}

/// A cell of a table; empty when there is no text.
fn cell(words: &Words, text: Option<Cow<'_, str>>, style: Style) -> Vec<Text> {
    let text = text.map(|text| words.text(&text, style));
    text.into_iter().collect()
}

/// What something is called, else what it is.
fn called(words: &Words, name: Option<Cow<'_, str>>, key: &str) -> Vec<Text> {
    let name = name.map(|name| words.text(&name, Style::BODY));
    vec![name.unwrap_or_else(|| words.label(key, Style::BODY))]
}

/// A field that is an amount.
pub(super) fn amount(words: &Words, object: &Value, key: &str, style: Style) -> Vec<Text> {
    let amount = text(object, key).map(|given| words.number(&given).into());
    cell(words, amount, style.amount())
}

/// A field that is a rate.
fn rate(words: &Words, object: &Value, key: &str) -> Vec<Text> {
    let rate = text(object, key).map(|given| percent(words, &given).into());
    cell(words, rate, Style::BODY.amount())
}

/// A number gets its sign. A discount's rate may be words instead: a sample has "Per Mile".
fn percent(words: &Words, rate: &str) -> String {
    let number = |byte: u8| byte.is_ascii_digit() || b"+-.,".contains(&byte);
    if rate.bytes().all(number) {
        words.say_with("percent", [("number", &words.number(rate))])
    } else {
        rate.to_owned()
    }
}

fn authority(tax: &Value) -> Option<Cow<'_, str>> {
    let authority = tax.get("authority")?;
    let parts = ["addressCountry", "addressRegion"].map(|key| text(authority, key));
    joined(&parts, "-").map(Cow::Owned)
}

/// Name, rate and authority of a tax; nothing when only its amount is known.
pub(super) fn tax_name(words: &Words, tax: &Value) -> Option<String> {
    joined(
        &[
            text(tax, "name"),
            text(tax, "rateType"),
            text(tax, "rate").map(|rate| Cow::Owned(percent(words, &rate))),
            authority(tax).map(|name| Cow::Owned(format!("({name})"))),
        ],
        " ",
    )
}

/// A tax on one line.
pub(super) fn tax_words(words: &Words, tax: &Value) -> String {
    let name = tax_name(words, tax).unwrap_or_else(|| words.say("tax"));
    with_amount(words, name, tax, "amount")
}

/// A discount on one line.
pub(super) fn discount_words(words: &Words, discount: &Value) -> String {
    let parts = [
        text(discount, "discountName"),
        text(discount, "discountCode"),
        text(discount, "discountRate").map(|rate| Cow::Owned(percent(words, &rate))),
    ];
    let name = joined(&parts, " ").unwrap_or_else(|| words.say("discount"));
    with_amount(words, name, discount, "discountAmount")
}

fn with_amount(words: &Words, mut line: String, object: &Value, key: &str) -> String {
    if let Some(amount) = text(object, key) {
        // An amount alone on a line says little.
        line.push('\u{a0}');
        line.push_str(&words.number(&amount));
    }
    line
}
