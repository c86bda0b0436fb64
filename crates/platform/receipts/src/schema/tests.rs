use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const BOOKING_FEE: &str = include_str!("../../../../../seeds/receipts/booking-fee.json");
const WITH_TAX_ID: &str = include_str!("../../../../../seeds/receipts/tax-id.json");
const RIDE: &str = include_str!("../../../../../seeds/receipts/ride-every-field.json");
const FLIGHT: &str = include_str!("../../../../../seeds/receipts/flight-every-field.json");
const RENTAL: &str = include_str!("../../../../../seeds/receipts/car-rental-every-field.json");
const STAY: &str = include_str!("../../../../../seeds/receipts/stay-every-field.json");
const IC_CARD: &str = include_str!("../../../../../seeds/receipts/ic-card-every-field.json");
const RAIL: &str = include_str!("../../../../../seeds/receipts/rail-every-field.json");

/// A receipt of each type that has fields of its own.
const EVERY_FIELD: [(ReceiptType, &str); 6] = [
    (ReceiptType::Air, FLIGHT),
    (ReceiptType::CarRental, RENTAL),
    (ReceiptType::GroundTransport, RIDE),
    (ReceiptType::Hotel, STAY),
    (ReceiptType::JptIcCard, IC_CARD),
    (ReceiptType::Rail, RAIL),
];

/// Compiled once: compiling dominates every test otherwise.
fn validators() -> &'static Validators {
    static VALIDATORS: OnceLock<Validators> = OnceLock::new();
    VALIDATORS.get_or_init(Validators::default)
}

fn receipt(text: &str) -> Value {
    bursar_web::json::parse(text.as_bytes()).unwrap()
}

fn faults(receipt_type: ReceiptType, receipt: &Value) -> Value {
    serde_json::to_value(validators().validate(receipt_type, receipt)).unwrap()
}

fn paths(receipt_type: ReceiptType, receipt: &Value) -> Vec<String> {
    let faults = validators().validate(receipt_type, receipt);
    faults.into_iter().map(|fault| fault.path).collect()
}

/// Puts `value` at `path`, whose parent exists.
fn set(receipt: &mut Value, path: &str, value: Value) {
    let (parent, key) = path.rsplit_once('/').unwrap();
    match receipt.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        other => other[key] = value,
    }
}

/// Takes the field at `path` away.
fn remove(receipt: &mut Value, path: &str) {
    let (parent, field) = path.rsplit_once('/').unwrap();
    let parent = receipt.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(field).unwrap();
}

fn fixture(receipt_type: ReceiptType) -> Value {
    let found = EVERY_FIELD.iter().find(|(one, _)| *one == receipt_type);
    receipt(found.unwrap().1)
}

#[test]
fn documents_are_listed_in_order_under_their_own_ids() {
    for list in [receipt_schemas(), supporting_schemas()] {
        assert!(list.is_sorted_by_key(|document| document.name));
        for document in list {
            let content: Value = serde_json::from_str(document.text).unwrap();
            assert_eq!(content["$id"], document.uri);
            assert_eq!(super::document(document.name), Some(document));
            assert!(jsonschema::meta::is_valid(&content), "{}", document.name);
        }
    }
    assert_eq!(document("../Cargo.toml"), None);
    assert_eq!(document("boat-receipt.schema.json"), None);
}

#[test]
fn every_type_has_its_schema() {
    for (receipt_type, document) in ReceiptType::ALL.into_iter().zip(receipt_schemas()) {
        assert_eq!(receipt_type.schema_uri(), document.uri);
        assert_eq!(
            format!("{}.schema.json", receipt_type.name()),
            document.name
        );
        assert_eq!(ReceiptType::from_uri(document.uri), Some(receipt_type));
        let name = format!("{}-receipt", receipt_type.short_name());
        assert_eq!(ReceiptType::from_name(&name), Some(receipt_type));
    }
    assert_eq!(ReceiptType::from_name("hotel"), None);
}

/// Every `maxItems` in a schema.
fn limits(schema: &Value) -> Vec<&Value> {
    match schema {
        Value::Array(items) => items.iter().flat_map(limits).collect(),
        Value::Object(members) => {
            let own = members.get("maxItems").into_iter();
            own.chain(members.values().flat_map(limits)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_limit_of_lists_is_the_same_in_schemas_and_code() {
    let documents = validators().documents().values();
    let limits: Vec<_> = documents.flat_map(limits).collect();
    // Line items, tickets, coupons, guests, rail tickets, their segments, those of IC cards.
    assert_eq!(limits, vec![&json!(LIST_MAX); 7]);
    for name in LIMITED_LISTS {
        let limited = receipt_schemas().iter().any(|document| {
            let lists = &validators().documents()[document.uri]["properties"];
            lists
                .get(name)
                .is_some_and(|list| resolved(list)["maxItems"] == LIST_MAX)
        });
        assert!(limited, "{name}");
    }
}

#[test]
fn the_printed_receipts_are_valid_as_they_stand() {
    assert_eq!(
        faults(ReceiptType::General, &receipt(BOOKING_FEE)),
        json!([])
    );
    assert_eq!(
        faults(ReceiptType::General, &receipt(WITH_TAX_ID)),
        json!([])
    );
}

#[test]
fn a_receipt_of_each_type_with_every_field_is_valid() {
    for (receipt_type, text) in EVERY_FIELD {
        assert_eq!(
            faults(receipt_type, &receipt(text)),
            json!([]),
            "{receipt_type:?}"
        );
    }
}

/// What a schema refers to, or itself.
fn resolved(schema: &'static Value) -> &'static Value {
    let Some(reference) = schema["$ref"].as_str() else {
        return schema;
    };
    let (file_name, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let uri = document(file_name).unwrap().uri;
    resolved(validators().documents()[uri].pointer(pointer).unwrap())
}

/// The fields that a schema names, items of lists as `*`.
fn fields_of(schema: &'static Value, path: &str) -> BTreeSet<String> {
    let schema = resolved(schema);
    let mut fields = BTreeSet::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields.extend(fields_of(part, path));
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        fields.extend(fields_of(field, &path));
        fields.insert(path);
    }
    if let Some(items) = schema.get("items") {
        fields.extend(fields_of(items, &format!("{path}/*")));
    }
    fields
}

/// The fields that a receipt has, likewise.
fn fields_in(value: &Value, path: &str) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for (name, field) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        fields.extend(fields_in(field, &path));
        fields.insert(path);
    }
    for item in value.as_array().into_iter().flatten() {
        fields.extend(fields_in(item, &format!("{path}/*")));
    }
    fields
}

#[test]
fn the_fixtures_have_every_documented_field() {
    let schema = |uri: &str| &validators().documents()[uri];
    for (receipt_type, text) in EVERY_FIELD {
        let mut documented = fields_of(schema(receipt_type.schema_uri()), "");
        if receipt_type == ReceiptType::JptIcCard {
            // One address of each form.
            for (place, name) in [("seller", "address"), ("merchant", "address-original")] {
                let form = document(&format!("{name}.schema.json")).unwrap();
                let path = format!("/{place}/location/address");
                documented.extend(fields_of(schema(form.uri), &path));
            }
        }
        let there = fields_in(&receipt(text), "");
        let missing: Vec<_> = documented.difference(&there).collect();
        assert_eq!(missing, [""; 0], "{receipt_type:?}");
    }
}

#[test]
fn a_missing_field_is_named_with_its_own_path() {
    assert_eq!(
        faults(ReceiptType::General, &json!({})),
        json!([
            {"path": "/dateTime", "message": "dateTime is missing", "got": "nothing",
             "expected": "a date and time with a UTC offset, such as \"2024-03-09T18:05:00+0100\""},
            {"path": "/total", "message": "total is missing", "got": "nothing",
             "expected": "an amount as text, such as \"12.50\""},
            {"path": "/currencyCode", "message": "currencyCode is missing", "got": "nothing",
             "expected": "an ISO 4217 currency code of 3 capital letters, such as \"USD\""},
            {"path": "/seller", "message": "seller is missing", "got": "nothing",
             "expected": "a merchant object"},
            {"path": "/payments", "message": "payments is missing", "got": "nothing",
             "expected": "a list of at least one payment"},
        ])
    );
}

#[test]
fn an_amount_as_a_number_is_refused_with_advice() {
    let mut receipt = receipt(BOOKING_FEE);
    set(&mut receipt, "/lineItems/0/total", json!(12.5));
    assert_eq!(
        faults(ReceiptType::General, &receipt),
        json!([{
            "path": "/lineItems/0/total",
            "message": "expected an amount as text, such as \"12.50\", got the number 12.5",
            "expected": "an amount as text, such as \"12.50\"",
            "got": "the number 12.5",
        }])
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of all rules")]
fn every_rule_is_held_and_named_by_its_path() {
    for (path, values) in [
        (
            "/dateTime",
            vec![json!("2022-12-12T09:19:02Z"), json!("2022-12-12"), json!(1)],
        ),
        (
            "/total",
            vec![
                json!(333),
                json!(""),
                json!("1,0"),
                json!("5."),
                json!("12.50\n"),
            ],
        ),
        (
            "/total",
            vec![
                json!("١٢"),
                json!("+1"),
                json!("--1"),
                json!("1e3"),
                json!("USD 1"),
            ],
        ),
        ("/subtotal", vec![json!(1), json!("-"), Value::Null]),
        ("/taxesTotal", vec![json!(0), json!("0.")]),
        ("/discountsTotal", vec![json!("2.00"), json!(-2)]),
        (
            "/currencyCode",
            vec![json!("usd"), json!("ZZZ"), json!("US"), json!(840)],
        ),
        ("/broker", vec![json!("x"), json!([])]),
        ("/seller", vec![json!("x"), Value::Null]),
        ("/seller/name", vec![json!(""), json!(" \t"), json!(1)]),
        ("/seller/location", vec![json!("x")]),
        ("/seller/taxId", vec![json!(1)]),
        (
            "/broker/location/latitude",
            vec![json!(90.1), json!(-90.1), json!("1")],
        ),
        (
            "/broker/location/longitude",
            vec![json!(180.1), json!(-180.1), json!("1")],
        ),
        ("/broker/location/address", vec![json!("x")]),
        (
            "/broker/location/address/addressCountry",
            vec![json!("XX"), json!("us"), json!("ZZZ")],
        ),
        (
            "/broker/location/address/addressRegion",
            vec![json!("WASH"), json!(""), json!("W-")],
        ),
        ("/broker/location/address/postalCode", vec![json!(98101)]),
        ("/payments", vec![json!([]), json!({}), json!("cash")]),
        ("/payments/0", vec![json!("cash")]),
        ("/payments/0/amount", vec![json!(1), json!("x")]),
        ("/payments/1/cardDetail", vec![json!("Visa")]),
        (
            "/payments/1/cardDetail/cardType",
            vec![json!("visa"), json!(1)],
        ),
        (
            "/payments/1/cardDetail/creditCardId",
            vec![json!("42"), json!("12345"), json!(4242)],
        ),
        ("/payments/3/source", vec![json!("Cash"), json!(1)]),
        ("/payments/4/ticketNumber", vec![json!(" "), json!(1)]),
        ("/taxes", vec![json!({}), json!("0")]),
        ("/taxes/0/amount", vec![json!(0)]),
        ("/taxes/0/rate", vec![json!("19")]),
        ("/taxes/0/authority", vec![json!("DE")]),
        ("/taxes/0/authority/addressCountry", vec![json!("XX")]),
        ("/taxes/0/authority/addressRegion", vec![json!("DE-HB")]),
        ("/discounts", vec![json!({})]),
        ("/discounts/0/discountAmount", vec![json!("2.00")]),
        ("/discounts/0/discountRate", vec![json!(6)]),
        ("/taxInvoice", vec![json!("true")]),
        ("/reference", vec![json!(1)]),
        ("/lineItems", vec![json!({})]),
        ("/lineItems/0", vec![json!(1)]),
        ("/lineItems/0/sequenceNumber", vec![json!("1"), json!(1.5)]),
        ("/lineItems/0/dateTime", vec![json!("2024-03-09T18:31:40Z")]),
        ("/lineItems/0/description", vec![json!("")]),
        ("/lineItems/0/semanticsCode", vec![json!("")]),
        ("/lineItems/0/quantity", vec![json!(1.5), json!("1")]),
        ("/lineItems/0/unitCost", vec![json!(1)]),
        ("/lineItems/0/vatApplicable", vec![json!("yes")]),
        ("/lineItems/0/amountIncludesVat", vec![json!(1)]),
        ("/lineItems/0/taxes/0/amount", vec![json!(1)]),
        ("/lineItems/0/discounts/0/discountAmount", vec![json!(-1)]),
        ("/startDateTime", vec![json!("18:05+01")]),
        ("/endDateTime", vec![json!("2024-03-09T18:30:12.250")]),
        ("/travelDuration", vec![json!("25 min"), json!(25)]),
        (
            "/mapUrl",
            vec![
                json!("http://maps.googleapis.com/maps/"),
                json!("https://x/maps/"),
            ],
        ),
        ("/pickupLocation", vec![json!("Hauptbahnhof")]),
        ("/dropoffLocation", vec![json!([])]),
        ("/distance", vec![json!(6.4)]),
        ("/distance/unit", vec![json!("m")]),
        ("/distance/totalDistance", vec![json!("6.4")]),
        ("/classOfService", vec![json!("")]),
        ("/driverNumber", vec![json!(118)]),
    ] {
        for value in values {
            let mut receipt = receipt(RIDE);
            set(&mut receipt, path, value.clone());
            assert_eq!(
                paths(ReceiptType::GroundTransport, &receipt),
                [path],
                "{value}"
            );
        }
    }
}

/// What is refused at a path of a type's fixture, as a JSON list.
type Rule = (&'static str, &'static str);

const AIR_RULES: [Rule; 31] = [
    ("/itineraryLocator", r#"["", " ", 1]"#),
    ("/tickets", r#"[{}, "x", null]"#),
    ("/tickets/0", r#"[[], "x"]"#),
    ("/tickets/1/number", "[1, null]"),
    ("/tickets/0/recordLocator", "[1]"),
    (
        "/tickets/0/issueDateTime",
        r#"["2026-02-11", "2026-02-11T14:22:10Z", 1]"#,
    ),
    (
        "/tickets/0/pseudoCityCode",
        r#"["HA", "HAMB", "H4M", "", 1]"#,
    ),
    (
        "/tickets/0/IATAAgencyNumber",
        r#"["2321774", "232177441", "2321774A", 23217744]"#,
    ),
    ("/tickets/0/agencyName", "[1]"),
    ("/tickets/0/passengerName", "[null, {}]"),
    ("/tickets/0/coupons", r#"[{}, "x"]"#),
    ("/tickets/0/coupons/3", r#"["x", 1]"#),
    (
        "/tickets/1/coupons/2/originationAirportIATACode",
        r#"["TO", "ENTC", "T0S", ""]"#,
    ),
    (
        "/tickets/1/coupons/2/destinationAirportIATACode",
        r#"["OS", "ENGM", "O5L", 1]"#,
    ),
    (
        "/tickets/0/coupons/0/originationDateTime",
        r#"["2026-03-02T06:40:00", "06:40+01:00"]"#,
    ),
    (
        "/tickets/0/coupons/0/destinationDateTime",
        r#"["2026-02-30T08:15:00+01:00"]"#,
    ),
    ("/tickets/0/coupons/0/flightNumber", "[418]"),
    ("/tickets/0/coupons/0/couponNumber", r#"["", " \t", 1]"#),
    (
        "/tickets/0/coupons/0/operatingAirlineCode",
        r#"["N", "NFJ", "3M", ""]"#,
    ),
    (
        "/tickets/0/coupons/0/marketingCarrier",
        r#"["NF", "NF 418", "NFJ418888", ""]"#,
    ),
    (
        "/tickets/0/coupons/0/operatingCarrier",
        r#"["NF", "NF-418", "NFJ418888", 418]"#,
    ),
    (
        "/tickets/0/coupons/0/classOfServiceCode",
        r#"["", "MM", "1"]"#,
    ),
    (
        "/tickets/0/coupons/0/fareBasisCode",
        r#"["M", "MLOW26/CH", "MLOW26CHX", ""]"#,
    ),
    (
        "/tickets/0/coupons/0/ticketDesignatorCode",
        r#"["", "CRP 5", "CRP*5678901", "CRP/5"]"#,
    ),
    (
        "/tickets/0/coupons/0/fare",
        r#"[640, "", "NOK 640", "640,00"]"#,
    ),
    ("/tickets/0/coupons/0/taxes", r#"[{}, "0"]"#),
    ("/tickets/0/coupons/0/taxes/0/amount", "[178.4]"),
    ("/tickets/0/coupons/0/lineItems", "[{}]"),
    ("/tickets/0/coupons/0/lineItems/0/total", r#"[184, "x"]"#),
    ("/lineItems", r#"[{}, "x"]"#),
    ("/lineItems/0/sequenceNumber", r#"["1", 0.5]"#),
];

const CAR_RENTAL_RULES: [Rule; 31] = [
    ("/itineraryLocator", r#"["", 1]"#),
    ("/segmentLocator", r#"[" ", 1]"#),
    (
        "/startDateTime",
        r#"["2026-05-18T18:05:00Z", "2026-05-18", null]"#,
    ),
    ("/endDateTime", r#"["2026-05-22 17:30:00+0100", 1]"#),
    ("/pickupLocation", r#"["Porto", []]"#),
    ("/pickupLocation/address", r#"["Porto"]"#),
    (
        "/pickupLocation/address/addressCountry",
        r#"["Portugal", "pt"]"#,
    ),
    ("/dropoffLocation", r#"["Lisboa", null]"#),
    ("/dropoffLocation/latitude", r#"[-91, "38.7"]"#),
    ("/dropoffLocation/longitude", "[181]"),
    ("/rentalDays", r#"["4", 3.5, null]"#),
    ("/rentalAgreementNumber", "[1]"),
    ("/confirmationNumber", "[1]"),
    ("/vehicle", r#"["x", []]"#),
    ("/vehicle/registrationNumber", "[4117]"),
    ("/vehicle/description", "[1]"),
    (
        "/vehicle/classReservedCode",
        r#"["CDM", "CDMRX", "CDM1", "", 1]"#,
    ),
    ("/vehicle/classRentedCode", r#"["IDA", "IDA*", "idar "]"#),
    ("/vehicle/classChargedCode", r#"["C", "CDMNN"]"#),
    (
        "/vehicle/engineSize",
        r#"["", "11999", "1.2", "1199 cc", 1199]"#,
    ),
    ("/driverName", "[{}]"),
    ("/distance", r#"["418.6 km"]"#),
    ("/distance/totalDistance", r#"["418.6"]"#),
    ("/distance/unit", r#"["miles", "KM", null]"#),
    ("/odometerReadingOut", r#"["12044.3"]"#),
    ("/odometerReadingIn", r#"["12462.9", null]"#),
    ("/additionalDriver", r#"["true", 1]"#),
    ("/lineItems", "[{}]"),
    ("/lineItems/0/semanticsCode", r#"["", " "]"#),
    (
        "/lineItems/0/taxes/0/authority/addressRegion",
        r#"["Porto", ""]"#,
    ),
    ("/lineItems/0/discounts/0/discountAmount", r#"["28.50"]"#),
];

const HOTEL_RULES: [Rule; 28] = [
    ("/itineraryLocator", r#"["", 1]"#),
    ("/segmentLocator", r#"["", 1]"#),
    ("/property", r#"["Ouchy", []]"#),
    ("/property/address", r#"["Ouchy"]"#),
    ("/property/address/addressCountry", r#"["XX"]"#),
    ("/property/telephoneNumber", "[41215550120]"),
    ("/confirmationNumber", "[1]"),
    (
        "/checkInDateTime",
        r#"["2026-09-14", "2026-09-14T15:20:00Z"]"#,
    ),
    ("/checkOutDateTime", r#"["2026-09-31T10:30:00+02:00", 1]"#),
    ("/guests", r#"[{}, "Nadia"]"#),
    ("/guests/0", r#"["Nadia"]"#),
    ("/guests/0/guestNameRecord", "[1]"),
    ("/guests/0/firstName", r#"["", " ", 1]"#),
    ("/guests/1/lastName", r#"["", "\n", null]"#),
    ("/guests/1/address", r#"["Milano"]"#),
    ("/guests/1/address/addressCountry", r#"["Italia"]"#),
    ("/guests/1/address/addressRegion", r#"["Lombardia"]"#),
    ("/numberInParty", r#"["2", 1.5]"#),
    ("/room", r#"["412", []]"#),
    ("/room/roomNumber", "[412]"),
    ("/room/roomType", "[1]"),
    ("/room/ratePlanType", "[1]"),
    ("/room/averageDailyRoomRate", r#"[220, "", "CHF 220"]"#),
    ("/nightsStayed", r#"[0, -1, 2.5, "3"]"#),
    ("/lineItems", "[{}, null]"),
    ("/lineItems/0/dateTime", r#"["2026-09-14"]"#),
    ("/lineItems/0/quantity", "[1.5]"),
    ("/lineItems/0/vatApplicable", r#"["yes"]"#),
];

const IC_CARD_RULES: [Rule; 37] = [
    ("/user", "[1]"),
    ("/app", "[{}]"),
    ("/dateTime", r#"["2026-04-10T23:59:00Z", "2026-04-10"]"#),
    ("/total", r#"[2430, "¥2430"]"#),
    ("/subtotal", "[1]"),
    ("/taxesTotal", "[0]"),
    ("/discountsTotal", r#"["60"]"#),
    ("/currencyCode", r#"["yen", "JP"]"#),
    ("/broker", r#"["x"]"#),
    ("/broker/location/address/addressCountry", r#"["Japan"]"#),
    ("/seller", r#"["x", null]"#),
    ("/seller/name", r#"[""]"#),
    ("/seller/location", r#"["x"]"#),
    ("/seller/location/address", r#"["x"]"#),
    ("/seller/location/address/addressRegion", r#"["Tokyo"]"#),
    ("/merchant", r#"["x", []]"#),
    ("/merchant/name", r#"["", 1]"#),
    ("/merchant/location/latitude", "[91]"),
    ("/merchant/location/longitude", "[181]"),
    ("/merchant/location/address", r#"["x", []]"#),
    (
        "/merchant/location/address/countryCode",
        r#"["XX", "jp", 392]"#,
    ),
    (
        "/merchant/location/address/countrySubdivisionCode",
        r#"["Tokyo", ""]"#,
    ),
    ("/merchant/location/address/address2", "[14]"),
    ("/payments", "[[], {}]"),
    ("/payments/0/amount", "[1000]"),
    ("/taxes/0/amount", "[226]"),
    ("/discounts/0/discountAmount", r#"["60"]"#),
    ("/taxInvoice", r#"["false"]"#),
    ("/icCardId", r#"["KD00 4471 9920 5836 2", 4471, null]"#),
    ("/segments", r#"[{}, "x"]"#),
    ("/segments/0", r#"["x"]"#),
    ("/segments/0/sequenceNumber", r#"["20417", 0.5]"#),
    ("/segments/0/dateTime", r#"["2026-04-06"]"#),
    ("/segments/5/fromStationCode", "[301]"),
    ("/segments/5/toStationName", "[null]"),
    ("/segments/5/fromIsCommuterPass", r#"["no"]"#),
    ("/segments/5/distance", r#"[-0.1, "22.5"]"#),
];

const RAIL_RULES: [Rule; 22] = [
    ("/itineraryLocator", r#"["", 1]"#),
    ("/railTickets", r#"[{}, "x", null]"#),
    ("/railTickets/1", r#"["x"]"#),
    ("/railTickets/0/ticketNumber", "[1]"),
    ("/railTickets/0/recordLocator", "[1, null]"),
    (
        "/railTickets/0/issueDateTime",
        r#"["2026-05-20", "2026-05-20T11:04:30Z"]"#,
    ),
    ("/railTickets/0/passengerName", "[1]"),
    ("/railTickets/0/fare", r#"[832, "832,00"]"#),
    ("/railTickets/0/segments", r#"[{}, "x"]"#),
    ("/railTickets/0/segments/2", r#"["x"]"#),
    ("/railTickets/1/segments/0/departureStation", "[null]"),
    (
        "/railTickets/1/segments/0/departureDateTime",
        r#"["2026-06-03T07:10:00"]"#,
    ),
    ("/railTickets/1/segments/0/arrivalStation", "[1]"),
    ("/railTickets/1/segments/0/arrivalDateTime", r#"["09:38"]"#),
    ("/railTickets/1/segments/0/trainNumber", "[1107]"),
    ("/railTickets/1/segments/0/trainType", "[1]"),
    (
        "/railTickets/1/segments/0/classOfServiceCode",
        r#"["", " ", 1]"#,
    ),
    ("/railTickets/1/segments/0/fare", "[312]"),
    ("/railTickets/1/segments/0/taxes", "[{}]"),
    ("/railTickets/1/segments/0/taxes/0/rate", r#"["6"]"#),
    (
        "/railTickets/1/segments/0/lineItems/1/description",
        r#"["", 1]"#,
    ),
    ("/lineItems/0/unitCost", "[55]"),
];

#[test]
fn every_rule_of_each_type_is_held_and_named_by_its_path() {
    for (receipt_type, rules) in [
        (ReceiptType::Air, &AIR_RULES[..]),
        (ReceiptType::CarRental, &CAR_RENTAL_RULES),
        (ReceiptType::Hotel, &HOTEL_RULES),
        (ReceiptType::JptIcCard, &IC_CARD_RULES),
        (ReceiptType::Rail, &RAIL_RULES),
    ] {
        for (path, values) in rules {
            let values: Vec<Value> = serde_json::from_str(values).unwrap();
            for value in values {
                let mut receipt = fixture(receipt_type);
                set(&mut receipt, path, value.clone());
                assert_eq!(
                    paths(receipt_type, &receipt),
                    [*path],
                    "{receipt_type:?} {value}"
                );
            }
        }
    }
}

/// Of every type.
const CORE_REQUIRED: [&str; 11] = [
    "/dateTime",
    "/total",
    "/currencyCode",
    "/seller/name",
    "/seller/location",
    "/seller/location/address",
    "/seller/location/address/addressCountry",
    "/broker/name",
    "/payments",
    "/payments/0/amount",
    "/taxes/0/amount",
];

const RIDE_REQUIRED: [&str; 10] = [
    "/seller",
    "/payments/1/cardDetail/cardType",
    "/taxes/0/authority/addressCountry",
    "/lineItems/0/sequenceNumber",
    "/lineItems/0/description",
    "/lineItems/0/total",
    "/startDateTime",
    "/pickupLocation",
    "/distance/totalDistance",
    "/distance/unit",
];

const AIR_REQUIRED: [&str; 17] = [
    "/seller",
    "/tickets/1/number",
    "/tickets/1/issueDateTime",
    "/tickets/1/passengerName",
    "/tickets/1/coupons",
    "/tickets/1/coupons/3/originationAirportIATACode",
    "/tickets/1/coupons/3/originationDateTime",
    "/tickets/1/coupons/3/destinationAirportIATACode",
    "/tickets/1/coupons/3/destinationDateTime",
    "/tickets/1/coupons/3/couponNumber",
    "/tickets/1/coupons/3/operatingAirlineCode",
    "/tickets/1/coupons/3/marketingCarrier",
    "/tickets/1/coupons/3/operatingCarrier",
    "/tickets/1/coupons/3/classOfServiceCode",
    "/tickets/1/coupons/3/fareBasisCode",
    "/tickets/1/coupons/3/fare",
    "/tickets/0/coupons/0/lineItems/0/description",
];

const CAR_RENTAL_REQUIRED: [&str; 9] = [
    "/seller",
    "/startDateTime",
    "/endDateTime",
    "/pickupLocation",
    "/pickupLocation/address",
    "/dropoffLocation",
    "/dropoffLocation/address/addressCountry",
    "/rentalDays",
    "/distance/unit",
];

const HOTEL_REQUIRED: [&str; 11] = [
    "/seller",
    "/property/address",
    "/checkInDateTime",
    "/checkOutDateTime",
    "/guests",
    "/guests/1/firstName",
    "/guests/1/lastName",
    "/guests/1/address/addressCountry",
    "/room",
    "/room/averageDailyRoomRate",
    "/nightsStayed",
];

const IC_CARD_REQUIRED: [&str; 12] = [
    "/merchant/name",
    "/merchant/location",
    "/merchant/location/address",
    "/merchant/location/address/countryCode",
    "/icCardId",
    "/segments",
    "/segments/5/sequenceNumber",
    "/segments/5/dateTime",
    "/segments/5/fromStationCode",
    "/segments/5/fromStationName",
    "/segments/5/toStationCode",
    "/segments/5/toStationName",
];

const RAIL_REQUIRED: [&str; 13] = [
    "/seller",
    "/railTickets",
    "/railTickets/1/recordLocator",
    "/railTickets/1/issueDateTime",
    "/railTickets/1/passengerName",
    "/railTickets/1/segments",
    "/railTickets/1/segments/2/departureStation",
    "/railTickets/1/segments/2/departureDateTime",
    "/railTickets/1/segments/2/arrivalStation",
    "/railTickets/1/segments/2/arrivalDateTime",
    "/railTickets/1/segments/2/trainNumber",
    "/railTickets/1/segments/2/classOfServiceCode",
    "/lineItems/0/total",
];

#[test]
fn every_required_field_is_asked_for() {
    for (receipt_type, required) in [
        (ReceiptType::Air, &AIR_REQUIRED[..]),
        (ReceiptType::CarRental, &CAR_RENTAL_REQUIRED),
        (ReceiptType::GroundTransport, &RIDE_REQUIRED),
        (ReceiptType::Hotel, &HOTEL_REQUIRED),
        (ReceiptType::Hotel, &["/lineItems"]),
        (ReceiptType::JptIcCard, &IC_CARD_REQUIRED),
        (ReceiptType::Rail, &RAIL_REQUIRED),
    ] {
        for path in CORE_REQUIRED.iter().chain(required) {
            let mut receipt = fixture(receipt_type);
            remove(&mut receipt, path);
            let faults = faults(receipt_type, &receipt);
            assert_eq!(faults.as_array().unwrap().len(), 1, "{path} {faults}");
            // Without addressCountry an IC card's address is read as the original form.
            let original = receipt_type == ReceiptType::JptIcCard;
            let path = if original {
                path.replace("addressCountry", "countryCode")
            } else {
                (*path).to_owned()
            };
            let (_, field) = path.rsplit_once('/').unwrap();
            assert_eq!(faults[0]["path"], path);
            assert_eq!(faults[0]["message"], format!("{field} is missing"));
            assert_ne!(faults[0]["expected"], "a value", "{path}");
        }
    }
}

/// docs/behaviours.md, receipts-ic-card.
#[test]
fn an_ic_card_receipt_names_its_seller_by_either_name() {
    let ic_card = ReceiptType::JptIcCard;
    for (gone, path) in [
        ("/seller", None),
        ("/merchant", None),
        ("both", Some("/seller")),
    ] {
        let mut receipt = fixture(ic_card);
        for name in ["/seller", "/merchant"] {
            if [name, "both"].contains(&gone) {
                remove(&mut receipt, name);
            }
        }
        assert_eq!(paths(ic_card, &receipt), Vec::from_iter(path), "{gone}");
    }
    let mut receipt = fixture(ic_card);
    for name in ["user", "app", "reference"] {
        remove(&mut receipt, &format!("/{name}"));
    }
    assert_eq!(faults(ic_card, &receipt), json!([]));
    let missing = json!({"path": "/seller", "message": "seller is missing", "got": "nothing",
        "expected": "a merchant object"});
    let faults = faults(ic_card, &json!({}));
    assert!(faults.as_array().unwrap().contains(&missing), "{faults}");
}

#[test]
fn all_faults_are_found_at_once() {
    let mut receipt = receipt(BOOKING_FEE);
    set(&mut receipt, "/currencyCode", json!("ZZZ"));
    set(&mut receipt, "/payments/0/amount", json!(333));
    set(&mut receipt, "/lineItems/0/taxes/0/amount", json!("free"));
    set(
        &mut receipt,
        "/seller/location/address/addressCountry",
        json!("Texas"),
    );
    receipt.as_object_mut().unwrap().remove("total");
    let mut found = paths(ReceiptType::General, &receipt);
    found.sort();
    assert_eq!(
        found,
        [
            "/currencyCode",
            "/lineItems/0/taxes/0/amount",
            "/payments/0/amount",
            "/seller/location/address/addressCountry",
            "/total",
        ]
    );
}

#[test]
fn what_the_documents_allow_is_accepted() {
    let digits = "1234567890".repeat(4);
    for (path, value) in [
        ("/total", json!("180.0")),
        ("/total", json!("-333.00")),
        ("/total", json!(".5")),
        ("/total", json!(digits)),
        ("/total", json!(format!("-{digits}.{digits}"))),
        ("/seller/name", json!("株式会社 إيصال 🚕")),
        ("/seller/name", json!("x ".repeat(1_000_000))),
        ("/seller/name", json!(format!("{}x", " ".repeat(1_000_000)))),
        ("/taxes", json!([])),
        ("/lineItems", json!([])),
        ("/lineItems/0/quantity", json!(-1)),
        ("/unknownField", json!({"any": [1, null]})),
        ("/payments/0/unknownField", json!(true)),
    ] {
        let mut receipt = receipt(BOOKING_FEE);
        set(&mut receipt, path, value.clone());
        assert_eq!(
            faults(ReceiptType::General, &receipt),
            json!([]),
            "{path} {value}"
        );
    }
}

/// Where the documents contradict each other or say nothing; see docs/behaviours.md.
const OPEN: [(ReceiptType, &str, &str); 25] = [
    (ReceiptType::Air, "/tickets", "[[]]"),
    (ReceiptType::Air, "/tickets/0/coupons", "[[]]"),
    (
        ReceiptType::Air,
        "/tickets/0/fare",
        r#"["609.31", 609.31, null]"#,
    ),
    (ReceiptType::Air, "/tickets/0/pseudoCityCode", r#"["ham"]"#),
    (
        ReceiptType::Air,
        "/tickets/0/coupons/0/fareBasisCode",
        r#"["Y1", "y1cv5xxx"]"#,
    ),
    (
        ReceiptType::Air,
        "/tickets/0/coupons/0/ticketDesignatorCode",
        r#"["A*B*C?", "*"]"#,
    ),
    (ReceiptType::Air, "/tickets/0/coupons/0/lineItems", "[[]]"),
    (ReceiptType::Air, "/lineItems", "[[]]"),
    (ReceiptType::CarRental, "/rentalDays", "[0, -1, 4.0]"),
    (
        ReceiptType::CarRental,
        "/odometerReadingOut",
        "[31548, 0.123, -1]",
    ),
    (
        ReceiptType::CarRental,
        "/vehicle/fuelType",
        r#"["Petrol", 1]"#,
    ),
    (ReceiptType::CarRental, "/vehicle", "[{}]"),
    (ReceiptType::CarRental, "/confirmationNumber", r#"[""]"#),
    (
        ReceiptType::CarRental,
        "/discounts/0/discountRate",
        r#"["Per Mile"]"#,
    ),
    (
        ReceiptType::GroundTransport,
        "/travelDuration",
        r#"["P", "PT", "-PT1,5H"]"#,
    ),
    (ReceiptType::Hotel, "/guests", "[[]]"),
    (ReceiptType::Hotel, "/numberInParty", "[0, -1]"),
    (ReceiptType::Hotel, "/lineItems", "[[]]"),
    (
        ReceiptType::JptIcCard,
        "/icCardId",
        r#"["", "KD00 4471 9920 5836", "12345678901234567890"]"#,
    ),
    (ReceiptType::JptIcCard, "/segments", "[[]]"),
    (
        ReceiptType::JptIcCard,
        "/segments/0/distance",
        "[0, 1234, 6.4]",
    ),
    (ReceiptType::JptIcCard, "/segments/0/amount", "[210]"),
    (
        ReceiptType::JptIcCard,
        "/segments/0/fromStationName",
        r#"["恵比寿（東京）"]"#,
    ),
    (ReceiptType::Rail, "/railTickets", "[[]]"),
    (ReceiptType::Rail, "/railTickets/0/segments", "[[]]"),
];

#[test]
fn what_each_type_leaves_open_is_accepted() {
    for (receipt_type, path, values) in OPEN {
        let values: Vec<Value> = serde_json::from_str(values).unwrap();
        for value in values {
            let mut receipt = fixture(receipt_type);
            set(&mut receipt, path, value.clone());
            assert_eq!(faults(receipt_type, &receipt), json!([]), "{path} {value}");
        }
    }
    let mut flight = fixture(ReceiptType::Air);
    remove(&mut flight, "/tickets");
    assert_eq!(faults(ReceiptType::Air, &flight), json!([]));
}

#[test]
fn a_ride_is_more_than_a_general_receipt() {
    assert_eq!(
        paths(ReceiptType::GroundTransport, &receipt(BOOKING_FEE)),
        ["/startDateTime", "/pickupLocation"]
    );
    assert_eq!(paths(ReceiptType::General, &receipt(RIDE)), [""; 0]);
}

#[test]
fn what_is_no_object_is_refused() {
    for value in [json!(null), json!([]), json!("receipt"), json!(1)] {
        for receipt_type in ReceiptType::ALL {
            let faults = faults(receipt_type, &value);
            assert_eq!(faults[0]["path"], "");
            let expected = match receipt_type {
                ReceiptType::JptIcCard => "an IC card receipt",
                _ => "a receipt object",
            };
            assert_eq!(faults[0]["expected"], expected);
            assert_eq!(faults.as_array().unwrap().len(), 1);
        }
    }
}

fn with_lines(count: usize, line: &Value) -> Value {
    let mut receipt = receipt(WITH_TAX_ID);
    receipt["lineItems"] = Value::Array(vec![line.clone(); count]);
    receipt
}

#[test]
fn line_items_over_the_limit_are_refused_as_our_own_limit() {
    let line = json!({"sequenceNumber": 1, "description": "x", "total": "1"});
    assert_eq!(
        faults(ReceiptType::General, &with_lines(LIST_MAX, &line)),
        json!([])
    );
    for (count, text) in [(10_001, "10,001"), (30_000, "30,000")] {
        let faults = faults(ReceiptType::General, &with_lines(count, &line));
        assert_eq!(
            faults,
            json!([{
                "path": "/lineItems",
                "message": format!(
                    "at most 10,000 line items are accepted, got {text}; \
                     this is a limit of this installation"
                ),
                "expected": "at most 10,000 line items",
                "got": text,
            }])
        );
    }
}

#[test]
fn other_lists_over_the_limit_are_refused_by_their_names() {
    for (receipt_type, path, entries) in [
        (ReceiptType::Air, "/tickets", "tickets"),
        (ReceiptType::Air, "/tickets/1/coupons", "coupons"),
        (
            ReceiptType::Air,
            "/tickets/0/coupons/0/lineItems",
            "line items",
        ),
        (ReceiptType::Hotel, "/guests", "guests"),
        (ReceiptType::JptIcCard, "/segments", "segments"),
        (ReceiptType::Rail, "/railTickets", "rail tickets"),
        (ReceiptType::Rail, "/railTickets/1/segments", "segments"),
    ] {
        let mut receipt = fixture(receipt_type);
        let list = receipt.pointer_mut(path).unwrap().as_array_mut().unwrap();
        // Without what is inside: ten thousand of them are to be compared here.
        let mut one = list[0].clone();
        for field in one.as_object_mut().unwrap().values_mut() {
            if field.is_array() {
                *field = json!([]);
            }
        }
        *list = vec![one; LIST_MAX + 1];
        let faults = faults(receipt_type, &receipt);
        assert_eq!(faults[0]["path"], path);
        let message = format!("at most 10,000 {entries} are accepted, got 10,001");
        let given = faults[0]["message"].as_str().unwrap();
        assert!(given.starts_with(&message), "{path} {given}");
    }
}

#[test]
fn at_most_a_hundred_faults_are_listed() {
    let line = json!({"sequenceNumber": 1, "description": "x", "total": 1});
    assert_eq!(
        paths(ReceiptType::General, &with_lines(100, &line)).len(),
        100
    );
    let faults = faults(ReceiptType::General, &with_lines(137, &line));
    assert_eq!(faults.as_array().unwrap().len(), 101);
    assert_eq!(faults[100]["message"], "37 more faults are not listed");
}

#[test]
fn a_hostile_document_gets_its_first_fault_only() {
    let line = json!({"sequenceNumber": 1, "description": "x", "total": "1", "taxes": [0, 0, 0]});
    let faults = faults(ReceiptType::General, &with_lines(8_000, &line));
    assert_eq!(faults[0]["path"], "/lineItems/0/taxes/0");
    assert_eq!(faults[1]["message"], "possibly more faults are not listed");
}

#[test]
fn a_refused_value_is_shown_short() {
    let mut receipt = receipt(BOOKING_FEE);
    set(&mut receipt, "/total", json!("ü".repeat(5000)));
    let faults = faults(ReceiptType::General, &receipt);
    let got = faults[0]["got"].as_str().unwrap();
    assert_eq!(got.chars().count(), 64);
    assert!(got.starts_with("the text \"üüü") && got.ends_with('…'));
}

fn amount() -> impl Strategy<Value = String> {
    r"-?[0-9]{0,40}\.?[0-9]{1,6}"
}

prop_compose! {
    fn general_receipt()(
        total in amount(),
        date_time in r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3])(:[0-5][0-9](:[0-5][0-9])?)?[+-](0[0-9]|1[0-4]):?[0-5][0-9]",
        currency in prop::sample::select(vec!["USD", "EUR", "JPY", "KWD"]),
        country in prop::sample::select(vec!["US", "USA", "DE", "JPN"]),
        name in r"\PC{0,20}[a-zé王]\PC{0,20}",
        payments in prop::collection::vec(amount(), 1..4),
        lines in prop::collection::vec((amount(), any::<i64>(), "[!-~é王]{1,9}"), 0..4),
    ) -> Value {
        let payments: Vec<_> = payments.iter().map(|amount| json!({"amount": amount})).collect();
        let lines: Vec<_> = lines.iter().map(|(total, number, description)| {
            json!({"sequenceNumber": number, "description": description, "total": total})
        }).collect();
        json!({
            "dateTime": date_time, "total": total, "currencyCode": currency,
            "seller": {"name": name, "location": {"address": {"addressCountry": country}}},
            "payments": payments, "lineItems": lines,
        })
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let key = prop::sample::select(vec![
            "total",
            "seller",
            "lineItems",
            "payments",
            "taxes",
            "~/",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn generated_receipts_are_valid(receipt in general_receipt()) {
        let text = receipt.to_string();
        prop_assert_eq!(&bursar_web::json::parse(text.as_bytes()).unwrap(), &receipt);
        prop_assert_eq!(faults(ReceiptType::General, &receipt), json!([]));
    }

    #[test]
    fn any_json_without_core_fields_is_refused(value in any_json()) {
        // The generator knows no `dateTime`, so nothing it makes is a receipt.
        for receipt_type in ReceiptType::ALL {
            prop_assert!(!paths(receipt_type, &value).is_empty());
        }
    }
}
