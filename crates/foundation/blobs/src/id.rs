//! The name of a blob.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use bursar_kernel::{Uuid, hex32};

/// What a blob is called: when it was put (UUID version 7) and what it holds (SHA-256).
///
/// Written as the 32 and the 64 lower-case hex digits, with `-` between them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId {
    put: Uuid,
    sha256: [u8; 32],
}

/// A text that is not a [`BlobId`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a blob id: 32 and 64 lower-case hex digits with - between are expected")]
pub struct BlobIdError;

impl BlobId {
    pub(crate) fn new(put: Uuid, content: &[u8]) -> Self {
        Self::of(put, &digest(&SHA256, content))
    }

    /// With the content's SHA-256.
    pub(crate) fn of(put: Uuid, sha256: &Digest) -> Self {
        let sha256 = bytes_of(sha256);
        Self { put, sha256 }
    }

    /// Whether `content` is what was put.
    pub(crate) fn is_of(self, content: &[u8]) -> bool {
        self.sha256 == bytes_of(&digest(&SHA256, content))
    }

    /// The folder that holds it.
    pub(crate) fn folder(self) -> String {
        folder_of(&self.put)
    }
}

/// The folder for what is put then: the start of its time, so a new one every 4.7 hours. Files put
/// together are together.
pub(crate) fn folder_of(put: &Uuid) -> String {
    let mut folder = hex32(put);
    folder.truncate(FOLDER_LEN);
    folder
}

/// Hex digits that name a folder: 24 of the 48 bits that count milliseconds.
const FOLDER_LEN: usize = 6;

/// Whether a folder may hold blobs.
pub(crate) fn is_folder(name: &str) -> bool {
    name.len() == FOLDER_LEN && name.bytes().all(|digit| nibble(digit).is_ok())
}

fn bytes_of(sha256: &Digest) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(sha256.as_ref());
    bytes
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.put.as_simple())?;
        self.sha256
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

impl FromStr for BlobId {
    type Err = BlobIdError;

    /// Takes exactly what `Display` writes, so that no text can name another path.
    fn from_str(text: &str) -> Result<Self, BlobIdError> {
        let (put, sha256) = text.split_once('-').ok_or(BlobIdError)?;
        Ok(Self {
            put: Uuid::from_bytes(from_hex(put)?),
            sha256: from_hex(sha256)?,
        })
    }
}

fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], BlobIdError> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return Err(BlobIdError);
    };
    let pairs: &[[u8; 2]; N] = pairs.try_into().map_err(|_| BlobIdError)?;
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Ok(bytes)
}

fn nibble(digit: u8) -> Result<u8, BlobIdError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(BlobIdError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PUT: &str = "019abcde12347def8123456789abcdef";
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn tells_when_and_what_in_hex() {
        let put = PUT.parse().unwrap();
        let id = BlobId::new(put, b"abc");
        assert_eq!(id.to_string(), format!("{PUT}-{ABC}"));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.folder(), "019abc");
        assert!(is_folder(&id.folder()) && !is_folder("../abc") && !is_folder("019ABC"));
        assert!(id.is_of(b"abc") && !id.is_of(b"abd"));
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        let good = format!("{PUT}-{ABC}");
        let upper = good.to_uppercase();
        let long = format!("{good}00");
        let climb = format!("../{}", &good[3..]);
        let slash = format!("{PUT}/{ABC}");
        let zero = format!("{}\0", &good[1..]);
        for text in [
            "",
            "-",
            PUT,
            ABC,
            "../../etc/passwd",
            &upper,
            &long,
            &climb,
            &slash,
            &zero,
        ] {
            assert_eq!(text.parse::<BlobId>(), Err(BlobIdError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_id_is_read_back(put: u128, content: Vec<u8>) {
            let id = BlobId::new(Uuid::from_u128(put), &content);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn a_text_is_an_id_only_in_its_own_spelling(text in "[0-9a-fA-F./]{32}-[0-9a-fA-F]{64}") {
            if let Ok(id) = text.parse::<BlobId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
