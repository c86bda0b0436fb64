//! Accounts and connections: all SQL on them.

use bursar_db::{DbError, Row, Sql, Tx, Value, args, statements};
use bursar_gateway_client::BaseUri;
use bursar_kernel::{Micros, Uuid};

use crate::{Account, Connection, ConnectionState, Kind, NewAccount};

statements! {
    INSERT_ACCOUNT = "INSERT INTO connect_account
        (app_id, id, user_ref, email, name, password_hash, created_at, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (app_id, user_ref) DO NOTHING";
    ACCOUNT_BY_REF = "SELECT id, user_ref, email, name, password_hash
        FROM connect_account WHERE app_id = $1 AND user_ref = $2";
    ACCOUNT = "SELECT id, user_ref, email, name, password_hash
        FROM connect_account WHERE app_id = $1 AND id = $2";
    INSERT = "INSERT INTO connect_connection (app_id, id, kind, account_id, principal_id,
            company_id, geolocation, scopes, state, refresh_token, generation, refresh_expires_at,
            refresh_due_at, connected_at, refreshed_at, active_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'connected', $9, 1, $10, $11, $12, $12, $12)";
    RECONNECT = "UPDATE connect_connection
        SET geolocation = $3, scopes = $4, state = 'connected', refresh_token = $5,
            generation = generation + 1, refresh_expires_at = $6, refresh_due_at = $7,
            refreshed_at = $8, active_at = $8, trouble = NULL, refresh_lease = NULL
        WHERE app_id = $1 AND id = $2 AND state <> 'ended'";
    TAKE = "UPDATE connect_connection SET refresh_lease = $3, refresh_lease_until = $4
        WHERE app_id = $1 AND id = $2 AND state IN ('connected', 'ending')
            AND (refresh_lease IS NULL OR refresh_lease_until < $5)
        RETURNING principal_id, geolocation, state, refresh_token, generation";
    // Beside the lease, the generation names the token that is replaced: its user may have brought
    // another one meanwhile.
    REFRESHED = "UPDATE connect_connection
        SET geolocation = $5, refresh_token = $6, generation = generation + 1,
            refresh_expires_at = $7, refresh_due_at = $8, refreshed_at = $9,
            active_at = COALESCE($10, active_at), trouble = NULL, refresh_lease = NULL
        WHERE app_id = $1 AND id = $2 AND generation = $3 AND refresh_lease = $4
            AND state IN ('connected', 'ending')";
    LOST = "UPDATE connect_connection
        SET state = 'lost', refresh_due_at = NULL, trouble = $5, refresh_lease = NULL
        WHERE app_id = $1 AND id = $2 AND generation = $3 AND refresh_lease = $4
            AND state = 'connected'";
    TROUBLE = "UPDATE connect_connection SET trouble = $4, refresh_lease = NULL
        WHERE app_id = $1 AND id = $2 AND refresh_lease = $3";
    ENDING = "UPDATE connect_connection SET state = 'ending', refresh_due_at = NULL
        WHERE app_id = $1 AND id = $2 AND state IN ('connected', 'lost')";
    REVOKING = "UPDATE connect_connection SET revoking_until = $3
        WHERE app_id = $1 AND id = $2 AND state = 'ending'";
    // Whoever ends it meanwhile waits: until then its job is there to rely on, or gone.
    GENERATION_ENDING = sqlite: "SELECT state, generation FROM connect_connection
        WHERE app_id = $1 AND id = $2",
        postgres: "SELECT state, generation FROM connect_connection
        WHERE app_id = $1 AND id = $2 FOR UPDATE";
    ENDED = "UPDATE connect_connection
        SET state = 'ended', refresh_token = NULL, refresh_due_at = NULL, revoking_until = $3
        WHERE app_id = $1 AND id = $2 AND state = 'ending'
            AND generation = COALESCE($4, generation)";
    SUPERSEDED = "UPDATE connect_connection
        SET state = 'ended', refresh_token = NULL, refresh_due_at = NULL
        WHERE app_id = $1 AND id = $2 AND state = 'ending'";
    LEFT = "UPDATE connect_connection SET account_id = NULL
        WHERE app_id = $1 AND id = $2 AND state = 'ending'";
    REVOKED_SINCE = "SELECT COUNT(*) FROM connect_connection
        WHERE app_id = $1 AND principal_id = $2 AND revoking_until >= $3";
    IS_REVOKING = "SELECT COUNT(*) FROM connect_connection
        WHERE app_id = $1 AND account_id = $2 AND state = 'ending' AND revoking_until > $3";
    HELD = "SELECT principal_id, geolocation, state, refresh_token, generation
        FROM connect_connection WHERE app_id = $1 AND id = $2";
    GET = "SELECT app_id, id, account_id, principal_id, geolocation, state, refresh_expires_at,
            connected_at, refreshed_at, trouble
        FROM connect_connection WHERE app_id = $1 AND id = $2";
    OF_ACCOUNT = "SELECT app_id, id, account_id, principal_id, geolocation, state,
            refresh_expires_at, connected_at, refreshed_at, trouble
        FROM connect_connection WHERE app_id = $1 AND account_id = $2 AND state <> 'ended'";
    OF_PRINCIPAL = "SELECT app_id, id, account_id, principal_id, geolocation, state,
            refresh_expires_at, connected_at, refreshed_at, trouble
        FROM connect_connection WHERE app_id = $1 AND principal_id = $2 AND state <> 'ended'";
    OF_REF = "SELECT c.app_id, c.id, c.account_id, c.principal_id, c.geolocation, c.state,
            c.refresh_expires_at, c.connected_at, c.refreshed_at, c.trouble
        FROM connect_account a JOIN connect_connection c
            ON c.app_id = a.app_id AND c.account_id = a.id AND c.state <> 'ended'
        WHERE a.app_id = $1 AND a.user_ref = $2";
    LIST = "SELECT app_id, id, account_id, principal_id, geolocation, state, refresh_expires_at,
            connected_at, refreshed_at, trouble
        FROM connect_connection WHERE app_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    GEOLOCATIONS = "SELECT DISTINCT geolocation FROM connect_connection
        WHERE app_id = $1 AND state IN ('connected', 'ending') ORDER BY geolocation";
    // Who takes them has moved them on, so that another process takes others.
    TAKE_DUE = sqlite: "UPDATE connect_connection SET refresh_due_at = $2
        WHERE (app_id, id) IN (SELECT app_id, id FROM connect_connection
            WHERE state = 'connected' AND refresh_due_at <= $1 ORDER BY refresh_due_at LIMIT $3)
        RETURNING app_id, id",
        postgres: "UPDATE connect_connection SET refresh_due_at = $2
        WHERE (app_id, id) IN (SELECT app_id, id FROM connect_connection
            WHERE state = 'connected' AND refresh_due_at <= $1 ORDER BY refresh_due_at LIMIT $3
            FOR UPDATE SKIP LOCKED)
        RETURNING app_id, id";
    AT_RISK = "SELECT COUNT(*) FROM connect_connection
        WHERE state = 'connected' AND refresh_due_at IS NOT NULL AND refresh_expires_at <= $1
            AND trouble IS NOT NULL";
    SEALED = "SELECT id, refresh_token FROM connect_connection
        WHERE app_id = $1 AND id < $2 AND refresh_token IS NOT NULL ORDER BY id DESC LIMIT $3";
    // The same token, sealed anew: no other generation.
    RESEALED = "UPDATE connect_connection SET refresh_token = $4
        WHERE app_id = $1 AND id = $2 AND refresh_token = $3";
    LOST_COUNT = "SELECT COUNT(*) FROM connect_connection WHERE state = 'lost'";
}

/// A refresh token to store, sealed.
#[derive(Clone, Debug)]
pub(crate) struct NewToken {
    pub(crate) sealed: Vec<u8>,
    pub(crate) geolocation: BaseUri,
    pub(crate) expires_at: Option<Micros>,
    pub(crate) due_at: Option<Micros>,
    pub(crate) at: Micros,
    /// Whether somebody needs it, rather than the schedule.
    pub(crate) needed: bool,
}

/// A stored token, as some key sealed it.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub(crate) id: Uuid,
    pub(crate) sealed: Vec<u8>,
}

/// A connection to make.
#[derive(Clone, Debug)]
pub(crate) struct NewConnection {
    pub(crate) app_id: String,
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) account_id: Option<Uuid>,
    pub(crate) principal_id: String,
    pub(crate) company_id: Option<String>,
    pub(crate) scopes: String,
}

/// A connection's token as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) app_id: String,
    pub(crate) id: Uuid,
    /// Whose refresh it is; none for who only looks.
    pub(crate) lease: Option<[u8; 16]>,
    pub(crate) principal_id: String,
    pub(crate) geolocation: String,
    pub(crate) state: ConnectionState,
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) generation: i64,
}

pub(crate) async fn insert_account(tx: &mut Tx, new: &NewAccount) -> Result<bool, DbError> {
    let values = args![
        &new.app_id,
        &new.id,
        &new.user_ref,
        new.email.as_deref(),
        &new.name,
        new.password_hash.as_deref(),
        new.at,
    ];
    Ok(tx.execute(&INSERT_ACCOUNT, values).await? == 1)
}

pub(crate) async fn account_by_ref(
    tx: &mut Tx,
    app_id: &str,
    user_ref: &str,
) -> Result<Option<Account>, DbError> {
    let row = tx.row(&ACCOUNT_BY_REF, args![app_id, user_ref]).await?;
    row.map(account).transpose()
}

pub(crate) async fn get_account(
    tx: &mut Tx,
    app_id: &str,
    id: Uuid,
) -> Result<Option<Account>, DbError> {
    let row = tx.row(&ACCOUNT, args![app_id, &id]).await?;
    row.map(account).transpose()
}

pub(crate) async fn insert(
    tx: &mut Tx,
    new: &NewConnection,
    token: &NewToken,
) -> Result<(), DbError> {
    let values = args![
        &new.app_id,
        &new.id,
        new.kind.as_str(),
        new.account_id.as_ref(),
        &new.principal_id,
        new.company_id.as_deref(),
        token.geolocation.as_str(),
        &new.scopes,
        &token.sealed,
        token.expires_at,
        token.due_at,
        token.at,
    ];
    tx.execute(&INSERT, values).await.map(drop)
}

/// Gives a connection that there is a token that its user brought anew.
pub(crate) async fn reconnect(
    tx: &mut Tx,
    (app_id, id): (&str, Uuid),
    scopes: &str,
    token: &NewToken,
) -> Result<bool, DbError> {
    let values = args![
        app_id,
        &id,
        token.geolocation.as_str(),
        scopes,
        &token.sealed,
        token.expires_at,
        token.due_at,
        token.at,
    ];
    Ok(tx.execute(&RECONNECT, values).await? == 1)
}

/// Takes a connection's token to refresh it, unless somebody else has it until later than now.
pub(crate) async fn take(
    tx: &mut Tx,
    (app_id, id): (&str, Uuid),
    lease: [u8; 16],
    (now, until): (Micros, Micros),
) -> Result<Option<Held>, DbError> {
    let values = args![app_id, &id, &lease, until, now];
    let rows = tx.returning(&TAKE, values).await?;
    let row = rows.into_iter().next();
    let held = row.map(|row| read_held(app_id, id, Some(lease), row));
    held.transpose()
}

/// Replaces the token that was taken. False if its user brought another one meanwhile, or the
/// connection ended.
pub(crate) async fn refreshed(tx: &mut Tx, held: &Held, token: &NewToken) -> Result<bool, DbError> {
    let values = args![
        &held.app_id,
        &held.id,
        held.generation,
        held.lease.as_ref(),
        token.geolocation.as_str(),
        &token.sealed,
        token.expires_at,
        token.due_at,
        token.at,
        token.needed.then_some(token.at),
    ];
    Ok(tx.execute(&REFRESHED, values).await? == 1)
}

/// Notes that the platform refused the token that was taken. False if there is another by now.
pub(crate) async fn lost(tx: &mut Tx, held: &Held, trouble: &str) -> Result<bool, DbError> {
    let lease = held.lease.as_ref();
    let values = args![&held.app_id, &held.id, held.generation, lease, trouble];
    Ok(tx.execute(&LOST, values).await? == 1)
}

/// Notes what hindered a refresh, and lets others try.
pub(crate) async fn trouble(tx: &mut Tx, held: &Held, trouble: &str) -> Result<(), DbError> {
    let values = args![&held.app_id, &held.id, held.lease.as_ref(), trouble];
    tx.execute(&TROUBLE, values).await.map(drop)
}

pub(crate) async fn ending(tx: &mut Tx, app_id: &str, id: Uuid) -> Result<bool, DbError> {
    Ok(tx.execute(&ENDING, args![app_id, &id]).await? == 1)
}

/// Says until when the platform may end the tokens of a connection that is ending.
pub(crate) async fn revoking(
    tx: &mut Tx,
    app_id: &str,
    id: Uuid,
    until: Micros,
) -> Result<(), DbError> {
    let values = args![app_id, &id, until];
    tx.execute(&REVOKING, values).await.map(drop)
}

/// The generation of a connection that is ending, which nobody changes before this operation is
/// over. None where it is not ending any more.
pub(crate) async fn generation_ending(
    tx: &mut Tx,
    app_id: &str,
    id: Uuid,
) -> Result<Option<i64>, DbError> {
    let row = tx.row(&GENERATION_ENDING, args![app_id, &id]).await?;
    let Some(mut row) = row else {
        return Ok(None);
    };
    let generation = row.get(1)?;
    Ok((state(&mut row, 0)? == ConnectionState::Ending).then_some(generation))
}

/// It is revoked: forgets it. `generation` says with which token, where it is that one alone. False
/// where it has another by now, or is not ending any more.
pub(crate) async fn ended(
    tx: &mut Tx,
    (app_id, id): (&str, Uuid),
    generation: Option<i64>,
    now: Micros,
) -> Result<bool, DbError> {
    let values = args![app_id, &id, now, generation];
    Ok(tx.execute(&ENDED, values).await? == 1)
}

/// Forgets a connection that is ending: a new one of the same user needs no revocation before.
pub(crate) async fn superseded(tx: &mut Tx, app_id: &str, id: Uuid) -> Result<(), DbError> {
    tx.execute(&SUPERSEDED, args![app_id, &id]).await.map(drop)
}

/// Makes a connection that is ending nobody's, so that its account can have another.
pub(crate) async fn left(tx: &mut Tx, app_id: &str, id: Uuid) -> Result<(), DbError> {
    tx.execute(&LEFT, args![app_id, &id]).await.map(drop)
}

/// Whether tokens that the platform gave a user since then may have been revoked.
pub(crate) async fn revoked_since(
    tx: &mut Tx,
    app_id: &str,
    principal_id: &str,
    since: Micros,
) -> Result<bool, DbError> {
    any(tx, &REVOKED_SINCE, args![app_id, principal_id, since]).await
}

/// Whether an account's connection is being revoked right now.
pub(crate) async fn is_revoking(
    tx: &mut Tx,
    app_id: &str,
    account_id: Uuid,
    now: Micros,
) -> Result<bool, DbError> {
    any(tx, &IS_REVOKING, args![app_id, &account_id, now]).await
}

async fn any(tx: &mut Tx, count: &'static Sql, values: &[Value<'_>]) -> Result<bool, DbError> {
    let row = tx.row(count, values).await?;
    let count: i64 = row.map_or(Ok(0), |mut row| row.get(0))?;
    Ok(count > 0)
}

pub(crate) async fn held(tx: &mut Tx, app_id: &str, id: Uuid) -> Result<Option<Held>, DbError> {
    let row = tx.row(&HELD, args![app_id, &id]).await?;
    let held = row.map(|row| read_held(app_id, id, None, row));
    held.transpose()
}

fn read_held(
    app_id: &str,
    id: Uuid,
    lease: Option<[u8; 16]>,
    mut row: Row,
) -> Result<Held, DbError> {
    Ok(Held {
        app_id: app_id.to_owned(),
        id,
        lease,
        principal_id: row.get(0)?,
        geolocation: row.get(1)?,
        state: state(&mut row, 2)?,
        sealed: row.get(3)?,
        generation: row.get(4)?,
    })
}

pub(crate) async fn get(
    tx: &mut Tx,
    app_id: &str,
    id: Uuid,
) -> Result<Option<Connection>, DbError> {
    let row = tx.row(&GET, args![app_id, &id]).await?;
    row.map(connection).transpose()
}

pub(crate) async fn of_account(
    tx: &mut Tx,
    app_id: &str,
    account_id: Uuid,
) -> Result<Option<Connection>, DbError> {
    let row = tx.row(&OF_ACCOUNT, args![app_id, &account_id]).await?;
    row.map(connection).transpose()
}

pub(crate) async fn of_principal(
    tx: &mut Tx,
    app_id: &str,
    principal_id: &str,
) -> Result<Option<Connection>, DbError> {
    let row = tx.row(&OF_PRINCIPAL, args![app_id, principal_id]).await?;
    row.map(connection).transpose()
}

pub(crate) async fn of_ref(
    tx: &mut Tx,
    app_id: &str,
    user_ref: &str,
) -> Result<Option<Connection>, DbError> {
    let row = tx.row(&OF_REF, args![app_id, user_ref]).await?;
    row.map(connection).transpose()
}

pub(crate) async fn list(
    tx: &mut Tx,
    app_id: &str,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Connection>, DbError> {
    let rows = tx.rows(&LIST, args![app_id, &before, limit]).await?;
    rows.into_iter().map(connection).collect()
}

pub(crate) async fn geolocations(tx: &mut Tx, app_id: &str) -> Result<Vec<String>, DbError> {
    let rows = tx.rows(&GEOLOCATIONS, args![app_id]).await?;
    rows.into_iter().map(|mut row| row.get(0)).collect()
}

/// Takes connections whose scheduled refresh is due, and moves that to `again_at`.
pub(crate) async fn take_due(
    tx: &mut Tx,
    now: Micros,
    again_at: Micros,
    limit: i64,
) -> Result<Vec<(String, Uuid)>, DbError> {
    let rows = tx.returning(&TAKE_DUE, args![now, again_at, limit]).await?;
    let rows = rows.into_iter();
    rows.map(|mut row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// How many connections are lost, and how many will be by `soon` if nobody helps.
pub(crate) async fn alerts(tx: &mut Tx, soon: Micros) -> Result<(i64, i64), DbError> {
    let lost = tx.row(&LOST_COUNT, &[]).await?;
    let at_risk = tx.row(&AT_RISK, args![soon]).await?;
    let count = |row: Option<Row>| row.map_or(Ok(0), |mut row| row.get(0));
    Ok((count(lost)?, count(at_risk)?))
}

/// Stored tokens of an app before a connection, newest first.
pub(crate) async fn sealed(
    tx: &mut Tx,
    app_id: &str,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Sealed>, DbError> {
    let rows = tx.rows(&SEALED, args![app_id, &before, limit]).await?;
    let tokens = rows.into_iter().map(|mut row| {
        Ok(Sealed {
            id: row.get(0)?,
            sealed: row.get(1)?,
        })
    });
    tokens.collect()
}

/// Puts a token sealed anew in its place, unless another one is there by now.
pub(crate) async fn resealed(
    tx: &mut Tx,
    app_id: &str,
    old: &Sealed,
    new: &[u8],
) -> Result<(), DbError> {
    let values = args![app_id, &old.id, &old.sealed, new];
    tx.execute(&RESEALED, values).await.map(drop)
}

fn account(mut row: Row) -> Result<Account, DbError> {
    Ok(Account {
        id: row.get(0)?,
        user_ref: row.get(1)?,
        email: row.get(2)?,
        name: row.get(3)?,
        password_hash: row.get(4)?,
    })
}

fn connection(mut row: Row) -> Result<Connection, DbError> {
    Ok(Connection {
        app_id: row.get(0)?,
        id: row.get(1)?,
        account_id: row.get(2)?,
        principal_id: row.get(3)?,
        geolocation: row.get(4)?,
        state: state(&mut row, 5)?,
        refresh_expires_at: row.get(6)?,
        connected_at: row.get(7)?,
        refreshed_at: row.get(8)?,
        trouble: row.get(9)?,
    })
}

pub(crate) fn state(row: &mut Row, column: usize) -> Result<ConnectionState, DbError> {
    let text: String = row.get(column)?;
    ConnectionState::parse(&text).ok_or(DbError::Decode { column })
}
