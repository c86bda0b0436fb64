//! That no rule goes without a receipt that breaks it: the schemas are walked beside a receipt that
//! has every field, and each rule of each place is broken on its own.

use std::collections::BTreeSet;

use super::limits::too_long;
use super::*;

/// The fields that a schema names, items of lists as `*`.
fn fields_of(schema: &'static Value, path: &str) -> BTreeSet<String> {
    let schema = resolved(schema);
    let mut fields = BTreeSet::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields.extend(fields_of(part, path));
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        fields.extend(fields_of(field, &path));
        fields.insert(path);
    }
    if let Some(items) = schema.get("items") {
        fields.extend(fields_of(items, &format!("{path}/*")));
    }
    fields
}

/// The fields that a receipt has, likewise.
fn fields_in(value: &Value, path: &str) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for (name, field) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        fields.extend(fields_in(field, &path));
        fields.insert(path);
    }
    for item in value.as_array().into_iter().flatten() {
        fields.extend(fields_in(item, &format!("{path}/*")));
    }
    fields
}

#[test]
fn the_fixtures_have_every_documented_field() {
    let schema = |uri: &str| &validators().documents()[uri];
    for Documented {
        receipt_type,
        every_field,
        ..
    } in DOCUMENTED
    {
        let mut documented = fields_of(schema(receipt_type.schema_uri()), "");
        if receipt_type == ReceiptType::JptIcCard {
            // One address of each form.
            for (place, name) in [("seller", "address"), ("merchant", "address-original")] {
                let form = document(&format!("{name}.schema.json")).unwrap();
                let path = format!("/{place}/location/address");
                documented.extend(fields_of(schema(form.uri), &path));
            }
        }
        let there = fields_in(&receipt(every_field), "");
        let missing: Vec<_> = documented.difference(&there).collect();
        assert_eq!(missing, [""; 0], "{receipt_type:?}");
    }
}

/// A rule at a place of a receipt.
struct Held {
    /// Where in the receipt.
    path: String,
    /// Which: the keyword's place in the schemas.
    keyword: String,
    /// The name, if the keyword is `required`.
    required: Option<String>,
}

/// Finds every rule that a receipt meets.
#[derive(Default)]
struct Walk {
    held: Vec<Held>,
    /// Places and rules found before, any item of a list being as good as another.
    seen: BTreeSet<(String, String)>,
}

impl Walk {
    fn of(receipt_type: ReceiptType, receipt: &Value) -> Self {
        let mut walk = Self::default();
        walk.visit(&format!("{}#", receipt_type.schema_uri()), receipt, "");
        walk
    }

    /// `place` is a schema: its document's URI, and a JSON pointer.
    fn visit(&mut self, place: &str, value: &Value, path: &str) {
        let (uri, pointer) = place.split_once('#').unwrap();
        let schema = validators().documents()[uri].pointer(pointer).unwrap();
        for (name, rule) in schema.as_object().unwrap() {
            let keyword = format!("{place}/{name}");
            match name.as_str() {
                "$id" | "$schema" | "$defs" | "title" | "description" | "then" | "else" => {}
                "type" | "pattern" | "format" | "enum" | "minimum" | "maximum" | "maxLength"
                | "minItems" | "maxItems" => self.add(path, keyword, None),
                "required" => {
                    for field in rule.as_array().unwrap() {
                        let field = field.as_str().unwrap();
                        self.add(
                            &format!("{path}/{field}"),
                            keyword.clone(),
                            Some(field.into()),
                        );
                    }
                }
                "$ref" => self.visit(&target(rule), value, path),
                "allOf" => {
                    for n in 0..rule.as_array().unwrap().len() {
                        self.visit(&format!("{keyword}/{n}"), value, path);
                    }
                }
                "properties" => {
                    for field in rule.as_object().unwrap().keys() {
                        if let Some(value) = value.get(field) {
                            let path = format!("{path}/{field}");
                            self.visit(&format!("{keyword}/{field}"), value, &path);
                        }
                    }
                }
                "items" => {
                    for (n, item) in value.as_array().unwrap().iter().enumerate() {
                        self.visit(&keyword, item, &format!("{path}/{n}"));
                    }
                }
                // Every condition here is that there is a field.
                "if" => {
                    assert_eq!(rule.as_object().unwrap().len(), 1, "{rule}");
                    let asked = rule["required"].as_array().unwrap();
                    let met = asked
                        .iter()
                        .all(|name| value.get(name.as_str().unwrap()).is_some());
                    let branch = if met { "then" } else { "else" };
                    if schema.get(branch).is_some() {
                        self.visit(&format!("{place}/{branch}"), value, path);
                    }
                }
                other => panic!("nobody breaks {other}"),
            }
        }
    }

    fn add(&mut self, path: &str, keyword: String, required: Option<String>) {
        let numbered = |part: &&str| part.parse::<usize>().is_err();
        let general: Vec<_> = path.split('/').filter(numbered).collect();
        let rule = format!("{keyword} {required:?}");
        if self.seen.insert((general.join("/"), rule)) {
            self.held.push(Held {
                path: path.to_owned(),
                keyword,
                required,
            });
        }
    }
}

/// What a reference in any document means, as [`Walk::visit`] takes it.
fn target(reference: &Value) -> String {
    let reference = reference.as_str().unwrap();
    let (file_name, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    format!("{}#{pointer}", document(file_name).unwrap().uri)
}

/// Values, each of which breaks some rule.
const WRONG: &str =
    r#"[1, "x", "", " ", -1000, 1000, 0.5, [], {}, true, "longer than 20 letters"]"#;

/// What no receipt can break, since it decides which form an IC card's address has.
const UNBREAKABLE: [(&str, &str); 2] = [
    ("addressCountry", "address.schema.json#/required"),
    ("address", "address-original.schema.json#/type"),
];

impl Held {
    fn is_unbreakable(&self, receipt_type: ReceiptType) -> bool {
        let named = |(field, keyword): &(&str, &str)| {
            self.path.ends_with(&format!("/{field}"))
                && self.keyword.ends_with(&format!("/{keyword}"))
        };
        let location = self.path.contains("/location/");
        receipt_type == ReceiptType::JptIcCard && location && UNBREAKABLE.iter().any(named)
    }

    /// Receipts that may break it: all but one thing stays as it is.
    fn variants(&self, receipt: &Value) -> Vec<Value> {
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut receipt = receipt.clone();
            change(receipt.pointer_mut(&self.path).unwrap());
            receipt
        };
        if self.required.is_some() {
            let mut receipt = receipt.clone();
            remove(&mut receipt, &self.path);
            return vec![receipt];
        }
        if self.keyword.ends_with("/maxItems") {
            return vec![changed(&|list| *list = too_long(list))];
        }
        let wrong: Vec<Value> = serde_json::from_str(WRONG).unwrap();
        let variant = |wrong: Value| changed(&|value| *value = wrong.clone());
        wrong.into_iter().map(variant).collect()
    }

    /// Whether this rule alone refuses a receipt, and the answer names its place.
    fn refuses(&self, receipt_type: ReceiptType, receipt: &Value) -> bool {
        if paths(receipt_type, receipt) != [self.path.as_str()] {
            return false;
        }
        let validator = validators().by_type[receipt_type as usize].get().unwrap();
        let error = validator.validate(receipt).unwrap_err();
        let place = error.absolute_keyword_location().unwrap();
        place.as_str() == self.keyword
    }
}

/// Receipts that meet every rule of a type together.
fn complete(receipt_type: ReceiptType) -> Vec<Value> {
    let mut receipts = vec![fixture(receipt_type)];
    if receipt_type == ReceiptType::JptIcCard {
        let mut without_older_name = fixture(receipt_type);
        remove(&mut without_older_name, "/merchant");
        receipts.push(without_older_name);
    }
    receipts
}

#[test]
fn each_rule_refuses_a_receipt_on_its_own_and_names_the_path() {
    for receipt_type in ReceiptType::ALL {
        for receipt in complete(receipt_type) {
            for rule in Walk::of(receipt_type, &receipt).held {
                let variants = rule.variants(&receipt);
                let mut refused = variants
                    .iter()
                    .filter(|variant| rule.refuses(receipt_type, variant));
                let breakable = !rule.is_unbreakable(receipt_type);
                let Held { path, keyword, .. } = &rule;
                assert_eq!(refused.next().is_some(), breakable, "{path} {keyword}");
            }
        }
    }
}

/// Every rule below a schema, by its keyword's place.
fn rules_of(schema: &Value, place: &str) -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    for (name, value) in schema.as_object().unwrap() {
        let keyword = format!("{place}/{name}");
        match name.as_str() {
            "$id" | "$schema" | "title" | "description" | "$ref" | "if" => {}
            "properties" | "$defs" => {
                for (field, schema) in value.as_object().unwrap() {
                    rules.extend(rules_of(schema, &format!("{keyword}/{field}")));
                }
            }
            "items" | "then" | "else" => rules.extend(rules_of(value, &keyword)),
            "allOf" => {
                for (n, schema) in value.as_array().unwrap().iter().enumerate() {
                    rules.extend(rules_of(schema, &format!("{keyword}/{n}")));
                }
            }
            _ => drop(rules.insert(keyword)),
        }
    }
    rules
}

#[test]
fn the_receipts_meet_every_rule_that_there_is() {
    let mut met = BTreeSet::new();
    for receipt_type in ReceiptType::ALL {
        for receipt in complete(receipt_type) {
            let held = Walk::of(receipt_type, &receipt).held;
            met.extend(held.into_iter().map(|rule| rule.keyword));
        }
    }
    let documents = validators().documents().iter();
    let all = documents.flat_map(|(uri, schema)| rules_of(schema, &format!("{uri}#")));
    let left: Vec<_> = all.filter(|rule| !met.contains(rule)).collect();
    assert_eq!(left, [""; 0]);
    assert!(met.len() > 200, "{}", met.len());
}
