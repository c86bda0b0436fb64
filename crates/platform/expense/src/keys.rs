//! What a list sorts, searches and compares by: derived from an expense once, when it arrives.
//!
//! Amounts and dates are kept as documents write them, so that they cannot be compared as they
//! stand. Keys are bytes, which both engines compare alike.

use aws_lc_rs::digest::{SHA256, digest};
use bursar_kernel::Decimal;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

use crate::NewAvailableExpense;

/// `Choice:` characters of a reference, and of words that came along, that a search looks at.
const REFERENCE_SEARCHED: usize = 200;
const NOTE_SEARCHED: usize = 2000;
/// `Choice:` characters of an amount that a search looks at.
const AMOUNT_SEARCHED: usize = 50;

/// An expense's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    /// The day as the document wrote it, as a number: 20261119. 0 where there is none.
    pub(crate) day: i64,
    /// Rises with the instant; what has no date comes first.
    pub(crate) date: Vec<u8>,
    /// Rises with the amount within a currency; what is no plain decimal comes last there.
    pub(crate) amount: Vec<u8>,
    /// The merchant's name without its case.
    pub(crate) merchant: Vec<u8>,
    /// The same for what looks like the same purchase; none without a merchant's reference.
    pub(crate) twin: Option<Vec<u8>>,
    /// What a search looks at, folded.
    pub(crate) search: String,
}

impl NewAvailableExpense {
    /// Its keys. They take microseconds: made before the operation that stores it.
    pub fn keys(&self) -> Keys {
        let moment = Moment::parse(&self.transacted_at_text);
        let amount = amount_key(&self.currency_code, &self.amount);
        let day = moment.map_or(0, |moment| day_number(moment.date));
        Keys {
            day,
            date: date_key(moment),
            merchant: folded(&self.merchant).into_bytes(),
            twin: self.twin_key(day, &amount),
            search: self.search_text(),
            amount,
        }
    }

    /// Source: two are the same purchase when merchant reference, amount and date are the same,
    /// from the same app for the same user. `Choice:` an app is known by its name; an amount by
    /// its value and currency; a date by its day.
    fn twin_key(&self, day: i64, amount: &[u8]) -> Option<Vec<u8>> {
        let reference = self.reference.as_deref().unwrap_or_default().trim();
        if reference.is_empty() || day == 0 {
            return None;
        }
        let mut whole = Vec::new();
        for part in [self.source_app.as_bytes(), reference.as_bytes(), amount] {
            whole.extend((part.len() as u64).to_be_bytes());
            whole.extend(part);
        }
        whole.extend(day.to_be_bytes());
        Some(digest(&SHA256, &whole).as_ref()[..16].to_vec())
    }

    fn search_text(&self) -> String {
        let start = |text: &str, max| text.chars().take(max).collect::<String>();
        let reference = self.reference.as_deref().unwrap_or_default();
        let note = self.note.as_deref().unwrap_or_default();
        let parts = [
            self.merchant.clone(),
            self.source_app.clone(),
            start(&self.amount, AMOUNT_SEARCHED),
            start(reference, REFERENCE_SEARCHED),
            start(note, NOTE_SEARCHED),
        ];
        folded(&parts.join("\n"))
    }
}

/// Text without its case, as searches compare it: alike on both engines, since neither does it.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// A day as a number that reads like it: 20261119.
pub(crate) fn day_number(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

/// What an ISO 8601 text says.
#[derive(Clone, Copy)]
struct Moment {
    date: Date,
    micros: i64,
}

impl Moment {
    /// `Choice:` without a time it is midnight, without an offset UTC.
    fn parse(text: &str) -> Option<Self> {
        let pieces = Pieces::parse(text).ok()?;
        let date = pieces.date();
        let at = DateTime::from_parts(date, pieces.time().unwrap_or(Time::midnight()));
        let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
        let micros = offset.to_timestamp(at).ok()?.as_microsecond();
        Some(Self { date, micros })
    }
}

fn date_key(moment: Option<Moment>) -> Vec<u8> {
    let Some(moment) = moment else {
        return vec![0];
    };
    let mut key = vec![1];
    // With its sign turned round, an integer's bytes compare as it does.
    key.extend((moment.micros ^ i64::MIN).to_be_bytes());
    key
}

fn amount_key(currency_code: &str, amount: &str) -> Vec<u8> {
    let mut key = currency_code.as_bytes().to_vec();
    key.push(0);
    key.extend(Decimal::parse(amount).map_or_else(|| vec![u8::MAX], |amount| amount.sort_key()));
    key
}

#[cfg(test)]
mod tests {
    use bursar_kernel::{Micros, Uuid};

    use super::*;
    use crate::{ExpenseType, Source};

    fn expense(when: &str, amount: &str, reference: &str) -> NewAvailableExpense {
        NewAvailableExpense {
            id: Uuid::nil(),
            company_id: Uuid::nil(),
            user_id: Uuid::nil(),
            source: Source::Receipt,
            source_id: Uuid::nil(),
            source_app: "Shop".into(),
            merchant: "CAFÉ Ünïcode".into(),
            transacted_at_text: when.into(),
            amount: amount.into(),
            currency_code: "EUR".into(),
            expense_type: ExpenseType::undefined(),
            reference: (!reference.is_empty()).then(|| reference.into()),
            note: None,
            has_picture: true,
            sums_differ: false,
            created_at: Micros(0),
        }
    }

    #[test]
    fn dates_sort_by_instant_and_filter_by_their_own_day() {
        let keys = |when| expense(when, "1", "").keys();
        let rising = [
            "yesterday",
            "1901-01-01",
            "2026-11-19T23:00:00+09:00",
            "2026-11-19T21:00-0500",
            "2026-11-20T23:59:59.5+14:00",
            "2026-11-20T12:00:00Z",
        ];
        let dates: Vec<_> = rising.iter().map(|when| keys(when).date).collect();
        assert!(dates.is_sorted_by(|left, right| left < right), "{dates:?}");
        assert_eq!(keys("2026-11-19T23:00:00+09:00").day, 20_261_119);
        assert_eq!(keys("yesterday").day, 0);
    }

    #[test]
    fn twins_have_reference_amount_day_and_app_in_common() {
        let twin = |when, amount, reference| expense(when, amount, reference).keys().twin;
        let one = twin("2026-11-19T10:00:00+01:00", "180.0", "R-7");
        assert!(one.is_some());
        assert_eq!(one, twin("2026-11-19T18:00:00+01:00", "180.00", " R-7 "));
        for (when, amount, reference) in [
            ("2026-11-20T10:00:00+01:00", "180.0", "R-7"),
            ("2026-11-19T10:00:00+01:00", "180.01", "R-7"),
            ("2026-11-19T10:00:00+01:00", "180.0", "r-7"),
        ] {
            assert_ne!(one, twin(when, amount, reference));
        }
        assert_eq!(
            twin("2026-11-19", "180.0", " "),
            None,
            "nothing to know it by"
        );
        assert_eq!(twin("someday", "180.0", "R-7"), None, "nor a day");
    }

    #[test]
    fn a_search_finds_words_in_any_case() {
        let keys = expense("2026-11-19", "180.0", "R-7").keys();
        assert_eq!(keys.search, "café ünïcode\nshop\n180.0\nr-7\n");
        assert_eq!(keys.merchant, "café ünïcode".as_bytes());
    }
}
