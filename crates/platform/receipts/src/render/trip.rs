//! What travel adds to a receipt: where, when, how far, in which car or room.

use serde_json::Value;

use super::fields::{address_lines, joined, list, text};
use super::flow::Flow;
use super::grid::{Entry, Fact, Form, entries, grid};
use super::head::{place, ways_to_reach};
use super::text::{Style, Text};
use super::words::Words;

const STAY: [Fact; 4] = [
    ("check-in", "checkInDateTime", Form::When),
    ("check-out", "checkOutDateTime", Form::When),
    ("nights", "nightsStayed", Form::Number),
    ("party", "numberInParty", Form::Number),
];

const ROOM: [Fact; 4] = [
    ("room", "roomNumber", Form::Plain),
    ("room-type", "roomType", Form::Plain),
    ("rate-plan", "ratePlanType", Form::Plain),
    ("daily-rate", "averageDailyRoomRate", Form::Amount),
];

const TIME: [Fact; 2] = [
    ("rental-days", "rentalDays", Form::Number),
    ("duration", "travelDuration", Form::Duration),
];

const DRIVE: [Fact; 6] = [
    ("odometer-out", "odometerReadingOut", Form::Number),
    ("odometer-in", "odometerReadingIn", Form::Number),
    ("driver", "driverName", Form::Plain),
    ("additional-driver", "additionalDriver", Form::Flag),
    ("service-class", "classOfService", Form::Plain),
    ("driver-number", "driverNumber", Form::Plain),
];

const VEHICLE: [Fact; 7] = [
    ("vehicle", "description", Form::Plain),
    ("registration", "registrationNumber", Form::Plain),
    ("class-reserved", "classReservedCode", Form::Plain),
    ("class-rented", "classRentedCode", Form::Plain),
    ("class-charged", "classChargedCode", Form::Plain),
    ("engine", "engineSize", Form::Unit("engine-size")),
    ("fuel", "fuelType", Form::Plain),
];

const NUMBERS: [Fact; 5] = [
    ("ic-card", "icCardId", Form::Plain),
    ("rental-agreement", "rentalAgreementNumber", Form::Plain),
    ("confirmation", "confirmationNumber", Form::Plain),
    ("itinerary", "itineraryLocator", Form::Plain),
    ("segment", "segmentLocator", Form::Plain),
];

/// A ride, a rental or a stay; of every type whatever the receipt has.
pub(super) fn journey(flow: &mut Flow, words: &Words, receipt: &Value) {
    let part = |key| receipt.get(key).unwrap_or(&Value::Null);
    grid(flow, words, ends(words, receipt), 2);
    grid(flow, words, lodging(words, receipt), 2);
    let mut facts = entries(words, receipt, &STAY);
    facts.extend(entries(words, part("room"), &ROOM));
    facts.extend(entries(words, receipt, &TIME));
    facts.extend(distance(words, part("distance")));
    facts.extend(entries(words, receipt, &DRIVE));
    facts.extend(entries(words, part("vehicle"), &VEHICLE));
    facts.extend(entries(words, receipt, &NUMBERS));
    grid(flow, words, facts, 4);
    let map = entries(words, receipt, &[("map", "mapUrl", Form::Plain)]);
    grid(flow, words, map, 1);
}

fn distance(words: &Words, distance: &Value) -> Option<Entry> {
    let total = text(distance, "totalDistance").map(|total| words.number(&total).into());
    let line = joined(&[total, text(distance, "unit")], " ");
    line.map(|line| ("distance", words.body(&line)))
}

/// Where and when it begins and ends.
fn ends(words: &Words, receipt: &Value) -> Vec<Entry> {
    let mut ends: Vec<Entry> = Vec::new();
    for (label, location, time) in [
        ("pick-up", "pickupLocation", "startDateTime"),
        ("drop-off", "dropoffLocation", "endDateTime"),
    ] {
        let location = receipt.get(location);
        let mut texts = location.map(|at| stop(words, at)).unwrap_or_default();
        let time = text(receipt, time).map(|given| words.date_time_line(&given));
        texts.extend(time.map(|time| words.text(&time, Style::BODY)));
        if !texts.is_empty() {
            ends.push((label, texts));
        }
    }
    ends
}

/// A location and how to reach it.
fn stop(words: &Words, location: &Value) -> Vec<Text> {
    let mut texts = place(words, location);
    texts.extend(ways_to_reach(words, location));
    texts
}

/// The house and its guests.
fn lodging(words: &Words, receipt: &Value) -> Vec<Entry> {
    let property = receipt.get("property");
    let property = property.map(|at| stop(words, at)).unwrap_or_default();
    let mut entries: Vec<Entry> = vec![("property", property)];
    for guest in list(receipt, "guests") {
        entries.push(("guest", person(words, guest)));
    }
    entries.retain(|(_, texts)| !texts.is_empty());
    entries
}

fn person(words: &Words, guest: &Value) -> Vec<Text> {
    let name = joined(&[text(guest, "firstName"), text(guest, "lastName")], " ");
    let name = name.map(|name| words.text(&name, Style::STRONG));
    let record = text(guest, "guestNameRecord");
    let record = record.map(|number| words.say_with("member", [("number", &number)]));
    let address = guest.get("address");
    let address = address.map(|address| address_lines(words, address));
    let lines = record.into_iter().chain(address.unwrap_or_default());
    name.into_iter()
        .chain(lines.map(|line| words.text(&line, Style::BODY)))
        .collect()
}
