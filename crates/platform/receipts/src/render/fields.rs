//! Reading a receipt without trusting its shape.

use std::borrow::Cow;

use serde_json::Value;

use super::text::is_ideograph;
use super::words::{Words, country};

/// The text of a field; nothing when it is absent, blank or of another shape.
///
/// Choice: text of nothing but ASCII punctuation counts as blank: partners fill unused fields
/// with a comma or a dash.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> Option<Cow<'a, str>> {
    match object.get(key)? {
        Value::String(text) => {
            let blank = text
                .chars()
                .all(|c| c.is_whitespace() || c.is_ascii_punctuation());
            (!blank).then(|| Cow::Borrowed(text.trim()))
        }
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        _ => None,
    }
}

/// The items of an array field; none when it is absent or of another shape.
pub(super) fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A field that is an object.
pub(super) fn object<'a>(parent: &'a Value, key: &str) -> Option<&'a Value> {
    parent.get(key).filter(|value| value.is_object())
}

/// The lines of a postal address, in the usual form or in the original one of IC card receipts.
///
/// Choice: the postal code follows the town in the countries below, and leads it elsewhere. In
/// Chinese and Japanese characters the street comes last, as it does there.
pub(super) fn address_lines(words: &Words, address: &Value) -> Vec<String> {
    const TOWN_FIRST: [&str; 14] = [
        "US", "CA", "AU", "NZ", "GB", "IE", "IN", "SG", "HK", "ID", "PK", "TW", "TH", "ZA",
    ];
    let either = |keys: [&str; 2]| keys.into_iter().find_map(|key| text(address, key));
    let code = either(["addressCountry", "countryCode"]);
    let country = code.as_deref().and_then(country);
    let mut streets: Vec<String> = Vec::new();
    for key in ["streetAddress", "address", "address2"] {
        let street = address.get(key).and_then(Value::as_str).unwrap_or_default();
        streets.extend(
            street
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty())
                .map(str::to_owned),
        );
    }
    let (town, region, postal) = (
        either(["addressLocality", "city"]),
        either(["addressRegion", "countrySubdivisionCode"]),
        text(address, "postalCode"),
    );
    let town_first = country
        .as_ref()
        .is_none_or(|c| TOWN_FIRST.contains(&c.alpha2));
    let eastern = |part: &Option<Cow<'_, str>>| {
        let part = part.as_deref().unwrap_or_default();
        part.chars().any(is_ideograph)
    };
    if eastern(&town) || eastern(&region) {
        // Written from the large to the small.
        let place = joined(&[region, town], "");
        let line = joined(&[postal, place.map(Cow::Owned)], " ");
        let lines = line.into_iter().chain(streets);
        let country = code.map(|code| words.country(&code));
        return lines.chain(country).collect();
    }
    let line = if town_first {
        let place = joined(&[town, region], ", ");
        joined(&[place.map(Cow::Owned), postal], " ")
    } else {
        let place = joined(&[postal, town], " ");
        joined(&[place.map(Cow::Owned), region], ", ")
    };
    let mut lines = streets;
    lines.extend(line);
    lines.extend(code.map(|code| words.country(&code)));
    lines
}

/// The parts that are there, with `between` in between; nothing when none is.
pub(super) fn joined(parts: &[Option<Cow<'_, str>>], between: &str) -> Option<String> {
    let mut all: Option<String> = None;
    for part in parts.iter().flatten() {
        let whole = all.get_or_insert_default();
        if !whole.is_empty() {
            whole.push_str(between);
        }
        whole.push_str(part);
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_follow_the_country() {
        let words = Words::new("en", &Value::Null);
        let address_lines = |address: &Value| address_lines(&words, address);
        let american = json!({"streetAddress": "1 Elm St\nFloor 2", "addressLocality": "Houston",
            "addressRegion": "TX", "addressCountry": "USA", "postalCode": "77046"});
        assert_eq!(
            address_lines(&american),
            ["1 Elm St", "Floor 2", "Houston, TX 77046", "United States"]
        );
        let german = json!({"addressLocality": "Berlin", "addressCountry": "DE",
            "postalCode": "10115", "streetAddress": " "});
        assert_eq!(address_lines(&german), ["10115 Berlin", "Germany"]);
        assert_eq!(
            address_lines(&json!({"addressCountry": "Narnia"})),
            ["Narnia"]
        );
        let original = json!({"address": "1-2 Kaigan", "address2": "Pier 3", "city": "Minato",
            "countrySubdivisionCode": "13", "countryCode": "JPN", "postalCode": "105-0022"});
        assert_eq!(
            address_lines(&original),
            ["1-2 Kaigan", "Pier 3", "105-0022 Minato, 13", "Japan"]
        );
        let eastern = json!({"streetAddress": "芝公園二丁目4番1号", "addressLocality": "港区",
            "addressRegion": "東京都", "addressCountry": "JP", "postalCode": "105-0011"});
        assert_eq!(
            address_lines(&eastern),
            ["105-0011 東京都港区", "芝公園二丁目4番1号", "Japan"]
        );
        assert!(address_lines(&json!([])).is_empty());
    }

    #[test]
    fn blank_text_is_absent() {
        let object = json!({"a": "", "b": " , ", "c": "x", "d": 7.5, "e": [], "f": "🎉"});
        let read = ["a", "b", "c", "d", "e", "f", "g"].map(|key| text(&object, key));
        let read: Vec<_> = read.iter().map(Option::as_deref).collect();
        assert_eq!(
            read,
            [None, None, Some("x"), Some("7.5"), None, Some("🎉"), None]
        );
    }
}
