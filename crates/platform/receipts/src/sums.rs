//! Whether a receipt's amounts add up, in exact decimals.
//!
//! A check is made where a receipt has what it needs: nobody is obliged to give subtotals. No
//! document says that amounts must add up, so a receipt that does not is taken, and flagged.

use bursar_kernel::Decimal;
use iso_currency::Currency;
use serde_json::Value;

/// What a receipt has that others of its kind of amount are held against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SumKind {
    /// Subtotal, taxes and discounts make the total.
    Total,
    /// Line items make the subtotal.
    LineItems,
    /// Payments make the total.
    Payments,
}

/// An amount that is added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// What it is.
    pub name: TermName,
    /// Decimal text; what is taken away has a minus.
    pub amount: String,
}

/// What an amount is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TermName {
    /// The sum before taxes.
    Subtotal,
    /// All taxes.
    Taxes,
    /// All discounts.
    Discounts,
    /// So many line items together.
    LineItems(usize),
    /// So many payments together.
    Payments(usize),
}

/// Amounts that do not make what the receipt says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// What was checked.
    pub kind: SumKind,
    /// What was added.
    pub terms: Vec<Term>,
    /// What that makes.
    pub sum: String,
    /// What the receipt says.
    pub stated: String,
    /// `sum` less `stated`.
    pub difference: String,
}

/// The checks that a receipt does not pass.
pub fn mismatches(receipt: &Value) -> Vec<Mismatch> {
    let unit = receipt["currencyCode"]
        .as_str()
        .and_then(Currency::from_code);
    let places = unit.and_then(Currency::exponent).unwrap_or(0).into();
    let checks = [total(receipt), line_items(receipt), payments(receipt)];
    let failed = checks
        .into_iter()
        .flatten()
        .filter(|check| !check.holds(places));
    failed.map(Check::mismatch).collect()
}

/// Amounts and what they should make.
struct Check {
    kind: SumKind,
    terms: Vec<(TermName, Decimal)>,
    stated: Decimal,
    /// How many of the amounts may have been rounded, each by half of the smallest unit.
    rounded: usize,
}

impl Check {
    fn sum(&self) -> Decimal {
        let mut sum = Decimal::default();
        for (_, amount) in &self.terms {
            sum.add(amount);
        }
        sum
    }

    fn difference(&self) -> Decimal {
        let mut difference = self.sum();
        difference.add(&self.stated.clone().negated());
        difference
    }

    /// `Choice:` each amount that is added may be off by half of the currency's smallest unit.
    fn holds(&self, places: usize) -> bool {
        let off = self.difference().abs();
        let mut twice = off.clone();
        twice.add(&off);
        twice <= Decimal::units(self.rounded, places)
    }

    fn mismatch(self) -> Mismatch {
        let (sum, difference) = (self.sum().to_string(), self.difference().to_string());
        let term = |(name, amount): (TermName, Decimal)| Term {
            name,
            amount: amount.to_string(),
        };
        Mismatch {
            kind: self.kind,
            terms: self.terms.into_iter().map(term).collect(),
            sum,
            stated: self.stated.to_string(),
            difference,
        }
    }
}

/// Needs all three of subtotal, taxes and total; without discounts there were none.
fn total(receipt: &Value) -> Option<Check> {
    let mut terms = vec![
        (TermName::Subtotal, amount(&receipt["subtotal"])?),
        (TermName::Taxes, amount(&receipt["taxesTotal"])?),
    ];
    let discounts = discounts(receipt)?;
    if !discounts.is_zero() {
        terms.push((TermName::Discounts, discounts));
    }
    Some(Check {
        kind: SumKind::Total,
        rounded: terms.len(),
        terms,
        stated: amount(&receipt["total"])?,
    })
}

/// Needs a subtotal and line items, and that nothing but line items makes the subtotal: tickets
/// and journeys have prices of their own.
///
/// `Choice:` a line counts with its subtotal, or its total where it has none. Lines whose totals
/// make the receipt's total, before or after its discounts, are right as well: their taxes are in
/// them.
fn line_items(receipt: &Value) -> Option<Check> {
    let items = receipt["lineItems"]
        .as_array()
        .filter(|items| !items.is_empty())?;
    let others = ["tickets", "railTickets", "segments"];
    if others.iter().any(|name| receipt.get(name).is_some()) {
        return None;
    }
    let sum_of = |net: bool| {
        let own = |item: &Value| match item.get("subtotal").filter(|_| net) {
            Some(subtotal) => amount(subtotal),
            None => amount(&item["total"]),
        };
        items.iter().try_fold(Decimal::default(), |mut sum, item| {
            sum.add(&own(item)?);
            Some(sum)
        })
    };
    let total = amount(&receipt["total"])?;
    let gross = sum_of(false)?;
    let mut reduced = gross.clone();
    reduced.add(&discounts(receipt)?);
    if gross == total || reduced == total {
        return None;
    }
    Some(Check {
        kind: SumKind::LineItems,
        terms: vec![(TermName::LineItems(items.len()), sum_of(true)?)],
        stated: amount(&receipt["subtotal"])?,
        rounded: items.len(),
    })
}

/// `Choice:` what was paid is not rounded.
fn payments(receipt: &Value) -> Option<Check> {
    let payments = receipt["payments"]
        .as_array()
        .filter(|payments| !payments.is_empty())?;
    let mut sum = Decimal::default();
    for payment in payments {
        sum.add(&amount(&payment["amount"])?);
    }
    Some(Check {
        kind: SumKind::Payments,
        terms: vec![(TermName::Payments(payments.len()), sum)],
        stated: amount(&receipt["total"])?,
        rounded: 0,
    })
}

/// Discounts as they count: taken away, whatever their sign.
fn discounts(receipt: &Value) -> Option<Decimal> {
    match receipt.get("discountsTotal") {
        None => Some(Decimal::default()),
        Some(discounts) => Some(amount(discounts)?.abs().negated()),
    }
}

fn amount(value: &Value) -> Option<Decimal> {
    value.as_str().and_then(Decimal::parse)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn receipt() -> Value {
        json!({
            "total": "113.00", "subtotal": "100.00", "taxesTotal": "19.00",
            "discountsTotal": "-6.00", "currencyCode": "EUR",
            "lineItems": [{"total": "59.50", "subtotal": "50.00"}, {"total": "50.00"}],
            "payments": [{"amount": "100.00"}, {"amount": "13.00"}],
        })
    }

    fn with(changes: &[(&str, Value)]) -> Vec<Mismatch> {
        let mut receipt = receipt();
        for (pointer, value) in changes {
            match receipt.pointer_mut(pointer) {
                Some(there) => *there = value.clone(),
                None => receipt[&pointer[1..]] = value.clone(),
            }
        }
        mismatches(&receipt)
    }

    fn kinds(changes: &[(&str, Value)]) -> Vec<SumKind> {
        with(changes).iter().map(|mismatch| mismatch.kind).collect()
    }

    #[test]
    fn what_adds_up_passes() {
        assert_eq!(with(&[]), []);
        assert_eq!(
            with(&[("/discountsTotal", json!("6.00"))]),
            [],
            "whatever its sign"
        );
        let seeds = [
            include_str!("../../../../seeds/receipts/booking-fee.json"),
            include_str!("../../../../seeds/receipts/car-rental-every-field.json"),
            include_str!("../../../../seeds/receipts/flight-every-field.json"),
            include_str!("../../../../seeds/receipts/ic-card-every-field.json"),
            include_str!("../../../../seeds/receipts/rail-every-field.json"),
            include_str!("../../../../seeds/receipts/ride-every-field.json"),
            include_str!("../../../../seeds/receipts/stay-every-field.json"),
            include_str!("../../../../seeds/receipts/tax-id.json"),
        ];
        for seed in seeds {
            let receipt: Value = serde_json::from_str(seed).unwrap();
            assert_eq!(mismatches(&receipt), [], "{}", receipt["reference"]);
        }
    }

    #[test]
    fn what_does_not_add_up_is_shown_with_its_arithmetic() {
        let found = with(&[("/subtotal", json!("101.01"))]);
        let terms = |mismatch: &Mismatch| -> Vec<(TermName, String)> {
            let terms = mismatch.terms.iter();
            terms.map(|term| (term.name, term.amount.clone())).collect()
        };
        assert_eq!(found.len(), 2);
        assert_eq!(
            terms(&found[0]),
            [
                (TermName::Subtotal, "101.01".to_owned()),
                (TermName::Taxes, "19.00".to_owned()),
                (TermName::Discounts, "-6.00".to_owned()),
            ]
        );
        let figures = |mismatch: &Mismatch| {
            let Mismatch {
                sum,
                stated,
                difference,
                ..
            } = mismatch;
            [sum, stated, difference].map(Clone::clone)
        };
        assert_eq!(figures(&found[0]), ["114.01", "113.00", "1.01"]);
        assert_eq!(
            terms(&found[1]),
            [(TermName::LineItems(2), "100.00".to_owned())]
        );
        assert_eq!(figures(&found[1]), ["100.00", "101.01", "-1.01"]);
        let paid = with(&[("/payments/0/amount", json!("99.99"))]);
        assert_eq!(figures(&paid[0]), ["112.99", "113.00", "-0.01"]);
    }

    #[test]
    fn rounding_is_no_mismatch() {
        // Three amounts, each off by half a cent; two line items.
        assert_eq!(kinds(&[("/taxesTotal", json!("19.01"))]), []);
        assert_eq!(kinds(&[("/taxesTotal", json!("19.015"))]), []);
        assert_eq!(kinds(&[("/taxesTotal", json!("19.02"))]), [SumKind::Total]);
        assert_eq!(kinds(&[("/lineItems/1/total", json!("50.01"))]), []);
        assert_eq!(
            kinds(&[("/lineItems/1/total", json!("50.02"))]),
            [SumKind::LineItems]
        );
        let yen = ("/currencyCode", json!("JPY"));
        assert_eq!(kinds(&[yen.clone(), ("/taxesTotal", json!("20"))]), []);
        assert_eq!(
            kinds(&[yen, ("/taxesTotal", json!("21"))]),
            [SumKind::Total]
        );
    }

    #[test]
    fn what_is_not_there_is_not_checked() {
        for name in ["/subtotal", "/taxesTotal", "/total"] {
            let none = kinds(&[(name, Value::Null), ("/payments", json!([]))]);
            assert_eq!(none, [], "{name}");
        }
        let ticket = ("/tickets", json!([{}]));
        assert_eq!(kinds(&[ticket, ("/lineItems/0/subtotal", json!("1"))]), []);
        let gross = [
            ("/lineItems", json!([{"total": "119.00"}])),
            ("/subtotal", json!("100.00")),
        ];
        assert_eq!(kinds(&gross), [], "taxes are in the lines");
        assert_eq!(
            kinds(&[("/payments/0/amount", json!("1e2"))]),
            [],
            "no plain decimal"
        );
    }
}
