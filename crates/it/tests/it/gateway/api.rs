//! The outbox over HTTP, as a merchant's systems call it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bursar_gateway_delivery::{Api, ApiKeys, routes};
use bursar_testkit::db_test;
use bursar_web::{DataCenter, Door};
use tokio::net::TcpListener;

use super::*;
use crate::http::{Answer, Call};

/// SHA-256 of `secret` and of `other`.
const HASHES: [(&str, &str); 2] = [
    (
        APP,
        "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
    ),
    (
        "another",
        "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa",
    ),
];

/// The API of a gateway, served.
pub(super) async fn serve(gateway: &Gateway) -> (Site, JoinHandle<()>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", socket.local_addr().unwrap());
    let keys = ApiKeys::new(HASHES).unwrap();
    let router = routes(Api::new(gateway.outbox.clone(), keys));
    let limits = bursar_web::Limits::default();
    let door = Door {
        socket,
        data_center: Arc::new(DataCenter::new("gateway", &base, &base).unwrap()),
        router: bursar_web::edge(router, Rng::system(), gateway.clock.clone(), &limits),
        tls: None,
    };
    let never = std::future::pending();
    let serving = tokio::spawn(bursar_web::serve(vec![door], limits, never));
    (Site { base }, serving)
}

pub(super) fn item_json(key: &str, user: &str, type_name: &str, body: &str) -> String {
    format!(r#"{{"key":"{key}","user":"{user}","type":"{type_name}","body":{body}}}"#)
}

pub(super) async fn send(call: Call, json: impl Into<Vec<u8>>) -> Answer {
    call.bearer("secret").json(json).send().await
}

pub(super) fn refused(answer: &Answer, status: u16, word: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["error"], word, "{body}");
    assert!(body["message"].as_str().unwrap().len() > 3, "{body}");
    body
}

db_test! {
    async fn an_item_is_posted_read_and_delivered(place: TestDb) {
        let gateway = Gateway::start(&place, 21, 1).await;
        let (site, serving) = serve(&gateway).await;
        // To the letter: blanks, order and spelling of numbers.
        let letter = smallest().to_string().replace("\":", "\" : ");
        let json = item_json("k1", "d0", "general", &letter);
        let answer = send(site.post("/v1/items"), json.clone()).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let posted = answer.json();
        assert_eq!(posted["state"], "waiting");
        let id = posted["id"].as_i64().unwrap();
        let again = send(site.post("/v1/items"), json).await;
        assert_eq!((again.status, again.json()["id"].as_i64()), (200, Some(id)));
        let other = item_json("k1", "d0", "general", &letter.replace("12.50", "12.51"));
        refused(&send(site.post("/v1/items"), other).await, 409, "key_reused");

        gateway.deliver().await;
        let path = format!("/v1/items/{id}");
        let item = site.get(&path).bearer("secret").send().await;
        assert!(item.text().contains(&format!("\"body\":{letter}")), "{}", item.text());
        let item = item.json();
        assert_eq!((&item["state"], &item["user"]), (&json!("delivered"), &json!("d0")));
        assert_eq!(item["calls"].as_array().unwrap().last().unwrap()["status"], 201);
        let list = site.get("/v1/items?state=delivered").bearer("secret").send().await;
        assert_eq!(list.json()["items"][0]["id"].as_i64(), Some(id));
        let list = site.get("/v1/items?state=parked&limit=5").bearer("secret").send().await;
        assert_eq!(list.json(), json!({"items": []}));
        let replay = site.post(&format!("{path}/replay"));
        refused(&send(replay, "{}").await, 409, "not_parked");

        // Another app's key sees nothing of it.
        let hidden = site.get(&path).bearer("other").send().await;
        refused(&hidden, 404, "not_found");
        let list = site.get("/v1/items").bearer("other").send().await;
        assert_eq!(list.json(), json!({"items": []}));
        serving.abort();
        gateway.stop().await;
    }
}

db_test! {
    async fn refusals_say_what_to_do(place: TestDb) {
        let gateway = Gateway::start(&place, 22, 1).await;
        let (site, serving) = serve(&gateway).await;
        let good = smallest().to_string();
        let post = || site.post("/v1/items");
        let no_key = post().json("{}").send().await;
        assert_eq!(no_key.header("www-authenticate"), "Bearer");
        refused(&no_key, 401, "unauthorized");
        let wrong = post().bearer("guess").json("{}").send().await;
        refused(&wrong, 401, "unauthorized");
        for bad in ["", "{}", "[]", "{\"key\":1}"] {
            refused(&send(post(), bad).await, 400, "invalid");
        }
        let stranger = item_json("k", "nobody", "general", &good);
        refused(&send(post(), stranger).await, 404, "unknown_user");
        let odd = item_json("k", "d0", "invoice", &good);
        refused(&send(post(), odd).await, 400, "invalid");
        let faulty = item_json("k", "d0", "general", r#"{"total":12}"#);
        let body = refused(&send(post(), faulty).await, 400, "invalid");
        assert_eq!(body["faults"].as_array().unwrap().len(), 5, "{body}");
        let twice = item_json("k", "d0", "quick-expense", r#"{"a":1,"a":2}"#);
        refused(&send(post(), twice).await, 400, "invalid");
        let image = |text: &[u8]| {
            let item = item_json("k", "d0", "general", &good);
            let open = item.strip_suffix('}').unwrap();
            format!("{open},\"image\":\"{}\"}}", STANDARD.encode(text))
        };
        refused(&send(post(), image(b"no picture")).await, 400, "invalid");
        let text = post().bearer("secret").header("content-type", "text/plain");
        refused(&text.body("x").send().await, 415, "unsupported");
        for id in ["0", "999999", "x", "-1"] {
            let none = site.get(&format!("/v1/items/{id}")).bearer("secret");
            refused(&none.send().await, 404, "not_found");
        }
        for query in ["state=lost", "limit=0", "limit=501", "limit=x", "more=1"] {
            let list = site.get(&format!("/v1/items?{query}")).bearer("secret");
            refused(&list.send().await, 400, "invalid");
        }
        let large = format!("{{\"a\":\"{}\"}}", "a".repeat(1 << 20));
        let large = item_json("k", "d0", "quick-expense", &large);
        refused(&send(post(), large).await, 413, "too_large");
        assert_eq!(gateway.outbox.open(APP).await.unwrap(), 0);
        serving.abort();
        gateway.stop().await;
    }
}

db_test! {
    async fn a_batch_answers_line_by_line(place: TestDb) {
        let gateway = Gateway::start(&place, 23, 2).await;
        let (site, serving) = serve(&gateway).await;
        let good = smallest().to_string();
        let lines = [
            item_json("a", "d0", "general", &good),
            "no JSON".to_owned(),
            String::new(),
            item_json("b", "nobody", "general", &good),
            item_json("c", "d1", "general", &good),
            item_json("a", "d0", "general", &good),
        ];
        let post = site.post("/v1/items/batch").bearer("secret");
        let post = post.header("content-type", "application/x-ndjson");
        let answer = post.body(lines.join("\n")).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told: Vec<Value> = answer
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|line| (line["line"].as_u64().unwrap(), line["status"].as_u64().unwrap()))
            .collect();
        assert_eq!(told, [(1, 202), (2, 400), (4, 404), (5, 202), (6, 200)]);
        gateway.deliver().await;
        assert_eq!(gateway.received(0).await.len(), 1);
        assert_eq!(gateway.received(1).await.len(), 1);

        let post = site.post("/v1/items/batch").bearer("secret");
        let post = post.header("content-type", "application/x-ndjson");
        let many = "{}\n".repeat(1_001);
        refused(&post.body(many).send().await, 400, "invalid");
        serving.abort();
        gateway.stop().await;
    }
}

db_test! {
    async fn a_form_brings_the_image_as_a_file(place: TestDb) {
        let gateway = Gateway::start(&place, 24, 1).await;
        let (site, serving) = serve(&gateway).await;
        let item = item_json("a", "d0", "quick-expense",
            &crate::quick_expense::sample::smallest().to_string());
        let form = format!(
            "--x\r\ncontent-disposition: form-data; name=\"item\"\r\n\r\n{item}\r\n\
             --x\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a.pdf\"\r\n\r\n\
             %PDF-1.4 a picture\r\n--x--\r\n"
        );
        let post = site.post("/v1/items").bearer("secret");
        let post = post.header("content-type", "multipart/form-data; boundary=x");
        let answer = post.body(form).send().await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        gateway.deliver().await;
        let item = gateway.item(answer.json()["id"].as_i64().unwrap()).await;
        assert_eq!(item.state, State::Delivered, "{item:?}");
        serving.abort();
        gateway.stop().await;
    }
}
