//! The gateway before a platform, and through a proxy that fails on demand.

mod api;
mod connect;
mod connect_forged;
mod connect_refused;
mod connect_site;
mod deliver;
mod lookup;
mod proxy;
mod simulation;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use bursar::Platform;
use bursar_blobs::Blobs;
use bursar_db::Db;
use bursar_gateway_client::{
    App as ClientApp, Client as PlatformClient, Http, ImageType, Limits, ReceiptType,
};
use bursar_gateway_connect::{App, Apps, Brand, Environment, NewAccount, Vault};
use bursar_gateway_delivery::{Accepted, Deliverer, Item, ItemType, NewItem, Outbox, State};
use bursar_kernel::{Clock, Rng, Uuid};
use bursar_oauth::Principal;
use bursar_secrets::SealingKeys;
use bursar_testkit::TestDb;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::*;
use crate::http::Site;
use crate::receipts::sample::smallest;
use proxy::Proxy;

const APP: &str = "cafe";
const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
const FLEET: &str = "2b6d5e1a-0f3c-4d87-9a5b-1c2d3e4f5a60";
/// Longer than a lease.
const LEASE_OVER: Duration = Duration::from_secs(121);

/// A platform whose data center `us` is reached through a proxy, and a gateway before it.
struct Gateway {
    /// Gone when this is.
    _place: TestDb,
    clock: Clock,
    proxy: Proxy,
    db: Db,
    outbox: Outbox,
    /// Request tokens, by user.
    tokens: BTreeMap<String, String>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// The UUID of a driver of the fleet.
fn driver(number: usize) -> String {
    format!("2b6d5e1a-0f3c-4d87-9a5b-1c2d3e4f{number:04x}")
}

/// A company with this many users.
fn fleet(drivers: usize) -> String {
    let mut seed = format!(
        "{}\n[[companies]]\nid = \"{FLEET}\"\nname = \"Fleet\"\nedition = \"standard\"\n\
         products = [\"expense\"]\nhome = \"us\"\n",
        without_passwords()
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
        let clock = Clock::fake(NOW);
        let proxy = Proxy::start(seed, &clock).await;
        let mut config = config(place);
        config.workers = 1;
        config.datacenters[0].base_uri = Some(proxy.base.clone());
        let platform = Platform::start_at(config, Some(&fleet(drivers)), clock.clone()).await;
        let platform = platform.expect("the platform starts");
        let socket = platform.sockets().find(|(id, _)| *id == "us").unwrap().1;
        proxy.lead_to(socket);
        let mut tokens = BTreeMap::new();
        for number in 0..drivers {
            let principal = Principal::User {
                id: uuid(&driver(number)),
                company_id: uuid(FLEET),
            };
            let token = platform.request_token(uuid(CAFE.0), principal).await;
            tokens.insert(driver(number), token.unwrap());
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(platform.serve(async { drop(stopped.await) }));
        let place = place.beside().await;
        let db = place.open().await;
        let blobs = Blobs::open(place.folder().join("blobs"), clock.clone(), Rng::system());
        let vault = vault(&proxy.base, &db, &clock);
        let rng = Rng::seeded(seed);
        let outbox = Outbox::new(db.clone(), blobs.unwrap(), clock.clone(), rng, vault);
        let gateway = Self {
            _place: place,
            clock,
            proxy,
            db,
            outbox,
            tokens,
            stop,
            serving,
        };
        for number in 0..drivers {
            gateway.connect(number).await;
        }
        gateway
    }

    async fn connect(&self, number: usize) -> Uuid {
        let user_ref = format!("d{number}");
        let vault = self.outbox.vault();
        let new = NewAccount {
            app_id: APP.to_owned(),
            id: Rng::system().uuid(),
            user_ref: user_ref.clone(),
            email: None,
            name: user_ref,
            password_hash: None,
            at: self.clock.now(),
        };
        let account = vault.account(new).await.unwrap().id;
        let client = &vault.apps().get(APP).unwrap().client;
        let id = driver(number);
        let token = self.tokens[&id].clone();
        let granted = client.request_token(&id, &token.into()).await;
        let granted = granted.expect("a request token works");
        vault.connect(APP, Some(account), granted).await.unwrap().id
    }

    /// A driver's connection.
    async fn connection(&self, number: usize) -> Uuid {
        let user_ref = format!("d{number}");
        let of = self.outbox.vault().of_ref(APP, &user_ref).await;
        of.unwrap().expect("a connection").id
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

    /// Delivers what is due, and lets the proxy come to rest: nothing is on its way any more.
    async fn deliver(&self) -> usize {
        let sent = self.deliverer().run_due().await.unwrap();
        self.proxy.rest().await;
        sent
    }

    /// The same again and again, moving the clock on, until nothing is to be done.
    async fn deliver_all(&self, step: Duration) {
        for _ in 0..1_000 {
            self.deliver().await;
            if self.outbox.open(APP).await.unwrap() == 0 {
                return;
            }
            self.clock.advance(step);
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

fn vault(base_uri: &str, db: &Db, clock: &Clock) -> Vault {
    let app = ClientApp {
        client_id: CAFE.0.to_owned(),
        client_secret: CAFE.1.into(),
        base_uri: base_uri.to_owned(),
        trusted_domains: Vec::new(),
    };
    let limits = Limits {
        total_time: Duration::from_secs(5),
        ..Limits::default()
    };
    let client = PlatformClient::new(Http::new(limits), clock.clone(), Rng::system(), app);
    let app = App {
        id: APP.to_owned(),
        environment: Environment::Production,
        client: client.unwrap(),
        brand: Brand::default(),
        required_scopes: Vec::new(),
        company_operators: Vec::new(),
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
