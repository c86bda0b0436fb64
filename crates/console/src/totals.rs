//! Exact sums of decimal texts, one for each currency.

use std::collections::BTreeMap;

use bursar_kernel::Decimal;

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
    let mut sums: BTreeMap<&str, (Decimal, usize)> = BTreeMap::new();
    for (currency, text) in amounts {
        let Some(amount) = Decimal::parse(text) else {
            continue;
        };
        let (sum, count) = sums.entry(currency).or_default();
        sum.add(&amount);
        *count += 1;
    }
    let total = |(currency, (sum, count)): (&str, (Decimal, usize))| CurrencyTotal {
        currency_code: currency.to_owned(),
        amount_text: sum.to_string(),
        count,
    };
    sums.into_iter().map(total).collect()
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
