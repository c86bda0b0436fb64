//! A page as an HTTP answer.

use askama::Template;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Pages load their own style sheet and pictures, post forms to their own origin, run no script
/// and stand in no frame.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every page carries. Pages are personal, so nobody stores them. The referrer stays within
/// the origin; under `no-referrer` browsers would post forms with `Origin: null`.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::VARY, "accept-language"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Renders a page. A template that fails is a bug: logged, and answered 500 without a body.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, HEADERS, html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page was not rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Renders a page whose form is answered by a redirect to `target`: browsers hold that redirect to
/// the policy for forms too.
pub fn page_leading_to(target: &str, template: &impl Template) -> Response {
    let mut answer = page(StatusCode::OK, template);
    let policy = CONTENT_SECURITY_POLICY.replace(
        "form-action 'self'",
        &format!("form-action 'self' {target}"),
    );
    if let Ok(policy) = policy.parse() {
        answer
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, samples};

    #[test]
    fn a_page_carries_its_headers() {
        let answer = page(StatusCode::OK, &samples::error(ErrorKind::NotFound));
        assert_eq!(answer.status(), StatusCode::OK);
        let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header(header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        assert!(header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'; style"));
    }

    #[test]
    fn one_page_may_lead_elsewhere() {
        let answer = page_leading_to("https:", &samples::error(ErrorKind::NotFound));
        assert_eq!(answer.status(), StatusCode::OK);
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str();
        let policy = policy.unwrap();
        assert!(
            policy.contains("; form-action 'self' https:; base-uri"),
            "{policy}"
        );
    }
}
