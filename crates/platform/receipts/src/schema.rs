//! The receipt schemas and the check of a receipt against them.
//!
//! Source: receipts/supported-receipt-types.markdown (fields, patterns),
//! receipts/endpoints.markdown (the list of schemas). What an IC card receipt and its addresses
//! have stands in earlier versions of the former only; see `docs/behaviours.md`.

mod fault;
mod formats;
mod strict;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use bursar_web::Strict;
use jsonschema::{Registry, Validator};
use serde_json::Value;

pub use fault::{FAULTS_MAX, Fault};
pub(crate) use strict::SCHEMA_HTTPS;
pub use strict::SWITCHES;

/// How many entries one list of line items, tickets, coupons, guests or segments may have.
/// Choice: our own limit, also in the schemas.
pub const LIST_MAX: usize = 10_000;

/// The lists of a receipt itself that have this limit.
const LIMITED_LISTS: [&str; 5] = ["lineItems", "tickets", "railTickets", "guests", "segments"];

/// Above so many list items in one document only its first fault is looked for.
///
/// Choice: collecting every fault of a hostile document costs hundreds of times its size.
const LISTED_ITEMS_MAX: usize = 20_000;

/// The namespace of the documented schema URIs, without its scheme.
const AUTHORITY: &str = "schema.concursolutions.com/";

/// A published JSON Schema document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaDocument {
    /// File name, which is also the schema's id in `/schemas/{id}`.
    pub name: &'static str,
    /// The documented URI, equal to the document's `$id`.
    pub uri: &'static str,
    /// The document as published.
    pub text: &'static str,
}

/// A [`SchemaDocument`] of the folder `schemas` at the repository's root.
macro_rules! schema_document {
    ($name:literal) => {
        SchemaDocument {
            name: concat!($name, ".schema.json"),
            uri: concat!("http://schema.concursolutions.com/", $name, ".schema.json"),
            text: include_str!(concat!("../../../../schemas/", $name, ".schema.json")),
        }
    };
}

const RECEIPT_SCHEMAS: &[SchemaDocument] = &[
    schema_document!("air-receipt"),
    schema_document!("car-rental-receipt"),
    schema_document!("general-receipt"),
    schema_document!("ground-transport-receipt"),
    schema_document!("hotel-receipt"),
    schema_document!("jpt-ic-card-receipt"),
    schema_document!("rail-receipt"),
];

const SUPPORTING_SCHEMAS: &[SchemaDocument] = &[
    schema_document!("address-original"),
    schema_document!("address"),
    schema_document!("common"),
    schema_document!("discount"),
    schema_document!("line-item"),
    schema_document!("location"),
    schema_document!("merchant"),
    schema_document!("payments"),
    schema_document!("receipt-core"),
    schema_document!("taxes"),
];

/// The schemas of receipt types, in the order of the documented list.
pub fn receipt_schemas() -> &'static [SchemaDocument] {
    RECEIPT_SCHEMAS
}

/// The schemas that receipt schemas refer to, in the order of the documented list.
pub fn supporting_schemas() -> &'static [SchemaDocument] {
    SUPPORTING_SCHEMAS
}

/// The schema document with this file name, such as `address.schema.json`.
pub fn document(file_name: &str) -> Option<&'static SchemaDocument> {
    documents().find(|document| document.name == file_name)
}

fn documents() -> impl Iterator<Item = &'static SchemaDocument> {
    RECEIPT_SCHEMAS.iter().chain(SUPPORTING_SCHEMAS)
}

/// A type of receipt that can be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptType {
    /// Flights.
    Air,
    /// A rented car.
    CarRental,
    /// A shop, a restaurant, or anything without a type of its own.
    General,
    /// A ride that is neither by air nor on rails.
    GroundTransport,
    /// A stay.
    Hotel,
    /// Public transport in Japan, paid by IC card.
    JptIcCard,
    /// Trains.
    Rail,
}

impl ReceiptType {
    /// Every type, in the order of [`receipt_schemas`].
    pub const ALL: [Self; 7] = [
        Self::Air,
        Self::CarRental,
        Self::General,
        Self::GroundTransport,
        Self::Hotel,
        Self::JptIcCard,
        Self::Rail,
    ];

    /// The type that a schema URI names.
    ///
    /// Choice: `https` is accepted beside the documented `http`.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let rest = uri
            .strip_prefix("http://")
            .or_else(|| uri.strip_prefix("https://"))?;
        let name = rest.strip_prefix(AUTHORITY)?;
        Self::ALL
            .into_iter()
            .find(|receipt_type| receipt_type.document().name == name)
    }

    /// The documented URI of the type's schema.
    pub fn schema_uri(self) -> &'static str {
        self.document().uri
    }

    /// The type's name, as in its schema's file name: `general-receipt`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Air => "air-receipt",
            Self::CarRental => "car-rental-receipt",
            Self::General => "general-receipt",
            Self::GroundTransport => "ground-transport-receipt",
            Self::Hotel => "hotel-receipt",
            Self::JptIcCard => "jpt-ic-card-receipt",
            Self::Rail => "rail-receipt",
        }
    }

    /// The type with this [`ReceiptType::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|receipt_type| receipt_type.name() == name)
    }

    /// The name without what all have in common, as somebody types it: `general`.
    pub fn short_name(self) -> &'static str {
        self.name().trim_end_matches("-receipt")
    }

    fn document(self) -> &'static SchemaDocument {
        &RECEIPT_SCHEMAS[self as usize]
    }
}

/// The receipt schemas, each compiled when the first receipt of its type comes: a type that nobody
/// posts costs no memory. Share by reference.
#[derive(Debug, Default)]
pub struct Validators {
    strict: Strict,
    /// In the order of [`ReceiptType::ALL`].
    by_type: [OnceLock<Validator>; ReceiptType::ALL.len()],
    /// For what a fault says was expected.
    documents: OnceLock<Documents>,
}

/// The schema documents by URI.
type Documents = HashMap<&'static str, Value>;

impl Validators {
    /// Those that hold receipts to the stricter rules that are switched on.
    pub fn new(strict: Strict) -> Self {
        Self {
            strict,
            ..Self::default()
        }
    }

    /// Which stricter rules are on.
    pub fn strict(&self) -> &Strict {
        &self.strict
    }

    /// Whether receipts of this type are taken at all.
    pub fn takes(&self, receipt_type: ReceiptType) -> bool {
        receipt_type != ReceiptType::JptIcCard || !self.strict.has(strict::SCHEMA_LIST)
    }

    /// A schema as it is enforced: as published where no switch changes it.
    pub fn text(&self, document: &SchemaDocument) -> Cow<'static, str> {
        let enforced = &self.documents()[document.uri];
        let published = parsed([document].into_iter());
        if published[document.uri] == *enforced {
            Cow::Borrowed(document.text)
        } else {
            Cow::Owned(format!("{enforced:#}\n"))
        }
    }

    /// Every fault of a receipt; none when it is valid.
    ///
    /// At most [`FAULTS_MAX`] faults are listed; one more then says how many were left out.
    ///
    /// # Panics
    /// If a built-in schema is broken, which the tests of this module rule out.
    pub fn validate(&self, receipt_type: ReceiptType, receipt: &Value) -> Vec<Fault> {
        if !self.takes(receipt_type) {
            return vec![Fault::not_taken(receipt_type.name(), strict::SCHEMA_LIST)];
        }
        let validator =
            self.by_type[receipt_type as usize].get_or_init(|| compile(receipt_type, &self.strict));
        // The yes or no is several times faster than the list of faults.
        if validator.is_valid(receipt) {
            return Vec::new();
        }
        if list_items(receipt) > LISTED_ITEMS_MAX {
            return self.first_fault(validator, receipt);
        }
        let mut errors = validator.iter_errors(receipt);
        let mut faults: Vec<_> = errors
            .by_ref()
            .take(FAULTS_MAX)
            .map(|e| Fault::from_error(&e, self.documents()))
            .collect();
        let left_out = errors.count();
        if left_out > 0 {
            faults.push(Fault::left_out(&format!("{left_out}")));
        }
        faults
    }

    fn documents(&self) -> &Documents {
        self.documents.get_or_init(|| {
            let mut documents = parsed(documents());
            strict::apply(&self.strict, &mut documents);
            documents
        })
    }

    fn first_fault(&self, validator: &Validator, receipt: &Value) -> Vec<Fault> {
        for name in LIMITED_LISTS {
            let count = receipt[name].as_array().map_or(0, Vec::len);
            if count > LIST_MAX {
                return vec![Fault::too_many(format!("/{name}"), count)];
            }
        }
        let Err(error) = validator.validate(receipt) else {
            return Vec::new();
        };
        vec![
            Fault::from_error(&error, self.documents()),
            Fault::left_out("possibly"),
        ]
    }
}

fn parsed<'d>(documents: impl Iterator<Item = &'d SchemaDocument>) -> Documents {
    documents
        .map(|document| {
            let value = serde_json::from_str(document.text);
            (document.uri, value.expect("a built-in schema is JSON"))
        })
        .collect()
}

fn compile(receipt_type: ReceiptType, strict: &Strict) -> Validator {
    // No receipt schema refers to another.
    let document = receipt_type.document();
    let mut documents = parsed(SUPPORTING_SCHEMAS.iter().chain([document]));
    strict::apply(strict, &mut documents);
    let registry = documents
        .iter()
        .fold(Registry::new(), |registry, (uri, schema)| {
            registry
                .add(*uri, schema)
                .expect("a built-in schema has a URI")
        })
        .prepare()
        .expect("built-in schemas refer to each other only");
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_registry(&registry)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .with_format("date-time", formats::is_date_time)
        .with_format("country-code", formats::is_country_code)
        .with_format("currency-code", formats::is_currency_code)
        .build(&documents[document.uri])
        .expect("a built-in schema compiles")
}

/// How many items all lists of a document have together.
fn list_items(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len() + items.iter().map(list_items).sum::<usize>(),
        Value::Object(members) => members.values().map(list_items).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
