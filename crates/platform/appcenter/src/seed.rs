//! Listings from a seed file.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bursar_db::{DbError, Isolation};
use bursar_directory::{Seed, SeedError};
use bursar_kernel::Uuid;
use serde::Deserialize;

use crate::fields::Texts;
use crate::logo;
use crate::model::{Kind, Listing, Release, Stage, StageApp, State};
use crate::state::AppCenter;
use crate::store;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListingSeed {
    id: Uuid,
    /// The company that owns it.
    partner: Uuid,
    kind: String,
    state: String,
    name: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    terms_url: String,
    #[serde(default)]
    support_url: String,
    /// A PNG of 100 x 100 pixels, in base64.
    logo: Option<String>,
    preview_code: String,
    development: AppOf,
    production: Option<AppOf>,
    /// Days by region.
    #[serde(default)]
    releases: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppOf {
    client_id: Uuid,
    connect_url: String,
}

/// Applies the section `listings`: creates what is not there yet, and leaves what is there as it
/// has become. Its apps have to be in the section `apps`.
pub async fn seed(app_center: &AppCenter, seed: &mut Seed) -> Result<(), SeedError> {
    for listing in seed.take::<ListingSeed>("listings")? {
        for region in listing.releases.keys() {
            app_center.data_centers.home(region)?;
        }
        let broken =
            |what: &str| SeedError::Unusable(format!("{what} of listing {}", listing.name));
        let logo = match &listing.logo {
            None => None,
            Some(text) => {
                let file = STANDARD.decode(text).map_err(|_| broken("logo"))?;
                let clean = logo::clean(&file).map_err(|_| broken("logo"))?;
                let blob = app_center.blobs.put(clean).await;
                Some(blob.map_err(|_| broken("logo"))?.to_string())
            }
        };
        let kind = Kind::from_word(&listing.kind).ok_or_else(|| broken("kind"))?;
        let state = State::from_word(&listing.state).ok_or_else(|| broken("state"))?;
        insert(app_center, row(listing, kind, state, logo)).await?;
    }
    Ok(())
}

fn row(seed: ListingSeed, kind: Kind, state: State, logo: Option<String>) -> Listing {
    let app = |stage, of: AppOf| StageApp {
        stage,
        app_id: of.client_id,
        connect_url: of.connect_url,
    };
    let mut apps = vec![app(Stage::Development, seed.development)];
    apps.extend(seed.production.map(|of| app(Stage::Production, of)));
    let release = |(region, on)| Release { region, on };
    Listing {
        id: seed.id,
        company_id: seed.partner,
        partner_name: String::new(),
        kind,
        state,
        texts: Texts {
            name: seed.name,
            summary: seed.summary,
            description: seed.description,
            terms_url: seed.terms_url,
            support_url: seed.support_url,
        },
        logo,
        preview_code: seed.preview_code,
        note: String::new(),
        apps,
        releases: seed.releases.into_iter().map(release).collect(),
    }
}

async fn insert(app_center: &AppCenter, listing: Listing) -> Result<(), DbError> {
    let now = app_center.clock.now();
    let db = &app_center.db;
    db.write(Isolation::Serializable, listing, move |tx, listing| {
        Box::pin(async move {
            if !store::insert_listing(tx, listing, now).await? {
                return Ok(());
            }
            for app in &listing.apps {
                store::insert_app(tx, &listing.company_id, &listing.id, app).await?;
            }
            for release in &listing.releases {
                let on = Some(release.on.as_str());
                store::set_release(tx, listing, &release.region, on).await?;
            }
            Ok(())
        })
    })
    .await
}
