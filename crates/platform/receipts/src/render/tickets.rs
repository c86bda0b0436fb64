//! Tickets with their flights or trains, and the journeys of an IC card.

use serde_json::Value;

use super::fields::{joined, list, text};
use super::flow::Flow;
use super::grid::{Fact, Form, body, entries, grid, when};
use super::items::{items_of_parts, number};
use super::money::{amount, section, tax_words};
use super::table::{Column, Kind, Table};
use super::text::{Style, Text};

/// Room for a heading, the facts of a ticket, a table heading and one row.
const TICKET_START: f32 = 200.0;

/// Air tickets, flight by flight.
pub(super) fn flights(flow: &mut Flow, receipt: &Value) {
    const FACTS: [Fact; 7] = [
        ("Passenger", "passengerName", Form::Plain),
        ("Record locator", "recordLocator", Form::Plain),
        ("Issued", "issueDateTime", Form::When),
        ("Issued in", "pseudoCityCode", Form::Plain),
        ("Agency", "agencyName", Form::Plain),
        ("IATA agency number", "IATAAgencyNumber", Form::Plain),
        ("Fare", "fare", Form::Amount),
    ];
    for ticket in list(receipt, "tickets") {
        let name = head(flow, ticket, "number", &FACTS);
        let mut table = Table::new(&[
            Column("Coupon", Kind::Words(1.0)),
            Column("From", Kind::Words(1.5)),
            Column("To", Kind::Words(1.5)),
            Column("Flight", Kind::Words(2.6)),
            Column("Fare", Kind::Figures),
        ]);
        let coupons = list(ticket, "coupons");
        for coupon in coupons {
            table.push(vec![
                plain(coupon, "couponNumber"),
                call(coupon, "originationAirportIATACode", "originationDateTime"),
                call(coupon, "destinationAirportIATACode", "destinationDateTime"),
                flight(coupon),
                amount(coupon, "fare", Style::BODY),
            ]);
        }
        table.draw(flow);
        items_of_parts(flow, &name, &named(coupons, "Coupon", "couponNumber"));
    }
}

/// Rail tickets, train by train.
pub(super) fn trains(flow: &mut Flow, receipt: &Value) {
    const FACTS: [Fact; 4] = [
        ("Passenger", "passengerName", Form::Plain),
        ("Record locator", "recordLocator", Form::Plain),
        ("Issued", "issueDateTime", Form::When),
        ("Fare", "fare", Form::Amount),
    ];
    for ticket in list(receipt, "railTickets") {
        let name = head(flow, ticket, "ticketNumber", &FACTS);
        let mut table = Table::new(&[
            Column("Train", Kind::Words(1.0)),
            Column("From", Kind::Words(1.6)),
            Column("To", Kind::Words(1.6)),
            Column("Class", Kind::Words(2.0)),
            Column("Fare", Kind::Figures),
        ]);
        let segments = list(ticket, "segments");
        for segment in segments {
            let mut train = plain(segment, "trainNumber");
            train.extend(text(segment, "trainType").map(|text| Text::new(&text, Style::DETAIL)));
            let mut class = plain(segment, "classOfServiceCode");
            class.extend(taxes(segment));
            table.push(vec![
                train,
                call(segment, "departureStation", "departureDateTime"),
                call(segment, "arrivalStation", "arrivalDateTime"),
                class,
                amount(segment, "fare", Style::BODY),
            ]);
        }
        table.draw(flow);
        items_of_parts(flow, &name, &named(segments, "Train", "trainNumber"));
    }
}

/// The journeys of an IC card.
pub(super) fn journeys(flow: &mut Flow, receipt: &Value) {
    let mut table = Table::new(&[
        Column("No.", Kind::Figures),
        Column("Date and time", Kind::Words(1.3)),
        Column("From", Kind::Words(1.6)),
        Column("To", Kind::Words(1.6)),
        Column("Distance", Kind::Figures),
        Column("Amount", Kind::Figures),
    ]);
    let segments = list(receipt, "segments");
    for segment in segments {
        let time = text(segment, "dateTime");
        let [from, to] = ["from", "to"].map(|end| station(segment, end));
        table.push(vec![
            number(segment),
            time.map(|given| when(&given, Style::BODY))
                .unwrap_or_default(),
            from,
            to,
            amount(segment, "distance", Style::BODY),
            amount(segment, "amount", Style::BODY),
        ]);
    }
    section(flow, "Journeys", table, segments.is_empty());
}

/// The number of a ticket, and what is said of all of it. Answers what the ticket is called.
fn head(flow: &mut Flow, ticket: &Value, number: &str, facts: &[Fact]) -> String {
    flow.space(20.0);
    flow.ensure(TICKET_START);
    let number = text(ticket, number).unwrap_or_default();
    let name = format!("Ticket {number}").trim_end().to_owned();
    flow.line(&name, Style::SECTION);
    grid(flow, entries(ticket, facts), 4);
    flow.space(11.0);
    name
}

fn plain(object: &Value, key: &str) -> Vec<Text> {
    text(object, key)
        .map(|text| body(&text))
        .unwrap_or_default()
}

/// Where a flight or train begins or ends, and when.
fn call(object: &Value, place: &str, time: &str) -> Vec<Text> {
    let place = text(object, place).map(|place| Text::new(&place, Style::STRONG));
    let time = text(object, time).map(|given| when(&given, Style::DETAIL));
    place.into_iter().chain(time.unwrap_or_default()).collect()
}

/// The flight's number, its carriers, its class, its taxes.
fn flight(coupon: &Value) -> Vec<Text> {
    let mut texts = plain(coupon, "flightNumber");
    for (before, keys) in [
        ("Sold as", &["marketingCarrier"][..]),
        ("Operated by", &["operatingAirlineCode", "operatingCarrier"]),
        ("Class", &["classOfServiceCode"]),
        ("Fare basis", &["fareBasisCode"]),
        ("Designator", &["ticketDesignatorCode"]),
    ] {
        let words: Vec<_> = keys.iter().map(|key| text(coupon, key)).collect();
        let line = joined(&words, " as ").map(|words| format!("{before} {words}"));
        texts.extend(line.map(|line| Text::new(&line, Style::DETAIL)));
    }
    texts.extend(taxes(coupon));
    texts
}

/// One line for each tax.
fn taxes(object: &Value) -> impl Iterator<Item = Text> {
    list(object, "taxes")
        .iter()
        .map(|tax| Text::new(&tax_words(tax), Style::DETAIL.amount()))
}

/// The station at the `from` or `to` end, its code, and whether the commuter pass covers it.
fn station(segment: &Value, end: &str) -> Vec<Text> {
    let mut texts = plain(segment, &format!("{end}StationName"));
    let code = text(segment, &format!("{end}StationCode"));
    texts.extend(code.map(|code| Text::new(&code, Style::DETAIL)));
    let covered = segment.get(format!("{end}IsCommuterPass"));
    texts.extend(covered.and_then(Value::as_bool).map(|covered| {
        let words = if covered {
            "On the commuter pass"
        } else {
            "Not on the commuter pass"
        };
        Text::new(words, Style::DETAIL)
    }));
    texts
}

/// The parts of a ticket, each with what it is called.
fn named<'a>(parts: &'a [Value], what: &str, key: &str) -> Vec<(String, &'a Value)> {
    let name = |part| format!("{what} {}", text(part, key).unwrap_or_default());
    parts
        .iter()
        .map(|part| (name(part).trim_end().to_owned(), part))
        .collect()
}
