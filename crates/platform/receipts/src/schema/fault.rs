//! Faults of a receipt, in words that tell how to mend them.

use std::collections::HashMap;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde::Serialize;
use serde_json::Value;

use super::LIST_MAX;

/// How many faults are listed at most. Choice: our own limit.
pub const FAULTS_MAX: usize = 100;

/// How many characters of a refused value are shown.
const GOT_SHOWN: usize = 64;

/// One thing that is wrong with a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ReceiptsFault)]
pub struct Fault {
    /// JSON pointer to the value at fault; for a missing field, to where it belongs.
    pub path: String,
    /// What is wrong, in one short sentence.
    pub message: String,
    /// What would be accepted there.
    pub expected: String,
    /// What was there, shortened to 64 characters.
    pub got: String,
}

impl Fault {
    pub(super) fn from_error(
        error: &ValidationError<'_>,
        documents: &HashMap<&'static str, Value>,
    ) -> Self {
        let path = error.instance_path().as_str().to_owned();
        let schema = failed_schema(error, documents);
        match error.kind() {
            Kind::Required { property } => missing(&path, property, schema, documents),
            Kind::MaxItems { .. } => {
                Self::too_many(path, error.instance().as_array().map_or(0, Vec::len))
            }
            _ => {
                let expected = schema.map_or_else(|| error.to_string(), expected);
                let got = shown(error.instance());
                let message = format!("expected {expected}, got {got}");
                Self {
                    path,
                    message,
                    expected,
                    got,
                }
            }
        }
    }

    /// A list longer than [`LIST_MAX`]; `path` ends with its name.
    pub(super) fn too_many(path: String, count: usize) -> Self {
        let entries = words(path.rsplit('/').next().unwrap_or_default());
        let expected = format!("at most {} {entries}", grouped(LIST_MAX));
        let got = grouped(count);
        let message =
            format!("{expected} are accepted, got {got}; this is a limit of this installation");
        Self {
            path,
            message,
            expected,
            got,
        }
    }

    /// A receipt of a type that a switch leaves out.
    pub(super) fn not_taken(name: &str, switch: &str) -> Self {
        Self {
            path: String::new(),
            message: format!("receipts of the type {name} are not taken ({switch})"),
            expected: "a receipt of another type".to_owned(),
            got: name.to_owned(),
        }
    }

    pub(super) fn left_out(how_many: &str) -> Self {
        Self {
            path: String::new(),
            message: format!("{how_many} more faults are not listed"),
            expected: format!("at most {FAULTS_MAX} faults"),
            got: String::new(),
        }
    }
}

fn missing(
    parent: &str,
    property: &Value,
    schema: Option<&Value>,
    documents: &HashMap<&'static str, Value>,
) -> Fault {
    let name = property.as_str().unwrap_or_default();
    let expected = schema
        .and_then(|schema| schema.get("properties")?.get(name))
        .and_then(|schema| resolve(schema, documents))
        .map_or_else(|| "a value".to_owned(), expected);
    Fault {
        // The required names are ours: none needs escaping.
        path: format!("{parent}/{name}"),
        message: format!("{name} is missing"),
        expected,
        got: "nothing".to_owned(),
    }
}

/// The schema object whose keyword failed.
fn failed_schema<'a>(
    error: &ValidationError<'_>,
    documents: &'a HashMap<&'static str, Value>,
) -> Option<&'a Value> {
    let location = error.absolute_keyword_location()?.as_str();
    let (schema, _keyword) = location.rsplit_once('/')?;
    let (uri, pointer) = schema.split_once('#')?;
    documents.get(uri)?.pointer(pointer)
}

/// Follows the one `$ref` that a field's schema may consist of.
fn resolve<'a>(
    schema: &'a Value,
    documents: &'a HashMap<&'static str, Value>,
) -> Option<&'a Value> {
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
        return Some(schema);
    };
    let (file_name, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    documents
        .get(super::document(file_name)?.uri)?
        .pointer(pointer)
}

/// What a schema accepts, in words: its title, its options, or its type.
fn expected(schema: &Value) -> String {
    if let Some(title) = schema["title"].as_str() {
        return title.to_owned();
    }
    if let Some(options) = schema["enum"].as_array() {
        let options: Vec<_> = options.iter().filter_map(Value::as_str).collect();
        return format!("one of: {}", options.join(", "));
    }
    match schema["type"].as_str() {
        Some("string") => "text",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        _ => "another value",
    }
    .to_owned()
}

/// A value in words, cut to [`GOT_SHOWN`] characters.
fn shown(value: &Value) -> String {
    let words = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text {}", quoted(text)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
    };
    shortened(words)
}

/// The beginning of a text as JSON; the rest cannot be shown anyway.
fn quoted(text: &str) -> String {
    let beginning: String = text.chars().take(GOT_SHOWN).collect();
    Value::String(beginning).to_string()
}

fn shortened(words: String) -> String {
    if words.chars().count() <= GOT_SHOWN {
        return words;
    }
    let mut short: String = words.chars().take(GOT_SHOWN - 1).collect();
    short.push('…');
    short
}

/// The name of a field in words: `lineItems` gives `line items`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// A count with a comma between thousands.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
