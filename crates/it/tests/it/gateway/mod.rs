//! The gateway before a platform, and through a proxy that fails on demand.

mod api;
mod connect;
mod connect_forged;
mod connect_refused;
mod connect_site;
mod console;
mod console_calls;
mod console_forged;
mod console_outbox;
mod console_site;
mod counts;
mod deliver;
mod failpoints;
mod faults;
mod full;
mod inactive;
mod lookup;
mod openid;
mod proof;
mod provider;
mod proxy;
mod races;
mod simulation;
mod skew;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use bursar::Platform;
use bursar::admin::{Admin, Order};
use bursar_blobs::Blobs;
use bursar_db::{Db, DbError};
use bursar_gateway_client::{
    App as ClientApp, Client as PlatformClient, Http, ImageType, Limits, ReceiptType,
};
use bursar_gateway_connect::{App, Apps, Brand, Connection, Environment, NewAccount, Vault, calls};
use bursar_gateway_delivery::{Accepted, Deliverer, Item, ItemType, NewItem, Outbox, State};
use bursar_kernel::{Clock, Micros, Rng, Uuid};
use bursar_oauth::Principal;
use bursar_secrets::SealingKeys;
use bursar_testkit::{TestAuthority, TestDb};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::*;
use crate::http::Site;
use crate::receipts::sample::smallest;
use proxy::{Fate, Proxy};

const APP: &str = "cafe";
const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
const FLEET: &str = "2b6d5e1a-0f3c-4d87-9a5b-1c2d3e4f5a60";
/// Longer than what was sent is waited for, before it is looked for.
const SOON: Duration = Duration::from_secs(31);
/// Longer than a lease.
const LEASE_OVER: Duration = Duration::from_secs(121);

/// A platform that is reached through a proxy, and a gateway before it.
struct Gateway {
    /// Gone when this is.
    place: TestDb,
    seed: u64,
    /// The gateway's clock.
    clock: Clock,
    /// The platform's: the same one, if nothing else is said.
    there: Clock,
    proxy: Proxy,
    reach: Reach,
    admin: Admin,
    db: Db,
    outbox: Outbox,
    /// Request tokens, by user.
    tokens: BTreeMap<String, String>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// How it starts.
#[derive(Clone, Copy)]
struct Start {
    seed: u64,
    drivers: usize,
    /// Hours that the gateway's clock is before the platform's; negative: behind.
    ahead: i64,
    /// Whether each refresh gives another refresh token.
    rotating: bool,
    tls: bool,
    /// How long a call may take.
    call_time: Duration,
    /// The platform's workers, which make pictures.
    workers: usize,
}

impl Start {
    /// With this many drivers.
    fn with(seed: u64, drivers: usize) -> Self {
        Self {
            seed,
            drivers,
            ahead: 0,
            rotating: false,
            tls: false,
            call_time: Duration::from_secs(5),
            workers: 1,
        }
    }
}

/// How the platform is reached.
#[derive(Clone)]
struct Reach {
    base: String,
    /// Whom to trust beside the system's authorities.
    pem: Option<Vec<u8>>,
    call_time: Duration,
}

/// The UUID of a driver of the fleet.
fn driver(number: usize) -> String {
    format!("2b6d5e1a-0f3c-4d87-9a5b-1c2d3e4f{number:04x}")
}

/// A company with this many users.
fn fleet(start: Start) -> String {
    let drivers = start.drivers;
    let mut people = without_passwords();
    if start.rotating {
        let cafe = format!("client_id = \"{}\"", CAFE.0);
        people = people.replacen(&cafe, &format!("{cafe}\nrotation = \"new\""), 1);
    }
    let mut seed = format!(
        "{people}\n[[companies]]\nid = \"{FLEET}\"\nname = \"Fleet\"\nedition = \"standard\"\n\
         products = [\"expense\"]\nhome = \"us\"\n"
    );
    for number in 0..drivers {
        let id = driver(number);
        write!(
            seed,
            "\n[[companies.users]]\nid = \"{id}\"\nuser_name = \"d{number}@fleet.example.com\"\n\
             email = \"d{number}@fleet.example.com\"\ngiven_name = \"D\"\n\
             family_name = \"Driver{number}\"\n"
        )
        .unwrap();
    }
    seed
}

impl Gateway {
    /// With this many drivers, `d0`, `d1` and so on, all of them connected.
    async fn start(place: &TestDb, seed: u64, drivers: usize) -> Self {
        let gateway = Self::begin(place, Start::with(seed, drivers)).await;
        gateway.connect_all(drivers).await
    }

    async fn connect_all(self, drivers: usize) -> Self {
        for number in 0..drivers {
            self.connect(number).await;
        }
        self
    }

    /// Nobody is connected yet.
    async fn begin(place: &TestDb, start: Start) -> Self {
        let there = Clock::fake(NOW);
        let clock = match start.ahead {
            0 => there.clone(),
            hours => Clock::fake(Micros(NOW.0 + hours * 3_600_000_000)),
        };
        let authority = start.tls.then(TestAuthority::new);
        let proxy = Proxy::start(start.seed, &there, authority.as_ref()).await;
        let mut config = config(place);
        config.workers = start.workers;
        config.tls_terminated_by_proxy = start.tls;
        for (door, base) in proxy.bases.iter().enumerate() {
            config.datacenters[door].base_uri = Some(base.clone());
        }
        let platform = Platform::start_at(config, Some(&fleet(start)), there.clone()).await;
        let platform = platform.expect("the platform starts");
        let socket = |of: &str| platform.sockets().find(|(id, _)| *id == of).unwrap().1;
        proxy.lead_to([socket("us"), socket("emea")]);
        let mut tokens = BTreeMap::new();
        for number in 0..start.drivers {
            let principal = Principal::User {
                id: uuid(&driver(number)),
                company_id: uuid(FLEET),
            };
            let token = platform.request_token(uuid(CAFE.0), principal).await;
            tokens.insert(driver(number), token.unwrap());
        }
        let admin = platform.admin().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(platform.serve(async { drop(stopped.await) }));
        let reach = Reach {
            base: proxy.bases[0].clone(),
            pem: authority.map(|authority| authority.pem().into()),
            call_time: start.call_time,
        };
        let place = place.beside().await;
        let db = place.open().await;
        let outbox = outbox(
            &reach,
            place.folder(),
            &db,
            (&clock, Rng::seeded(start.seed)),
        );
        Self {
            place,
            seed: start.seed,
            clock,
            there,
            proxy,
            reach,
            admin,
            db,
            outbox,
            tokens,
            stop,
            serving,
        }
    }

    /// Time passes, here and there.
    fn pass(&self, time: Duration) {
        self.clock.advance(time);
        if self.there.now() != self.clock.now() {
            self.there.advance(time);
        }
    }

    /// The fleet moves to another data center.
    async fn move_to(&self, data_center: &str) {
        let order = Order::MoveCompany {
            company: uuid(FLEET),
            data_center: data_center.to_owned(),
        };
        self.admin.carry_out(&order).await.unwrap();
    }

    async fn connect(&self, number: usize) -> Uuid {
        let token = &self.tokens[&driver(number)];
        let connected = connect(self.outbox.vault(), &self.clock, number, token);
        connected.await.expect("a request token works")
    }

    /// A driver's connection.
    async fn connection(&self, number: usize) -> Uuid {
        self.connection_of(number).await.id
    }

    async fn connection_of(&self, number: usize) -> Connection {
        let user_ref = format!("d{number}");
        let of = self.outbox.vault().of_ref(APP, &user_ref).await;
        of.unwrap().expect("a connection")
    }

    fn deliverer(&self) -> Deliverer {
        Deliverer::new(self.outbox.clone(), BTreeSet::new())
    }

    /// Accepts items that are accepted.
    async fn accept(&self, items: Vec<NewItem>) -> Vec<Accepted> {
        let answers = self.outbox.accept(APP, items).await.unwrap();
        answers
            .into_iter()
            .map(|answer| answer.expect("accepted"))
            .collect()
    }

    async fn accept_one(&self, item: NewItem) -> i64 {
        self.accept(vec![item]).await[0].id
    }

    async fn item(&self, id: i64) -> Item {
        self.outbox.get(APP, id).await.unwrap().expect("an item")
    }

    /// The calls for an item, in order.
    async fn log_of(&self, id: i64) -> Vec<calls::Call> {
        let log = self
            .db
            .scan(id, |tx, id| Box::pin(calls::by_item(tx, APP, *id, 100)));
        let log: Result<_, DbError> = log.await;
        log.unwrap()
    }

    /// Delivers what is due, and lets the proxy come to rest: nothing is on its way any more.
    async fn deliver(&self) -> usize {
        let sent = self.deliverer().run_due().await.unwrap();
        self.proxy.rest().await;
        sent
    }

    /// A receipt whose answer is lost by this fate, once it was looked for.
    async fn deliver_in_doubt(&self, key: &str, fate: Fate) -> Item {
        self.proxy.next("POST", fate);
        let id = self.accept_one(receipt(0, key, key)).await;
        self.deliver().await;
        let item = self.item(id).await;
        let doubtful = (item.state, item.doubtful) == (State::Waiting, true);
        assert!(doubtful, "{item:?}");
        self.clock.advance(SOON);
        self.deliver().await;
        self.item(id).await
    }

    /// The same again and again, moving the clock on, until nothing is to be done.
    async fn deliver_all(&self, step: Duration) {
        for _ in 0..1_000 {
            self.deliver().await;
            if self.outbox.open(APP).await.unwrap() == 0 {
                return;
            }
            self.pass(step);
        }
        panic!("items are left");
    }

    /// What the platform has of a driver, oldest first.
    async fn received(&self, number: usize) -> Vec<Value> {
        let vault = self.outbox.vault();
        let connection = vault
            .of_ref(APP, &format!("d{number}"))
            .await
            .unwrap()
            .unwrap();
        let access = vault.access(APP, connection.id).await.unwrap();
        let client = &vault.apps().get(APP).unwrap().client;
        let mut next = None;
        let mut all = Vec::new();
        loop {
            let page = client.receipts(&access.token, &access.principal_id, next.as_deref());
            let page = page.await.expect("a page").value;
            for listed in &page.receipts {
                all.push(serde_json::from_str(listed.receipt.get()).unwrap());
            }
            next = page.next;
            if next.is_none() {
                all.reverse();
                return all;
            }
        }
    }

    async fn stop(self) {
        self.db.close().await;
        self.stop.send(()).expect("it is serving");
        self.serving.await.expect("it stops without a panic");
    }
}

/// Connects a driver with an account, which is made if there is none.
async fn connect(
    vault: &Vault,
    clock: &Clock,
    number: usize,
    request_token: &str,
) -> Result<Uuid, Box<dyn std::error::Error>> {
    let user_ref = format!("d{number}");
    let new = NewAccount {
        app_id: APP.to_owned(),
        id: Rng::system().uuid(),
        user_ref: user_ref.clone(),
        email: None,
        name: user_ref,
        password_hash: None,
        at: clock.now(),
    };
    let account = vault.account(new).await?;
    let client = &vault.apps().get(APP).expect("the app").client;
    let token = request_token.into();
    let granted = client.request_token(&driver(number), &token).await?;
    let connected = vault.connect(APP, Some(account.id), granted).await?;
    Ok(connected.id)
}

/// An outbox on a database and a folder: nothing in memory is shared with another.
fn outbox(reach: &Reach, folder: &Path, db: &Db, (clock, rng): (&Clock, Rng)) -> Outbox {
    let blobs = Blobs::open(folder.join("blobs"), clock.clone(), Rng::system()).unwrap();
    let vault = vault(reach, db, clock);
    Outbox::new(db.clone(), blobs, clock.clone(), rng, vault)
}

fn vault(reach: &Reach, db: &Db, clock: &Clock) -> Vault {
    let app = ClientApp {
        client_id: CAFE.0.to_owned(),
        client_secret: CAFE.1.into(),
        base_uri: reach.base.clone(),
        trusted_domains: vec!["localhost".to_owned()],
    };
    let limits = Limits {
        total_time: reach.call_time,
        ..Limits::default()
    };
    let http = match &reach.pem {
        Some(pem) => Http::trusting(limits, pem).unwrap(),
        None => Http::new(limits),
    };
    let client = PlatformClient::new(http, clock.clone(), Rng::system(), app);
    let app = App {
        id: APP.to_owned(),
        environment: Environment::Production,
        client: client.unwrap(),
        brand: Brand::default(),
        required_scopes: Vec::new(),
        company_operators: Vec::new(),
        openid: None,
    };
    Vault::new(
        db.clone(),
        clock.clone(),
        Rng::system(),
        SealingKeys::from_lines(KEY).unwrap(),
        Apps::new([app]),
        Duration::from_hours(24 * 30),
    )
}

/// A receipt that says which it is.
fn receipt(user: usize, key: &str, reference: &str) -> NewItem {
    let mut body = smallest();
    body["reference"] = json!(reference);
    NewItem {
        key: key.to_owned(),
        user: format!("d{user}"),
        item_type: ItemType::Receipt(ReceiptType::General),
        body: body.to_string(),
        image: None,
    }
}

fn quick_expense(user: usize, key: &str) -> NewItem {
    NewItem {
        item_type: ItemType::QuickExpense,
        body: crate::quick_expense::sample::smallest().to_string(),
        ..receipt(user, key, key)
    }
}

fn references(receipts: &[Value]) -> Vec<&str> {
    receipts
        .iter()
        .map(|receipt| receipt["reference"].as_str().unwrap())
        .collect()
}
