//! What travel adds to a receipt: where, when, how far, in which car or room.

use serde_json::Value;

use super::fields::{address_lines, date_time_line, joined, list, text};
use super::flow::Flow;
use super::grid::{Entry, Fact, Form, body, entries, grid};
use super::head::{place, ways_to_reach};
use super::text::{Style, Text};

const STAY: [Fact; 4] = [
    ("Check-in", "checkInDateTime", Form::When),
    ("Check-out", "checkOutDateTime", Form::When),
    ("Nights", "nightsStayed", Form::Plain),
    ("Guests in party", "numberInParty", Form::Plain),
];

const ROOM: [Fact; 4] = [
    ("Room", "roomNumber", Form::Plain),
    ("Room type", "roomType", Form::Plain),
    ("Rate plan", "ratePlanType", Form::Plain),
    ("Average daily rate", "averageDailyRoomRate", Form::Amount),
];

const TIME: [Fact; 2] = [
    ("Rental days", "rentalDays", Form::Plain),
    ("Duration", "travelDuration", Form::Duration),
];

const DRIVE: [Fact; 6] = [
    ("Odometer out", "odometerReadingOut", Form::Plain),
    ("Odometer in", "odometerReadingIn", Form::Plain),
    ("Driver", "driverName", Form::Plain),
    ("Additional driver", "additionalDriver", Form::Plain),
    ("Class of service", "classOfService", Form::Plain),
    ("Driver number", "driverNumber", Form::Plain),
];

const VEHICLE: [Fact; 7] = [
    ("Vehicle", "description", Form::Plain),
    ("Registration", "registrationNumber", Form::Plain),
    ("Class reserved", "classReservedCode", Form::Plain),
    ("Class rented", "classRentedCode", Form::Plain),
    ("Class charged", "classChargedCode", Form::Plain),
    ("Engine", "engineSize", Form::Unit("cm³")),
    ("Fuel", "fuelType", Form::Plain),
];

const NUMBERS: [Fact; 5] = [
    ("IC card", "icCardId", Form::Plain),
    ("Rental agreement", "rentalAgreementNumber", Form::Plain),
    ("Confirmation", "confirmationNumber", Form::Plain),
    ("Itinerary", "itineraryLocator", Form::Plain),
    ("Segment", "segmentLocator", Form::Plain),
];

/// A ride, a rental or a stay; of every type whatever the receipt has.
pub(super) fn journey(flow: &mut Flow, receipt: &Value) {
    let part = |key| receipt.get(key).unwrap_or(&Value::Null);
    grid(flow, ends(receipt), 2);
    grid(flow, lodging(receipt), 2);
    let mut facts = entries(receipt, &STAY);
    facts.extend(entries(part("room"), &ROOM));
    facts.extend(entries(receipt, &TIME));
    facts.extend(distance(part("distance")));
    facts.extend(entries(receipt, &DRIVE));
    facts.extend(entries(part("vehicle"), &VEHICLE));
    facts.extend(entries(receipt, &NUMBERS));
    grid(flow, facts, 4);
    let map = entries(receipt, &[("Map of the route", "mapUrl", Form::Plain)]);
    grid(flow, map, 1);
}

fn distance(distance: &Value) -> Option<Entry> {
    let words = [text(distance, "totalDistance"), text(distance, "unit")];
    joined(&words, " ").map(|words| ("Distance", body(&words)))
}

/// Where and when it begins and ends.
fn ends(receipt: &Value) -> Vec<Entry> {
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
    ends
}

/// A location and how to reach it.
fn stop(location: &Value) -> Vec<Text> {
    let mut texts = place(location);
    texts.extend(ways_to_reach(location));
    texts
}

/// The house and its guests.
fn lodging(receipt: &Value) -> Vec<Entry> {
    let property = receipt.get("property").map(stop).unwrap_or_default();
    let mut entries: Vec<Entry> = vec![("Property", property)];
    for guest in list(receipt, "guests") {
        entries.push(("Guest", person(guest)));
    }
    entries.retain(|(_, texts)| !texts.is_empty());
    entries
}

fn person(guest: &Value) -> Vec<Text> {
    let name = joined(&[text(guest, "firstName"), text(guest, "lastName")], " ");
    let name = name.map(|name| Text::new(&name, Style::STRONG));
    let record = text(guest, "guestNameRecord").map(|record| format!("Member {record}"));
    let address = guest.get("address").map(address_lines).unwrap_or_default();
    let lines = record.into_iter().chain(address);
    name.into_iter()
        .chain(lines.map(|line| Text::new(&line, Style::BODY)))
        .collect()
}
