//! What the platform would refuse is refused here, at once and with all faults, so that an
//! accepted item is hardly ever parked.
//!
//! Receipts are held to the published JSON Schemas (`schemas/` of the repository). Quick expenses
//! to the documented required fields. Source: receipts/supported-receipt-types.markdown;
//! expense/quick-expense/v4.quick-expense.md.

use std::sync::OnceLock;

use bursar_gateway_client::{ImageType, ReceiptType};
use bursar_web::json;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Registry, ValidationError, Validator};
use serde_json::Value;

use crate::{Fault, ItemType, Refused};

/// `Choice:` the most bytes of an item's JSON.
pub(crate) const BODY_MAX: usize = 1 << 20;
/// Source: receipts/endpoints.markdown.
const RECEIPT_IMAGE_MAX: usize = 25 << 20;
/// Source: v4.quick-expense.md.
pub(crate) const IMAGE_MAX: usize = 50 << 20;
/// Faults listed at most.
const FAULTS_MAX: usize = 100;
/// Characters shown of a refused value.
const SHOWN: usize = 64;

/// A schema document of the folder `schemas` at the repository's root, by its URI.
macro_rules! schema {
    ($name:literal) => {
        (
            concat!("http://schema.concursolutions.com/", $name, ".schema.json"),
            include_str!(concat!("../../../../schemas/", $name, ".schema.json")),
        )
    };
}

const SCHEMAS: [(&str, &str); 17] = [
    schema!("address-original"),
    schema!("address"),
    schema!("air-receipt"),
    schema!("car-rental-receipt"),
    schema!("common"),
    schema!("discount"),
    schema!("general-receipt"),
    schema!("ground-transport-receipt"),
    schema!("hotel-receipt"),
    schema!("jpt-ic-card-receipt"),
    schema!("line-item"),
    schema!("location"),
    schema!("merchant"),
    schema!("payments"),
    schema!("rail-receipt"),
    schema!("receipt-core"),
    schema!("taxes"),
];

/// The compiled schemas, each made when the first receipt of its type comes.
#[derive(Debug, Default)]
pub(crate) struct Validators([OnceLock<Validator>; ReceiptType::ALL.len()]);

impl Validators {
    /// Reads an item's JSON, and checks it: all faults at once.
    pub(crate) fn check(&self, item_type: ItemType, body: &str) -> Result<Value, Refused> {
        if body.len() > BODY_MAX {
            return Err(Refused::TooLarge {
                what: "body",
                max: BODY_MAX,
            });
        }
        let value = json::parse(body.as_bytes()).map_err(|fault| {
            Refused::Invalid(vec![Fault {
                path: fault.path.clone(),
                expected: "usable JSON".to_owned(),
                got: fault.to_string(),
            }])
        })?;
        let faults = match item_type {
            _ if !value.is_object() => vec![Fault {
                path: String::new(),
                expected: "an object".to_owned(),
                got: shown(&value),
            }],
            ItemType::Receipt(receipt_type) => self.receipt(receipt_type, &value),
            ItemType::QuickExpense => quick_expense(&value),
        };
        if faults.is_empty() {
            Ok(value)
        } else {
            Err(Refused::Invalid(faults))
        }
    }

    fn receipt(&self, receipt_type: ReceiptType, value: &Value) -> Vec<Fault> {
        let index = ReceiptType::ALL
            .iter()
            .position(|known| *known == receipt_type);
        let validator = self.0[index.unwrap_or_default()].get_or_init(|| compile(receipt_type));
        if validator.is_valid(value) {
            return Vec::new();
        }
        let errors = validator.iter_errors(value).take(FAULTS_MAX);
        errors.map(|error| fault(&error)).collect()
    }
}

fn compile(receipt_type: ReceiptType) -> Validator {
    let parsed = SCHEMAS.map(|(uri, text)| {
        let value: Value = serde_json::from_str(text).expect("a built-in schema is JSON");
        (uri, value)
    });
    let registry = parsed
        .iter()
        .fold(Registry::new(), |registry, (uri, schema)| {
            let added = registry.add(*uri, schema);
            added.expect("a built-in schema has a URI")
        });
    let registry = registry.prepare();
    let registry = registry.expect("built-in schemas refer to each other only");
    let uri = receipt_type.schema();
    let own = parsed.iter().find(|(known, _)| **known == uri);
    let (_, own) = own.expect("each type has a schema");
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_registry(&registry)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        // In place of the library's, which is RFC 3339: the documented one differs.
        .with_format("date-time", is_date_time)
        .build(own)
        .expect("a built-in schema compiles")
}

/// A day, `T`, a time from its hour on, and an offset by numbers. Looser than the platform in
/// what follows the hour: it has the last word.
fn is_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else {
        return false;
    };
    let Some(sign) = rest.find(['+', '-']) else {
        return false;
    };
    let (time, offset) = (&rest[..sign], &rest[sign + 1..]);
    let digits = |text: &str, least: usize| {
        let allowed = |c: char| c.is_ascii_digit() || c == ':' || c == '.';
        text.len() >= least && text.chars().all(allowed)
    };
    is_day(date) && digits(time, 2) && digits(offset, 2)
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn fault(error: &ValidationError<'_>) -> Fault {
    let path = error.instance_path().as_str().to_owned();
    if let ValidationErrorKind::Required { property } = error.kind() {
        let name = property.as_str().unwrap_or_default();
        return missing(&format!("{path}/{name}"));
    }
    let text = error.to_string();
    Fault {
        path,
        expected: text.chars().take(300).collect(),
        got: shown(error.instance()),
    }
}

fn missing(path: &str) -> Fault {
    Fault {
        path: path.to_owned(),
        expected: "a value".to_owned(),
        got: "nothing".to_owned(),
    }
}

/// What is documented as required; the rest is for the platform to tell.
fn quick_expense(value: &Value) -> Vec<Fault> {
    type Rule = (&'static [&'static str], &'static str, fn(&Value) -> bool);
    let rules: [Rule; 4] = [
        (&["expenseTypeId"], "a text", is_text),
        (
            &["transactionAmount", "value"],
            "a number",
            Value::is_number,
        ),
        (
            &["transactionAmount", "currencyCode"],
            "three capital letters",
            is_currency,
        ),
        (&["transactionDate"], "a day, YYYY-MM-DD", |value| {
            value.as_str().is_some_and(is_day)
        }),
    ];
    let faults = rules.into_iter().filter_map(|(path, expected, holds)| {
        let found = path
            .iter()
            .try_fold(value, |value, name| member(value, name));
        let pointer = format!("/{}", path.join("/"));
        match found {
            None => Some(missing(&pointer)),
            Some(found) if holds(found) => None,
            Some(found) => Some(Fault {
                path: pointer,
                expected: expected.to_owned(),
                got: shown(found),
            }),
        }
    });
    faults.collect()
}

/// A member by its name in any case: the guide writes `Comment` and `Vendor`.
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members = value.as_object()?.iter();
    let mut named = members.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value)
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn is_currency(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()))
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    };
    text.chars().take(SHOWN).collect()
}

/// The format of an image that the platform takes for an item of this type.
/// Source: receipts/endpoints.markdown; v4.quick-expense.md.
pub(crate) fn image_type(item_type: ItemType, bytes: &[u8]) -> Result<ImageType, Refused> {
    let (max, formats) = match item_type {
        ItemType::Receipt(_) => (RECEIPT_IMAGE_MAX, "PNG, JPEG, GIF, TIFF and PDF"),
        ItemType::QuickExpense => (IMAGE_MAX, "PNG, JPEG, TIFF and PDF"),
    };
    if bytes.len() > max {
        return Err(Refused::TooLarge { what: "image", max });
    }
    let quick = item_type == ItemType::QuickExpense;
    ImageType::sniff(bytes)
        .filter(|format| !(quick && *format == ImageType::Gif))
        .ok_or(Refused::ImageFormat(formats))
}

/// The format of this media type.
pub(crate) fn image_of(media_type: &str) -> Option<ImageType> {
    let all = [
        ImageType::Gif,
        ImageType::Jpeg,
        ImageType::Pdf,
        ImageType::Png,
        ImageType::Tiff,
    ];
    all.into_iter()
        .find(|format| format.media_type() == media_type)
}

#[cfg(test)]
mod tests;
