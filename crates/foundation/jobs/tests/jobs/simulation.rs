//! Seeded simulation: producers and workers die at any operation and inside handlers, clocks jump
//! past leases, and new workers come. `BURSAR_SEED=n` runs one seed, `BURSAR_LONG=1` many more.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bursar_db::{BoxFuture, Db, DbError, Isolation, MIGRATIONS, Migration, args, statements};
use bursar_jobs::{
    Claim, Handler, HandlerError, Job, JobsError, LEASE, NewJob, RetryPolicy, Worker, complete,
};
use bursar_kernel::{Clock, Rng};
use bursar_testkit::db_test;

use crate::kit::{SECOND, START, alive};

const JOBS: usize = 200;
const WORKERS: usize = 3;
/// Deaths in a thousand places to die.
const DEATHS: u64 = 30;
/// Far more than any seed needs.
const STEPS_MAX: usize = 20_000;

const TABLES: Migration = Migration {
    number: 9_001,
    name: "9001_simulation",
    sqlite: "CREATE TABLE cause (name TEXT PRIMARY KEY) STRICT;
             CREATE TABLE guard (name TEXT PRIMARY KEY) STRICT;
             CREATE TABLE effect (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    postgres: "CREATE TABLE cause (name TEXT PRIMARY KEY);
               CREATE TABLE guard (name TEXT PRIMARY KEY);
               CREATE TABLE effect (
                   id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL)",
};

statements! {
    CAUSE = "INSERT INTO cause (name) VALUES ($1) ON CONFLICT DO NOTHING";
    GUARD = "INSERT INTO guard (name) VALUES ($1) ON CONFLICT DO NOTHING";
    EFFECT = "INSERT INTO effect (name) VALUES ($1)";
    EFFECTS = "SELECT name, COUNT(*) FROM effect WHERE name LIKE $1 GROUP BY name ORDER BY name";
}

/// Kills whoever acts, and keeps it dead: nothing it does afterwards reaches the database.
#[derive(Default)]
struct Fate {
    /// None while the test itself looks.
    rng: Mutex<Option<Rng>>,
    dead: AtomicBool,
}

impl Fate {
    fn strikes(&self) -> bool {
        let rng = self.rng.lock().unwrap().clone();
        let Some(rng) = rng else { return false };
        if !self.is_dead() && rng.below(1_000) < DEATHS {
            self.dead.store(true, Ordering::SeqCst);
        }
        self.is_dead()
    }

    fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Whether it died; whoever acts next is alive.
    fn bury(&self) -> bool {
        self.dead.swap(false, Ordering::SeqCst)
    }
}

struct World {
    db: Db,
    fate: Arc<Fate>,
    clock: Clock,
    rng: Rng,
    /// How often the handler of each job was started.
    runs: Mutex<BTreeMap<String, usize>>,
}

/// Two ways to take effect once.
#[derive(Clone, Copy)]
enum How {
    /// The effect and the completion are one operation.
    Together,
    /// The effect has a unique key; the worker completes the job.
    Guarded,
}

struct Affect(Arc<World>, How);

impl Handler for Affect {
    fn kind(&self) -> &'static str {
        match self.1 {
            How::Together => "together",
            How::Guarded => "guarded",
        }
    }

    fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            attempts_max: 1_000,
            first_delay: SECOND,
            delay_max: 10 * SECOND,
        }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(self.affect(job))
    }
}

impl Affect {
    async fn affect(&self, job: &Job) -> Result<(), HandlerError> {
        let Self(world, how) = self;
        *world
            .runs
            .lock()
            .unwrap()
            .entry(job.payload.clone())
            .or_default() += 1;
        self.may_end("before the effect")?;
        assert!(world.rng.below(50) > 0, "a bug in the handler");
        let args = (job.payload.clone(), job.claim.clone());
        match how {
            How::Together => {
                let done = world
                    .db
                    .write(Isolation::Serializable, args, |tx, (name, claim)| {
                        Box::pin(async move {
                            tx.execute(&EFFECT, args![name]).await?;
                            complete(tx, claim).await
                        })
                    });
                done.await.map_err(|error: JobsError| error)?;
            }
            How::Guarded => {
                let done = world.db.write(Isolation::Append, args, |tx, (name, _)| {
                    Box::pin(async move {
                        if tx.execute(&GUARD, args![name]).await? == 1 {
                            tx.execute(&EFFECT, args![name]).await?;
                        }
                        Ok(())
                    })
                });
                done.await.map_err(|error: DbError| error)?;
            }
        }
        self.may_end("after the effect")
    }

    /// Dies, or fails and lives.
    fn may_end(&self, place: &str) -> Result<(), HandlerError> {
        let Self(world, _) = self;
        if world.fate.strikes() || world.rng.below(30) == 0 {
            return Err(HandlerError::Retry(place.to_owned()));
        }
        Ok(())
    }
}

impl World {
    /// The cause and its job are one operation. Tried until a try is known to have succeeded.
    async fn produce(&self, name: &str, kind: &'static str) -> bool {
        let delay = SECOND * u32::try_from(self.rng.below(3)).unwrap();
        let args = (name.to_owned(), kind, self.clock.now(), delay);
        let produced = self
            .db
            .write(Isolation::Append, args, |tx, (name, kind, now, delay)| {
                Box::pin(async move {
                    if tx.execute(&CAUSE, args![name]).await? == 1 {
                        let job = NewJob {
                            kind,
                            key: Some(name),
                            payload: name,
                            correlation_id: name,
                            run_at: *now + *delay,
                            now: *now,
                        };
                        assert!(bursar_jobs::enqueue(tx, &job).await?);
                    }
                    Ok(())
                })
            });
        produced.await.map_err(|error: DbError| error).is_ok()
    }

    fn hire(self: &Arc<Self>) -> Hand {
        let handlers: Vec<Arc<dyn Handler>> = vec![
            Arc::new(Affect(Arc::clone(self), How::Together)),
            Arc::new(Affect(Arc::clone(self), How::Guarded)),
        ];
        let (db, clock, rng) = (self.db.clone(), self.clock.clone(), self.rng.clone());
        Hand {
            worker: Worker::new(db, clock, rng, handlers),
            jobs: Vec::new(),
        }
    }

    fn pick(&self, below: usize) -> usize {
        usize::try_from(self.rng.below(below as u64)).unwrap()
    }
}

/// A worker with what it has claimed and not begun.
struct Hand {
    worker: Worker,
    jobs: Vec<Job>,
}

impl Hand {
    async fn act(&mut self, world: &World) {
        match world.rng.below(10) {
            0..=1 => {
                if let Ok(jobs) = self.worker.claim(1 + world.pick(6)).await {
                    self.jobs.extend(jobs);
                }
            }
            2..=7 if !self.jobs.is_empty() => {
                let job = self.jobs.remove(world.pick(self.jobs.len()));
                self.worker.work(job).await;
            }
            8 => {
                let claims = self.claims();
                if let Ok(lost) = self.worker.renew(claims).await {
                    self.jobs.retain(|job| !lost.contains(&job.id));
                }
            }
            9 if world.rng.below(10) == 0 => {
                // A stop: what is not begun goes back.
                if self.worker.release(self.claims()).await.is_ok() {
                    self.jobs.clear();
                }
            }
            _ => world
                .clock
                .advance(Duration::from_millis(world.rng.below(2_000))),
        }
        if world.rng.below(100) == 0 {
            world.clock.advance(LEASE);
        }
    }

    fn claims(&self) -> Vec<Claim> {
        self.jobs.iter().map(|job| job.claim.clone()).collect()
    }
}

async fn simulate(db: &Db, fate: &Arc<Fate>, seed: u64) {
    // Printed by the test's harness when this seed fails.
    println!("BURSAR_SEED={seed}");
    let rng = Rng::seeded(seed);
    let world = Arc::new(World {
        db: db.clone(),
        fate: Arc::clone(fate),
        clock: Clock::fake(START),
        rng: rng.clone(),
        runs: Mutex::default(),
    });
    let name = |job: usize| format!("{seed}-{job:03}");
    let kind = |job: usize| {
        if job.is_multiple_of(2) {
            "together"
        } else {
            "guarded"
        }
    };
    let mut hands: Vec<Hand> = (0..WORKERS).map(|_| world.hire()).collect();
    let (mut produced, mut deaths, mut steps) = (0, 0, 0);
    while produced < JOBS || alive(db).await > 0 {
        steps += 1;
        assert!(steps < STEPS_MAX, "seed {seed}: jobs are left over");
        *fate.rng.lock().unwrap() = Some(rng.clone());
        let actor = world.pick(WORKERS + 1);
        if let Some(hand) = hands.get_mut(actor) {
            hand.act(&world).await;
        } else if produced < JOBS && world.produce(&name(produced), kind(produced)).await {
            produced += 1;
        }
        *fate.rng.lock().unwrap() = None;
        if fate.bury() {
            deaths += 1;
            if let Some(hand) = hands.get_mut(actor) {
                *hand = world.hire();
            }
        }
    }
    let all: Vec<String> = (0..JOBS).map(name).collect();
    let runs = world.runs.lock().unwrap().clone();
    assert_eq!(
        runs.keys().cloned().collect::<Vec<_>>(),
        all,
        "seed {seed}: one never ran"
    );
    let effects = effects(db, seed).await;
    let wrong = all.iter().map(|name| (name, effects.get(name)));
    let wrong: Vec<_> = wrong.filter(|(_, effects)| *effects != Some(&1)).collect();
    assert!(
        wrong.is_empty(),
        "seed {seed}: effects are lost or doubled: {wrong:?}"
    );
    assert!(
        bursar_jobs::dead(db, 1).await.unwrap().is_empty(),
        "seed {seed}: one is dead"
    );
    let runs: usize = runs.values().sum();
    println!("{steps} steps, {deaths} deaths, {runs} runs");
    assert!(deaths > 5 && runs > JOBS, "seed {seed}: nothing happened");
}

async fn effects(db: &Db, seed: u64) -> BTreeMap<String, i64> {
    let effects = db.scan(format!("{seed}-%"), |tx, names| {
        Box::pin(async move {
            let rows = tx.rows(&EFFECTS, args![names]).await?;
            let pair = |mut row: bursar_db::Row| Ok((row.get(0)?, row.get(1)?));
            rows.into_iter().map(pair).collect::<Result<_, DbError>>()
        })
    });
    effects.await.unwrap()
}

fn seeds() -> RangeInclusive<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    match (number("BURSAR_SEED"), number("BURSAR_LONG")) {
        (Some(seed), _) => seed..=seed,
        (None, Some(1..)) => 1..=200,
        (None, _) => 1..=3,
    }
}

db_test! {
    async fn every_job_runs_and_takes_effect_once(place: TestDb) {
        let fate = Arc::new(Fate::default());
        let failpoints = Arc::clone(&fate);
        let options = bursar_db::Options {
            failpoints: Some(Arc::new(move |_| failpoints.strikes())),
            ..place.options()
        };
        let migrations = [MIGRATIONS, &[TABLES]].concat();
        let db = Db::open(options, &migrations).await.unwrap();
        for seed in seeds() {
            simulate(&db, &fate, seed).await;
        }
    }
}
