//! Who may enter: names and hashes of passwords, from the configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

/// The operators. Clones share them.
#[derive(Clone, Default)]
pub struct Operators(Arc<BTreeMap<String, String>>);

impl Operators {
    /// From names and hashes in PHC form.
    pub fn new(operators: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(Arc::new(operators.into_iter().collect()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The hash of an operator's password.
    pub(crate) fn hash(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What a session keeps of the password: with another one it is over.
    pub(crate) fn credential(&self, name: &str) -> Option<Vec<u8>> {
        let hash = self.hash(name)?;
        Some(digest(&SHA256, hash.as_bytes()).as_ref().to_vec())
    }
}

impl fmt::Debug for Operators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_password_is_another_credential() {
        let of = |hash: &str| Operators::new([("ana".to_owned(), hash.to_owned())]);
        let (one, other) = (of("$a"), of("$b"));
        assert_ne!(one.credential("ana"), other.credential("ana"));
        assert_eq!(one.credential("bo"), None);
        assert_eq!(format!("{one:?}"), "{\"ana\"}");
    }
}
