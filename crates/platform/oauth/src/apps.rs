//! Making and changing apps.
//!
//! Source: api-reference/authentication/oauth2-app-mgmt-tool.md (what an app has),
//! getting-started.markdown (client id, secret, geolocation), company-auth.markdown (code 53).
//!
//! Who may is the caller's business: each change names the owner, and changes nothing of others.

use bursar_db::{DbError, Tx};
use bursar_kernel::{Micros, Uuid};
use secrecy::{ExposeSecret as _, SecretString};

use crate::model::{App, Grant, Rotation, Scopes};
use crate::server_key::{Hash, Secret};
use crate::state::Oauth;
use crate::store::{self, secret, secret::SecretRow};

/// What the maker of an app decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppSettings {
    /// The name, as people know it.
    pub name: String,
    /// What it may ask for.
    pub scopes: Scopes,
    /// By which grants it gets tokens.
    pub grants: Vec<Grant>,
}

/// A registered app, without its secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisteredApp {
    /// The client id.
    pub id: Uuid,
    /// The company that made it; none for one that came with the installation.
    pub owner_id: Option<Uuid>,
    /// What its maker decided.
    pub settings: AppSettings,
    /// The id of the data center that is its geolocation.
    pub home: String,
    /// Whether it may do anything.
    pub enabled: bool,
}

/// An app with fresh credentials. It works once it is created.
pub struct NewApp {
    app: App,
    owner_id: Uuid,
    secret: SecretString,
    secret_hash: Hash,
}

impl NewApp {
    /// Draws client id and secret, both UUIDs. `home` has to be a data center that apps live in.
    pub fn draw(oauth: &Oauth, owner_id: Uuid, home: &str, settings: AppSettings) -> Self {
        let secret = oauth.rng().uuid().to_string();
        let app = App {
            id: oauth.rng().uuid(),
            name: settings.name,
            scopes: settings.scopes,
            grants: settings.grants,
            home: home.to_owned(),
            enabled: true,
            rotation: Rotation::Same,
        };
        Self {
            app,
            owner_id,
            secret_hash: oauth.server_key().hash(Secret::ClientSecret, &secret),
            secret: secret.into(),
        }
    }

    /// The client id.
    pub fn id(&self) -> Uuid {
        self.app.id
    }

    /// The client secret. This is the only place that ever has it: rows keep a keyed hash.
    pub fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// Registers a drawn app.
pub async fn create(tx: &mut Tx, new: &NewApp, now: Micros) -> Result<(), DbError> {
    register(tx, &new.app, &new.secret_hash, now).await?;
    own(tx, &new.app.id, &new.owner_id).await
}

/// A secret comes with a new app only: one that the app has deleted does not come back.
pub(crate) async fn register(
    tx: &mut Tx,
    app: &App,
    hash: &Hash,
    now: Micros,
) -> Result<(), DbError> {
    if !store::insert_app(tx, app, now).await? {
        return Ok(());
    }
    let first = SecretRow {
        id: app.id,
        active: true,
        created_at: now,
        updated_at: now,
    };
    secret::insert(tx, &app.id, &first, hash).await
}

/// Gives an app that nobody owns to a company.
pub async fn own(tx: &mut Tx, app_id: &Uuid, owner_id: &Uuid) -> Result<(), DbError> {
    store::apps::own(tx, app_id, owner_id).await
}

/// The app with this client id.
pub async fn find(tx: &mut Tx, app_id: &Uuid) -> Result<Option<RegisteredApp>, DbError> {
    store::apps::registered(tx, app_id).await
}

/// Changes an app of this owner; answers whether there is one. What scopes and grants it loses, its
/// tokens lose at the next refresh.
pub async fn change(
    tx: &mut Tx,
    owner_id: &Uuid,
    app_id: &Uuid,
    settings: &AppSettings,
) -> Result<bool, DbError> {
    store::apps::change(tx, owner_id, app_id, settings).await
}

/// Lets an app of this owner work, or stops it within a second; answers whether there is one.
pub async fn set_enabled(
    tx: &mut Tx,
    owner_id: &Uuid,
    app_id: &Uuid,
    enabled: bool,
) -> Result<bool, DbError> {
    store::apps::set_enabled(tx, owner_id, app_id, enabled).await
}

/// Lets an app act for a company and its users, or stops that within a second: no new tokens (code
/// 53), and none that there are is accepted. Tokens work again when it is turned on again.
pub async fn enable_for(
    tx: &mut Tx,
    company_id: &Uuid,
    app_id: &Uuid,
    enabled: bool,
) -> Result<(), DbError> {
    store::apps::enable_for(tx, company_id, app_id, enabled).await
}

/// Whether an app may act for a company and its users. Choice: it may until somebody says no.
pub async fn is_enabled_for(
    tx: &mut Tx,
    company_id: &Uuid,
    app_id: &Uuid,
) -> Result<bool, DbError> {
    store::apps::is_enabled_for(tx, company_id, app_id).await
}
