//! The rules of a quick expense. Source: v4.quick-expense.md, "Quick Expense Request".

use std::collections::BTreeMap;

use bursar_web::Strict;
use jiff::civil::Date;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::decimal;
use crate::error::Broken;
use crate::group::Group;
use crate::model::{ExpenseType, Location, QuickFacts};

/// The one documented context. Source: v4.quick-expense.md, `contextType`.
pub(crate) const CONTEXT: &str = "TRAVELER";
/// What stands for no expense type. Source: v4.quick-expense.md, `expenseTypeId`: `NULL` may be
/// posted, and becomes `UNDEF`.
const NO_TYPE: [&str; 2] = ["UNDEF", "NULL"];

/// Names of fields are as the page has them.
const KEY_CASE: &str = "quick-key-case";
/// The stricter rules that may be switched on: rows of `docs/behaviours.md`.
pub const SWITCHES: [&str; 1] = [KEY_CASE];

/// Reads a quick expense, or names every rule that the request breaks.
pub(crate) fn read(
    context: &str,
    text: &str,
    document: &Value,
    group: &Group,
    strict: &Strict,
) -> Result<QuickFacts, Vec<Broken>> {
    let mut rules = Rules {
        broken: Vec::new(),
        any_case: !strict.has(KEY_CASE),
    };
    if context != CONTEXT {
        rules.broken("contextType", format!("{CONTEXT} is the only context"));
    }
    let Some(object) = document.as_object() else {
        rules.broken("", "a quick expense is an object");
        return Err(rules.broken);
    };
    let top = Fields { object, path: "" };
    let (amount, currency_code) = rules.amount(&top, text);
    let facts = QuickFacts {
        expense_type: rules.expense_type(&top, group),
        payment_type_id: rules.payment_type(&top, group),
        amount,
        currency_code,
        transaction_date: rules.date(&top),
        vendor: rules.text(&top, "vendor"),
        comment: rules.text(&top, "comment"),
        entry_details: rules.text(&top, "entryDetails"),
        location: rules.location(&top),
    };
    if rules.broken.is_empty() {
        Ok(facts)
    } else {
        Err(rules.broken)
    }
}

/// An object and where it stands.
struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: &'static str,
}

impl Fields<'_> {
    fn place(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

/// What is broken so far.
struct Rules {
    broken: Vec<Broken>,
    /// Whether names may be written in any case.
    any_case: bool,
}

impl Rules {
    fn broken(&mut self, source: impl Into<String>, message: impl Into<String>) {
        self.broken.push(Broken {
            message: message.into(),
            source: source.into(),
        });
    }

    /// A member by its documented name. `Inferred:` the guide posts `Comment` and `Vendor`, so
    /// that the case of names does not matter. `null` is the same as nothing.
    fn member<'a>(&mut self, fields: &Fields<'a>, name: &str) -> Option<&'a Value> {
        let mut found = fields
            .object
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let member = found.next();
        if found.next().is_some() {
            let message = format!("{name} is given in two spellings");
            self.broken(fields.place(name), message);
        } else if let Some((key, _)) = member.filter(|(key, _)| !self.any_case && *key != name) {
            let message = format!("{name} is written {key}, in another case");
            self.broken(fields.place(name), message);
        }
        let value = member.map(|(_, value)| value);
        value.filter(|value| !value.is_null())
    }

    /// A text; an empty one is the same as none.
    fn text(&mut self, fields: &Fields<'_>, name: &str) -> Option<String> {
        let Value::String(text) = self.member(fields, name)? else {
            self.broken(fields.place(name), format!("{name} is a text"));
            return None;
        };
        (!text.is_empty()).then(|| text.clone())
    }

    /// A text that must be there.
    fn required(&mut self, fields: &Fields<'_>, name: &str) -> Option<String> {
        let before = self.broken.len();
        let text = self.text(fields, name);
        if text.is_none() && self.broken.len() == before {
            self.broken(fields.place(name), format!("{name} is missing"));
        }
        text
    }

    /// An object; `None` when there is none.
    fn object<'a>(&mut self, top: &Fields<'a>, name: &'static str) -> Option<Fields<'a>> {
        let value = self.member(top, name)?;
        if let Some(object) = value.as_object() {
            return Some(Fields { object, path: name });
        }
        self.broken(name, format!("{name} is an object"));
        None
    }

    /// Source: required; `UNDEF` and `NULL` stand for none; others are the configuration's.
    fn expense_type(&mut self, top: &Fields<'_>, group: &Group) -> ExpenseType {
        let Some(id) = self.required(top, "expenseTypeId") else {
            return ExpenseType::undefined();
        };
        if NO_TYPE.contains(&id.as_str()) {
            return ExpenseType::undefined();
        }
        group.expense_type(&id).unwrap_or_else(|| {
            let message = "expenseTypeId is not among the company's expense types";
            self.broken("expenseTypeId", message);
            ExpenseType::undefined()
        })
    }

    /// Source: `CASHX`, `CPAID` or `PENDC`; not required. Source: the configuration page: a type
    /// that is not listed there is not available to the company.
    fn payment_type(&mut self, top: &Fields<'_>, group: &Group) -> Option<String> {
        let id = self.text(top, "paymentTypeId")?;
        if !group.has_payment_type(&id) {
            let known: Vec<_> = group
                .payment_types
                .iter()
                .map(|one| one.id.as_str())
                .collect();
            let message = format!("paymentTypeId is one of {}", known.join(", "));
            self.broken("paymentTypeId", message);
        }
        Some(id)
    }

    /// Value and currency. Source: "Amount": both required, the value a number.
    fn amount(&mut self, top: &Fields<'_>, text: &str) -> (String, String) {
        let name = "transactionAmount";
        let before = self.broken.len();
        let Some(fields) = self.object(top, name) else {
            if self.broken.len() == before {
                self.broken(name, format!("{name} is missing"));
            }
            return <(String, String)>::default();
        };
        let value = match self.member(&fields, "value") {
            Some(Value::Number(_)) => digits_of(text).and_then(decimal::plain),
            Some(_) => {
                self.broken(fields.place("value"), "value is a number");
                Some(String::new())
            }
            None => {
                self.broken(fields.place("value"), "value is missing");
                Some(String::new())
            }
        };
        let value = value.unwrap_or_else(|| {
            // `Choice:` the documents give no limit.
            let message = format!(
                "value has at most {} digits before the point and {} after it",
                decimal::WHOLE_MAX,
                decimal::FRACTION_MAX
            );
            self.broken(fields.place("value"), message);
            String::new()
        });
        (value, self.currency(&fields))
    }

    fn currency(&mut self, amount: &Fields<'_>) -> String {
        let code = self.required(amount, "currencyCode").unwrap_or_default();
        // Source: "Amount": ISO 4217, three letters.
        if !code.is_empty() && iso_currency::Currency::from_code(&code).is_none() {
            let message = "currencyCode is an ISO 4217 code in capital letters";
            self.broken(amount.place("currencyCode"), message);
        }
        code
    }

    /// Source: required, `YYYY-MM-DD`. `Choice:` the day must exist; it may be in the future.
    fn date(&mut self, top: &Fields<'_>) -> String {
        let name = "transactionDate";
        let date = self.required(top, name).unwrap_or_default();
        if !date.is_empty() && !is_date(&date) {
            self.broken(name, "transactionDate is a day, written YYYY-MM-DD");
        }
        date
    }

    /// Source: "Location": everything is optional.
    fn location(&mut self, top: &Fields<'_>) -> Option<Location> {
        let fields = self.object(top, "location")?;
        let location = Location {
            city: self.text(&fields, "city"),
            country_code: self.text(&fields, "countryCode"),
            country_sub_division_code: self.text(&fields, "countrySubDivisionCode"),
            id: self.text(&fields, "id"),
            name: self.text(&fields, "name"),
        };
        let country = location.country_code.as_deref();
        if country.is_some_and(|code| !is_country(code)) {
            let message = "countryCode is an ISO 3166-1 code in capital letters";
            self.broken(fields.place("countryCode"), message);
        }
        let division = location.country_sub_division_code.as_deref();
        if division.is_some_and(|code| !is_sub_division(code)) {
            let message = "countrySubDivisionCode is written as in ISO 3166-2, such as US-WA";
            self.broken(fields.place("countrySubDivisionCode"), message);
        }
        (location != Location::default()).then_some(location)
    }
}

/// The number of the amount as it was written: a parsed one would be a float.
fn digits_of(text: &str) -> Option<&str> {
    let amount = raw_member(text, "transactionAmount")?;
    raw_member(amount, "value")
}

fn raw_member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let members: BTreeMap<String, &'a RawValue> = serde_json::from_str(text).ok()?;
    let mut members = members.into_iter();
    let found = members.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.get())
}

fn is_date(text: &str) -> bool {
    let shape = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    shape && text.len() == 10 && text.parse::<Date>().is_ok()
}

/// Assigned codes of two or three letters, as receipts take them.
fn is_country(code: &str) -> bool {
    match code.len() {
        2 => rust_iso3166::ALPHA2_MAP.contains_key(code),
        3 => rust_iso3166::ALPHA3_MAP.contains_key(code),
        _ => false,
    }
}

/// `Choice:` the form only, since sub-divisions change more often than this program.
fn is_sub_division(code: &str) -> bool {
    let Some((country, part)) = code.split_once('-') else {
        return false;
    };
    let usable = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    country.len() == 2
        && rust_iso3166::ALPHA2_MAP.contains_key(country)
        && (1..=3).contains(&part.len())
        && part.bytes().all(usable)
}

#[cfg(test)]
mod tests {
    use bursar_web::json::parse;

    use super::*;

    fn facts(text: &str) -> Result<QuickFacts, Vec<Broken>> {
        facts_under(&Strict::default(), text)
    }

    fn facts_under(strict: &Strict, text: &str) -> Result<QuickFacts, Vec<Broken>> {
        let document = parse(text.as_bytes()).unwrap();
        read(CONTEXT, text, &document, &Group::default(), strict)
    }

    const SMALLEST: &str = r#"{"expenseTypeId":"NULL","transactionDate":"2026-02-28",
        "transactionAmount":{"currencyCode":"JPY","value":1.10}}"#;

    #[test]
    fn the_smallest_has_an_amount_with_all_its_digits_and_no_type() {
        let facts = facts(SMALLEST).unwrap();
        assert_eq!(
            (facts.amount.as_str(), facts.currency_code.as_str()),
            ("1.10", "JPY")
        );
        assert_eq!(facts.expense_type, ExpenseType::undefined());
        assert_eq!((facts.payment_type_id, facts.location), (None, None));
    }

    #[test]
    fn names_are_known_in_any_case_but_not_twice() {
        let text = SMALLEST
            .replace("transactionAmount", "TransactionAmount")
            .replace("\"value\"", "\"Value\"");
        assert_eq!(facts(&text).unwrap().amount, "1.10");
        let twice = SMALLEST.replacen('{', r#"{"vendor":"a","Vendor":"b","#, 1);
        assert_eq!(facts(&twice).unwrap_err()[0].source, "vendor");
    }

    #[test]
    fn a_switch_asks_for_the_documented_case() {
        let strict = Strict::of(&SWITCHES, [KEY_CASE]).unwrap();
        assert!(facts_under(&strict, SMALLEST).is_ok());
        let text = SMALLEST
            .replace("transactionAmount", "TransactionAmount")
            .replace("\"value\"", "\"VALUE\"");
        let broken = facts_under(&strict, &text).unwrap_err();
        let sources: Vec<_> = broken.iter().map(|one| one.source.as_str()).collect();
        assert_eq!(sources, ["transactionAmount", "transactionAmount.value"]);
    }

    #[test]
    fn days_exist_and_have_one_spelling() {
        assert!(is_date("2024-02-29"));
        for text in [
            "2023-02-29",
            "2024-2-29",
            "20240229",
            "2024-02-29T00",
            "+02024-2-9",
            "é024-02-9",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }

    #[test]
    fn sub_divisions_have_their_form() {
        assert!(is_sub_division("US-WA") && is_sub_division("GB-LND") && is_sub_division("FR-01"));
        for text in ["", "WA", "us-wa", "XX-WA", "US-", "US-WASH", "US-W A"] {
            assert!(!is_sub_division(text), "{text}");
        }
    }
}
