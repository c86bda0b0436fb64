//! Passwords: Argon2id, a few at a time.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use bursar_kernel::Rng;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

/// Hashes at the same time: each takes 19 MiB and a core, and half of those are everyone else's.
fn at_once() -> usize {
    let cores = available_parallelism().map_or(1, NonZero::get);
    (cores / 2).max(1)
}

/// The fewest characters of a password that somebody chooses. Choice.
pub const PASSWORD_MIN: usize = 12;

/// Whether a password is long enough to protect a company.
pub fn is_long_enough(password: &SecretString) -> bool {
    password.expose_secret().chars().count() >= PASSWORD_MIN
}

/// Whether a text is a hash of [`Passwords::hash`]'s kind, in PHC form.
pub fn is_password_hash(text: &str) -> bool {
    let parsed = PasswordHash::new(text).ok();
    parsed.is_some_and(|hash| hash.algorithm.as_str() == "argon2id" && hash.hash.is_some())
}

/// Hashes and checks passwords with Argon2id, off the request threads. Clones share the limit.
#[derive(Clone, Debug)]
pub struct Passwords {
    rng: Rng,
    slots: Arc<Semaphore>,
}

/// A password could not be hashed; the process is short of memory or shutting down.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct PasswordError;

impl Passwords {
    /// `rng` draws the salts.
    pub fn new(rng: Rng) -> Self {
        Self {
            rng,
            slots: Arc::new(Semaphore::new(at_once())),
        }
    }

    /// The hash to store, in PHC form.
    pub async fn hash(&self, password: &SecretString) -> Result<String, PasswordError> {
        let salt = self.rng.bytes::<16>();
        self.run(password, move |password| {
            let hash = Argon2::default().hash_password_with_salt(password, &salt);
            hash.map(|hash| hash.to_string()).map_err(|_| PasswordError)
        })
        .await?
    }

    /// Whether `password` is the one that `hash` was made from.
    ///
    /// Without a hash the answer is no, after the same work: who measures the time does not learn
    /// whether there is such a user.
    pub async fn verify(
        &self,
        password: &SecretString,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        self.run(password, move |password| {
            if let Some(hash) = hash {
                let parsed = PasswordHash::new(&hash).map_err(|_| PasswordError)?;
                return Ok(Argon2::default().verify_password(password, &parsed).is_ok());
            }
            let decoy = Argon2::default().hash_password_with_salt(password, &[0; 16]);
            decoy.map(|_| false).map_err(|_| PasswordError)
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        password: &SecretString,
        work: impl FnOnce(&[u8]) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(|_| PasswordError)?;
        let password = password.clone();
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller that hangs up does not free its core.
            let _slot = slot;
            work(password.expose_secret().as_bytes())
        });
        work.await.map_err(|_| PasswordError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn knows_its_own_hash_and_no_other() {
        let passwords = Passwords::new(Rng::seeded(1));
        let right = SecretString::from("café au lait");
        let hash = passwords.hash(&right).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_ne!(hash, passwords.hash(&right).await.unwrap());
        assert!(passwords.verify(&right, Some(hash.clone())).await.unwrap());
        let wrong = SecretString::from("cafe au lait");
        assert!(!passwords.verify(&wrong, Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&right, None).await.unwrap());
        assert!(is_password_hash(&hash));
        for bad in [
            "",
            "plain",
            "$argon2id$",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA",
        ] {
            assert!(!is_password_hash(bad), "{bad}");
        }
        let broken = passwords.verify(&right, Some("plain".to_owned())).await;
        assert!(broken.is_err());
    }
}
