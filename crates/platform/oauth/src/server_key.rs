//! The installation's one secret, and what is derived from it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac};
use bursar_kernel::{Rng, Uuid, hex32};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// What a keyed hash is of. Each has hashes of its own, so that none passes for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secret {
    /// An app's client secret.
    ClientSecret,
    /// A refresh token.
    RefreshToken,
    /// A request token.
    RequestToken,
    /// An authorization code.
    Code,
    /// A one-time password.
    OneTimePassword,
    /// What signs in from a mail.
    Link,
    /// A mail address: no secret, but nobody's business.
    Address,
    /// The parameters that a one-time password is bound to.
    Facts,
    /// A token of the time before OAuth 2.
    LegacyToken,
}

/// A keyed hash, as rows keep it.
pub type Hash = [u8; 32];

/// 32 random bytes that hash and seal every secret at rest.
///
/// Who has the database without this key can neither use nor guess a token. Losing it makes all
/// tokens and signing keys useless: back it up, apart from the database.
pub struct ServerKey {
    hashing: hmac::Key,
    sealing: RandomizedNonceKey,
}

const HASHING: &[&[u8]] = &[b"hashing"];
const SEALING: &[&[u8]] = &[b"sealing"];

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
        let file = |source| ServerKeyError::File {
            path: path.to_owned(),
            source,
        };
        if !path.try_exists().map_err(file)? {
            create(path, rng).map_err(file)?;
        }
        if exposed(path).map_err(file)? {
            return Err(ServerKeyError::Exposed {
                path: path.to_owned(),
            });
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(file)?);
        Self::from_hex(text.trim_end())
    }

    /// From 64 hexadecimal digits, as the file and the environment hold it.
    pub fn from_hex(text: &str) -> Result<Self, ServerKeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ServerKeyError::Malformed);
        }
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte =
                u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| ServerKeyError::Malformed)?;
        }
        Self::new(&bytes)
    }

    fn new(bytes: &[u8; 32]) -> Result<Self, ServerKeyError> {
        let cipher = |_| ServerKeyError::Cipher;
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"bursar").extract(bytes);
        let hashing = root.expand(HASHING, hmac::HMAC_SHA256).map_err(cipher)?;
        let mut sealing = Zeroizing::new([0; 32]);
        let expanded = root.expand(SEALING, &AES_256_GCM).map_err(cipher)?;
        expanded.fill(&mut *sealing).map_err(cipher)?;
        Ok(Self {
            hashing: hashing.into(),
            sealing: RandomizedNonceKey::new(&AES_256_GCM, &*sealing).map_err(cipher)?,
        })
    }

    /// The keyed hash of a secret.
    pub fn hash(&self, what: Secret, secret: &str) -> Hash {
        let label: &[u8] = match what {
            Secret::ClientSecret => b"client secret\0",
            Secret::RefreshToken => b"refresh token\0",
            Secret::RequestToken => b"request token\0",
            Secret::Code => b"authorization code\0",
            Secret::OneTimePassword => b"one-time password\0",
            Secret::Link => b"link\0",
            Secret::Address => b"address\0",
            Secret::Facts => b"facts\0",
            Secret::LegacyToken => b"legacy token\0",
        };
        self.tag(label, secret.as_bytes())
    }

    /// The keyed hash of a secret that is wrapped as one.
    pub(crate) fn hash_of(&self, what: Secret, secret: &SecretString) -> Hash {
        self.hash(what, secret.expose_secret())
    }

    /// The text of the refresh token that follows another. It is derived, so that whoever lost the
    /// answer, or asks twice at once, gets the same one; nobody without this key can tell it.
    pub(crate) fn successor(&self, token: &SecretString) -> SecretString {
        let tag = self.tag(b"successor\0", token.expose_secret().as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&tag[..16]);
        // Version 4 and variant 1 of RFC 9562, as every other refresh token has.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Uuid::from_bytes(bytes).to_string().into()
    }

    /// A secret that is mailed: made from its public id whenever the mail is written, so that no
    /// row and no job holds it.
    pub(crate) fn mailed(&self, id: &Uuid) -> Zeroizing<String> {
        let tag = self.tag(b"mailed\0", id.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&tag[..16]);
        Zeroizing::new(hex32(&Uuid::from_bytes(bytes)))
    }

    /// What only this key answers; rows keep it to recognise the key.
    pub(crate) fn proof(&self) -> Hash {
        self.tag(b"proof\0", b"")
    }

    fn tag(&self, label: &[u8], text: &[u8]) -> Hash {
        let mut context = hmac::Context::with_key(&self.hashing);
        context.update(label);
        context.update(text);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }

    /// Encrypts `plain`; only the same `row` opens it. The nonce stands in front.
    pub(crate) fn seal(&self, row: &str, plain: &[u8]) -> Result<Vec<u8>, ServerKeyError> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .sealing
            .seal_in_place_append_tag(Aad::from(row.as_bytes()), &mut sealed)
            .map_err(|_| ServerKeyError::Cipher)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// Decrypts what [`ServerKey::seal`] made for the same `row`.
    pub(crate) fn open(
        &self,
        row: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, ServerKeyError> {
        let refused = ServerKeyError::Cipher;
        let Some((nonce, body)) = sealed.split_first_chunk::<NONCE_LEN>() else {
            return Err(refused);
        };
        let mut body = Zeroizing::new(body.to_vec());
        let plain = self
            .sealing
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(row.as_bytes()),
                &mut body,
            )
            .map_err(|_| refused)?
            .len();
        body.truncate(plain);
        Ok(body)
    }
}

/// Written aside and linked into place: the name never leads to half a key, nor does a second
/// start replace the first one's.
fn create(path: &Path, rng: &Rng) -> io::Result<()> {
    use std::fmt::Write as _;
    let key = Zeroizing::new(rng.bytes::<32>());
    let mut text = Zeroizing::new(String::with_capacity(65));
    for byte in key.iter() {
        write!(text, "{byte:02x}").map_err(io::Error::other)?;
    }
    text.push('\n');
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let aside = folder.join(format!(".secret-{}", rng.uuid().simple()));
    let written = write_aside(&aside, text.as_bytes());
    let linked = written.and_then(|()| match std::fs::hard_link(&aside, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // The link is what counts; a leftover is harmless, but it holds a key.
    drop(std::fs::remove_file(&aside));
    linked?;
    File::open(folder)?.sync_all()
}

fn write_aside(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

#[cfg(unix)]
fn exposed(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn exposed(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let one = ServerKey::from_hex(&"01".repeat(32)).unwrap();
        let other = ServerKey::from_hex(&"02".repeat(32)).unwrap();
        let hash = one.hash(Secret::RefreshToken, "a");
        assert_eq!(hash, one.hash(Secret::RefreshToken, "a"));
        assert_ne!(hash, one.hash(Secret::RefreshToken, "b"));
        assert_ne!(hash, one.hash(Secret::RequestToken, "a"));
        assert_ne!(hash, other.hash(Secret::RefreshToken, "a"));
    }

    #[test]
    fn a_successor_is_told_by_this_key_only() {
        let one = ServerKey::from_hex(&"01".repeat(32)).unwrap();
        let other = ServerKey::from_hex(&"02".repeat(32)).unwrap();
        let of =
            |key: &ServerKey, text: &str| key.successor(&text.into()).expose_secret().to_owned();
        assert_eq!(of(&one, "a"), of(&one, "a"));
        assert_ne!(of(&one, "a"), of(&one, "b"));
        assert_ne!(of(&one, "a"), of(&other, "a"));
        let text: Uuid = of(&one, "a").parse().unwrap();
        assert_eq!(text.get_version_num(), 4);
    }

    #[test]
    fn what_is_mailed_depends_on_key_and_id() {
        let one = ServerKey::from_hex(&"01".repeat(32)).unwrap();
        let other = ServerKey::from_hex(&"02".repeat(32)).unwrap();
        let (id, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(one.mailed(&id).len(), 32);
        assert_eq!(one.mailed(&id), one.mailed(&id));
        assert_ne!(one.mailed(&id), one.mailed(&second));
        assert_ne!(one.mailed(&id), other.mailed(&id));
    }

    #[test]
    fn opens_only_its_own_row_unchanged() {
        let key = ServerKey::from_hex(&"01".repeat(32)).unwrap();
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
