//! What people who run the gateway see of connections and calls.

use std::collections::BTreeMap;
use std::time::Duration;

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use crate::calls::{self, Call, Search, Summary};
use crate::keep_alive::SOON;
use crate::store::{account_by_ref, state};
use crate::{Account, Connection, ConnectionState, Kind, Vault};

/// `Choice:` a data center is in trouble when all of its calls failed for this long.
const LATELY: Duration = Duration::from_mins(15);
/// `Choice:` calls of an app that are looked at for that: the newest.
pub const FAILING_AMONG: i64 = 1_000;
/// Fewer failures prove nothing.
const FAILURES_MIN: usize = 3;
/// Connections of one user, ended ones included.
const OF_USER_MAX: i64 = 50;

statements! {
    COUNT = "SELECT COUNT(*) FROM (SELECT 1 FROM connect_connection
        WHERE app_id = $1 AND state = $2 LIMIT $3) AS counted";
    // With `|| ''` SQLite does not take the primary key, and with it all that the app has.
    COUNT_AT_RISK = "SELECT COUNT(*) FROM (SELECT 1 FROM connect_connection
        WHERE app_id || '' = $1 AND state = 'connected' AND trouble IS NOT NULL
            AND refresh_expires_at <= $2 LIMIT $3) AS counted";
    DETAIL = "SELECT c.app_id, c.id, c.account_id, c.principal_id, c.geolocation, c.state,
            c.refresh_expires_at, c.connected_at, c.refreshed_at, c.trouble, c.kind, c.company_id,
            c.scopes, a.user_ref, a.email, a.name
        FROM connect_connection c
            LEFT JOIN connect_account a ON a.app_id = c.app_id AND a.id = c.account_id
        WHERE c.app_id = $1 AND c.id = $2";
    ALL = "SELECT c.app_id, c.id, c.account_id, c.principal_id, c.geolocation, c.state,
            c.refresh_expires_at, c.connected_at, c.refreshed_at, c.trouble, c.kind, c.company_id,
            c.scopes, a.user_ref, a.email, a.name
        FROM connect_connection c
            LEFT JOIN connect_account a ON a.app_id = c.app_id AND a.id = c.account_id
        WHERE c.app_id = $1 AND c.id < $2 ORDER BY c.id DESC LIMIT $3";
    OF_STATE = "SELECT c.app_id, c.id, c.account_id, c.principal_id, c.geolocation, c.state,
            c.refresh_expires_at, c.connected_at, c.refreshed_at, c.trouble, c.kind, c.company_id,
            c.scopes, a.user_ref, a.email, a.name
        FROM connect_connection c
            LEFT JOIN connect_account a ON a.app_id = c.app_id AND a.id = c.account_id
        WHERE c.app_id = $1 AND c.state = $4 AND c.id < $2 ORDER BY c.id DESC LIMIT $3";
    AT_RISK = "SELECT c.app_id, c.id, c.account_id, c.principal_id, c.geolocation, c.state,
            c.refresh_expires_at, c.connected_at, c.refreshed_at, c.trouble, c.kind, c.company_id,
            c.scopes, a.user_ref, a.email, a.name
        FROM connect_connection c
            LEFT JOIN connect_account a ON a.app_id = c.app_id AND a.id = c.account_id
        WHERE c.app_id || '' = $1 AND c.state = 'connected' AND c.trouble IS NOT NULL
            AND c.refresh_expires_at <= $4 AND c.id < $2
        ORDER BY c.id DESC LIMIT $3";
    OF_ACCOUNT = "SELECT id FROM connect_connection WHERE app_id = $1 AND account_id = $2
        ORDER BY id DESC LIMIT $3";
    // However its letters and hyphens are written.
    OF_PRINCIPAL = "SELECT id FROM connect_connection
        WHERE replace(lower(principal_id), '-', '') = $2 AND app_id || '' = $1
        ORDER BY id DESC LIMIT $3";
    BY_EMAIL = "SELECT id FROM connect_account
        WHERE email IS NOT NULL AND lower(email) = $2 AND app_id || '' = $1 LIMIT $3";
    BY_REF = "SELECT id FROM connect_account
        WHERE lower(user_ref) = $2 AND app_id || '' = $1 LIMIT $3";
}

/// Which connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// All of them.
    All,
    /// Those in this state.
    State(ConnectionState),
    /// Connected ones whose token expires soon, and whose last refresh failed.
    AtRisk,
}

impl Of {
    /// Whether a connection is one of those.
    fn has(self, connection: &Connection, now: Micros) -> bool {
        match self {
            Self::All => true,
            Self::State(state) => connection.state == state,
            Self::AtRisk => {
                let soon = connection.refresh_expires_at;
                connection.state == ConnectionState::Connected
                    && connection.trouble.is_some()
                    && soon.is_some_and(|at| at <= now + SOON)
            }
        }
    }
}

/// A connection with all that is known of it, its token aside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detail {
    /// The connection.
    pub connection: Connection,
    /// Who is connected.
    pub kind: Kind,
    /// The company on the platform, if it said so.
    pub company_id: Option<String>,
    /// What the token allows, with blanks between.
    pub scopes: String,
    /// Whose it is; none for a company's, or where the account was deleted.
    pub account: Option<Account>,
}

/// How an app's connections stand: each number at most as high as was counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Connections by state.
    pub by_state: Vec<(ConnectionState, i64)>,
    /// Connected ones whose token expires soon, and whose last refresh failed.
    pub at_risk: i64,
    /// Data centers whose calls all failed lately, with how many: among the newest
    /// [`FAILING_AMONG`] of the app.
    pub failing: Vec<(String, usize)>,
}

impl Vault {
    /// How an app's connections stand, counted up to `most`.
    pub async fn standing(&self, app_id: &str, most: i64) -> Result<Standing, DbError> {
        let now = self.clock().now();
        let args = (app_id.to_owned(), now, most);
        let look = self.db().scan(args, |tx, (app_id, now, most)| {
            Box::pin(standing(tx, app_id, *now, *most))
        });
        look.await
    }

    /// A connection with all that is known of it.
    pub async fn detail(&self, app_id: &str, id: Uuid) -> Result<Option<Detail>, DbError> {
        let args = (app_id.to_owned(), id);
        let get = self.db().read(args, |tx, (app_id, id)| {
            Box::pin(get_detail(tx, app_id, *id))
        });
        get.await
    }

    /// Connections of an app before one (`Uuid::max()` begins), newest first.
    pub async fn details(
        &self,
        app_id: &str,
        of: Of,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<Detail>, DbError> {
        let args = (app_id.to_owned(), of, before, limit, self.clock().now());
        let list = self
            .db()
            .scan(args, |tx, (app_id, of, before, limit, now)| {
                Box::pin(details(tx, app_id, *of, (*before, *limit), *now))
            });
        list.await
    }

    /// The connections before one (`Uuid::max()` begins) of whom this names, newest first: the
    /// merchant's own name of a user, a mail address, or the user's or company's id on the
    /// platform, each in upper case or lower case.
    pub async fn named(
        &self,
        app_id: &str,
        name: &str,
        of: Of,
        before: Uuid,
    ) -> Result<Vec<Detail>, DbError> {
        let args = (app_id.to_owned(), name.to_owned());
        let find = self
            .db()
            .scan(args, |tx, (app_id, name)| Box::pin(named(tx, app_id, name)));
        let mut found: Vec<Detail> = find.await?;
        let now = self.clock().now();
        found.retain(|detail| detail.connection.id < before && of.has(&detail.connection, now));
        Ok(found)
    }

    /// A call of an app.
    pub async fn call(&self, app_id: &str, id: Uuid) -> Result<Option<Call>, DbError> {
        let args = (app_id.to_owned(), id);
        let get = self.db().read(args, |tx, (app_id, id)| {
            Box::pin(calls::get(tx, app_id, *id))
        });
        get.await
    }

    /// The calls of an app before one (`Uuid::max()` begins), newest first.
    pub async fn calls(
        &self,
        app_id: &str,
        search: Search,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<Summary>, DbError> {
        let args = (app_id.to_owned(), search, before, limit);
        let find = self.db().scan(args, |tx, (app_id, search, before, limit)| {
            Box::pin(search.find(tx, app_id, *before, *limit))
        });
        find.await
    }

    /// The calls of an app with this correlation id, in order, with their bodies.
    pub async fn correlated(
        &self,
        app_id: &str,
        correlation_id: &str,
        limit: i64,
    ) -> Result<Vec<Call>, DbError> {
        let args = (app_id.to_owned(), correlation_id.to_owned(), limit);
        let find = self.db().scan(args, |tx, (app_id, id, limit)| {
            Box::pin(calls::by_correlation(tx, app_id, id, *limit))
        });
        find.await
    }
}

async fn standing(tx: &mut Tx, app_id: &str, now: Micros, most: i64) -> Result<Standing, DbError> {
    let count = |row: Option<Row>| row.map_or(Ok(0), |mut row| row.get(0));
    let mut by_state = Vec::new();
    for state in ConnectionState::ALL {
        let row = tx.row(&COUNT, args![app_id, state.as_str(), most]).await?;
        by_state.push((state, count(row)?));
    }
    let at_risk = tx
        .row(&COUNT_AT_RISK, args![app_id, now + SOON, most])
        .await?;
    let calls = calls::places(tx, app_id, now - LATELY, FAILING_AMONG).await?;
    Ok(Standing {
        by_state,
        at_risk: count(at_risk)?,
        failing: failing(&calls),
    })
}

/// The places of calls that all failed, so often that it is no accident.
fn failing(calls: &[(String, Option<i64>)]) -> Vec<(String, usize)> {
    let mut places: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for (url, status) in calls {
        let (count, all_failed) = places.entry(origin(url)).or_insert((0, true));
        *count += 1;
        *all_failed &= status.is_none_or(|status| status >= 500);
    }
    let failing = places
        .into_iter()
        .filter(|(_, (count, all_failed))| *all_failed && *count >= FAILURES_MIN);
    failing
        .map(|(place, (count, _))| (place.to_owned(), count))
        .collect()
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[..path]
}

async fn get_detail(tx: &mut Tx, app_id: &str, id: Uuid) -> Result<Option<Detail>, DbError> {
    let row = tx.row(&DETAIL, args![app_id, &id]).await?;
    row.map(detail).transpose()
}

async fn details(
    tx: &mut Tx,
    app_id: &str,
    of: Of,
    (before, limit): (Uuid, i64),
    now: Micros,
) -> Result<Vec<Detail>, DbError> {
    let rows = match of {
        Of::All => tx.rows(&ALL, args![app_id, &before, limit]).await?,
        Of::State(state) => {
            let values = args![app_id, &before, limit, state.as_str()];
            tx.rows(&OF_STATE, values).await?
        }
        Of::AtRisk => {
            let values = args![app_id, &before, limit, now + SOON];
            tx.rows(&AT_RISK, values).await?
        }
    };
    rows.into_iter().map(detail).collect()
}

async fn named(tx: &mut Tx, app_id: &str, name: &str) -> Result<Vec<Detail>, DbError> {
    let lower = name.to_lowercase();
    let rows = tx
        .rows(&BY_EMAIL, args![app_id, &lower, OF_USER_MAX])
        .await?;
    let mut accounts = ids(rows)?;
    let rows = tx.rows(&BY_REF, args![app_id, &lower, OF_USER_MAX]).await?;
    accounts.extend(ids(rows)?);
    // One engine makes only the letters of ASCII lower.
    let exact = account_by_ref(tx, app_id, name).await?;
    accounts.extend(exact.map(|account| account.id));
    let mut found = Vec::new();
    for account in &accounts {
        let values = args![app_id, account, OF_USER_MAX];
        found.extend(ids(tx.rows(&OF_ACCOUNT, values).await?)?);
    }
    let principal = calls::plain_id(name);
    let values = args![app_id, &principal, OF_USER_MAX];
    found.extend(ids(tx.rows(&OF_PRINCIPAL, values).await?)?);
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.dedup();
    let mut all = Vec::new();
    for id in found {
        all.extend(get_detail(tx, app_id, id).await?);
    }
    Ok(all)
}

fn ids(rows: Vec<Row>) -> Result<Vec<Uuid>, DbError> {
    rows.into_iter().map(|mut row| row.get(0)).collect()
}

fn detail(mut row: Row) -> Result<Detail, DbError> {
    let kind: String = row.get(10)?;
    let account_id: Option<Uuid> = row.get(2)?;
    let user_ref: Option<String> = row.get(13)?;
    let account = match (account_id, user_ref) {
        (Some(id), Some(user_ref)) => Some(Account {
            id,
            user_ref,
            email: row.get(14)?,
            name: row.get(15)?,
            password_hash: None,
        }),
        _ => None,
    };
    Ok(Detail {
        kind: Kind::parse(&kind).ok_or(DbError::Decode { column: 10 })?,
        company_id: row.get(11)?,
        scopes: row.get(12)?,
        account,
        connection: Connection {
            app_id: row.get(0)?,
            id: row.get(1)?,
            account_id,
            principal_id: row.get(3)?,
            geolocation: row.get(4)?,
            state: state(&mut row, 5)?,
            refresh_expires_at: row.get(6)?,
            connected_at: row.get(7)?,
            refreshed_at: row.get(8)?,
            trouble: row.get(9)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_center_fails_when_all_of_its_calls_do() {
        let call = |url: &str, status| (format!("https://{url}/receipts/v4"), status);
        let calls = [
            call("us.example", None),
            call("us.example", Some(503)),
            call("us.example", Some(500)),
            call("eu.example", None),
            call("eu.example", Some(404)),
            call("eu.example", None),
            call("cn.example:8443", None),
            call("cn.example:8443", None),
        ];
        assert_eq!(failing(&calls), [("https://us.example".to_owned(), 3)]);
        assert_eq!(failing(&[]), []);
    }
}
