//! The texts of the pages, by language.
//!
//! A language is a folder under `locales/` and a line in `LANGUAGES`.

use std::sync::LazyLock;

use bursar_pages::Catalogues;

/// Language and files of each catalogue. The first is the fallback and has every text.
const LANGUAGES: [(&str, &[&str]); 1] = [(
    "en",
    &[
        include_str!("../locales/en/admin.ftl"),
        include_str!("../locales/en/approvals.ftl"),
        include_str!("../locales/en/apps.ftl"),
        include_str!("../locales/en/audit.ftl"),
        include_str!("../locales/en/authorize.ftl"),
        include_str!("../locales/en/expenses.ftl"),
        include_str!("../locales/en/frame.ftl"),
        include_str!("../locales/en/letters.ftl"),
        include_str!("../locales/en/mailbox.ftl"),
        include_str!("../locales/en/partner.ftl"),
        include_str!("../locales/en/signin.ftl"),
    ],
)];

pub(crate) static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| Catalogues::new(&LANGUAGES));
