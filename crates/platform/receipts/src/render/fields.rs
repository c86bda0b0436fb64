//! Reading a receipt without trusting its shape, and facts put into words.

use std::borrow::Cow;

use serde_json::Value;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

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
        Value::Bool(true) => Some(Cow::Borrowed("Yes")),
        Value::Bool(false) => Some(Cow::Borrowed("No")),
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
/// Choice: the postal code follows the town in the countries below, and leads it elsewhere.
pub(super) fn address_lines(address: &Value) -> Vec<String> {
    const TOWN_FIRST: [&str; 14] = [
        "US", "CA", "AU", "NZ", "GB", "IE", "IN", "SG", "HK", "ID", "PK", "TW", "TH", "ZA",
    ];
    let either = |keys: [&str; 2]| keys.into_iter().find_map(|key| text(address, key));
    let code = either(["addressCountry", "countryCode"]);
    let country = code.as_deref().and_then(country);
    let mut lines: Vec<String> = Vec::new();
    for key in ["streetAddress", "address", "address2"] {
        let street = address.get(key).and_then(Value::as_str).unwrap_or_default();
        lines.extend(
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
    let line = if town_first {
        let place = joined(&[town, region], ", ");
        joined(&[place.map(Cow::Owned), postal], " ")
    } else {
        let place = joined(&[postal, town], " ");
        joined(&[place.map(Cow::Owned), region], ", ")
    };
    lines.extend(line);
    let name = country.map(|c| c.name.replace(" (the)", ""));
    lines.extend(name.or_else(|| code.map(Cow::into_owned)));
    lines
}

fn country(code: &str) -> Option<rust_iso3166::CountryCode> {
    rust_iso3166::from_alpha2(code).or_else(|| rust_iso3166::from_alpha3(code))
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

/// A date-time as the date in words, and the time with the offset exactly as given:
/// `2022-12-12T09:19:02-0500` gives `12 December 2022` and `09:19:02 UTC-0500`. Nothing is
/// converted; text of another form comes back whole.
pub(super) fn date_time(given: &str) -> (String, Option<String>) {
    parse_date_time(given).map_or_else(|| (given.to_owned(), None), |(d, t)| (d, Some(t)))
}

fn parse_date_time(given: &str) -> Option<(String, String)> {
    let (date, time) = given.split_once(['T', 't', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |part: &str| part.parse::<usize>().ok().filter(|_| part.len() <= 4);
    let (_, day) = (number(year)?, number(day)?);
    let month = MONTHS.get(number(month)?.checked_sub(1)?)?;
    if parts.next().is_some() || time.is_empty() {
        return None;
    }
    let time = match time.find(['+', '-', 'Z', 'z']) {
        Some(at) if time[at..].eq_ignore_ascii_case("z") => format!("{} UTC", &time[..at]),
        Some(at) => format!("{} UTC{}", &time[..at], &time[at..]),
        None => time.to_owned(),
    };
    Some((format!("{day} {month} {year}"), time))
}

/// A date-time on one line.
pub(super) fn date_time_line(given: &str) -> String {
    match date_time(given) {
        (date, Some(time)) => format!("{date}, {time}"),
        (date, None) => date,
    }
}

/// An ISO 8601 duration in words: `PT1H5M` gives `1 h 5 min`. The numbers stay as given; text
/// of another form comes back whole.
pub(super) fn duration(given: &str) -> String {
    parse_duration(given).unwrap_or_else(|| given.to_owned())
}

fn parse_duration(given: &str) -> Option<String> {
    let (sign, rest) = given
        .strip_prefix('-')
        .map_or(("", given), |rest| ("-", rest));
    let rest = rest.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    let mut words = Vec::new();
    for (part, units) in [
        (
            date,
            [('Y', "y"), ('M', "mo"), ('W', "wk"), ('D', "d")].as_slice(),
        ),
        (time, [('H', "h"), ('M', "min"), ('S', "s")].as_slice()),
    ] {
        let mut rest = part;
        while !rest.is_empty() {
            let end = rest.find(|c: char| c.is_ascii_uppercase())?;
            let (number, unit) = (&rest[..end], rest[end..].chars().next()?);
            let name = units.iter().find(|(letter, _)| *letter == unit)?.1;
            if number.is_empty() {
                return None;
            }
            words.push(format!("{sign}{number} {name}"));
            rest = &rest[end + 1..];
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_keep_their_offset() {
        for (given, printed) in [
            (
                "2022-12-12T09:19:02-0500",
                "12 December 2022, 09:19:02 UTC-0500",
            ),
            (
                "2022-10-22T13:00:00+08:00",
                "22 October 2022, 13:00:00 UTC+08:00",
            ),
            ("2026-01-05T07Z", "5 January 2026, 07 UTC"),
            ("2026-13-05T07:00:00Z", "2026-13-05T07:00:00Z"),
            ("yesterday", "yesterday"),
            ("", ""),
        ] {
            assert_eq!(date_time_line(given), printed);
        }
    }

    #[test]
    fn durations_are_words() {
        for (given, printed) in [
            ("PT21M22S", "21 min 22 s"),
            ("P1DT2H", "1 d 2 h"),
            ("PT1.5H", "1.5 h"),
            ("-PT5M", "-5 min"),
            ("P1M", "1 mo"),
            ("P", "P"),
            ("PT", "PT"),
            ("PTé", "PTé"),
        ] {
            assert_eq!(duration(given), printed);
        }
    }

    #[test]
    fn addresses_follow_the_country() {
        let american = json!({"streetAddress": "1 Elm St\nFloor 2", "addressLocality": "Houston",
            "addressRegion": "TX", "addressCountry": "USA", "postalCode": "77046"});
        assert_eq!(
            address_lines(&american),
            [
                "1 Elm St",
                "Floor 2",
                "Houston, TX 77046",
                "United States of America"
            ]
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
