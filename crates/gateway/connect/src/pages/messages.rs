//! The texts of the pages, by language.

use std::sync::LazyLock;

use bursar_pages::Catalogues;

/// Language and files of each catalogue. The first is the fallback and has every text.
const LANGUAGES: [(&str, &[&str]); 1] = [(
    "en",
    &[
        include_str!("../../locales/en/account.ftl"),
        include_str!("../../locales/en/code.ftl"),
        include_str!("../../locales/en/connect.ftl"),
        include_str!("../../locales/en/refused.ftl"),
        include_str!("../../locales/en/signin.ftl"),
        include_str!("../../locales/en/warning.ftl"),
    ],
)];

pub(super) static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues::new(&LANGUAGES));
