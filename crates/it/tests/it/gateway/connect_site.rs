//! A platform, the gateway's connect pages before it, and browsers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bursar_db::{Db, DbError};
use bursar_gateway_client::{App as ClientApp, Client as PlatformClient, Http, Limits};
use bursar_gateway_connect::pages::{Codes, PagesState, routes};
use bursar_gateway_connect::{
    App, Apps, Brand, Connection, Environment, OpenId, Revoke, Vault, calls,
};
use bursar_jobs::Worker;
use bursar_kernel::{Clock, Rng, Uuid};
use bursar_mail::{Mail, Mailbox, Mailer, Smtp, SmtpConfig, Tls};
use bursar_secrets::{Passwords, SealingKeys};
use bursar_testkit::TestDb;
use bursar_web::{DataCenter, Door, Limits as WebLimits, edge, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::provider::Provider;
use super::proxy::Proxy;
use crate::app::*;
use crate::http::{Answer, Call, Site};
use crate::signin::assert_page;

const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
pub(super) const PASSWORD: &str = "twelve letters and more";

/// A platform, and the connect pages of four apps: CAFE as `cafe`; CAFE as `strict`, which wants a
/// permission that nobody has; RIVAL as `rival`; and `away`, whose platform is nowhere.
pub(super) struct Pages {
    pub(super) app: TestApp,
    pub(super) site: Site,
    pub(super) db: Db,
    pub(super) vault: Vault,
    mailbox: Mailbox,
    /// Mails the codes.
    codes: Worker,
    /// Gone when this is.
    _place: TestDb,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Pages {
    pub(super) async fn start(place: &TestDb) -> Self {
        Self::start_where(place, true).await
    }

    /// `mails` says whether codes can be mailed.
    pub(super) async fn start_where(place: &TestDb, mails: bool) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", socket.local_addr().unwrap());
        let app = TestApp::start_leading_to(place, &format!("{base}/cafe/callback")).await;
        Self::before(place, app, socket, mails, None).await
    }

    /// There is a fifth app, `sso`, whose users sign in at this provider.
    pub(super) async fn start_with_provider(
        place: &TestDb,
        provider: &Provider,
        user_claim: &str,
    ) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app = TestApp::start_on_clock(place, provider.clock.clone()).await;
        let openid = provider.relying_party(user_claim);
        Self::before(place, app, socket, true, Some(openid)).await
    }

    /// The platform's `us` is reached through a proxy.
    pub(super) async fn start_behind_proxy(place: &TestDb) -> (Self, Proxy) {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback = format!("http://{}/cafe/callback", socket.local_addr().unwrap());
        let clock = Clock::fake(NOW);
        let proxy = Proxy::start(1, &clock, None).await;
        let app = TestApp::start_reached_at(place, &proxy.bases[0], &callback, clock).await;
        proxy.lead_to([app.us_socket; 2]);
        let pages = Self::before(place, app, socket, true, None).await;
        (pages, proxy)
    }

    async fn before(
        place: &TestDb,
        app: TestApp,
        socket: TcpListener,
        mails: bool,
        openid: Option<OpenId>,
    ) -> Self {
        let base = format!("http://{}", socket.local_addr().unwrap());
        let place = place.beside().await;
        let db = place.open().await;
        let vault = vault(&app, &db, openid);
        let router = routes(PagesState {
            vault: vault.clone(),
            passwords: Passwords::new(Rng::system()),
            base_uri: base.clone(),
            mails,
        });
        let mailbox = Mailbox::new(db.clone());
        let codes = codes(&app, &vault, &Mailer::Mailbox(mailbox.clone()));
        let door = Door {
            socket,
            data_center: Arc::new(DataCenter::new("gateway", &base, &base).unwrap()),
            router: edge(
                router,
                Rng::system(),
                app.clock.clone(),
                &WebLimits::default(),
            ),
            tls: None,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let limits = WebLimits::default();
        let serving = tokio::spawn(serve(vec![door], limits, async { drop(stopped.await) }));
        Self {
            app,
            site: Site { base },
            db,
            vault,
            mailbox,
            codes,
            _place: place,
            stop,
            serving,
        }
    }

    /// A browser without cookies, at the pages of an app.
    pub(super) fn browser(&self, app: &'static str) -> Browser<'_> {
        Browser {
            pages: Some(self),
            ..Browser::at(&self.site, app)
        }
    }

    /// What the App Center redirects to, for CAFE.
    pub(super) fn landing(&self, user: &str) -> String {
        format!(
            "landing?id={user}&requestToken={}",
            self.app.request_token(user)
        )
    }

    /// The mails to an address, those that are still to be sent among them; the newest first.
    pub(super) async fn mails(&self, to: &str) -> Vec<Mail> {
        // A millisecond later than those before.
        self.app.clock.advance(Duration::from_millis(1));
        self.codes.run_due().await.unwrap();
        self.mailbox.latest(Some(to)).await.unwrap()
    }

    /// The code of the newest mail to an address.
    pub(super) async fn code(&self, to: &str) -> String {
        let mails = self.mails(to).await;
        let mail = mails.first().expect("a mail");
        let mut lines = mail.text.lines();
        let code = lines.find(|line| line.len() == 8 && line.parse::<u32>().is_ok());
        let code = code.unwrap_or_else(|| panic!("no code in {}", mail.text));
        assert!(mail.html.contains(&format!(">{code}</p>")), "{}", mail.html);
        code.to_owned()
    }

    /// What mails codes by a server of the test's own.
    pub(super) fn codes_by_smtp(&self, port: u16) -> Worker {
        let config = SmtpConfig {
            host: "127.0.0.1".into(),
            port,
            tls: Tls::None,
            login: None,
            from: "no-reply@cafe.example".into(),
            from_name: "Bluebird Cafe".into(),
        };
        let mailer = Mailer::Smtp(Smtp::new(&config).unwrap());
        codes(&self.app, &self.vault, &mailer)
    }

    /// Revokes what is ending, as a job does.
    pub(super) fn revoker(&self) -> Worker {
        Worker::new(
            self.db.clone(),
            self.app.clock.clone(),
            Rng::system(),
            vec![Arc::new(Revoke::new(self.vault.clone()))],
        )
    }

    /// Whether the platform takes the connection's token.
    pub(super) async fn works(&self, connection: &Connection) -> bool {
        let Ok(access) = self.vault.access("cafe", connection.id).await else {
            return false;
        };
        let client = &self.vault.apps().get("cafe").unwrap().client;
        let list = client.receipts(&access.token, &access.principal_id, None);
        list.await.is_ok()
    }

    pub(super) async fn connection(&self, app: &str, email: &str) -> Option<Connection> {
        self.vault.of_ref(app, email).await.unwrap()
    }

    /// The calls to the platform, newest first.
    pub(super) async fn calls(&self, app: &str) -> Vec<calls::Call> {
        let read = self.db.read(app.to_owned(), |tx, app| {
            Box::pin(calls::latest(tx, app, Uuid::max(), 100))
        });
        let calls: Result<_, DbError> = read.await;
        calls.unwrap()
    }

    /// All that the log has, bodies included, as text.
    pub(super) async fn logged(&self, app: &str) -> String {
        let calls = self.calls(app).await;
        let texts = calls.iter().map(|call| {
            let bodies = [&call.request_body, &call.response_body];
            let bodies = bodies.map(|body| {
                String::from_utf8_lossy(body.as_deref().unwrap_or_default()).into_owned()
            });
            format!("{} {}", call.url, bodies.join(" "))
        });
        texts.collect()
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).expect("it is serving");
        self.serving.await.expect("it stops without a panic");
        self.db.close().await;
        self.app.stop().await;
    }
}

/// What mails the codes of every app.
fn codes(app: &TestApp, vault: &Vault, mailer: &Mailer) -> Worker {
    let mailers = vault.apps().iter();
    let mailers = mailers
        .map(|app| (app.id.clone(), mailer.clone()))
        .collect();
    Worker::new(
        vault.db().clone(),
        app.clock.clone(),
        Rng::system(),
        vec![Arc::new(Codes::new(vault.clone(), mailers))],
    )
}

fn vault(app: &TestApp, db: &Db, openid: Option<OpenId>) -> Vault {
    let (clock, rng) = (app.clock.clone(), Rng::system());
    let limits = Limits {
        total_time: Duration::from_secs(20),
        ..Limits::default()
    };
    let http = Http::new(limits);
    let client = |(id, secret): Client, base: &str| {
        let app = ClientApp {
            client_id: id.to_owned(),
            client_secret: secret.into(),
            base_uri: base.to_owned(),
            trusted_domains: Vec::new(),
        };
        PlatformClient::new(http.clone(), clock.clone(), rng.clone(), app).unwrap()
    };
    let us = app.us.base.as_str();
    let app = |id: &str, client: PlatformClient, scope: &str| App {
        id: id.to_owned(),
        environment: Environment::Development,
        client,
        brand: Brand {
            name: "Bluebird Cafe".into(),
            platform: "Bursar".into(),
            terms_url: "https://cafe.example/terms".into(),
            privacy_url: "https://cafe.example/privacy".into(),
            support_url: "https://cafe.example/help".into(),
        },
        required_scopes: vec!["openid".into(), scope.into()],
        company_operators: vec!["boss@cafe.example".into()],
        openid: None,
    };
    let sso = openid.map(|openid| App {
        openid: Some(openid),
        ..app("sso", client(CAFE, us), "openid")
    });
    let apps = [
        app("cafe", client(CAFE, us), "receipts.writeonly"),
        app("strict", client(CAFE, us), "nobody.has.this"),
        app("rival", client(RIVAL, us), "openid"),
        app("away", client(CAFE, "http://127.0.0.1:1"), "openid"),
    ];
    let apps = Apps::new(apps.into_iter().chain(sso));
    let keys = SealingKeys::from_lines(KEY).unwrap();
    let ahead = Duration::from_hours(24 * 30);
    Vault::new(db.clone(), clock, rng, keys, apps, ahead)
}

/// Somebody's browser: keeps cookies, and the token of the last form that it saw.
pub(super) struct Browser<'a> {
    /// None at other pages of the gateway.
    pages: Option<&'a Pages>,
    site: &'a Site,
    app: &'static str,
    cookies: RefCell<BTreeMap<String, String>>,
    csrf: RefCell<String>,
}

impl<'a> Browser<'a> {
    /// Without cookies, at pages below a path.
    pub(super) fn at(site: &'a Site, app: &'static str) -> Self {
        Self {
            pages: None,
            site,
            app,
            cookies: RefCell::default(),
            csrf: RefCell::default(),
        }
    }

    pub(super) fn cookie(&self) -> String {
        let cookies = self.cookies.borrow();
        let cookies: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        cookies.join("; ")
    }

    /// The same browser at other pages of the host; cookies know no ports.
    pub(super) fn moved(&self, site: &'a Site) -> Self {
        let renamed = |(name, value): (&String, &String)| {
            let part = name
                .split_once(&self.site.cookie_name())
                .map_or("", |(_, part)| part);
            (format!("{}{part}", site.cookie_name()), value.clone())
        };
        Self {
            cookies: RefCell::new(self.cookies.borrow().iter().map(renamed).collect()),
            ..Self::at(site, self.app)
        }
    }

    pub(super) fn call(&self, method: &str, page: &str) -> Call {
        let call = self.site.call(method, &format!("/{}/{page}", self.app));
        match self.cookie() {
            cookie if cookie.is_empty() => call,
            cookie => call.cookie(&cookie),
        }
    }

    pub(super) fn has_cookie(&self, name: &str) -> bool {
        self.cookies.borrow().contains_key(name)
    }

    /// What the last form carried.
    pub(super) fn csrf(&self) -> String {
        self.csrf.borrow().clone()
    }

    async fn send(&self, call: Call) -> Answer {
        let answer = call.send().await;
        if let Some(set) = answer.maybe("set-cookie") {
            assert!(set.contains("; HttpOnly; SameSite=Lax"), "{set}");
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies
                .borrow_mut()
                .insert(name.to_owned(), value.to_owned());
        }
        let text = answer.text();
        if let Some((_, rest)) = text.split_once("name=\"csrf_token\" value=\"") {
            let token = rest.split('"').next().unwrap();
            token.clone_into(&mut self.csrf.borrow_mut());
        }
        answer
    }

    pub(super) async fn get(&self, page: &str) -> Answer {
        self.send(self.call("GET", page)).await
    }

    /// A page that is there.
    pub(super) async fn page(&self, page: &str) -> String {
        let answer = self.get(page).await;
        assert_page(&answer, 200);
        answer.text()
    }

    /// A form with the token of the last page.
    pub(super) async fn post(&self, page: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf();
        let fields = [&[("csrf_token", csrf.as_str())], fields].concat();
        let call = self.call("POST", page).form(&fields);
        self.send(call.header("origin", &self.site.base)).await
    }

    /// Where a redirect leads, below the app.
    pub(super) fn lead(&self, answer: &Answer) -> String {
        assert_eq!(answer.status, 303, "{}", answer.text());
        let path = answer.header("location");
        let own = path.strip_prefix(&format!("/{}/", self.app));
        own.unwrap_or_else(|| panic!("it leads to {path}"))
            .to_owned()
    }

    pub(super) async fn leads(&self, page: &str) -> String {
        self.lead(&self.get(page).await)
    }

    pub(super) async fn posts(&self, page: &str, fields: &[(&str, &str)]) -> String {
        self.lead(&self.post(page, fields).await)
    }

    /// Makes an account with the code that is mailed, and is signed in to it.
    pub(super) async fn sign_up(&self, email: &str) {
        self.ask_for_account(email).await;
        let pages = self.pages.expect("the connect pages");
        let code = pages.code(email).await;
        assert_eq!(self.types(&code).await, "connect");
    }

    /// Asks for an account; a code is mailed.
    pub(super) async fn ask_for_account(&self, email: &str) {
        let form = [
            ("name", "Ana Reyes"),
            ("email", email),
            ("password", PASSWORD),
        ];
        assert_eq!(self.posts("signin/new", &form).await, "signin/code");
    }

    /// Types a code that is taken; answers where that leads.
    pub(super) async fn types(&self, code: &str) -> String {
        self.posts("signin/code", &[("code", code)]).await
    }

    pub(super) async fn sign_in(&self, email: &str) {
        let form = [("email", email), ("password", PASSWORD)];
        assert_eq!(self.posts("signin", &form).await, "connect");
    }

    /// Sees the page that asks, and confirms; answers where that leads.
    pub(super) async fn confirm(&self) -> String {
        let page = self.page("connect").await;
        assert!(
            page.contains("Step 2 of 3") && page.contains(">Connect</button>"),
            "{page}"
        );
        self.posts("connect", &[]).await
    }

    /// The page that says why not.
    pub(super) async fn refused(&self, lead: &str, status: u16, heading: &str) {
        assert!(lead.starts_with("refused?why="), "{lead}");
        let answer = self.get(lead).await;
        assert_page(&answer, status);
        let text = answer.text();
        assert!(
            text.contains(&format!("<h1>{heading}</h1>")),
            "{heading}: {text}"
        );
        assert!(
            text.contains("href=\"https://cafe.example/help\""),
            "{text}"
        );
    }
}
