//! What is too much: long lists, many faults, long values.

use serde_json::json;

use super::*;

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

/// A list of one entry more than there may be.
pub(super) fn too_long(list: &Value) -> Value {
    let mut one = list[0].clone();
    // Without what is inside: ten thousand of them are to be compared.
    for field in one.as_object_mut().unwrap().values_mut() {
        if field.is_array() {
            *field = json!([]);
        }
    }
    vec![one; LIST_MAX + 1].into()
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
        let list = receipt.pointer_mut(path).unwrap();
        *list = too_long(list);
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
