//! What the queue promises, step by step on a fake clock.

use std::sync::Arc;
use std::time::Duration;

use bursar_db::{DbError, Isolation, Row, Sql, args};
use bursar_jobs::{Failed, HandlerError, Job, JobsError, LEASE};
use bursar_testkit::db_test;

use crate::kit::{Bench, Does, NOW, POLICY, SECOND, START, complete, payloads};

async fn fail(bench: &Bench, job: &Job, reason: &str) -> Result<Failed, JobsError> {
    let args = (job.clone(), reason.to_owned(), bench.clock.now());
    let failing = bench
        .db
        .write(Isolation::ReadCommitted, args, |tx, (job, reason, now)| {
            Box::pin(bursar_jobs::fail(tx, job, &POLICY, 7, reason, *now))
        });
    failing.await
}

db_test! {
    async fn every_statement_is_prepared(place: TestDb) {
        let bench = Bench::open(&place).await;
        let mut parameters = Vec::new();
        for sql in bursar_jobs::statements() {
            parameters.push(bench.db.prepare(sql).await.unwrap());
        }
        assert_eq!(parameters, [6, 5, 3, 2, 4, 3, 2, 0, 1, 1, 0, 1, 2]);
    }
}

db_test! {
    async fn a_long_backlog_is_claimed_by_its_index(place: TestDb) {
        let bench = Bench::open(&place).await;
        let explain = if bench.db.engine() == "postgres" {
            // What a statement that is used often gets, with statistics of a long queue.
            place.batch("DO $$ BEGIN EXECUTE format(
                'ALTER DATABASE %I SET plan_cache_mode = force_generic_plan', current_database());
                END $$").await;
            place.batch("INSERT INTO jobs_job
                (kind, payload, correlation_id, state, attempt, run_at, enqueued_at)
                SELECT 'a', '', '', 'waiting', 0, n, n FROM generate_series(1, 20000) AS n").await;
            place.batch("ANALYZE jobs_job").await;
            "EXPLAIN"
        } else {
            "EXPLAIN QUERY PLAN"
        };
        bench.db.close().await;
        drop(bench);
        let db = place.open().await;
        let claims = |sql: &&&Sql| sql.postgres().contains("SKIP LOCKED");
        let claim = bursar_jobs::statements().iter().find(claims).unwrap();
        // Statements live as long as the program.
        let sqlite = format!("{explain} {}", claim.sqlite()).leak();
        let postgres = format!("{explain} {}", claim.postgres()).leak();
        let sql: &'static Sql = Box::leak(Box::new(Sql::per_engine(sqlite, postgres)));
        let column = if db.engine() == "postgres" { 0 } else { 3 };
        let plan = db.scan((), move |tx, ()| Box::pin(async move {
            let rows = tx.rows(sql, args![&[0_u8; 16], 9, START, " a ", 16]).await?;
            let line = |mut row: Row| row.get::<String>(column);
            rows.into_iter().map(line).collect::<Result<Vec<_>, DbError>>()
        })).await.unwrap().join("\n");
        assert!(plan.contains("jobs_job_due"), "{plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN"), "{plan}");
    }
}

db_test! {
    async fn jobs_come_in_order_and_whole(place: TestDb) {
        let bench = Bench::open(&place).await;
        bench.add(None, "third", 2 * SECOND).await;
        bench.add(None, "first", SECOND).await;
        bench.add(Some("k"), "second", SECOND).await;
        let worker = bench.claimer();
        assert!(worker.claim(9).await.unwrap().is_empty(), "none is due");
        bench.clock.advance(2 * SECOND);
        let jobs = worker.claim(2).await.unwrap();
        assert_eq!(payloads(&jobs), ["first", "second"]);
        let second = &jobs[1];
        assert_eq!((second.kind.as_str(), second.key.as_deref()), ("a", Some("k")));
        assert_eq!((second.correlation_id.as_str(), second.attempt), ("call-1", 1));
        assert_eq!(second.enqueued_at, START);
        assert_eq!(payloads(&worker.claim(9).await.unwrap()), ["third"]);
        assert!(worker.claim(9).await.unwrap().is_empty());
    }
}

db_test! {
    async fn a_key_is_unique_while_its_job_is_alive(place: TestDb) {
        let bench = Bench::open(&place).await;
        assert!(bench.add(Some("k"), "1", NOW).await);
        assert!(!bench.add(Some("k"), "2", NOW).await, "it waits");
        assert!(bench.add(Some("K"), "other", SECOND * 9).await);
        assert!(bench.add(None, "no key", SECOND * 9).await);
        assert!(bench.add(None, "no key", SECOND * 9).await);
        let worker = bench.claimer();
        let jobs = worker.claim(9).await.unwrap();
        assert_eq!(payloads(&jobs), ["1"]);
        assert!(!bench.add(Some("k"), "3", NOW).await, "it runs");
        complete(&bench.db, &jobs[0]).await.unwrap();
        assert!(bench.add(Some("k"), "4", NOW).await, "it is done");
        let jobs = worker.claim(9).await.unwrap();
        let buried = bench.db.write(Isolation::ReadCommitted, jobs[0].claim.clone(), |tx, claim| {
            Box::pin(bursar_jobs::bury(tx, claim, "no use"))
        });
        buried.await.unwrap();
        assert!(bench.add(Some("k"), "5", NOW).await, "it is dead");
    }
}

db_test! {
    async fn an_operation_that_fails_enqueues_nothing(place: TestDb) {
        let bench = Bench::open(&place).await;
        let failed: Result<(), JobsError> = bench.db.write(Isolation::Append, (), |tx, ()| {
            Box::pin(async move {
                let job = bursar_jobs::NewJob {
                    kind: "a", key: None, payload: "", correlation_id: "", run_at: START, now: START,
                };
                assert!(bursar_jobs::enqueue(tx, &job).await?);
                Err(JobsError::LeaseLost)
            })
        }).await;
        assert!(failed.is_err());
        assert_eq!(bench.alive().await, 0);
    }
}

db_test! {
    async fn a_job_whose_worker_died_is_taken_over(place: TestDb) {
        let bench = Bench::open(&place).await;
        bench.add(None, "x", NOW).await;
        let (dying, next) = (bench.claimer(), bench.claimer());
        let old = dying.claim(1).await.unwrap().remove(0);
        bench.clock.advance(LEASE.saturating_sub(SECOND));
        assert!(next.claim(1).await.unwrap().is_empty(), "the lease stands");
        assert!(dying.renew(vec![old.claim.clone()]).await.unwrap().is_empty());
        bench.clock.advance(LEASE.saturating_sub(SECOND));
        assert!(next.claim(1).await.unwrap().is_empty(), "it was renewed");
        bench.clock.advance(SECOND);
        let new = next.claim(1).await.unwrap().remove(0);
        assert_eq!((new.id, new.attempt), (old.id, 2));
        // The old claim is worth nothing any more.
        assert!(matches!(complete(&bench.db, &old).await, Err(JobsError::LeaseLost)));
        assert!(matches!(fail(&bench, &old, "late").await, Err(JobsError::LeaseLost)));
        assert_eq!(dying.renew(vec![old.claim.clone()]).await.unwrap(), [old.id]);
        dying.release(vec![old.claim]).await.unwrap();
        assert!(next.claim(1).await.unwrap().is_empty(), "it is still the new worker's");
        complete(&bench.db, &new).await.unwrap();
        assert!(matches!(complete(&bench.db, &new).await, Err(JobsError::LeaseLost)));
        assert_eq!(bench.alive().await, 0);
    }
}

db_test! {
    async fn a_released_job_is_due_again_and_lost_no_attempt(place: TestDb) {
        let bench = Bench::open(&place).await;
        bench.add(None, "x", NOW).await;
        let worker = bench.claimer();
        for _ in 0..5 {
            let job = worker.claim(1).await.unwrap().remove(0);
            assert_eq!(job.attempt, 1);
            worker.release(vec![job.claim]).await.unwrap();
        }
    }
}

db_test! {
    async fn a_failing_job_waits_and_dies_with_its_reason(place: TestDb) {
        let bench = Bench::open(&place).await;
        bench.add(Some("k"), "x", NOW).await;
        let worker = bench.claimer();
        let job = worker.claim(1).await.unwrap().remove(0);
        let run_at = START + SECOND + Duration::from_micros(7);
        assert_eq!(fail(&bench, &job, "first").await.unwrap(), Failed::Retried { run_at });
        for attempt in [2, 3] {
            assert!(worker.claim(1).await.unwrap().is_empty(), "it waits");
            bench.clock.advance(60 * SECOND);
            let job = worker.claim(1).await.unwrap().remove(0);
            assert_eq!(job.attempt, attempt);
            fail(&bench, &job, &format!("no\0 {attempt} {}", "é".repeat(5_000))).await.unwrap();
        }
        bench.clock.advance(600 * SECOND);
        assert!(worker.claim(1).await.unwrap().is_empty(), "it is dead");
        let dead = bursar_jobs::dead(&bench.db, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        let dead = &dead[0];
        assert_eq!((dead.kind.as_str(), dead.key.as_deref(), dead.attempts), ("a", Some("k"), 3));
        assert_eq!((dead.payload.as_str(), dead.correlation_id.as_str()), ("x", "call-1"));
        assert_eq!((dead.id, dead.enqueued_at), (job.id, START));
        assert!(dead.reason.starts_with("no 3 éé"), "{}", dead.reason);
        assert_eq!(dead.reason.chars().count(), 1_000);
    }
}

async fn revive(bench: &Bench, id: Option<i64>) -> u64 {
    let args = (id, bench.clock.now());
    let reviving = bench
        .db
        .write(Isolation::ReadCommitted, args, |tx, &(id, now)| {
            Box::pin(bursar_jobs::revive(tx, id, now))
        });
    reviving.await.map_err(|error: DbError| error).unwrap()
}

db_test! {
    async fn dead_jobs_run_again_by_order(place: TestDb) {
        let bench = Bench::open(&place).await;
        let worker = bench.claimer();
        // Of two with one key only the later may run.
        for (key, payload) in [(Some("k"), "1"), (Some("k"), "2"), (None, "3"), (None, "4")] {
            bench.add(key, payload, NOW).await;
            for _ in 0..POLICY.attempts_max {
                let job = worker.claim(1).await.unwrap().remove(0);
                fail(&bench, &job, "no use").await.unwrap();
                bench.clock.advance(60 * SECOND);
            }
        }
        let dead = bursar_jobs::dead(&bench.db, 10).await.unwrap();
        assert_eq!(dead.len(), 4);
        assert_eq!(revive(&bench, Some(dead[0].id)).await, 1);
        assert_eq!(revive(&bench, Some(dead[0].id)).await, 0, "it lives");
        let jobs = worker.claim(9).await.unwrap();
        assert_eq!(payloads(&jobs), ["4"]);
        assert_eq!(jobs[0].attempt, 1, "it has all its attempts");
        assert_eq!(revive(&bench, None).await, 2);
        let jobs = worker.claim(9).await.unwrap();
        assert_eq!(payloads(&jobs), ["2", "3"]);
        assert_eq!(revive(&bench, None).await, 0, "its key is taken");
        complete(&bench.db, &jobs[0]).await.unwrap();
        assert_eq!(revive(&bench, None).await, 1);
        assert_eq!(payloads(&worker.claim(9).await.unwrap()), ["1"]);
    }
}

db_test! {
    async fn a_worker_settles_what_its_handler_leaves(place: TestDb) {
        let bench = Bench::open(&place).await;
        let db = bench.db.clone();
        let worker = bench.worker(vec![Arc::new(Does("a", move |job: Job| {
            let db = db.clone();
            async move {
                match job.payload.as_str() {
                    "completes" => Ok(complete(&db, &job).await?),
                    "panics" => panic!("on purpose"),
                    "retries" if job.attempt == 1 => Err(HandlerError::Retry("not yet".into())),
                    "dead" => Err(HandlerError::Dead("no use".into())),
                    _ => Ok(()),
                }
            }
        }))]);
        for payload in ["leaves", "completes", "retries", "panics", "dead"] {
            bench.add(None, payload, NOW).await;
        }
        assert_eq!(worker.run_due().await.unwrap(), 5);
        assert_eq!(bench.alive().await, 2);
        bench.clock.advance(60 * SECOND);
        assert_eq!(worker.run_due().await.unwrap(), 2);
        bench.clock.advance(60 * SECOND);
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(bench.alive().await, 0);
        let dead = bursar_jobs::dead(&bench.db, 10).await.unwrap();
        let dead: Vec<_> = dead.iter().map(|job| (job.reason.as_str(), job.attempts)).collect();
        assert_eq!(dead, [("no use", 1), ("the handler panicked: on purpose", 3)]);
    }
}

db_test! {
    async fn a_job_that_kills_its_workers_dies(place: TestDb) {
        let bench = Bench::open(&place).await;
        bench.add(None, "x", NOW).await;
        for _ in 0..POLICY.attempts_max {
            assert_eq!(bench.claimer().claim(1).await.unwrap().len(), 1);
            bench.clock.advance(LEASE);
        }
        let never = Does("a", |_| async { panic!("it must not run again") });
        assert_eq!(bench.worker(vec![Arc::new(never)]).run_due().await.unwrap(), 1);
        let dead = bursar_jobs::dead(&bench.db, 10).await.unwrap();
        assert_eq!(dead[0].reason, "its worker died in the last of 3 attempts");
    }
}

db_test! {
    async fn a_job_that_nobody_here_handles_waits(place: TestDb) {
        let bench = Bench::open(&place).await;
        bench.add(None, "x", NOW).await;
        let other = bench.worker(vec![
            Arc::new(Does("aa", |_| async { Ok(()) })),
            Arc::new(Does("b", |_| async { Ok(()) })),
        ]);
        assert_eq!(other.run_due().await.unwrap(), 0);
        assert_eq!(bench.worker(vec![]).run_due().await.unwrap(), 0);
        assert_eq!(bench.claimer().run_due().await.unwrap(), 1);
    }
}
