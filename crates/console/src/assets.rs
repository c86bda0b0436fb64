//! Style sheet and icon, compiled in and served under names that change with their content.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// The one style sheet.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "console",
        "css",
        "text/css; charset=utf-8",
        include_bytes!("../assets/console.css"),
    )
});

/// The icon that browsers show in tabs.
pub static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "icon",
        "svg",
        "image/svg+xml",
        include_bytes!("../assets/icon.svg"),
    )
});

/// A file that pages refer to.
pub struct Asset {
    /// Where it is served: `/assets/<name>.<hash>.<ext>`.
    pub path: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

impl Asset {
    fn new(name: &str, ext: &str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let mut path = format!("/assets/{name}.");
        write!(path, "{:016x}.{ext}", fnv1a(bytes)).expect("text takes text");
        Self {
            path,
            content_type,
            bytes,
        }
    }
}

/// Serves every asset; a name with another hash is not found.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{file}", get(serve))
}

async fn serve(Path(file): Path<String>) -> Response {
    let wanted = |asset: &&&Asset| asset.path.strip_prefix("/assets/") == Some(file.as_str());
    match [&*STYLE, &*ICON].iter().find(wanted) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
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

    async fn answer(path: &str) -> Response {
        serve(Path(path.strip_prefix("/assets/").unwrap().to_owned())).await
    }

    #[test]
    fn hashes_as_published() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[tokio::test]
    async fn serves_the_current_version_for_ever_and_no_other() {
        let style = answer(&STYLE.path).await;
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
        assert_eq!(
            answer("/assets/console.0000000000000000.css")
                .await
                .status(),
            404
        );
    }

    #[test]
    fn the_style_sheet_fetches_nothing() {
        let style = std::str::from_utf8(STYLE.bytes).unwrap();
        assert!(!style.contains("url(") && !style.contains("@import"));
    }
}
