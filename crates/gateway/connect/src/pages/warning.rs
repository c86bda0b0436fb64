//! The job that warns inactive users.

use std::collections::BTreeMap;

use askama::Template as _;
use bursar_db::{BoxFuture, DbError, Isolation};
use bursar_jobs::{Handler, HandlerError, Job, JobsError, RetryPolicy, complete};
use bursar_kernel::{Micros, Uuid};
use bursar_mail::{Mail, MailError, Mailer};

use super::messages::CATALOGUES;
use super::views::{WarningContent, WarningHtml, WarningText};
use crate::inactive::WARN_JOB;
use crate::inactive::store::{self, Idle};
use crate::revoke::{FOR_DAYS, parse};
use crate::{App, InactiveLimits, Vault};

/// Mails the warnings that [`crate::Inactive`] has decided on.
pub struct Warnings {
    vault: Vault,
    limits: InactiveLimits,
    mailers: BTreeMap<String, Mailer>,
    base_uri: String,
}

impl Warnings {
    /// `mailers` has one for each app, by its id; the pages are at `base_uri`.
    pub fn new(
        vault: Vault,
        limits: InactiveLimits,
        mailers: BTreeMap<String, Mailer>,
        base_uri: &str,
    ) -> Self {
        Self {
            vault,
            limits,
            mailers,
            base_uri: base_uri.to_owned(),
        }
    }

    async fn warn(&self, job: &Job) -> Result<(), HandlerError> {
        let (mail_id, app_id, id) = parts(&job.payload)?;
        let app = self.vault.apps().get(app_id);
        let (Some(app), Some(mailer)) = (app, self.mailers.get(app_id)) else {
            return Err(HandlerError::Dead("the app is not configured".into()));
        };
        let now = self.vault.clock().now();
        let Some(idle) = self.idle(app_id, id).await? else {
            return Ok(());
        };
        let Some(ends_at) = self.limits.end_to_warn_of(&idle, now) else {
            // Active again, or warned already.
            return Ok(());
        };
        match (&idle.email, mailer) {
            // Who cannot be told is not kept for ever.
            (None, _) | (_, Mailer::Nowhere) => {
                tracing::warn!(app_id, connection_id = %id, "an inactive user cannot be warned");
            }
            (Some(address), mailer) => {
                let mail = self.mail(app, address, (mail_id, now), ends_at)?;
                send(mailer, &mail, id).await?;
            }
        }
        self.warned(job, id, now).await
    }

    async fn idle(&self, app_id: &str, id: Uuid) -> Result<Option<Idle>, DbError> {
        let args = (app_id.to_owned(), id);
        let look = self.vault.db().read(args, |tx, (app_id, id)| {
            Box::pin(store::get(tx, app_id, *id))
        });
        look.await
    }

    fn mail(
        &self,
        app: &App,
        to: &str,
        (id, at): (Uuid, Micros),
        ends_at: Micros,
    ) -> Result<Mail, HandlerError> {
        let content = WarningContent {
            messages: CATALOGUES.for_accept_language(None),
            brand: app.brand.name.clone(),
            platform: app.brand.platform.clone(),
            ends_at: ends_at.rfc3339(),
            url: format!("{}/{}/account", self.base_uri, app.id),
        };
        let failed = |error: askama::Error| HandlerError::Dead(error.to_string());
        Ok(Mail {
            id,
            at,
            to: to.to_owned(),
            subject: content.subject(),
            text: WarningText(content.clone()).render().map_err(failed)?,
            html: WarningHtml(content).render().map_err(failed)?,
        })
    }

    async fn warned(&self, job: &Job, id: Uuid, now: Micros) -> Result<(), HandlerError> {
        let (_, app_id, _) = parts(&job.payload)?;
        let args = (job.claim.clone(), app_id.to_owned(), id, now);
        let note = self.vault.db().write(
            Isolation::ReadCommitted,
            args,
            |tx, (claim, app_id, id, now)| {
                Box::pin(async move {
                    store::warned(tx, app_id, *id, *now).await?;
                    complete(tx, claim).await
                })
            },
        );
        note.await.map_err(|error: JobsError| error.into())
    }
}

/// A mail that is refused for good is as good as sent.
async fn send(mailer: &Mailer, mail: &Mail, connection_id: Uuid) -> Result<(), HandlerError> {
    match mailer.send(mail).await {
        Ok(()) => Ok(()),
        Err(error @ MailError::Never(_)) => {
            tracing::warn!(%error, %connection_id, "an inactive user cannot be warned");
            Ok(())
        }
        Err(error) => Err(HandlerError::Retry(error.to_string())),
    }
}

/// The mail's id, the app and the connection.
fn parts(payload: &str) -> Result<(Uuid, &str, Uuid), HandlerError> {
    let mail_id = payload.split_once(' ');
    let mail_id = mail_id.and_then(|(id, rest)| Some((id.parse().ok()?, rest)));
    let Some((mail_id, rest)) = mail_id else {
        return Err(HandlerError::Dead("the payload names no mail".into()));
    };
    let (app_id, id) = parse(rest)?;
    Ok((mail_id, app_id, id))
}

impl Handler for Warnings {
    fn kind(&self) -> &'static str {
        WARN_JOB
    }

    /// Who could not be warned by then is looked for anew.
    fn policy(&self) -> RetryPolicy {
        FOR_DAYS
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(self.warn(job))
    }
}
