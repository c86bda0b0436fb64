//! Sign-in sessions, as far as they need no storage: tokens, the cookie, forged requests.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_kernel::Rng;
use subtle::ConstantTimeEq as _;

/// A fresh secret of 256 bits as URL-safe text: for the cookie and for the forms of a session.
pub fn new_token(rng: &Rng) -> String {
    URL_SAFE_NO_PAD.encode(rng.bytes::<32>())
}

/// What is stored in place of a session's token: whoever reads the rows cannot sign in. The token
/// has 256 random bits, so a plain hash is enough.
pub fn stored(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

/// Whether a form's token is the session's, in a time that tells nothing about where they differ.
pub fn csrf_token_matches(expected: &str, given: &str) -> bool {
    !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}

/// The session cookie: out of reach of scripts, not sent with other sites' posts, for all paths.
///
/// Over HTTPS it is `Secure` and its name starts with `__Host-`, so that neither a subdomain nor
/// plain HTTP can set it. Browsers refuse that prefix without HTTPS, hence the plain name there;
/// it has the port, because cookies of one host are shared by all its ports (RFC 6265 section
/// 8.5): who signs in at one port stays signed in at the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionCookie {
    name: String,
    https: bool,
}

impl SessionCookie {
    /// For pages under `base_uri`, the address that browsers see.
    pub fn for_base_uri(base_uri: &str) -> Self {
        let scheme = base_uri.get(..8).unwrap_or_default();
        let https = scheme.eq_ignore_ascii_case("https://");
        let port = url::Url::parse(base_uri).ok().and_then(|url| url.port());
        let name = match port {
            _ if https => "__Host-session".to_owned(),
            Some(port) => format!("session-{port}"),
            None => "session".to_owned(),
        };
        Self { name, https }
    }

    /// The cookie of one of several parts of the pages that know nothing of each other's sessions.
    #[must_use]
    pub fn of(self, part: &str) -> Self {
        let name = format!("{}-{part}", self.name);
        Self { name, ..self }
    }

    /// The cookie's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The `Set-Cookie` value that signs in, kept for `lifetime` (whole seconds).
    pub fn set(&self, token: &str, lifetime: Duration) -> String {
        self.header(token, lifetime.as_secs())
    }

    /// The `Set-Cookie` value that signs out.
    pub fn clear(&self) -> String {
        self.header("", 0)
    }

    /// The token that a request carries. Two different ones are none: one of them was planted.
    pub fn token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let cookies = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let pairs = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.split_once('='));
        let mut tokens = pairs
            .filter(|(name, _)| name.trim() == self.name())
            .map(|pair| pair.1.trim());
        let token = tokens.next().filter(|token| !token.is_empty())?;
        tokens.all(|other| other == token).then_some(token)
    }

    fn header(&self, token: &str, seconds: u64) -> String {
        let secure = if self.https { "; Secure" } else { "" };
        let name = self.name();
        format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

/// Whether a form may have been posted by our own pages, as far as the browser tells.
///
/// `Sec-Fetch-Site` decides where it is sent; older browsers send `Origin`, which must be
/// `own_origin` (scheme, host and port, without a path). A client that sends neither is no browser
/// and carries no cookies by itself.
pub fn from_own_pages(headers: &HeaderMap, own_origin: &str) -> bool {
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    if let Some(site) = headers.get("sec-fetch-site").map(text) {
        // "none" is the reader's own doing, such as a reload.
        return matches!(site.as_str(), "same-origin" | "none");
    }
    headers
        .get(header::ORIGIN)
        .map(text)
        .is_none_or(|origin| origin == own_origin)
}

/// A path of ours to go to; none when it may lead elsewhere.
///
/// Browsers read `//host` and `/\host` as other hosts and skip control characters.
pub fn own_path(path: &str) -> Option<&str> {
    let ours = path.starts_with('/')
        && !path[1..].starts_with(['/', '\\'])
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    ours.then_some(path)
}

/// The sign-in page that goes on at a path of ours. Slashes stay legible: a query may have them.
pub fn sign_in_url(next: &str) -> String {
    let query = bursar_web::encode_form([("next", next)]);
    format!("/signin?{}", query.replace("%2F", "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn tokens_are_long_and_compare_exactly() {
        let token = new_token(&Rng::seeded(1));
        assert_eq!(token.len(), 43);
        assert!(csrf_token_matches(&token, &token.clone()));
        assert!(!csrf_token_matches(&token, &token[..42]));
        assert!(!csrf_token_matches(&token, &token.to_uppercase()));
        assert!(!csrf_token_matches("", ""));
    }

    #[test]
    fn the_cookie_is_strict_under_https_and_plain_on_loopback() {
        let https = SessionCookie::for_base_uri("https://www.bursar.example/");
        let loopback = SessionCookie::for_base_uri("http://127.0.0.1:8080");
        assert_eq!(
            https.set("abc", Duration::from_hours(8)),
            "__Host-session=abc; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            loopback.clear(),
            "session-8080=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
        let names = [
            "http://localhost",
            "http://localhost:8081",
            "https://a.example:8443",
        ]
        .map(|uri| SessionCookie::for_base_uri(uri).name().to_owned());
        assert_eq!(names, ["session", "session-8081", "__Host-session"]);
        assert_eq!(https.of("cafe").name(), "__Host-session-cafe");
    }

    #[test]
    fn reads_its_own_cookie_only() {
        let cookie = SessionCookie::for_base_uri("http://localhost");
        let token = |line: &str| {
            cookie
                .token(&headers(&[("cookie", line)]))
                .map(ToOwned::to_owned)
        };
        assert_eq!(token("a=1; session=xyz; b=2"), Some("xyz".into()));
        assert_eq!(token("session=xyz; session=xyz"), Some("xyz".into()));
        assert_eq!(token("session=xyz; session=abc"), None);
        assert_eq!(token("__Host-session=xyz; mysession=1"), None);
        assert_eq!(token("session-8081=xyz"), None, "of another port");
        assert_eq!(token("session="), None);
        assert_eq!(
            cookie.token(&headers(&[("cookie", "a=1"), ("cookie", "session=x")])),
            Some("x")
        );
    }

    #[test]
    fn posts_from_elsewhere_are_seen() {
        let own = |pairs: &[(&'static str, &str)]| {
            from_own_pages(&headers(pairs), "https://www.bursar.example")
        };
        assert!(own(&[]));
        assert!(own(&[("origin", "https://www.bursar.example")]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(!own(&[("origin", "https://bursar.example")]));
        assert!(!own(&[("origin", "null")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        let forged = [
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://www.bursar.example"),
        ];
        assert!(!own(&forged));
    }

    #[test]
    fn a_path_of_ours_leads_nowhere_else() {
        for ours in ["/", "/expenses/1?a=b"] {
            assert_eq!(own_path(ours), Some(ours));
        }
        for elsewhere in [
            "",
            "expenses",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "/é",
        ] {
            assert_eq!(own_path(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn sign_in_goes_on_where_it_was_asked_for() {
        assert_eq!(
            sign_in_url("/a?b=%2F&c=d"),
            "/signin?next=/a%3Fb%3D%252F%26c%3Dd"
        );
    }
}
