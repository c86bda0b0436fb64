//! All SQL of this slice.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_directory::api as directory;
use bursar_kernel::{Micros, Uuid};

use crate::fields::Texts;
use crate::model::{Card, Kind, Listing, Release, Stage, StageApp, State};

statements! {
    LISTING = "SELECT company_id, id, kind, state, name, summary, description, terms_url,
                      support_url, logo, preview_code, note
               FROM appcenter_listing WHERE id = $1";
    APPS = "SELECT stage, app_id, connect_url FROM appcenter_listing_app
            WHERE company_id = $1 AND listing_id = $2 ORDER BY stage";
    RELEASES = "SELECT region, released_on FROM appcenter_release
                WHERE company_id = $1 AND listing_id = $2 ORDER BY region";
    OWN_LISTINGS = "SELECT id FROM appcenter_listing WHERE company_id = $1
                    ORDER BY name, id LIMIT $2";
    LISTINGS_IN = "SELECT id FROM appcenter_listing WHERE state = $1 ORDER BY name, id LIMIT $2";
    CARDS = "SELECT l.id, l.kind, l.name, l.summary, l.logo, l.company_id, a.app_id
             FROM appcenter_release r
             JOIN appcenter_listing l ON l.company_id = r.company_id AND l.id = r.listing_id
             JOIN appcenter_listing_app a ON a.company_id = l.company_id AND a.listing_id = l.id
             WHERE r.region = $1 AND r.released_on <= $2 AND l.state = 'certified'
                 AND a.stage = 'production'
             ORDER BY l.name, l.id LIMIT $3";
    INSERT_LISTING = "INSERT INTO appcenter_listing (company_id, id, kind, state, name, summary,
                          description, terms_url, support_url, logo, preview_code, note,
                          created_at)
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12)
                      ON CONFLICT DO NOTHING";
    INSERT_APP = "INSERT INTO appcenter_listing_app (company_id, listing_id, stage, app_id,
                      connect_url)
                  VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    SET_TEXTS = "UPDATE appcenter_listing SET name = $3, summary = $4, description = $5,
                     terms_url = $6, support_url = $7
                 WHERE company_id = $1 AND id = $2 AND state = 'draft'";
    SET_LOGO = "UPDATE appcenter_listing SET logo = $3
                WHERE company_id = $1 AND id = $2 AND state = 'draft'";
    SET_CONNECT_URL = "UPDATE appcenter_listing_app SET connect_url = $4
                       WHERE company_id = $1 AND listing_id = $2 AND stage = $3";
    SET_STATE = "UPDATE appcenter_listing SET state = $4, note = $5
                 WHERE company_id = $1 AND id = $2 AND state = $3";
    SET_RELEASE = "INSERT INTO appcenter_release (company_id, listing_id, region, released_on)
                   VALUES ($1, $2, $3, $4)
                   ON CONFLICT (company_id, listing_id, region)
                   DO UPDATE SET released_on = excluded.released_on";
    DELETE_RELEASE = "DELETE FROM appcenter_release
                      WHERE company_id = $1 AND listing_id = $2 AND region = $3";
    LISTING_OF = "SELECT listing_id FROM appcenter_listing_app WHERE app_id = $1";
    LOGO_OF = "SELECT l.logo FROM appcenter_listing_app a
               JOIN appcenter_listing l ON l.company_id = a.company_id AND l.id = a.listing_id
               WHERE a.app_id = $1";
    NAMES_LOGO = "SELECT id FROM appcenter_listing WHERE logo = $1 LIMIT 1";
}

/// The listing with its apps and releases.
pub(crate) async fn listing(tx: &mut Tx, id: &Uuid) -> Result<Option<Listing>, DbError> {
    let Some(mut row) = tx.row(&LISTING, args![id]).await? else {
        return Ok(None);
    };
    let mut listing = listing_at(&mut row)?;
    let partner = directory::company(tx, &listing.company_id).await?;
    listing.partner_name = partner.map(|company| company.name).unwrap_or_default();
    for mut row in tx.rows(&APPS, args![&listing.company_id, id]).await? {
        listing.apps.push(StageApp {
            stage: word(&mut row, 0, Stage::from_word)?,
            app_id: row.get(1)?,
            connect_url: row.get(2)?,
        });
    }
    for mut row in tx.rows(&RELEASES, args![&listing.company_id, id]).await? {
        listing.releases.push(Release {
            region: row.get(0)?,
            on: row.get(1)?,
        });
    }
    Ok(Some(listing))
}

/// The listing that an app stands behind.
pub(crate) async fn listing_of(tx: &mut Tx, app_id: &Uuid) -> Result<Option<Uuid>, DbError> {
    let row = tx.row(&LISTING_OF, args![app_id]).await?;
    row.map(|mut row| row.get(0)).transpose()
}

/// A partner's listings, by name.
pub(crate) async fn own_listings(
    tx: &mut Tx,
    company_id: &Uuid,
    limit: i64,
) -> Result<Vec<Listing>, DbError> {
    let ids = tx.rows(&OWN_LISTINGS, args![company_id, limit]).await?;
    listings(tx, ids).await
}

/// The listings in a state, by name.
pub(crate) async fn listings_in(
    tx: &mut Tx,
    state: State,
    limit: i64,
) -> Result<Vec<Listing>, DbError> {
    let ids = tx.rows(&LISTINGS_IN, args![state.word(), limit]).await?;
    listings(tx, ids).await
}

async fn listings(tx: &mut Tx, ids: Vec<Row>) -> Result<Vec<Listing>, DbError> {
    let mut found = Vec::new();
    for mut row in ids {
        found.extend(listing(tx, &row.get(0)?).await?);
    }
    Ok(found)
}

/// What is released in a region, by name. The company's own switch is not looked at here.
pub(crate) async fn cards(
    tx: &mut Tx,
    region: &str,
    today: &str,
    limit: i64,
) -> Result<Vec<Card>, DbError> {
    let mut cards = Vec::new();
    for mut row in tx.rows(&CARDS, args![region, today, limit]).await? {
        let partner_id = row.get(5)?;
        let partner = directory::company(tx, &partner_id).await?;
        cards.push(Card {
            id: row.get(0)?,
            kind: word(&mut row, 1, Kind::from_word)?,
            name: row.get(2)?,
            summary: row.get(3)?,
            logo: row.get(4)?,
            partner_name: partner.map(|company| company.name).unwrap_or_default(),
            app_id: row.get(6)?,
            enabled: true,
        });
    }
    Ok(cards)
}

/// Answers whether it was new.
pub(crate) async fn insert_listing(
    tx: &mut Tx,
    listing: &Listing,
    now: Micros,
) -> Result<bool, DbError> {
    let arguments = args![
        &listing.company_id,
        &listing.id,
        listing.kind.word(),
        listing.state.word(),
        &listing.texts.name,
        &listing.texts.summary,
        &listing.texts.description,
        &listing.texts.terms_url,
        &listing.texts.support_url,
        listing.logo.as_deref(),
        &listing.preview_code,
        now
    ];
    Ok(tx.execute(&INSERT_LISTING, arguments).await? == 1)
}

/// Answers whether it was new: false when there is an app of this stage.
pub(crate) async fn insert_app(
    tx: &mut Tx,
    company_id: &Uuid,
    listing_id: &Uuid,
    app: &StageApp,
) -> Result<bool, DbError> {
    let stage = app.stage.word();
    let arguments = args![company_id, listing_id, stage, &app.app_id, &app.connect_url];
    Ok(tx.execute(&INSERT_APP, arguments).await? == 1)
}

/// Changes a draft; answers whether it is one.
pub(crate) async fn set_texts(
    tx: &mut Tx,
    company_id: &Uuid,
    id: &Uuid,
    texts: &Texts,
) -> Result<bool, DbError> {
    let arguments = args![
        company_id,
        id,
        &texts.name,
        &texts.summary,
        &texts.description,
        &texts.terms_url,
        &texts.support_url
    ];
    Ok(tx.execute(&SET_TEXTS, arguments).await? == 1)
}

/// Changes a draft; answers whether it is one.
pub(crate) async fn set_logo(
    tx: &mut Tx,
    company_id: &Uuid,
    id: &Uuid,
    logo: &str,
) -> Result<bool, DbError> {
    Ok(tx.execute(&SET_LOGO, args![company_id, id, logo]).await? == 1)
}

pub(crate) async fn set_connect_url(
    tx: &mut Tx,
    listing: &Listing,
    stage: Stage,
    connect_url: &str,
) -> Result<(), DbError> {
    let arguments = args![&listing.company_id, &listing.id, stage.word(), connect_url];
    tx.execute(&SET_CONNECT_URL, arguments).await.map(drop)
}

/// Moves a listing on; answers whether it was in the state `from`.
pub(crate) async fn set_state(
    tx: &mut Tx,
    listing: &Listing,
    from: State,
    to: State,
    note: &str,
) -> Result<bool, DbError> {
    let (from, to) = (from.word(), to.word());
    let arguments = args![&listing.company_id, &listing.id, from, to, note];
    Ok(tx.execute(&SET_STATE, arguments).await? == 1)
}

/// Releases a listing in a region on a day, or takes it back there.
pub(crate) async fn set_release(
    tx: &mut Tx,
    listing: &Listing,
    region: &str,
    on: Option<&str>,
) -> Result<(), DbError> {
    let (company_id, id) = (&listing.company_id, &listing.id);
    match on {
        Some(on) => {
            tx.execute(&SET_RELEASE, args![company_id, id, region, on])
                .await?
        }
        None => {
            tx.execute(&DELETE_RELEASE, args![company_id, id, region])
                .await?
        }
    };
    Ok(())
}

/// The file with the logo of the listing that an app stands behind.
pub(crate) async fn logo_of(tx: &mut Tx, app_id: &Uuid) -> Result<Option<String>, DbError> {
    let row = tx.row(&LOGO_OF, args![app_id]).await?;
    row.map_or(Ok(None), |mut row| row.get(0))
}

/// Whether a listing shows this file.
pub(crate) async fn names_logo(tx: &mut Tx, logo: &str) -> Result<bool, DbError> {
    Ok(tx.row(&NAMES_LOGO, args![logo]).await?.is_some())
}

fn listing_at(row: &mut Row) -> Result<Listing, DbError> {
    Ok(Listing {
        company_id: row.get(0)?,
        id: row.get(1)?,
        partner_name: String::new(),
        kind: word(row, 2, Kind::from_word)?,
        state: word(row, 3, State::from_word)?,
        texts: Texts {
            name: row.get(4)?,
            summary: row.get(5)?,
            description: row.get(6)?,
            terms_url: row.get(7)?,
            support_url: row.get(8)?,
        },
        logo: row.get(9)?,
        preview_code: row.get(10)?,
        note: row.get(11)?,
        apps: Vec::new(),
        releases: Vec::new(),
    })
}

fn word<T>(row: &mut Row, column: usize, read: fn(&str) -> Option<T>) -> Result<T, DbError> {
    read(&row.get::<String>(column)?).ok_or(DbError::Decode { column })
}
