//! All SQL about what the makers of apps decide, operators, and the companies that use them.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_directory::api as directory;
use bursar_kernel::{Micros, Uuid};

use crate::apps::{AppSettings, CompanyApp, Links, RegisteredApp};
use crate::model::{Grant, Rotation, Scopes};
use crate::redirect_uri::RedirectUri;

statements! {
    REGISTERED = "SELECT id, owner_id, name, scopes, grants, home, enabled, blocked, rotation
                  FROM oauth_app WHERE id = $1";
    PUBLISHER = "SELECT publisher, owner_id FROM oauth_app WHERE id = $1";
    PUBLISH = "UPDATE oauth_app SET publisher = $2 WHERE id = $1";
    REDIRECT_URIS = "SELECT uri FROM oauth_redirect_uri WHERE app_id = $1 ORDER BY uri";
    DELETE_REDIRECT_URIS = "DELETE FROM oauth_redirect_uri WHERE app_id = $1";
    INSERT_REDIRECT_URI = "INSERT INTO oauth_redirect_uri (app_id, uri) VALUES ($1, $2)
                           ON CONFLICT DO NOTHING";
    OWN = "UPDATE oauth_app SET owner_id = $2 WHERE id = $1 AND owner_id IS NULL";
    CHANGE = "UPDATE oauth_app SET name = $3, scopes = $4, grants = $5, rotation = $6
              WHERE owner_id = $1 AND id = $2";
    SET_ENABLED = "UPDATE oauth_app SET enabled = $3 WHERE owner_id = $1 AND id = $2";
    OWNS = "SELECT id FROM oauth_app WHERE owner_id = $1 AND id = $2";
    SET_BLOCKED = "UPDATE oauth_app SET blocked = $2 WHERE id = $1";
    // The states are those of `Link::of`.
    LINKS = "SELECT COUNT(CASE WHEN l.revoked_at IS NULL
                        AND COALESCE(l.refresh_until, 0) <= $2
                        AND NOT (l.refresh_until IS NULL AND l.last_used_at > $3) THEN 1 END),
                 COUNT(CASE WHEN l.revoked_at IS NOT NULL THEN 1 END),
                 COUNT(*)
             FROM (SELECT c.revoked_at, c.last_used_at,
                       (SELECT MAX(t.expires_at) FROM oauth_refresh_token t
                        WHERE t.company_id = c.company_id AND t.principal_id = c.principal_id
                            AND t.app_id = c.app_id) AS refresh_until
                   FROM oauth_connection c WHERE c.app_id = $1 LIMIT $4) AS l";
    OF_COMPANY = "SELECT a.id, a.name, a.publisher, a.owner_id, s.enabled
                  FROM oauth_app a
                  LEFT JOIN oauth_app_company s ON s.company_id = $1 AND s.app_id = a.id
                  WHERE a.id IN (SELECT app_id FROM oauth_app_company WHERE company_id = $1
                                 UNION SELECT app_id FROM oauth_connection
                                 WHERE company_id = $1 AND revoked_at IS NULL)
                  ORDER BY a.name, a.id LIMIT $2";
    ENABLE_FOR = "INSERT INTO oauth_app_company (company_id, app_id, enabled) VALUES ($1, $2, $3)
                  ON CONFLICT (company_id, app_id) DO UPDATE SET enabled = excluded.enabled";
    DISABLED_FOR = "SELECT app_id FROM oauth_app_company
                    WHERE company_id = $1 AND app_id = $2 AND enabled = 0";
}

pub(crate) async fn registered(
    tx: &mut Tx,
    app_id: &Uuid,
) -> Result<Option<RegisteredApp>, DbError> {
    let Some(mut row) = tx.row(&REGISTERED, args![app_id]).await? else {
        return Ok(None);
    };
    let (grants, rotation): (String, String) = (row.get(4)?, row.get(8)?);
    let settings = AppSettings {
        name: row.get(2)?,
        scopes: Scopes::parse(&row.get::<String>(3)?),
        grants: Grant::from_names(&grants).ok_or(DbError::Decode { column: 4 })?,
        redirect_uris: redirect_uris(tx, app_id).await?,
        rotation: Rotation::from_name(&rotation).ok_or(DbError::Decode { column: 8 })?,
    };
    Ok(Some(RegisteredApp {
        id: row.get(0)?,
        owner_id: row.get(1)?,
        settings,
        home: row.get(5)?,
        enabled: row.get(6)?,
        blocked: row.get(7)?,
    }))
}

/// The company behind an app, as people are told; empty when it is not known.
pub(crate) async fn publisher(tx: &mut Tx, app_id: &Uuid) -> Result<String, DbError> {
    match tx.row(&PUBLISHER, args![app_id]).await? {
        Some(mut row) => publisher_at(tx, &mut row, 0).await,
        None => Ok(String::new()),
    }
}

/// Choice: an app that comes without the name of its company is its owner's, by the name that the
/// owner has now.
async fn publisher_at(tx: &mut Tx, row: &mut Row, column: usize) -> Result<String, DbError> {
    let (publisher, owner_id): (String, Option<Uuid>) = (row.get(column)?, row.get(column + 1)?);
    let Some(owner_id) = owner_id.filter(|_| publisher.is_empty()) else {
        return Ok(publisher);
    };
    let owner = directory::company(tx, &owner_id).await?;
    Ok(owner.map(|company| company.name).unwrap_or_default())
}

pub(crate) async fn publish(tx: &mut Tx, app_id: &Uuid, publisher: &str) -> Result<(), DbError> {
    let arguments = args![app_id, publisher];
    tx.execute(&PUBLISH, arguments).await.map(drop)
}

/// The addresses that an app's people may be sent back to.
pub(crate) async fn redirect_uris(tx: &mut Tx, app_id: &Uuid) -> Result<Vec<RedirectUri>, DbError> {
    let rows = tx.rows(&REDIRECT_URIS, args![app_id]).await?;
    let uris = rows.into_iter().map(|mut row| {
        let uri = RedirectUri::try_from(row.get::<String>(0)?);
        uri.map_err(|_| DbError::Decode { column: 0 })
    });
    uris.collect()
}

/// These, and no others.
pub(crate) async fn set_redirect_uris(
    tx: &mut Tx,
    app_id: &Uuid,
    uris: &[RedirectUri],
) -> Result<(), DbError> {
    tx.execute(&DELETE_REDIRECT_URIS, args![app_id]).await?;
    for uri in uris {
        let arguments = args![app_id, uri.as_str()];
        tx.execute(&INSERT_REDIRECT_URI, arguments).await?;
    }
    Ok(())
}

pub(crate) async fn own(tx: &mut Tx, app_id: &Uuid, owner_id: &Uuid) -> Result<(), DbError> {
    tx.execute(&OWN, args![app_id, owner_id]).await.map(drop)
}

pub(crate) async fn change(
    tx: &mut Tx,
    owner_id: &Uuid,
    app_id: &Uuid,
    settings: &AppSettings,
) -> Result<bool, DbError> {
    let (scopes, grants) = (settings.scopes.text(), Grant::names(&settings.grants));
    let rotation = settings.rotation.name();
    let arguments = args![owner_id, app_id, &settings.name, &scopes, &grants, rotation];
    Ok(tx.execute(&CHANGE, arguments).await? == 1)
}

pub(crate) async fn set_enabled(
    tx: &mut Tx,
    owner_id: &Uuid,
    app_id: &Uuid,
    enabled: bool,
) -> Result<bool, DbError> {
    let arguments = args![owner_id, app_id, enabled];
    Ok(tx.execute(&SET_ENABLED, arguments).await? == 1)
}

pub(crate) async fn owns(tx: &mut Tx, owner_id: &Uuid, app_id: &Uuid) -> Result<bool, DbError> {
    Ok(tx.row(&OWNS, args![owner_id, app_id]).await?.is_some())
}

pub(crate) async fn set_blocked(tx: &mut Tx, app_id: &Uuid, blocked: bool) -> Result<(), DbError> {
    tx.execute(&SET_BLOCKED, args![app_id, blocked])
        .await
        .map(drop)
}

/// Counts up to `limit` connections. Without refresh tokens one is connected when it was used
/// after `since`.
pub(crate) async fn links(
    tx: &mut Tx,
    app_id: &Uuid,
    now: Micros,
    since: Micros,
    limit: i64,
) -> Result<Links, DbError> {
    let Some(mut row) = tx.row(&LINKS, args![app_id, now, since, limit]).await? else {
        return Ok(Links::default());
    };
    let (de_linked, revoked, all): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Links {
        connected: all - de_linked - revoked,
        de_linked,
        revoked,
    })
}

pub(crate) async fn of_company(
    tx: &mut Tx,
    company_id: &Uuid,
    limit: i64,
) -> Result<Vec<CompanyApp>, DbError> {
    let mut found = Vec::new();
    for mut row in tx.rows(&OF_COMPANY, args![company_id, limit]).await? {
        found.push(CompanyApp {
            id: row.get(0)?,
            name: row.get(1)?,
            publisher: publisher_at(tx, &mut row, 2).await?,
            enabled: row.get::<Option<bool>>(4)?.unwrap_or(true),
        });
    }
    Ok(found)
}

pub(crate) async fn enable_for(
    tx: &mut Tx,
    company_id: &Uuid,
    app_id: &Uuid,
    enabled: bool,
) -> Result<(), DbError> {
    let arguments = args![company_id, app_id, enabled];
    tx.execute(&ENABLE_FOR, arguments).await.map(drop)
}

pub(crate) async fn is_enabled_for(
    tx: &mut Tx,
    company_id: &Uuid,
    app_id: &Uuid,
) -> Result<bool, DbError> {
    let disabled = tx.row(&DISABLED_FOR, args![company_id, app_id]).await?;
    Ok(disabled.is_none())
}
