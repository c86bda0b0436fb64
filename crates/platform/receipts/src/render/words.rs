//! The words of a receipt: labels from the catalogue of the traveller's language, and facts as the
//! traveller's locale writes them.
//!
//! A language is a file under `locales/` and a line in `LANGUAGES`. Tests hold the keys of each to
//! those of English, and those to the keys that the code names.

use std::sync::OnceLock;

use bursar_locale::{Catalogue, Exact, FluentArgs, FluentValue};
use icu_locale_core::{LanguageIdentifier, Locale, locale, subtags::script};
use serde_json::Value;

use super::cjk::Han;
use super::fields::text;
use super::text::{Style, Text};
use crate::model::seller;

/// Language and catalogue. The first is the one for everybody else.
const LANGUAGES: [(&str, &str); 7] = [
    ("en", include_str!("../../locales/en.ftl")),
    ("de", include_str!("../../locales/de.ftl")),
    ("es", include_str!("../../locales/es.ftl")),
    ("fr", include_str!("../../locales/fr.ftl")),
    ("ja", include_str!("../../locales/ja.ftl")),
    ("pt", include_str!("../../locales/pt.ftl")),
    ("zh", include_str!("../../locales/zh.ftl")),
];

/// Each parsed when the first of its readers comes: a language that nobody reads costs no memory.
static CATALOGUES: [OnceLock<Catalogue>; LANGUAGES.len()] =
    [const { OnceLock::new() }; LANGUAGES.len()];

fn catalogue(at: usize) -> &'static Catalogue {
    let (language, file) = LANGUAGES[at];
    CATALOGUES[at].get_or_init(|| Catalogue::new(language, &[file]))
}

/// What one receipt is written with.
pub(super) struct Words {
    catalogue: &'static Catalogue,
    exact: Exact,
    /// Whose forms of Han characters the labels have.
    label_forms: Han,
    /// Whose forms the partner's texts have.
    data_forms: Han,
}

impl Words {
    /// The words for a reader's locale: the language's catalogue, English where there is none.
    ///
    /// Choice: the region stays when the language falls back, so that a Swede reads English with
    /// Swedish dates and numbers. Chinese is written in simplified characters everywhere.
    pub(super) fn new(reader: &str, receipt: &Value) -> Self {
        let given = Locale::try_from_str(reader).map_or(locale!("en-US").id, |locale| locale.id);
        let speaks = |(language, _): &(&str, &str)| *language == given.language.as_str();
        let catalogue = catalogue(LANGUAGES.iter().position(speaks).unwrap_or(0));
        let language = catalogue.language();
        let id = LanguageIdentifier {
            language: language.parse().unwrap_or(given.language),
            script: (language == "zh").then_some(script!("Hans")),
            region: given.region,
            ..LanguageIdentifier::UNKNOWN
        };
        let of_language = Han::of_language(language);
        let country = seller_country(receipt).and_then(|code| Han::of_country(&code));
        Self {
            catalogue,
            exact: Exact::new(id.into()),
            label_forms: of_language.unwrap_or_default(),
            data_forms: country.or(of_language).unwrap_or_default(),
        }
    }

    /// The language of the document, as a BCP 47 tag.
    pub(super) fn language(&self) -> String {
        self.exact.locale().to_string()
    }

    /// A message without arguments.
    pub(super) fn say(&self, key: &str) -> String {
        self.lookup(key, None)
    }

    /// A message with arguments.
    pub(super) fn say_with<const N: usize>(&self, key: &str, args: [(&str, &str); N]) -> String {
        let args = args.map(|(name, value)| (name, FluentValue::from(value)));
        self.lookup(key, Some(&FluentArgs::from_iter(args)))
    }

    /// A message that is shown as it is.
    pub(super) fn label(&self, key: &str, style: Style) -> Text {
        Text::new(&self.say(key), style, self.label_forms)
    }

    /// A text of the partner's, or one that has some of it.
    pub(super) fn text(&self, text: &str, style: Style) -> Text {
        Text::new(text, style, self.data_forms)
    }

    /// One paragraph of running text.
    pub(super) fn body(&self, text: &str) -> Vec<Text> {
        vec![self.text(text, Style::BODY)]
    }

    /// A number with the locale's signs; every digit as given.
    pub(super) fn number(&self, text: &str) -> String {
        self.exact.number(text)
    }

    /// An amount in a currency.
    pub(super) fn money(&self, currency: &str, amount: &str) -> String {
        let args = [("currency", currency), ("amount", &self.number(amount))];
        self.say_with("money", args)
    }

    /// A date-time as the date and the time with its offset. Text of another form comes back whole.
    pub(super) fn date_time(&self, given: &str) -> (String, Option<String>) {
        let written = self.exact.date_time(given);
        written.unwrap_or_else(|| (given.to_owned(), None))
    }

    /// A date-time on one line.
    pub(super) fn date_time_line(&self, given: &str) -> String {
        match self.date_time(given) {
            (date, Some(time)) => format!("{date}, {time}"),
            (date, None) => date,
        }
    }

    /// A date, and the time below it.
    pub(super) fn when(&self, given: &str, style: Style) -> Vec<Text> {
        let (date, time) = self.date_time(given);
        let lines = std::iter::once(date).chain(time);
        lines.map(|line| self.text(&line, style)).collect()
    }

    /// A country's name; a code that no country has comes back.
    pub(super) fn country(&self, code: &str) -> String {
        let known = country(code);
        let name = known.and_then(|country| self.exact.country(country.alpha2));
        name.unwrap_or_else(|| code.to_owned())
    }

    /// An ISO 8601 duration in words: `PT1H5M` gives `1 h 5 min`. Text of another form comes back
    /// whole.
    pub(super) fn duration(&self, given: &str) -> String {
        self.parse_duration(given)
            .unwrap_or_else(|| given.to_owned())
    }

    fn parse_duration(&self, given: &str) -> Option<String> {
        const DATE: [(char, &str); 4] = [
            ('Y', "years"),
            ('M', "months"),
            ('W', "weeks"),
            ('D', "days"),
        ];
        const TIME: [(char, &str); 3] = [('H', "hours"), ('M', "minutes"), ('S', "seconds")];
        let (sign, rest) = given
            .strip_prefix('-')
            .map_or(("", given), |rest| ("-", rest));
        let rest = rest.strip_prefix('P')?;
        let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
        let mut words = Vec::new();
        for (mut rest, units) in [(date, &DATE[..]), (time, &TIME)] {
            while !rest.is_empty() {
                let end = rest.find(|c: char| c.is_ascii_uppercase())?;
                let (number, unit) = (&rest[..end], rest[end..].chars().next()?);
                let key = units.iter().find(|(letter, _)| *letter == unit)?.1;
                if number.is_empty() {
                    return None;
                }
                let number = self.number(&format!("{sign}{}", number.replace(',', ".")));
                words.push(self.say_with(key, [("number", &number)]));
                rest = &rest[end + 1..];
            }
        }
        (!words.is_empty()).then(|| words.join(&self.say("duration-gap")))
    }

    /// A text that a translation lacks is English; a key that nobody knows is shown itself.
    fn lookup(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let text = self.catalogue.text(key, args);
        debug_assert!(text.is_some(), "{} lacks {key}", self.catalogue.language());
        text.or_else(|| catalogue(0).text(key, args))
            .unwrap_or_else(|| key.to_owned())
    }
}

/// The country of a code of two or three letters.
pub(super) fn country(code: &str) -> Option<rust_iso3166::CountryCode> {
    rust_iso3166::from_alpha2(code).or_else(|| rust_iso3166::from_alpha3(code))
}

fn seller_country(receipt: &Value) -> Option<String> {
    let address = seller(receipt).get("location")?.get("address")?;
    let code = text(address, "addressCountry").or_else(|| text(address, "countryCode"))?;
    Some(country(&code)?.alpha2.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use serde_json::json;

    use super::*;

    fn words(reader: &str) -> Words {
        Words::new(reader, &Value::Null)
    }

    /// Each key of a catalogue with the arguments that it takes.
    fn keys(file: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let message = |line| str::split_once(line, " = ");
        let messages = file.lines().filter(|line| !line.starts_with('#'));
        messages
            .filter_map(message)
            .map(|(key, text)| {
                let pieces = text.split("{ $").skip(1);
                (
                    key,
                    pieces
                        .filter_map(|piece| piece.split(" }").next())
                        .collect(),
                )
            })
            .collect()
    }

    #[test]
    fn every_language_has_the_keys_and_arguments_of_english() {
        for (language, file) in LANGUAGES {
            assert_eq!(keys(file), keys(LANGUAGES[0].1), "{language}");
            for (key, arguments) in keys(file) {
                let args = arguments.iter().map(|name| (*name, FluentValue::from("x")));
                let args: FluentArgs<'_> = args.collect();
                let found = words(language).catalogue.text(key, Some(&args));
                assert!(!found.unwrap().contains('{'), "{language}: {key}");
            }
        }
    }

    #[test]
    fn every_file_is_a_language_and_every_key_is_named_in_the_code() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let names = |folder: &str| {
            let entries = fs::read_dir(root.join(folder)).unwrap();
            entries
                .map(|entry| entry.unwrap().path())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("locales").len(), LANGUAGES.len());
        let sources = names("src/render")
            .into_iter()
            .filter(|path| path.is_file() && !path.ends_with("tests.rs"));
        let mut code: String = sources
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        code.push_str(&fs::read_to_string(root.join("src/schema.rs")).unwrap());
        for key in keys(LANGUAGES[0].1).keys() {
            assert!(code.contains(&format!("\"{key}\"")), "{key} is not used");
        }
    }

    #[test]
    fn the_locale_chooses_language_and_region() {
        let total = |reader| (words(reader).say("total"), words(reader).language());
        for (reader, total_is, language) in [
            ("en-GB", "Total", "en-GB"),
            ("de-CH", "Gesamtbetrag", "de-CH"),
            ("pt-BR", "Total", "pt-BR"),
            ("zh-CN", "合计", "zh-Hans-CN"),
            ("zh-Hant-TW", "合计", "zh-Hans-TW"),
            ("sv-SE", "Total", "en-SE"),
            ("ja", "合計", "ja"),
            ("no locale at all", "Total", "en-US"),
            ("", "Total", "en-US"),
        ] {
            assert_eq!(
                total(reader),
                (total_is.to_owned(), language.to_owned()),
                "{reader}"
            );
        }
        let date = |reader| words(reader).date_time("2026-03-04T05:06:07+01:00").0;
        assert_eq!(date("en-US"), "March 4, 2026");
        assert_eq!(date("en-GB"), "4 March 2026");
        assert_eq!(date("pt-BR"), "4 de março de 2026");
        assert_eq!(date("zh-CN"), "2026年3月4日");
    }

    #[test]
    fn the_sellers_country_decides_the_forms_of_its_texts() {
        let receipt = json!({"seller": {"location": {"address": {"addressCountry": "JPN"}}}});
        let forms = |reader| {
            let words = Words::new(reader, &receipt);
            (words.label_forms, words.data_forms)
        };
        assert_eq!(forms("zh-CN"), (Han::Simplified, Han::Japanese));
        assert_eq!(words("ja").data_forms, Han::Japanese);
        assert_eq!(words("fr").data_forms, Han::default());
    }

    #[test]
    fn durations_are_words() {
        for (reader, given, printed) in [
            ("en", "PT21M22S", "21 min 22 s"),
            ("en", "P1DT2H", "1 d 2 h"),
            ("de", "PT1.5H", "1,5 Std."),
            ("ja", "PT1H5M", "1時間5分"),
            ("zh", "PT5M", "5分钟"),
            ("en", "-PT5M", "-5 min"),
            ("en", "P1M", "1 mo"),
            ("en", "P", "P"),
            ("en", "PT", "PT"),
            ("en", "PTé", "PTé"),
        ] {
            assert_eq!(words(reader).duration(given), printed);
        }
    }

    #[test]
    fn countries_have_names() {
        assert_eq!(words("fr").country("DE"), "Allemagne");
        assert_eq!(words("en").country("USA"), "United States");
        assert_eq!(words("en").country("Narnia"), "Narnia");
    }
}
