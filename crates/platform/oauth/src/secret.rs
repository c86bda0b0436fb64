//! What the token service hashes with the server key, and what it derives from it.

use bursar_kernel::{Uuid, hex32};
use bursar_secrets::{Hash, Label, ServerKey};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// What a keyed hash is of.
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

impl From<Secret> for Label {
    fn from(secret: Secret) -> Self {
        Self::new(match secret {
            Secret::ClientSecret => "client secret",
            Secret::RefreshToken => "refresh token",
            Secret::RequestToken => "request token",
            Secret::Code => "authorization code",
            Secret::OneTimePassword => "one-time password",
            Secret::Link => "link",
            Secret::Address => "address",
            Secret::Facts => "facts",
            Secret::LegacyToken => "legacy token",
        })
    }
}

const SUCCESSOR: Label = Label::new("successor");
const MAILED: Label = Label::new("mailed");

/// What the token service wants of the server key.
pub(crate) trait Derive {
    /// The keyed hash of a secret that is wrapped as one.
    fn hash_of(&self, what: Secret, secret: &SecretString) -> Hash;

    /// The text of the refresh token that follows another. It is derived, so that whoever lost the
    /// answer, or asks twice at once, gets the same one; nobody without this key can tell it.
    fn successor(&self, token: &SecretString) -> SecretString;

    /// A secret that is mailed: made from its public id whenever the mail is written, so that no
    /// row and no job holds it.
    fn mailed(&self, id: &Uuid) -> Zeroizing<String>;
}

impl Derive for ServerKey {
    fn hash_of(&self, what: Secret, secret: &SecretString) -> Hash {
        self.hash(what, secret.expose_secret())
    }

    fn successor(&self, token: &SecretString) -> SecretString {
        let mut bytes = first_half(&self.hash(SUCCESSOR, token.expose_secret()));
        // Version 4 and variant 1 of RFC 9562, as every other refresh token has.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Uuid::from_bytes(bytes).to_string().into()
    }

    fn mailed(&self, id: &Uuid) -> Zeroizing<String> {
        let bytes = first_half(&self.hash(MAILED, id.as_bytes()));
        Zeroizing::new(hex32(&Uuid::from_bytes(bytes)))
    }
}

fn first_half(hash: &Hash) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_differ_by_kind() {
        let key = ServerKey::from_hex(&"01".repeat(32)).unwrap();
        let hash = key.hash(Secret::RefreshToken, "a");
        assert_eq!(hash, key.hash_of(Secret::RefreshToken, &"a".into()));
        assert_ne!(hash, key.hash(Secret::RequestToken, "a"));
    }

    /// Databases hold what the first version derived: no later one may derive anything else.
    #[test]
    fn derives_as_ever() {
        let key = ServerKey::from_hex(&"01".repeat(32)).unwrap();
        let hash = key.hash(Secret::ClientSecret, "a");
        let (high, low) = hash.split_at(16);
        let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap());
        assert_eq!(half(high), 0xd869_7640_4842_f2fa_81e1_78a0_43f6_60e3);
        assert_eq!(half(low), 0x0fe5_0e06_2590_4d7b_acf7_3c1e_68bb_cba1);
        assert_eq!(
            key.successor(&"a".into()).expose_secret(),
            "7adcf92d-69a0-4eb8-bb3c-55dd828bd8c3"
        );
        let mailed = key.mailed(&Uuid::from_u128(1));
        assert_eq!(*mailed, "8c87a8169af69361341c2eeca2035f48");
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
}
