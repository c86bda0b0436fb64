//! The scheduled refresh: a connection that nobody uses lives on, and trouble with it is seen long
//! before it dies. Source: api-guides/e-receipts-certification.markdown (a scheduled refresh job).

use std::time::Duration;

use bursar_db::{DbError, Isolation};
use metrics::gauge;

use crate::{AccessError, Vault, store};

/// How often due connections are looked for.
const EVERY: Duration = Duration::from_mins(1);
/// Connections refreshed in one go, one after another: so load is spread.
const BATCH: i64 = 100;
/// When a failed refresh is tried again.
const AGAIN: Duration = Duration::from_hours(1);
/// Connections in trouble that expire sooner are an alert.
pub(crate) const SOON: Duration = Duration::from_hours(24 * 7);

/// Refreshes connections that nobody used for long.
#[derive(Clone)]
pub struct KeepAlive(Vault);

impl KeepAlive {
    /// For the connections of a vault.
    pub fn new(vault: Vault) -> Self {
        Self(vault)
    }

    /// Goes on until it is dropped.
    pub async fn run(self) {
        loop {
            match self.once().await {
                // There may be more.
                Ok(done) if done == usize::try_from(BATCH).unwrap_or(usize::MAX) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "connections were not refreshed"),
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Refreshes what is due, and counts what is in trouble; answers how many were due.
    pub async fn once(&self) -> Result<usize, DbError> {
        let vault = &self.0;
        let now = vault.clock().now();
        let take = vault.db().write(
            Isolation::ReadCommitted,
            (now, now + AGAIN),
            |tx, (now, again)| Box::pin(store::take_due(tx, *now, *again, BATCH)),
        );
        let due = take.await?;
        for (app_id, id) in &due {
            match vault.renew(app_id, *id).await {
                // It is tried again, and counted as being at risk meanwhile.
                Ok(()) | Err(AccessError::Lost(_) | AccessError::NotConnected) => {}
                Err(error) => {
                    tracing::warn!(app_id, connection_id = %id, %error, "not refreshed");
                }
            }
        }
        self.count().await?;
        Ok(due.len())
    }

    async fn count(&self) -> Result<(), DbError> {
        let soon = self.0.clock().now() + SOON;
        let count = self
            .0
            .db()
            .scan(soon, |tx, soon| Box::pin(store::alerts(tx, *soon)));
        let (lost, at_risk) = count.await?;
        #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
        let (lost, at_risk) = (lost as f64, at_risk as f64);
        gauge!("gateway_connections_lost").set(lost);
        gauge!("gateway_connections_at_risk").set(at_risk);
        Ok(())
    }
}
