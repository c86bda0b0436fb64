//! New signing keys while tokens are issued, on every node.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bursar_db::{DbError, Isolation};

use crate::keys::{KeyError, KeyRing, make};
use crate::state::Oauth;
use crate::store;

/// How old a node's list of keys may be where it signs or shows them.
const FRESH: Duration = Duration::from_secs(30);
/// How often at most an unknown key sends it to look.
const UNKNOWN: Duration = Duration::from_secs(1);

/// The keys as this node last saw them.
pub(crate) struct CurrentKeys {
    ring: RwLock<Arc<KeyRing>>,
    /// The machine's own time of the last look, not the platform's, which a sandbox may hold
    /// still.
    looked: Mutex<Option<Instant>>,
}

impl CurrentKeys {
    pub(crate) fn new(ring: KeyRing) -> Self {
        Self {
            ring: RwLock::new(Arc::new(ring)),
            looked: Mutex::new(None),
        }
    }

    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// Whether the last look is older than this; if so, the one who asks is to look now.
    fn is_older(&self, age: Duration, now: Instant) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let older = looked.is_none_or(|looked| now.saturating_duration_since(looked) >= age);
        if older {
            *looked = Some(now);
        }
        older
    }
}

impl Oauth {
    /// Makes a new key for a data center, which signs from now on here, and within a minute on
    /// every other node; answers its id. Keys whose last token has expired are deleted.
    ///
    /// Clients meet an id that they do not know, and ask for the keys again (`OpenID` Connect
    /// Core section 10.1.1).
    pub async fn rotate_keys(&self, data_center: &str) -> Result<String, KeyError> {
        let home = self.data_centers().home(data_center);
        let home = home.map_err(|_| KeyError::NoDataCenter(data_center.to_owned()))?;
        let now = self.clock().now();
        let key = make(self.server_key(), home.id().to_owned(), now).await?;
        let (kid, retired) = (key.kid.clone(), self.keys().ring().retired(now));
        let write = self.db().write(
            Isolation::Serializable,
            (key, retired),
            |tx, (key, retired)| {
                Box::pin(async move {
                    for kid in retired {
                        store::delete_signing_key(tx, kid).await?;
                    }
                    store::insert_newest_signing_key(tx, key).await
                })
            },
        );
        write.await.map_err(KeyError::Db)?;
        self.look().await?;
        Ok(kid)
    }

    /// The keys, at most half a minute old.
    pub(crate) async fn current_keys(&self, now: Instant) -> Arc<KeyRing> {
        self.keys_not_older(FRESH, now).await
    }

    /// The keys, after a token named one that is not among them.
    pub(crate) async fn unknown_key(&self, now: Instant) -> Arc<KeyRing> {
        self.keys_not_older(UNKNOWN, now).await
    }

    async fn keys_not_older(&self, age: Duration, now: Instant) -> Arc<KeyRing> {
        if self.keys().is_older(age, now)
            && let Err(error) = self.look().await
        {
            // The old ones still do; the next one who asks later looks again.
            tracing::warn!(%error, "the signing keys could not be read");
        }
        self.keys().ring()
    }

    async fn look(&self) -> Result<(), KeyError> {
        let read = self
            .db()
            .read((), |tx, ()| Box::pin(store::signing_keys(tx)));
        let sealed = read.await.map_err(|error: DbError| KeyError::Db(error))?;
        let ring = self.keys().ring();
        let ring = ring.with(sealed, self.server_key(), self.data_centers())?;
        self.keys().replace(ring);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_looks_for_new_keys_once_in_half_a_minute() {
        let (keys, start) = (CurrentKeys::new(KeyRing::default()), Instant::now());
        let looks = |age, millis| keys.is_older(age, start + Duration::from_millis(millis));
        assert!(looks(FRESH, 0), "not yet since the start");
        assert!(
            !looks(UNKNOWN, 999),
            "however many tokens name keys that there are not"
        );
        assert!(looks(UNKNOWN, 1000));
        assert!(!looks(FRESH, 30_999));
        assert!(looks(FRESH, 31_000));
    }
}
