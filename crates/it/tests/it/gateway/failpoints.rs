//! A gateway dies at any place: before, inside and after each operation, and before and after each
//! call. It is swept: one dies at the first place, another at the second, until one comes to its
//! end. Each that dies is followed by another on the same database, which may die as well; the
//! last one of them lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bursar_gateway_connect::{AccessError, ConnectionState, Revoke};
use bursar_jobs::{Handler, Worker};
use bursar_testkit::db_test;
use tokio::sync::Notify;

use super::*;

/// Far more than any sweep has.
const PLACES_MAX: usize = 90;
/// A refresh's lease is longer than a lane's.
const ALL_OVER: Duration = Duration::from_secs(181);

/// Kills at a place, and keeps dead.
struct Doom {
    at: usize,
    passed: AtomicUsize,
    dead: AtomicBool,
    died: Notify,
}

impl Doom {
    fn at(place: usize) -> Arc<Self> {
        Arc::new(Self {
            at: place,
            passed: AtomicUsize::new(0),
            dead: AtomicBool::new(false),
            died: Notify::new(),
        })
    }

    fn strikes(&self) -> bool {
        if self.passed.fetch_add(1, Ordering::SeqCst) == self.at {
            self.dead.store(true, Ordering::SeqCst);
            self.died.notify_one();
        }
        self.is_dead()
    }

    fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }
}

/// What is done, and done again by the next one if it dies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Connect,
    Refresh,
    Receipt,
    Pictured,
    QuickExpense,
    /// A receipt whose answer was lost before.
    LookUp,
    /// A receipt that the platform refused before.
    Replay,
    Revoke,
}

/// One round of an act.
#[derive(Clone, Debug)]
struct Round {
    act: Act,
    number: usize,
    /// Whose.
    user: usize,
    /// Of the driver with this number.
    request_token: String,
    /// The item, if it is there before.
    item: Option<i64>,
}

impl Round {
    fn key(&self) -> String {
        format!("k{}", self.number)
    }

    fn new_item(&self) -> NewItem {
        let key = self.key();
        let plain = receipt(self.user, &key, &key);
        match self.act {
            Act::QuickExpense => quick_expense(self.user, &key),
            Act::Pictured => NewItem {
                image: Some(crate::pictures::png(4, 3).into()),
                ..plain
            },
            // Nothing here knows the currencies of the world; the platform does.
            Act::Replay => NewItem {
                body: plain.body.replace("\"EUR\"", "\"QQQ\""),
                ..plain
            },
            _ => plain,
        }
    }

    /// What goes before, undisturbed.
    async fn prepare(&mut self, gateway: &Gateway) {
        match self.act {
            Act::Revoke => drop(gateway.connect(self.user).await),
            Act::LookUp | Act::Replay => {
                self.item = Some(gateway.accept_one(self.new_item()).await);
                if self.act == Act::LookUp {
                    // What comes before the receipt's own request is not a POST, but for a token's.
                    let connection = gateway.connection(self.user).await;
                    gateway
                        .outbox
                        .vault()
                        .access(APP, connection)
                        .await
                        .unwrap();
                    gateway.proxy.next("POST", Fate::Lost);
                }
                gateway.deliver().await;
                gateway.clock.advance(SOON);
            }
            Act::Connect | Act::Refresh | Act::Receipt | Act::Pictured | Act::QuickExpense => {}
        }
    }

    /// What is to be done. It fails where it is killed, and is not heard any more then.
    async fn act(&self, outbox: &Outbox, clock: &Clock) {
        let vault = outbox.vault();
        match self.act {
            Act::Connect => {
                let connected = connect(vault, clock, self.user, &self.request_token);
                connected.await.ok();
            }
            Act::Refresh => {
                let id = self.connection(vault).await;
                vault.renew(APP, id).await.ok();
            }
            Act::Revoke => self.revoke(outbox, clock).await,
            Act::Replay => {
                let mended = receipt(0, "", &self.key()).body;
                let id = self.item.expect("an item");
                outbox.replay(APP, id, Some(mended)).await.ok();
                deliver(outbox, clock).await;
            }
            Act::LookUp => deliver(outbox, clock).await,
            Act::Receipt | Act::Pictured | Act::QuickExpense => {
                outbox.accept(APP, vec![self.new_item()]).await.ok();
                deliver(outbox, clock).await;
            }
        }
    }

    async fn connection(&self, vault: &Vault) -> Uuid {
        let found = vault.of_ref(APP, &format!("d{}", self.user)).await;
        found.unwrap().expect("a connection").id
    }

    async fn revoke(&self, outbox: &Outbox, clock: &Clock) {
        let vault = outbox.vault();
        let account = vault.find_account(APP, &format!("d{}", self.user)).await;
        let account = account.unwrap().unwrap().id;
        if let Some(connection) = vault.of_account(APP, account).await.unwrap() {
            vault.disconnect(APP, connection.id).await.ok();
        }
        let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Revoke::new(vault.clone()))];
        let worker = Worker::new(vault.db().clone(), clock.clone(), Rng::system(), handlers);
        for job in worker.claim(1).await.unwrap_or_default() {
            worker.work(job).await;
        }
    }

    /// What must be true when the last one is done.
    async fn check(&self, gateway: &Gateway) {
        match self.act {
            Act::Connect | Act::Refresh => {
                let vault = gateway.outbox.vault();
                let connection = gateway.connection_of(self.user).await;
                assert_eq!(connection.state, ConnectionState::Connected, "{self:?}");
                let access = vault.access(APP, connection.id).await.unwrap();
                let client = &vault.apps().get(APP).unwrap().client;
                let list = client.receipts(&access.token, &access.principal_id, None);
                list.await.expect("the token works");
                // Whatever is in memory: the stored token is good.
                vault.renew(APP, connection.id).await.unwrap();
            }
            Act::Revoke => self.check_revoked(gateway).await,
            Act::QuickExpense => self.check_expense(gateway).await,
            Act::Receipt | Act::Pictured | Act::LookUp | Act::Replay => {
                self.check_receipt(gateway).await;
            }
        }
    }

    async fn check_revoked(&self, gateway: &Gateway) {
        let vault = gateway.outbox.vault();
        let all = vault.list(APP, Uuid::max(), 500).await.unwrap();
        let of = all.iter().find(|one| one.principal_id == driver(self.user));
        let connection = of.unwrap();
        assert_eq!(connection.state, ConnectionState::Ended, "{self:?}");
        let gone = vault.access(APP, connection.id).await.unwrap_err();
        assert!(matches!(gone, AccessError::NotConnected), "{gone}");
        let revoked = gateway.proxy.passed("DELETE /app-mgmt/v0/connections");
        assert!(revoked > self.number, "the platform knows: {self:?}");
    }

    async fn the_item(&self, gateway: &Gateway) -> Item {
        let listed = gateway.outbox.list(APP, None, i64::MAX, 500).await.unwrap();
        let mut own = listed.into_iter().filter(|item| item.key == self.key());
        let item = own.next().expect("it was accepted");
        assert!(own.next().is_none(), "{self:?}");
        item
    }

    /// At the platform once, and the log says how it came there, or was found there.
    async fn check_receipt(&self, gateway: &Gateway) {
        let item = self.the_item(gateway).await;
        assert_eq!(item.state, State::Delivered, "{self:?} {item:?}");
        let received = gateway.received(self.user).await;
        let count = references(&received)
            .iter()
            .filter(|name| **name == self.key())
            .count();
        assert_eq!(count, 1, "{self:?}");
        let remote_id = item.remote_id.clone().expect("an id");
        let explains = |call: &calls::Call| {
            let body = call.response_body.as_deref().unwrap_or_default();
            let listed = String::from_utf8_lossy(body).contains(&remote_id);
            call.location == item.location || call.method == "GET" && listed
        };
        let log = gateway.log_of(item.id).await;
        assert!(log.iter().any(explains), "{self:?} {item:?} {log:#?}");
    }

    /// Quick expenses cannot be looked up: sent once at most, and parked where nobody knows.
    async fn check_expense(&self, gateway: &Gateway) {
        let item = self.the_item(gateway).await;
        let sent = gateway.proxy.passed("/quickexpenses");
        match item.state {
            State::Delivered => {
                let log = gateway.log_of(item.id).await;
                assert!(log.iter().any(|call| call.status == Some(201)), "{log:#?}");
            }
            State::Parked => assert!(item.doubtful && item.reason.is_some(), "{item:?}"),
            other => panic!("{other:?} {self:?}"),
        }
        assert!(
            sent <= self.number + 1,
            "{sent} sent for {} items",
            self.number + 1
        );
    }
}

/// Delivers until nothing is to be done, moving the clock on.
async fn deliver(outbox: &Outbox, clock: &Clock) {
    let deliverer = Deliverer::new(outbox.clone(), BTreeSet::new());
    for _ in 0..20 {
        deliverer.run_due().await.ok();
        if outbox.open(APP).await.unwrap_or(0) == 0 {
            return;
        }
        clock.advance(SOON);
    }
}

impl Gateway {
    /// Each that dies leaves its connections to be seen by the server.
    fn options(&self) -> bursar_db::Options {
        bursar_db::Options {
            connections_max: 3,
            ..self.place.options()
        }
    }

    /// A process of its own, that ends with what it is doing: its runtime goes when it dies.
    async fn live(&mut self, doom: &Arc<Doom>, round: &Round) {
        // Of a database on SQLite there is one owner.
        self.db.close().await;
        let kill = Arc::clone(doom);
        self.proxy.kill(Some(Arc::new(move || kill.strikes())));
        let kill = Arc::clone(doom);
        let options = bursar_db::Options {
            failpoints: Some(Arc::new(move |_| kill.strikes())),
            ..self.options()
        };
        let (reach, folder, clock) = (
            self.reach.clone(),
            self.place.folder().to_owned(),
            self.clock.clone(),
        );
        let (doom, round) = (Arc::clone(doom), round.clone());
        let process = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.unwrap();
            runtime.block_on(async {
                let db = Db::open(options, bursar_db::MIGRATIONS).await.unwrap();
                let outbox = outbox(&reach, &folder, &db, (&clock, Rng::system()));
                tokio::select! {
                    biased;
                    () = doom.died.notified() => {}
                    () = round.act(&outbox, &clock) => {}
                }
                db.close().await;
            });
            runtime.shutdown_timeout(Duration::from_secs(5));
        });
        process.await.unwrap();
        self.proxy.kill(None);
        self.proxy.rest().await;
        self.db = self.place.try_open(self.options()).await.unwrap();
        let by = (&self.clock, Rng::system());
        self.outbox = outbox(&self.reach, self.place.folder(), &self.db, by);
    }
}

/// Has it die at each place; answers how many there are.
async fn sweep(gateway: &mut Gateway, act: Act) -> usize {
    for number in 0..PLACES_MAX {
        let user = match act {
            Act::Connect | Act::Revoke => number + 1,
            _ => 0,
        };
        let mut round = Round {
            act,
            number,
            user,
            request_token: gateway.tokens[&driver(user)].clone(),
            item: None,
        };
        round.prepare(gateway).await;
        let mut doom = Doom::at(number);
        gateway.live(&doom, &round).await;
        let finished = !doom.is_dead();
        // Who comes next dies somewhere else.
        let mut next = (number * 7) % 11 + 1;
        while doom.is_dead() {
            gateway.clock.advance(ALL_OVER);
            doom = Doom::at(next);
            gateway.live(&doom, &round).await;
            next = usize::MAX;
        }
        gateway.clock.advance(ALL_OVER);
        round.check(gateway).await;
        if finished {
            println!("{act:?}: {number} places to die");
            return number;
        }
    }
    panic!("{act:?} does not come to its end");
}

async fn all_of(place: &TestDb, rotating: bool, acts: &[Act]) {
    for act in acts {
        let alone = matches!(act, Act::Connect | Act::Revoke);
        let drivers = if alone { PLACES_MAX + 1 } else { 1 };
        let place = place.beside().await;
        let start = Start {
            rotating,
            ..Start::with(61, drivers)
        };
        let gateway = Gateway::begin(&place, start).await;
        let mut gateway = gateway.connect_all(1).await;
        let places = sweep(&mut gateway, *act).await;
        // Three for each operation, two for each call.
        assert!(places >= 8, "{act:?}: {places}");
        assert_eq!(gateway.outbox.open(APP).await.unwrap(), 0);
        let connection = gateway.connection_of(0).await;
        assert_eq!(connection.state, ConnectionState::Connected);
        gateway.stop().await;
    }
}

db_test! {
    async fn who_dies_while_connecting_loses_no_token(place: TestDb) {
        all_of(&place, false, &[Act::Connect, Act::Refresh]).await;
    }
}

db_test! {
    async fn who_dies_while_tokens_rotate_loses_none(place: TestDb) {
        all_of(&place, true, &[Act::Connect, Act::Refresh, Act::Receipt]).await;
    }
}

db_test! {
    async fn who_dies_while_delivering_doubles_nothing(place: TestDb) {
        let acts = [Act::Receipt, Act::Pictured, Act::QuickExpense];
        all_of(&place, false, &acts).await;
    }
}

db_test! {
    async fn who_dies_while_looking_or_replaying_doubles_nothing(place: TestDb) {
        all_of(&place, false, &[Act::LookUp, Act::Replay]).await;
    }
}

db_test! {
    async fn who_dies_while_revoking_revokes_all_the_same(place: TestDb) {
        all_of(&place, false, &[Act::Revoke]).await;
    }
}
