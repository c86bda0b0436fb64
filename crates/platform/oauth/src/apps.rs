//! Making and changing apps.
//!
//! Source: api-reference/authentication/oauth2-app-mgmt-tool.md (what an app has),
//! getting-started.markdown (client id, secret, geolocation), company-auth.markdown (code 53).
//!
//! Who may is the caller's business: each change names the owner, and changes nothing of others.

use bursar_db::{DbError, Tx};
use bursar_kernel::{Micros, Uuid};
use bursar_secrets::Hash;
use secrecy::{ExposeSecret as _, SecretString};

use crate::app_secret;
pub use crate::app_secret::{DrawnSecret, SecretError};
use crate::model::{ACCESS_LIFE, App, Grant, Rotation, Scopes};
use crate::redirect_uri::RedirectUri;
use crate::secret::Secret;
use crate::state::Oauth;
pub use crate::store::secret::SecretRow;
use crate::store::{self, secret};

/// Connections of one app are counted up to here. Choice.
pub const LINKS_MAX: i64 = 10_000;

/// What the maker of an app decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppSettings {
    /// The name, as people know it.
    pub name: String,
    /// What it may ask for.
    pub scopes: Scopes,
    /// By which grants it gets tokens.
    pub grants: Vec<Grant>,
    /// Where people are sent back to after they allowed it to act for them.
    pub redirect_uris: Vec<RedirectUri>,
    /// What a refresh gives back.
    pub rotation: Rotation,
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
    /// Whether its maker lets it work.
    pub enabled: bool,
    /// Whether an operator has stopped it.
    pub blocked: bool,
}

impl RegisteredApp {
    /// Whether it may do anything.
    pub fn works(&self) -> bool {
        self.enabled && !self.blocked
    }
}

/// An app that acts, or acted, for a company or its people, or that the company decided about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompanyApp {
    /// The client id.
    pub id: Uuid,
    /// The app's name.
    pub name: String,
    /// The company behind it; empty when it is not known.
    pub publisher: String,
    /// Whether the company lets it work.
    pub enabled: bool,
}

/// How many connections an app has in each state, of the first [`LINKS_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Links {
    /// Of those that it can act for.
    pub connected: i64,
    /// Of those whose last refresh token has expired.
    pub de_linked: i64,
    /// Of those whose tokens were revoked.
    pub revoked: i64,
}

impl Links {
    /// Whether there may be more than were counted.
    pub fn is_capped(&self) -> bool {
        self.connected + self.de_linked + self.revoked >= LINKS_MAX
    }
}

/// An app with fresh credentials. It works once it is created.
pub struct NewApp {
    app: App,
    redirect_uris: Vec<RedirectUri>,
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
            rotation: settings.rotation,
        };
        Self {
            app,
            redirect_uris: settings.redirect_uris,
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
    store::apps::set_redirect_uris(tx, &new.app.id, &new.redirect_uris).await?;
    own(tx, &new.app.id, &new.owner_id).await
}

/// Answers whether the app was new. A secret comes with a new app only: one that the app has
/// deleted does not come back.
pub(crate) async fn register(
    tx: &mut Tx,
    app: &App,
    hash: &Hash,
    now: Micros,
) -> Result<bool, DbError> {
    if !store::insert_app(tx, app, now).await? {
        return Ok(false);
    }
    let first = SecretRow {
        id: app.id,
        active: true,
        created_at: now,
        updated_at: now,
    };
    secret::insert(tx, &app.id, &first, hash).await?;
    Ok(true)
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
    if !store::apps::change(tx, owner_id, app_id, settings).await? {
        return Ok(false);
    }
    store::apps::set_redirect_uris(tx, app_id, &settings.redirect_uris).await?;
    Ok(true)
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

/// Stops an app within a second, whatever its maker says, or ends that: for operators.
pub async fn set_blocked(tx: &mut Tx, app_id: &Uuid, blocked: bool) -> Result<(), DbError> {
    store::apps::set_blocked(tx, app_id, blocked).await
}

/// The secrets of an app of this owner, oldest first; none of others.
pub async fn secrets(
    tx: &mut Tx,
    owner_id: &Uuid,
    app_id: &Uuid,
) -> Result<Vec<SecretRow>, DbError> {
    secret::of_owner(tx, owner_id, app_id).await
}

/// Adds a drawn secret to an app of this owner.
pub async fn add_secret(
    tx: &mut Tx,
    owner_id: &Uuid,
    app_id: &Uuid,
    new: &DrawnSecret,
) -> Result<(), SecretError> {
    only_of(tx, owner_id, app_id).await?;
    app_secret::add(tx, app_id, new).await
}

/// Activates or deactivates a secret of an app of this owner.
pub async fn switch_secret(
    tx: &mut Tx,
    owner_id: &Uuid,
    (app_id, id): (&Uuid, &Uuid),
    active: bool,
    now: Micros,
) -> Result<(), SecretError> {
    only_of(tx, owner_id, app_id).await?;
    app_secret::switch(tx, app_id, id, active, now)
        .await
        .map(drop)
}

/// Deletes an inactive secret of an app of this owner.
pub async fn delete_secret(
    tx: &mut Tx,
    owner_id: &Uuid,
    (app_id, id): (&Uuid, &Uuid),
) -> Result<(), SecretError> {
    only_of(tx, owner_id, app_id).await?;
    app_secret::delete(tx, app_id, id).await
}

/// To others an app has no secrets.
async fn only_of(tx: &mut Tx, owner_id: &Uuid, app_id: &Uuid) -> Result<(), SecretError> {
    if store::apps::owns(tx, owner_id, app_id).await? {
        Ok(())
    } else {
        Err(SecretError::NoSecret)
    }
}

/// The connections of an app, counted.
pub async fn links(tx: &mut Tx, app_id: &Uuid, now: Micros) -> Result<Links, DbError> {
    store::apps::links(tx, app_id, now, now - ACCESS_LIFE, LINKS_MAX).await
}

/// The apps that are connected for a company or its people, or that the company decided about,
/// by name.
pub async fn of_company(
    tx: &mut Tx,
    company_id: &Uuid,
    limit: i64,
) -> Result<Vec<CompanyApp>, DbError> {
    store::apps::of_company(tx, company_id, limit).await
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
