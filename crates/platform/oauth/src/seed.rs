//! Apps from a seed file.

use bursar_db::{DbError, Isolation};
use bursar_directory::{Seed, SeedError};
use bursar_kernel::Uuid;
use serde::Deserialize;

use crate::apps;
use crate::model::{App, Grant, Scopes};
use crate::server_key::Secret;
use crate::state::Oauth;
use crate::store;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppSeed {
    client_id: Uuid,
    client_secret: String,
    name: String,
    scopes: Vec<String>,
    grants: Vec<Grant>,
    home: String,
    /// The company that owns it.
    owner: Option<Uuid>,
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

/// Applies the section `apps`: creates what is not there yet, and leaves what is there as it has
/// become.
pub async fn seed(oauth: &Oauth, seed: &mut Seed) -> Result<(), SeedError> {
    let mut wanted = Vec::new();
    for app in seed.take::<AppSeed>("apps")? {
        oauth.data_centers().home(&app.home)?;
        let secret = &app.client_secret;
        let row = App {
            id: app.client_id,
            name: app.name,
            secret_hash: oauth.server_key().hash(Secret::ClientSecret, secret),
            scopes: Scopes::parse(&app.scopes.join(" ")),
            grants: app.grants,
            home: app.home,
            enabled: app.enabled,
        };
        wanted.push((row, app.owner));
    }
    let now = oauth.clock().now();
    let stored = oauth
        .db()
        .write(Isolation::Append, wanted, move |tx, wanted| {
            Box::pin(async move {
                for (app, owner) in wanted {
                    store::insert_app(tx, app, now).await?;
                    if let Some(owner) = owner {
                        apps::own(tx, &app.id, owner).await?;
                    }
                }
                Ok::<_, DbError>(())
            })
        });
    Ok(stored.await?)
}
