//! Receipts to send.

use serde_json::{Value, json};

/// A receipt of each type, by the names of their schemas.
pub(crate) const EACH_TYPE: [(&str, &str); 7] = [
    ("general-receipt", bursar_sandbox::BOOKING_FEE),
    (
        "ground-transport-receipt",
        include_str!("../../../../../seeds/receipts/ride-every-field.json"),
    ),
    (
        "air-receipt",
        include_str!("../../../../../seeds/receipts/flight-every-field.json"),
    ),
    (
        "car-rental-receipt",
        include_str!("../../../../../seeds/receipts/car-rental-every-field.json"),
    ),
    (
        "hotel-receipt",
        include_str!("../../../../../seeds/receipts/stay-every-field.json"),
    ),
    (
        "jpt-ic-card-receipt",
        include_str!("../../../../../seeds/receipts/ic-card-every-field.json"),
    ),
    (
        "rail-receipt",
        include_str!("../../../../../seeds/receipts/rail-every-field.json"),
    ),
];

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
