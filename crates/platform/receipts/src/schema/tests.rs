use proptest::prelude::*;
use serde_json::json;

use super::*;

const BOOKING_FEE: &str = include_str!("../../../../../seeds/receipts/booking-fee.json");
const WITH_TAX_ID: &str = include_str!("../../../../../seeds/receipts/tax-id.json");
const RIDE: &str = include_str!("../../../../../seeds/receipts/ride-every-field.json");

/// Compiled once: compiling dominates every test otherwise.
fn validators() -> &'static Validators {
    static VALIDATORS: std::sync::OnceLock<Validators> = std::sync::OnceLock::new();
    VALIDATORS.get_or_init(Validators::new)
}

fn receipt(text: &str) -> Value {
    crate::json::parse(text.as_bytes()).unwrap()
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
    assert_eq!(document("hotel-receipt.schema.json"), None);
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
    }
}

#[test]
fn the_limit_of_line_items_is_the_same_in_schemas_and_code() {
    for document in receipt_schemas() {
        let content: Value = serde_json::from_str(document.text).unwrap();
        assert_eq!(
            content["properties"]["lineItems"]["maxItems"],
            LINE_ITEMS_MAX
        );
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
fn a_ride_with_every_field_is_valid() {
    assert_eq!(
        faults(ReceiptType::GroundTransport, &receipt(RIDE)),
        json!([])
    );
}

#[test]
fn the_ride_fixture_has_every_documented_field() {
    let ride = receipt(RIDE);
    let fields_of = |name: &str| {
        let schema: Value =
            serde_json::from_str(document(&format!("{name}.schema.json")).unwrap().text).unwrap();
        schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    for (schema, place) in [
        ("ground-transport-receipt", ""),
        ("receipt-core", ""),
        ("merchant", "/broker"),
        ("location", "/broker/location"),
        ("address", "/broker/location/address"),
        ("line-item", "/lineItems/0"),
        ("discount", "/discounts/0"),
    ] {
        for field in fields_of(schema) {
            let path = format!("{place}/{field}");
            assert!(ride.pointer(&path).is_some(), "{path}");
        }
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

#[test]
fn every_required_field_is_asked_for() {
    for path in [
        "/dateTime",
        "/total",
        "/currencyCode",
        "/seller",
        "/seller/name",
        "/seller/location",
        "/seller/location/address",
        "/seller/location/address/addressCountry",
        "/payments",
        "/payments/0/amount",
        "/payments/1/cardDetail/cardType",
        "/taxes/0/amount",
        "/taxes/0/authority/addressCountry",
        "/lineItems/0/sequenceNumber",
        "/lineItems/0/description",
        "/lineItems/0/total",
        "/startDateTime",
        "/pickupLocation",
        "/distance/totalDistance",
        "/distance/unit",
    ] {
        let mut receipt = receipt(RIDE);
        let (parent, field) = path.rsplit_once('/').unwrap();
        receipt
            .pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(field)
            .unwrap();
        let faults = faults(ReceiptType::GroundTransport, &receipt);
        assert_eq!(faults.as_array().unwrap().len(), 1, "{faults}");
        assert_eq!(faults[0]["path"], path);
        assert_eq!(faults[0]["message"], format!("{field} is missing"));
        assert_ne!(faults[0]["expected"], "a value", "{path}");
    }
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
        let faults = faults(ReceiptType::General, &value);
        assert_eq!(faults[0]["path"], "");
        assert_eq!(faults[0]["expected"], "a receipt object");
        assert_eq!(faults.as_array().unwrap().len(), 1);
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
        faults(ReceiptType::General, &with_lines(LINE_ITEMS_MAX, &line)),
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
        prop_assert_eq!(&crate::json::parse(text.as_bytes()).unwrap(), &receipt);
        prop_assert_eq!(faults(ReceiptType::General, &receipt), json!([]));
    }

    #[test]
    fn any_json_without_core_fields_is_refused(value in any_json()) {
        // The generator knows no `dateTime`, so nothing it makes is a receipt.
        prop_assert!(!paths(ReceiptType::General, &value).is_empty());
        prop_assert!(!paths(ReceiptType::GroundTransport, &value).is_empty());
    }
}
