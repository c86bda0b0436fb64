//! The stricter rules, one by one: docs/behaviours.md.

use serde_json::json;

use super::strict::SCHEMA_LIST;
use super::*;

/// A switch, a type's fixture with one change (`None` takes the value away), and the paths at
/// fault under that switch.
type Case = (
    &'static str,
    ReceiptType,
    &'static str,
    Option<&'static str>,
    &'static [&'static str],
);

const CASES: [Case; 30] = [
    (
        "receipts-taxes-lenient",
        ReceiptType::General,
        "/taxes",
        Some(r#"[{"amount": "0.00"}]"#),
        &["/taxes/0/authority", "/taxes/0/rate"],
    ),
    (
        "receipts-taxes-lenient",
        ReceiptType::General,
        "/lineItems/0/taxes",
        Some(r#"[{"amount": "0.00", "rate": 0}]"#),
        &["/lineItems/0/taxes/0/authority"],
    ),
    one(
        "receipts-offset",
        ReceiptType::General,
        "/dateTime",
        r#""2022-12-12T09:19:02-0500""#,
        &["/dateTime"],
    ),
    one(
        "receipts-offset",
        ReceiptType::Rail,
        "/railTickets/0/issueDateTime",
        r#""2022-12-12T09+0500""#,
        &["/railTickets/0/issueDateTime"],
    ),
    one(
        "receipts-currency-codes",
        ReceiptType::General,
        "/currencyCode",
        r#""HRK""#,
        &["/currencyCode"],
    ),
    (
        "receipts-ic-card",
        ReceiptType::JptIcCard,
        "/seller",
        None,
        &["/seller"],
    ),
    one(
        "receipts-ic-card-id",
        ReceiptType::JptIcCard,
        "/icCardId",
        r#""12345678901234567""#,
        &["/icCardId"],
    ),
    one(
        "receipts-ic-card-distance",
        ReceiptType::JptIcCard,
        "/segments/0/distance",
        "6.5",
        &["/segments/0/distance"],
    ),
    one(
        "receipts-address-original",
        ReceiptType::JptIcCard,
        "/seller/location/address",
        r#"{"addressCountry": "JP"}"#,
        &["/seller/location/address/countryCode"],
    ),
    (
        "receipts-air-tickets",
        ReceiptType::Air,
        "/tickets",
        None,
        &["/tickets"],
    ),
    one(
        "receipts-fare-basis",
        ReceiptType::Air,
        "/tickets/0/coupons/0/fareBasisCode",
        r#""Y1""#,
        &["/tickets/0/coupons/0/fareBasisCode"],
    ),
    one(
        "receipts-ticket-designator",
        ReceiptType::Air,
        "/tickets/0/coupons/0/ticketDesignatorCode",
        r#""A*B*""#,
        &["/tickets/0/coupons/0/ticketDesignatorCode"],
    ),
    one(
        "receipts-ticket-designator",
        ReceiptType::Air,
        "/tickets/0/coupons/0/ticketDesignatorCode",
        r#""A?""#,
        &["/tickets/0/coupons/0/ticketDesignatorCode"],
    ),
    one(
        "receipts-counts",
        ReceiptType::CarRental,
        "/rentalDays",
        "0",
        &["/rentalDays"],
    ),
    one(
        "receipts-counts",
        ReceiptType::Hotel,
        "/numberInParty",
        "-1",
        &["/numberInParty"],
    ),
    one(
        "receipts-odometer",
        ReceiptType::CarRental,
        "/odometerReadingOut",
        "12044.35",
        &["/odometerReadingOut"],
    ),
    one(
        "receipts-odometer",
        ReceiptType::CarRental,
        "/odometerReadingIn",
        "0.01",
        &["/odometerReadingIn"],
    ),
    one(
        "receipts-discount-rate",
        ReceiptType::CarRental,
        "/discounts/0/discountRate",
        r#""Per Mile""#,
        &["/discounts/0/discountRate"],
    ),
    one(
        "receipts-duration",
        ReceiptType::GroundTransport,
        "/travelDuration",
        r#""P""#,
        &["/travelDuration"],
    ),
    one(
        "receipts-duration",
        ReceiptType::GroundTransport,
        "/travelDuration",
        r#""PT""#,
        &["/travelDuration"],
    ),
    one(
        "receipts-duration",
        ReceiptType::GroundTransport,
        "/travelDuration",
        r#""PTH""#,
        &["/travelDuration"],
    ),
    one(
        "receipts-empty-lists",
        ReceiptType::General,
        "/lineItems",
        "[]",
        &["/lineItems"],
    ),
    one(
        "receipts-empty-lists",
        ReceiptType::Air,
        "/tickets",
        "[]",
        &["/tickets"],
    ),
    one(
        "receipts-empty-lists",
        ReceiptType::Air,
        "/tickets/1/coupons",
        "[]",
        &["/tickets/1/coupons"],
    ),
    one(
        "receipts-empty-lists",
        ReceiptType::Hotel,
        "/guests",
        "[]",
        &["/guests"],
    ),
    one(
        "receipts-empty-lists",
        ReceiptType::JptIcCard,
        "/segments",
        "[]",
        &["/segments"],
    ),
    one(
        "receipts-empty-lists",
        ReceiptType::Rail,
        "/railTickets/0/segments",
        "[]",
        &["/railTickets/0/segments"],
    ),
    one(
        "receipts-unknown-fields",
        ReceiptType::General,
        "/colour",
        r#""blue""#,
        &["/colour"],
    ),
    one(
        "receipts-unknown-fields",
        ReceiptType::Air,
        "/tickets/0/fare",
        r#""609.31""#,
        &["/tickets/0/fare"],
    ),
    one(
        "receipts-unknown-fields",
        ReceiptType::JptIcCard,
        "/segments/0/amount",
        "210",
        &["/segments/0/amount"],
    ),
];

const fn one(
    switch: &'static str,
    receipt_type: ReceiptType,
    path: &'static str,
    value: &'static str,
    faults: &'static [&'static str],
) -> Case {
    (switch, receipt_type, path, Some(value), faults)
}

/// What the fixtures have that only lenience accepts; `None` takes it away.
const LENIENT: [(ReceiptType, &str, Option<&str>); 17] = [
    (ReceiptType::Air, "/tickets/0/fare", None),
    (ReceiptType::Air, "/tickets/1/fare", None),
    (
        ReceiptType::Air,
        "/discounts/0/discountRate",
        Some(r#""10""#),
    ),
    (ReceiptType::CarRental, "/vehicle/fuelType", None),
    // A ride's own fields are none of a general receipt.
    (ReceiptType::General, "/itineraryLocator", None),
    (ReceiptType::General, "/segmentLocator", None),
    (ReceiptType::General, "/classOfService", None),
    (ReceiptType::General, "/startDateTime", None),
    (ReceiptType::General, "/endDateTime", None),
    (ReceiptType::General, "/travelDuration", None),
    (ReceiptType::General, "/mapUrl", None),
    (ReceiptType::General, "/pickupLocation", None),
    (ReceiptType::General, "/dropoffLocation", None),
    (ReceiptType::General, "/distance", None),
    (ReceiptType::General, "/driverNumber", None),
    (
        ReceiptType::JptIcCard,
        "/icCardId",
        Some(r#""KD00447199205836""#),
    ),
    (ReceiptType::JptIcCard, "/broker", None),
];

/// The fixture as every documented rule would have it.
fn documented(receipt_type: ReceiptType) -> Value {
    let mut receipt = fixture(receipt_type);
    for (_, path, value) in LENIENT.iter().filter(|(of, ..)| *of == receipt_type) {
        change(&mut receipt, path, *value);
    }
    if receipt_type == ReceiptType::JptIcCard {
        receipt["seller"] = receipt["merchant"].clone();
        for segment in receipt["segments"].as_array_mut().unwrap() {
            segment.as_object_mut().unwrap().remove("amount");
            segment["distance"] = json!(6);
        }
    }
    obey("", &mut receipt);
    receipt
}

/// Gives taxes what they lack, and offsets their colon.
fn obey(name: &str, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| obey(name, item)),
        Value::Object(members) => {
            if name == "taxes" {
                members.entry("rate").or_insert(json!(19));
                let authority = json!({"addressCountry": "DE"});
                members.entry("authority").or_insert(authority);
            }
            members
                .iter_mut()
                .for_each(|(name, value)| obey(name, value));
        }
        Value::String(text) if name.ends_with("ateTime") => {
            let hour = text.len() - 5;
            if text[hour..].starts_with(['+', '-']) {
                text.insert(hour + 3, ':');
            }
        }
        _ => {}
    }
}

fn change(receipt: &mut Value, path: &str, value: Option<&str>) {
    match value {
        Some(value) => set(receipt, path, serde_json::from_str(value).unwrap()),
        None => remove(receipt, path),
    }
}

/// Schemas with those switches on that `are_on` picks.
fn under(are_on: impl Fn(&str) -> bool) -> Validators {
    let on = SWITCHES.into_iter().filter(|id| are_on(id));
    Validators::new(Strict::of(&SWITCHES, on).unwrap())
}

fn paths_under(validators: &Validators, receipt_type: ReceiptType, receipt: &Value) -> Vec<String> {
    let faults = validators.validate(receipt_type, receipt);
    faults.into_iter().map(|fault| fault.path).collect()
}

#[test]
fn what_obeys_every_documented_rule_is_accepted_under_all_switches() {
    let all = under(|id| id != SCHEMA_LIST);
    for receipt_type in ReceiptType::ALL {
        let faults = all.validate(receipt_type, &documented(receipt_type));
        assert_eq!(faults, [], "{receipt_type:?}");
    }
}

#[test]
fn each_switch_adds_its_own_rule_and_no_other() {
    for switch in SWITCHES {
        let own = under(|id| id == switch);
        let others = under(|id| id != switch && id != SCHEMA_LIST);
        for (_, receipt_type, path, value, faults) in CASES.iter().filter(|case| case.0 == switch) {
            let mut receipt = documented(*receipt_type);
            change(&mut receipt, path, *value);
            assert_eq!(paths(*receipt_type, &receipt), [""; 0], "{switch} {path}");
            let elsewhere = paths_under(&others, *receipt_type, &receipt);
            assert_eq!(elsewhere, [""; 0], "{switch} {path}");
            let found = paths_under(&own, *receipt_type, &receipt);
            assert_eq!(found, *faults, "{switch} {path}");
        }
    }
}

#[test]
fn each_switch_has_a_case() {
    // These two concern the header that names the schema; see `link.rs`.
    let elsewhere = [SCHEMA_HTTPS, SCHEMA_LIST];
    for switch in SWITCHES {
        let cases = CASES.iter().filter(|case| case.0 == switch).count();
        assert_eq!(cases == 0, elsewhere.contains(&switch), "{switch}");
    }
    let changes: Value = serde_json::from_str(strict::CHANGES).unwrap();
    let known = |id: &String| SWITCHES.contains(&id.as_str());
    assert!(changes.as_object().unwrap().keys().all(known));
}

/// docs/behaviours.md, receipts-schema-list.
#[test]
fn a_type_that_is_left_out_is_no_receipt() {
    let strict = under(|id| id == SCHEMA_LIST);
    for receipt_type in ReceiptType::ALL {
        let faults = strict.validate(receipt_type, &fixture(receipt_type));
        let left_out = receipt_type == ReceiptType::JptIcCard;
        assert_eq!(faults.len(), usize::from(left_out), "{receipt_type:?}");
    }
}

#[test]
fn what_is_served_is_what_is_enforced() {
    for document in documents() {
        assert_eq!(validators().text(document), document.text);
    }
    let all = under(|_| true);
    for document in documents() {
        let text = all.text(document);
        let served: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(served, all.documents()[document.uri]);
        assert_eq!(served["$id"], document.uri);
        assert!(jsonschema::meta::is_valid(&served), "{}", document.name);
    }
    let taxes = all.text(document("taxes.schema.json").unwrap());
    assert!(taxes.contains("\"authority\",\n"), "{taxes}");
}
