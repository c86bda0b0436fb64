//! Numbers, dates, times and countries for the record: as the locale writes them, to the letter.

use std::cell::{OnceCell, RefCell};

use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::zone::LocalizedOffsetLong;
use icu_datetime::fieldsets::{Combo, T, YMD};
use icu_datetime::input::{UtcOffset, ZonedDateTime};
use icu_datetime::options::{SubsecondDigits, TimePrecision};
use icu_decimal::DecimalFormatter;
use icu_experimental::displaynames::multi::RegionDisplayNames;
use icu_locale_core::Locale;
use icu_locale_core::subtags::Region;

use crate::formats::{Moment, plain_decimal, readable};

type TimeFormatter = DateTimeFormatter<Combo<T, LocalizedOffsetLong>>;
type ZonedTime = ZonedDateTime<icu_calendar::Iso, UtcOffset>;

/// Writes for one locale. What cannot be read comes back as it was given.
///
/// Its formatters are loaded when they are first needed, and once: keep it for a whole document.
pub struct Exact {
    locale: Locale,
    numbers: OnceCell<Option<DecimalFormatter>>,
    dates: OnceCell<Option<DateTimeFormatter<YMD>>>,
    times: RefCell<Vec<(TimePrecision, TimeFormatter)>>,
    regions: OnceCell<Option<RegionDisplayNames>>,
}

impl Exact {
    /// Writes as `locale` does.
    pub fn new(locale: Locale) -> Self {
        Self {
            locale,
            numbers: OnceCell::new(),
            dates: OnceCell::new(),
            times: RefCell::default(),
            regions: OnceCell::new(),
        }
    }

    /// The locale.
    pub fn locale(&self) -> &Locale {
        &self.locale
    }

    /// A decimal text with the locale's signs and groups: every digit given is kept, none is
    /// added. `1234.50` is `1.234,50` in German; `1e9` stays `1e9`.
    pub fn number(&self, text: &str) -> String {
        let formatter = || DecimalFormatter::try_new((&self.locale).into(), <_>::default()).ok();
        let formatter = self.numbers.get_or_init(formatter);
        match (formatter, plain_decimal(text)) {
            (Some(formatter), Some(value)) => readable(formatter.format(&value)),
            _ => text.to_owned(),
        }
    }

    /// An ISO 8601 date-time as the date in words, and the time as precisely as it was given, with
    /// its offset: `2022-12-12T09:19:02-0500` is `12 décembre 2022` and `09:19:02 UTC−05:00`.
    /// Nothing is converted.
    pub fn date_time(&self, text: &str) -> Option<(String, Option<String>)> {
        let moment = Moment::parse(text)?;
        let formatter = || DateTimeFormatter::try_new((&self.locale).into(), YMD::long()).ok();
        let formatter = self.dates.get_or_init(formatter).as_ref()?;
        let date = readable(formatter.format(&moment.date));
        let Some((_, given)) = text.split_once(['T', 't', ' ']) else {
            return Some((date, None));
        };
        let Moment {
            date: day,
            time,
            offset,
        } = moment;
        let time = match (time, offset) {
            (Some(time), Some(zone)) => {
                let date_time = ZonedDateTime {
                    date: day,
                    time,
                    zone,
                };
                self.time(&date_time, precision(given)?)?
            }
            // Without an offset it stays as it was given.
            _ => given.to_owned(),
        };
        Some((date, Some(time)))
    }

    fn time(&self, time: &ZonedTime, precision: TimePrecision) -> Option<String> {
        let mut times = self.times.borrow_mut();
        if let Some((_, formatter)) = times.iter().find(|(known, _)| *known == precision) {
            return Some(readable(formatter.format(time)));
        }
        let fields = T::hms().with_time_precision(precision);
        let fields = fields.with_zone(LocalizedOffsetLong);
        let formatter = DateTimeFormatter::try_new((&self.locale).into(), fields).ok()?;
        let text = readable(formatter.format(time));
        times.push((precision, formatter));
        Some(text)
    }

    /// The name of a country by its two letters.
    pub fn country(&self, alpha2: &str) -> Option<String> {
        let names = || RegionDisplayNames::try_new((&self.locale).into(), <_>::default()).ok();
        let region: Region = alpha2.parse().ok()?;
        let names = self.regions.get_or_init(names).as_ref()?;
        names.of(region).map(str::to_owned)
    }
}

/// How precisely a time is given: `09+01:00` to the hour, `09:19:02.125Z` to the millisecond.
fn precision(time: &str) -> Option<TimePrecision> {
    let end = time.find(['+', '-', 'Z', 'z']).unwrap_or(time.len());
    let clock = &time[..end];
    if let Some((_, fraction)) = clock.split_once(['.', ',']) {
        let digits = u8::try_from(fraction.len()).ok()?;
        let digits = SubsecondDigits::try_from_int(digits)?;
        return Some(TimePrecision::Subsecond(digits));
    }
    // With colons or, in the basic form, without.
    Some(match clock.bytes().filter(u8::is_ascii_digit).count() {
        2 => TimePrecision::Hour,
        4 => TimePrecision::Minute,
        _ => TimePrecision::Second,
    })
}

#[cfg(test)]
mod tests {
    use icu_locale_core::locale;
    use proptest::prelude::*;

    use super::*;

    fn line(locale: Locale, text: &str) -> String {
        let (date, time) = Exact::new(locale).date_time(text).unwrap();
        [Some(date), time].map(Option::unwrap_or_default).join("; ")
    }

    #[test]
    fn times_keep_their_precision_and_offset() {
        for (given, written) in [
            (
                "2022-12-12T09:19:02-0500",
                "12 December 2022; 09:19:02 GMT-05:00",
            ),
            (
                "2022-10-22T13:00:00+08:00",
                "22 October 2022; 13:00:00 GMT+08:00",
            ),
            ("2026-01-05T07:30-03", "5 January 2026; 07:30 GMT-03:00"),
            (
                "2026-01-05T07:30:00.120+05:45",
                "5 January 2026; 07:30:00.120 GMT+05:45",
            ),
            ("2026-01-05T07:30:00", "5 January 2026; 07:30:00"),
            ("2026-01-05", "5 January 2026; "),
        ] {
            assert_eq!(line(locale!("en-GB"), given), written);
        }
        for given in ["2026-13-05T07:00:00Z", "yesterday", ""] {
            assert_eq!(Exact::new(locale!("en-GB")).date_time(given), None);
        }
    }

    #[test]
    fn each_locale_writes_in_its_own_way() {
        let text = "2026-03-14T21:05:07+01:00";
        for (locale, date_time, number, country) in [
            (
                locale!("en-US"),
                "March 14, 2026; 9:05:07 PM GMT+01:00",
                "-1,234,567.50",
                "Germany",
            ),
            (
                locale!("de"),
                "14. März 2026; 21:05:07 GMT+01:00",
                "-1.234.567,50",
                "Deutschland",
            ),
            (
                locale!("de-CH"),
                "14. März 2026; 21:05:07 GMT+01:00",
                "-1'234'567.50",
                "Deutschland",
            ),
            (
                locale!("fr"),
                "14 mars 2026; 21:05:07 UTC+01:00",
                "-1 234 567,50",
                "Allemagne",
            ),
            (
                locale!("es"),
                "14 de marzo de 2026; 21:05:07 GMT+01:00",
                "-1.234.567,50",
                "Alemania",
            ),
            (
                locale!("pt-BR"),
                "14 de março de 2026; 21:05:07 +01:00 GMT",
                "-1.234.567,50",
                "Alemanha",
            ),
            (
                locale!("ja"),
                "2026年3月14日; 21:05:07 GMT+01:00",
                "-1,234,567.50",
                "ドイツ",
            ),
            (
                locale!("zh"),
                "2026年3月14日; GMT+01:00 21:05:07",
                "-1,234,567.50",
                "德国",
            ),
        ] {
            let spaced = |text: String| text.replace('\u{a0}', " ");
            let exact = Exact::new(locale.clone());
            assert_eq!(spaced(line(locale.clone(), text)), date_time, "{locale}");
            assert_eq!(spaced(exact.number("-1234567.50")), number, "{locale}");
            assert_eq!(exact.country("DE").as_deref(), Some(country), "{locale}");
            assert_eq!(exact.country("ZZZ"), None, "{locale}");
        }
    }

    #[test]
    fn numbers_keep_every_digit() {
        let exact = Exact::new(locale!("en"));
        for (given, written) in [
            ("180.0", "180.0"),
            ("1000", "1,000"),
            ("0001234", "0,001,234"),
            ("999.123456789", "999.123456789"),
            ("", ""),
            ("1e9", "1e9"),
            ("1,000", "1,000"),
            ("1.2.3", "1.2.3"),
        ] {
            assert_eq!(exact.number(given), written);
        }
        assert_eq!(exact.number(&"7".repeat(5000)), "7".repeat(5000));
    }

    proptest! {
        #[test]
        fn only_separators_are_added(text in "-?[0-9]{1,60}(\\.[0-9]{1,60})?") {
            let digits = |text: &str| text.replace(|c: char| !c.is_ascii_digit(), "");
            for locale in [locale!("en"), locale!("de"), locale!("en-IN"), locale!("fr")] {
                let written = Exact::new(locale).number(&text);
                prop_assert_eq!(digits(&written), digits(&text));
                prop_assert_eq!(written.starts_with('-'), text.starts_with('-'));
            }
        }

        #[test]
        fn any_text_is_survived(text in ".{0,40}") {
            let exact = Exact::new(locale!("ja"));
            let _ = (exact.number(&text), exact.date_time(&text), exact.country(&text));
        }
    }
}
