//! Where an app has people sent back to.

use bursar_web::encode_form;
use serde::Deserialize;

/// Longer ones are refused.
const LENGTH_MAX: usize = 2000;

/// A registered address, compared byte by byte and never changed.
///
/// Source: RFC 9700 section 2.1 (exact match), RFC 8252 section 7 (mobile apps).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct RedirectUri(String);

/// An address that nobody may be sent to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is no redirect URI: write https://host/path, http on loopback, or an app's own scheme \
     with a dot, such as com.example.app:/path; no fragment, no user name"
)]
pub struct RedirectUriError(String);

impl TryFrom<String> for RedirectUri {
    type Error = RedirectUriError;

    fn try_from(text: String) -> Result<Self, RedirectUriError> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let strange = text.contains(['"', '\'', '<', '>', '\\', '^', '`', '{', '|', '}', '#']);
        let usable = visible && !strange && text.len() <= LENGTH_MAX;
        if usable && Target::of(&text).is_some() {
            Ok(Self(text))
        } else {
            Err(RedirectUriError(text))
        }
    }
}

/// The part of an address that says who receives.
enum Target<'a> {
    /// A server: scheme and authority.
    Server(&'a str, &'a str),
    /// An app on the person's device.
    App(&'a str),
}

impl<'a> Target<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        match scheme {
            "https" | "http" => {
                let rest = rest.strip_prefix("//")?;
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                let authority = &rest[..end];
                let host = host(authority)?;
                let safe = scheme == "https" || ["127.0.0.1", "[::1]", "localhost"].contains(&host);
                safe.then_some(Self::Server(scheme, authority))
            }
            _ => is_private_scheme(scheme).then_some(Self::App(scheme)),
        }
    }
}

/// The host of an authority with at most a port beside it.
fn host(authority: &str) -> Option<&str> {
    let bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[bracket..].find(':') {
        Some(at) => (&authority[..bracket + at], &authority[bracket + at + 1..]),
        None => (authority, "0"),
    };
    let name = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    let fits = port.parse::<u16>().is_ok() && !host.is_empty() && host.chars().all(name);
    fits.then_some(host)
}

/// Source: RFC 8252 section 7.1: a domain that the app's maker owns, in reverse order.
fn is_private_scheme(scheme: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(is_scheme_byte);
    let lower = !scheme.bytes().any(|byte| byte.is_ascii_uppercase());
    lower
        && scheme.contains('.')
        && scheme.split('.').all(part)
        && scheme.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'+'
}

impl RedirectUri {
    /// As it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an app on a device receives: others may claim its scheme, so PKCE is required.
    pub(crate) fn is_of_a_device(&self) -> bool {
        matches!(Target::of(&self.0), Some(Target::App(_)))
    }

    /// Its origin as a source in a content security policy.
    pub(crate) fn source(&self) -> String {
        match Target::of(&self.0) {
            // The policy's grammar has no IPv6 addresses.
            Some(Target::Server(scheme, authority)) if !authority.starts_with('[') => {
                format!("{scheme}://{authority}")
            }
            Some(Target::Server(scheme, _) | Target::App(scheme)) => format!("{scheme}:"),
            None => "'none'".to_owned(),
        }
    }

    /// The address with more parameters.
    pub(crate) fn with<'a>(
        &self,
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> String {
        append(&self.0, parameters)
    }
}

/// Appends parameters to an address without a fragment.
pub(crate) fn append<'a>(
    uri: &str,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let joint = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{joint}{}", encode_form(parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RedirectUri, RedirectUriError> {
        text.to_owned().try_into()
    }

    #[test]
    fn takes_servers_over_tls_loopback_and_apps() {
        for (text, source) in [
            ("https://a.example/back", "https://a.example"),
            ("https://a.example", "https://a.example"),
            ("https://a.example:8443/b?c=d", "https://a.example:8443"),
            ("https://a.example?c", "https://a.example"),
            ("http://127.0.0.1:5000/b", "http://127.0.0.1:5000"),
            ("http://[::1]:5000/b", "http:"),
            ("http://localhost/b", "http://localhost"),
            ("com.example.app:/back", "com.example.app:"),
        ] {
            assert_eq!(parse(text).unwrap().source(), source, "{text}");
        }
        assert!(parse("com.example.app:/b").unwrap().is_of_a_device());
        assert!(!parse("https://a.example/b").unwrap().is_of_a_device());
    }

    #[test]
    fn refuses_what_could_lead_astray() {
        for text in [
            "",
            "/back",
            "a.example/back",
            "//a.example",
            "https:/a.example",
            "https://",
            "http://a.example/",
            "http://127.0.0.1.evil.example/",
            "http://localhost:x/",
            "https://user@a.example/",
            "https://a.example/#x",
            "https://a.example/ b",
            "https://a.example/\r\n",
            "https://a.example;script-src",
            "https://:443/",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/back",
            "Com.Example:/x",
            "file:///x",
            "com..app:/x",
            "https://é.example/",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("https://a.example/{}", "x".repeat(LENGTH_MAX))).is_err());
    }

    #[test]
    fn parameters_are_appended() {
        let with = |text| parse(text).unwrap().with([("a", "b c"), ("d", "é&")]);
        assert_eq!(
            with("https://a.example/b"),
            "https://a.example/b?a=b%20c&d=%C3%A9%26"
        );
        assert_eq!(
            with("https://a.example/b?x=1"),
            "https://a.example/b?x=1&a=b%20c&d=%C3%A9%26"
        );
        assert_eq!(
            with("https://a.example/b?"),
            "https://a.example/b?a=b%20c&d=%C3%A9%26"
        );
    }
}
