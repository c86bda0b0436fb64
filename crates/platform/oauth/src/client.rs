//! Which app asks, and whether it knows its secret.

use std::sync::Arc;
use std::time::Instant;

use bursar_db::{Db, DbError};
use bursar_kernel::{Uuid, uuid_from_text};
use bursar_secrets::Hash;
use subtle::{Choice, ConstantTimeEq as _};

use crate::cache::Fresh;
use crate::model::App;
use crate::secret::{Derive as _, Secret};
use crate::state::Oauth;
use crate::store;
use crate::token::TokenRequest;
use crate::wire::{Code, Fault};

/// Looks up apps and their secrets, at most twice a second for the same app.
pub(crate) struct Clients {
    known: Fresh<Uuid, Arc<Client>>,
}

/// An app, and the hashes of the secrets that it may show.
struct Client {
    app: App,
    secrets: Vec<Hash>,
}

impl Clients {
    pub(crate) fn new() -> Self {
        Self {
            known: Fresh::new(),
        }
    }

    async fn read(&self, db: &Db, id: Uuid, now: Instant) -> Result<Option<Arc<Client>>, DbError> {
        let read = db.read(id, |tx, id| Box::pin(store::client(tx, id)));
        let client = read
            .await?
            .map(|(app, secrets)| Arc::new(Client { app, secrets }));
        // One that is not there is not remembered: anybody could name any number of them.
        if let Some(client) = &client {
            self.known.put(id, now, Arc::clone(client));
        }
        Ok(client)
    }

    pub(crate) fn forget(&self, app_id: &Uuid) {
        self.known.remove(app_id);
    }
}

/// The app that asks, once its secret is right.
pub(crate) async fn client(oauth: &Oauth, request: &TokenRequest) -> Result<App, Fault> {
    let id = request.client_id.as_deref().ok_or(Code::NoClientId)?;
    let secret = request.client_secret.as_ref().ok_or(Code::NoClientSecret)?;
    let id = uuid_from_text(id).map_err(|_| Code::ClientNotFound)?;
    let hash = oauth.server_key().hash_of(Secret::ClientSecret, secret);
    let (clients, now) = (oauth.clients(), Instant::now());
    if let Some(client) = clients.known.get(&id, now)
        && let Ok(app) = admitted(&client, &hash)
    {
        return Ok(app);
    }
    // Nobody is refused from memory: a new secret works at once.
    let client = clients.read(oauth.db(), id, now).await?;
    let client = client.ok_or(Code::ClientNotFound)?;
    Ok(admitted(&client, &hash)?)
}

fn admitted(client: &Client, hash: &Hash) -> Result<App, Code> {
    if !is_one_of(hash, &client.secrets) {
        return Err(Code::WrongClientSecret);
    }
    if !client.app.enabled {
        return Err(Code::ClientDisabled);
    }
    Ok(client.app.clone())
}

/// Whether this is the hash of a secret that an app may show.
pub(crate) fn is_one_of(hash: &Hash, active: &[Hash]) -> bool {
    let one = |known: &Hash| hash.ct_eq(known);
    let any = active
        .iter()
        .map(one)
        .fold(Choice::from(0), |any, one| any | one);
    any.into()
}
