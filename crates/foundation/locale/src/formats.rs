//! Numbers and dates by locale, from the texts that documents carry.
//!
//! Nothing is rounded, converted or computed in floats: what cannot be read is shown as it came.

use std::fmt::Display;

use fixed_decimal::Decimal;
use icu_datetime::fieldsets::{T, YMD, zone::LocalizedOffsetShort};
use icu_datetime::input::{Date, DateTime, Time, UtcOffset, ZonedDateTime};
use icu_datetime::{DateTimeFormatter, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_locale_core::Locale;
use iso_currency::Currency;
use jiff::fmt::temporal::Pieces;

/// Longer amounts are shown as they came; documents stay far below.
const AMOUNT_LEN_MAX: usize = 1000;

/// A decimal text with the locale's grouping, filled up to the currency's usual digits.
///
/// All digits given are kept: `180.0` USD is `180.00`, `1234.5678` USD is `1,234.5678`.
pub fn amount(locale: &Locale, amount_text: &str, currency_code: &str) -> String {
    let Some(mut value) = plain_decimal(amount_text) else {
        return amount_text.to_owned();
    };
    if let Some(digits) = Currency::from_code(currency_code).and_then(Currency::exponent) {
        let given = *value.absolute.magnitude_range().start();
        value
            .absolute
            .pad_end(given.min(-i16::try_from(digits).unwrap_or(0)));
    }
    DecimalFormatter::try_new(locale.into(), <_>::default()).map_or_else(
        |_| amount_text.to_owned(),
        |formatter| formatter.format(&value).to_string(),
    )
}

/// The date of an ISO 8601 text, in the text's own offset.
pub fn date(locale: &Locale, text: &str) -> String {
    let shown = || {
        let moment = Moment::parse(text)?;
        let formatter = DateTimeFormatter::try_new(locale.into(), YMD::medium()).ok()?;
        Some(readable(formatter.format(&moment.date)))
    };
    shown().unwrap_or_else(|| text.to_owned())
}

/// Hour and minute of an ISO 8601 text, with its offset where it has one; `None` without a time.
pub fn time(locale: &Locale, text: &str) -> Option<String> {
    let Moment { time, offset, date } = Moment::parse(text)?;
    let time = time?;
    Some(if let Some(zone) = offset {
        let fields = T::hm().with_zone(LocalizedOffsetShort);
        let formatter = DateTimeFormatter::try_new(locale.into(), fields).ok()?;
        readable(formatter.format(&ZonedDateTime { date, time, zone }))
    } else {
        let formatter = NoCalendarFormatter::try_new(locale.into(), T::hm()).ok()?;
        readable(formatter.format(&time))
    })
}

/// Date and time to the second of an ISO 8601 text, with its offset where it has one.
pub fn instant(locale: &Locale, text: &str) -> String {
    let shown = || {
        let Moment { date, time, offset } = Moment::parse(text)?;
        let time = time?;
        Some(if let Some(zone) = offset {
            let fields = YMD::medium()
                .with_time_hms()
                .with_zone(LocalizedOffsetShort);
            let formatter = DateTimeFormatter::try_new(locale.into(), fields).ok()?;
            readable(formatter.format(&ZonedDateTime { date, time, zone }))
        } else {
            let fields = YMD::medium().with_time_hms();
            let formatter = DateTimeFormatter::try_new(locale.into(), fields).ok()?;
            readable(formatter.format(&DateTime { date, time }))
        })
    };
    shown().unwrap_or_else(|| date(locale, text))
}

/// The locale's text, with a space before "PM" that every font has.
pub(crate) fn readable(text: impl Display) -> String {
    text.to_string().replace('\u{202f}', "\u{a0}")
}

/// Digits with an optional sign and fraction. Exponents are left out: `1e9999` is short to write
/// and long to show.
pub(crate) fn plain_decimal(text: &str) -> Option<Decimal> {
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.');
    let readable = text.len() <= AMOUNT_LEN_MAX && text.bytes().all(plain);
    readable.then(|| Decimal::try_from_str(text).ok()).flatten()
}

/// What an ISO 8601 text says, before any conversion.
pub(crate) struct Moment {
    pub(crate) date: Date<icu_calendar::Iso>,
    pub(crate) time: Option<Time>,
    pub(crate) offset: Option<UtcOffset>,
}

impl Moment {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let pieces = Pieces::parse(text).ok()?;
        let day = pieces.date();
        let month = u8::try_from(day.month()).ok()?;
        let date =
            Date::try_new_iso(day.year().into(), month, u8::try_from(day.day()).ok()?).ok()?;
        let time = match pieces.time() {
            Some(time) => {
                let [hour, minute, second] = [time.hour(), time.minute(), time.second()]
                    .map(|part| u8::try_from(part).unwrap_or(0));
                let fraction = u32::try_from(time.subsec_nanosecond()).unwrap_or(0);
                Some(Time::try_new(hour, minute, second, fraction).ok()?)
            }
            None => None,
        };
        let offset = match pieces.to_numeric_offset() {
            Some(offset) => Some(UtcOffset::try_from_seconds(offset.seconds()).ok()?),
            None => None,
        };
        Some(Self { date, time, offset })
    }
}

#[cfg(test)]
mod tests {
    use icu_locale_core::locale;
    use proptest::prelude::*;

    use super::*;

    const FORTY: &str = "1234567890123456789012345678901234567890.12";

    /// Tests read better without no-break spaces.
    fn spaced(text: impl Into<Option<String>>) -> String {
        text.into().unwrap_or_default().replace('\u{a0}', " ")
    }

    #[test]
    fn amounts_keep_every_digit() {
        let en = locale!("en-US");
        for (text, currency, shown) in [
            ("180.0", "USD", "180.00"),
            ("180", "JPY", "180"),
            ("180.0", "JPY", "180.0"),
            ("1234.5678", "USD", "1,234.5678"),
            ("-12.5", "EUR", "-12.50"),
            ("5", "KWD", "5.000"),
            ("5", "???", "5"),
            ("1e9999", "USD", "1e9999"),
            ("", "USD", ""),
            (
                FORTY,
                "USD",
                "1,234,567,890,123,456,789,012,345,678,901,234,567,890.12",
            ),
        ] {
            assert_eq!(amount(&en, text, currency), shown);
        }
        assert_eq!(amount(&locale!("de"), "1234.5", "EUR"), "1.234,50");
        assert_eq!(
            amount(&locale!("en-IN"), "1234567.5", "INR"),
            "12,34,567.50"
        );
    }

    #[test]
    fn dates_stay_in_their_own_offset() {
        let en = locale!("en-US");
        let text = "2026-02-06T18:30:05-08:00";
        assert_eq!(date(&en, text), "Feb 6, 2026");
        assert_eq!(spaced(time(&en, text)), "6:30 PM GMT-8");
        assert_eq!(spaced(instant(&en, text)), "Feb 6, 2026, 6:30:05 PM GMT-8");
        assert_eq!(spaced(time(&locale!("en-GB"), text)), "18:30 GMT-8");
        assert_eq!(spaced(time(&en, "2026-02-06T18:30:05Z")), "6:30 PM GMT+0");
        assert_eq!(
            spaced(time(&en, "2026-02-06T18:30:05.125+05:30")),
            "6:30 PM GMT+5:30"
        );
        assert_eq!(spaced(time(&en, "2026-02-06T18:30:05")), "6:30 PM");
        assert_eq!(time(&en, "2026-02-06"), None);
        assert_eq!(instant(&en, "2026-02-06"), "Feb 6, 2026");
        assert_eq!(date(&en, "last Friday"), "last Friday");
        assert_eq!(time(&en, "last Friday"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_shown(text in ".{0,40}") {
            let en = locale!("en");
            let _ = (date(&en, &text), time(&en, &text), instant(&en, &text));
            let _ = amount(&en, &text, &text);
        }

        #[test]
        fn no_digit_is_lost(text in "-?[1-9][0-9]{0,50}(\\.[0-9]{1,20})?") {
            let shown = amount(&locale!("en"), &text, "USD").replace(',', "");
            prop_assert!(shown.starts_with(&text), "{text} became {shown}");
        }
    }
}
