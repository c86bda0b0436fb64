//! All SQL of the pages: sessions. Tables begin with `console_`.

use std::time::Duration;

use bursar_db::{Db, DbError, Isolation, Tx, args, statements};
use bursar_directory::{Company, User, UserState};
use bursar_kernel::{Micros, Uuid};
use bursar_pages::session::stored;
use bursar_pages::{Messages, SignedIn};

use crate::views;

/// A session ends this long after sign-in.
pub(crate) const LIFETIME: Duration = Duration::from_hours(8);

statements! {
    INSERT = "INSERT INTO console_session (key, company_id, user_id, csrf, expires_at) \
        VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT user_id, csrf FROM console_session WHERE key = $1 AND expires_at > $2";
    DELETE = "DELETE FROM console_session WHERE key = $1";
    DELETE_OF_USER = "DELETE FROM console_session WHERE company_id = $1 AND user_id = $2";
    // A few at a time: each new one makes room for itself.
    DELETE_EXPIRED = "DELETE FROM console_session WHERE key IN (\
        SELECT key FROM console_session WHERE expires_at <= $1 ORDER BY expires_at LIMIT 16)";
}

/// Who reads.
pub(crate) struct Session {
    pub(crate) user: User,
    pub(crate) company: Company,
    pub(crate) csrf: String,
}

impl Session {
    /// The user's name for reading.
    pub(crate) fn display_name(&self) -> String {
        let name = format!("{} {}", self.user.given_name, self.user.family_name);
        name.trim().to_owned()
    }

    pub(crate) fn shown(&self, messages: &Messages) -> SignedIn {
        views::signed_in(messages, &self.display_name(), &self.csrf, &self.user.roles)
    }
}

/// A session that is about to begin. Its token is new: one that somebody planted in the browser
/// before never becomes a session.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub(crate) token: String,
    pub(crate) csrf: String,
    /// The session that the browser had, which ends.
    pub(crate) old: Option<String>,
    pub(crate) now: Micros,
}

impl NewSession {
    /// Begins it for `user`, and forgets some of those that have expired.
    pub(crate) async fn begin(&self, tx: &mut Tx, user: &User) -> Result<(), DbError> {
        tx.execute(&DELETE_EXPIRED, args![self.now]).await?;
        if let Some(old) = &self.old {
            tx.execute(&DELETE, args![&stored(old)]).await?;
        }
        let (key, expires_at) = (stored(&self.token), self.now + LIFETIME);
        let arguments = args![&key, &user.company_id, &user.id, &self.csrf, expires_at];
        tx.execute(&INSERT, arguments).await.map(drop)
    }
}

/// The session of a cookie's value, if it has not expired and its user is still active.
pub(crate) async fn find(db: &Db, token: &str, now: Micros) -> Result<Option<Session>, DbError> {
    db.read((stored(token), now), |tx, (key, now)| {
        Box::pin(async move {
            let Some(mut row) = tx.row(&FIND, args![key, *now]).await? else {
                return Ok(None);
            };
            let (user_id, csrf): (Uuid, String) = (row.get(0)?, row.get(1)?);
            let member = bursar_directory::api::user(tx, &user_id).await?;
            let member = member.filter(|member| member.user.state == UserState::Active);
            Ok(member.map(|member| Session {
                user: member.user,
                company: member.company,
                csrf,
            }))
        })
    })
    .await
}

/// Ends a session.
pub(crate) async fn end(db: &Db, token: &str) -> Result<(), DbError> {
    db.write(Isolation::Append, stored(token), |tx, key| {
        Box::pin(async move { tx.execute(&DELETE, args![key]).await.map(drop) })
    })
    .await
}

/// Ends all sessions of a user, wherever they began.
pub(crate) async fn end_all(tx: &mut Tx, user: &User) -> Result<(), DbError> {
    let arguments = args![&user.company_id, &user.id];
    tx.execute(&DELETE_OF_USER, arguments).await.map(drop)
}
