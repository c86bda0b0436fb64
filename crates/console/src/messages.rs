//! The message catalogue: every text of every page, by language.
//!
//! A language is a folder under `locales/` and a line in `LANGUAGES`. A test holds the keys
//! used in code and templates to the keys that each catalogue has.

use std::sync::LazyLock;

use bursar_locale::{Catalogue, FluentArgs};
use icu_locale_core::{LanguageIdentifier, Locale, locale};

use crate::formats;

pub use bursar_locale::FluentValue;

/// Language and files of each catalogue. The first is the fallback and has every text.
const LANGUAGES: [(&str, &[&str]); 1] = [(
    "en",
    &[
        include_str!("../locales/en/admin.ftl"),
        include_str!("../locales/en/approvals.ftl"),
        include_str!("../locales/en/apps.ftl"),
        include_str!("../locales/en/audit.ftl"),
        include_str!("../locales/en/authorize.ftl"),
        include_str!("../locales/en/errors.ftl"),
        include_str!("../locales/en/expenses.ftl"),
        include_str!("../locales/en/frame.ftl"),
        include_str!("../locales/en/letters.ftl"),
        include_str!("../locales/en/mailbox.ftl"),
        include_str!("../locales/en/partner.ftl"),
        include_str!("../locales/en/signin.ftl"),
    ],
)];

/// More entries of an `Accept-Language` header are not read.
const ACCEPTED_MAX: usize = 20;

static CATALOGUES: LazyLock<Vec<Catalogue>> = LazyLock::new(|| {
    LANGUAGES
        .iter()
        .map(|(language, files)| Catalogue::new(language, files))
        .collect()
});

/// Texts, numbers and dates for one reader.
#[derive(Clone)]
pub struct Messages {
    catalogue: &'static Catalogue,
    locale: Locale,
}

impl Messages {
    /// The best catalogue for an `Accept-Language` header, English where none fits.
    ///
    /// The first acceptable language that has a catalogue wins, and its region decides how
    /// numbers and dates look: `en-GB` reads English texts with day before month.
    pub fn for_accept_language(header: Option<&str>) -> Self {
        let find = |id: LanguageIdentifier| {
            let speaks = |catalogue: &&Catalogue| id.language.as_str() == catalogue.language();
            CATALOGUES
                .iter()
                .find(speaks)
                .map(|catalogue| (catalogue, Locale::from(id.clone())))
        };
        let mut accepted = accepted_languages(header.unwrap_or_default()).into_iter();
        let (catalogue, locale) = accepted
            .find_map(find)
            .unwrap_or_else(|| (&CATALOGUES[0], locale!("en")));
        Self { catalogue, locale }
    }

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

    /// A text that a translation lacks is English; a key that nobody knows is shown itself.
    fn lookup(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let text = self
            .catalogue
            .text(key, args)
            .or_else(|| CATALOGUES[0].text(key, args));
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
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

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
        let date = |header| Messages::for_accept_language(header).date("2026-02-06");
        assert_eq!(date(None), "Feb 6, 2026");
        assert_eq!(date(Some("de-DE,en-GB;q=0.7")), "6 Feb 2026");
        assert_eq!(date(Some("tlh")), "Feb 6, 2026");
    }

    #[test]
    fn texts_take_arguments_and_plurals() {
        let messages = Messages::for_accept_language(None);
        let count = |n: usize| messages.text_with("expenses-count", [("count", n.into())]);
        assert_eq!(count(1), "1 expense");
        assert_eq!(count(3), "3 expenses");
        assert_eq!(messages.text("no-such-key"), "no-such-key");
    }

    proptest! {
        #[test]
        fn any_header_finds_a_language(header in ".{0,80}") {
            prop_assert_eq!(Messages::for_accept_language(Some(&header)).language(), "en");
        }
    }

    fn files_under(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| {
                if path.is_dir() {
                    files_under(&path)
                } else {
                    vec![path]
                }
            })
            .collect()
    }

    /// The keys in `text("key"` and `text_with("key"`, before the tests of a file.
    fn keys_in(source: &str) -> BTreeSet<String> {
        let product = source.split("#[cfg(test)]").next().unwrap();
        let uses = [".text(", ".text_with("]
            .iter()
            .flat_map(|call| product.split(call).skip(1));
        uses.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .map(ToOwned::to_owned)
            .collect()
    }

    fn keys_of(catalogue: &str) -> BTreeSet<String> {
        let key = |line: &str| {
            let (key, _) = line.split_once(" =")?;
            key.starts_with(|c: char| c.is_ascii_lowercase())
                .then(|| key.to_owned())
        };
        catalogue.lines().filter_map(key).collect()
    }

    #[test]
    fn keys_used_are_exactly_the_keys_there_are() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = ["src", "templates"].map(|folder| files_under(&root.join(folder)));
        let used: BTreeSet<String> = sources
            .iter()
            .flatten()
            .flat_map(|path| keys_in(&fs::read_to_string(path).unwrap()))
            .collect();
        for (language, files) in LANGUAGES {
            let there: BTreeSet<String> = files.iter().flat_map(|file| keys_of(file)).collect();
            let missing: Vec<_> = used.difference(&there).collect();
            let unused: Vec<_> = there.difference(&used).collect();
            assert!(missing.is_empty(), "{language} lacks {missing:?}");
            assert!(unused.is_empty(), "{language} has unused {unused:?}");
        }
    }

    #[test]
    fn every_file_is_part_of_a_catalogue() {
        let files = files_under(&Path::new(env!("CARGO_MANIFEST_DIR")).join("locales"));
        let on_disk: BTreeSet<String> = files
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        let listed = LANGUAGES.iter().flat_map(|(_, files)| files.iter());
        assert_eq!(on_disk, listed.map(|file| (*file).to_owned()).collect());
    }
}
