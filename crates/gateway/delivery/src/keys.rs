//! The keys of merchants' own systems. Only their hashes are kept.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

/// Which key is which app's, by SHA-256. Clones share them.
#[derive(Clone, Default)]
pub struct ApiKeys(Arc<[(String, [u8; 32])]>);

/// A hash is not 64 hex digits.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no SHA-256 in hex; make one with `printf %s KEY | sha256sum`")]
pub struct ApiKeyError(String);

impl ApiKeys {
    /// From app ids and SHA-256 hashes in hex; an app may have several.
    pub fn new<'k>(
        keys: impl IntoIterator<Item = (&'k str, &'k str)>,
    ) -> Result<Self, ApiKeyError> {
        let keys = keys.into_iter().map(|(app_id, hex)| {
            let hash = from_hex(hex).ok_or_else(|| ApiKeyError(hex.to_owned()))?;
            Ok((app_id.to_owned(), hash))
        });
        keys.collect::<Result<Vec<_>, _>>()
            .map(|keys| Self(keys.into()))
    }

    /// A key's hash in hex, as the configuration has it.
    pub fn hash(key: &str) -> String {
        use fmt::Write as _;
        let hash = digest(&SHA256, key.as_bytes());
        let digits = hash.as_ref().iter();
        digits.fold(String::with_capacity(64), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes any text");
            hex
        })
    }

    /// The app of a key. Takes as long for any.
    pub fn app(&self, key: &str) -> Option<&str> {
        let hash = digest(&SHA256, key.as_bytes());
        let mut found = None;
        for (app_id, known) in self.0.iter() {
            if bool::from(known.as_slice().ct_eq(hash.as_ref())) {
                found = Some(app_id.as_str());
            }
        }
        found
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeys({})", self.0.len())
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        let digits = &text[2 * index..2 * index + 2];
        // A sign would be taken for a part of the number.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_own_apps() {
        let ours = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        let keys = ApiKeys::new([("cafe", ours), ("other", &"0".repeat(64))]).unwrap();
        assert_eq!(keys.app("secret"), Some("cafe"));
        assert_eq!(ApiKeys::hash("secret"), ours);
        assert_eq!(keys.app("Secret"), None);
        assert_eq!(keys.app(""), None);
        assert!(!format!("{keys:?}").contains("2b"));
        let signed = format!("+1{}", "0".repeat(62));
        for bad in ["", "secret", signed.as_str()] {
            assert!(ApiKeys::new([("cafe", bad)]).is_err(), "{bad}");
        }
    }
}
