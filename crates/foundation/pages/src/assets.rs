//! Style sheet and icon, compiled in and served under names that change with their content.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// The files that a program's pages refer to.
pub struct Assets {
    base: &'static str,
    /// The one style sheet.
    pub style: Asset,
    /// The icon that browsers show in tabs.
    pub icon: Asset,
}

/// A file that pages refer to.
pub struct Asset {
    /// Where it is served: `/assets/<name>.<hash>.<ext>`, below the pages' path.
    pub path: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Assets {
    /// The style sheet of all pages with the rules of a program's own behind it, and the icon.
    pub fn new(own_style: &str) -> Self {
        Self::below("", own_style)
    }

    /// The same for pages below a path, beside others: `/console`.
    pub fn below(base: &'static str, own_style: &str) -> Self {
        let style = [include_str!("../assets/style.css"), own_style].concat();
        let icon = include_bytes!("../assets/icon.svg").to_vec();
        let css = "text/css; charset=utf-8";
        Self {
            base,
            style: Asset::new(base, "style.css", css, style.into()),
            icon: Asset::new(base, "icon.svg", "image/svg+xml", icon),
        }
    }

    /// Serves every asset; a name with another hash is not found.
    pub fn routes<S: Clone + Send + Sync + 'static>(&'static self) -> Router<S> {
        let serve = move |Path(file): Path<String>| std::future::ready(self.answer(&file));
        Router::new().route(&format!("{}/assets/{{file}}", self.base), get(serve))
    }

    fn answer(&'static self, file: &str) -> Response {
        let wanted = |asset: &&Asset| asset.path.rsplit('/').next() == Some(file);
        match [&self.style, &self.icon].into_iter().find(wanted) {
            Some(asset) => {
                let headers = [
                    (header::CONTENT_TYPE, asset.content_type),
                    (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                ];
                (headers, asset.bytes.as_slice()).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

impl Asset {
    fn new(base: &str, file: &str, content_type: &'static str, bytes: Vec<u8>) -> Self {
        let (name, ext) = file.split_once('.').unwrap_or((file, ""));
        Self {
            path: format!("{base}/assets/{name}.{:016x}.{ext}", fnv1a(&bytes)),
            content_type,
            bytes,
        }
    }
}

/// FNV-1a, 64 bits: tells two versions of a file apart, which is all that a name needs.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::ASSETS;

    fn answer(path: &str) -> Response {
        ASSETS.answer(path.strip_prefix("/assets/").unwrap())
    }

    #[test]
    fn hashes_as_published() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn serves_the_current_version_for_ever_and_no_other() {
        let style = answer(&ASSETS.style.path);
        assert_eq!(style.status(), StatusCode::OK);
        assert_eq!(
            style.headers()[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );
        assert!(
            style.headers()[header::CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        assert_eq!(answer("/assets/style.0000000000000000.css").status(), 404);
        assert_eq!(answer(&ASSETS.icon.path).status(), 200);
    }

    #[test]
    fn a_programs_own_rules_come_last_and_change_the_name() {
        assert!(ASSETS.style.bytes.ends_with(b"}\n.own {}\n"));
        assert_ne!(ASSETS.style.path, Assets::new("").style.path);
        let below = Assets::below("/console", "").style.path;
        assert_eq!(below, format!("/console{}", Assets::new("").style.path));
    }

    #[test]
    fn the_style_sheet_fetches_nothing() {
        let style = std::str::from_utf8(&ASSETS.style.bytes).unwrap();
        assert!(!style.contains("url(") && !style.contains("@import"));
    }
}
