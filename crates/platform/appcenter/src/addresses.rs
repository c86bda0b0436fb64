//! Addresses that partners give.

use std::net::{Ipv4Addr, Ipv6Addr};

use bursar_oauth::RedirectUri;
use url::{Host, Url};

use crate::fields::{Fault, Urls};

/// Our own limits: characters of an address, and redirect URIs of an app. Choice.
const URL_MAX: usize = 2000;
const REDIRECT_URIS_MAX: usize = 20;
/// So much of a faulty line is shown again.
const SHOWN_MAX: usize = 80;

/// Redirect URIs, one a line, kept to the letter.
///
/// Source: authentication/oauth2-app-mgmt-tool.md ("Redirect URIs"); RFC 9700 section 2.1.
pub(crate) fn redirect_uris(text: &str) -> Result<Vec<RedirectUri>, Fault> {
    let mut uris = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if uris.len() == REDIRECT_URIS_MAX {
            return Err(Fault::TooLong(REDIRECT_URIS_MAX));
        }
        let uri = RedirectUri::try_from(line.to_owned());
        let uri = uri.map_err(|_| Fault::NotARedirectUri(shown(line)))?;
        if uris.contains(&uri) {
            return Err(Fault::Repeated(shown(line)));
        }
        uris.push(uri);
    }
    Ok(uris)
}

fn shown(line: &str) -> String {
    let seen = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = line.chars().take(SHOWN_MAX).map(seen).collect();
    if line.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// An address that a browser is sent to, or that stands in a link.
pub(crate) fn address(text: &str, urls: Urls) -> Result<Url, Fault> {
    if text.chars().count() > URL_MAX {
        return Err(Fault::TooLong(URL_MAX));
    }
    // The parser would drop some of these, and show another address than was typed.
    if text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
    {
        return Err(Fault::NotAnAddress);
    }
    let url = Url::parse(text).map_err(|_| Fault::NotAnAddress)?;
    let here = urls == Urls::HttpsOrLoopback && url.scheme() == "http" && is_loopback(&url);
    if url.scheme() != "https" && !here {
        return Err(Fault::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Fault::NotPlain);
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_and_plain() {
        for (text, fault) in [
            ("bluebird.example", Fault::NotAnAddress),
            ("https://", Fault::NotAnAddress),
            ("https://a b.example", Fault::NotAnAddress),
            ("https://a.example\\b", Fault::NotAnAddress),
            ("http://bluebird.example", Fault::NotHttps),
            ("javascript:alert(1)", Fault::NotHttps),
            ("data:text/html,x", Fault::NotHttps),
            ("http://127.0.0.1:9/", Fault::NotHttps),
            ("https://me@bluebird.example", Fault::NotPlain),
            ("https://bluebird.example/#there", Fault::NotPlain),
        ] {
            assert_eq!(address(text, Urls::Https), Err(fault), "{text}");
        }
        let long = format!("https://bluebird.example/{}", "a".repeat(URL_MAX));
        assert_eq!(address(&long, Urls::Https), Err(Fault::TooLong(URL_MAX)));
    }

    #[test]
    fn a_sandbox_takes_this_machine_and_no_other() {
        for text in [
            "http://127.0.0.1:9/c",
            "http://localhost:9/",
            "http://[::1]:9/",
        ] {
            assert!(address(text, Urls::HttpsOrLoopback).is_ok(), "{text}");
        }
        for text in [
            "http://10.0.0.1/",
            "http://localhost.evil.example/",
            "ftp://127.0.0.1/",
        ] {
            assert!(address(text, Urls::HttpsOrLoopback).is_err(), "{text}");
        }
    }

    #[test]
    fn redirect_uris_stand_one_a_line_and_once() {
        let read = |text: &str| {
            let uris = redirect_uris(text)?;
            Ok(uris
                .iter()
                .map(|uri| uri.as_str().to_owned())
                .collect::<Vec<_>>())
        };
        let text = "https://b.example/Back?x=1\r\n\r\n  com.example.app:/back\nhttp://127.0.0.1/";
        let all = [
            "https://b.example/Back?x=1",
            "com.example.app:/back",
            "http://127.0.0.1/",
        ];
        assert_eq!(read(text), Ok(all.map(ToOwned::to_owned).into()));
        assert_eq!(read(""), Ok(Vec::new()));
        for line in [
            "/back",
            "https://a.example/#x",
            "https://u@a.example/",
            "http://a.example/",
        ] {
            let text = format!("https://b.example/\n{line}");
            assert_eq!(read(&text), Err(Fault::NotARedirectUri(line.to_owned())));
        }
        let twice = "https://b.example/\nhttps://b.example/";
        assert_eq!(
            read(twice),
            Err(Fault::Repeated("https://b.example/".to_owned()))
        );
        assert_eq!(
            read("https://b.example/\nhttps://b.example/B").map(|all| all.len()),
            Ok(2)
        );
        let many: Vec<_> = (0..21).map(|n| format!("https://b.example/{n}")).collect();
        assert_eq!(read(&many.join("\n")), Err(Fault::TooLong(20)));
        let Err(Fault::NotARedirectUri(shown)) = read(&"é".repeat(3000)) else {
            panic!("it is no address");
        };
        assert_eq!(shown.chars().count(), SHOWN_MAX + 1);
    }
}
