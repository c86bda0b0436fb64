//! Apps, and what they had before OAuth 2, from a seed file.

use bursar_db::{Isolation, Tx};
use bursar_directory::{Seed, SeedError, api as directory};
use bursar_kernel::{Micros, Uuid};
use bursar_secrets::Hash;
use serde::Deserialize;

use crate::apps;
use crate::model::{App, Grant, Rotation, Scopes};
use crate::redirect_uri::RedirectUri;
use crate::secret::Secret;
use crate::state::Oauth;
use crate::store;
use crate::store::legacy::LegacyToken;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppSeed {
    client_id: Uuid,
    client_secret: String,
    name: String,
    #[serde(default)]
    publisher: String,
    scopes: Vec<String>,
    grants: Vec<Grant>,
    home: String,
    /// The company that owns it.
    owner: Option<Uuid>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    rotation: Rotation,
    #[serde(default)]
    redirect_uris: Vec<RedirectUri>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LegacyAppSeed {
    consumer_key: String,
    /// What it has become.
    client_id: Uuid,
    #[serde(default)]
    tokens: Vec<LegacyTokenSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LegacyTokenSeed {
    token: String,
    user: Uuid,
    /// Whether it was a web-service administrator's.
    #[serde(default)]
    ws_admin: bool,
}

/// Applies the sections `apps` and `legacy_apps`: creates what is not there yet, and leaves what
/// is there as it has become.
pub async fn seed(oauth: &Oauth, seed: &mut Seed) -> Result<(), SeedError> {
    let mut wanted = Vec::new();
    for app in seed.take::<AppSeed>("apps")? {
        oauth.data_centers().home(&app.home)?;
        let secret = &app.client_secret;
        let hash = oauth.server_key().hash(Secret::ClientSecret, secret);
        wanted.push(Wanted::of(app, hash));
    }
    let legacy: Vec<_> = seed
        .take::<LegacyAppSeed>("legacy_apps")?
        .into_iter()
        .map(|app| (hashes(oauth, &app), app))
        .collect();
    let now = oauth.clock().now();
    let stored = oauth.db().write(
        Isolation::Serializable,
        (wanted, legacy),
        move |tx, (wanted, legacy)| {
            Box::pin(async move {
                for app in wanted {
                    insert(tx, app, now).await?;
                }
                for (hashes, app) in legacy {
                    insert_legacy(tx, app, hashes).await?;
                }
                Ok::<_, SeedError>(())
            })
        },
    );
    stored.await
}

/// An app to create.
struct Wanted {
    app: App,
    hash: Hash,
    owner: Option<Uuid>,
    publisher: String,
    redirect_uris: Vec<RedirectUri>,
}

impl Wanted {
    fn of(seed: AppSeed, hash: Hash) -> Self {
        Self {
            hash,
            owner: seed.owner,
            publisher: seed.publisher,
            redirect_uris: seed.redirect_uris,
            app: App {
                id: seed.client_id,
                name: seed.name,
                scopes: Scopes::parse(&seed.scopes.join(" ")),
                grants: seed.grants,
                home: seed.home,
                enabled: seed.enabled,
                rotation: seed.rotation,
            },
        }
    }
}

async fn insert(tx: &mut Tx, wanted: &Wanted, now: Micros) -> Result<(), SeedError> {
    let id = &wanted.app.id;
    // Addresses come with a new app only: one that its maker has removed does not come back.
    if apps::register(tx, &wanted.app, &wanted.hash, now).await? {
        store::apps::publish(tx, id, &wanted.publisher).await?;
        store::apps::set_redirect_uris(tx, id, &wanted.redirect_uris).await?;
    }
    if let Some(owner) = &wanted.owner {
        apps::own(tx, id, owner).await?;
    }
    Ok(())
}

fn hashes(oauth: &Oauth, app: &LegacyAppSeed) -> Vec<Hash> {
    let hash = |token: &LegacyTokenSeed| {
        let key = oauth.server_key();
        key.hash(Secret::LegacyToken, &token.token)
    };
    app.tokens.iter().map(hash).collect()
}

async fn insert_legacy(tx: &mut Tx, app: &LegacyAppSeed, hashes: &[Hash]) -> Result<(), SeedError> {
    let unknown = |what: &str, id: Uuid| SeedError::NotThere(format!("the {what} {id}"));
    if store::app(tx, &app.client_id).await?.is_none() {
        return Err(unknown("app", app.client_id));
    }
    store::legacy::insert_app(tx, &app.consumer_key, &app.client_id).await?;
    for (token, hash) in app.tokens.iter().zip(hashes) {
        let member = directory::user(tx, &token.user).await?;
        let member = member.ok_or_else(|| unknown("user", token.user))?;
        let row = LegacyToken {
            company_id: member.company.id,
            user_id: token.user,
            administers: token.ws_admin,
        };
        store::legacy::insert_token(tx, hash, &app.consumer_key, &row).await?;
    }
    Ok(())
}
