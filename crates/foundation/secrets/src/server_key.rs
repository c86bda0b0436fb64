//! The one key of an installation, and what is derived from it.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use bursar_kernel::Rng;
use zeroize::Zeroizing;

use crate::cipher::{Cipher, root};
use crate::file::{self, FileFault};
use crate::hex;

/// A keyed hash, as rows keep it.
pub type Hash = [u8; 32];

/// What a keyed hash is of. Each has hashes of its own, so that none passes for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(&'static str);

impl Label {
    /// For one kind of secret. It must have no NUL, for that ends it: no label with a text behind
    /// it is another label with another text.
    pub const fn new(name: &'static str) -> Self {
        let mut at = 0;
        while at < name.len() {
            assert!(name.as_bytes()[at] != 0, "a label has no NUL");
            at += 1;
        }
        Self(name)
    }
}

/// 32 random bytes that hash and seal every secret at rest.
///
/// Who has the database without this key can neither use nor guess a token. Losing it makes all
/// tokens and signing keys useless: back it up, apart from the database.
pub struct ServerKey {
    hashing: hmac::Key,
    sealing: Cipher,
}

const HASHING: &[&[u8]] = &[b"hashing"];
const SEALING: &[&[u8]] = &[b"sealing"];
const PROOF: Label = Label::new("proof");

/// Why there is no server key.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeyError {
    /// The file cannot be read or written.
    #[error("the server key {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than its owner may read the file.
    #[error("the server key {path} can be read by others; run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// It is not 64 hexadecimal digits.
    #[error("the server key is not 64 hexadecimal digits; restore it from its backup")]
    Malformed,
    /// The cipher refused.
    #[error("the server key cannot be used")]
    Cipher,
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey")
    }
}

impl ServerKey {
    /// Reads the key from `path`; at the first start makes one there, readable by its owner only
    /// and synced, so that nothing is ever sealed under a key that a crash can lose.
    pub fn load_or_create(path: &Path, rng: &Rng) -> Result<Self, ServerKeyError> {
        let text = file::read_or_create(path, rng).map_err(|fault| {
            let path = path.to_owned();
            match fault {
                FileFault::Io(source) => ServerKeyError::File { path, source },
                FileFault::Exposed => ServerKeyError::Exposed { path },
            }
        })?;
        Self::from_hex(text.trim_end())
    }

    /// From 64 hexadecimal digits, as the file and the environment hold it.
    pub fn from_hex(text: &str) -> Result<Self, ServerKeyError> {
        let bytes = hex::read(text).ok_or(ServerKeyError::Malformed)?;
        let cipher = |_| ServerKeyError::Cipher;
        let root = root(&bytes);
        let hashing = root.expand(HASHING, hmac::HMAC_SHA256).map_err(cipher)?;
        Ok(Self {
            hashing: hashing.into(),
            sealing: Cipher::derive(&root, SEALING).map_err(cipher)?,
        })
    }

    /// The keyed hash of a secret.
    pub fn hash(&self, what: impl Into<Label>, secret: impl AsRef<[u8]>) -> Hash {
        let mut context = hmac::Context::with_key(&self.hashing);
        context.update(what.into().0.as_bytes());
        context.update(b"\0");
        context.update(secret.as_ref());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }

    /// What only this key answers; rows keep it to recognise the key.
    pub fn proof(&self) -> Hash {
        self.hash(PROOF, "")
    }

    /// Encrypts `plain`; only the same `row` opens it.
    pub fn seal(&self, row: &str, plain: &[u8]) -> Result<Vec<u8>, ServerKeyError> {
        let sealed = self.sealing.seal(row, plain);
        sealed.map_err(|_| ServerKeyError::Cipher)
    }

    /// Decrypts what [`ServerKey::seal`] made for the same `row`.
    pub fn open(&self, row: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, ServerKeyError> {
        let plain = self.sealing.open(row, sealed);
        plain.map_err(|_| ServerKeyError::Cipher)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Label = Label::new("token");
    const CODE: Label = Label::new("code");

    /// The key of one byte, 32 times.
    fn key(digits: &str) -> ServerKey {
        ServerKey::from_hex(&digits.repeat(32)).unwrap()
    }

    fn digits(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::new(), |mut digits, byte| {
            write!(digits, "{byte:02x}").unwrap();
            digits
        })
    }

    #[test]
    fn makes_a_private_file_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let first = ServerKey::load_or_create(&path, &Rng::seeded(1)).unwrap();
        let second = ServerKey::load_or_create(&path, &Rng::seeded(2)).unwrap();
        assert_eq!(first.proof(), second.proof());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let open = std::fs::Permissions::from_mode(0o640);
            std::fs::set_permissions(&path, open).unwrap();
            let refused = ServerKey::load_or_create(&path, &Rng::seeded(2));
            assert!(matches!(refused, Err(ServerKeyError::Exposed { .. })));
        }
    }

    #[test]
    fn refuses_what_is_no_key() {
        for text in [
            "",
            &"0".repeat(63),
            &"g".repeat(64),
            &"é".repeat(32),
            &"+1".repeat(32),
        ] {
            let refused = ServerKey::from_hex(text);
            assert!(matches!(refused, Err(ServerKeyError::Malformed)), "{text}");
        }
    }

    #[test]
    fn hashes_differ_by_key_kind_and_text() {
        let (one, other) = (key("01"), key("02"));
        let hash = one.hash(TOKEN, "a");
        assert_eq!(hash, one.hash(TOKEN, "a"));
        assert_ne!(hash, one.hash(TOKEN, "b"));
        assert_ne!(hash, one.hash(CODE, "a"));
        assert_ne!(hash, other.hash(TOKEN, "a"));
    }

    /// Databases hold what the first version derived: no later one may derive anything else.
    #[test]
    fn hashes_and_seals_as_ever() {
        let key = key("01");
        assert_eq!(
            digits(&key.hash(Label::new("client secret"), "a")),
            "d86976404842f2fa81e178a043f660e30fe50e0625904d7bacf73c1e68bbcba1"
        );
        assert_eq!(
            digits(&key.proof()),
            "2473b84666f13f0461186068559b0c2c4d1220db21c48c3b6d8e96bb61c7294d"
        );
        let sealed = b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\
            \xe6\xca\x7a\x52\xf5\x36\xe6\x8e\xca\x3e\x0e\x4d\x5c\xdc\xa0\x4b\
            \x60\x7b\x83\xd3\x22\xc2\x1c";
        assert_eq!(key.open("row 1", sealed).unwrap().as_slice(), b"private");
    }

    #[test]
    fn opens_only_its_own_row_unchanged() {
        let key = key("01");
        let sealed = key.seal("row 1", b"private").unwrap();
        assert_eq!(key.open("row 1", &sealed).unwrap().as_slice(), b"private");
        assert!(key.open("row 2", &sealed).is_err());
        assert!(key.open("row 1", &sealed[..11]).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open("row 1", &changed).is_err(), "byte {at}");
        }
    }
}
