//! The name of a blob.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};

/// The SHA-256 of a blob's content, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 32]);

/// A text that is not a [`BlobId`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a blob id: 64 lower-case hex digits are expected")]
pub struct BlobIdError;

impl BlobId {
    /// The id of `content`.
    pub fn of(content: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, content).as_ref());
        Self(bytes)
    }

    /// The directory that holds it, one of 256.
    pub(crate) fn shard(self) -> u8 {
        self.0[0]
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return Err(BlobIdError);
        };
        let pairs: &[[u8; 2]; 32] = pairs.try_into().map_err(|_| BlobIdError)?;
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Ok(Self(bytes))
    }
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

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn is_the_sha256_in_hex() {
        assert_eq!(BlobId::of(b"abc").to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(BlobId::of(b"abc")));
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        let upper = ABC.to_uppercase();
        let long = format!("{ABC}00");
        let climb = format!("../{}", &ABC[3..]);
        let slash = format!("{}/{}", &ABC[..2], &ABC[3..]);
        let zero = format!("{}\0", &ABC[1..]);
        for text in [
            "",
            "ba",
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
        fn every_id_is_read_back(content: Vec<u8>) {
            let id = BlobId::of(&content);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn a_text_is_an_id_only_in_its_own_spelling(text in "[0-9a-fA-F./]{62,66}") {
            if let Ok(id) = text.parse::<BlobId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
