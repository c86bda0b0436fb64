//! Where the platform is reached.

use std::net::SocketAddr;

use bursar_web::{DataCenter, DataCenterError};
use serde::Deserialize;

/// A data center: the base URI tells it, and a listener serves it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DataCenterConfig {
    /// `us`, `emea`, …; companies name it as their home.
    pub id: String,
    /// Where partners reach it. Default, on loopback only: the listener's own address.
    pub base_uri: Option<String>,
    /// Where people reach its pages. Default: the base URI with `www-` before its host name, or
    /// the base URI itself on loopback.
    pub www_uri: Option<String>,
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
}

impl DataCenterConfig {
    /// The data center that is meant, once its listener's address is known.
    pub(crate) fn at(&self, address: SocketAddr) -> Result<DataCenter, DataCenterError> {
        let base_uri = self
            .base_uri
            .clone()
            .unwrap_or_else(|| format!("http://{address}"));
        let www_uri = self.www_uri.clone().unwrap_or_else(|| www(&base_uri));
        DataCenter::new(&self.id, &base_uri, &www_uri)
    }

    /// Whether its address is known before it listens.
    pub(super) fn is_placed(&self) -> bool {
        self.base_uri.is_some() || self.listen.port() != 0
    }
}

/// The address of the pages: `www-` before the host name, or the same on a bare address.
/// Source: authentication/apidoc.markdown, "Authorization grant".
fn www(base_uri: &str) -> String {
    match base_uri.split_once("://") {
        Some((scheme, host)) if host.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            if host.starts_with("localhost") {
                base_uri.to_owned()
            } else {
                format!("{scheme}://www-{host}")
            }
        }
        _ => base_uri.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::www;

    #[test]
    fn pages_live_on_the_www_name() {
        assert_eq!(
            www("https://us.spend.example"),
            "https://www-us.spend.example"
        );
        assert_eq!(www("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(www("http://localhost:8080"), "http://localhost:8080");
    }
}
