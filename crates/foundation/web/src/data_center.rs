//! Data centers and the absolute URLs that lead to them.

use http::Uri;

/// One data center: its name and the addresses that callers know it by.
///
/// Every absolute URL that leaves the platform is built here from the configured addresses, never
/// from a request's `Host`, which the caller chooses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataCenter {
    id: String,
    base_uri: String,
    www_uri: String,
}

/// A data center that cannot be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DataCenterError {
    /// The name is not fit for a log line, a row and a key.
    #[error("data center id {0:?}: use 1 to 16 lower-case letters, digits and dashes")]
    Id(String),
    /// The address is not a bare origin.
    #[error("data center address {0:?}: write it as https://host or http://host:port")]
    Uri(String),
}

impl DataCenter {
    /// A data center from its configuration: id (`us`), API address (`https://us.example.org`)
    /// and the address of its pages. A trailing slash is dropped.
    pub fn new(id: &str, base_uri: &str, www_uri: &str) -> Result<Self, DataCenterError> {
        let usable = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=16).contains(&id.len()) || !id.bytes().all(usable) {
            return Err(DataCenterError::Id(id.to_owned()));
        }
        Ok(Self {
            id: id.to_owned(),
            base_uri: origin(base_uri)?,
            www_uri: origin(www_uri)?,
        })
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The address of its APIs, without a trailing slash: the `geolocation` of its tokens.
    pub fn base_uri(&self) -> &str {
        &self.base_uri
    }

    /// The address of its pages, without a trailing slash.
    pub fn www_uri(&self) -> &str {
        &self.www_uri
    }

    /// The absolute URL of an API's `path`, which begins with a slash and is already encoded.
    pub fn api_url(&self, path: &str) -> String {
        join(&self.base_uri, path)
    }

    /// The absolute URL of a page's `path`, which begins with a slash and is already encoded.
    pub fn www_url(&self, path: &str) -> String {
        join(&self.www_uri, path)
    }
}

fn join(origin: &str, path: &str) -> String {
    debug_assert!(
        path.starts_with('/'),
        "{path:?} does not begin with a slash"
    );
    format!("{origin}{path}")
}

fn origin(text: &str) -> Result<String, DataCenterError> {
    let refused = || DataCenterError::Uri(text.to_owned());
    let trimmed = text.strip_suffix('/').unwrap_or(text);
    let uri: Uri = trimmed.parse().map_err(|_| refused())?;
    let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(refused());
    };
    // Compared whole: a path, a query, a fragment or a second slash does not survive.
    let scheme = uri.scheme_str().unwrap_or_default();
    let bare = format!("{scheme}://{authority}");
    let plain = bare == trimmed && !authority.host().is_empty() && !bare.contains('@');
    plain.then_some(bare).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_urls_from_the_configured_addresses() {
        let us = DataCenter::new("us", "http://127.0.0.1:7001/", "https://www-us.test").unwrap();
        assert_eq!(us.base_uri(), "http://127.0.0.1:7001");
        assert_eq!(
            us.api_url("/receipts/v4/1"),
            "http://127.0.0.1:7001/receipts/v4/1"
        );
        assert_eq!(us.www_url("/"), "https://www-us.test/");
    }

    #[test]
    fn refuses_what_is_not_a_bare_origin() {
        for uri in [
            "",
            "/",
            "us.test",
            "ftp://us.test",
            "https://",
            "https://us.test/api",
            "https://us.test//",
            "https://us.test?x",
            "https://us.test#x",
            "https://a@us.test",
            "https://us .test",
            "https://:80",
        ] {
            let refused = DataCenter::new("us", uri, "https://www-us.test");
            assert_eq!(refused, Err(DataCenterError::Uri(uri.to_owned())), "{uri}");
        }
        for id in ["", "US", "u s", "a-name-that-is-long"] {
            assert!(
                DataCenter::new(id, "https://us.test", "https://us.test").is_err(),
                "{id}"
            );
        }
    }
}
