//! Numbers of JSON as decimal text, with all their digits: amounts never become floats.

/// `Choice:` digits before the point.
pub(crate) const WHOLE_MAX: usize = 15;
/// `Choice:` digits after it.
pub(crate) const FRACTION_MAX: usize = 8;

/// A JSON number without its exponent; none when it has more digits than are taken.
pub(crate) fn plain(number: &str) -> Option<String> {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.parse::<i32>().ok()?)),
        None => (number, None),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let text = match exponent {
        Some(exponent) => moved(digits, exponent)?,
        None => digits.to_owned(),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fits = whole.len() <= WHOLE_MAX && fraction.len() <= FRACTION_MAX;
    fits.then(|| format!("{sign}{text}"))
}

/// The digits with their point moved by `exponent` places.
fn moved(digits: &str, exponent: i32) -> Option<String> {
    let places = i32::try_from(WHOLE_MAX + FRACTION_MAX).ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if exponent.abs() > places || digits.len() > WHOLE_MAX + FRACTION_MAX + 1 {
        return None;
    }
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let all = format!("{whole}{fraction}");
    let text = match usize::try_from(point) {
        Ok(point) if point >= all.len() => format!("{all}{}", "0".repeat(point - all.len())),
        Ok(point) if point > 0 => format!("{}.{}", &all[..point], &all[point..]),
        _ => {
            let zeros = usize::try_from(-point).ok()?;
            format!("0.{}{all}", "0".repeat(zeros))
        }
    };
    let trimmed = text.trim_start_matches('0');
    let bare = trimmed.is_empty() || trimmed.starts_with('.');
    Some(if bare {
        format!("0{trimmed}")
    } else {
        trimmed.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_kept_and_exponents_written_out() {
        for (number, text) in [
            ("120.00", "120.00"),
            ("0", "0"),
            ("-12.5", "-12.5"),
            ("999999999999999.99999999", "999999999999999.99999999"),
            ("1.2e2", "120"),
            ("1.25E+1", "12.5"),
            ("125e-2", "1.25"),
            ("5e-3", "0.005"),
            ("0.5e1", "5"),
            ("-0e5", "-0"),
        ] {
            assert_eq!(plain(number).as_deref(), Some(text), "{number}");
        }
        for number in [
            "1000000000000000",
            "0.123456789",
            "1e15",
            "1e-9",
            "1e999",
            "1e99999999999",
        ] {
            assert_eq!(plain(number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(whole in 0_u32..9_999, cents in 0_u32..99, exponent in -4..4) {
            let number = format!("{whole}.{cents:02}e{exponent}");
            let text = plain(&number).unwrap();
            let (asked, got): (f64, f64) = (number.parse().unwrap(), text.parse().unwrap());
            prop_assert!((asked - got).abs() < 1e-6, "{number} {text}");
            prop_assert!(!text.contains('e'));
        }
    }
}
