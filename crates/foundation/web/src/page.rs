//! Header fields of pages.

use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};

/// Everything from the page's own address, nothing inline, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
    base-uri 'none'";

/// `same-origin`, because with `no-referrer` browsers hide the origin of forms, which the
/// protection against forged requests looks at.
const FIELDS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Gives a page its security header fields; one that the handler set itself stays.
///
/// For `router.layer(axum::middleware::map_response(page_headers))`.
pub async fn page_headers(mut response: Response) -> Response {
    for (name, value) in FIELDS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;
    use futures_util::FutureExt as _;

    #[test]
    fn adds_what_the_handler_did_not_set() {
        let page = ([(CACHE_CONTROL, "max-age=60")], "hello").into_response();
        let page = page_headers(page).now_or_never().unwrap();
        let field = |name: HeaderName| page.headers()[name].to_str().unwrap();
        assert_eq!(field(CACHE_CONTROL), "max-age=60");
        assert_eq!(field(X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert!(field(CONTENT_SECURITY_POLICY).starts_with("default-src 'none'; script-src"));
    }
}
