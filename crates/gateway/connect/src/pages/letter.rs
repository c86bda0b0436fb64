//! The job that mails codes.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template as _;
use bursar_db::BoxFuture;
use bursar_jobs::{Handler, HandlerError, Job, RetryPolicy};
use bursar_mail::{Mail, MailError, Mailer};

use super::messages::CATALOGUES;
use super::proof::read;
use super::store::proof::{CODE_JOB, awaited};
use super::views::{CodeContent, CodeHtml, CodeText};
use crate::Vault;
use crate::revoke::parse;

/// As long as a code lives: the attempt after that finds nothing to mail, and is the last.
const POLICY: RetryPolicy = RetryPolicy {
    attempts_max: 40,
    first_delay: Duration::from_secs(5),
    delay_max: Duration::from_mins(1),
};

/// Mails the codes that prove addresses.
pub struct Codes {
    vault: Vault,
    mailers: BTreeMap<String, Mailer>,
}

impl Codes {
    /// `mailers` has one for each app, by its id.
    pub fn new(vault: Vault, mailers: BTreeMap<String, Mailer>) -> Self {
        Self { vault, mailers }
    }

    async fn send(&self, job: &Job) -> Result<(), HandlerError> {
        let (app_id, id) = parse(&job.payload)?;
        let app = self.vault.apps().get(app_id);
        let (Some(app), Some(mailer)) = (app, self.mailers.get(app_id)) else {
            return Err(HandlerError::Dead("the app is not configured".into()));
        };
        let now = self.vault.clock().now();
        let args = (app_id.to_owned(), id, now);
        let find = self.vault.db().read(args, |tx, (app_id, id, now)| {
            Box::pin(awaited(tx, app_id, *id, *now))
        });
        let found: Result<Option<Vec<u8>>, bursar_db::DbError> = find.await;
        let Some(sealed) = found? else {
            // Another was asked for, or it has expired.
            return Ok(());
        };
        let proof = read(&self.vault, app_id, id, &sealed);
        let proof = proof.ok_or_else(|| HandlerError::Retry("the code cannot be opened".into()))?;
        let address = &proof.wanted.address;
        let account = self.vault.find_account(app_id, address).await?;
        let known = account.is_some_and(|account| account.password_hash.is_some());
        let content = CodeContent {
            messages: CATALOGUES.for_accept_language(Some(&proof.wanted.language)),
            brand: app.brand.name.clone(),
            known,
            code: proof.code,
        };
        let failed = |error: askama::Error| HandlerError::Dead(error.to_string());
        let mail = Mail {
            id,
            at: now,
            to: proof.wanted.address,
            subject: content.subject(),
            text: CodeText(content.clone()).render().map_err(failed)?,
            html: CodeHtml(content).render().map_err(failed)?,
        };
        match mailer.send(&mail).await {
            Ok(()) => Ok(()),
            // Anybody can type such an address: nobody has to look at a dead job for it.
            Err(error @ MailError::Never(_)) => {
                tracing::warn!(%error, app_id, "a code was not mailed");
                Ok(())
            }
            Err(error @ (MailError::Later(_) | MailError::Db(_))) => {
                Err(HandlerError::Retry(error.to_string()))
            }
        }
    }
}

impl Handler for Codes {
    fn kind(&self) -> &'static str {
        CODE_JOB
    }

    fn policy(&self) -> RetryPolicy {
        POLICY
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(self.send(job))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::proof::LIFE;

    #[test]
    fn attempts_last_as_long_as_a_code() {
        let shortest = (1..POLICY.attempts_max).map(|attempt| POLICY.delay(attempt, 0));
        assert!(shortest.sum::<Duration>() > LIFE);
    }
}
