//! All SQL about who owns an app and where it is turned off.

use bursar_db::{DbError, Tx, args, statements};
use bursar_kernel::Uuid;

use crate::apps::{AppSettings, RegisteredApp};
use crate::model::{Grant, Scopes};

statements! {
    REGISTERED = "SELECT id, owner_id, name, scopes, grants, home, enabled FROM oauth_app
                  WHERE id = $1";
    OWN = "UPDATE oauth_app SET owner_id = $2 WHERE id = $1 AND owner_id IS NULL";
    CHANGE = "UPDATE oauth_app SET name = $3, scopes = $4, grants = $5
              WHERE owner_id = $1 AND id = $2";
    SET_ENABLED = "UPDATE oauth_app SET enabled = $3 WHERE owner_id = $1 AND id = $2";
    ENABLE_FOR = "INSERT INTO oauth_app_company (company_id, app_id, enabled) VALUES ($1, $2, $3)
                  ON CONFLICT (company_id, app_id) DO UPDATE SET enabled = excluded.enabled";
    DISABLED_FOR = "SELECT app_id FROM oauth_app_company
                    WHERE company_id = $1 AND app_id = $2 AND enabled = 0";
}

pub(crate) async fn registered(
    tx: &mut Tx,
    app_id: &Uuid,
) -> Result<Option<RegisteredApp>, DbError> {
    let row = tx.row(&REGISTERED, args![app_id]).await?;
    row.map(|mut row| {
        let grants: String = row.get(4)?;
        Ok(RegisteredApp {
            id: row.get(0)?,
            owner_id: row.get(1)?,
            settings: AppSettings {
                name: row.get(2)?,
                scopes: Scopes::parse(&row.get::<String>(3)?),
                grants: Grant::from_names(&grants).ok_or(DbError::Decode { column: 4 })?,
            },
            home: row.get(5)?,
            enabled: row.get(6)?,
        })
    })
    .transpose()
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
    let arguments = args![owner_id, app_id, &settings.name, &scopes, &grants];
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
