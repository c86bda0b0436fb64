//! Line items: of the whole receipt, and of each flight or train.

use serde_json::Value;

use super::fields::{date_time_line, list, text};
use super::flow::Flow;
use super::money::{SECTION_START, amount, discount_words, tax_name, tax_words};
use super::table::{Column, Kind, Table};
use super::text::{Style, Text};

/// The line items of the whole receipt.
pub(super) fn items(flow: &mut Flow, receipt: &Value) {
    let items = in_sequence(receipt);
    if items.is_empty() {
        return;
    }
    flow.space(16.0);
    flow.ensure(SECTION_START);
    // Below other tables it must be said whose items these are.
    let tables = ["tickets", "railTickets", "segments"];
    if tables.iter().any(|key| !list(receipt, key).is_empty()) {
        flow.line("The whole receipt: items", Style::SECTION);
        flow.space(5.0);
    }
    let mut table = table();
    for item in items {
        push(&mut table, None, item);
    }
    table.draw(flow);
}

/// The line items of parts of the receipt, each with what its part is called; `whole` is what all
/// parts together are called.
pub(super) fn items_of_parts(flow: &mut Flow, whole: &str, parts: &[(String, &Value)]) {
    let mut table = table();
    let mut empty = true;
    for (name, part) in parts {
        for item in in_sequence(part) {
            push(&mut table, Some(name), item);
            empty = false;
        }
    }
    if empty {
        return;
    }
    flow.space(14.0);
    flow.ensure(SECTION_START);
    flow.line(&format!("{whole}: items"), Style::STRONG);
    flow.space(5.0);
    table.draw(flow);
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
        Column("No.", Kind::Figures),
        Column("Item", Kind::Words(1.0)),
        Column("Quantity", Kind::Figures),
        Column("Unit cost", Kind::Figures),
        Column("Subtotal", Kind::Figures),
        Column("Taxes", Kind::Figures),
        Column("Total", Kind::Figures),
    ])
}

fn push(table: &mut Table, part: Option<&str>, item: &Value) {
    table.push(vec![
        number(item),
        description(part, item),
        amount(item, "quantity", Style::BODY),
        amount(item, "unitCost", Style::BODY),
        amount(item, "subtotal", Style::BODY),
        taxes(item),
        amount(item, "total", Style::BODY),
    ]);
}

/// The sequence number.
pub(super) fn number(item: &Value) -> Vec<Text> {
    let number = text(item, "sequenceNumber").map(|number| Text::new(&number, Style::BODY));
    number.into_iter().collect()
}

fn description(part: Option<&str>, item: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    texts.extend(text(item, "description").map(|text| Text::new(&text, Style::BODY)));
    texts.extend(text(item, "additionalDescription").map(|text| Text::new(&text, Style::DETAIL)));
    let details = details(part, item);
    if !details.is_empty() {
        texts.push(Text::new(&details.join(" · "), Style::DETAIL.amount()));
    }
    texts
}

fn details(part: Option<&str>, item: &Value) -> Vec<String> {
    let mut details: Vec<String> = part.map(str::to_owned).into_iter().collect();
    details.extend(text(item, "reference").map(|reference| format!("Reference {reference}")));
    details.extend(text(item, "dateTime").map(|given| date_time_line(&given)));
    details.extend(text(item, "semanticsCode").map(|code| format!("Code {code}")));
    for (key, yes, no) in [
        ("vatApplicable", "VAT applies", "VAT does not apply"),
        ("amountIncludesVat", "VAT included", "VAT not included"),
    ] {
        let flag = item.get(key).and_then(Value::as_bool);
        details.extend(flag.map(|flag| if flag { yes } else { no }.to_owned()));
    }
    let total = text(item, "taxesTotal");
    for tax in list(item, "taxes") {
        // A bare amount stands in its column already: itself, or as the total that it equals.
        if tax_name(tax).is_some() || (total.is_some() && text(tax, "amount") != total) {
            details.push(tax_words(tax));
        }
    }
    details.extend(list(item, "discounts").iter().map(discount_words));
    details
}

/// The item's tax total, else the amount of each of its taxes.
fn taxes(item: &Value) -> Vec<Text> {
    let total = amount(item, "taxesTotal", Style::BODY);
    if !total.is_empty() {
        return total;
    }
    list(item, "taxes")
        .iter()
        .flat_map(|tax| amount(tax, "amount", Style::BODY))
        .collect()
}
