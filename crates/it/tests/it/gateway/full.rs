//! No room: nothing is accepted, all that was accepted arrives, and it goes on once there is room.

use bursar_testkit::db_test;

use bursar_db::{Isolation, Sql};

use super::api::{item_json, refused, send, serve};
use super::console_site::{ANA, Console, says};
use super::*;
use crate::signin::assert_page;

/// From now on these rows of a table are not written to.
pub(super) async fn lock(gateway: &Gateway, table: &str, of: &str) {
    if gateway.db.engine() == "postgres" {
        let sql = format!(
            "CREATE FUNCTION locked() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$;
             CREATE TRIGGER locked BEFORE UPDATE ON {table}
                FOR EACH ROW WHEN ({of}) EXECUTE FUNCTION locked()"
        );
        return gateway.place.batch(&sql).await;
    }
    let sql = format!(
        "CREATE TRIGGER locked BEFORE UPDATE ON {table} WHEN {of}
            BEGIN SELECT RAISE(ABORT, 'no room'); END"
    );
    // Statements live as long as the program.
    let sql: &'static Sql = Box::leak(Box::new(Sql::new(sql.leak())));
    let lock = gateway
        .db
        .write(Isolation::ReadCommitted, (), move |tx, ()| {
            Box::pin(tx.execute(sql, &[]))
        });
    let locked: Result<u64, DbError> = lock.await;
    locked.unwrap();
}

db_test! {
    async fn a_full_database_accepts_nothing_and_goes_on(place: TestDb) {
        let gateway = Gateway::start(&place, 51, 1).await;
        let (site, serving) = serve(&gateway).await;
        let mut body = smallest();
        let json = |key: &str, body: &Value| item_json(key, "d0", "general", &body.to_string());
        let before = send(site.post("/v1/items"), json("before", &body)).await;
        assert_eq!(before.status, 202, "{}", before.text());

        gateway.place.fill(&gateway.db, "delivery_item").await;
        body["reference"] = json!("x".repeat(100_000));
        let large = || json("large", &body);
        for _ in 0..3 {
            let answer = send(site.post("/v1/items"), large()).await;
            let told = refused(&answer, 503, "full");
            assert!(told["message"].as_str().unwrap().contains("disk is full"), "{told}");
        }
        let batch = site.post("/v1/items/batch").bearer("secret");
        let batch = batch.header("content-type", "application/x-ndjson");
        let lines = format!("{}\n{}\n", large(), json("other", &body));
        refused(&batch.body(lines).send().await, 503, "full");
        let open = site.get("/v1/items").bearer("secret").send().await;
        assert_eq!(open.json()["items"].as_array().unwrap().len(), 1, "{}", open.text());

        gateway.place.make_room(&gateway.db, "delivery_item").await;
        let answer = send(site.post("/v1/items"), large()).await;
        assert_eq!(answer.status, 202, "it was not kept before: {}", answer.text());
        gateway.deliver_all(LEASE_OVER).await;
        assert_eq!(gateway.received(0).await.len(), 2);
        serving.abort();
        gateway.stop().await;
    }
}

db_test! {
    async fn a_delivery_that_cannot_be_written_down_is_looked_for(place: TestDb) {
        let gateway = Gateway::start(&place, 52, 1).await;
        let many = (0..20).map(|number| format!("k{number}"));
        gateway.accept(many.map(|key| receipt(0, &key, &key)).collect()).await;
        gateway.deliver().await;
        gateway.proxy.next("POST", Fate::Lost);
        let id = gateway.accept_one(receipt(0, "a", "a")).await;
        gateway.deliver().await;
        gateway.clock.advance(Duration::from_secs(31));
        // It is found, but the page that it is on does not fit into the log, and so nothing of the
        // outcome is kept.
        gateway.place.fill(&gateway.db, "connect_call").await;
        gateway.deliver().await;
        assert_eq!(gateway.item(id).await.state, State::Sending);
        gateway.place.make_room(&gateway.db, "connect_call").await;
        gateway.clock.advance(LEASE_OVER);
        gateway.deliver_all(Duration::from_secs(31)).await;
        let item = gateway.item(id).await;
        assert_eq!(item.state, State::Delivered, "{item:?}");
        assert_eq!(gateway.received(0).await.len(), 21, "not doubled");
        gateway.stop().await;
    }
}

db_test! {
    async fn a_new_token_is_kept_though_its_call_is_not(place: TestDb) {
        let start = Start { rotating: true, ..Start::with(54, 1) };
        let gateway = Gateway::begin(&place, start).await.connect_all(1).await;
        let connection = gateway.connection(0).await;
        gateway.place.fill(&gateway.db, "connect_call").await;
        let vault = gateway.outbox.vault();
        vault.renew(APP, connection).await.expect("the token fits");
        gateway.place.make_room(&gateway.db, "connect_call").await;
        // The one before is worth nothing by now.
        vault.renew(APP, connection).await.expect("it is the newest token");
        gateway.stop().await;
    }
}

db_test! {
    async fn an_image_that_cannot_be_kept_is_not_accepted(place: TestDb) {
        let gateway = Gateway::start(&place, 53, 1).await;
        let (site, serving) = serve(&gateway).await;
        let blobs = gateway.place.folder().join("blobs");
        let away = gateway.place.folder().join("away");
        let form = || {
            let item = item_json("a", "d0", "general", &smallest().to_string());
            let form = format!(
                "--x\r\ncontent-disposition: form-data; name=\"item\"\r\n\r\n{item}\r\n\
                 --x\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a.pdf\"\r\n\r\n\
                 %PDF-1.4 a picture\r\n--x--\r\n"
            );
            let post = site.post("/v1/items").bearer("secret");
            post.header("content-type", "multipart/form-data; boundary=x").body(form)
        };
        std::fs::rename(&blobs, &away).unwrap();
        std::fs::write(&blobs, "no folder").unwrap();
        refused(&form().send().await, 500, "internal");
        assert_eq!(gateway.outbox.open(APP).await.unwrap(), 0);
        std::fs::remove_file(&blobs).unwrap();
        std::fs::rename(&away, &blobs).unwrap();
        let answer = form().send().await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        serving.abort();
        gateway.stop().await;
    }
}

db_test! {
    async fn the_console_shows_what_is_there_and_says_what_is_full(place: TestDb) {
        let console = Console::start(&place, 54, 1).await;
        let gateway = &console.gateway;
        let browser = console.operator().await;
        let mut bad = receipt(0, "bad", "bad");
        bad.body = bad.body.replace("\"EUR\"", "\"QQQ\"");
        let id = gateway.accept_one(bad).await;
        gateway.deliver().await;
        browser.page("").await;

        gateway.place.fill(&gateway.db, "delivery_lane").await;
        let mended = receipt(0, "bad", &"x".repeat(100_000)).body;
        let form = [("body", mended.as_str())];
        let answer = browser.post(&format!("items/cafe/{id}/replay"), &form).await;
        assert_page(&answer, 503);
        says(&answer.text(), &["The disk is full", "Nothing was changed; make room"]);
        gateway.place.make_room(&gateway.db, "delivery_lane").await;

        // A session that cannot be prolonged goes on until it ends.
        lock(gateway, "operator_session", "NEW.name <> ''").await;
        for _ in 0..5 {
            gateway.clock.advance(Duration::from_mins(11));
            says(&browser.page("").await, &["1 item is parked", ANA.0]);
        }
        gateway.clock.advance(Duration::from_mins(11));
        assert!(browser.leads("").await.starts_with("signin"));
        console.stop().await;
    }
}
