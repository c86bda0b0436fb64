//! Receipts to send.

use serde_json::{Value, json};

/// A receipt with what is required and nothing else.
pub(crate) fn smallest() -> Value {
    json!({
        "dateTime": "2026-11-20T18:05:00-05:00",
        "total": "12.50",
        "currencyCode": "EUR",
        "seller": {"name": "Corner Bakery", "location": {"address": {"addressCountry": "DE"}}},
        "payments": [{"amount": "12.50"}],
    })
}

/// The same with one value, by its JSON pointer, replaced or added.
pub(crate) fn with(pointer: &str, value: Value) -> String {
    let mut receipt = smallest();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    receipt.pointer_mut(parent).unwrap()[name] = value;
    receipt.to_string()
}

/// The same without one value.
pub(crate) fn without(pointer: &str) -> String {
    let mut receipt = smallest();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = receipt.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(name).unwrap();
    receipt.to_string()
}
