//! The stricter rules that may be switched on: rows of `docs/behaviours.md`, by their ids.
//!
//! Most are changes of a schema: `schemas/strict.json` has JSON merge patches (RFC 7396) of the
//! documents beside it, so that what is served is what is enforced.

use bursar_web::Strict;
use serde_json::{Value, json};

use super::{Documents, document};

/// Only `http` in the schema's URI. Source: receipts/endpoints.markdown, "Post a Receipt".
pub(crate) const SCHEMA_HTTPS: &str = "receipts-schema-https";
/// No Japanese IC card, which the list of supported receipt types does not have.
pub(super) const SCHEMA_LIST: &str = "receipts-schema-list";
/// No field that no type table has.
const UNKNOWN_FIELDS: &str = "receipts-unknown-fields";

/// What each switch changes, by document.
pub(super) const CHANGES: &str = include_str!("../../../../../schemas/strict.json");

/// Every switch of this slice.
pub const SWITCHES: [&str; 18] = [
    "receipts-taxes-lenient",
    "receipts-offset",
    "receipts-currency-codes",
    "receipts-ic-card",
    "receipts-ic-card-id",
    "receipts-ic-card-distance",
    "receipts-address-original",
    "receipts-air-tickets",
    "receipts-fare-basis",
    "receipts-ticket-designator",
    "receipts-counts",
    "receipts-odometer",
    "receipts-discount-rate",
    "receipts-duration",
    "receipts-empty-lists",
    SCHEMA_HTTPS,
    SCHEMA_LIST,
    UNKNOWN_FIELDS,
];

/// Makes schemas as strict as the switches say.
///
/// # Panics
/// If a built-in change is broken, which the tests of this module rule out.
pub(super) fn apply(strict: &Strict, documents: &mut Documents) {
    let changes: Value = serde_json::from_str(CHANGES).expect("the built-in changes are JSON");
    for change in strict.ids().filter_map(|id| changes[id].as_object()) {
        for (file_name, patch) in change {
            let target = document(file_name).expect("a change is one of a built-in schema");
            if let Some(schema) = documents.get_mut(target.uri) {
                merge(schema, patch);
            }
        }
    }
    if strict.has(UNKNOWN_FIELDS) {
        close(documents);
    }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        match (value, target.as_object_mut()) {
            (Value::Null, Some(object)) => drop(object.remove(name)),
            _ => merge(&mut target[name], value),
        }
    }
}

/// Lets no object have a field that its schema does not name.
fn close(documents: &mut Documents) {
    let core_uri = document("receipt-core.schema.json").map_or("", |core| core.uri);
    let core_fields: Vec<String> = match documents[core_uri]["properties"].as_object() {
        Some(fields) => fields.keys().cloned().collect(),
        None => Vec::new(),
    };
    for (uri, schema) in documents {
        // Its fields are one half of each receipt's.
        if *uri == core_uri {
            continue;
        }
        if schema.get("allOf").is_some() {
            for field in &core_fields {
                schema["properties"][field] = json!(true);
            }
            schema["additionalProperties"] = no_field();
        }
        close_objects(schema);
    }
}

fn close_objects(schema: &mut Value) {
    let Value::Object(members) = schema else {
        return;
    };
    members.values_mut().for_each(close_objects);
    // A condition has properties, too, but is no object of its own.
    if members.get("type").is_some_and(|of| of == "object") && members.contains_key("properties") {
        members.insert("additionalProperties".to_owned(), no_field());
    }
}

/// A schema that nothing keeps; `false` would say nothing about it.
fn no_field() -> Value {
    json!({ "title": "no field of this name", "not": {} })
}
