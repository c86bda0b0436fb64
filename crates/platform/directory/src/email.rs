//! Mail addresses as they are compared.

/// An address in lower case, by one rule wherever addresses are compared: an engine's own may know
/// ASCII only, and who counts by one rule and finds by another can be made to count wrongly.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailKey(String);

impl EmailKey {
    /// The key of an address.
    pub fn of(address: &str) -> Self {
        Self(address.to_lowercase())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last `@`; empty when there is none.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_in_any_script() {
        let key = EmailKey::of("Émile@Éa.Example");
        assert_eq!(
            (key.as_str(), key.domain()),
            ("émile@éa.example", "éa.example")
        );
        assert_eq!(EmailKey::of("nobody").domain(), "");
        assert_eq!(EmailKey::of("\"a@b\"@c.test").domain(), "c.test");
    }
}
