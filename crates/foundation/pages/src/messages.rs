//! Texts, numbers and dates of pages, by language.

use bursar_locale::{Catalogue, FluentArgs, FluentValue, formats};
use icu_locale_core::{LanguageIdentifier, Locale, locale};

/// Language and files of each catalogue of this crate.
const LANGUAGES: [(&str, &[&str]); 1] = [(
    "en",
    &[
        include_str!("../locales/en/errors.ftl"),
        include_str!("../locales/en/frame.ftl"),
    ],
)];

/// More entries of an `Accept-Language` header are not read.
const ACCEPTED_MAX: usize = 20;

/// Every text of a program's pages, by language: its own and this crate's.
///
/// A test of the house rules holds the keys used in code and templates to the keys that the
/// catalogues have.
pub struct Catalogues(Vec<Catalogue>);

impl Catalogues {
    /// From language and files of each catalogue. The first is the fallback and has every text.
    ///
    /// Panics when a file is broken, or a key stands twice: the files are part of the program, and
    /// its tests read them.
    pub fn new(own: &[(&'static str, &[&str])]) -> Self {
        let catalogue = |(language, files): &(&'static str, &[&str])| {
            let kit = LANGUAGES.iter().find(|(kit, _)| kit == language);
            let kit = kit.map_or(&[][..], |(_, files)| files);
            Catalogue::new(language, &[kit, files].concat())
        };
        let catalogues: Vec<_> = own.iter().map(catalogue).collect();
        assert!(!catalogues.is_empty(), "pages have a language");
        Self(catalogues)
    }

    /// The best catalogue for an `Accept-Language` header, the first where none fits.
    ///
    /// The first acceptable language that has a catalogue wins, and its region decides how
    /// numbers and dates look: `en-GB` reads English texts with day before month.
    pub fn for_accept_language(&'static self, header: Option<&str>) -> Messages {
        let find = |id: LanguageIdentifier| {
            let speaks = |catalogue: &&Catalogue| id.language.as_str() == catalogue.language();
            let catalogue = self.0.iter().find(speaks)?;
            Some((catalogue, Locale::from(id.clone())))
        };
        let mut accepted = accepted_languages(header.unwrap_or_default()).into_iter();
        let (catalogue, locale) = accepted
            .find_map(find)
            .unwrap_or_else(|| (&self.0[0], locale!("en")));
        Messages {
            catalogue,
            fallback: &self.0[0],
            locale,
        }
    }
}

/// Texts, numbers and dates for one reader.
#[derive(Clone)]
pub struct Messages {
    catalogue: &'static Catalogue,
    fallback: &'static Catalogue,
    locale: Locale,
}

impl Messages {
    /// The language of the texts, for the `lang` attribute.
    pub fn language(&self) -> &'static str {
        self.catalogue.language()
    }

    /// A text without arguments.
    pub fn text(&self, key: &str) -> String {
        self.lookup(key, None)
    }

    /// A text with arguments; numbers choose the plural form.
    pub fn text_with<const N: usize>(
        &self,
        key: &str,
        args: [(&'static str, FluentValue<'_>); N],
    ) -> String {
        self.lookup(key, Some(&FluentArgs::from_iter(args)))
    }

    /// A decimal text as the reader writes numbers; see [`formats::amount`].
    pub fn amount(&self, amount_text: &str, currency_code: &str) -> String {
        formats::amount(&self.locale, amount_text, currency_code)
    }

    /// The date of an ISO 8601 text; see [`formats::date`].
    pub fn date(&self, text: &str) -> String {
        formats::date(&self.locale, text)
    }

    /// Hour, minute and offset of an ISO 8601 text; see [`formats::time`].
    pub fn time(&self, text: &str) -> Option<String> {
        formats::time(&self.locale, text)
    }

    /// Date and time to the second; see [`formats::instant`].
    pub fn instant(&self, text: &str) -> String {
        formats::instant(&self.locale, text)
    }

    /// A text that a translation lacks is the first language's; a key that nobody knows is shown
    /// itself.
    fn lookup(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let text = self
            .catalogue
            .text(key, args)
            .or_else(|| self.fallback.text(key, args));
        text.unwrap_or_else(|| key.to_owned())
    }
}

/// The languages of an `Accept-Language` header, the most wanted first.
fn accepted_languages(header: &str) -> Vec<LanguageIdentifier> {
    let entry = |entry: &str| {
        let (tag, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
        let locale = Locale::try_from_str(tag.trim()).ok()?;
        (weight > 0.0).then_some((weight, locale.id))
    };
    let mut accepted: Vec<_> = header
        .split(',')
        .take(ACCEPTED_MAX)
        .filter_map(entry)
        .collect();
    accepted.sort_by(|left, right| right.0.total_cmp(&left.0));
    accepted.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::samples::CATALOGUES;

    fn accepted(header: &str) -> Vec<String> {
        accepted_languages(header)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn negotiates_language_and_region() {
        assert_eq!(
            accepted("de;q=0.5, en-GB, *;q=0.1, fr;q=0"),
            ["en-GB", "de"]
        );
        assert_eq!(accepted("en-US-u-nu-thai"), ["en-US"]);
        let date = |header| CATALOGUES.for_accept_language(header).date("2026-02-06");
        assert_eq!(date(None), "Feb 6, 2026");
        assert_eq!(date(Some("de-DE,en-GB;q=0.7")), "6 Feb 2026");
        assert_eq!(date(Some("tlh")), "Feb 6, 2026");
    }

    #[test]
    fn texts_take_arguments_and_plurals() {
        static COUNTS: LazyLock<Catalogues> = LazyLock::new(|| {
            let file = "count = { $count ->\n [one] one page\n *[other] { $count } pages\n }\n";
            Catalogues::new(&[("en", &[file])])
        });
        let messages = COUNTS.for_accept_language(None);
        let count = |n: usize| messages.text_with("count", [("count", n.into())]);
        assert_eq!(count(1), "one page");
        assert_eq!(count(3), "3 pages");
        assert_eq!(messages.text("no-such-key"), "no-such-key");
    }

    #[test]
    fn a_programs_own_texts_stand_beside_those_of_all_pages() {
        static TWO: LazyLock<Catalogues> = LazyLock::new(|| {
            let english = "own = Our own\nother = Another\n";
            Catalogues::new(&[("en", &[english]), ("de", &["own = Eigenes\n"])])
        });
        let texts = |header| {
            let messages = TWO.for_accept_language(Some(header));
            ["own", "other", "frame-skip"].map(|key| messages.text(key))
        };
        assert_eq!(texts("en"), ["Our own", "Another", "Skip to the content"]);
        assert_eq!(texts("de"), ["Eigenes", "Another", "Skip to the content"]);
    }

    proptest! {
        #[test]
        fn any_header_finds_a_language(header in ".{0,80}") {
            let messages = CATALOGUES.for_accept_language(Some(&header));
            prop_assert_eq!(messages.language(), "en");
        }
    }
}
