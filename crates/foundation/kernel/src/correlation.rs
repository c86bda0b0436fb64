//! The id that follows a call through logs, jobs and answers.

use std::fmt;
use std::sync::Arc;

use crate::Rng;

/// The value of `concur-correlationid`: the caller's, if it sent a usable one, else a new UUID.
///
/// Source: platform/correlation-id.markdown. The documented form is a UUID; the documented
/// examples also show 32 hex digits and an app's name, so any short printable text is echoed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    /// The header that carries it, on requests and on every answer.
    pub const HEADER: &'static str = "concur-correlationid";
    /// Longer values are replaced, so that a header cannot flood logs and rows.
    pub const LEN_MAX: usize = 128;

    /// A new one: a random UUID.
    pub fn new(rng: &Rng) -> Self {
        Self(rng.uuid().to_string().into())
    }

    /// Takes a caller's value: 1 to [`Self::LEN_MAX`] visible ASCII characters.
    pub fn from_caller(text: &str) -> Option<Self> {
        let usable = !text.is_empty()
            && text.len() <= Self::LEN_MAX
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        usable.then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echoes_what_is_short_and_printable() {
        for text in [
            "c559ab367ff8436d1d0c4ffe917664a3",
            "nameofapp",
            &"x".repeat(128),
        ] {
            assert_eq!(CorrelationId::from_caller(text).unwrap().as_str(), text);
        }
        for text in ["", "a b", "a\n", "é", &"x".repeat(129)] {
            assert_eq!(CorrelationId::from_caller(text), None);
        }
        assert_eq!(CorrelationId::new(&Rng::seeded(1)).as_str().len(), 36);
    }
}
