//! Disconnecting: nothing is sent any more at once, then a job revokes at the platform, and only
//! then is the token forgotten. Source: the e-receipts recipe, "Revoking Tokens".

use std::time::Duration;

use bursar_db::{BoxFuture, DbError, Isolation, Tx};
use bursar_gateway_client::Failure;
use bursar_jobs::{Handler, HandlerError, Job, NewJob, RetryPolicy, complete, enqueue};
use bursar_kernel::{Micros, Uuid};

use crate::calls::{self, NewCall, Purpose};
use crate::{AccessError, ConnectionState, Vault, store};

const KIND: &str = "gateway.revoke";
/// How long after it was decided a revocation may reach the platform: longer than a call can take.
const UNDER_WAY: Duration = Duration::from_mins(1);

impl Vault {
    /// Ends a connection: from now on nothing is delivered for it. False where there is none.
    pub async fn disconnect(&self, app_id: &str, id: Uuid) -> Result<bool, DbError> {
        let now = self.clock().now();
        let args = (app_id.to_owned(), id, now);
        let end = self.db().write(
            Isolation::Serializable,
            args,
            |tx, (app_id, id, now): &(String, Uuid, Micros)| Box::pin(end(tx, app_id, *id, *now)),
        );
        end.await
    }
}

/// The same inside an operation.
pub(crate) async fn end(tx: &mut Tx, app_id: &str, id: Uuid, now: Micros) -> Result<bool, DbError> {
    if !store::ending(tx, app_id, id).await? {
        return Ok(false);
    }
    let payload = format!("{app_id} {id}");
    let job = NewJob {
        kind: KIND,
        key: Some(&payload),
        payload: &payload,
        correlation_id: "",
        run_at: now,
        now,
    };
    enqueue(tx, &job).await?;
    Ok(true)
}

/// Revokes connections that are ending.
#[derive(Clone)]
pub struct Revoke(Vault);

impl Revoke {
    /// For the connections of a vault.
    pub fn new(vault: Vault) -> Self {
        Self(vault)
    }

    async fn revoke(&self, job: &Job) -> Result<(), HandlerError> {
        let (app_id, id) = parse(&job.payload)?;
        let (app_id, vault) = (app_id.to_owned(), &self.0);
        let connection = vault.get(&app_id, id).await?;
        if connection.is_none_or(|one| one.state != ConnectionState::Ending) {
            // Its user has reconnected meanwhile.
            return Ok(());
        }
        let revoked = match vault.access(&app_id, id).await {
            Ok(access) => {
                let Some(app) = vault.apps().get(&app_id) else {
                    return Err(HandlerError::Retry("the app is not configured".into()));
                };
                if !self.begin(&app_id, id).await? {
                    // Its user has reconnected meanwhile.
                    return Ok(());
                }
                match app.client.revoke(&access.token).await {
                    Ok(done) => (done.exchanges, Some(access.principal_id)),
                    Err(failure) => return Err(self.failed(&app_id, id, failure).await),
                }
            }
            // The platform has forgotten it already.
            Err(AccessError::Lost(_)) => (Vec::new(), None),
            Err(error) => return Err(HandlerError::Retry(error.to_string())),
        };
        let (exchanges, user_id) = revoked;
        let purpose = Purpose {
            app_id,
            connection_id: Some(id),
            item_id: None,
            user_id,
        };
        let calls = calls::new_calls(vault.rng(), exchanges);
        let args = (job.claim.clone(), purpose, calls, vault.clock().now());
        let end = vault.db().write(
            Isolation::ReadCommitted,
            args,
            |tx, (claim, purpose, calls, now): &(_, Purpose, Vec<NewCall>, Micros)| {
                Box::pin(async move {
                    calls::keep(tx, purpose, calls, |_| false).await?;
                    let id = purpose.connection_id.unwrap_or_default();
                    store::ended(tx, &purpose.app_id, id, *now).await?;
                    complete(tx, claim).await
                })
            },
        );
        end.await
            .map_err(|error: bursar_jobs::JobsError| error.into())
    }

    /// From here on whoever connects the same user has to wait. False where it is not ending.
    async fn begin(&self, app_id: &str, id: Uuid) -> Result<bool, DbError> {
        let args = (app_id.to_owned(), id, self.0.clock().now() + UNDER_WAY);
        let begin = self.0.db().write(
            Isolation::Serializable,
            args,
            |tx, (app_id, id, until): &(String, Uuid, Micros)| {
                Box::pin(store::revoking(tx, app_id, *id, *until))
            },
        );
        begin.await
    }

    /// Logs the calls of an attempt that failed, and has the job tried again.
    async fn failed(&self, app_id: &str, id: Uuid, mut failure: Failure) -> HandlerError {
        let exchanges = std::mem::take(&mut failure.exchanges);
        if let Err(error) = self.0.log(app_id, exchanges).await {
            tracing::warn!(%error, connection_id = %id, "a call was not logged");
        }
        HandlerError::Retry(failure.to_string())
    }
}

impl Handler for Revoke {
    fn kind(&self) -> &'static str {
        KIND
    }

    /// Two days and more: a platform may be away for long, and a token that is not revoked works.
    fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            attempts_max: 60,
            first_delay: Duration::from_secs(5),
            delay_max: Duration::from_hours(1),
        }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(self.revoke(job))
    }
}

pub(crate) fn parse(payload: &str) -> Result<(&str, Uuid), HandlerError> {
    let parsed = payload
        .rsplit_once(' ')
        .and_then(|(app_id, id)| Some((app_id, id.parse().ok()?)));
    parsed.ok_or_else(|| HandlerError::Dead("the payload names no connection".into()))
}
