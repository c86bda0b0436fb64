//! The job that writes the token service's letters and hands them to a mailer.

use std::time::Duration;

use askama::Template as _;
use bursar_db::BoxFuture;
use bursar_jobs::{Handler, HandlerError, Job, RetryPolicy};
use bursar_kernel::Clock;
use bursar_mail::{Mail, MailError, Mailer};
use bursar_oauth::Oauth;
use bursar_oauth::api::{LETTER_JOB, Letter, Purpose};

use crate::messages::CATALOGUES;
use crate::views::{Asker, LetterContent, LetterHtml, LetterText};

/// As long as the secret in a letter lives, a quarter of an hour.
const POLICY: RetryPolicy = RetryPolicy {
    attempts_max: 40,
    first_delay: Duration::from_secs(5),
    delay_max: Duration::from_mins(1),
};

/// Writes and sends letters.
pub struct Letters {
    oauth: Oauth,
    mailer: Mailer,
    clock: Clock,
    brand: String,
    otp_parameter: String,
}

impl Letters {
    /// `otp_parameter` is what links call a one-time password.
    pub fn new(
        oauth: Oauth,
        mailer: Mailer,
        clock: Clock,
        brand: String,
        otp_parameter: String,
    ) -> Self {
        Self {
            oauth,
            mailer,
            clock,
            brand,
            otp_parameter,
        }
    }

    async fn send(&self, job: &Job) -> Result<(), HandlerError> {
        let letter = Letter::from_payload(&job.payload);
        let letter = letter.ok_or_else(|| HandlerError::Dead("the job names no letter".into()))?;
        if letter.expires_at <= self.clock.now().0 {
            return Err(HandlerError::Dead("the letter's secret has expired".into()));
        }
        let mail = self.write(letter)?;
        self.mailer.send(&mail).await.map_err(|error| match error {
            MailError::Never(_) => HandlerError::Dead(error.to_string()),
            MailError::Later(_) | MailError::Db(_) => HandlerError::Retry(error.to_string()),
        })
    }

    fn write(&self, letter: Letter) -> Result<Mail, HandlerError> {
        let content = LetterContent {
            messages: CATALOGUES.for_accept_language(Some(&letter.locale)),
            brand: self.brand.clone(),
            secret: letter.secret(&self.oauth),
            button: letter.button(&self.oauth, &self.otp_parameter),
            name: letter.name,
            asker: match letter.purpose {
                Purpose::SignIn { .. } => None,
                Purpose::OneTimePassword {
                    app_name, company, ..
                } => Some(Asker { app_name, company }),
            },
        };
        let failed = |error: askama::Error| HandlerError::Dead(error.to_string());
        Ok(Mail {
            id: letter.id,
            at: self.clock.now(),
            to: letter.to,
            subject: content.subject(),
            text: LetterText(content.clone()).render().map_err(failed)?,
            html: LetterHtml(content).render().map_err(failed)?,
        })
    }
}

impl Handler for Letters {
    fn kind(&self) -> &'static str {
        LETTER_JOB
    }

    fn policy(&self) -> RetryPolicy {
        POLICY
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(self.send(job))
    }
}
