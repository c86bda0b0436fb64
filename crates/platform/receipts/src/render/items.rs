//! Line items: of the whole receipt, and of each flight or train.

use serde_json::Value;

use super::fields::{list, text};
use super::flow::Flow;
use super::money::{amount, discount_words, tax_name, tax_words};
use super::table::{Column, Kind, Table};
use super::text::{Style, Text};
use super::words::Words;

/// The line items of the whole receipt.
pub(super) fn items(flow: &mut Flow, words: &Words, receipt: &Value) {
    let items = in_sequence(receipt);
    if items.is_empty() {
        return;
    }
    flow.space(16.0);
    // Below other tables it must be said whose items these are.
    let tables = ["tickets", "railTickets", "segments"];
    let others = tables.iter().any(|key| !list(receipt, key).is_empty());
    let title = others.then(|| words.label("items-of-all", Style::SECTION));
    let mut table = table();
    for item in items {
        push(&mut table, words, None, item);
    }
    table.draw(flow, words, title.as_ref());
}

/// The line items of parts of the receipt, each with what its part is called; `whole` is what all
/// parts together are called.
pub(super) fn items_of_parts(
    flow: &mut Flow,
    words: &Words,
    whole: &str,
    parts: &[(String, &Value)],
) {
    let mut table = table();
    let mut empty = true;
    for (name, part) in parts {
        for item in in_sequence(part) {
            push(&mut table, words, Some(name), item);
            empty = false;
        }
    }
    if empty {
        return;
    }
    flow.space(14.0);
    let title = words.say_with("items-of", [("part", whole)]);
    table.draw(flow, words, Some(&words.text(&title, Style::STRONG)));
}

/// The line items of an object, in the order of their sequence numbers. Equal or missing numbers
/// keep the order in which they were sent.
fn in_sequence(object: &Value) -> Vec<&Value> {
    let mut items: Vec<&Value> = list(object, "lineItems").iter().collect();
    let sequence = |item: &Value| item.get("sequenceNumber").and_then(Value::as_f64);
    items.sort_by(|a, b| {
        let [a, b] = [a, b].map(|item| sequence(item).unwrap_or(f64::INFINITY));
        a.total_cmp(&b)
    });
    items
}

fn table() -> Table {
    Table::new(&[
        Column("sequence", Kind::Figures),
        Column("item", Kind::Words(1.0)),
        Column("quantity", Kind::Figures),
        Column("unit-cost", Kind::Figures),
        Column("subtotal", Kind::Figures),
        Column("taxes", Kind::Figures),
        Column("total", Kind::Figures),
    ])
}

fn push(table: &mut Table, words: &Words, part: Option<&str>, item: &Value) {
    table.push(vec![
        number(words, item),
        description(words, part, item),
        amount(words, item, "quantity", Style::BODY),
        amount(words, item, "unitCost", Style::BODY),
        amount(words, item, "subtotal", Style::BODY),
        taxes(words, item),
        amount(words, item, "total", Style::BODY),
    ]);
}

/// The sequence number.
pub(super) fn number(words: &Words, item: &Value) -> Vec<Text> {
    let number = text(item, "sequenceNumber").map(|number| words.text(&number, Style::BODY));
    number.into_iter().collect()
}

fn description(words: &Words, part: Option<&str>, item: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    texts.extend(text(item, "description").map(|text| words.text(&text, Style::BODY)));
    let more = text(item, "additionalDescription");
    texts.extend(more.map(|text| words.text(&text, Style::DETAIL)));
    let details = details(words, part, item);
    if !details.is_empty() {
        texts.push(words.text(&details.join("\u{a0}· "), Style::DETAIL.amount()));
    }
    texts
}

fn details(words: &Words, part: Option<&str>, item: &Value) -> Vec<String> {
    let mut details: Vec<String> = part.map(str::to_owned).into_iter().collect();
    let with = |key, argument, given: &str| words.say_with(key, [(argument, given)]);
    let reference = text(item, "reference");
    details.extend(reference.map(|given| with("item-reference", "reference", &given)));
    details.extend(text(item, "dateTime").map(|given| words.date_time_line(&given)));
    let code = text(item, "semanticsCode");
    details.extend(code.map(|given| with("item-code", "code", &given)));
    for (key, yes, no) in [
        ("vatApplicable", "vat-applies", "vat-does-not"),
        ("amountIncludesVat", "vat-included", "vat-not-included"),
    ] {
        let flag = item.get(key).and_then(Value::as_bool);
        details.extend(flag.map(|flag| words.say(if flag { yes } else { no })));
    }
    let total = text(item, "taxesTotal");
    for tax in list(item, "taxes") {
        // A bare amount stands in its column already: itself, or as the total that it equals.
        if tax_name(words, tax).is_some() || (total.is_some() && text(tax, "amount") != total) {
            details.push(tax_words(words, tax));
        }
    }
    let discounts = list(item, "discounts").iter();
    details.extend(discounts.map(|discount| discount_words(words, discount)));
    details
}

/// The item's tax total, else the amount of each of its taxes.
fn taxes(words: &Words, item: &Value) -> Vec<Text> {
    let total = amount(words, item, "taxesTotal", Style::BODY);
    if !total.is_empty() {
        return total;
    }
    list(item, "taxes")
        .iter()
        .flat_map(|tax| amount(words, tax, "amount", Style::BODY))
        .collect()
}
