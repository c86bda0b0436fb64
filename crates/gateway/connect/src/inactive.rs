//! Users who are long inactive: they are warned by mail, and then their connections are revoked.
//! Active is whose connection needed a token, or who was seen on the connect pages. Source: the
//! e-receipts and quick expense guide, "Revoke Token" (inactive users are revoked).

pub(crate) mod store;

use std::time::Duration;

use bursar_db::{DbError, Isolation};
use bursar_jobs::{NewJob, enqueue};
use bursar_kernel::{Micros, Uuid};

use crate::Vault;
use crate::revoke::end;
use store::Idle;

/// The kind of the job that warns.
pub(crate) const WARN_JOB: &str = "gateway.warn_inactive";
/// How often inactive users are looked for.
const EVERY: Duration = Duration::from_hours(1);
/// Connections that are looked at together.
const BATCH: i64 = 100;

/// How long users may be inactive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InactiveLimits {
    /// After this their connections are revoked.
    pub revoked_after: Duration,
    /// They are warned this long before; a warning that comes late delays the end.
    pub warned_ahead: Duration,
}

impl InactiveLimits {
    /// Until when somebody has to have been idle to be warned now.
    fn warned_since(&self, now: Micros) -> Micros {
        now - self.revoked_after.saturating_sub(self.warned_ahead)
    }

    fn is_to_warn(&self, idle: &Idle, now: Micros) -> bool {
        idle.warned_at.is_none() && idle.since <= self.warned_since(now)
    }

    fn is_to_end(&self, idle: &Idle, now: Micros) -> bool {
        let warned = idle.warned_at;
        idle.since <= now - self.revoked_after
            && warned.is_some_and(|warned_at| warned_at <= now - self.warned_ahead)
    }

    /// When the connection ends whose user is warned now.
    fn ends_at(&self, idle: &Idle, now: Micros) -> Micros {
        (idle.since + self.revoked_after).max(now + self.warned_ahead)
    }

    /// When the connection ends whose user is to be warned now; none where there is no need.
    pub(crate) fn end_to_warn_of(&self, idle: &Idle, now: Micros) -> Option<Micros> {
        self.is_to_warn(idle, now).then(|| self.ends_at(idle, now))
    }
}

/// Looks for inactive users.
#[derive(Clone)]
pub struct Inactive {
    vault: Vault,
    limits: InactiveLimits,
}

impl Inactive {
    /// For the connections of a vault.
    pub fn new(vault: Vault, limits: InactiveLimits) -> Self {
        Self { vault, limits }
    }

    /// Goes on until it is dropped.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.once().await {
                tracing::warn!(%error, "inactive users were not looked for");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Has those warned who are inactive for long, and ends the connections of those who were.
    pub async fn once(&self) -> Result<(), DbError> {
        let mut position = (Micros(0), Uuid::nil());
        loop {
            let now = self.vault.clock().now();
            let args = (self.limits.warned_since(now), position);
            let list = self.vault.db().scan(args, |tx, (idle_at, position)| {
                Box::pin(store::list(tx, *idle_at, *position, BATCH))
            });
            let batch: Vec<Idle> = list.await?;
            let Some(shortest) = batch.last() else {
                return Ok(());
            };
            position = shortest.position();
            for idle in &batch {
                self.look_at(idle, now).await?;
            }
        }
    }

    async fn look_at(&self, idle: &Idle, now: Micros) -> Result<(), DbError> {
        if self.vault.apps().get(&idle.app_id).is_none() {
            // Nobody can be warned in its name, and nothing be revoked, until it is back.
            return Ok(());
        }
        if self.limits.is_to_warn(idle, now) {
            return self.warn(idle, now).await;
        }
        if self.limits.is_to_end(idle, now) && self.end(idle, now).await? {
            tracing::info!(
                app_id = idle.app_id,
                connection_id = %idle.id,
                since = idle.since.rfc3339(),
                "revoking the connection of an inactive user"
            );
        }
        Ok(())
    }

    /// One warning is under way at a time: the job's key sees to that.
    async fn warn(&self, idle: &Idle, now: Micros) -> Result<(), DbError> {
        let (app_id, id) = (&idle.app_id, idle.id);
        let key = format!("{app_id} {id}");
        let payload = format!("{} {key}", self.vault.rng().uuid_at(now));
        let enqueue = self.vault.db().write(
            Isolation::ReadCommitted,
            (key, payload, now),
            |tx, (key, payload, now): &(String, String, Micros)| {
                Box::pin(async move {
                    let job = NewJob {
                        kind: WARN_JOB,
                        key: Some(key),
                        payload,
                        correlation_id: "",
                        run_at: *now,
                        now: *now,
                    };
                    enqueue(tx, &job).await
                })
            },
        );
        enqueue.await.map(drop)
    }

    /// Ends the connection, unless it is active again by now.
    async fn end(&self, idle: &Idle, now: Micros) -> Result<bool, DbError> {
        let args = (idle.app_id.clone(), idle.id, self.limits, now);
        let end = self.vault.db().write(
            Isolation::Serializable,
            args,
            |tx, (app_id, id, limits, now): &(String, Uuid, InactiveLimits, Micros)| {
                Box::pin(async move {
                    let idle = store::get(tx, app_id, *id).await?;
                    if !idle.is_some_and(|idle| limits.is_to_end(&idle, *now)) {
                        return Ok(false);
                    }
                    end(tx, app_id, *id, *now).await
                })
            },
        );
        end.await
    }
}
