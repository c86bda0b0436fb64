//! Tickets with their flights or trains, and the journeys of an IC card.

use serde_json::Value;

use super::fields::{list, text};
use super::flow::Flow;
use super::grid::{Fact, Form, entries, grid};
use super::items::{items_of_parts, number};
use super::money::{amount, section, tax_words};
use super::table::{Column, Kind, Table};
use super::text::{Style, Text};
use super::words::Words;

/// Room for a heading, the facts of a ticket, a table heading and one row.
const TICKET_START: f32 = 200.0;

/// Air tickets, flight by flight.
pub(super) fn flights(flow: &mut Flow, words: &Words, receipt: &Value) {
    const FACTS: [Fact; 7] = [
        ("passenger", "passengerName", Form::Plain),
        ("record-locator", "recordLocator", Form::Plain),
        ("issued", "issueDateTime", Form::When),
        ("issued-in", "pseudoCityCode", Form::Plain),
        ("agency", "agencyName", Form::Plain),
        ("iata-number", "IATAAgencyNumber", Form::Plain),
        ("fare", "fare", Form::Amount),
    ];
    for ticket in list(receipt, "tickets") {
        let name = head(flow, words, ticket, "number", &FACTS);
        let mut table = Table::new(&[
            Column("coupon", Kind::Words(1.0)),
            Column("from", Kind::Words(1.5)),
            Column("to", Kind::Words(1.5)),
            Column("flight", Kind::Words(2.6)),
            Column("fare", Kind::Figures),
        ]);
        let coupons = list(ticket, "coupons");
        for coupon in coupons {
            let [from, to] = [
                ("originationAirportIATACode", "originationDateTime"),
                ("destinationAirportIATACode", "destinationDateTime"),
            ];
            table.push(vec![
                plain(words, coupon, "couponNumber"),
                call(words, coupon, from),
                call(words, coupon, to),
                flight(words, coupon),
                amount(words, coupon, "fare", Style::BODY),
            ]);
        }
        table.draw(flow, words, None);
        let parts = named(words, coupons, "coupon-number", "couponNumber");
        items_of_parts(flow, words, &name, &parts);
    }
}

/// Rail tickets, train by train.
pub(super) fn trains(flow: &mut Flow, words: &Words, receipt: &Value) {
    const FACTS: [Fact; 4] = [
        ("passenger", "passengerName", Form::Plain),
        ("record-locator", "recordLocator", Form::Plain),
        ("issued", "issueDateTime", Form::When),
        ("fare", "fare", Form::Amount),
    ];
    for ticket in list(receipt, "railTickets") {
        let name = head(flow, words, ticket, "ticketNumber", &FACTS);
        let mut table = Table::new(&[
            Column("train", Kind::Words(1.0)),
            Column("from", Kind::Words(1.6)),
            Column("to", Kind::Words(1.6)),
            Column("class", Kind::Words(2.0)),
            Column("fare", Kind::Figures),
        ]);
        let segments = list(ticket, "segments");
        for segment in segments {
            let mut train = plain(words, segment, "trainNumber");
            let kind = text(segment, "trainType");
            train.extend(kind.map(|text| words.text(&text, Style::DETAIL)));
            let mut class = plain(words, segment, "classOfServiceCode");
            class.extend(taxes(words, segment));
            table.push(vec![
                train,
                call(words, segment, ("departureStation", "departureDateTime")),
                call(words, segment, ("arrivalStation", "arrivalDateTime")),
                class,
                amount(words, segment, "fare", Style::BODY),
            ]);
        }
        table.draw(flow, words, None);
        let parts = named(words, segments, "train-number", "trainNumber");
        items_of_parts(flow, words, &name, &parts);
    }
}

/// The journeys of an IC card.
pub(super) fn journeys(flow: &mut Flow, words: &Words, receipt: &Value) {
    let mut table = Table::new(&[
        Column("sequence", Kind::Figures),
        Column("date-time", Kind::Words(1.3)),
        Column("from", Kind::Words(1.6)),
        Column("to", Kind::Words(1.6)),
        Column("distance", Kind::Figures),
        Column("amount", Kind::Figures),
    ]);
    let segments = list(receipt, "segments");
    for segment in segments {
        let time = text(segment, "dateTime");
        let [from, to] = ["from", "to"].map(|end| station(words, segment, end));
        table.push(vec![
            number(words, segment),
            time.map(|given| words.when(&given, Style::BODY))
                .unwrap_or_default(),
            from,
            to,
            amount(words, segment, "distance", Style::BODY),
            amount(words, segment, "amount", Style::BODY),
        ]);
    }
    section(flow, words, "journeys", table, segments.is_empty());
}

/// The number of a ticket, and what is said of all of it. Answers what the ticket is called.
fn head(flow: &mut Flow, words: &Words, ticket: &Value, number: &str, facts: &[Fact]) -> String {
    flow.space(20.0);
    flow.ensure(TICKET_START);
    let number = text(ticket, number).unwrap_or_default();
    let name = words.say_with("ticket", [("number", &number)]);
    let name = name.trim_end().to_owned();
    flow.line(&words.text(&name, Style::SECTION));
    grid(flow, words, entries(words, ticket, facts), 4);
    flow.space(11.0);
    name
}

fn plain(words: &Words, object: &Value, key: &str) -> Vec<Text> {
    text(object, key)
        .map(|text| words.body(&text))
        .unwrap_or_default()
}

/// Where a flight or train begins or ends, and when: by their fields.
fn call(words: &Words, object: &Value, (place, time): (&str, &str)) -> Vec<Text> {
    let place = text(object, place).map(|place| words.text(&place, Style::STRONG));
    let time = text(object, time).map(|given| words.when(&given, Style::DETAIL));
    place.into_iter().chain(time.unwrap_or_default()).collect()
}

/// The flight's number, its carriers, its class, its taxes.
fn flight(words: &Words, coupon: &Value) -> Vec<Text> {
    let mut texts = plain(words, coupon, "flightNumber");
    let sold = text(coupon, "marketingCarrier");
    let by = (
        text(coupon, "operatingAirlineCode"),
        text(coupon, "operatingCarrier"),
    );
    let operated = match by {
        (Some(code), Some(carrier)) => {
            let both = [("code", &*code), ("carrier", &*carrier)];
            Some(words.say_with("operated-as", both).into())
        }
        (code, carrier) => code.or(carrier),
    };
    for (key, argument, given) in [
        ("sold-as", "carrier", sold),
        ("operated-by", "carrier", operated),
        ("booking-class", "code", text(coupon, "classOfServiceCode")),
        ("fare-basis", "code", text(coupon, "fareBasisCode")),
        ("designator", "code", text(coupon, "ticketDesignatorCode")),
    ] {
        let line = given.map(|given| words.say_with(key, [(argument, &given)]));
        texts.extend(line.map(|line| words.text(&line, Style::DETAIL)));
    }
    texts.extend(taxes(words, coupon));
    texts
}

/// One line for each tax.
fn taxes(words: &Words, object: &Value) -> impl Iterator<Item = Text> {
    list(object, "taxes")
        .iter()
        .map(|tax| words.text(&tax_words(words, tax), Style::DETAIL.amount()))
}

/// The station at the `from` or `to` end, its code, and whether the commuter pass covers it.
fn station(words: &Words, segment: &Value, end: &str) -> Vec<Text> {
    let mut texts = plain(words, segment, &format!("{end}StationName"));
    let code = text(segment, &format!("{end}StationCode"));
    texts.extend(code.map(|code| words.text(&code, Style::DETAIL)));
    let covered = segment.get(format!("{end}IsCommuterPass"));
    texts.extend(covered.and_then(Value::as_bool).map(|covered| {
        let key = if covered {
            "pass-covers"
        } else {
            "pass-does-not"
        };
        words.label(key, Style::DETAIL)
    }));
    texts
}

/// The parts of a ticket, each with what it is called.
fn named<'a>(words: &Words, parts: &'a [Value], what: &str, key: &str) -> Vec<(String, &'a Value)> {
    let name = |part| {
        let number = text(part, key).unwrap_or_default();
        words.say_with(what, [("number", &number)])
    };
    parts
        .iter()
        .map(|part| (name(part).trim_end().to_owned(), part))
        .collect()
}
