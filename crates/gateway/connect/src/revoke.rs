//! Disconnecting: nothing is sent any more at once, then a job revokes at the platform, and only
//! then is the token forgotten. Source: the e-receipts recipe, "Revoking Tokens".

use std::time::Duration;

use bursar_db::{BoxFuture, DbError, Isolation, Tx};
use bursar_gateway_client::Failure;
use bursar_jobs::{Handler, HandlerError, Job, JobsError, NewJob, RetryPolicy, complete, enqueue};
use bursar_kernel::{Micros, Uuid};

use crate::calls::{self, NewCall, Purpose};
use crate::{AccessError, Vault, store};

const KIND: &str = "gateway.revoke";
/// Two days and more.
pub(crate) const FOR_DAYS: RetryPolicy = RetryPolicy {
    attempts_max: 60,
    first_delay: Duration::from_secs(5),
    delay_max: Duration::from_hours(1),
};
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

/// Ends a connection and has it revoked. False where there is none.
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
        let vault = &self.0;
        let Some(generation) = self.look(job, app_id, id, None).await? else {
            return Ok(());
        };
        match vault.access(app_id, id).await {
            Ok(access) => {
                let Some(app) = vault.apps().get(app_id) else {
                    return Err(HandlerError::Retry("the app is not configured".into()));
                };
                // From here on whoever connects the same user has to wait.
                let until = vault.clock().now() + UNDER_WAY;
                if self.look(job, app_id, id, Some(until)).await?.is_none() {
                    return Ok(());
                }
                match app.client.revoke(&access.token).await {
                    Ok(done) => {
                        let user_id = Some(access.principal_id);
                        let purpose = purpose(app_id, id, user_id);
                        let calls = calls::new_calls(vault.rng(), done.exchanges);
                        self.ended(job, purpose, calls, None).await
                    }
                    Err(failure) => Err(self.failed(app_id, id, failure).await),
                }
            }
            // The platform has forgotten it already. Its user may have brought another since.
            Err(AccessError::Lost(_)) => {
                let purpose = purpose(app_id, id, None);
                self.ended(job, purpose, Vec::new(), Some(generation)).await
            }
            Err(error) => Err(HandlerError::Retry(error.to_string())),
        }
    }

    /// The generation of a connection that is still to be revoked, which may reach the platform
    /// `until` then. If its user has reconnected, the job ends in the same operation: who
    /// disconnects after that enqueues another one.
    async fn look(
        &self,
        job: &Job,
        app_id: &str,
        id: Uuid,
        until: Option<Micros>,
    ) -> Result<Option<i64>, JobsError> {
        let args = (job.claim.clone(), app_id.to_owned(), id, until);
        let look = self.0.db().write(
            Isolation::Serializable,
            args,
            |tx, (claim, app_id, id, until): &(_, String, Uuid, Option<Micros>)| {
                Box::pin(async move {
                    let generation = store::generation_ending(tx, app_id, *id).await?;
                    match (generation, until) {
                        (None, _) => complete(tx, claim).await?,
                        (Some(_), Some(until)) => store::revoking(tx, app_id, *id, *until).await?,
                        (Some(_), None) => {}
                    }
                    Ok(generation)
                })
            },
        );
        look.await
    }

    /// Forgets what is revoked, and ends the job. `generation` is that of the token, where no other
    /// one was revoked with it.
    async fn ended(
        &self,
        job: &Job,
        purpose: Purpose,
        calls: Vec<NewCall>,
        generation: Option<i64>,
    ) -> Result<(), HandlerError> {
        let args = (
            job.claim.clone(),
            purpose,
            calls,
            generation,
            self.0.clock().now(),
        );
        let end =
            self.0.db().write(
                Isolation::ReadCommitted,
                args,
                |tx,
                 (claim, purpose, calls, generation, now): &(
                    _,
                    Purpose,
                    Vec<NewCall>,
                    _,
                    Micros,
                )| {
                    Box::pin(async move {
                        calls::keep(tx, purpose, calls, |_| false).await?;
                        let id = purpose.connection_id.unwrap_or_default();
                        let ended =
                            store::ended(tx, (&purpose.app_id, id), *generation, *now).await?;
                        if ended || generation.is_none() {
                            complete(tx, claim).await?;
                        }
                        Ok::<_, JobsError>(ended || generation.is_none())
                    })
                },
            );
        if end.await? {
            return Ok(());
        }
        Err(HandlerError::Retry(
            "the connection was made anew meanwhile".into(),
        ))
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

    /// A platform may be away for long, and a token that is not revoked works.
    fn policy(&self) -> RetryPolicy {
        FOR_DAYS
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(self.revoke(job))
    }
}

fn purpose(app_id: &str, id: Uuid, user_id: Option<String>) -> Purpose {
    Purpose {
        app_id: app_id.to_owned(),
        connection_id: Some(id),
        item_id: None,
        user_id,
    }
}

pub(crate) fn parse(payload: &str) -> Result<(&str, Uuid), HandlerError> {
    let parsed = payload
        .rsplit_once(' ')
        .and_then(|(app_id, id)| Some((app_id, id.parse().ok()?)));
    parsed.ok_or_else(|| HandlerError::Dead("the payload names no connection".into()))
}
