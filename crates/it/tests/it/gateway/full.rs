//! No room: nothing is accepted, all that was accepted arrives, and it goes on once there is room.

use bursar_testkit::db_test;

use super::api::{item_json, refused, send, serve};
use super::*;

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
