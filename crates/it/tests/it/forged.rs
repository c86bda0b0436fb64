//! Forged posts: every form of every page, as other sites and other sessions would send it.

use std::collections::BTreeSet;

use bursar_testkit::db_test;

use crate::app::*;
use crate::partner::complete_draft;
use crate::people::*;
use crate::signin::assert_page;

/// Whose form it is, where it is posted to, and its fields: a call that the person may make.
type Row<'a> = (
    &'a Someone<'a>,
    &'static str,
    String,
    Vec<(&'static str, &'static str)>,
);

/// Forms of people who are not signed in: they carry no session, so only browsers can tell where
/// they come from.
const WITHOUT_SESSION: [&str; 4] = [
    "/signin",
    "/signin/email",
    "/signin/link",
    "/signin/password",
];

/// Forms in which a file is sent; tested beside the fields, in [`uploads_are_forms_too`].
const UPLOADS: [&str; 1] = ["/partner/apps/{id}/logo"];

/// The routes of the console that take posts, from its own source: a new one fails here until it
/// has its row.
fn posted_routes() -> BTreeSet<String> {
    let source = include_str!("../../../console/src/lib.rs");
    let (_, routes) = source.split_once("pub fn routes(").unwrap();
    let (routes, _) = routes.split_once("async fn home(").unwrap();
    let mut posted = BTreeSet::new();
    for route in routes.split(".route(").skip(1) {
        let route = route.split(".merge(").next().unwrap();
        if route.contains("post(") {
            let path = route
                .trim_start()
                .split(',')
                .next()
                .unwrap()
                .trim_matches('"');
            posted.insert(path.replace("AUTHORIZE", "/oauth2/v0/authorize"));
        }
    }
    posted
}

fn row<'a>(
    who: &'a Someone<'a>,
    route: &'static str,
    path: String,
    fields: &[(&'static str, &'static str)],
) -> Row<'a> {
    (who, route, path, fields.to_vec())
}

/// A traveller's forms.
fn of_tia<'a>(tia: &'a Someone<'a>, expense: &str) -> [Row<'a>; 7] {
    let (password, authorize) = ("/signin/password", "/oauth2/v0/authorize");
    let (terms, disconnect) = ("/apps/{id}/terms", "/connections/{kind}/{app}/disconnect");
    let typed = [
        ("user_name", TIA.0),
        ("current", TIA.1),
        ("new", "twelve chars"),
        ("again", "twelve chars"),
    ];
    let asks = "client_id=5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51&response_type=code\
                &redirect_uri=https://cafe.example/back";
    let own =
        |route: &'static str, fields: &[_]| row(tia, route, route.replace("{id}", expense), fields);
    let details = [
        ("version", "0"),
        ("expense_type", "LODNG"),
        ("comment", "Forged"),
    ];
    let rides_app = disconnect.replace("{kind}", "user");
    let rides_app = rides_app.replace("{app}", RIDES_APP.0);
    [
        row(tia, "/signout", "/signout".into(), &[]),
        // The last of hers: all her sessions end.
        row(tia, password, password.into(), &typed),
        row(
            tia,
            authorize,
            authorize.into(),
            &[("decision", "allow"), ("request", asks)],
        ),
        own("/expenses/{id}/details", &details),
        own("/expenses/{id}/hidden", &[("hidden", "yes")]),
        row(tia, terms, terms.replace("{id}", RIDES), &[]),
        row(tia, disconnect, rides_app, &[]),
    ]
}

/// A secret that nobody has made.
const NEW_SECRET: &str = "a3000000-0000-4000-8000-0000000000f2";

/// A page without the ids that each rendering draws anew for its forms.
fn steady(page: &str) -> String {
    let drawn = "name=\"secret_id\" value=\"";
    let mut parts = page.split(drawn);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| page + drawn + &part[36..])
}

/// A partner's forms, on a draft.
fn of_pia<'a>(pia: &'a Someone<'a>, draft: &str) -> Vec<Row<'a>> {
    let own = |route: &'static str, fields: &[_]| {
        let path = route
            .replace("{id}", draft)
            .replace("{stage}", "production");
        row(pia, route, path, fields)
    };
    let settings = [
        ("name", "Forged"),
        ("scopes", "openid"),
        ("grant_password", "on"),
    ];
    let new = [
        ("kind", "user"),
        ("home", "us"),
        ("listing_id", "a3000000-0000-4000-8000-0000000000f1"),
    ];
    vec![
        own("/partner/apps", &[&new[..], &settings].concat()),
        own("/partner/apps/{id}/listing", &[("name", "Forged")]),
        own("/partner/apps/{id}/state", &[("action", "submit")]),
        own("/partner/apps/{id}/production", &[]),
        own("/partner/apps/{id}/settings/{stage}", &settings),
        own("/partner/apps/{id}/enabled/{stage}", &[("enabled", "no")]),
        own(
            "/partner/apps/{id}/secrets/{stage}",
            &[("secret_id", NEW_SECRET)],
        ),
        row(
            pia,
            "/partner/apps/{id}/secrets/{stage}/{secret}",
            format!("/partner/apps/{draft}/secrets/production/{NEW_SECRET}"),
            &[("action", "deactivate")],
        ),
    ]
}

/// Forms of an administrator and an operator, on a released listing.
fn of_others<'a>(adam: &'a Someone<'a>, otto: &'a Someone<'a>) -> [Row<'a>; 5] {
    let rides = |who, route: &'static str, fields: &[_]| {
        row(who, route, route.replace("{id}", RIDES), fields)
    };
    let (back, taken) = (("decision", "give-back"), ("released_on", ""));
    [
        rides(adam, "/admin/apps/{id}/enabled", &[("enabled", "no")]),
        rides(
            otto,
            "/operator/apps/{id}/review",
            &[back, ("note", "Forged")],
        ),
        row(
            adam,
            "/admin/apps/by-client/{client_id}/enabled",
            format!("/admin/apps/by-client/{}/enabled", RIDES_APP.0),
            &[("enabled", "no")],
        ),
        rides(otto, "/operator/apps/{id}/blocked", &[("blocked", "yes")]),
        rides(
            otto,
            "/operator/apps/{id}/release",
            &[("region", "us"), taken],
        ),
    ]
}

db_test! {
    async fn every_form_is_its_own_sessions_and_sites(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (tia, adam) = (Someone::at(&app.us, TIA).await, Someone::at(&app.us, ADAM).await);
        let (pia, otto) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, OTTO).await);
        let draft = complete_draft(&pia).await;
        // Connected, so that there is something to end.
        let sent = tia.post(&format!("/apps/{RIDES}/terms"), &[]).await;
        let token = parameter(&sent, "requestToken").unwrap();
        let token = exchange(&app, RIDES_APP, TIA_ID, &token).await.field("access_token");
        let receipt = app.accepted(&token, TIA_ID, bursar_sandbox::TAX_ID).await;
        app.processed(&token, &receipt).await;
        let expense = receipt.rsplit('/').next().unwrap();
        let mut rows = of_tia(&tia, expense).to_vec();
        rows.extend(of_pia(&pia, &draft));
        rows.extend(of_others(&adam, &otto));
        let covered = rows.iter().map(|row| row.1).chain(WITHOUT_SESSION).chain(UPLOADS);
        let covered: BTreeSet<_> = covered.map(ToOwned::to_owned).collect();
        assert_eq!(covered, posted_routes(), "left: what is tested; right: what there is");

        // Each decision leaves an entry there: who finds none more, was not obeyed.
        let log = otto.page("/admin/audit").await;
        let pages = async || {
            let pages = [tia.page("/connections").await, tia.page("/expenses").await,
                tia.page(&format!("/expenses/{expense}")).await, pia.page("/partner/apps").await,
                pia.page(&format!("/partner/apps/{draft}")).await];
            steady(&pages.join(""))
        };
        let seen = pages().await;
        for (who, _, path, fields) in &rows {
            let other = if who.csrf == tia.csrf { &adam } else { &tia };
            let with = |csrf: &str| {
                let csrf = csrf.to_owned();
                let fields = [&[("csrf_token", csrf.as_str())], &fields[..]].concat();
                who.call_bare(path).form(&fields)
            };
            let foreign = "https://evil.example";
            for forged in [
                with(""),
                who.call(path).form(fields),
                with(&other.csrf).header("origin", &app.us.base),
                with(&who.csrf).header("origin", foreign),
                with(&who.csrf).header("origin", "null"),
                with(&who.csrf).header("sec-fetch-site", "cross-site"),
                with(&who.csrf).header("sec-fetch-site", "same-site"),
            ] {
                let answer = forged.send().await;
                assert_page(&answer, 403);
                assert_eq!(answer.maybe("set-cookie"), None, "{path}");
            }
        }
        assert_eq!(otto.page("/admin/audit").await, log, "nothing was decided");
        assert_eq!(pages().await, seen, "nothing was changed");
        // The same calls are taken when they are the person's own; whoever signs out is last.
        for (who, _, path, fields) in rows.iter().filter(|row| row.1 != "/signout").rev() {
            let answer = who.post(path, fields).await;
            assert_ne!(answer.status, 403, "{path}: {}", answer.text());
        }
        assert_ne!(otto.page("/admin/audit").await, log);
        app.stop().await;
    }
}

db_test! {
    async fn forms_without_a_session_are_our_own_sites(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let fields = [("user_name", "ana@northwind.example.com"), ("password", "ana & friends"),
            ("email", "ana@northwind.example.com"), ("token", "x"), ("current", "ana & friends"),
            ("new", "twelve chars"), ("again", "twelve chars")];
        for path in WITHOUT_SESSION {
            for (name, value) in [("origin", "https://evil.example"), ("origin", "null"),
                ("origin", &app.emea.base), ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site")]
            {
                let answer = app.us.post(path).form(&fields).header(name, value).send().await;
                assert_page(&answer, 403);
                assert_eq!(answer.maybe("set-cookie"), None, "{path}");
            }
        }
        assert_eq!(app.mails("ana@northwind.example.com", 0).await.len(), 0);
        let answer = app.us.post("/signin").form(&fields).send().await;
        assert_eq!(answer.status, 303, "the password is what it was");
        app.stop().await;
    }
}

db_test! {
    async fn uploads_are_forms_too(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (pia, tia) = (Someone::at(&app.us, PIA).await, Someone::at(&app.us, TIA).await);
        let path = format!("/partner/apps/{}", complete_draft(&pia).await);
        let before = steady(&pia.page(&path).await);
        for csrf in ["", "x", tia.csrf.as_str()] {
            assert_page(&pia.upload(&format!("{path}/logo"), csrf, b"x").await, 403);
        }
        assert_eq!(steady(&pia.page(&path).await), before);
        app.stop().await;
    }
}
