//! The texts of the pages, by language.

use std::sync::LazyLock;

use bursar_pages::Catalogues;

/// Language and files of each catalogue. The first is the fallback and has every text.
const LANGUAGES: [(&str, &[&str]); 1] = [(
    "en",
    &[
        include_str!("../locales/en/calls.ftl"),
        include_str!("../locales/en/connections.ftl"),
        include_str!("../locales/en/items.ftl"),
        include_str!("../locales/en/overview.ftl"),
        include_str!("../locales/en/signin.ftl"),
        include_str!("../locales/en/words.ftl"),
    ],
)];

pub(crate) static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues::new(&LANGUAGES));
