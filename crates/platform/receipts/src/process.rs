//! The job that makes a receipt's picture, of its data or of the image that came, and makes it
//! available to the traveller.

use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use bursar_blobs::Blobs;
use bursar_db::{BoxFuture, Db, DbError, Isolation, Tx};
use bursar_expense::{ExpenseType, Keys, NewAvailableExpense, Source, api as expenses};
use bursar_jobs::{Claim, Failed, Handler, HandlerError, Job, JobsError, RetryPolicy};
use bursar_kernel::{Clock, Micros, Rng, Uuid, hex32};
use bursar_pictures::{Format, Picture, PictureError};
use serde_json::Value;

use crate::model::{AnyReceipt, Attempt, Facts, Kind, Outcome, Receipt, from_job_payload};
use crate::render::{Logo, ReceiptContext, standard_receipt};
use crate::schema::ReceiptType;
use crate::setting::{Logos, Setting};
use crate::{ReceiptsState, store};

/// The kind of this job.
pub(crate) const KIND: &str = "receipts.process";
/// What the generated picture is. `Inferred:` the documentation does not say; PDF is among the
/// formats that it accepts.
const GENERATED: Format = Format::Pdf;

/// How a picture that could not be made is tried again: 8 attempts, the last one 5 to 11 minutes
/// after the first. Only attempts that failed at the picture count.
const PICTURE_POLICY: RetryPolicy = RetryPolicy {
    attempts_max: 8,
    first_delay: Duration::from_secs(5),
    delay_max: Duration::from_mins(10),
};

/// Troubles of the database or the file store are no fault of the receipt: never given up.
const POLICY: RetryPolicy = RetryPolicy {
    attempts_max: i64::MAX,
    first_delay: Duration::from_secs(1),
    delay_max: Duration::from_mins(1),
};

/// Characters of a reason that a log shows.
const REASON_MAX: usize = 300;

/// Why an attempt brought no picture.
enum Fault {
    /// It cannot be made of this receipt.
    Picture(String),
    /// It cannot be kept: that will pass, and is no fault of the receipt.
    Storage(String),
}

/// Processes accepted receipts.
pub struct Process {
    db: Db,
    blobs: Blobs,
    clock: Clock,
    rng: Rng,
    logos: Logos,
}

impl Process {
    /// The job over the same stores as the endpoints.
    pub fn new(state: &ReceiptsState) -> Self {
        Self {
            db: state.db.clone(),
            blobs: state.blobs.clone(),
            clock: state.clock.clone(),
            rng: state.rng.clone(),
            logos: Logos::default(),
        }
    }

    async fn process(&self, job: &Job) -> Result<(), HandlerError> {
        let (company_id, id) = from_job_payload(&job.payload)
            .ok_or_else(|| HandlerError::Dead("the job names no receipt".into()))?;
        let began_at = self.clock.now();
        let unfinished = self.unfinished(company_id, id).await.map_err(retry)?;
        let Some((receipt, setting)) = unfinished else {
            // An earlier attempt got through; the worker completes the job.
            return Ok(());
        };
        let attempt = Begun {
            kind: receipt.kind(),
            receipt: (company_id, id),
            at: began_at,
        };
        match self.picture(&receipt, &setting).await {
            Ok(picture) => {
                let done = self.done(job, attempt, (receipt, setting.expense_type), picture);
                let finishing = self
                    .db
                    .write(Isolation::Append, done, |tx, done| Box::pin(done.store(tx)));
                finishing.await.map_err(retry)
            }
            Err(Fault::Picture(reason)) => self.fail(job, attempt, reason).await.map_err(retry),
            Err(Fault::Storage(reason)) => {
                self.stall(attempt).await.map_err(retry)?;
                Err(HandlerError::Retry(reason))
            }
        }
    }

    /// The receipt, if it is not processed: also one that failed, whose job an administrator has
    /// run again; and its setting. That an attempt began is written when it ends: one write for
    /// each receipt, and nobody could act on the moment in between.
    async fn unfinished(
        &self,
        company_id: Uuid,
        id: Uuid,
    ) -> Result<Option<(AnyReceipt, Setting)>, DbError> {
        let reading = self.db.read((company_id, id), |tx, &(company_id, id)| {
            Box::pin(async move {
                let found = store::get_any(tx, company_id, id).await?;
                let found = found.filter(|found| found.progress().status != "PROCESSED");
                let Some(receipt) = found else {
                    return Ok(None);
                };
                let setting = Setting::of(tx, company_id, &receipt).await?;
                Ok(Some((receipt, setting)))
            })
        });
        reading.await
    }

    /// The picture, and what an expense shows of the receipt, if it has data.
    async fn picture(
        &self,
        receipt: &AnyReceipt,
        setting: &Setting,
    ) -> Result<(Option<Facts>, Picture), Fault> {
        match (receipt, receipt.sent()) {
            (AnyReceipt::Data(receipt), None) => {
                let (facts, picture) = self.generated(receipt, setting).await?;
                Ok((Some(facts), picture))
            }
            (AnyReceipt::Data(receipt), Some(sent)) => {
                let facts = Facts::of(&document(receipt).map_err(Fault::Picture)?);
                Ok((Some(facts), self.normalised(sent).await?))
            }
            (AnyReceipt::ImageOnly(_), sent) => {
                let sent = sent.ok_or_else(|| Fault::Picture("there is no image".to_owned()))?;
                Ok((None, self.normalised(sent).await?))
            }
        }
    }

    /// What is kept of the picture that the partner sent.
    async fn normalised(&self, (blob, media_type): (&str, &str)) -> Result<Picture, Fault> {
        let sent = Picture::of(blob, media_type);
        let sent = sent.ok_or_else(|| Fault::Picture("the row is damaged".to_owned()))?;
        let kept = bursar_pictures::normalise(&self.blobs, sent).await;
        kept.map_err(|error| match error {
            PictureError::Blobs(error) => Fault::Storage(error.to_string()),
            PictureError::Image(fault) => Fault::Picture(fault.to_string()),
        })
    }

    /// Makes the picture and stores it: on disk before any row names it. Jobs have threads of
    /// their own, so rendering may keep one busy.
    async fn generated(
        &self,
        receipt: &Receipt,
        setting: &Setting,
    ) -> Result<(Facts, Picture), Fault> {
        let announced = self.blobs.announce();
        let logo = self.logos.get(&self.blobs, setting).await;
        let logo = logo.map_err(|error| Fault::Storage(error.to_string()))?;
        let locale = &setting.locale;
        let rendering = || render(receipt, locale, logo.as_ref());
        let rendered = panic::catch_unwind(AssertUnwindSafe(rendering))
            .map_err(|_| Fault::Picture("rendering panicked".to_owned()))?;
        let (facts, pdf) = rendered.map_err(Fault::Picture)?;
        let stored = announced.put(pdf).await;
        let blob = stored.map_err(|error| Fault::Storage(error.to_string()))?;
        let format = GENERATED;
        Ok((facts, Picture { blob, format }))
    }

    /// Shows that the receipt is being processed, from the first attempt on that did not get
    /// through. The job itself is left to its worker.
    async fn stall(&self, attempt: Begun) -> Result<(), DbError> {
        let stalling = self
            .db
            .write(Isolation::ReadCommitted, attempt, |tx, &attempt| {
                Box::pin(async move { attempt.end(tx, Outcome::Stalled).await })
            });
        stalling.await
    }

    fn done(
        &self,
        job: &Job,
        attempt: Begun,
        (receipt, expense_type): (AnyReceipt, ExpenseType),
        (facts, picture): (Option<Facts>, Picture),
    ) -> Done {
        let ended_at = self.clock.now();
        let expense = match (receipt, facts) {
            (AnyReceipt::Data(receipt), Some(facts)) => {
                let receipt = (attempt.receipt.0, receipt);
                let expense = available(receipt, facts, expense_type, ended_at);
                Some((expense.keys(), expense))
            }
            _ => None,
        };
        Done {
            claim: job.claim.clone(),
            attempt,
            picture,
            ended_at,
            expense,
        }
    }

    async fn fail(&self, job: &Job, attempt: Begun, reason: String) -> Result<(), JobsError> {
        tracing::warn!(
            receipt = hex32(&attempt.receipt.1),
            reason,
            "a receipt's picture could not be made"
        );
        let jitter = u64::from_le_bytes(self.rng.bytes());
        let args = (job.clone(), attempt, reason, jitter, self.clock.now());
        let failing = self.db.write(
            Isolation::ReadCommitted,
            args,
            |tx, (job, attempt, reason, jitter, now)| {
                Box::pin(failed(tx, job, *attempt, reason, *jitter, *now))
            },
        );
        let failed: Failed = failing.await?;
        failed.count(KIND);
        Ok(())
    }
}

/// An attempt that is under way.
#[derive(Clone, Copy)]
struct Begun {
    kind: Kind,
    /// Company and receipt.
    receipt: (Uuid, Uuid),
    at: Micros,
}

impl Begun {
    /// Records that it did not get through.
    async fn end(self, tx: &mut Tx, outcome: Outcome) -> Result<(), DbError> {
        let began_at = self.at;
        let attempt = Attempt { began_at, outcome };
        store::fail(tx, self.kind, self.receipt, &attempt).await
    }
}

/// Records an attempt that failed at the picture, and whether another follows.
async fn failed(
    tx: &mut Tx,
    job: &Job,
    attempt: Begun,
    reason: &str,
    jitter: u64,
    now: Micros,
) -> Result<Failed, JobsError> {
    let before = store::pictures_failed(tx, attempt.receipt.0, attempt.receipt.1).await?;
    // The job's own count has attempts that never came to the picture, too.
    let mut counted = job.clone();
    counted.attempt = before + 1;
    let failed = bursar_jobs::fail(tx, &counted, &PICTURE_POLICY, jitter, reason, now).await?;
    let outcome = match failed {
        Failed::Dead => Outcome::Failed(now, printable(reason)),
        Failed::Retried { .. } => Outcome::Again(now),
    };
    attempt.end(tx, outcome).await?;
    Ok(failed)
}

/// Decoders' words may quote anything, and one engine refuses NUL.
fn printable(reason: &str) -> String {
    let kept = reason.chars().filter(|c| !c.is_control());
    kept.take(REASON_MAX).collect()
}

fn available(
    (company_id, receipt): (Uuid, Receipt),
    facts: Facts,
    expense_type: ExpenseType,
    created_at: Micros,
) -> NewAvailableExpense {
    NewAvailableExpense {
        id: receipt.id,
        company_id,
        user_id: receipt.user_id,
        source: Source::Receipt,
        source_id: receipt.id,
        source_app: receipt.app_name,
        merchant: facts.merchant,
        transacted_at_text: facts.date_time,
        amount: facts.total,
        currency_code: facts.currency_code,
        expense_type,
        has_picture: true,
        reference: facts.reference,
        note: None,
        sums_differ: facts.sums_differ,
        created_at,
    }
}

/// The picture, the expense and the end of the job: all or nothing.
struct Done {
    claim: Claim,
    attempt: Begun,
    picture: Picture,
    ended_at: Micros,
    /// Of a receipt with data.
    expense: Option<(Keys, NewAvailableExpense)>,
}

impl Done {
    async fn store(&self, tx: &mut Tx) -> Result<(), JobsError> {
        let Begun { kind, receipt, at } = self.attempt;
        let times = (at, self.ended_at);
        let finished = store::finish(tx, kind, receipt, &self.picture, times).await?;
        if let (true, Some((keys, expense))) = (finished, &self.expense) {
            expenses::add(tx, expense, keys).await?;
        }
        bursar_jobs::complete(tx, &self.claim).await
    }
}

fn document(receipt: &Receipt) -> Result<Value, String> {
    serde_json::from_str(&receipt.body).map_err(|error| error.to_string())
}

fn render(
    receipt: &Receipt,
    locale: &str,
    logo: Option<&Logo>,
) -> Result<(Facts, Vec<u8>), String> {
    let document = document(receipt)?;
    let context = ReceiptContext {
        receipt_id: &hex32(&receipt.id),
        app_name: &receipt.app_name,
        received: receipt.received_at,
        receipt_type: ReceiptType::from_name(&receipt.receipt_type),
        locale,
        logo,
    };
    let pdf = standard_receipt(&document, &context).map_err(|error| error.to_string())?;
    Ok((Facts::of(&document), pdf))
}

fn retry(error: impl Into<JobsError>) -> HandlerError {
    match error.into() {
        // Another worker has it now: whatever it does counts.
        JobsError::LeaseLost => HandlerError::Dead("the lease was lost".into()),
        JobsError::Db(error) => HandlerError::Retry(error.to_string()),
    }
}

impl Handler for Process {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> RetryPolicy {
        POLICY
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(self.process(job))
    }
}

#[cfg(test)]
mod tests;
