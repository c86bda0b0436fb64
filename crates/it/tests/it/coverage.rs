//! Every route refuses who may not call it. The routes come from the `OpenAPI` document, so that a
//! new one fails here until it has its row.

use std::collections::{BTreeMap, BTreeSet};

use bursar_testkit::db_test;
use serde_json::Value;

use crate::app::*;
use crate::http::{Answer, Call, Site};
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

const ROWS: [Row; 12] = [
    row("GET", "/profile/v1/me", "openid", 200),
    row("GET", "/profile/identity/v4/Users", "openid", 200),
    row("GET", "/profile/identity/v4/Users/{id}", "openid", 200),
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
];

/// What is not refused, and why that is right: `METHOD path refusal: reason`, one a line.
const EXCEPTIONS: &str = include_str!("coverage-exceptions.txt");
/// The file may only shrink: lower this with it.
const EXCEPTIONS_MAX: usize = 20;

fn exceptions() -> BTreeSet<(String, String)> {
    let lines = EXCEPTIONS.lines().filter(|line| !line.is_empty());
    let parsed = lines.map(|line| {
        let (what, reason) = line.split_once(": ").expect("a reason");
        assert!(!reason.is_empty(), "{line}");
        let (route, refusal) = what.rsplit_once(' ').expect("a refusal");
        (route.to_owned(), refusal.to_owned())
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

/// The call of a row, whole but for its token. `receipt` is one of Ana's, processed.
fn call(app: &TestApp, row: &Row, receipt: &str) -> Call {
    let path = row
        .path
        .replace("{schemaId}", "general-receipt.schema.json")
        .replace("{userId}", ANA)
        .replace("{id}", ANA)
        .replace("{cursor}", &"f".repeat(32))
        .replace("{receiptId}", receipt);
    assert!(!path.contains('{'), "{path}: give the parameter a value");
    let call = app.us.call(row.method, &path);
    if row.method == "GET" {
        return call;
    }
    call.header("link", GENERAL).json(smallest().to_string())
}

/// What each refusal looks like.
fn is_refused(row: &Row, answer: &Answer, refusal: Refusal) -> bool {
    if row.path.starts_with("/profile/") {
        return is_refused_as_scim(row, answer, refusal);
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
        let url = app.accepted(&callers.right, ANA, smallest().to_string()).await;
        app.processed(&callers.right, &url).await;
        let receipt = url.rsplit('/').next().unwrap();

        let mut open = BTreeSet::new();
        for row in &ROWS {
            let route = format!("{} {}", row.method, row.path);
            for refusal in REFUSALS {
                let mut call = call(&app, row, receipt);
                if let Some(token) = callers.token(row, refusal) {
                    call = call.bearer(token);
                }
                if !is_refused(row, &call.send().await, refusal) {
                    open.insert((route.clone(), format!("{refusal:?}")));
                }
            }
        }
        // Last, so that nobody above saw what this stores; and nothing above stored anything.
        assert_eq!(app.stored().await, 1);
        for row in &ROWS {
            let answer = call(&app, row, receipt).bearer(&callers.right).send().await;
            assert_eq!(answer.status, row.status, "{} {}", row.method, row.path);
        }

        let covered: BTreeSet<_> =
            ROWS.iter().map(|row| format!("{} {}", row.method, row.path)).collect();
        for route in routes(&app.us).await.difference(&covered) {
            let all = REFUSALS.iter().map(|refusal| (route.clone(), format!("{refusal:?}")));
            open.extend(all);
        }
        let exceptions = exceptions();
        assert!(exceptions.len() <= EXCEPTIONS_MAX, "the list may only shrink");
        assert_eq!(open, exceptions, "left: what is not refused; right: what is on the list");
        app.stop().await;
    }
}
