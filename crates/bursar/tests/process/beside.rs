//! The gateway that `bursar sandbox` starts beside the platform.

use std::net::TcpStream;

use bursar_kernel::{CorrelationId, Rng};
use bursar_outbound::{Client, Limits, Request, Response};
use bursar_sandbox::cast;
use bursar_testkit::db_test;
use http::header::{AUTHORIZATION, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};

use crate::partner::{header, json_of};
use crate::process::Sandbox;

async fn get(url: &str, header: Option<(http::HeaderName, String)>) -> Response {
    send(Method::GET, url, header, None).await
}

/// Posts a form as a page of `base` does.
async fn post(base: &str, path: &str, cookie: &str, form: String) -> Response {
    let cookie = (!cookie.is_empty()).then(|| (COOKIE, cookie.to_owned()));
    let form = Some((base, form));
    send(Method::POST, &format!("{base}{path}"), cookie, form).await
}

async fn send(
    method: Method,
    url: &str,
    header: Option<(http::HeaderName, String)>,
    form: Option<(&str, String)>,
) -> Response {
    let mut request = Request::new(method, url, CorrelationId::new(&Rng::system()));
    let value = |text: &str| HeaderValue::from_str(text).expect("printable");
    if let Some((name, text)) = header {
        request = request.header(name, value(&text));
    }
    if let Some((origin, form)) = form {
        request = request
            .header(ORIGIN, value(origin))
            .body("application/x-www-form-urlencoded", form);
    }
    let client = Client::new(Limits::default());
    client.request(request).await.expect("it answers")
}

/// Signs in at the platform or the console; answers the cookie.
async fn sign_in(base: &str, path: &str, form: String) -> String {
    let answer = post(base, path, "", form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.body);
    let cookie = header(&answer, &SET_COOKIE);
    cookie.split(';').next().expect("a cookie").to_owned()
}

/// Where the merchant's listing leads somebody who agrees.
async fn where_connect_leads(us: &str) -> String {
    let (user, password) = cast::TRAVELLER;
    let form = format!("user_name={}&password={password}", user.replace('@', "%40"));
    let cookie = sign_in(us, "/signin", form).await;
    let terms = format!("/apps/{}/terms", cast::LISTING_ID);
    let page = get(&format!("{us}{terms}"), Some((COOKIE, cookie.clone()))).await;
    let page = String::from_utf8(page.body.to_vec()).expect("text");
    let (_, csrf) = page
        .split_once("name=\"csrf_token\" value=\"")
        .expect("a token");
    let csrf = csrf.split('"').next().expect("its end");
    let answer = post(us, &terms, &cookie, format!("csrf_token={csrf}")).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    header(&answer, &LOCATION).to_owned()
}

db_test! {
    /// The second start has other ports, and the same data.
    async fn the_sandbox_starts_a_gateway_that_its_listing_leads_to(db: TestDb) {
        for _ in 0..2 {
            let sandbox = Sandbox::start(&db);
            let pages = sandbox.address("production");
            let base = pages.strip_suffix("/bluebird/").expect("the app's pages");
            assert_eq!(sandbox.address("development"), format!("{base}/bluebird-test/"));
            let ready = get(&format!("{base}/ready"), None).await;
            assert_eq!(ready.status, StatusCode::OK);
            for app in cast::GATEWAY_APPS {
                assert!(sandbox.welcome.contains(app.api_key), "{}", sandbox.welcome);
                let key = (AUTHORIZATION, format!("Bearer {}", app.api_key));
                let items = json_of(
                    &get(&format!("{base}/v1/items"), Some(key)).await,
                    StatusCode::OK,
                );
                assert_eq!(items["items"], serde_json::json!([]));
            }
            let (operator, password) = cast::GATEWAY_OPERATOR;
            let printed = format!("{base}/console/ ({operator} / {password})");
            assert!(sandbox.welcome.contains(&printed), "{}", sandbox.welcome);
            let form = format!("name={operator}&password={password}");
            let cookie = sign_in(base, "/console/signin", form).await;
            let console = get(&format!("{base}/console/"), Some((COOKIE, cookie))).await;
            assert_eq!(console.status, StatusCode::OK);

            let landing = where_connect_leads(&sandbox.us).await;
            let own = format!("{pages}landing?id={}&requestToken=", cast::TRAVELLER_ID);
            assert!(landing.starts_with(&own), "{landing}");
            let landed = get(&landing, None).await;
            assert_eq!(landed.status, StatusCode::SEE_OTHER);
            assert_eq!(header(&landed, &LOCATION), "/bluebird/connect");

            let host = base.trim_start_matches("http://").to_owned();
            sandbox.process.terminate();
            let ended = sandbox.process.ended();
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(ended.stderr, "");
            assert!(TcpStream::connect(host).is_err(), "it goes on listening");
        }
    }
}
