//! JSON by its meaning: what tells whether two texts are one receipt.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::Value;

use crate::ItemType;

/// The canonical text of a value: no blanks, object keys sorted, numbers as JSON has them.
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(member, text);
            }
            text.push('}');
        }
        Value::Number(number) => text.push_str(&canonical_number(number)),
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

/// `1.0` and `1` are one number; a platform may write either.
fn canonical_number(number: &serde_json::Number) -> String {
    let text = number.to_string();
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// What tells one item from another: SHA-256 over its type, its canonical JSON and its image.
pub(crate) fn fingerprint(item_type: ItemType, value: &Value, image: Option<&[u8]>) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    let mut part = |bytes: &[u8]| {
        // With its length, so that no two lists of parts are one text.
        hash.update(&(bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(item_type.name().as_bytes());
    part(canonical(value).as_bytes());
    if let Some(image) = image {
        part(image);
    }
    let digest = hash.finish();
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(text: &str) -> String {
        canonical(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn order_blanks_and_spellings_do_not_matter() {
        let text = of(r#" {"b": [1.0, 2.50, -0.0], "a": {"é": "\u00e9", "z": null}} "#);
        assert_eq!(text, r#"{"a":{"z":null,"é":"é"},"b":[1,2.5,0]}"#);
        assert_eq!(of(r#"{"a":1}"#), of(r#"{"a":1.0}"#));
        assert_ne!(of(r#"{"a":"1"}"#), of(r#"{"a":1}"#));
        assert_ne!(of("[1,2]"), of("[2,1]"));
    }

    #[test]
    fn fingerprints_tell_what_matters() {
        let value = json!({"a": 1});
        let quick = fingerprint(ItemType::QuickExpense, &value, None);
        let general = ItemType::from_name("general").unwrap();
        assert_ne!(quick, fingerprint(general, &value, None));
        assert_ne!(
            quick,
            fingerprint(ItemType::QuickExpense, &value, Some(b"x"))
        );
        assert_ne!(
            quick,
            fingerprint(ItemType::QuickExpense, &json!({"a": 2}), None)
        );
        assert_eq!(
            quick,
            fingerprint(ItemType::QuickExpense, &json!({"a": 1.0}), None)
        );
    }

    proptest! {
        #[test]
        fn what_is_canonical_stays_so(numbers: Vec<f64>, names: Vec<String>) {
            let members = names.into_iter().zip(numbers.into_iter().map(Value::from));
            let value = Value::Object(members.collect());
            let text = canonical(&value);
            prop_assert_eq!(of(&text), text);
        }
    }
}
