//! A company moves to another data center while it is served.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bursar::admin::{AdminError, Order};
use bursar_testkit::db_test;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::app::*;
use crate::http::{Answer, Site};
use crate::receipts::sample::smallest;
use crate::signin::{ANA_SIGNS_IN, assert_page, cookie, csrf_token};

/// Partners that post at the same time.
const PARTNERS: usize = 6;
/// Receipts before the company moves.
const BEFORE: usize = 30;
/// Receipts of each partner at the new home.
const AFTER: usize = 5;

async fn go(app: &TestApp, company: &str, to: &str) -> Result<String, AdminError> {
    let order = Order::MoveCompany {
        company: company.parse().unwrap(),
        data_center: to.to_owned(),
    };
    app.admin.carry_out(&order).await
}

/// An app that is connected to Ana, and follows her where she lives.
struct Partner {
    base: String,
    access: String,
    refresh: String,
}

impl Partner {
    async fn connect(app: &TestApp) -> Self {
        Self::of(&app.connect(ANA).await)
    }

    fn of(granted: &Answer) -> Self {
        Self {
            base: granted.field("geolocation"),
            access: granted.field("access_token"),
            refresh: granted.field("refresh_token"),
        }
    }

    fn site(&self) -> Site {
        Site {
            base: self.base.clone(),
        }
    }

    /// Posts a receipt; if the token is refused, gets another one where the user lives, once.
    async fn post(&mut self) -> String {
        for _ in 0..2 {
            let call = self.site().post(&format!("/receipts/v4/users/{ANA}"));
            let call = call.bearer(&self.access).header("link", GENERAL);
            let answer = call.json(smallest().to_string()).send().await;
            if answer.status == 201 {
                let url = answer.header("location");
                return url.rsplit('/').next().unwrap().to_owned();
            }
            assert_eq!(answer.status, 403, "{}", answer.text());
            self.refresh().await;
        }
        panic!("refused with a token of a moment ago");
    }

    async fn refresh(&mut self) {
        let answer = self.ask().await;
        if answer.status == 200 {
            *self = Self::of(&answer);
            return;
        }
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(16)));
        self.base = answer.field("geolocation");
        let answer = self.ask().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        *self = Self::of(&answer);
    }

    async fn ask(&self) -> Answer {
        let form = [
            ("client_id", CAFE.0),
            ("client_secret", CAFE.1),
            ("grant_type", "refresh_token"),
            ("refresh_token", self.refresh.as_str()),
        ];
        self.site()
            .post("/oauth2/v0/token")
            .form(&form)
            .send()
            .await
    }
}

/// Waits until a receipt is processed, at the data center where its user lives.
async fn processed(partner: &Partner, id: &str) {
    let path = format!("/receipts/v4/status/{id}");
    for _ in 0..1000 {
        let answer = partner
            .site()
            .get(&path)
            .bearer(&partner.access)
            .send()
            .await;
        match answer.field("status").as_str() {
            "PROCESSED" => return,
            "ACCEPTED" | "PROCESSING" => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    panic!("{id} is not processed");
}

db_test! {
    async fn nothing_is_lost_when_a_company_moves_under_load(place: TestDb) {
        let app = TestApp::start(&place).await;
        let old = Partner::connect(&app).await;
        let (posted, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let moved = Arc::new(AtomicBool::new(false));
        let mut partners = JoinSet::new();
        for _ in 0..PARTNERS {
            let mut partner = Partner::connect(&app).await;
            let (posted, enough, moved) = (posted.clone(), enough.clone(), moved.clone());
            let emea = app.emea.base.clone();
            partners.spawn(async move {
                let (mut ids, mut at_home) = (Vec::new(), 0);
                while at_home < AFTER {
                    ids.push(partner.post().await);
                    if posted.fetch_add(1, Ordering::SeqCst) + 1 == BEFORE {
                        enough.notify_one();
                    }
                    assert!(partner.base != emea || moved.load(Ordering::SeqCst));
                    at_home += usize::from(partner.base == emea);
                }
                (partner, ids)
            });
        }
        enough.notified().await;
        moved.store(true, Ordering::SeqCst);
        let said = go(&app, NORTHWIND, "emea").await.unwrap();
        assert_eq!(said, "moved Northwind Trading from us to emea");
        let partners = partners.join_all().await;

        // Every receipt that was answered 201, before or after, is there, and done.
        let (now, _) = &partners[0];
        let ids: Vec<_> = partners.iter().flat_map(|(_, ids)| ids).collect();
        assert!(ids.len() >= BEFORE + PARTNERS * (AFTER - 1));
        for id in &ids {
            processed(now, id).await;
            let image = format!("/receipts/v4/{id}/image");
            let image = app.emea.get(&image).bearer(&now.access).send().await;
            assert!(image.body.starts_with(b"%PDF-"), "{id}");
        }
        // What belongs to the old home is refused there and here.
        let list = format!("/receipts/v4/users/{ANA}");
        for site in [&app.us, &app.emea] {
            assert_eq!(site.get(&list).bearer(&old.access).send().await.status, 403);
        }
        let answer = old.ask().await;
        assert_eq!((&answer.json()["code"], answer.field("geolocation")),
            (&json!(16), app.emea.base.clone()));
        // Others stay where they are.
        let southbank = app.token(SOUTHBANK).await;
        let cara = app.us.get(&format!("/receipts/v4/users/{CARA}")).bearer(&southbank);
        assert_eq!(cara.send().await.status, 200);
        app.stop().await;
    }
}

db_test! {
    async fn what_is_under_way_arrives(place: TestDb) {
        let app = TestApp::start(&place).await;
        let mut partner = Partner::connect(&app).await;
        let body = smallest().to_string();
        let host = app.us.base.trim_start_matches("http://").to_owned();
        let mut upload = TcpStream::connect(&host).await.unwrap();
        let head = format!(
            "POST /receipts/v4/users/{ANA} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             authorization: Bearer {}\r\nlink: {GENERAL}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            partner.access,
            body.len()
        );
        upload.write_all(head.as_bytes()).await.unwrap();
        // It asks for the body, so it has let the caller in.
        let mut asked = [0; 25];
        upload.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        go(&app, NORTHWIND, "emea").await.unwrap();
        upload.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        upload.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
        let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        let id = location.rsplit('/').next().unwrap();

        partner.refresh().await;
        assert_eq!(partner.base, app.emea.base);
        processed(&partner, id).await;
        app.stop().await;
    }
}

db_test! {
    async fn a_company_moves_to_where_companies_live(place: TestDb) {
        let app = TestApp::start(&place).await;
        for (company, to, says) in [
            (NORTHWIND, "glz", "is not a data center that a company or an app can live in"),
            (NORTHWIND, "mars", "is not a data center"),
            (ANA, "emea", "there is no company"),
        ] {
            let error = go(&app, company, to).await.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let there = go(&app, NORTHWIND, "us").await.unwrap();
        assert_eq!(there, "Northwind Trading lives in us already");
        let ana = app.connect(ANA).await;
        assert_eq!(ana.field("geolocation"), app.us.base);
        // There and back: tokens are those of the home again.
        for to in ["emea", "us"] {
            go(&app, NORTHWIND, to).await.unwrap();
            assert_eq!(app.connect(ANA).await.field("geolocation"), app.at(to).base);
        }
        app.stop().await;
    }
}

const MAILED: [(&str, &str); 2] = [
    ("channel_type", "email"),
    ("channel_handle", "ana@northwind.example.com"),
];
const BACK: (&str, &str) = ("redirect_uri", "https://cafe.example/back");

async fn grant(site: &Site, fields: &[(&str, &str)]) -> Answer {
    let client = [("client_id", CAFE.0), ("client_secret", CAFE.1)];
    let call = site.post("/oauth2/v0/token");
    call.form(&[&client[..], fields].concat()).send().await
}

/// A code that Ana gives to the app.
async fn code(app: &TestApp, cookie: &str) -> String {
    let query = format!(
        "client_id={}&redirect_uri={}&response_type=code",
        CAFE.0, BACK.1
    );
    let path = "/oauth2/v0/authorize";
    let page = app
        .us
        .get(&format!("{path}?{query}"))
        .cookie(cookie)
        .send()
        .await;
    let csrf = csrf_token(&page);
    let form = [
        ("csrf_token", csrf.as_str()),
        ("request", &query),
        ("decision", "allow"),
    ];
    let answer = app.us.post(path).cookie(cookie).form(&form).send().await;
    let (_, code) = answer.header("location").split_once("code=").unwrap();
    code.to_owned()
}

/// A one-time password that is mailed to Ana.
async fn otp(app: &TestApp) -> String {
    let client = [("client_id", CAFE.0), ("client_secret", CAFE.1)];
    let asked = app
        .us
        .post("/oauth2/v0/otp")
        .form(&[client, MAILED].concat())
        .send()
        .await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let mail = app.mails(MAILED[1].1, 1).await.remove(0);
    let text = mail["text"].as_str().unwrap();
    let is_otp = |line: &&str| line.len() == 32 && line.bytes().all(|b| b.is_ascii_hexdigit());
    text.lines()
        .map(str::trim)
        .find(is_otp)
        .expect("a password")
        .to_owned()
}

db_test! {
    async fn after_a_move_every_grant_says_where_and_is_good_there(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let session = cookie(&app.us, &ANA_SIGNS_IN).await;
        let (code, otp) = (code(&app, &session).await, otp(&app).await);
        let token = app.request_token(ANA);
        let password = [("grant_type", "password"), ("username", ANA_SIGNS_IN[0].1),
            ("password", ANA_SIGNS_IN[1].1)];
        let by_token = [("grant_type", "password"), ("credtype", "authtoken"), ("username", ANA),
            ("password", token)];
        let by_code = [("grant_type", "authorization_code"), ("code", &code), BACK];
        let by_otp = [&[("grant_type", "otp"), ("otp", otp.as_str())], &MAILED[..]].concat();
        let grants: [(&str, &[(&str, &str)]); 4] = [("password", &password),
            ("request token", &by_token), ("code", &by_code), ("otp", &by_otp)];
        go(&app, NORTHWIND, "emea").await.unwrap();
        for (name, fields) in grants {
            let refused = grant(&app.us, fields).await;
            assert_eq!((refused.status, &refused.json()["code"]), (400, &json!(16)), "{name}");
            assert_eq!(refused.field("geolocation"), app.emea.base, "{name}");
            let granted = grant(&app.emea, fields).await;
            assert_eq!(granted.status, 200, "{name}: {}", granted.text());
            assert_eq!(granted.field("geolocation"), app.emea.base, "{name}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn an_old_sessions_pages_lead_to_the_new_home(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let session = cookie(&app.us, &ANA_SIGNS_IN).await;
        let page = app.us.get("/apps").cookie(&session).send().await;
        let csrf = csrf_token(&page);
        go(&app, NORTHWIND, "emea").await.unwrap();
        for path in ["/expenses?after=x", "/apps", "/connections", "/expenses/x"] {
            let answer = app.us.get(path).cookie(&session).send().await;
            let there = format!("{}{path}", app.emea.base);
            assert_eq!((answer.status, answer.header("location")), (303, there.as_str()));
        }
        // A form is not sent on, nor is its address asked for: it may be no page.
        let path = format!("/connections/user/{}/disconnect", CAFE.0);
        for path in [path.as_str(), "/partner/apps", "/admin/apps/x/enabled"] {
            let form = [("csrf_token", csrf.as_str())];
            let answer = app.us.post(path).cookie(&session).form(&form).send().await;
            let start = format!("{}/", app.emea.base);
            assert_eq!((answer.status, answer.header("location")), (303, start.as_str()), "{path}");
        }
        // Sign-in leads there too, from where it was asked for.
        let form = [&ANA_SIGNS_IN[..], &[("next", "/apps")]].concat();
        let answer = app.us.post("/signin").form(&form).send().await;
        let there = format!("{}/signin?next=/apps&moved=1", app.emea.base);
        assert_eq!(answer.header("location"), there);
        let new = cookie(&app.emea, &ANA_SIGNS_IN).await;
        assert_page(&app.emea.get("/apps").cookie(&new).send().await, 200);
        app.stop().await;
    }
}
