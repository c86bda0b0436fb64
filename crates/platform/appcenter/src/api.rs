//! What pages read.

use std::collections::HashSet;

use bursar_blobs::BlobId;
use bursar_db::{Db, DbError, Tx};
use bursar_kernel::{Micros, Uuid};
use bursar_oauth::{Connection, api as oauth, apps};
use subtle::ConstantTimeEq as _;

use crate::connect::principal;
use crate::model::{
    Block, Card, CompanyApps, Kind, Listing, OwnApp, Person, Reviewed, Stage, State, View,
};
use crate::store;

/// More listings than this are not shown on one page. Choice.
const LIST_MAX: i64 = 500;

/// What is released where a person lives, by name: the kinds that this person may connect, and not
/// what is stopped or, unless the person is an administrator, turned off.
///
/// Source: manage-apps/go-market-docs/app-center-client-faq.markdown ("filters", "download").
pub async fn cards(
    tx: &mut Tx,
    person: &Person,
    kind: Kind,
    today: &str,
) -> Result<Vec<Card>, DbError> {
    let mut shown = Vec::new();
    for mut card in store::cards(tx, &person.region, today, LIST_MAX).await? {
        let app = apps::find(tx, &card.app_id).await?;
        if card.kind == kind && app.is_some_and(|app| app.works()) {
            card.enabled = apps::is_enabled_for(tx, &person.company_id, &card.app_id).await?;
            shown.push(card);
        }
    }
    Ok(shown)
}

/// A listing as a person sees it: the development app with the right code, else the production app
/// where it is released. None when the person is not to know of it.
pub async fn view(
    tx: &mut Tx,
    person: &Person,
    id: &Uuid,
    code: Option<&str>,
    today: &str,
) -> Result<Option<View>, DbError> {
    let Some(listing) = store::listing(tx, id).await? else {
        return Ok(None);
    };
    let stage = match code {
        Some(code) if opens(&listing, code) => Stage::Development,
        None if listing.is_released(&person.region, today) => Stage::Production,
        Some(_) | None => return Ok(None),
    };
    let Some(behind) = listing.app(stage).cloned() else {
        return Ok(None);
    };
    let Some(app) = apps::find(tx, &behind.app_id).await? else {
        return Ok(None);
    };
    let block = if !person.roles.has(listing.kind.connected_by()) {
        Some(Block::NotYourRole)
    } else if !apps::is_enabled_for(tx, &person.company_id, &app.id).await? {
        Some(Block::TurnedOff)
    } else if !app.works() {
        Some(Block::Stopped)
    } else if behind.connect_url.is_empty() {
        Some(Block::NoLandingPage)
    } else {
        None
    };
    Ok(Some(View {
        listing,
        stage,
        app,
        connect_url: behind.connect_url,
        block,
    }))
}

fn opens(listing: &Listing, code: &str) -> bool {
    bool::from(listing.preview_code.as_bytes().ct_eq(code.as_bytes()))
}

/// What is connected, or was: for a person's own account, or for the company. The newest first.
pub async fn connections(
    tx: &mut Tx,
    person: &Person,
    kind: Kind,
    now: Micros,
) -> Result<Vec<Connection>, DbError> {
    oauth::connections(tx, &principal(kind, person), now).await
}

/// A partner's listings, by name.
pub async fn own_listings(tx: &mut Tx, person: &Person) -> Result<Vec<Listing>, DbError> {
    store::own_listings(tx, &person.company_id, LIST_MAX).await
}

/// A partner's listing; none of anybody else.
pub async fn own_listing(
    tx: &mut Tx,
    person: &Person,
    id: &Uuid,
) -> Result<Option<Listing>, DbError> {
    let listing = store::listing(tx, id).await?;
    Ok(listing.filter(|listing| listing.company_id == person.company_id))
}

/// The apps behind a partner's own listing, development first.
pub async fn own_apps(
    tx: &mut Tx,
    person: &Person,
    listing: &Listing,
    now: Micros,
) -> Result<Vec<OwnApp>, DbError> {
    let mut found = Vec::new();
    for behind in &listing.apps {
        let Some(app) = apps::find(tx, &behind.app_id).await? else {
            continue;
        };
        found.push(OwnApp {
            behind: behind.clone(),
            secrets: apps::secrets(tx, &person.company_id, &app.id).await?,
            links: apps::links(tx, &app.id, now).await?,
            app,
        });
    }
    Ok(found)
}

/// All listings in a state with their apps, by name: for operators.
pub async fn reviewed(tx: &mut Tx, state: State) -> Result<Vec<Reviewed>, DbError> {
    let mut found = Vec::new();
    for listing in store::listings_in(tx, state, LIST_MAX).await? {
        let mut all = Vec::new();
        for behind in &listing.apps {
            let app = apps::find(tx, &behind.app_id).await?;
            all.extend(app.map(|app| (behind.stage, app)));
        }
        found.push(Reviewed { listing, apps: all });
    }
    Ok(found)
}

/// A listing, whosever it is: for operators.
pub async fn any_listing(tx: &mut Tx, id: &Uuid) -> Result<Option<Listing>, DbError> {
    store::listing(tx, id).await
}

/// What an administrator can turn off and on for the company.
///
/// Choice: also what the App Center does not show, or shows no more, when it is connected for the
/// company or its people, or was turned off before.
pub async fn company_apps(
    tx: &mut Tx,
    person: &Person,
    today: &str,
) -> Result<CompanyApps, DbError> {
    let mut listed = cards(tx, person, Kind::User, today).await?;
    listed.extend(cards(tx, person, Kind::Enterprise, today).await?);
    let mut unlisted = Vec::new();
    for app in apps::of_company(tx, &person.company_id, LIST_MAX).await? {
        let behind = store::listing_of(tx, &app.id).await?;
        if !listed.iter().any(|card| Some(card.id) == behind) {
            unlisted.push(app);
        }
    }
    Ok(CompanyApps { listed, unlisted })
}

/// The file with an app's logo, if it is listed with one, whatever the listing's state.
pub async fn logo_of(tx: &mut Tx, app_id: &Uuid) -> Result<Option<String>, DbError> {
    store::logo_of(tx, app_id).await
}

/// Whether a listing shows this file.
pub async fn names_logo(tx: &mut Tx, logo: &str) -> Result<bool, DbError> {
    store::names_logo(tx, logo).await
}

/// Those of `blobs` that a listing names; the rest may be swept away.
pub async fn named_blobs(db: &Db, blobs: Vec<BlobId>) -> Result<HashSet<BlobId>, DbError> {
    db.scan(blobs, |tx, blobs| {
        Box::pin(async move {
            let mut named = HashSet::new();
            for blob in blobs {
                if store::names_logo(tx, &blob.to_string()).await? {
                    named.insert(*blob);
                }
            }
            Ok(named)
        })
    })
    .await
}
