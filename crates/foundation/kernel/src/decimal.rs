//! Exact decimals of any size, as documents write amounts. Nothing here is a float.

use std::cmp::Ordering;
use std::fmt;

/// A decimal number: digits from the lowest up, of which `scale` are the fraction, all there.
#[derive(Clone, Default, Debug)]
pub struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    scale: usize,
}

impl Decimal {
    /// Longer texts are no decimals here: documents stay far below.
    pub const LEN_MAX: usize = 1000;

    /// Digits with an optional sign and fraction: `-12.50`. Exponents are left out: `1e9999` is
    /// short to write and long to add.
    pub fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = bare.split_once('.').unwrap_or((bare, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if text.len() > Self::LEN_MAX || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let fraction = if bare.contains('.') { fraction } else { "" };
        let digits = fraction.bytes().rev().chain(whole.bytes().rev());
        Some(Self {
            negative,
            digits: digits.map(|byte| byte - b'0').collect(),
            scale: fraction.len(),
        })
    }

    /// `count` units of the place `scale` digits after the point: 5 of scale 2 is 0.05.
    pub fn units(count: usize, scale: usize) -> Self {
        let count = count.to_string();
        let mut digits: Vec<u8> = count.bytes().rev().map(|byte| byte - b'0').collect();
        digits.resize(digits.len().max(scale), 0);
        Self {
            negative: false,
            digits,
            scale,
        }
    }

    /// Adds `other`; the sum has as many digits after the point as the longer of the two.
    pub fn add(&mut self, other: &Self) {
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

    /// The same with the other sign.
    #[must_use]
    pub fn negated(mut self) -> Self {
        self.negative = !self.negative;
        self
    }

    /// The same without a sign.
    #[must_use]
    pub fn abs(mut self) -> Self {
        self.negative = false;
        self
    }

    /// Whether it is nought, however it is written.
    pub fn is_zero(&self) -> bool {
        self.digits.iter().all(|&place| place == 0)
    }

    /// Bytes that compare as the numbers do, alike for alike numbers: `180.0` and `180`.
    pub fn sort_key(&self) -> Vec<u8> {
        if self.is_zero() {
            return vec![1];
        }
        let (fraction, whole) = self.parts();
        let whole = &whole[..whole.len() - leading_zeros(whole)];
        // Zeros at the end of a fraction say nothing.
        let idle = fraction.iter().take_while(|&&place| place == 0).count();
        let digits = whole.iter().rev().chain(fraction[idle..].iter().rev());
        let length = u16::try_from(whole.len()).unwrap_or(u16::MAX);
        let mut key = vec![2];
        key.extend(length.to_be_bytes());
        // From 1 on: no digit turned round is the highest byte, which ends what is negative.
        key.extend(digits.map(|digit| digit + 1));
        if self.negative {
            // The other way round, and what is longer goes below its own beginning.
            key[0] = 0;
            key[1..].iter_mut().for_each(|byte| *byte = !*byte);
            key.push(u8::MAX);
        }
        key
    }

    /// Fraction and whole.
    fn parts(&self) -> (&[u8], &[u8]) {
        self.digits.split_at(self.scale.min(self.digits.len()))
    }

    fn aligned(&self, scale: usize) -> Vec<u8> {
        let zeros = std::iter::repeat_n(0, scale - self.scale);
        zeros.chain(self.digits.iter().copied()).collect()
    }
}

/// As decimal text, with all digits after the point.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |place: &u8| char::from(b'0' + place);
        let (fraction, whole) = self.parts();
        let whole = &whole[..whole.len() - leading_zeros(whole)];
        let mut text = String::new();
        if self.negative && !self.is_zero() {
            text.push('-');
        }
        text.extend(whole.iter().rev().map(digit));
        if whole.is_empty() {
            text.push('0');
        }
        if self.scale > 0 {
            text.push('.');
            text.extend(fraction.iter().rev().map(digit));
        }
        f.write_str(&text)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By value: `180.0` equals `180`.
impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

/// How many of the highest places are nought.
fn leading_zeros(digits: &[u8]) -> usize {
    digits.iter().rev().take_while(|&&place| place == 0).count()
}

fn plus(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digits = Vec::with_capacity(left.len().max(right.len()) + 1);
    for place in 0..left.len().max(right.len()) {
        let sum = at(left, place) + at(right, place) + carry;
        digits.push(sum % 10);
        carry = sum / 10;
    }
    if carry > 0 {
        digits.push(carry);
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
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn sum(texts: &[&str]) -> String {
        let mut sum = Decimal::default();
        for text in texts {
            sum.add(&decimal(text));
        }
        sum.to_string()
    }

    #[test]
    fn adds_exactly() {
        assert_eq!(sum(&[]), "0");
        assert_eq!(sum(&["0.1", "0.2"]), "0.3");
        assert_eq!(sum(&["180.0", "19.99"]), "199.99");
        assert_eq!(sum(&["5", "-7.25"]), "-2.25");
        assert_eq!(sum(&["-5", "5.00"]), "0.00");
        assert_eq!(sum(&["+007"]), "7");
        assert_eq!(
            sum(&["9999999999999999999999999999999999999999.9", "0.1"]),
            "10000000000000000000000000000000000000000.0"
        );
        let units = [
            (5, 2, "0.05"),
            (150, 2, "1.50"),
            (3, 0, "3"),
            (0, 3, "0.000"),
        ];
        for (count, scale, text) in units {
            assert_eq!(Decimal::units(count, scale).to_string(), text);
            assert_eq!(Decimal::units(count, scale), decimal(text));
        }
    }

    #[test]
    fn only_plain_numbers_are_decimals() {
        let long = "1".repeat(Decimal::LEN_MAX + 1);
        for text in [
            "", "-", ".", "1.", ".5", "1e3", "1,5", " 1", "--1", "1.2.3", "٣", &long,
        ] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn keys_compare_as_the_numbers_do() {
        let rising = [
            "-1000", "-100.5", "-100", "-20", "-3", "-1.5", "-1.05", "-1", "-0.5", "-0.05", "0",
            "0.05", "0.5", "1", "1.05", "1.5", "3", "20", "100", "100.5", "1000",
        ];
        let keys: Vec<_> = rising.iter().map(|text| decimal(text).sort_key()).collect();
        assert!(keys.is_sorted_by(|left, right| left < right), "{keys:?}");
        for (left, right) in [("180.0", "180"), ("-0.00", "0"), ("007.50", "7.5")] {
            assert_eq!(decimal(left), decimal(right));
        }
    }
}
