use serde_json::json;

use super::*;

mod air;
mod car_rental;
mod coverage;
mod generated;
mod ground_transport;
mod hotel;
mod ic_card;
mod limits;
mod rail;
mod switches;

const BOOKING_FEE: &str = include_str!("../../../../../seeds/receipts/booking-fee.json");
const WITH_TAX_ID: &str = include_str!("../../../../../seeds/receipts/tax-id.json");
const RIDE: &str = include_str!("../../../../../seeds/receipts/ride-every-field.json");
const FLIGHT: &str = include_str!("../../../../../seeds/receipts/flight-every-field.json");
const RENTAL: &str = include_str!("../../../../../seeds/receipts/car-rental-every-field.json");
const STAY: &str = include_str!("../../../../../seeds/receipts/stay-every-field.json");
const IC_CARD: &str = include_str!("../../../../../seeds/receipts/ic-card-every-field.json");
const RAIL: &str = include_str!("../../../../../seeds/receipts/rail-every-field.json");

/// A path of a type's fixture, and values for it, as a JSON list.
type Rule = (&'static str, &'static str);

/// What the documents say of a type that has fields of its own, as it stands there: the schemas
/// are held to it.
struct Documented {
    receipt_type: ReceiptType,
    /// A receipt with every field.
    every_field: &'static str,
    refused: &'static [Rule],
    required: &'static [&'static str],
    open: &'static [Rule],
}

const DOCUMENTED: [Documented; 6] = [
    Documented {
        receipt_type: ReceiptType::Air,
        every_field: FLIGHT,
        refused: &air::RULES,
        required: &air::REQUIRED,
        open: &air::OPEN,
    },
    Documented {
        receipt_type: ReceiptType::CarRental,
        every_field: RENTAL,
        refused: &car_rental::RULES,
        required: &car_rental::REQUIRED,
        open: &car_rental::OPEN,
    },
    Documented {
        receipt_type: ReceiptType::GroundTransport,
        every_field: RIDE,
        refused: &ground_transport::RULES,
        required: &ground_transport::REQUIRED,
        open: &ground_transport::OPEN,
    },
    Documented {
        receipt_type: ReceiptType::Hotel,
        every_field: STAY,
        refused: &hotel::RULES,
        required: &hotel::REQUIRED,
        open: &hotel::OPEN,
    },
    Documented {
        receipt_type: ReceiptType::JptIcCard,
        every_field: IC_CARD,
        refused: &ic_card::RULES,
        required: &ic_card::REQUIRED,
        open: &ic_card::OPEN,
    },
    Documented {
        receipt_type: ReceiptType::Rail,
        every_field: RAIL,
        refused: &rail::RULES,
        required: &rail::REQUIRED,
        open: &rail::OPEN,
    },
];

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

/// A receipt of this type with every field. A general one has those that all have.
fn fixture(receipt_type: ReceiptType) -> Value {
    let mut known = DOCUMENTED.iter();
    let found = known.find(|one| one.receipt_type == receipt_type);
    receipt(found.map_or(RIDE, |one| one.every_field))
}

/// Each value of a rule in its place of the type's fixture.
fn variants(receipt_type: ReceiptType, (path, values): Rule) -> Vec<Value> {
    let values: Vec<Value> = serde_json::from_str(values).unwrap();
    let variant = |value| {
        let mut receipt = fixture(receipt_type);
        set(&mut receipt, path, value);
        receipt
    };
    values.into_iter().map(variant).collect()
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
    for receipt_type in ReceiptType::ALL {
        let faults = faults(receipt_type, &fixture(receipt_type));
        assert_eq!(faults, json!([]), "{receipt_type:?}");
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
fn what_is_documented_as_wrong_is_refused_by_its_path() {
    for one in DOCUMENTED {
        for rule in one.refused {
            for variant in variants(one.receipt_type, *rule) {
                let found = paths(one.receipt_type, &variant);
                assert_eq!(found, [rule.0], "{:?} {rule:?}", one.receipt_type);
            }
        }
    }
}

#[test]
fn every_required_field_is_asked_for() {
    for one in DOCUMENTED {
        let receipt_type = one.receipt_type;
        for path in CORE_REQUIRED.iter().chain(one.required) {
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

#[test]
fn what_each_type_leaves_open_is_accepted() {
    for one in DOCUMENTED {
        for rule in one.open {
            for variant in variants(one.receipt_type, *rule) {
                let found = faults(one.receipt_type, &variant);
                assert_eq!(found, json!([]), "{rule:?}");
            }
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
