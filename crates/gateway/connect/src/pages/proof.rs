//! Proving that a mail address is one's own: a code is mailed there, and typed in the browser that
//! asked. Until then there is no account, and nobody learns whether the address has one.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse as _, Response};
use bursar_db::{DbError, Isolation};
use bursar_kernel::{Micros, Rng, Uuid};
use bursar_pages::ErrorKind;
use serde::{Deserialize, Serialize};

use super::pending::{open, seal};
use super::store::proof as store;
use super::visit::Visit;
use crate::{NewAccount, Vault};
use store::{Current, NewProof, Proved, Tried};

/// How long a code works, and how long a password may be set after it. Choice.
pub(super) const LIFE: Duration = Duration::from_mins(15);
/// Codes that may be tried. Choice.
const TRIES_MAX: i64 = 5;
/// Mails for one address of an app, and for one session, in this time. Choice.
const MAILS_MAX: i64 = 5;
const MAILS_IN: Duration = Duration::from_hours(1);

/// What is being proved. It has no `Debug`: it is made of secrets.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Proof {
    /// The code that was mailed.
    pub(super) code: String,
    pub(super) wanted: Wanted,
}

/// Why somebody proves an address.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Wanted {
    /// The address as its account is called: what is mailed elsewhere proves nothing about it.
    pub(super) address: String,
    /// What the browser reads.
    pub(super) language: String,
    /// The account to make; none where a password is to be set.
    pub(super) account: Option<Owner>,
}

/// Whose account is to be made.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) name: String,
    pub(super) password_hash: String,
}

/// What counts by address are kept under.
pub(super) fn address_key(user_ref: &str) -> Vec<u8> {
    digest(&SHA256, user_ref.as_bytes()).as_ref().to_vec()
}

/// Eight digits: who guesses all that may be guessed has one chance in four million an hour.
fn draw(rng: &Rng) -> String {
    format!("{:08}", rng.below(100_000_000))
}

fn row(app_id: &str, id: Uuid) -> String {
    format!("connect_proof/{app_id}/{id}")
}

/// What is sealed in a row.
pub(super) fn read(vault: &Vault, app_id: &str, id: Uuid, sealed: &[u8]) -> Option<Proof> {
    open(vault, &row(app_id, id), sealed)
}

impl Visit {
    /// Has a code mailed, and leads to where it is typed; none where there were too many.
    pub(super) async fn ask_for_code(&self, wanted: Wanted) -> Result<Option<Response>, Response> {
        let (session_key, cookie) = self.any_session().await?;
        let vault = &self.state.vault;
        let (now, id) = (self.now(), vault.rng().uuid());
        let address_key = address_key(&wanted.address);
        let proof = Proof {
            code: draw(vault.rng()),
            wanted,
        };
        let sealed = seal(vault, &row(&self.app.id, id), &proof);
        let new = NewProof {
            app_id: self.app.id.clone(),
            id,
            session_key,
            address_key,
            sealed: sealed.ok_or_else(|| self.refuse(ErrorKind::Internal))?,
            correlation_id: self.correlation_id.to_string(),
            now,
            expires_at: now + LIFE,
        };
        let ask = vault.db().write(
            Isolation::Serializable,
            (new, now - MAILS_IN),
            |tx, (new, since): &(NewProof, Micros)| {
                Box::pin(store::ask(tx, new, *since, MAILS_MAX))
            },
        );
        let asked: Result<_, DbError> = ask.await;
        let asked = asked.map_err(|error| self.failed(&error))?;
        Ok(asked.then(|| (cookie, self.to("signin/code")).into_response()))
    }

    /// What this session is proving, or has proved.
    pub(super) async fn proof(&self) -> Result<Option<(Current, Wanted)>, Response> {
        let Some(key) = self.session_key() else {
            return Ok(None);
        };
        let vault = &self.state.vault;
        let args = (self.app.id.clone(), key.to_vec());
        let find = vault.db().read(args, |tx, (app_id, key)| {
            Box::pin(store::current(tx, app_id, key))
        });
        let found: Result<Option<Current>, DbError> = find.await;
        let found = found.map_err(|error| self.failed(&error))?;
        Ok(found.and_then(|current| {
            let proof = read(vault, &self.app.id, current.id, &current.sealed)?;
            Some((current, proof.wanted))
        }))
    }

    /// Counts a code that was typed; none where it is void.
    pub(super) async fn try_code(&self, key: &[u8]) -> Result<Option<Try>, Response> {
        let vault = &self.state.vault;
        let args = (self.app.id.clone(), key.to_vec(), self.now());
        let count = vault.db().write(
            Isolation::ReadCommitted,
            args,
            |tx, (app_id, key, now): &(String, Vec<u8>, Micros)| {
                Box::pin(store::try_code(tx, (app_id, key), TRIES_MAX, *now))
            },
        );
        let tried: Result<Option<Tried>, DbError> = count.await;
        let tried = tried.map_err(|error| self.failed(&error))?;
        Ok(tried.and_then(|tried| {
            Some(Try {
                id: tried.id,
                last: tried.tries >= TRIES_MAX,
                proof: read(vault, &self.app.id, tried.id, &tried.sealed)?,
            })
        }))
    }

    /// The code was right.
    pub(super) async fn prove(&self, id: Uuid, wanted: &Wanted) -> Result<Response, Response> {
        let account = wanted.account.as_ref();
        let account = account.map(|owner| self.new_account(wanted, owner));
        let (session, cookie) = self.new_session(None, self.pending())?;
        let args = (id, account, session, self.now() + LIFE);
        let prove = self.state.vault.db().write(
            Isolation::Serializable,
            args,
            |tx, (id, account, session, until)| {
                Box::pin(store::prove(tx, *id, account.as_ref(), session, *until))
            },
        );
        let proved: Result<Proved, DbError> = prove.await;
        Ok(match proved.map_err(|error| self.failed(&error))? {
            Proved::SignedIn => (cookie, self.to("connect")).into_response(),
            Proved::MaySetPassword => (cookie, self.to("signin/password")).into_response(),
            Proved::Late => self.to("connect"),
        })
    }

    /// Sets the password of an address that was proved.
    pub(super) async fn set_password(
        &self,
        id: Uuid,
        wanted: &Wanted,
        owner: &Owner,
    ) -> Result<Response, Response> {
        let account = self.new_account(wanted, owner);
        let name_key = address_key(&account.user_ref);
        let (session, cookie) = self.new_session(None, self.pending())?;
        let set = self.state.vault.db().write(
            Isolation::Serializable,
            (id, account, name_key, session),
            |tx, (id, account, name_key, session)| {
                Box::pin(store::set_password(tx, *id, account, name_key, session))
            },
        );
        let set: Result<bool, DbError> = set.await;
        Ok(if set.map_err(|error| self.failed(&error))? {
            (cookie, self.to("connect")).into_response()
        } else {
            self.to("signin/forgot")
        })
    }

    fn new_account(&self, wanted: &Wanted, owner: &Owner) -> NewAccount {
        let now = self.now();
        NewAccount {
            app_id: self.app.id.clone(),
            id: self.state.vault.rng().uuid_at(now),
            user_ref: wanted.address.clone(),
            email: Some(wanted.address.clone()),
            name: owner.name.clone(),
            password_hash: Some(owner.password_hash.clone()),
            at: now,
        }
    }
}

/// A code that may be right.
pub(super) struct Try {
    pub(super) id: Uuid,
    /// Whether no other may be tried after it.
    pub(super) last: bool,
    pub(super) proof: Proof,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_eight_digits() {
        let rng = Rng::seeded(7);
        for _ in 0..1_000 {
            let code = draw(&rng);
            assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }
}
