//! What the token service holds while it runs.

use std::sync::Arc;
use std::time::Instant;

use bursar_db::{Db, DbError, Isolation};
use bursar_directory::{DataCenters, Passwords};
use bursar_kernel::{Clock, Rng, Uuid};
use bursar_secrets::ServerKey;
use subtle::ConstantTimeEq as _;

use crate::client::Clients;
use crate::key_rotation::CurrentKeys;
use crate::keys::{KeyError, KeyRing};
use crate::model::{ConnectionId, Principal};
use crate::standing::{Standing, Standings};
use crate::store;
use crate::verify::{Verified, Verifier, VerifyError};

/// The token service. Clones share it; one serves every data center.
#[derive(Clone)]
pub struct Oauth(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Clock,
    rng: Rng,
    data_centers: DataCenters,
    passwords: Passwords,
    server_key: ServerKey,
    keys: CurrentKeys,
    verifier: Verifier,
    standings: Standings,
    clients: Clients,
}

/// Why the token service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenOauthError {
    /// The database was written with another server key.
    #[error(
        "this server key is not the one that the database was written with; \
         start with the key that belongs to it, or restore that from its backup"
    )]
    OtherServerKey,
    /// A signing key cannot be made or opened.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Oauth {
    /// Checks that the server key belongs to the database, and makes or opens the signing keys.
    pub async fn open(
        db: Db,
        clock: Clock,
        rng: Rng,
        data_centers: DataCenters,
        passwords: Passwords,
        server_key: ServerKey,
    ) -> Result<Self, OpenOauthError> {
        check_server_key(&db, &server_key).await?;
        let keys = KeyRing::open(&db, &clock, &server_key, &data_centers).await?;
        Ok(Self(Arc::new(Inner {
            db,
            clock,
            rng,
            data_centers,
            passwords,
            server_key,
            keys: CurrentKeys::new(keys),
            verifier: Verifier::new(),
            standings: Standings::new(),
            clients: Clients::new(),
        })))
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn rng(&self) -> &Rng {
        &self.0.rng
    }

    pub(crate) fn data_centers(&self) -> &DataCenters {
        &self.0.data_centers
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn server_key(&self) -> &ServerKey {
        &self.0.server_key
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.0.clients
    }

    pub(crate) fn keys(&self) -> &CurrentKeys {
        &self.0.keys
    }

    /// A token may be signed by a key that another node has just made.
    pub(crate) async fn verify(&self, token: &str) -> Result<Arc<Verified>, VerifyError> {
        let verify = |ring: &KeyRing| self.0.verifier.verify(ring, token);
        match verify(&self.0.keys.ring()) {
            Err(VerifyError::UnknownKey) => {
                let ring = self.unknown_key(Instant::now()).await;
                verify(&ring)
            }
            known => known,
        }
    }

    pub(crate) async fn standing(
        &self,
        app_id: Uuid,
        principal: Option<Principal>,
        now: Instant,
    ) -> Result<Option<Arc<Standing>>, DbError> {
        let standings = &self.0.standings;
        standings.of(&self.0.db, app_id, principal, now).await
    }

    /// The standing as it is now, for a refusal that must not come from memory.
    pub(crate) async fn standing_now(
        &self,
        app_id: Uuid,
        principal: Option<Principal>,
        now: Instant,
    ) -> Result<Option<Arc<Standing>>, DbError> {
        let standings = &self.0.standings;
        standings.read(&self.0.db, app_id, principal, now).await
    }

    /// To be called after an app or its secrets changed: this node knows at once, the others
    /// within a second.
    pub fn forget_app(&self, app_id: &Uuid) {
        self.0.clients.forget(app_id);
    }

    /// To be called after a revocation: this node refuses at once, the others within a second.
    pub(crate) fn forget(&self, connection: &ConnectionId) {
        self.0.standings.forget(connection);
    }
}

async fn check_server_key(db: &Db, server_key: &ServerKey) -> Result<(), OpenOauthError> {
    let proof = server_key.proof();
    let first = db
        .write(Isolation::Serializable, proof, |tx, proof| {
            Box::pin(store::first_proof(tx, proof))
        })
        .await;
    let first: Vec<u8> = first.map_err(OpenOauthError::Db)?;
    if bool::from(first.ct_eq(&proof)) {
        Ok(())
    } else {
        Err(OpenOauthError::OtherServerKey)
    }
}
