//! After a change of keys: what an older key sealed is sealed by the first one.

use bursar_db::{DbError, Isolation};
use bursar_kernel::Uuid;
use bursar_secrets::SealingKeysError;

use crate::store::{self, Sealed};
use crate::vault::row;
use crate::{AccessError, Vault};

/// Tokens that are looked at together.
const BATCH: i64 = 100;

/// What became of tokens that an older key had sealed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Resealed {
    /// Sealed by the first key now.
    pub done: u64,
    /// Sealed by a key that is not there, or damaged.
    pub closed: u64,
}

/// What became of one token.
enum Outcome {
    Done,
    Closed,
}

impl Vault {
    /// Seals every stored token by the first key, if another one sealed it. Whatever replaces a
    /// token meanwhile is sealed by the first key anyway.
    pub async fn reseal(&self) -> Result<Resealed, AccessError> {
        let mut resealed = Resealed::default();
        for app in self.apps().iter() {
            let mut before = Uuid::max();
            loop {
                let tokens = self.sealed_before(&app.id, before).await?;
                let Some(last) = tokens.last() else { break };
                before = last.id;
                let older = tokens.iter();
                let older = older.filter(|token| self.keys().needs_resealing(&token.sealed));
                for token in older {
                    let resealing = self.reseal_one(&app.id, token);
                    let count = match resealing.await? {
                        Outcome::Done => &mut resealed.done,
                        Outcome::Closed => &mut resealed.closed,
                    };
                    *count += 1;
                }
            }
        }
        Ok(resealed)
    }

    async fn sealed_before(&self, app_id: &str, before: Uuid) -> Result<Vec<Sealed>, DbError> {
        let args = (app_id.to_owned(), before);
        let tokens = self.db().scan(args, |tx, (app_id, before)| {
            Box::pin(store::sealed(tx, app_id, *before, BATCH))
        });
        tokens.await
    }

    async fn reseal_one(&self, app_id: &str, token: &Sealed) -> Result<Outcome, AccessError> {
        let row = row(app_id, token.id);
        let keys = self.keys();
        let resealed = keys.open(&row, &token.sealed);
        let new = match resealed.and_then(|plain| keys.seal(&row, &plain)) {
            Ok(new) => new,
            Err(SealingKeysError::Cipher) => return Err(AccessError::Sealed),
            Err(_) => return Ok(Outcome::Closed),
        };
        let args = (app_id.to_owned(), token.clone(), new);
        let replace = self.db().write(
            Isolation::ReadCommitted,
            args,
            |tx, (app_id, old, new): &(String, Sealed, Vec<u8>)| {
                Box::pin(store::resealed(tx, app_id, old, new))
            },
        );
        let replaced: Result<(), DbError> = replace.await;
        replaced?;
        Ok(Outcome::Done)
    }
}
