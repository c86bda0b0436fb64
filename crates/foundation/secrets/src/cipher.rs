//! Encryption that is bound to a row, and what keys are derived for it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

/// What everything of a key is derived from.
pub(crate) fn root(key: &[u8; 32]) -> hkdf::Prk {
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"bursar").extract(key)
}

/// AES-256-GCM with a random nonce, which stands in front of what is sealed.
pub(crate) struct Cipher(RandomizedNonceKey);

impl Cipher {
    pub(crate) fn derive(root: &hkdf::Prk, purpose: &[&[u8]]) -> Result<Self, Unspecified> {
        let mut key = Zeroizing::new([0; 32]);
        root.expand(purpose, &AES_256_GCM)?.fill(&mut *key)?;
        Ok(Self(RandomizedNonceKey::new(&AES_256_GCM, &*key)?))
    }

    /// Encrypts `plain`; only the same `row` opens it.
    pub(crate) fn seal(&self, row: &str, plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut sealed = plain.to_vec();
        let row = Aad::from(row.as_bytes());
        let nonce = self.0.seal_in_place_append_tag(row, &mut sealed)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// Decrypts what [`Cipher::seal`] made for the same `row`.
    pub(crate) fn open(&self, row: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unspecified)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let row = Aad::from(row.as_bytes());
        let mut body = Zeroizing::new(body.to_vec());
        let plain = self.0.open_in_place(nonce, row, &mut body)?.len();
        body.truncate(plain);
        Ok(body)
    }
}
