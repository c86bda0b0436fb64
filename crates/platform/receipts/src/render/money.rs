//! The lower part of a receipt: totals, taxes, discounts, payments.

use std::borrow::Cow;

use serde_json::Value;

use super::amount::format_amount;
use super::fields::{joined, list, text};
use super::flow::{Align, Cell, Flow, WIDTH};
use super::table::{Column, Kind, Table};
use super::text::{HAIR, INK, Style, Text};

/// Room for a heading, a table heading and one row.
pub(super) const SECTION_START: f32 = 90.0;

/// Subtotal, discounts, taxes and the total, at the right edge.
pub(super) fn totals(flow: &mut Flow, receipt: &Value) {
    let lines: Vec<(&str, Text, Style)> = [
        ("Subtotal", "subtotal", Style::BODY),
        ("Discounts", "discountsTotal", Style::BODY),
        ("Taxes", "taxesTotal", Style::BODY),
        ("Total", "total", Style::SUM),
    ]
    .into_iter()
    .filter_map(|(label, key, style)| Some((label, amount(receipt, key, style).pop()?, style)))
    .collect();
    let widest = lines.iter().map(|line| line.1.width()).fold(0.0, f32::max);
    let width = widest.clamp(80.0, WIDTH * 0.7);
    let label_width = 100.0;
    let x = WIDTH - width - label_width;
    // The sums stay on one page.
    flow.ensure(110.0);
    flow.rule(0.6, INK);
    flow.space(7.0);
    for (label, amount, style) in lines {
        let currency = text(receipt, "currencyCode").filter(|_| style == Style::SUM);
        let label = joined(&[Some(Cow::Borrowed(label)), currency], " ").unwrap_or_default();
        if style == Style::SUM {
            flow.space(4.0);
            flow.bar(x, WIDTH - x, 0.4, HAIR);
            flow.space(5.0);
        }
        let label = Text::new(&label, style).lines(label_width);
        flow.row(vec![
            Cell {
                x,
                width: label_width,
                align: Align::Left,
                lines: label,
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
pub(super) fn taxes(flow: &mut Flow, receipt: &Value) {
    let mut table = Table::new(&[
        Column("Tax", Kind::Words(2.0)),
        Column("Authority", Kind::Words(1.0)),
        Column("Rate", Kind::Figures),
        Column("Amount", Kind::Figures),
    ]);
    for tax in list(receipt, "taxes") {
        let name = joined(&[text(tax, "name"), text(tax, "rateType")], " · ");
        let rate = tax.get("rate").and_then(|_| text(tax, "rate"));
        table.push(vec![
            vec![Text::new(name.as_deref().unwrap_or("Tax"), Style::BODY)],
            authority(tax)
                .map(|name| Text::new(&name, Style::BODY))
                .into_iter()
                .collect(),
            rate.map(|rate| Text::new(&percent(&rate), FIGURES))
                .into_iter()
                .collect(),
            amount(tax, "amount", Style::BODY),
        ]);
    }
    section(flow, "Taxes", table, list(receipt, "taxes").is_empty());
}

/// The discounts on the whole receipt.
pub(super) fn discounts(flow: &mut Flow, receipt: &Value) {
    let mut table = Table::new(&[
        Column("Discount", Kind::Words(2.0)),
        Column("Code", Kind::Words(1.0)),
        Column("Rate", Kind::Figures),
        Column("Amount", Kind::Figures),
    ]);
    for discount in list(receipt, "discounts") {
        let name = text(discount, "discountName").unwrap_or(Cow::Borrowed("Discount"));
        let code = text(discount, "discountCode");
        let rate = text(discount, "discountRate");
        table.push(vec![
            vec![Text::new(&name, Style::BODY)],
            code.map(|code| Text::new(&code, Style::BODY))
                .into_iter()
                .collect(),
            rate.map(|rate| Text::new(&percent(&rate), FIGURES))
                .into_iter()
                .collect(),
            amount(discount, "discountAmount", Style::BODY),
        ]);
    }
    section(
        flow,
        "Discounts",
        table,
        list(receipt, "discounts").is_empty(),
    );
}

/// How the total was paid.
///
/// Source: receipts/supported-receipt-types.markdown, Payments: the kinds are told apart by
/// their fields; a bare amount is cash.
pub(super) fn payments(flow: &mut Flow, receipt: &Value) {
    let mut table = Table::new(&[
        Column("Paid with", Kind::Words(2.0)),
        Column("Authorization", Kind::Words(1.0)),
        Column("Amount", Kind::Figures),
    ]);
    for payment in list(receipt, "payments") {
        let card = payment.get("cardDetail").unwrap_or(&Value::Null);
        let code = text(card, "authorizationCode");
        table.push(vec![
            vec![Text::new(&method(payment, card), Style::BODY)],
            code.map(|code| Text::new(&code, Style::BODY))
                .into_iter()
                .collect(),
            amount(payment, "amount", Style::BODY),
        ]);
    }
    section(
        flow,
        "Payments",
        table,
        list(receipt, "payments").is_empty(),
    );
}

fn method(payment: &Value, card: &Value) -> String {
    let ticket = text(payment, "ticketNumber").map(|number| format!("Unused ticket {number}"));
    let source = text(payment, "source").map(|source| source_name(&source));
    let digits = text(card, "creditCardId").map(|digits| format!("ending in {digits}"));
    let card = joined(&[text(card, "cardType"), digits.map(Cow::Owned)], " ");
    let words = [ticket.map(Cow::Owned), source, card.map(Cow::Owned)];
    joined(&words, " · ").unwrap_or_else(|| "Cash".to_owned())
}

/// Source: receipts/supported-receipt-types.markdown, Company Paid and Digital Wallet.
fn source_name(source: &str) -> Cow<'static, str> {
    Cow::Borrowed(match source {
        "GhostCard" => "Company paid, ghost card",
        "LodgeCard" => "Company paid, lodge card",
        "DirectPay" => "Company paid, direct pay",
        "Invoice" => "Company paid, invoice",
        "ApplePay" => "Apple Pay",
        "AndroidPay" => "Android Pay",
        "SamsungPay" => "Samsung Pay",
        "OlaMoney" => "Ola Money",
        other => return Cow::Owned(other.to_owned()),
    })
}

/// A heading and a table; nothing when that is empty.
pub(super) fn section(flow: &mut Flow, heading: &str, table: Table, empty: bool) {
    if empty {
        return;
    }
    flow.space(20.0);
    flow.ensure(SECTION_START);
    flow.line(heading, Style::SECTION);
    flow.space(5.0);
    table.draw(flow);
}

const FIGURES: Style = Style::BODY.amount();

/// A field that is an amount.
pub(super) fn amount(object: &Value, key: &str, style: Style) -> Vec<Text> {
    let amount = text(object, key).map(|given| Text::new(&format_amount(&given), style.amount()));
    amount.into_iter().collect()
}

/// A number gets its sign. A discount's rate may be words instead: a sample has "Per Mile".
fn percent(rate: &str) -> String {
    let number = |byte: u8| byte.is_ascii_digit() || b"+-.,".contains(&byte);
    if rate.bytes().all(number) {
        format!("{rate}%")
    } else {
        rate.to_owned()
    }
}

fn authority(tax: &Value) -> Option<String> {
    let authority = tax.get("authority")?;
    joined(
        &[
            text(authority, "addressCountry"),
            text(authority, "addressRegion"),
        ],
        "-",
    )
}

/// Name, rate and authority of a tax; nothing when only its amount is known.
pub(super) fn tax_name(tax: &Value) -> Option<String> {
    joined(
        &[
            text(tax, "name"),
            text(tax, "rateType"),
            text(tax, "rate").map(|rate| Cow::Owned(percent(&rate))),
            authority(tax).map(|name| Cow::Owned(format!("({name})"))),
        ],
        " ",
    )
}

/// A tax on one line.
pub(super) fn tax_words(tax: &Value) -> String {
    let name = tax_name(tax).unwrap_or_else(|| "Tax".to_owned());
    with_amount(name, tax, "amount")
}

/// A discount on one line.
pub(super) fn discount_words(discount: &Value) -> String {
    let words = [
        text(discount, "discountName"),
        text(discount, "discountCode"),
        text(discount, "discountRate").map(|rate| Cow::Owned(percent(&rate))),
    ];
    let name = joined(&words, " ").unwrap_or_else(|| "Discount".to_owned());
    with_amount(name, discount, "discountAmount")
}

fn with_amount(mut words: String, object: &Value, key: &str) -> String {
    if let Some(amount) = text(object, key) {
        words.push(' ');
        words.push_str(&format_amount(&amount));
    }
    words
}
