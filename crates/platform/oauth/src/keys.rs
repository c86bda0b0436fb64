//! Signing keys: sealed in the database, parsed once.
//!
//! A data center's newest key signs. A key that was replaced verifies, and is shown, until the
//! last token that it signed has expired.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_db::{Db, DbError, Isolation};
use bursar_directory::{DataCenters, GLOBAL_ZONE};
use bursar_kernel::{Clock, Micros};
use bursar_secrets::{ServerKey, ServerKeyError};

use crate::model::ACCESS_LIFE;
use crate::store::{self, SealedKey};
use crate::wire::Jwk;

/// The signing keys of all data centers, oldest first.
#[derive(Default)]
pub(crate) struct KeyRing(Vec<RingKey>);

struct RingKey {
    key: Arc<SigningKey>,
    /// When the last token that it signed has expired; none for one that signs.
    retires_at: Option<Micros>,
}

/// How long after a rotation another node may still sign with the old key, amply.
const OTHER_NODES: Duration = Duration::from_mins(2);

/// One RSA key, ready to sign and to verify RS256.
pub(crate) struct SigningKey {
    pub(crate) data_center: String,
    /// The data center's address: the `iss` of its tokens.
    pub(crate) issuer: String,
    /// The encoded JWT header and its dot: the same for every token.
    pub(crate) header: String,
    pub(crate) jwk: Jwk,
    pair: KeyPair,
    public: ParsedPublicKey,
}

/// Why there are no signing keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The library refused to make, read or use a key.
    #[error("a signing key cannot be made or used")]
    Library,
    /// A sealed key cannot be opened.
    #[error("the signing key {kid} cannot be opened: {source}")]
    Sealed {
        /// The key's id.
        kid: String,
        /// Why.
        source: ServerKeyError,
    },
    /// Nothing is signed there.
    #[error("{0:?} is not a data center that signs tokens")]
    NoDataCenter(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl KeyRing {
    /// Opens the keys of `data_centers`, and makes those that are missing.
    pub(crate) async fn open(
        db: &Db,
        clock: &Clock,
        server_key: &ServerKey,
        data_centers: &DataCenters,
    ) -> Result<Self, KeyError> {
        let read = || db.read((), |tx, ()| Box::pin(store::signing_keys(tx)));
        let mut sealed: Vec<SealedKey> = read().await?;
        let missing =
            |id: &str| id != GLOBAL_ZONE && sealed.iter().all(|key| key.data_center != id);
        let ids = data_centers.iter().map(|home| home.id().to_owned());
        let missing: Vec<_> = ids.filter(|id| missing(id)).collect();
        if !missing.is_empty() {
            for id in missing {
                let key = make(server_key, id, clock.now()).await?;
                let first = db.write(Isolation::Serializable, key, |tx, key| {
                    Box::pin(store::insert_first_signing_key(tx, key))
                });
                first.await.map_err(KeyError::Db)?;
            }
            // Another node may have been faster: its keys count.
            sealed = read().await?;
        }
        Self::default().with(sealed, server_key, data_centers)
    }

    /// The keys of these rows; what is open already stays so.
    pub(crate) fn with(
        &self,
        sealed: Vec<SealedKey>,
        server_key: &ServerKey,
        data_centers: &DataCenters,
    ) -> Result<Self, KeyError> {
        let mut ring = Vec::<RingKey>::new();
        for row in sealed {
            let Some(home) = data_centers.get(&row.data_center) else {
                continue;
            };
            for older in ring
                .iter_mut()
                .filter(|older| older.key.data_center == row.data_center)
            {
                let retires_at = row.created_at + ACCESS_LIFE + OTHER_NODES;
                older.retires_at.get_or_insert(retires_at);
            }
            let key = match self.by_kid(&row.kid) {
                Some(key) => Arc::clone(key),
                None => Arc::new(SigningKey::open(server_key, &row, home.base_uri())?),
            };
            ring.push(RingKey {
                key,
                retires_at: None,
            });
        }
        Ok(Self(ring))
    }

    /// The key that signs for a data center.
    pub(crate) fn signer(&self, data_center: &str) -> Option<&Arc<SigningKey>> {
        let keys = self.0.iter().map(|one| &one.key);
        keys.rev().find(|key| key.data_center == data_center)
    }

    /// The key with this id.
    pub(crate) fn by_kid(&self, kid: &str) -> Option<&Arc<SigningKey>> {
        let mut keys = self.0.iter().map(|one| &one.key);
        keys.find(|key| key.jwk.kid == kid)
    }

    /// The public keys that a data center shows; the global zone shows all, since what is
    /// obtained there is signed where its principal lives.
    pub(crate) fn public(&self, data_center: &str, now: Micros) -> Vec<&Jwk> {
        let shown = self.0.iter().filter(|RingKey { key, retires_at }| {
            let here = data_center == GLOBAL_ZONE || key.data_center == data_center;
            here && retires_at.is_none_or(|retires_at| now < retires_at)
        });
        shown.map(|one| &one.key.jwk).collect()
    }

    /// The ids of the keys whose last token has expired.
    pub(crate) fn retired(&self, now: Micros) -> Vec<String> {
        let retired = self
            .0
            .iter()
            .filter(|one| one.retires_at.is_some_and(|retires_at| retires_at <= now));
        retired.map(|one| one.key.jwk.kid.clone()).collect()
    }
}

/// A new key for a data center, sealed.
pub(crate) async fn make(
    server_key: &ServerKey,
    data_center: String,
    now: Micros,
) -> Result<SealedKey, KeyError> {
    let making = tokio::task::spawn_blocking(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Library)?;
        let pkcs8 = pair.as_der().map_err(|_| KeyError::Library)?;
        Ok::<(KeyPair, Pkcs8V1Der<'static>), KeyError>((pair, pkcs8))
    });
    let (pair, pkcs8) = making.await.map_err(|_| KeyError::Library)??;
    let kid = Jwk::of(&pair).kid;
    let sealed = server_key.seal(&aad(&kid, &data_center), pkcs8.as_ref());
    Ok(SealedKey {
        kid,
        data_center,
        sealed: sealed.map_err(|_| KeyError::Library)?,
        created_at: now,
    })
}

/// Binds a sealed key to its row.
fn aad(kid: &str, data_center: &str) -> String {
    format!("oauth_signing_key/{data_center}/{kid}")
}

impl SigningKey {
    fn open(server_key: &ServerKey, key: &SealedKey, issuer: &str) -> Result<Self, KeyError> {
        let opened = server_key.open(&aad(&key.kid, &key.data_center), &key.sealed);
        let pkcs8 = opened.map_err(|source| KeyError::Sealed {
            kid: key.kid.clone(),
            source,
        })?;
        let pair = KeyPair::from_pkcs8(&pkcs8).map_err(|_| KeyError::Library)?;
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
        let header = format!(r#"{{"typ":"JWT","alg":"RS256","kid":"{}"}}"#, key.kid);
        Ok(Self {
            data_center: key.data_center.clone(),
            issuer: issuer.to_owned(),
            header: format!("{}.", URL_SAFE_NO_PAD.encode(header)),
            jwk: Jwk::of(&pair),
            public: public.map_err(|_| KeyError::Library)?,
            pair,
        })
    }

    /// The RS256 signature of `message`. Takes the better part of a millisecond.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| KeyError::Library)?;
        Ok(signature)
    }

    /// Whether `signature` is this key's RS256 signature of `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

impl Jwk {
    /// The public part. The key id is the thumbprint of RFC 7638.
    fn of(pair: &KeyPair) -> Self {
        let public = pair.public_key();
        let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        let thumbprint = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, thumbprint.as_bytes()));
        Self {
            kty: "RSA",
            usage: "sig",
            alg: "RS256",
            kid,
            n,
            e,
        }
    }
}
