//! Amounts are decimal text and stay so: no number type is ever involved.

/// Groups the digits before the decimal point by three with commas: `-1234567.50` becomes
/// `-1,234,567.50`. Every digit, sign, point and trailing zero is kept as given; text that is
/// not an amount comes back unchanged.
///
/// Source: receipts/supported-receipt-types.markdown, `currency` (`^[-]?\d*\.?\d+$`).
/// Choice: commas, because the decimal sign of that format is the point.
pub fn format_amount(text: &str) -> String {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + whole.len() / 3);
    out.push_str(sign);
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(&digits[whole.len()..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::format_amount;

    #[test]
    fn groups_and_keeps_every_character() {
        for (given, printed) in [
            ("180.0", "180.0"),
            ("1000", "1,000"),
            ("-1234567.50", "-1,234,567.50"),
            (".5", ".5"),
            ("-.05", "-.05"),
            ("0001234", "0,001,234"),
            ("999.123456789", "999.123456789"),
            ("", ""),
            ("1e9", "1e9"),
            ("1,000", "1,000"),
            ("1.2.3", "1.2.3"),
        ] {
            assert_eq!(format_amount(given), printed);
        }
    }

    proptest! {
        #[test]
        fn only_commas_are_added(text in "-?[0-9]{0,60}\\.?[0-9]{1,60}") {
            let printed = format_amount(&text);
            prop_assert_eq!(printed.replace(',', ""), text);
            let whole = printed.trim_start_matches('-').split('.').next().unwrap_or("");
            for group in whole.split(',').skip(1) {
                prop_assert_eq!(group.len(), 3);
            }
        }
    }
}
