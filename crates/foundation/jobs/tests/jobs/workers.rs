//! Running workers: several at once, and their stop.

use std::collections::{HashMap, HashSet};
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bursar_db::{Db, Location};
use bursar_jobs::{Handler, Job, Workers};
use bursar_kernel::{Clock, Rng};
use bursar_testkit::{TestDb, db_test};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, Semaphore};

use crate::kit::{Does, NOW, add, alive, complete};

/// Nothing here takes long; this only ends a test that hangs.
const HANGS: Duration = Duration::from_mins(1);

fn start(db: &Db, handler: Arc<dyn Handler>, concurrency: usize) -> Workers {
    Workers::start(
        db.clone(),
        Clock::system(),
        Rng::system(),
        vec![handler],
        concurrency,
    )
}

/// A handle for each node: on `PostgreSQL` as separate as those of two processes.
async fn nodes(place: &TestDb) -> Vec<Db> {
    let first = place.open().await;
    let second = match place.location {
        Location::Folder(_) => first.clone(),
        Location::Url(_) => place.open().await,
    };
    vec![first, second]
}

async fn next<T>(from: &mut UnboundedReceiver<T>) -> T {
    let next = tokio::time::timeout(HANGS, from.recv()).await;
    next.expect("it hangs").unwrap()
}

/// Tells the payloads of the jobs it starts, then waits for a permit.
fn gated(told: UnboundedSender<String>, gate: Arc<Semaphore>) -> Arc<dyn Handler> {
    Arc::new(Does("a", move |job: Job| {
        let (told, gate) = (told.clone(), Arc::clone(&gate));
        async move {
            told.send(job.payload).unwrap();
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    }))
}

db_test! {
    async fn no_job_runs_twice_at_a_time(place: TestDb) {
        let nodes = nodes(&place).await;
        let running = Arc::new(Mutex::new(HashSet::new()));
        let (told, mut done) = unbounded_channel();
        let workers: Vec<_> = (0..4).map(|worker| {
            let db = nodes[worker % 2].clone();
            let (running, told, mine) = (Arc::clone(&running), told.clone(), db.clone());
            let handler = Does("a", move |job: Job| {
                let (running, told, db) = (Arc::clone(&running), told.clone(), mine.clone());
                async move {
                    assert!(running.lock().unwrap().insert(job.id), "it runs already");
                    tokio::task::yield_now().await;
                    complete(&db, &job).await?;
                    running.lock().unwrap().remove(&job.id);
                    told.send((worker, job.payload)).unwrap();
                    Ok(())
                }
            });
            start(&db, Arc::new(handler), 8)
        }).collect();
        let jobs = 300;
        for job in 0..jobs {
            let db = &nodes[job % 2];
            assert!(add(db, Clock::system().now(), None, &job.to_string(), NOW).await);
        }
        let mut runs = HashMap::new();
        for _ in 0..jobs {
            let (_, payload) = next(&mut done).await;
            *runs.entry(payload).or_insert(0) += 1;
        }
        for workers in workers {
            workers.stop().await;
        }
        assert_eq!(runs.len(), jobs);
        assert!(done.try_recv().is_err(), "one ran twice");
        assert_eq!(alive(&nodes[0]).await, 0);
        assert!(bursar_jobs::dead(&nodes[0], 1).await.unwrap().is_empty());
    }
}

db_test! {
    async fn a_job_enqueued_on_another_node_starts(place: TestDb) {
        let nodes = nodes(&place).await;
        let (told, mut started) = unbounded_channel();
        let workers = start(&nodes[0], gated(told, Arc::new(Semaphore::new(9))), 2);
        add(&nodes[1], Clock::system().now(), None, "there", NOW).await;
        assert_eq!(next(&mut started).await, "there");
        let soon = Duration::from_millis(30);
        add(&nodes[1], Clock::system().now(), None, "soon", soon).await;
        assert_eq!(next(&mut started).await, "soon");
        workers.stop().await;
        assert_eq!(alive(&nodes[0]).await, 0);
    }
}

db_test! {
    async fn no_more_jobs_run_than_there_are_slots(place: TestDb) {
        let db = place.open().await;
        let (told, mut started) = unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        for job in 0..5 {
            add(&db, Clock::system().now(), None, &job.to_string(), NOW).await;
        }
        let workers = start(&db, gated(told, Arc::clone(&gate)), 2);
        let mut seen = vec![next(&mut started).await, next(&mut started).await];
        for _ in 2..5 {
            assert!(started.try_recv().is_err(), "a third runs");
            gate.add_permits(1);
            seen.push(next(&mut started).await);
        }
        gate.add_permits(2);
        workers.stop().await;
        seen.sort();
        assert_eq!(seen, ["0", "1", "2", "3", "4"]);
        assert_eq!(alive(&db).await, 0);
    }
}

db_test! {
    async fn a_stop_finishes_what_runs_and_takes_no_more(place: TestDb) {
        let db = place.open().await;
        let (told, mut started) = unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        for job in ["runs", "waits"] {
            add(&db, Clock::system().now(), None, job, NOW).await;
        }
        let workers = start(&db, gated(told, Arc::clone(&gate)), 1);
        assert_eq!(next(&mut started).await, "runs");
        let mut stopping = pin!(workers.stop());
        tokio::select! {
            biased;
            () = &mut stopping => panic!("it stopped while a job ran"),
            () = ready(()) => gate.add_permits(1),
        }
        tokio::time::timeout(HANGS, stopping).await.expect("it hangs");
        assert!(started.try_recv().is_err(), "it took another");
        assert_eq!(alive(&db).await, 1);
    }
}

db_test! {
    async fn a_stop_hands_back_what_takes_too_long(place: TestDb) {
        let db = place.open().await;
        add(&db, Clock::system().now(), None, "x", NOW).await;
        let reached = Arc::new(Notify::new());
        let flag = Arc::clone(&reached);
        let stuck = Does("a", move |_| {
            let flag = Arc::clone(&flag);
            async move {
                flag.notify_one();
                pending().await
            }
        });
        let workers = start(&db, Arc::new(stuck), 4);
        tokio::time::timeout(HANGS, reached.notified()).await.expect("it hangs");
        workers.stop_within(Duration::ZERO).await;
        // It is due at once for the next worker, and the attempt does not count.
        let (told, mut attempts) = unbounded_channel();
        let quick = Does("a", move |job: Job| {
            let told = told.clone();
            async move {
                told.send(job.attempt).unwrap();
                Ok(())
            }
        });
        let workers = start(&db, Arc::new(quick), 4);
        assert_eq!(next(&mut attempts).await, 1);
        workers.stop().await;
        assert_eq!(alive(&db).await, 0);
    }
}

db_test! {
    async fn a_long_job_keeps_its_lease(place: TestDb) {
        let clock = Clock::fake(crate::kit::START);
        let db = place.open().await;
        let (told, mut started) = unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        let handler = gated(told, Arc::clone(&gate));
        let start = || Workers::start(
            db.clone(), clock.clone(), Rng::system(), vec![Arc::clone(&handler)], 2,
        );
        let workers = start();
        add(&db, clock.now(), None, "long", NOW).await;
        assert_eq!(next(&mut started).await, "long");
        // A jump of the sandbox's clock must not make the same worker start it again.
        clock.advance(Duration::from_hours(1));
        add(&db, clock.now(), None, "other", NOW).await;
        assert_eq!(next(&mut started).await, "other");
        gate.add_permits(2);
        workers.stop().await;
        assert!(started.try_recv().is_err(), "it ran twice");
        assert_eq!(alive(&db).await, 0);
    }
}
