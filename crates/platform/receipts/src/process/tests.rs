//! What becomes of a receipt whose attempts fail. The worker is driven step by step.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bursar_db::{Sql, args};
use bursar_expense::{Filter, Traveller};
use bursar_jobs::Worker;
use bursar_testkit::{TestDb, db_test};
use bursar_web::Metrics;

use super::*;
use crate::model::{NewImageReceipt, NewReceipt};

const START: Micros = Micros(1_795_253_400_000_000);
const COMPANY: Uuid = Uuid::from_u128(1);
const RECEIPT: Uuid = Uuid::from_u128(2);
const TRAVELLER: Uuid = Uuid::from_u128(3);
const BODY: &str = r#"{"dateTime":"2026-11-20T18:05:00-05:00","total":"12.50",
    "currencyCode":"EUR","seller":{"name":"Corner Bakery"}}"#;

const ACCEPTED: &str = "Receipt accepted. Queued for processing.";
const INITIATED: &str = "Initiated receipt processing.";
const AGAIN: &str = "Error during image generation or retrieval. Queued for reprocessing.";
const GENERATED: &str = "Receipt image generated.";
const FINISHED: &str = "Processing finished.";
const FAILED: &str = "Processing failed.";

/// No receipt that is accepted lacks a picture; this makes one that does.
static SET_BODY: Sql =
    Sql::new("UPDATE receipts_receipt SET body = $3 WHERE company_id = $1 AND id = $2");

/// One accepted receipt and the worker that processes it.
struct Scene {
    db: Db,
    clock: Clock,
    worker: Worker,
    files: PathBuf,
}

impl Scene {
    async fn open(place: &TestDb) -> Self {
        Self::open_with(place, None).await
    }

    /// With an image that came with the receipt.
    async fn open_with(place: &TestDb, image: Option<&'static [u8]>) -> Self {
        let (db, clock, rng) = (place.open().await, Clock::fake(START), Rng::seeded(1));
        let files = place.folder().join("blobs");
        let process = Process {
            db: db.clone(),
            blobs: Blobs::open(&files, clock.clone(), rng.clone()).unwrap(),
            clock: clock.clone(),
            rng: rng.clone(),
            logos: Logos::default(),
        };
        let sent = match image {
            Some(image) => Some(Picture {
                blob: process.blobs.put(image).await.unwrap(),
                format: Format::Png,
            }),
            None => None,
        };
        let receipt = NewReceipt {
            company_id: COMPANY,
            id: RECEIPT,
            user_id: TRAVELLER,
            receipt_type: ReceiptType::General,
            body: BODY.to_owned(),
            app_id: Uuid::from_u128(4),
            app_name: "Bluebird Cafe".to_owned(),
            correlation_id: "call-1".to_owned(),
            received_at: START,
            sent,
        };
        let storing = db.write(Isolation::Append, receipt, |tx, receipt| {
            Box::pin(store::insert(tx, receipt))
        });
        storing.await.unwrap();
        let worker = Worker::new(db.clone(), clock.clone(), rng, vec![Arc::new(process)]);
        Self {
            db,
            clock,
            worker,
            files,
        }
    }

    async fn set_body(&self, body: &'static str) {
        let setting = self.db.write(Isolation::ReadCommitted, body, |tx, body| {
            Box::pin(async move {
                tx.execute(&SET_BODY, args![&COMPANY, &RECEIPT, *body])
                    .await
            })
        });
        assert_eq!(setting.await.map_err(|error: DbError| error).unwrap(), 1);
    }

    /// Where files are written, or where nothing can be.
    fn set_files(&self, usable: bool) {
        let (there, away) = (&self.files, &self.files.with_extension("away"));
        let (from, to) = if usable { (away, there) } else { (there, away) };
        fs::rename(from, to).unwrap();
    }

    /// Makes `count` attempts, each when it is due, and answers how long they took.
    async fn attempt(&self, count: usize) -> Duration {
        let began = self.clock.now();
        let mut made = 0;
        while made < count {
            self.clock.advance(Duration::from_secs(1));
            made += self.worker.run_due().await.unwrap();
        }
        self.clock.now() - began
    }

    /// Has the dead job run again.
    async fn revive(&self) -> u64 {
        let reviving = self
            .db
            .write(Isolation::ReadCommitted, self.clock.now(), |tx, now| {
                Box::pin(bursar_jobs::revive(tx, None, *now))
            });
        reviving.await.map_err(|error: DbError| error).unwrap()
    }

    async fn status(&self) -> String {
        let reading = self
            .db
            .read((), |tx, ()| Box::pin(store::get(tx, COMPANY, RECEIPT)));
        reading.await.unwrap().unwrap().status
    }

    async fn receipt(&self) -> Receipt {
        let reading = self
            .db
            .read((), |tx, ()| Box::pin(store::get(tx, COMPANY, RECEIPT)));
        let found: Result<_, DbError> = reading.await;
        found.unwrap().unwrap()
    }

    /// Without the reason of a failure.
    async fn logs(&self) -> Vec<(String, String)> {
        let logs = self.whole_log().await.into_iter();
        logs.filter(|(level, _)| level != "DEBUG").collect()
    }

    async fn whole_log(&self) -> Vec<(String, String)> {
        let reading = self.db.read((), |tx, ()| Box::pin(log(tx)));
        let logs = reading.await.unwrap().into_iter();
        logs.map(|entry| (entry.level, entry.message)).collect()
    }

    async fn expenses(&self) -> usize {
        let reading = self.db.read((), |tx, ()| {
            let of = Traveller {
                company_id: COMPANY,
                user_id: TRAVELLER,
            };
            Box::pin(async move { bursar_expense::api::amounts(tx, of, &Filter::default()).await })
        });
        reading.await.unwrap().len()
    }
}

async fn log(tx: &mut Tx) -> Result<Vec<crate::LogEntry>, DbError> {
    let receipt = store::get(tx, COMPANY, RECEIPT).await?.unwrap();
    crate::api::log(tx, COMPANY, &receipt).await
}

fn logged(messages: &[&str]) -> Vec<(String, String)> {
    let entry = |&message: &&str| {
        let level = match message {
            AGAIN | FAILED => "ERROR",
            _ => "INFO",
        };
        (level.to_owned(), message.to_owned())
    };
    messages.iter().map(entry).collect()
}

db_test! {
    async fn a_full_disk_delays_a_receipt_and_never_fails_it(place: TestDb) {
        let scene = Scene::open(&place).await;
        scene.set_files(false);
        scene.attempt(1).await;
        assert_eq!(scene.status().await, "PROCESSING");
        // Many more than a picture gets.
        scene.attempt(20).await;
        assert_eq!(scene.status().await, "PROCESSING");
        assert_eq!(scene.logs().await, logged(&[ACCEPTED, INITIATED]));
        assert_eq!(scene.expenses().await, 0);
        scene.set_files(true);
        scene.attempt(1).await;
        assert_eq!(scene.status().await, "PROCESSED");
        let all = [ACCEPTED, INITIATED, INITIATED, GENERATED, FINISHED];
        assert_eq!(scene.logs().await, logged(&all));
        assert_eq!(scene.expenses().await, 1);
    }
}

db_test! {
    async fn eight_failed_pictures_fail_a_receipt(place: TestDb) {
        let metrics = Metrics::install();
        let scene = Scene::open(&place).await;
        scene.set_body("no JSON").await;
        let took = scene.attempt(7).await;
        assert_eq!(scene.status().await, "PROCESSING");
        let mut all = vec![ACCEPTED];
        all.extend([INITIATED, AGAIN].repeat(7));
        assert_eq!(scene.logs().await, logged(&all));
        let took = took + scene.attempt(1).await;
        assert_eq!(scene.status().await, "FAILED");
        all.extend([INITIATED, FAILED]);
        assert_eq!(scene.logs().await, logged(&all));
        assert_eq!(scene.expenses().await, 0);
        // Delays of 5, 10, … 320 s, the second half of each up to chance.
        assert!((318..=645).contains(&took.as_secs()), "{took:?}");

        let dead = bursar_jobs::dead(&scene.db, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert!(dead[0].reason.contains("expected"), "{}", dead[0].reason);
        scene.clock.advance(Duration::from_hours(1));
        assert_eq!(scene.worker.run_due().await.unwrap(), 0);
        for counter in ["jobs_failed_total", "jobs_dead_total"] {
            let line = format!("{counter}{{kind=\"{KIND}\"}} ");
            assert!(metrics.render().contains(&line), "{}", metrics.render());
        }
    }
}

db_test! {
    async fn only_failed_pictures_count(place: TestDb) {
        let scene = Scene::open(&place).await;
        scene.set_files(false);
        scene.attempt(10).await;
        scene.set_body("no JSON").await;
        scene.attempt(7).await;
        assert_eq!(scene.status().await, "PROCESSING");
        scene.set_body(BODY).await;
        scene.set_files(true);
        scene.attempt(1).await;
        assert_eq!(scene.status().await, "PROCESSED");
        let retries = scene.logs().await.iter().filter(|(_, text)| text == AGAIN).count();
        assert_eq!(retries, 7);
        assert_eq!(scene.expenses().await, 1);
    }
}

db_test! {
    async fn a_failed_receipt_gets_another_attempt_by_order(place: TestDb) {
        let scene = Scene::open(&place).await;
        scene.set_body("no JSON").await;
        scene.attempt(8).await;
        assert_eq!(scene.status().await, "FAILED");
        assert_eq!(scene.revive().await, 1);
        scene.attempt(1).await;
        assert_eq!(scene.status().await, "FAILED");
        scene.set_body(BODY).await;
        assert_eq!(scene.revive().await, 1);
        scene.attempt(1).await;
        assert_eq!(scene.status().await, "PROCESSED");
        assert_eq!(scene.expenses().await, 1);
        assert_eq!(scene.revive().await, 0);
        let logs = scene.logs().await;
        let end = [INITIATED, FAILED, INITIATED, FAILED, INITIATED, GENERATED, FINISHED];
        assert!(logs.ends_with(&logged(&end)), "{logs:?}");
    }
}

/// A picture of one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\x0aIDAT\x78\x9c\x63\xa8\x07\0\0\x81\0\x80\xd3\x94\x53\x4a\0\0\0\0IEND\xae\x42\x60\x82";

db_test! {
    async fn the_image_that_came_is_kept_and_nothing_is_generated(place: TestDb) {
        let scene = Scene::open_with(&place, Some(PIXEL)).await;
        let sent = scene.receipt().await.sent_blob;
        scene.attempt(1).await;
        assert_eq!(scene.logs().await, logged(&[ACCEPTED, INITIATED, FINISHED]));
        let receipt = scene.receipt().await;
        assert_eq!((receipt.status.as_str(), &receipt.image_blob), ("PROCESSED", &sent));
        assert_eq!(receipt.image_type.as_deref(), Some("image/png"));
        assert_eq!((receipt.sent_blob, receipt.sent_type.as_deref()), (None, Some("image/png")));
        assert_eq!(scene.expenses().await, 1);
    }
}

db_test! {
    async fn a_broken_image_fails_with_its_reason_and_stays(place: TestDb) {
        let scene = Scene::open_with(&place, Some(&PIXEL[..40])).await;
        scene.attempt(8).await;
        let receipt = scene.receipt().await;
        assert_eq!((receipt.status.as_str(), &receipt.image_blob), ("FAILED", &None));
        assert!(receipt.sent_blob.is_some(), "for another attempt by order");
        let mut all = vec![ACCEPTED];
        all.extend([INITIATED, AGAIN].repeat(7));
        all.extend([INITIATED, FAILED]);
        assert_eq!(scene.logs().await, logged(&all));
        let log = scene.whole_log().await;
        let (level, reason) = &log[log.len() - 2];
        assert_eq!(level, "DEBUG");
        assert!(reason.starts_with("the PNG is broken: "), "{reason}");
        assert_eq!(scene.expenses().await, 0);
    }
}

db_test! {
    async fn an_image_that_cannot_be_read_now_delays_a_receipt(place: TestDb) {
        let scene = Scene::open_with(&place, Some(PIXEL)).await;
        scene.set_files(false);
        scene.attempt(20).await;
        assert_eq!(scene.status().await, "PROCESSING");
        assert_eq!(scene.logs().await, logged(&[ACCEPTED, INITIATED]));
        scene.set_files(true);
        scene.attempt(1).await;
        let all = [ACCEPTED, INITIATED, INITIATED, FINISHED];
        assert_eq!(scene.logs().await, logged(&all));
    }
}

db_test! {
    async fn an_image_only_receipt_goes_the_same_way(place: TestDb) {
        let scene = Scene::open(&place).await;
        scene.attempt(1).await;
        let blobs = Blobs::open(&scene.files, scene.clock.clone(), Rng::seeded(2)).unwrap();
        for (number, image, status) in [(7, PIXEL, "PROCESSED"), (8, &PIXEL[..40], "FAILED")] {
            let id = Uuid::from_u128(number);
            let new = NewImageReceipt {
                company_id: COMPANY,
                id,
                user_id: TRAVELLER,
                app_id: Uuid::from_u128(4),
                app_name: "Bluebird Cafe".to_owned(),
                correlation_id: "call-2".to_owned(),
                received_at: scene.clock.now(),
                sent: Picture { blob: blobs.put(image).await.unwrap(), format: Format::Png },
            };
            let sent = new.sent.blob.to_string();
            let storing = scene.db.write(Isolation::Append, new, |tx, new| {
                Box::pin(store::insert_image(tx, new))
            });
            storing.await.unwrap();
            scene.attempt(if status == "FAILED" { 8 } else { 1 }).await;
            let reading = scene.db.read(id, |tx, &id| Box::pin(store::get_image(tx, COMPANY, id)));
            let found: Result<_, DbError> = reading.await;
            let found = found.unwrap().unwrap();
            assert_eq!(found.status, status);
            let (named, other) = if status == "FAILED" {
                (found.sent_blob, found.image_blob)
            } else {
                (found.image_blob, found.sent_blob)
            };
            assert_eq!((named, other), (Some(sent), None));
        }
        assert_eq!(scene.expenses().await, 1, "of the receipt with data");
    }
}
