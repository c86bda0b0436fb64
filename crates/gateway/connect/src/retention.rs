//! The call log is kept for a while only.

use std::time::Duration;

use bursar_db::{DbError, Isolation};
use bursar_kernel::Micros;

use crate::{Vault, calls};

/// How often old calls are looked for.
const EVERY: Duration = Duration::from_hours(1);
/// Calls forgotten in one operation.
const BATCH: i64 = 500;

/// Forgets calls of every app that are older than `kept`, again and again, until it is dropped.
pub async fn forget_calls(vault: Vault, kept: Duration) {
    loop {
        let before = vault.clock().now() - kept;
        if let Err(error) = forget(&vault, before).await {
            tracing::warn!(%error, "old calls were not forgotten");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn forget(vault: &Vault, before: Micros) -> Result<(), DbError> {
    for app in vault.apps().iter() {
        loop {
            let args = (app.id.clone(), before);
            let forget = vault.db().write(
                Isolation::ReadCommitted,
                args,
                |tx, (app_id, before): &(String, Micros)| {
                    Box::pin(calls::forget(tx, app_id, *before, BATCH))
                },
            );
            if forget.await? < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    Ok(())
}
