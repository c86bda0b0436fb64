//! Every route refuses who may not call it. The routes come from the `OpenAPI` document, so that a
//! new one in it fails here until it has its row; `routes.rs` sees those that are not in it.

use std::collections::{BTreeMap, BTreeSet};

use bursar_testkit::db_test;
use serde_json::Value;

use crate::app::*;
use crate::http::{Answer, Call, Site};
use crate::pictures::png;
use crate::quick_expense::sample as quick;
use crate::receipts::sample::smallest;

/// Why a caller is refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Refusal {
    NoToken,
    WrongScope,
    WrongKind,
    WrongCompany,
    WrongDataCenter,
    ProductNotBought,
}

const REFUSALS: [Refusal; 6] = [
    Refusal::NoToken,
    Refusal::WrongScope,
    Refusal::WrongKind,
    Refusal::WrongCompany,
    Refusal::WrongDataCenter,
    Refusal::ProductNotBought,
];

/// A route, and a call of it that a company's token with every scope may make.
struct Row {
    /// As in the document.
    method: &'static str,
    path: &'static str,
    /// A scope of the app that is not enough.
    too_little: &'static str,
    /// What the right caller gets.
    status: u16,
}

const fn row(
    method: &'static str,
    path: &'static str,
    too_little: &'static str,
    status: u16,
) -> Row {
    Row {
        method,
        path,
        too_little,
        status,
    }
}

const ROWS: [Row; 23] = [
    row("GET", "/profile/v1/me", "openid", 200),
    row("GET", "/profile/identity/v4/Users", "openid", 200),
    row("GET", "/profile/identity/v4/Users/{id}", "openid", 200),
    row(
        "POST",
        "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses",
        "receipts.writeonly",
        201,
    ),
    row(
        "POST",
        "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses/image",
        "receipts.writeonly",
        201,
    ),
    row(
        "GET",
        "/quickexpense/v4/users/{userId}/context/{contextType}/quickexpenses/{quickExpenseId}",
        "receipts.read",
        200,
    ),
    row(
        "GET",
        "/api/v3.0/expense/expensegroupconfigurations",
        "receipts.read",
        200,
    ),
    row(
        "GET",
        "/api/v3.0/expense/expensegroupconfigurations/{groupId}",
        "receipts.read",
        200,
    ),
    row("GET", "/receipts/", "openid", 200),
    row("GET", "/receipts/schemas", "openid", 200),
    row("GET", "/receipts/schemas/{schemaId}", "openid", 200),
    row("POST", "/receipts/v4/users/{userId}", "receipts.read", 201),
    row(
        "GET",
        "/receipts/v4/users/{userId}",
        "receipts.writeonly",
        200,
    ),
    row(
        "GET",
        "/receipts/v4/users/{userId}/page/{cursor}",
        "receipts.writeonly",
        200,
    ),
    row("GET", "/receipts/v4/status/{receiptId}", "openid", 200),
    row("GET", "/receipts/v4/{receiptId}", "receipts.writeonly", 200),
    row(
        "GET",
        "/receipts/v4/{receiptId}/image",
        "receipts.writeonly",
        200,
    ),
    row(
        "POST",
        "/receipts/v4/users/{userId}/image-only-receipts",
        "receipts.read",
        202,
    ),
    row(
        "GET",
        "/receipts/v4/users/{userId}/image-only-receipts",
        "receipts.writeonly",
        200,
    ),
    row(
        "GET",
        "/receipts/v4/users/{userId}/image-only-receipts/page/{cursor}",
        "receipts.writeonly",
        200,
    ),
    row(
        "GET",
        "/receipts/v4/image-only-receipts/{receiptId}",
        "receipts.writeonly",
        200,
    ),
    row(
        "GET",
        "/receipts/v4/image-only-receipts/{receiptId}/image",
        "receipts.writeonly",
        200,
    ),
    row(
        "GET",
        "/receipts/v4/images/{receiptId}",
        "receipts.writeonly",
        301,
    ),
];

/// What is not refused, and why that is right: `METHOD path refusal: reason`, one a line; `*` for
/// a route that takes no token at all.
const EXCEPTIONS: &str = include_str!("coverage-exceptions.txt");
/// The file may only shrink: lower this with it.
const EXCEPTIONS_MAX: usize = 12;

fn exceptions() -> BTreeSet<(String, String)> {
    let lines = EXCEPTIONS.lines().filter(|line| !line.is_empty());
    assert!(
        lines.clone().count() <= EXCEPTIONS_MAX,
        "the list may only shrink"
    );
    let parsed = lines.flat_map(|line| {
        let (what, reason) = line.split_once(": ").expect("a reason");
        assert!(!reason.is_empty(), "{line}");
        let (route, refusal) = what.rsplit_once(' ').expect("a refusal");
        let all = REFUSALS.map(|refusal| format!("{refusal:?}"));
        let meant = all
            .into_iter()
            .filter(move |one| refusal == "*" || one == refusal);
        meant.map(|one| (route.to_owned(), one)).collect::<Vec<_>>()
    });
    parsed.collect()
}

/// `METHOD path` of every operation in the document.
async fn routes(site: &Site) -> BTreeSet<String> {
    let document = site.get("/openapi.json").send().await.json();
    let mut routes = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}

/// Tokens for each case.
struct Callers {
    right: String,
    app: String,
    southbank: String,
    harbour: String,
    lindgren: String,
    narrow: BTreeMap<&'static str, String>,
}

impl Callers {
    async fn of(app: &TestApp) -> Self {
        let mut narrow = BTreeMap::new();
        for row in &ROWS {
            let token = app.token_for(NORTHWIND, row.too_little).await;
            narrow.insert(row.too_little, token);
        }
        Self {
            right: app.token(NORTHWIND).await,
            app: app.app_token().await,
            southbank: app.token(SOUTHBANK).await,
            harbour: app.token(HARBOUR).await,
            lindgren: app.token(LINDGREN).await,
            narrow,
        }
    }

    fn token(&self, row: &Row, refusal: Refusal) -> Option<&str> {
        match refusal {
            Refusal::NoToken => None,
            Refusal::WrongScope => Some(&self.narrow[row.too_little]),
            Refusal::WrongKind => Some(&self.app),
            Refusal::WrongCompany => Some(&self.southbank),
            Refusal::WrongDataCenter => Some(&self.lindgren),
            Refusal::ProductNotBought => Some(&self.harbour),
        }
    }
}

/// Receipts of Ana's, processed.
struct Receipts {
    data: String,
    image_only: String,
}

impl Receipts {
    async fn of(app: &TestApp, token: &str) -> Self {
        let data = app.accepted(token, ANA, smallest().to_string()).await;
        let images = format!("/receipts/v4/users/{ANA}/image-only-receipts");
        let call = app.us.post(&images).bearer(token);
        let image_only = call.form_data(&[("image", &png(2, 2))]).send().await;
        let image_only = image_only.header("location").to_owned();
        let id = |url: &str| url.rsplit('/').next().unwrap().to_owned();
        let all = [id(&data), id(&image_only)];
        for id in &all {
            let url = format!("{}/receipts/v4/{id}", app.us.base);
            app.processed(token, &url).await;
        }
        let [data, image_only] = all;
        Self { data, image_only }
    }
}

/// The call of a row, whole but for its token.
fn call(app: &TestApp, row: &Row, receipts: &Receipts) -> Call {
    let receipt = if row.path.contains("/image-only-receipts/") || row.path.contains("/images/") {
        &receipts.image_only
    } else {
        &receipts.data
    };
    let path = row
        .path
        .replace("{schemaId}", "general-receipt.schema.json")
        .replace("{userId}", ANA)
        .replace("{id}", ANA)
        .replace("{cursor}", &"f".repeat(32))
        .replace("{receiptId}", receipt)
        .replace("{contextType}", "TRAVELER")
        // The first quick expense that there is, by its number.
        .replace("{quickExpenseId}", "1")
        .replace("{groupId}", &NORTHWIND.replace('-', ""));
    assert!(!path.contains('{'), "{path}: give the parameter a value");
    // A list of groups names a company by one of its users.
    let whose = if path.ends_with("/expensegroupconfigurations") {
        "?user=ana@northwind.example.com"
    } else {
        ""
    };
    let call = app.us.call(row.method, &format!("{path}{whose}"));
    if row.method == "GET" {
        return call;
    }
    let picture = png(2, 2);
    if row.path.ends_with("/image-only-receipts") {
        return call.form_data(&[("image", &picture)]);
    }
    if row.path.ends_with("/quickexpenses/image") {
        let request = quick::smallest().to_string();
        let request = ("quickExpenseRequest", request.as_bytes());
        return call.form_data(&[("fileContent", &picture), request]);
    }
    if row.path.starts_with("/quickexpense/") {
        return call.json(quick::smallest().to_string());
    }
    call.header("link", GENERAL).json(smallest().to_string())
}

/// What each refusal looks like.
fn is_refused(row: &Row, answer: &Answer, refusal: Refusal) -> bool {
    if row.path.starts_with("/profile/") {
        return is_refused_as_scim(row, answer, refusal);
    }
    if row.path.starts_with("/quickexpense/") || row.path.starts_with("/api/v3.0/expense/") {
        return is_refused_as_expense(answer, refusal);
    }
    if refusal == Refusal::WrongCompany {
        return (answer.status, answer.body.len()) == (404, 0);
    }
    let says = match refusal {
        Refusal::NoToken => "no bearer token",
        Refusal::WrongScope => "the access token lacks the scope",
        Refusal::WrongKind => "the access token is of a kind that may not call this",
        Refusal::WrongDataCenter => "the access token is of another data center",
        Refusal::ProductNotBought => "the company has not bought the product",
        Refusal::WrongCompany => unreachable!("above"),
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    answer.status == 403 && body["error_description"] == says
}

fn is_refused_as_expense(answer: &Answer, refusal: Refusal) -> bool {
    let (status, message) = match refusal {
        Refusal::NoToken => (403, "no bearer token"),
        Refusal::WrongScope => (403, "the access token lacks the scope"),
        Refusal::WrongKind => (403, "the access token is of a kind that may not call this"),
        Refusal::WrongCompany => (404, "not found"),
        Refusal::WrongDataCenter => (403, "the access token is of another data center"),
        Refusal::ProductNotBought => (403, "the company has not bought the product"),
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    answer.status == status
        && body["errorMessage"] == message
        && body["httpStatus"].as_str() == Some(status.to_string().as_str())
}

fn is_refused_as_scim(row: &Row, answer: &Answer, refusal: Refusal) -> bool {
    if refusal == Refusal::WrongDataCenter && row.path == "/profile/v1/me" {
        return answer.status == 301 && answer.maybe("location").is_some();
    }
    let (status, detail) = match refusal {
        Refusal::NoToken => (401, "no bearer token"),
        Refusal::WrongScope => (403, "the access token lacks the scope"),
        Refusal::WrongKind => (403, "the access token is of a kind that may not call this"),
        Refusal::WrongCompany => (404, "the resource was not found"),
        Refusal::WrongDataCenter => (401, "the access token is of another data center"),
        Refusal::ProductNotBought => (403, "the company has not bought the product"),
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    answer.status == status && body["detail"] == detail
}

db_test! {
    async fn every_route_refuses_who_may_not_call(place: TestDb) {
        let app = TestApp::start(&place).await;
        let callers = Callers::of(&app).await;
        let receipts = Receipts::of(&app, &callers.right).await;

        let mut open = BTreeSet::new();
        for row in &ROWS {
            let route = format!("{} {}", row.method, row.path);
            for refusal in REFUSALS {
                let mut call = call(&app, row, &receipts);
                if let Some(token) = callers.token(row, refusal) {
                    call = call.bearer(token);
                }
                if !is_refused(row, &call.send().await, refusal) {
                    open.insert((route.clone(), format!("{refusal:?}")));
                }
            }
        }
        // Last, so that nobody above saw what this stores; and nothing above stored anything.
        assert_eq!(app.stored().await, 2);
        for row in &ROWS {
            let answer = call(&app, row, &receipts).bearer(&callers.right).send().await;
            assert_eq!(answer.status, row.status, "{} {}", row.method, row.path);
        }

        let rows = ROWS.iter().map(|row| format!("{} {}", row.method, row.path));
        let managed = MANAGED.iter().map(|row| format!("{} {}", row.method, row.path));
        let covered: BTreeSet<_> = rows.chain(managed).collect();
        for route in routes(&app.us).await.difference(&covered) {
            let all = REFUSALS.iter().map(|refusal| (route.clone(), format!("{refusal:?}")));
            open.extend(all);
        }
        let exceptions = exceptions();
        assert_eq!(open, exceptions, "left: what is not refused; right: what is on the list");
        app.stop().await;
    }
}

/// A route that apps manage themselves by. It wants no scope and no product, and names no company:
/// an app's own token is told from a principal's, and from another app's.
struct Managed {
    method: &'static str,
    path: &'static str,
    /// Whose token may call.
    caller: Manager,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manager {
    Principal,
    AppItself,
}

const fn managed(method: &'static str, path: &'static str, caller: Manager) -> Managed {
    Managed {
        method,
        path,
        caller,
    }
}

const MANAGED: [Managed; 6] = [
    managed("DELETE", "/app-mgmt/v0/connections", Manager::Principal),
    managed("GET", "/app-mgmt/v4/{appId}/secrets", Manager::AppItself),
    managed("POST", "/app-mgmt/v4/{appId}/secrets", Manager::AppItself),
    managed(
        "PATCH",
        "/app-mgmt/v4/{appId}/secrets/{secretId}",
        Manager::AppItself,
    ),
    managed(
        "DELETE",
        "/app-mgmt/v4/{appId}/secrets/{secretId}",
        Manager::AppItself,
    ),
    managed(
        "POST",
        "/appmgmt/v0/legacyApps/{consumerKey}/exchangeRefreshToken/me",
        Manager::AppItself,
    ),
];

db_test! {
    async fn every_managing_route_refuses_who_may_not_call(place: TestDb) {
        let app = TestApp::start(&place).await;
        let cafe = app.app_token().await;
        let (ana, lars) = (app.token(ANA).await, app.token(LARS).await);
        // Depot lives in `emea`.
        let depot = app.own_token(DEPOT).await.field("access_token");
        let secrets = format!("/app-mgmt/v4/{}/secrets", CAFE.0);
        let stored = app.us.get(&secrets).bearer(&cafe).send().await.text();
        for row in &MANAGED {
            let path = row.path.replace("{appId}", CAFE.0).replace("{secretId}", CAFE.0);
            let path = path.replace("{consumerKey}", "OldCafeKey");
            let (kind, elsewhere) = match row.caller {
                Manager::Principal => (&cafe, &lars),
                Manager::AppItself => (&ana, &depot),
            };
            let body = "{\"token\":\"1_old-token-of-ana\",\"secret\":\"cafe-secret\"}";
            let send = async |token: Option<&str>| {
                let call = app.us.call(row.method, &path).json(body);
                match token {
                    Some(token) => call.bearer(token).send().await,
                    None => call.send().await,
                }
            };
            let id_token = app.connect(ANA).await.field("id_token");
            for token in [None, Some("x.y.z"), Some(&id_token), Some(kind), Some(elsewhere)] {
                let answer = send(token).await;
                let what = format!("{} {path} {token:?}: {}", row.method, answer.text());
                if path.ends_with("/me") {
                    assert_eq!((answer.status, &answer.json()["code"]), (400, &"UNAUTHORIZED".into()), "{what}");
                    continue;
                }
                assert_eq!((answer.status, &answer.json()["error"]), (401, &"invalid_token".into()), "{what}");
                let challenge = if token.is_none() { "Bearer" } else { "Bearer error=\"invalid_token\"" };
                assert_eq!(answer.header("www-authenticate"), challenge, "{what}");
            }
        }
        // Another app's own token, where that app lives.
        for row in MANAGED.iter().filter(|row| row.path.contains("{appId}")) {
            let path = row.path.replace("{appId}", CAFE.0).replace("{secretId}", CAFE.0);
            let answer = app.emea.call(row.method, &path).bearer(&depot).json("{}").send().await;
            assert_eq!(answer.status, 401, "{}", answer.text());
            assert_eq!(answer.json()["error_description"], "the access token is not this app's");
        }
        let now = app.us.get(&secrets).bearer(&cafe).send().await.text();
        assert_eq!(now, stored, "none of it changed anything");
        app.stop().await;
    }
}
