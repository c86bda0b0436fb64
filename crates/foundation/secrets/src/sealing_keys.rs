//! Keys that change: the first one seals, and each opens what it sealed.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf;
use bursar_kernel::Rng;
use zeroize::Zeroizing;

use crate::cipher::{Cipher, root};
use crate::file::{self, FileFault};
use crate::hex;

/// One or more keys that seal secrets at rest; the first is the one in use.
///
/// A sealed value begins with a short id of its key, so that the key can be changed while values
/// under older ones are still around: [`SealingKeys::add_key`] puts a new key first, and whatever
/// [`SealingKeys::needs_resealing`] is opened and sealed again. An older key may go when nothing
/// is sealed under it any more, backups included.
pub struct SealingKeys {
    first: SealingKey,
    older: Vec<SealingKey>,
}

struct SealingKey {
    id: [u8; ID_LEN],
    cipher: Cipher,
}

/// How many bytes tell one of a handful of keys from another.
const ID_LEN: usize = 4;
// Apart from what a server key derives: the same 32 bytes may not seal in two ways with one cipher.
const ID: &[&[u8]] = &[b"sealing keys: id"];
const CIPHER: &[&[u8]] = &[b"sealing keys: cipher"];

/// Why there are no sealing keys, or why something was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealingKeysError {
    /// The file cannot be read or written.
    #[error("the sealing keys {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than its owner may read the file.
    #[error("the sealing keys {path} can be read by others; run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// There is not one key.
    #[error("there is no sealing key; restore them from their backup")]
    Empty,
    /// One of them is not 64 hexadecimal digits.
    #[error("sealing key {number} is not 64 hexadecimal digits; restore it from its backup")]
    Malformed {
        /// Which one, counted from 1.
        number: usize,
    },
    /// One of them has the id of another: most likely it is there twice.
    #[error("sealing key {number} cannot be told from an earlier one; remove it if it is the same")]
    Repeated {
        /// Which one, counted from 1.
        number: usize,
    },
    /// None of them sealed the value.
    #[error("the value was sealed under a key that is not there; restore it from its backup")]
    UnknownKey,
    /// The value is not what was sealed, or was sealed for another row.
    #[error("the sealed value is damaged, or belongs to another row")]
    Damaged,
    /// The cipher refused.
    #[error("the sealing keys cannot be used")]
    Cipher,
}

impl std::fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKeys")
    }
}

impl SealingKeys {
    /// Reads the keys from `path`, one a line; at the first start makes one there, readable by its
    /// owner only and synced, so that nothing is ever sealed under a key that a crash can lose.
    pub fn load_or_create(path: &Path, rng: &Rng) -> Result<Self, SealingKeysError> {
        let text = file::read_or_create(path, rng).map_err(at(path))?;
        Self::from_lines(&text)
    }

    /// From keys of 64 hexadecimal digits, a comma or the end of a line behind each: as the file
    /// and the environment hold them. The first one seals.
    pub fn from_lines(text: &str) -> Result<Self, SealingKeysError> {
        let lines = text.split([',', '\n']).map(str::trim);
        let mut keys: Vec<SealingKey> = Vec::new();
        for (line, number) in lines.filter(|line| !line.is_empty()).zip(1..) {
            let bytes = hex::read(line).ok_or(SealingKeysError::Malformed { number })?;
            let key = SealingKey::derive(&bytes).map_err(|_| SealingKeysError::Cipher)?;
            if keys.iter().any(|earlier| earlier.id == key.id) {
                return Err(SealingKeysError::Repeated { number });
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(SealingKeysError::Empty)?;
        let older = keys.collect();
        Ok(Self { first, older })
    }

    /// Puts a new key first in the file at `path`, and answers the keys that are there now. The
    /// file is replaced whole, so that a crash leaves the old keys or the new ones; two that do
    /// this at once add two keys.
    pub fn add_key(path: &Path, rng: &Rng) -> Result<Self, SealingKeysError> {
        let failed = |source| at(path)(FileFault::Io(source));
        // A link stays one: what it leads to is replaced.
        let target = path.canonicalize().map_err(failed)?;
        let _lock = file::lock_folder(&target).map_err(failed)?;
        let old = file::read(&target).map_err(at(path))?;
        // A new key before what is no key would hide that.
        Self::from_lines(&old)?;
        let drawn = hex::draw(rng, old.len());
        let mut new = drawn.map_err(io::Error::other).map_err(failed)?;
        new.push_str(&old);
        let keys = Self::from_lines(&new)?;
        file::replace(&target, &new, rng).map_err(failed)?;
        Ok(keys)
    }

    /// Encrypts `plain` under the first key; only the same `row` opens it.
    pub fn seal(&self, row: &str, plain: &[u8]) -> Result<Vec<u8>, SealingKeysError> {
        let sealed = self.first.cipher.seal(row, plain);
        let sealed = sealed.map_err(|_| SealingKeysError::Cipher)?;
        Ok([self.first.id.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`SealingKeys::seal`] made for the same `row`, under whichever key.
    pub fn open(&self, row: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealingKeysError> {
        let split = sealed.split_first_chunk::<ID_LEN>();
        let (id, sealed) = split.ok_or(SealingKeysError::Damaged)?;
        let mut keys = std::iter::once(&self.first).chain(&self.older);
        let key = keys.find(|key| key.id == *id);
        let key = key.ok_or(SealingKeysError::UnknownKey)?;
        let plain = key.cipher.open(row, sealed);
        plain.map_err(|_| SealingKeysError::Damaged)
    }

    /// Whether a value is sealed under another key than the first.
    pub fn needs_resealing(&self, sealed: &[u8]) -> bool {
        !sealed.starts_with(&self.first.id)
    }
}

impl SealingKey {
    fn derive(bytes: &[u8; 32]) -> Result<Self, Unspecified> {
        let root = root(bytes);
        let mut id = [0; ID_LEN];
        root.expand(ID, Short)?.fill(&mut id)?;
        let cipher = Cipher::derive(&root, CIPHER)?;
        Ok(Self { id, cipher })
    }
}

/// As many bytes as an id has.
struct Short;

impl hkdf::KeyType for Short {
    fn len(&self) -> usize {
        ID_LEN
    }
}

fn at(path: &Path) -> impl Fn(FileFault) -> SealingKeysError {
    move |fault| {
        let path = path.to_owned();
        match fault {
            FileFault::Io(source) => SealingKeysError::File { path, source },
            FileFault::Exposed => SealingKeysError::Exposed { path },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// Keys of one byte, 32 times each.
    fn keys(digits: &[&str]) -> SealingKeys {
        let lines: Vec<String> = digits.iter().map(|digits| digits.repeat(32)).collect();
        SealingKeys::from_lines(&lines.join("\n")).unwrap()
    }

    fn file() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealing.keys");
        (folder, path)
    }

    /// A file with these bytes, for its owner only.
    fn file_of(bytes: &[u8]) -> (TempDir, PathBuf) {
        let (folder, path) = file();
        fs::write(&path, bytes).unwrap();
        allow(&path, 0o600);
        (folder, path)
    }

    fn allow(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn opens_only_its_own_row_unchanged() {
        let keys = keys(&["01", "02"]);
        let sealed = keys.seal("row 1", b"private").unwrap();
        assert_eq!(keys.open("row 1", &sealed).unwrap().as_slice(), b"private");
        let open = |row, sealed: &[u8]| keys.open(row, sealed).unwrap_err();
        let refused = open("row 2", &sealed);
        assert!(matches!(refused, SealingKeysError::Damaged), "{refused}");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            let refused = open("row 1", &changed);
            let as_it_is = match refused {
                SealingKeysError::UnknownKey => at < ID_LEN,
                SealingKeysError::Damaged => at >= ID_LEN,
                _ => false,
            };
            assert!(as_it_is, "byte {at}: {refused}");
        }
        for length in 0..sealed.len() {
            let refused = open("row 1", &sealed[..length]);
            assert!(
                matches!(refused, SealingKeysError::Damaged),
                "{length}: {refused}"
            );
        }
    }

    #[test]
    fn the_first_key_seals_and_each_opens() {
        let (old, new) = (keys(&["01"]), keys(&["02"]));
        let both = keys(&["02", "01"]);
        let under_old = old.seal("row", b"private").unwrap();
        assert!(!old.needs_resealing(&under_old) && both.needs_resealing(&under_old));
        let opened = both.open("row", &under_old).unwrap();
        let under_new = both.seal("row", &opened).unwrap();
        assert!(!both.needs_resealing(&under_new));
        assert_eq!(new.open("row", &under_new).unwrap(), opened);
        let unknown = old.open("row", &under_new);
        assert!(matches!(unknown, Err(SealingKeysError::UnknownKey)));
        assert!(both.needs_resealing(b"") && both.needs_resealing(&under_new[..ID_LEN - 1]));
    }

    /// Databases will hold what the first version sealed: each later one must open it.
    #[test]
    fn opens_what_was_sealed_before() {
        let sealed = b"\xc5\x1a\xab\xab\
            \x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\
            \x3d\x29\x5d\x1f\x05\xc9\x92\x33\x4a\xe2\x7c\x7d\xa8\xea\xab\x05\
            \xd1\x61\x55\x01\x22\xbb\x65";
        let keys = keys(&["02", "01"]);
        assert_eq!(keys.open("row 1", sealed).unwrap().as_slice(), b"private");
    }

    #[test]
    fn keys_stand_on_lines_or_between_commas() {
        let [one, two] = ["01", "02"].map(|digits| digits.repeat(32));
        for text in [
            format!("{one},{two}"),
            format!("{one}, {two},\n"),
            format!("\r\n{one}\r\n\r\n{two}\r\n"),
        ] {
            let keys = SealingKeys::from_lines(&text).unwrap();
            assert_eq!(
                (keys.first.id, keys.older.len()),
                (self::keys(&["01"]).first.id, 1)
            );
        }
        let refused = |text: &str| SealingKeys::from_lines(text).unwrap_err();
        for nothing in ["", "\n", " , \r\n"] {
            assert!(
                matches!(refused(nothing), SealingKeysError::Empty),
                "{nothing:?}"
            );
        }
        for no_key in [
            &one[1..],
            &format!("{two}0"),
            &"g".repeat(64),
            &"é".repeat(32),
        ] {
            let refused = refused(&format!("{one}\n{no_key}"));
            assert!(
                matches!(refused, SealingKeysError::Malformed { number: 2 }),
                "{no_key}"
            );
            assert!(!refused.to_string().contains(no_key), "{refused}");
        }
        let twice = refused(&format!("{one},{two},{one}"));
        assert!(
            matches!(twice, SealingKeysError::Repeated { number: 3 }),
            "{twice}"
        );
    }

    #[test]
    fn makes_a_private_file_once() {
        let (folder, path) = file();
        let first = SealingKeys::load_or_create(&path, &Rng::seeded(1)).unwrap();
        let second = SealingKeys::load_or_create(&path, &Rng::seeded(2)).unwrap();
        assert_eq!(first.first.id, second.first.id);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(mode(&path), 0o600);
    }

    type Is = fn(&SealingKeysError) -> bool;

    #[test]
    fn a_file_that_is_not_as_it_should_be_is_refused_and_left_alone() {
        let key = "01".repeat(32);
        let cases: [(&[u8], Is); 3] = [
            (b"", |error| matches!(error, SealingKeysError::Empty)),
            (b"not a key\n", |error| {
                matches!(error, SealingKeysError::Malformed { number: 1 })
            }),
            (b"\xff\xfe", |error| {
                matches!(error, SealingKeysError::File { .. })
            }),
        ];
        for (bytes, is_it) in cases {
            let (_folder, path) = file_of(bytes);
            let loaded = SealingKeys::load_or_create(&path, &Rng::seeded(1)).unwrap_err();
            let added = SealingKeys::add_key(&path, &Rng::seeded(1)).unwrap_err();
            assert!(
                is_it(&loaded) && is_it(&added),
                "{bytes:?}: {loaded}, {added}"
            );
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
        let (_folder, path) = file_of(key.as_bytes());
        allow(&path, 0o640);
        let exposed = |error: &_| matches!(error, SealingKeysError::Exposed { .. });
        let loaded = SealingKeys::load_or_create(&path, &Rng::seeded(1)).unwrap_err();
        let added = SealingKeys::add_key(&path, &Rng::seeded(1)).unwrap_err();
        assert!(exposed(&loaded) && exposed(&added), "{loaded}, {added}");
        assert_eq!(fs::read_to_string(&path).unwrap(), key);
    }

    #[test]
    fn a_new_key_comes_first_and_the_old_ones_stay() {
        let (folder, path) = file();
        let old = SealingKeys::load_or_create(&path, &Rng::seeded(1)).unwrap();
        let before = fs::read_to_string(&path).unwrap();
        let sealed = old.seal("row", b"private").unwrap();
        let new = SealingKeys::add_key(&path, &Rng::seeded(2)).unwrap();
        assert!(new.needs_resealing(&sealed));
        assert_eq!(new.open("row", &sealed).unwrap().as_slice(), b"private");
        let after = fs::read_to_string(&path).unwrap();
        assert_eq!(after.lines().count(), 2);
        assert!(after.ends_with(&before));
        let loaded = SealingKeys::load_or_create(&path, &Rng::seeded(3)).unwrap();
        assert!(!loaded.needs_resealing(&new.seal("row", b"").unwrap()));
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_is_added_to_keys_that_are_there() {
        let (_folder, path) = file();
        let refused = SealingKeys::add_key(&path, &Rng::seeded(1)).unwrap_err();
        assert!(
            matches!(refused, SealingKeysError::File { .. }),
            "{refused}"
        );
        assert!(!path.exists());
    }

    #[test]
    fn a_link_to_the_keys_stays_a_link() {
        let (folder, path) = file_of("01".repeat(32).as_bytes());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        SealingKeys::add_key(&link, &Rng::seeded(1)).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    }

    #[test]
    fn keys_that_are_added_at_once_are_all_there() {
        let (_folder, path) = file_of("01".repeat(32).as_bytes());
        std::thread::scope(|scope| {
            for seed in 1..=8 {
                let path = &path;
                scope.spawn(move || SealingKeys::add_key(path, &Rng::seeded(seed)).unwrap());
            }
        });
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 9);
    }
}
