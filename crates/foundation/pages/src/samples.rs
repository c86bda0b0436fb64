//! Made-up frames and pages, for tests.

use std::sync::LazyLock;

use crate::{Assets, Catalogues, ErrorKind, ErrorPage, Frame, Link, SignedIn};

pub(crate) static CATALOGUES: LazyLock<Catalogues> =
    LazyLock::new(|| Catalogues::new(&[("en", &["own = Our own\n"])]));
pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets::new(".own {}\n"));

pub(crate) fn frame() -> Frame {
    let link = |href: &'static str, text: &str| Link {
        href: href.into(),
        text: text.into(),
    };
    Frame {
        signed_in: Some(SignedIn {
            display_name: "Amara Okafor".into(),
            csrf_token: "c2FtcGxlLXRva2Vu".into(),
            nav: vec![link("/first", "First"), link("/second", "Second")],
            account: vec![link("/me", "My account")],
        }),
        ..frame_signed_out()
    }
}

pub(crate) fn frame_signed_out() -> Frame {
    Frame {
        messages: CATALOGUES.for_accept_language(Some("en-US")),
        assets: &ASSETS,
        base: String::new(),
        brand: "Bursar".into(),
        signed_in: None,
        current: None,
        footer: "Below".into(),
        footer_links: Vec::new(),
    }
}

/// For a reader who is signed in, unless that is the trouble.
pub(crate) fn error(kind: ErrorKind) -> ErrorPage {
    let frame = match kind {
        ErrorKind::SignedOut => frame_signed_out(),
        _ => frame(),
    };
    ErrorPage {
        frame,
        kind,
        correlation_id: "0b7f3f4e-5a43-4d0e-9f0c-3f8a1d2b6c55".into(),
    }
}
