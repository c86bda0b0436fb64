//! Which addresses a platform may send a client to.

use std::fmt;
use std::sync::Arc;

use url::{Host, Url};

/// The domains of the documented data centers. Source: platform/base-uris.markdown; the e-receipts
/// recipe, "Being Geo Aware" (China).
const DOCUMENTED: [&str; 2] = ["concursolutions.com", "concurcdc.cn"];

/// Scheme, host and port of a data center, without a slash at the end.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BaseUri(Arc<str>);

impl BaseUri {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that browsers are sent to: that of a documented data center with `www-` before it.
    /// Source: the e-receipts guide, "Web Flow"; platform/base-uris.markdown.
    pub(crate) fn for_browsers(&self) -> String {
        let documented = self.0.strip_prefix("https://").filter(|host| {
            let own = DOCUMENTED.iter().any(|domain| host.ends_with(domain));
            own && !host.starts_with("www-")
        });
        documented.map_or_else(|| self.0.to_string(), |host| format!("https://www-{host}"))
    }

    /// The address of a path there.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl fmt::Display for BaseUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address that is not followed: secrets would go there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} is no address of the platform that the app is configured for")]
pub struct UntrustedError(String);

/// The rule for addresses, held against every one before a secret goes there.
///
/// Trusted are the app's own base URI and, by `https`, hosts at or below the trusted domains: those
/// that are given, and the documented ones when the base URI is in one of them. With a base URI on
/// this machine, all its ports by plain `http` are: a sandbox has its data centers there.
#[derive(Clone, Debug)]
pub struct Trust {
    home: BaseUri,
    domains: Vec<String>,
    loopback: bool,
}

impl Trust {
    /// The rule for an app at `base_uri`.
    pub fn new(base_uri: &str, domains: &[String]) -> Result<Self, UntrustedError> {
        let refused = || UntrustedError(base_uri.to_owned());
        let url = Url::parse(base_uri).map_err(|_| refused())?;
        let loopback = url.scheme() == "http" && is_loopback(&url);
        let home = origin(&url).filter(|_| loopback || url.scheme() == "https");
        let mut domains: Vec<String> = domains
            .iter()
            .map(|domain| domain.to_ascii_lowercase())
            .collect();
        let documented = DOCUMENTED.iter().filter(|domain| below(&url, domain));
        domains.extend(documented.map(|domain| (*domain).to_owned()));
        // China has a domain of its own on the same platform.
        if domains.iter().any(|domain| DOCUMENTED.contains(&&**domain)) {
            domains.extend(DOCUMENTED.map(str::to_owned));
        }
        Ok(Self {
            home: home.ok_or_else(refused)?,
            domains,
            loopback,
        })
    }

    /// The app's own base URI.
    pub fn home(&self) -> &BaseUri {
        &self.home
    }

    /// The base URI that a geolocation is, if it is trusted. A path, as of a link, is cut off.
    pub fn base_uri(&self, address: &str) -> Result<BaseUri, UntrustedError> {
        let refused = || UntrustedError(address.to_owned());
        let url = Url::parse(address).map_err(|_| refused())?;
        let base = origin(&url).ok_or_else(refused)?;
        let known = match url.scheme() {
            "https" => self.domains.iter().any(|domain| below(&url, domain)),
            "http" => self.loopback && is_loopback(&url),
            _ => false,
        };
        if known || base == self.home {
            Ok(base)
        } else {
            Err(refused())
        }
    }
}

/// None where there is a user name, which only deceives.
fn origin(url: &Url) -> Option<BaseUri> {
    let plain = url.username().is_empty() && url.password().is_none() && url.has_host();
    let origin = plain.then(|| url.origin().ascii_serialization())?;
    Some(BaseUri(origin.into()))
}

fn below(url: &Url, domain: &str) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        _ => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => host == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(home: &str, domains: &[&str], address: &str) -> Option<String> {
        let domains: Vec<String> = domains.iter().map(|&domain| domain.to_owned()).collect();
        let trust = Trust::new(home, &domains).unwrap();
        trust.base_uri(address).ok().map(|base| base.to_string())
    }

    #[test]
    fn a_documented_data_center_leads_to_the_others() {
        let us = "https://us.api.concursolutions.com";
        for (address, base) in [
            (
                "https://us2.api.concursolutions.com",
                "https://us2.api.concursolutions.com",
            ),
            (
                "https://EU2.api.concursolutions.com/",
                "https://eu2.api.concursolutions.com",
            ),
            ("https://apa1.concurcdc.cn/a?b", "https://apa1.concurcdc.cn"),
        ] {
            assert_eq!(trusted(us, &[], address).as_deref(), Some(base));
        }
        for address in [
            "http://us2.api.concursolutions.com",
            "https://evil-concursolutions.com",
            "https://concursolutions.com.evil.example",
            "https://us.api.concursolutions.com@evil.example",
            "https://me@us.api.concursolutions.com",
            "https://169.254.169.254",
            "http://127.0.0.1:8080",
            "file:///etc/passwd",
            "us2.api.concursolutions.com",
            "",
        ] {
            assert_eq!(trusted(us, &[], address), None, "{address}");
        }
    }

    #[test]
    fn other_platforms_are_their_own_host_and_what_is_configured() {
        let home = "https://us.bursar.example:8443";
        let own = trusted(home, &[], "https://us.bursar.example:8443/");
        assert_eq!(own.as_deref(), Some(home));
        assert_eq!(trusted(home, &[], "https://emea.bursar.example"), None);
        assert_eq!(
            trusted(home, &[], "https://us.api.concursolutions.com"),
            None
        );
        let sibling = trusted(home, &["Bursar.example"], "https://emea.bursar.example");
        assert_eq!(sibling.as_deref(), Some("https://emea.bursar.example"));
    }

    #[test]
    fn browsers_have_names_of_their_own() {
        let name = |base: &str| Trust::new(base, &[]).unwrap().home().for_browsers();
        let us = name("https://us.api.concursolutions.com");
        assert_eq!(us, "https://www-us.api.concursolutions.com");
        assert_eq!(name("http://localhost:8080"), "http://localhost:8080");
    }

    #[test]
    fn a_sandbox_is_on_this_machine() {
        let home = "http://127.0.0.1:8080";
        let there = trusted(home, &[], "http://127.0.0.1:8082");
        assert_eq!(there.as_deref(), Some("http://127.0.0.1:8082"));
        assert_eq!(trusted(home, &[], "http://10.0.0.1"), None);
        for bad in ["http://us.bursar.example", "ftp://x.test", "", "https://"] {
            assert!(Trust::new(bad, &[]).is_err(), "{bad}");
        }
    }
}
