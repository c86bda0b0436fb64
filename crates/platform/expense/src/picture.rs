//! The job that makes the pictures of quick expenses uniform.
//!
//! Source: v4.quick-expense.md says nothing of it. `Choice:` as those of receipts, so that pages
//! show both alike.

use std::time::Duration;

use bursar_blobs::Blobs;
use bursar_db::{BoxFuture, Db, DbError, Isolation};
use bursar_jobs::{Handler, HandlerError, Job, JobsError, RetryPolicy};
use bursar_kernel::{Uuid, hex32};
use bursar_pictures::{Picture, PictureError, normalise};

use crate::{ExpenseState, store};

/// The kind of this job.
pub(crate) const KIND: &str = "expense.picture";

/// Troubles of the database or the file store pass: never given up. A picture that cannot be read
/// now never can be: given up at once.
const POLICY: RetryPolicy = RetryPolicy {
    attempts_max: i64::MAX,
    first_delay: Duration::from_secs(1),
    delay_max: Duration::from_mins(1),
};

/// Makes the pictures of quick expenses uniform.
pub struct QuickPictures {
    db: Db,
    blobs: Blobs,
}

impl QuickPictures {
    /// The job over the same stores as the endpoints.
    pub fn new(state: &ExpenseState) -> Self {
        Self {
            db: state.db.clone(),
            blobs: state.blobs.clone(),
        }
    }

    async fn make(&self, job: &Job) -> Result<(), HandlerError> {
        let quick = from_payload(&job.payload)
            .ok_or_else(|| HandlerError::Dead("the job names no quick expense".into()))?;
        let Some(sent) = self.sent(quick).await? else {
            // An earlier attempt got through; the worker completes the job.
            return Ok(());
        };
        let kept = normalise(&self.blobs, sent)
            .await
            .map_err(|error| match error {
                PictureError::Blobs(error) => HandlerError::Retry(error.to_string()),
                PictureError::Image(fault) => HandlerError::Dead(fault.to_string()),
            })?;
        let args = (quick, kept, job.claim.clone());
        let done = self.db.write(
            Isolation::ReadCommitted,
            args,
            |tx, (quick, kept, claim)| {
                Box::pin(async move {
                    store::set_picture(tx, *quick, kept).await?;
                    bursar_jobs::complete(tx, claim).await
                })
            },
        );
        done.await.map_err(|error: JobsError| error.into())
    }

    async fn sent(&self, quick: (Uuid, Uuid)) -> Result<Option<Picture>, DbError> {
        let reading = self.db.read(quick, |tx, &(company_id, id)| {
            Box::pin(store::pictures(tx, company_id, id))
        });
        let (sent, _) = reading.await?;
        Ok(sent)
    }
}

impl Handler for QuickPictures {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> RetryPolicy {
        POLICY
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(self.make(job))
    }
}

/// Names a quick expense in a job.
pub(crate) fn payload(company_id: Uuid, id: Uuid) -> String {
    format!("{}/{}", hex32(&company_id), hex32(&id))
}

/// Reads what [`payload`] wrote.
fn from_payload(payload: &str) -> Option<(Uuid, Uuid)> {
    let (company_id, id) = payload.split_once('/')?;
    Some((Uuid::try_parse(company_id).ok()?, Uuid::try_parse(id).ok()?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bursar_jobs::Worker;
    use bursar_kernel::{Clock, Micros, Rng};
    use bursar_pictures::Format;
    use bursar_testkit::db_test;

    use super::*;
    use crate::model::{ExpenseType, NewQuickExpense, QuickFacts};

    const START: Micros = Micros(1_795_253_400_000_000);
    const COMPANY: Uuid = Uuid::from_u128(1);
    /// A picture of one pixel.
    const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\
        \x3a\x7e\x9b\x55\0\0\0\x0aIDAT\x78\x9c\x63\xa8\x07\0\0\x81\0\x80\xd3\x94\x53\x4a\
        \0\0\0\0IEND\xae\x42\x60\x82";

    fn quick(id: u128, sent: Picture) -> NewQuickExpense {
        NewQuickExpense {
            company_id: COMPANY,
            id: Uuid::from_u128(id),
            user_id: Uuid::from_u128(9),
            app_id: Uuid::from_u128(8),
            app_name: "Bluebird Cafe".into(),
            body: "{}".into(),
            facts: QuickFacts {
                expense_type: ExpenseType::undefined(),
                payment_type_id: None,
                amount: "12.50".into(),
                currency_code: "EUR".into(),
                transaction_date: "2026-11-20".into(),
                vendor: None,
                comment: None,
                entry_details: None,
                location: None,
            },
            received_at: START,
            correlation_id: "call-1".into(),
            sent: Some(sent),
        }
    }

    async fn kept(db: &Db, id: u128) -> (Option<Picture>, Option<Picture>) {
        let reading = db.read(Uuid::from_u128(id), |tx, id| {
            Box::pin(store::pictures(tx, COMPANY, *id))
        });
        let kept: Result<_, DbError> = reading.await;
        kept.unwrap()
    }

    db_test! {
        async fn a_picture_is_kept_and_a_broken_one_is_told_of(place: TestDb) {
            let (db, clock, rng) = (place.open().await, Clock::fake(START), Rng::seeded(1));
            let blobs = place.folder().join("blobs");
            let blobs = Blobs::open(blobs, clock.clone(), rng.clone()).unwrap();
            let handler = QuickPictures { db: db.clone(), blobs: blobs.clone() };
            let worker = Worker::new(db.clone(), clock, rng, vec![Arc::new(handler)]);
            let mut sent = Vec::new();
            for (id, bytes) in [(1, PIXEL), (2, &PIXEL[..40])] {
                let blob = blobs.put(bytes).await.unwrap();
                sent.push(Picture { blob, format: Format::Png });
                let storing = db.write(Isolation::Append, quick(id, sent[sent.len() - 1]),
                    |tx, new| Box::pin(store::insert_quick(tx, new)));
                storing.await.unwrap();
            }
            assert_eq!(kept(&db, 1).await, (Some(sent[0]), None));
            assert_eq!(worker.run_due().await.unwrap(), 2);
            assert_eq!(kept(&db, 1).await, (None, Some(sent[0])));
            // It stays, for an administrator to run the job again.
            assert_eq!(kept(&db, 2).await, (Some(sent[1]), None));
            let dead = bursar_jobs::dead(&db, 10).await.unwrap();
            assert_eq!(dead.len(), 1);
            assert!(dead[0].reason.starts_with("the PNG is broken: "), "{}", dead[0].reason);
            let named = crate::api::named_blobs(&db, sent.iter().map(|one| one.blob).collect());
            assert_eq!(named.await.unwrap().len(), 2);
        }
    }
}
