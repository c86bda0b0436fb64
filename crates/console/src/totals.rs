//! Exact sums of decimal texts, one for each currency.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What a list adds up to in one currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CurrencyTotal {
    /// ISO 4217 code, as the expenses give it.
    pub currency_code: String,
    /// The exact sum as decimal text, with as many digits as the longest amount has.
    pub amount_text: String,
    /// How many amounts were added.
    pub count: usize,
}

/// Adds `(currency code, decimal text)` pairs, each currency by itself, ordered by code.
///
/// A text that is no plain decimal is left out of sum and count.
pub fn by_currency<'a>(
    amounts: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<CurrencyTotal> {
    let mut sums: BTreeMap<&str, (Sum, usize)> = BTreeMap::new();
    for (currency, text) in amounts {
        let Some(amount) = Sum::parse(text) else {
            continue;
        };
        let (sum, count) = sums.entry(currency).or_default();
        sum.add(&amount);
        *count += 1;
    }
    let total = |(currency, (sum, count)): (&str, (Sum, usize))| CurrencyTotal {
        currency_code: currency.to_owned(),
        amount_text: sum.text(),
        count,
    };
    sums.into_iter().map(total).collect()
}

/// A decimal of any length: digits from the lowest up, of which `scale` are the fraction.
#[derive(Default)]
struct Sum {
    negative: bool,
    digits: Vec<u8>,
    scale: usize,
}

impl Sum {
    fn parse(text: &str) -> Option<Self> {
        crate::formats::plain_decimal(text)?;
        let negative = text.starts_with('-');
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
        let digits = fraction
            .bytes()
            .rev()
            .chain(whole.bytes().rev())
            .filter_map(digit)
            .collect();
        Some(Self {
            negative,
            digits,
            scale: fraction.len(),
        })
    }

    fn add(&mut self, other: &Self) {
        let scale = self.scale.max(other.scale);
        let (left, right) = (self.aligned(scale), other.aligned(scale));
        if self.negative == other.negative {
            self.digits = plus(&left, &right);
        } else if magnitude(&left, &right) == Ordering::Less {
            self.digits = minus(&right, &left);
            self.negative = other.negative;
        } else {
            self.digits = minus(&left, &right);
        }
        self.scale = scale;
    }

    fn aligned(&self, scale: usize) -> Vec<u8> {
        let zeros = std::iter::repeat_n(0, scale - self.scale);
        zeros.chain(self.digits.iter().copied()).collect()
    }

    fn text(&self) -> String {
        let digit = |place: &u8| char::from(b'0' + place);
        let (fraction, whole) = self.digits.split_at(self.scale.min(self.digits.len()));
        let whole: String = whole.iter().rev().map(digit).collect();
        let whole = whole.trim_start_matches('0');
        let mut text = String::new();
        if self.negative && self.digits.iter().any(|&place| place != 0) {
            text.push('-');
        }
        text.push_str(if whole.is_empty() { "0" } else { whole });
        if self.scale > 0 {
            text.push('.');
            text.extend(fraction.iter().rev().map(digit));
        }
        text
    }
}

fn plus(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digits = Vec::with_capacity(left.len().max(right.len()) + 1);
    for place in 0..=left.len().max(right.len()) {
        let sum = at(left, place) + at(right, place) + carry;
        digits.push(sum % 10);
        carry = sum / 10;
    }
    digits
}

/// `left - right`, where `left` is not the smaller.
fn minus(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let subtract = |place| {
        let taken = at(right, place) + borrow;
        borrow = u8::from(at(left, place) < taken);
        at(left, place) + 10 * borrow - taken
    };
    (0..left.len().max(right.len())).map(subtract).collect()
}

fn magnitude(left: &[u8], right: &[u8]) -> Ordering {
    let places = (0..left.len().max(right.len())).rev();
    let compare = |place| at(left, place).cmp(&at(right, place));
    places
        .map(compare)
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn at(digits: &[u8], place: usize) -> u8 {
    digits.get(place).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(amounts: &[&str]) -> String {
        let totals = by_currency(amounts.iter().map(|amount| ("EUR", *amount)));
        totals
            .first()
            .map(|total| total.amount_text.clone())
            .unwrap_or_default()
    }

    #[test]
    fn adds_exactly() {
        assert_eq!(sum(&["0.1", "0.2"]), "0.3");
        assert_eq!(sum(&["180.0", "19.99"]), "199.99");
        assert_eq!(sum(&["5", "-7.25"]), "-2.25");
        assert_eq!(sum(&["-5", "5.00"]), "0.00");
        assert_eq!(sum(&["+007"]), "7");
        assert_eq!(
            sum(&["9999999999999999999999999999999999999999.9", "0.1"]),
            "10000000000000000000000000000000000000000.0"
        );
    }

    #[test]
    fn never_mixes_currencies_and_skips_what_is_no_amount() {
        let totals = by_currency([("USD", "1"), ("EUR", "2"), ("USD", "3"), ("USD", "much")]);
        let text = |code: &str, amount_text: &str, count| CurrencyTotal {
            currency_code: code.into(),
            amount_text: amount_text.into(),
            count,
        };
        assert_eq!(totals, [text("EUR", "2", 1), text("USD", "4", 2)]);
    }

    proptest! {
        #[test]
        fn agrees_with_integers(
            cents in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..20),
        ) {
            let decimal = |cents: i64| {
                let sign = if cents < 0 { "-" } else { "" };
                format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
            };
            let texts: Vec<String> = cents.iter().copied().map(decimal).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert_eq!(sum(&texts), decimal(cents.iter().sum()));
        }
    }
}
