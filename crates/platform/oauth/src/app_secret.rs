//! The rules of an app's secrets: the same for the app itself (`secrets`) and for the company
//! that made it ([`crate::apps`]).
//!
//! Source: api-reference/authentication/rotating-secrets.markdown. All active secrets of an app
//! are good. Choice: an app has at most ten, and the last active one can neither be deactivated
//! nor deleted: nobody could ask for a token to undo it.

use bursar_db::{DbError, Tx};
use bursar_kernel::{Micros, Uuid};
use bursar_secrets::Hash;
use secrecy::{ExposeSecret as _, SecretString};

use crate::secret::Secret;
use crate::state::Oauth;
use crate::store::secret::{self as store, SecretRow};

/// Secrets of one app, at most. Choice.
const SECRETS_MAX: i64 = 10;

/// Why a secret stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The app has none with this id, or the app is somebody else's.
    #[error("there is no such secret")]
    NoSecret,
    /// The app has one with this id.
    #[error("there is such a secret already")]
    Exists,
    /// The app has as many as it may have.
    #[error("an app has at most {0} secrets; delete one first")]
    TooMany(i64),
    /// It is the last one that works.
    #[error("the last active secret stays active; activate another first")]
    LastActive,
    /// It works.
    #[error("an active secret is not deleted; deactivate it first")]
    StillActive,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A new secret. It works once it is added.
pub struct DrawnSecret {
    pub(crate) row: SecretRow,
    text: SecretString,
    hash: Hash,
}

impl DrawnSecret {
    /// Draws a secret: a UUID. Under the same `id` an app adds only one.
    pub fn draw(oauth: &Oauth, id: Uuid, active: bool) -> Self {
        let (text, now) = (oauth.rng().uuid().to_string(), oauth.clock().now());
        Self {
            row: SecretRow {
                id,
                active,
                created_at: now,
                updated_at: now,
            },
            hash: oauth.server_key().hash(Secret::ClientSecret, &text),
            text: text.into(),
        }
    }

    /// Its id.
    pub fn id(&self) -> Uuid {
        self.row.id
    }

    /// The secret itself. This is the only place that ever has it: rows keep a keyed hash.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }
}

pub(crate) async fn add(tx: &mut Tx, app_id: &Uuid, new: &DrawnSecret) -> Result<(), SecretError> {
    if store::one(tx, app_id, &new.row.id).await?.is_some() {
        return Err(SecretError::Exists);
    }
    if store::count(tx, app_id).await?.0 >= SECRETS_MAX {
        return Err(SecretError::TooMany(SECRETS_MAX));
    }
    Ok(store::insert(tx, app_id, &new.row, &new.hash).await?)
}

/// Activates or deactivates a secret, and answers what it is then.
pub(crate) async fn switch(
    tx: &mut Tx,
    app_id: &Uuid,
    id: &Uuid,
    active: bool,
    now: Micros,
) -> Result<SecretRow, SecretError> {
    let found = store::one(tx, app_id, id).await?;
    let mut row = found.ok_or(SecretError::NoSecret)?;
    if row.active == active {
        return Ok(row);
    }
    if !active && store::count(tx, app_id).await?.1 == 1 {
        return Err(SecretError::LastActive);
    }
    store::switch(tx, app_id, id, active, now).await?;
    (row.active, row.updated_at) = (active, now);
    Ok(row)
}

/// Deletes a secret that is inactive.
pub(crate) async fn delete(tx: &mut Tx, app_id: &Uuid, id: &Uuid) -> Result<(), SecretError> {
    match store::one(tx, app_id, id).await? {
        None => Err(SecretError::NoSecret),
        Some(SecretRow { active: true, .. }) => Err(SecretError::StillActive),
        Some(_) => Ok(store::delete(tx, app_id, id).await?),
    }
}
