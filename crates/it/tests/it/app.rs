//! A platform of one test's own, and the people of `seed.toml`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use bursar::Platform;
use bursar::admin::Admin;
use bursar::config::{Config, DataCenterConfig, Format, MailConfig, OtpParameter};
use bursar_kernel::{Clock, Micros, Uuid};
use bursar_oauth::Principal;
use bursar_testkit::TestDb;
use bursar_web::Strict;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::http::{Answer, Site};

const SEED: &str = include_str!("seed.toml");
const APP_CENTER: &str = include_str!("appcenter.toml");

/// When every test begins: Sat, 21 Nov 2026 09:30:00 GMT.
pub(crate) const NOW: Micros = Micros(1_795_253_400_000_000);

pub(crate) const NORTHWIND: &str = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01";
/// Of Northwind, in `us`.
pub(crate) const ANA: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c11";
/// Of Northwind too.
pub(crate) const BEN: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c12";
/// Of Northwind, disabled.
pub(crate) const OFF: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c13";
pub(crate) const SOUTHBANK: &str = "1d3a7e6f-4b1c-4b97-8e3c-7b2d6c8fa002";
/// Of Southbank, in `us`.
pub(crate) const CARA: &str = "8c2a1b63-7b54-4e1f-9b7d-3a6e0f4c5d21";
pub(crate) const HARBOUR: &str = "9f6e2c1b-7d4a-4e3b-8c5d-1a0b9c8d7e03";
/// Of Harbour, in `us`, which has not bought expense.
pub(crate) const ZOE: &str = "e8d7c6b5-a493-4281-b07f-6e5d4c3b2a31";
pub(crate) const LINDGREN: &str = "4d8a9b3c-52e7-4f1d-b6c0-9e2f7a1d8c02";
/// Of Lindgren, in `emea`.
pub(crate) const LARS: &str = "c3e5d7f9-1b2a-4c4d-9e8f-5a6b7c8d9e21";

pub(crate) const MERIDIAN: &str = "b7a41c90-5d2e-4f63-8a17-0c9e3d5f6b04";
/// Of Meridian, which is not in `seed.toml`: a test that wants her seeds her.
pub(crate) const DANA: &str = "f1c8e2d4-6b3a-4957-9e0f-7a5d4c3b2e41";

/// An app's id and secret.
pub(crate) type Client = (&'static str, &'static str);
/// May everything.
pub(crate) const CAFE: Client = ("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51", "cafe-secret");
/// Has the grant `password` only.
pub(crate) const TALLY: Client = ("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d52", "tally-secret");
/// Another that may refresh.
pub(crate) const RIVAL: Client = ("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d53", "rival-secret");
/// Lives in `emea`, and gets a new refresh token with each refresh.
pub(crate) const DEPOT: Client = ("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d55", "depot-secret");
/// Disabled.
pub(crate) const SHUT: Client = ("5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d54", "shut-secret");

/// Users with their company, and companies.
const PRINCIPALS: [(&str, Option<&str>); 12] = [
    (ANA, Some(NORTHWIND)),
    (BEN, Some(NORTHWIND)),
    (OFF, Some(NORTHWIND)),
    (CARA, Some(SOUTHBANK)),
    (ZOE, Some(HARBOUR)),
    (LARS, Some(LINDGREN)),
    (DANA, Some(MERIDIAN)),
    (NORTHWIND, None),
    (SOUTHBANK, None),
    (HARBOUR, None),
    (LINDGREN, None),
    (MERIDIAN, None),
];

/// The schema of general receipts, as the documents write a `Link`.
pub(crate) const GENERAL: &str =
    "<http://schema.concursolutions.com/general-receipt.schema.json>; rel=\"describedBy\"";

/// How often the status of a receipt is asked for, each time after [`PAUSE`].
const TRIES: usize = 1000;
const PAUSE: Duration = Duration::from_millis(20);

/// Waits for what another thread does: asks again, a bounded number of times, until it is seen.
pub(crate) async fn until(what: &str, seen: impl AsyncFn() -> bool) {
    for _ in 0..TRIES {
        if seen().await {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{what} does not come");
}

/// A started platform.
pub(crate) struct TestApp {
    pub(crate) us: Site,
    pub(crate) emea: Site,
    pub(crate) glz: Site,
    /// Stands still until a test moves it.
    pub(crate) clock: Clock,
    /// What an administrator can tell it.
    pub(crate) admin: Admin,
    /// Where `us` listens, whatever its base URI says.
    pub(crate) us_socket: SocketAddr,
    others: HashMap<String, Site>,
    request_tokens: HashMap<&'static str, String>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl TestApp {
    /// Nobody can sign in: hashing passwords would take a third of most tests.
    pub(crate) async fn start(place: &TestDb) -> Self {
        Self::start_as(place, &without_passwords(), Clock::fake(NOW)).await
    }

    pub(crate) async fn start_with_passwords(place: &TestDb) -> Self {
        Self::start_at(place, Clock::fake(NOW)).await
    }

    /// With passwords.
    pub(crate) async fn start_at(place: &TestDb, clock: Clock) -> Self {
        Self::start_as(place, SEED, clock).await
    }

    /// With passwords, further data centers, and more in the seed.
    pub(crate) async fn start_with(place: &TestDb, data_centers: &[&str], seed: &str) -> Self {
        let mut config = config(place);
        config
            .datacenters
            .extend(data_centers.iter().map(|id| datacenter(id)));
        Self::start_on(config, &format!("{SEED}{seed}"), Clock::fake(NOW)).await
    }

    /// Nobody can sign in, and there is more in the seed.
    pub(crate) async fn start_seeded(place: &TestDb, seed: &str) -> Self {
        let seed = format!("{}\n{seed}", without_passwords());
        Self::start_as(place, &seed, Clock::fake(NOW)).await
    }

    /// One more node on the same database, which must be a server: with a folder of its own, and
    /// the same secret key.
    pub(crate) async fn start_beside(&self, place: &TestDb) -> Self {
        let config = config(place);
        let config = Config {
            data: config.data.join("beside"),
            ..config
        };
        Self::start_on(config, &without_passwords(), self.clock.clone()).await
    }

    /// CAFE's users come back to this address, from `us`.
    pub(crate) async fn start_leading_to(place: &TestDb, callback: &str) -> Self {
        let seed = SEED.replacen("http://127.0.0.1:5000/back", callback, 1);
        Self::start_as(place, &seed, Clock::fake(NOW)).await
    }

    /// The same; `us` is reached at this address.
    pub(crate) async fn start_reached_at(
        place: &TestDb,
        base_uri: &str,
        callback: &str,
        clock: Clock,
    ) -> Self {
        let seed = SEED.replacen("http://127.0.0.1:5000/back", callback, 1);
        let mut config = config(place);
        config.datacenters[0].base_uri = Some(base_uri.to_owned());
        Self::start_on(config, &seed, clock).await
    }

    /// Every refresh gives CAFE another refresh token; nobody can sign in.
    pub(crate) async fn start_rotating(place: &TestDb) -> Self {
        let cafe = format!("client_id = \"{}\"", CAFE.0);
        let seed = without_passwords().replacen(&cafe, &format!("{cafe}\nrotation = \"new\""), 1);
        Self::start_as(place, &seed, Clock::fake(NOW)).await
    }

    /// With the people of `appcenter.toml`; of the others nobody can sign in.
    pub(crate) async fn start_app_center(place: &TestDb) -> Self {
        let seed = format!("{}\n{APP_CENTER}", without_passwords());
        Self::start_as(place, &seed, Clock::fake(NOW)).await
    }

    /// With a mail server in place of the mailbox.
    pub(crate) async fn start_with_mail(place: &TestDb, mail: MailConfig) -> Self {
        let config = Config {
            mail: Some(mail),
            otp_parameter: OtpParameter::Otl,
            ..config(place)
        };
        Self::start_on(config, &without_passwords(), Clock::fake(NOW)).await
    }

    /// With the stricter rules of these ids; nobody can sign in.
    pub(crate) async fn start_strict(place: &TestDb, ids: &[&str]) -> Self {
        let config = Config {
            strict: Strict::of(&bursar::config::switches(), ids).expect("switches"),
            ..config(place)
        };
        Self::start_on(config, &without_passwords(), Clock::fake(NOW)).await
    }

    /// By this clock; nobody can sign in.
    pub(crate) async fn start_on_clock(place: &TestDb, clock: Clock) -> Self {
        Self::start_as(place, &without_passwords(), clock).await
    }

    async fn start_as(place: &TestDb, seed: &str, clock: Clock) -> Self {
        Self::start_on(config(place), seed, clock).await
    }

    async fn start_on(config: Config, seed: &str, clock: Clock) -> Self {
        let platform = Platform::start_at(config, Some(seed), clock.clone()).await;
        let platform = platform.expect("the platform starts");
        let site = |id: &str| Site {
            base: platform.address(id).expect("a data center"),
        };
        let (us, emea, glz) = (site("us"), site("emea"), site("glz"));
        let others = platform
            .addresses()
            .map(|(id, _)| (id.to_owned(), site(id)));
        let others = others.collect();
        let admin = platform.admin().clone();
        let us_socket = platform.sockets().find(|(id, _)| *id == "us").unwrap().1;
        let request_tokens = request_tokens(&platform).await;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(platform.serve(async { drop(stopped.await) }));
        Self {
            us,
            emea,
            glz,
            clock,
            admin,
            us_socket,
            others,
            request_tokens,
            stop,
            serving,
        }
    }

    /// Any data center.
    pub(crate) fn at(&self, id: &str) -> &Site {
        &self.others[id]
    }

    /// Ends it as an operator does.
    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("it is serving");
        self.serving.await.expect("it stops without a panic");
    }

    /// The token that CAFE exchanges for its first tokens.
    pub(crate) fn request_token(&self, principal: &str) -> &str {
        &self.request_tokens[principal]
    }

    /// CAFE's tokens for a user or a company, with all its scopes.
    pub(crate) async fn connect(&self, principal: &str) -> Answer {
        self.connect_for(principal, "").await
    }

    async fn connect_for(&self, principal: &str, scope: &str) -> Answer {
        let form = [
            ("client_id", CAFE.0),
            ("client_secret", CAFE.1),
            ("grant_type", "password"),
            ("credtype", "authtoken"),
            ("username", principal),
            ("password", self.request_token(principal)),
            ("scope", scope),
        ];
        let answer = self.glz.post("/oauth2/v0/token").form(&form).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    }

    /// CAFE's access token for a user or a company.
    pub(crate) async fn token(&self, principal: &str) -> String {
        self.connect(principal).await.field("access_token")
    }

    /// The same for these scopes only.
    pub(crate) async fn token_for(&self, principal: &str, scope: &str) -> String {
        let answer = self.connect_for(principal, scope).await;
        answer.field("access_token")
    }

    /// CAFE's access token for itself.
    pub(crate) async fn app_token(&self) -> String {
        self.own_token(CAFE).await.field("access_token")
    }

    /// An app asks for a token for itself.
    pub(crate) async fn own_token(&self, client: (&str, &str)) -> Answer {
        let form = [
            ("client_id", client.0),
            ("client_secret", client.1),
            ("grant_type", "client_credentials"),
        ];
        self.us.post("/oauth2/v0/token").form(&form).send().await
    }

    /// An app asks for new tokens in `us`.
    pub(crate) async fn refresh(&self, client: Client, token: &str) -> Answer {
        let form = [
            ("client_id", client.0),
            ("client_secret", client.1),
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
        ];
        self.us.post("/oauth2/v0/token").form(&form).send().await
    }

    /// Posts a general receipt in `us`; a millisecond later than the one before.
    pub(crate) async fn post(
        &self,
        token: &str,
        user: &str,
        receipt: impl Into<Vec<u8>>,
    ) -> Answer {
        self.clock.advance(Duration::from_millis(1));
        let call = self.us.post(&format!("/receipts/v4/users/{user}"));
        let call = call.bearer(token).header("link", GENERAL);
        call.json(receipt).send().await
    }

    /// Posts a receipt that is accepted, and answers its URL.
    pub(crate) async fn accepted(
        &self,
        token: &str,
        user: &str,
        receipt: impl Into<Vec<u8>>,
    ) -> String {
        let answer = self.post(token, user, receipt).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.header("location").to_owned()
    }

    /// Waits until a receipt of `us` is processed, and answers its status.
    pub(crate) async fn processed(&self, token: &str, receipt_url: &str) -> Answer {
        let url = receipt_url.replace("/v4/", "/v4/status/");
        for _ in 0..TRIES {
            let answer = self.us.get(&url).bearer(token).send().await;
            match answer.field("status").as_str() {
                "PROCESSED" => return answer,
                "ACCEPTED" | "PROCESSING" => tokio::time::sleep(PAUSE).await,
                other => panic!("{other}: {}", answer.text()),
            }
        }
        panic!("{url} is not processed");
    }

    /// Waits until `count` mails for an address are in the mailbox; the newest first.
    pub(crate) async fn mails(&self, to: &str, count: usize) -> Vec<Value> {
        for _ in 0..TRIES {
            let path = format!("/_bursar/mailbox/messages?to={to}");
            let answer = self.us.get(&path).send().await;
            let mails = answer.json()["messages"].as_array().unwrap().clone();
            if mails.len() >= count {
                return mails;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{to} has not {count} mails");
    }

    /// How many receipts there are, also image-only ones, of all that anybody here can have.
    pub(crate) async fn stored(&self) -> usize {
        let mut stored = 0;
        for (user, site) in [
            (ANA, &self.us),
            (BEN, &self.us),
            (CARA, &self.us),
            (LARS, &self.emea),
        ] {
            let token = self.token(user).await;
            for (end, name) in [("", "receipts"), ("/image-only-receipts", "receiptsImages")] {
                let list = site.get(&format!("/receipts/v4/users/{user}{end}"));
                let answer = list.bearer(&token).send().await;
                stored += answer.json()[name].as_array().unwrap().len();
            }
        }
        stored
    }
}

pub(crate) fn without_passwords() -> String {
    let lines = SEED.lines().filter(|line| !line.starts_with("password"));
    let seed: Vec<_> = lines.collect();
    seed.join("\n")
}

async fn request_tokens(platform: &Platform) -> HashMap<&'static str, String> {
    let mut tokens = HashMap::new();
    for (id, company) in PRINCIPALS {
        let own = uuid(id);
        let principal = match company {
            Some(company) => Principal::User {
                id: own,
                company_id: uuid(company),
            },
            None => Principal::Company { id: own },
        };
        let token = platform.request_token(uuid(CAFE.0), principal).await;
        tokens.insert(id, token.expect("a request token"));
    }
    tokens
}

pub(crate) fn uuid(text: &str) -> Uuid {
    text.parse().expect("a UUID")
}

fn datacenter(id: &str) -> DataCenterConfig {
    DataCenterConfig {
        id: id.to_owned(),
        base_uri: None,
        www_uri: None,
        listen: ([127, 0, 0, 1], 0).into(),
    }
}

pub(crate) fn config(place: &TestDb) -> Config {
    let data = place.folder().to_owned();
    Config {
        location: place.location.clone(),
        database_connections_max: 8,
        secret_key_file: data.join("secret.key"),
        brand: "Bursar".to_owned(),
        workers: 2,
        tls_terminated_by_proxy: false,
        loopback_partners: true,
        log_filter: None,
        log_format: Format::Human,
        datacenters: ["us", "emea", "glz"].map(datacenter).into(),
        bootstrap: None,
        mail: None,
        mailbox: true,
        otp_parameter: OtpParameter::Token,
        strict: Strict::default(),
        gateway: None,
        data,
    }
}
