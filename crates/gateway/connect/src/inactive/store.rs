//! What is inactive: all SQL on it.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

statements! {
    LIST = "SELECT c.app_id, c.id, c.active_at, a.last_seen_at, c.warned_at, a.email
        FROM connect_connection c
        JOIN connect_account a ON a.app_id = c.app_id AND a.id = c.account_id
        WHERE c.state = 'connected' AND c.account_id IS NOT NULL AND c.active_at <= $1
            AND a.last_seen_at <= $1 AND (c.active_at, c.id) > ($2, $3)
        ORDER BY c.active_at, c.id LIMIT $4";
    GET = "SELECT c.app_id, c.id, c.active_at, a.last_seen_at, c.warned_at, a.email
        FROM connect_connection c
        JOIN connect_account a ON a.app_id = c.app_id AND a.id = c.account_id
        WHERE c.app_id = $1 AND c.id = $2 AND c.state = 'connected'";
    WARNED = "UPDATE connect_connection SET warned_at = $3 WHERE app_id = $1 AND id = $2";
}

/// A connection of a user, and since when it is of no use.
#[derive(Clone, Debug)]
pub(crate) struct Idle {
    pub(crate) app_id: String,
    pub(crate) id: Uuid,
    /// When a token was last needed, or its user seen, whatever was later.
    pub(crate) since: Micros,
    /// When its user was warned since then.
    pub(crate) warned_at: Option<Micros>,
    /// Where its user gets mail, if that is known.
    pub(crate) email: Option<String>,
    active_at: Micros,
}

impl Idle {
    /// What a list goes on after.
    pub(crate) fn position(&self) -> (Micros, Uuid) {
        (self.active_at, self.id)
    }
}

/// Connections that were idle at that time already, longest first, after a position.
pub(crate) async fn list(
    tx: &mut Tx,
    idle_at: Micros,
    (active_at, id): (Micros, Uuid),
    limit: i64,
) -> Result<Vec<Idle>, DbError> {
    let values = args![idle_at, active_at, &id, limit];
    let rows = tx.rows(&LIST, values).await?;
    rows.into_iter().map(idle).collect()
}

/// How a connection stands; none where it is not connected, or a company's.
pub(crate) async fn get(tx: &mut Tx, app_id: &str, id: Uuid) -> Result<Option<Idle>, DbError> {
    let row = tx.row(&GET, args![app_id, &id]).await?;
    row.map(idle).transpose()
}

/// Notes that its user was warned, or cannot be.
pub(crate) async fn warned(
    tx: &mut Tx,
    app_id: &str,
    id: Uuid,
    now: Micros,
) -> Result<(), DbError> {
    tx.execute(&WARNED, args![app_id, &id, now]).await.map(drop)
}

fn idle(mut row: Row) -> Result<Idle, DbError> {
    let active_at: Micros = row.get(2)?;
    let seen_at: Micros = row.get(3)?;
    let warned_at: Option<Micros> = row.get(4)?;
    let since = active_at.max(seen_at);
    Ok(Idle {
        app_id: row.get(0)?,
        id: row.get(1)?,
        since,
        warned_at: warned_at.filter(|warned_at| *warned_at > since),
        email: row.get(5)?,
        active_at,
    })
}
