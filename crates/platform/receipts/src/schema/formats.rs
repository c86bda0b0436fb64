//! The custom formats of the receipt schemas.

/// Whether `text` is a date, a time of at least the hour, and a numeric UTC offset.
///
/// Offsets may be `+hh`, `+hhmm` or `+hh:mm`. `Z` is refused, because the local time would be
/// unknown. Source: receipts/supported-receipt-types.markdown, "Common Definitions".
/// Choice: only the extended form (`2024-03-09T18`, not `20240309T18`), no leap second, no hour 24.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else {
        return false;
    };
    let Some(sign) = rest.find(['+', '-']) else {
        return false;
    };
    is_date(date.as_bytes()) && is_time(&rest[..sign]) && is_offset(&rest.as_bytes()[sign + 1..])
}

/// Whether `text` is an ISO 3166-1 code of two or three capital letters.
pub(super) fn is_country_code(text: &str) -> bool {
    match text.len() {
        2 => rust_iso3166::ALPHA2_MAP.contains_key(text),
        3 => rust_iso3166::ALPHA3_MAP.contains_key(text),
        _ => false,
    }
}

/// Whether `text` is an ISO 4217 code of three capital letters.
pub(super) fn is_currency_code(text: &str) -> bool {
    iso_currency::Currency::from_code(text).is_some()
}

fn is_date(date: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else {
        return false;
    };
    let (Some(century), Some(year)) = (two_digits(y1, y2), two_digits(y3, y4)) else {
        return false;
    };
    let (Some(month), Some(day)) = (two_digits(m1, m2), two_digits(d1, d2)) else {
        return false;
    };
    day >= 1 && day <= days_in_month(u16::from(century) * 100 + u16::from(year), month)
}

/// Days of a month of the Gregorian calendar; none for a month that does not exist.
fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// `hh`, `hh:mm` or `hh:mm:ss`, the seconds with any number of decimal places.
fn is_time(time: &str) -> bool {
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (time, None),
    };
    let fraction_fits = fraction.is_none_or(|digits| {
        clock.len() == 8 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    fraction_fits
        && match *clock.as_bytes() {
            [h1, h2] => below(h1, h2, 24),
            [h1, h2, b':', m1, m2] => below(h1, h2, 24) && below(m1, m2, 60),
            [h1, h2, b':', m1, m2, b':', s1, s2] => {
                below(h1, h2, 24) && below(m1, m2, 60) && below(s1, s2, 60)
            }
            _ => false,
        }
}

/// The digits after the sign: `hh`, `hhmm` or `hh:mm`.
fn is_offset(offset: &[u8]) -> bool {
    match *offset {
        [h1, h2] => below(h1, h2, 24),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => below(h1, h2, 24) && below(m1, m2, 60),
        _ => false,
    }
}

fn below(tens: u8, ones: u8, limit: u8) -> bool {
    two_digits(tens, ones).is_some_and(|number| number < limit)
}

fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_need_a_date_an_hour_and_a_numeric_offset() {
        for good in [
            "2022-12-12T09:19:02-0500",
            "2022-12-12T09:19:02-05:00",
            "2022-12-12T09:19:02.5+05:30",
            "2022-12-12T09:19+08",
            "2022-12-12T09-0500",
            "2024-02-29T00:00:00+0000",
        ] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in [
            "",
            "T+",
            "2022-12-12",
            "2022-12-12T09:19:02",
            "2022-12-12T09:19:02Z",
            "2022-12-12T09:19:02Z+0100",
            "2022-12-12 09:19:02-0500",
            "2022-12-12T-0500",
            "2022-12-12T24:00-0500",
            "2022-12-12T09:60-0500",
            "2022-12-12T09:19:60-0500",
            "2022-12-12T09:19.5-0500",
            "2022-12-12T09:19:02.-0500",
            "2022-12-12T09:19:02-05:",
            "2022-12-12T09:19:02-5",
            "2022-12-12T09:19:02-2400",
            "2022-12-12T09:19:02-0560",
            "2023-02-29T00:00:00+0000",
            "1900-02-29T00:00:00+0000",
            "2022-13-01T00:00:00+0000",
            "2022-00-01T00:00:00+0000",
            "2022-12-00T00:00:00+0000",
            "20221212T091902-0500",
            "２022-12-12T09:19:02-0500",
        ] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }

    #[test]
    fn country_codes_have_two_or_three_capital_letters() {
        assert!(
            ["US", "USA", "DE", "CHN", "ZA"]
                .iter()
                .all(|c| is_country_code(c))
        );
        assert!(
            !["", "U", "us", "XX", "ZZZ", "840", "US "]
                .iter()
                .any(|c| is_country_code(c))
        );
    }

    #[test]
    fn currency_codes_have_three_capital_letters() {
        assert!(
            ["USD", "JPY", "KWD", "XCG"]
                .iter()
                .all(|c| is_currency_code(c))
        );
        assert!(
            !["", "US", "usd", "ZZZ", "840", "USDX"]
                .iter()
                .any(|c| is_currency_code(c))
        );
    }

    /// docs/behaviours.md, receipts-currency-codes.
    #[test]
    fn some_withdrawn_currencies_are_accepted() {
        for code in ["BGN", "CUC", "HRK", "SLL", "ZWL", "XXX", "XTS"] {
            assert!(is_currency_code(code), "{code}");
        }
        for code in ["DEM", "ANG", "MRO"] {
            assert!(!is_currency_code(code), "{code}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".*", mixed in "[0-9T:.+é-]{0,30}") {
            for text in [&text, &mixed] {
                is_date_time(text);
                is_country_code(text);
                is_currency_code(text);
            }
        }
    }
}
