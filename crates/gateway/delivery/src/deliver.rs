//! The deliverer: claims lanes that are due, and sends their items one after another.

use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bursar_db::{DbError, Isolation, Tx};
use bursar_gateway_connect::calls::{self, NewCall, Purpose};
use bursar_kernel::Micros;
use tokio::task::{Id, JoinError, JoinSet};

use crate::Outbox;
use crate::lane::{self, First, Head, Lane};
use crate::policy::Decision;
use crate::send::{Attempted, Ended, attempt};

/// Lanes that are worked on at once for one data center: a slow one never takes others' places.
const PER_PLACE: usize = 32;
/// How long a lane is a worker's without a sign of life.
const LEASE: Duration = Duration::from_mins(2);
/// How often a sign of life is given while a request is on its way.
const RENEW_EVERY: Duration = Duration::from_secs(30);
/// A lost wake-up costs at most this.
const POLL: Duration = Duration::from_secs(1);
/// Items of one lane before another lane may have its place.
const IN_A_ROW: usize = 100;
/// How long a stop waits for requests that are on their way.
const STOP_WAIT: Duration = Duration::from_secs(40);

/// Delivers what an outbox has. Clones work for the same one; so do other processes.
#[derive(Clone)]
pub struct Deliverer {
    outbox: Outbox,
    /// Apps whose quick expenses of unknown outcome are sent again.
    retry_unknown: Arc<BTreeSet<String>>,
    stopping: Arc<AtomicBool>,
}

/// Lanes being worked on.
#[derive(Default)]
struct Running {
    tasks: JoinSet<usize>,
    places: HashMap<Id, String>,
    /// Attempts of those that have ended.
    attempts: usize,
}

impl Running {
    fn free(&self, place: &str) -> usize {
        let busy = self.places.values().filter(|at| *at == place).count();
        PER_PLACE.saturating_sub(busy)
    }

    /// Forgets a lane whose work ended, and counts its attempts.
    fn ended(&mut self, ended: Result<(Id, usize), JoinError>) {
        match ended {
            Ok((id, attempts)) => {
                self.places.remove(&id);
                self.attempts += attempts;
            }
            Err(error) => {
                self.places.remove(&error.id());
                tracing::error!(%error, "a delivery ended; its item is looked for later");
            }
        }
    }
}

/// What follows an item.
enum Next {
    /// The next one.
    Head(Box<Head>),
    /// Nothing now.
    Released,
    /// Somebody else has the lane.
    Lost,
}

/// What an operation needs to write down an attempt.
struct Settling {
    lane: Lane,
    head: i64,
    body: String,
    ended: Ended,
    doubtful: bool,
    purpose: Purpose,
    calls: Vec<NewCall>,
    place: Option<String>,
    go_on: bool,
    now: Micros,
}

impl Deliverer {
    /// A deliverer. For apps in `retry_unknown`, quick expenses of unknown outcome are sent again,
    /// and may arrive twice; the others' are parked.
    pub fn new(outbox: Outbox, retry_unknown: BTreeSet<String>) -> Self {
        Self {
            outbox,
            retry_unknown: Arc::new(retry_unknown),
            stopping: Arc::default(),
        }
    }

    /// Takes lanes over that a dead process of this database's single owner still holds. Only
    /// before anything is delivered, and never where several processes share the database.
    pub async fn expire_leases(&self) -> Result<(), DbError> {
        let expire = self
            .outbox
            .db()
            .write(Isolation::ReadCommitted, (), |tx, ()| {
                Box::pin(lane::expire(tx))
            });
        expire.await
    }

    /// Delivers until `stop` completes; then lets requests end that are on their way. Dropped, it
    /// cuts them off, as a crash would: their items are looked for later.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let wakeups = self.outbox.db().wakeups();
        let mut stop = pin!(stop);
        let mut running = Running::default();
        loop {
            // Registered before the look, so that nothing is missed in between.
            let mut woken = pin!(wakeups.notified());
            woken.as_mut().enable();
            if let Err(error) = self.claim_due(&mut running).await {
                tracing::warn!(%error, "nothing can be claimed for delivery");
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = woken => {}
                Some(ended) = running.tasks.join_next_with_id() => {
                    running.ended(ended);
                }
                () = tokio::time::sleep(POLL) => {}
            }
        }
        self.stopping.store(true, Ordering::SeqCst);
        let all = async { while running.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WAIT, all).await.is_err() {
            tracing::warn!("deliveries are cut off; their items are looked for later");
        }
    }

    /// Delivers what is due until nothing is; answers how many attempts were made.
    pub async fn run_due(&self) -> Result<usize, DbError> {
        let mut running = Running::default();
        loop {
            self.claim_due(&mut running).await?;
            match running.tasks.join_next_with_id().await {
                Some(ended) => running.ended(ended),
                None => return Ok(running.attempts),
            }
        }
    }

    /// Claims lanes that are due, for each data center as many as there is room for.
    async fn claim_due(&self, running: &mut Running) -> Result<(), DbError> {
        while let Some(ended) = running.tasks.try_join_next_with_id() {
            running.ended(ended);
        }
        let db = self.outbox.db();
        let places = db.read((), |tx, ()| Box::pin(lane::places(tx)));
        let places: Vec<String> = places.await?;
        for place in places {
            let free = running.free(&place);
            if free == 0 || !self.is_due(&place).await? {
                continue;
            }
            for (lane, head) in self.claim(&place, free).await? {
                let work = self.clone().work(lane, head);
                let id = running.tasks.spawn(work).id();
                running.places.insert(id, place.clone());
            }
        }
        Ok(())
    }

    /// A look is cheaper than a claim in vain.
    async fn is_due(&self, place: &str) -> Result<bool, DbError> {
        let due = self.outbox.db().read(place.to_owned(), |tx, place| {
            Box::pin(lane::next_due(tx, place))
        });
        let due: Option<Micros> = due.await?;
        Ok(due.is_some_and(|due| due <= self.outbox.clock().now()))
    }

    async fn claim(&self, place: &str, limit: usize) -> Result<Vec<(Lane, Box<Head>)>, DbError> {
        let now = self.outbox.clock().now();
        let lease: [u8; 16] = self.outbox.rng().bytes();
        let limit = i64::try_from(limit).unwrap_or(1);
        let args = (place.to_owned(), lease, now, limit);
        let claim = self.outbox.db().write(
            Isolation::ReadCommitted,
            args,
            |tx, (place, lease, now, limit)| {
                Box::pin(async move {
                    let times = (*now, *now + LEASE);
                    let lanes = lane::claim(tx, place, lease, times, *limit).await?;
                    let mut taken = Vec::with_capacity(lanes.len());
                    for lane in lanes {
                        match lane::take_first(tx, lane.connection_id, *now).await? {
                            First::Head(head) => taken.push((lane, head)),
                            First::Later(due_at) => {
                                lane::release(tx, &lane, Some(due_at), None).await?;
                            }
                            First::Nothing => lane::release(tx, &lane, None, None).await?,
                        }
                    }
                    Ok::<_, DbError>(taken)
                })
            },
        );
        claim.await
    }

    /// Sends a lane's items one after another; answers how many.
    async fn work(self, mut lane: Lane, head: Box<Head>) -> usize {
        let (mut next, mut sent) = (Some(head), 0);
        while let Some(head) = next.take() {
            let Some(attempted) = self.attempt(&lane, &head).await else {
                tracing::warn!(item = head.id, "the lease was lost");
                break;
            };
            sent += 1;
            let go_on = sent < IN_A_ROW && !self.stopping.load(Ordering::SeqCst);
            match self.settle(&mut lane, *head, attempted, go_on).await {
                Ok(Next::Head(head)) => next = Some(head),
                Ok(Next::Released) => {}
                Ok(Next::Lost) => tracing::warn!("the lease was lost"),
                // The lease runs out, and the item is looked for.
                Err(error) => tracing::warn!(%error, "a delivery was not written down"),
            }
        }
        sent
    }

    /// One attempt, the lease kept meanwhile. None if it was lost.
    async fn attempt(&self, lane: &Lane, head: &Head) -> Option<Attempted> {
        let retry_unknown = self.retry_unknown.contains(&lane.app_id);
        let mut attempt = pin!(attempt(&self.outbox, retry_unknown, lane, head));
        loop {
            tokio::select! {
                attempted = &mut attempt => return Some(attempted),
                () = tokio::time::sleep(RENEW_EVERY) => {
                    if !self.renew(lane).await {
                        return None;
                    }
                }
            }
        }
    }

    async fn renew(&self, lane: &Lane) -> bool {
        let until = self.outbox.clock().now() + LEASE;
        let (row, _) = lane.connection_id.as_u64_pair();
        let args = (lane.clone(), until);
        let renew = self
            .outbox
            .db()
            .write(Isolation::Update { row }, args, |tx, (lane, until)| {
                Box::pin(lane::renew(tx, lane, *until))
            });
        let renewed: Result<Option<i64>, DbError> = renew.await;
        match renewed {
            Ok(renewed) => renewed.is_some(),
            Err(error) => {
                // There is time for another try.
                tracing::warn!(%error, "a lease could not be renewed");
                true
            }
        }
    }

    /// Writes an attempt down: the outcome, its calls, and what follows, in one operation.
    async fn settle(
        &self,
        lane: &mut Lane,
        head: Head,
        attempted: Attempted,
        go_on: bool,
    ) -> Result<Next, DbError> {
        let traces = attempted.traces;
        let settling = Settling {
            lane: lane.clone(),
            head: head.id,
            body: head.body,
            doubtful: attempted.doubtful,
            purpose: Purpose {
                app_id: lane.app_id.clone(),
                connection_id: Some(lane.connection_id),
                item_id: Some(head.id),
                user_id: traces.user_id,
            },
            calls: calls::new_calls(self.outbox.rng(), traces.exchanges),
            place: traces.place,
            go_on,
            now: self.outbox.clock().now(),
            ended: attempted.ended,
        };
        count(&settling.ended, head.item_type);
        let settle = self
            .outbox
            .db()
            .write(Isolation::ReadCommitted, settling, |tx, settling| {
                Box::pin(settle(tx, settling))
            });
        let (next, arrivals) = settle.await?;
        lane.arrivals = arrivals;
        Ok(next)
    }
}

fn count(ended: &Ended, item_type: crate::ItemType) {
    let outcome = match ended {
        Ended::Delivered(_) => "delivered",
        Ended::Undelivered(Decision::Park { .. }) => "parked",
        Ended::Undelivered(_) => "again",
    };
    let labels = [("outcome", outcome), ("type", item_type.name())];
    metrics::counter!("gateway_attempts_total", &labels).increment(1);
}

async fn settle(tx: &mut Tx, of: &Settling) -> Result<(Next, i64), DbError> {
    // Calls were made, whoever has the lane now.
    let is_body = |bytes: &[u8]| bytes == of.body.as_bytes();
    let (lane, now) = (&of.lane, of.now);
    let arrivals = lane::renew(tx, lane, now + LEASE).await?;
    calls::keep(tx, &of.purpose, &of.calls, is_body).await?;
    let Some(arrivals) = arrivals else {
        return Ok((Next::Lost, 0));
    };
    write_down(tx, of).await?;
    let due_at = match &of.ended {
        // Who called meanwhile may have had a reason to: the user has connected again.
        Ended::Undelivered(Decision::Pause { .. }) if arrivals != lane.arrivals => Some(now),
        Ended::Undelivered(Decision::Pause { until, .. }) => Some(*until),
        _ if !of.go_on => Some(now),
        _ => match lane::take_first(tx, lane.connection_id, now).await? {
            First::Head(head) => return Ok((Next::Head(head), arrivals)),
            First::Later(due_at) => Some(due_at),
            First::Nothing => None,
        },
    };
    if due_at == Some(now) {
        tx.wake_workers();
    }
    lane::release(tx, lane, due_at, of.place.as_deref()).await?;
    Ok((Next::Released, arrivals))
}

async fn write_down(tx: &mut Tx, of: &Settling) -> Result<(), DbError> {
    let (id, now) = (of.head, of.now);
    match &of.ended {
        Ended::Delivered(receipt) => lane::delivered(tx, id, receipt, now).await,
        Ended::Undelivered(Decision::Again(again)) => {
            let reason = Some(again.reason.as_str());
            lane::wait(
                tx,
                id,
                again.doubtful,
                Some(again.due_at),
                again.counts,
                reason,
            )
            .await
        }
        Ended::Undelivered(Decision::Pause { reason, .. }) => {
            lane::wait(tx, id, of.doubtful, None, false, Some(reason)).await
        }
        Ended::Undelivered(Decision::Park { doubtful, reason }) => {
            lane::park(tx, id, *doubtful, reason, now).await
        }
        // Another attempt follows at once: it never comes here, and would be looked for.
        Ended::Undelivered(Decision::FreshToken) => Ok(()),
    }
}
