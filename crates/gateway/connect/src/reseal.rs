//! After a change of keys: what an older key sealed is sealed by the first one.

use bursar_db::{DbError, Isolation};
use bursar_kernel::Uuid;

use crate::store::{self, Sealed};
use crate::vault::row;
use crate::{AccessError, Vault};

/// Tokens that are looked at together.
const BATCH: i64 = 100;

/// What seals stored tokens.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Sealing {
    /// Tokens that the first key sealed.
    pub first: u64,
    /// Tokens that an older key sealed.
    pub older: u64,
    /// Tokens that cannot be opened: their key is not there, or they are damaged.
    pub closed: u64,
}

impl Sealing {
    /// How many tokens are stored.
    pub fn all(&self) -> u64 {
        self.first + self.older + self.closed
    }
}

impl Vault {
    /// Opens every stored token of an app, and forgets it again.
    pub async fn sealing(&self, app_id: &str) -> Result<Sealing, DbError> {
        let mut sealing = Sealing::default();
        let mut before = Uuid::max();
        loop {
            let tokens = self.sealed_before(app_id, before).await?;
            let Some(last) = tokens.last() else {
                return Ok(sealing);
            };
            before = last.id;
            for token in &tokens {
                let opened = self.keys().open(&row(app_id, token.id), &token.sealed);
                let count = match opened {
                    Err(_) => &mut sealing.closed,
                    Ok(_) if self.keys().needs_resealing(&token.sealed) => &mut sealing.older,
                    Ok(_) => &mut sealing.first,
                };
                *count += 1;
            }
        }
    }

    /// Seals every stored token by the first key, where another one sealed it; answers how many
    /// those were. What cannot be opened is left. Whatever replaces a token meanwhile is sealed by
    /// the first key anyway.
    pub async fn reseal(&self) -> Result<u64, AccessError> {
        let mut done = 0;
        for app in self.apps().iter() {
            let mut before = Uuid::max();
            loop {
                let tokens = self.sealed_before(&app.id, before).await?;
                let Some(last) = tokens.last() else { break };
                before = last.id;
                let older = tokens.iter();
                let older = older.filter(|token| self.keys().needs_resealing(&token.sealed));
                for token in older {
                    done += u64::from(self.reseal_one(&app.id, token).await?);
                }
            }
        }
        Ok(done)
    }

    async fn sealed_before(&self, app_id: &str, before: Uuid) -> Result<Vec<Sealed>, DbError> {
        let args = (app_id.to_owned(), before);
        let tokens = self.db().scan(args, |tx, (app_id, before)| {
            Box::pin(store::sealed(tx, app_id, *before, BATCH))
        });
        tokens.await
    }

    /// False if it cannot be opened.
    async fn reseal_one(&self, app_id: &str, token: &Sealed) -> Result<bool, AccessError> {
        let row = row(app_id, token.id);
        let Ok(plain) = self.keys().open(&row, &token.sealed) else {
            return Ok(false);
        };
        let new = self.keys().seal(&row, &plain);
        let new = new.map_err(|_| AccessError::Sealed)?;
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
        Ok(true)
    }
}
