//! The job that makes a receipt's picture and makes it available to the traveller.

use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use bursar_blobs::{BlobId, Blobs};
use bursar_db::{BoxFuture, Db, DbError, Isolation, Tx};
use bursar_expense::{ExpenseType, NewAvailableExpense, Source};
use bursar_jobs::{Claim, Failed, Handler, HandlerError, Job, JobsError, RetryPolicy};
use bursar_kernel::{Clock, Micros, Rng, Uuid, hex32};
use serde_json::Value;

use crate::model::{Attempt, Facts, Outcome, Receipt, from_job_payload};
use crate::render::{ReceiptContext, standard_receipt};
use crate::schema::ReceiptType;
use crate::{ReceiptsState, store};

/// The kind of this job.
pub(crate) const KIND: &str = "receipts.process";
/// What the generated picture is. `Inferred:` the documentation does not say; PDF is among the
/// formats that it accepts.
const MEDIA_TYPE: &str = "application/pdf";

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
}

impl Process {
    /// The job over the same stores as the endpoints.
    pub fn new(state: &ReceiptsState) -> Self {
        Self {
            db: state.db.clone(),
            blobs: state.blobs.clone(),
            clock: state.clock.clone(),
            rng: state.rng.clone(),
        }
    }

    async fn process(&self, job: &Job) -> Result<(), HandlerError> {
        let (company_id, id) = from_job_payload(&job.payload)
            .ok_or_else(|| HandlerError::Dead("the job names no receipt".into()))?;
        let began_at = self.clock.now();
        let Some(receipt) = self.unfinished(company_id, id).await.map_err(retry)? else {
            // An earlier attempt got through; the worker completes the job.
            return Ok(());
        };
        match self.picture(&receipt).await {
            Ok(picture) => {
                let done = self.done(job, company_id, receipt, picture, began_at);
                let finishing = self
                    .db
                    .write(Isolation::Append, done, |tx, done| Box::pin(done.store(tx)));
                finishing.await.map_err(retry)
            }
            Err(Fault::Picture(reason)) => {
                let failed = self.fail(job, company_id, id, reason, began_at).await;
                failed.map_err(retry)
            }
            Err(Fault::Storage(reason)) => {
                let stalled = self.stall(company_id, id, began_at).await;
                stalled.map_err(retry)?;
                Err(HandlerError::Retry(reason))
            }
        }
    }

    /// The receipt, if it is not processed: also one that failed, whose job an administrator has
    /// run again. That an attempt began is written when it ends:
    /// one write for each receipt, and nobody could act on the moment in between.
    async fn unfinished(&self, company_id: Uuid, id: Uuid) -> Result<Option<Receipt>, DbError> {
        let reading = self.db.read((company_id, id), |tx, &(company_id, id)| {
            Box::pin(store::get(tx, company_id, id))
        });
        let is_unfinished = |found: &Receipt| found.status != "PROCESSED";
        Ok(reading.await?.filter(is_unfinished))
    }

    /// Makes the picture and stores it: on disk before any row names it. Jobs have threads of
    /// their own, so rendering may keep one busy.
    async fn picture(&self, receipt: &Receipt) -> Result<(Facts, BlobId), Fault> {
        let announced = self.blobs.announce();
        let rendered = panic::catch_unwind(AssertUnwindSafe(|| render(receipt)))
            .map_err(|_| Fault::Picture("rendering panicked".to_owned()))?;
        let (facts, pdf) = rendered.map_err(Fault::Picture)?;
        let stored = announced.put(pdf).await;
        let blob = stored.map_err(|error| Fault::Storage(error.to_string()))?;
        Ok((facts, blob))
    }

    /// Shows that the receipt is being processed, from the first attempt on that did not get
    /// through. The job itself is left to its worker.
    async fn stall(&self, company_id: Uuid, id: Uuid, began_at: Micros) -> Result<(), DbError> {
        let args = (company_id, id, began_at);
        let stalling = self.db.write(
            Isolation::ReadCommitted,
            args,
            |tx, &(company_id, id, began_at)| {
                let outcome = Outcome::Stalled;
                Box::pin(store::fail(
                    tx,
                    company_id,
                    id,
                    Attempt { began_at, outcome },
                ))
            },
        );
        stalling.await
    }

    fn done(
        &self,
        job: &Job,
        company_id: Uuid,
        receipt: Receipt,
        (facts, blob): (Facts, BlobId),
        began_at: Micros,
    ) -> Done {
        Done {
            claim: job.claim.clone(),
            blob: blob.to_string(),
            began_at,
            expense: NewAvailableExpense {
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
                // A receipt is not mapped to an expense type.
                // Source: e-receipts and quick expense guide, "Post a General eReceipt".
                expense_type: ExpenseType::undefined(),
                created_at: self.clock.now(),
            },
        }
    }

    async fn fail(
        &self,
        job: &Job,
        company_id: Uuid,
        id: Uuid,
        reason: String,
        began_at: Micros,
    ) -> Result<(), JobsError> {
        tracing::warn!(
            receipt = hex32(&id),
            reason,
            "a receipt's picture could not be made"
        );
        let jitter = u64::from_le_bytes(self.rng.bytes());
        let args = (
            job.clone(),
            company_id,
            id,
            reason,
            jitter,
            began_at,
            self.clock.now(),
        );
        let failing = self.db.write(
            Isolation::ReadCommitted,
            args,
            |tx, (job, company_id, id, reason, jitter, began_at, now)| {
                let receipt = (*company_id, *id);
                Box::pin(failed(tx, job, receipt, reason, *jitter, (*began_at, *now)))
            },
        );
        let failed: Failed = failing.await?;
        failed.count(KIND);
        Ok(())
    }
}

/// Records an attempt that failed at the picture, and whether another follows.
async fn failed(
    tx: &mut Tx,
    job: &Job,
    (company_id, id): (Uuid, Uuid),
    reason: &str,
    jitter: u64,
    (began_at, now): (Micros, Micros),
) -> Result<Failed, JobsError> {
    let before = store::pictures_failed(tx, company_id, id).await?;
    // The job's own count has attempts that never came to the picture, too.
    let mut counted = job.clone();
    counted.attempt = before + 1;
    let failed = bursar_jobs::fail(tx, &counted, &PICTURE_POLICY, jitter, reason, now).await?;
    let outcome = match failed {
        Failed::Dead => Outcome::Failed(now),
        Failed::Retried { .. } => Outcome::Again(now),
    };
    store::fail(tx, company_id, id, Attempt { began_at, outcome }).await?;
    Ok(failed)
}

/// The picture, the expense and the end of the job: all or nothing.
struct Done {
    claim: Claim,
    blob: String,
    began_at: Micros,
    expense: NewAvailableExpense,
}

impl Done {
    async fn store(&self, tx: &mut Tx) -> Result<(), JobsError> {
        let NewAvailableExpense {
            company_id,
            source_id,
            created_at,
            ..
        } = self.expense;
        let receipt = (company_id, source_id);
        let picture = (self.blob.as_str(), MEDIA_TYPE);
        if store::finish(tx, receipt, picture, (self.began_at, created_at)).await? {
            bursar_expense::api::add(tx, &self.expense).await?;
        }
        bursar_jobs::complete(tx, &self.claim).await
    }
}

fn render(receipt: &Receipt) -> Result<(Facts, Vec<u8>), String> {
    let document: Value = serde_json::from_str(&receipt.body).map_err(|error| error.to_string())?;
    let context = ReceiptContext {
        receipt_id: &hex32(&receipt.id),
        app_name: &receipt.app_name,
        received: receipt.received_at,
        receipt_type: ReceiptType::from_name(&receipt.receipt_type)
            .map_or("Receipt", ReceiptType::title),
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
