//! What a network does, and a platform: one fault at a time, and what comes of it.

use bursar_gateway_connect::ConnectionState;
use bursar_kernel::Micros;
use bursar_testkit::db_test;

use super::proxy::BAD_HANDSHAKES;
use super::*;

db_test! {
    async fn without_tls_nothing_is_sent(place: TestDb) {
        let start = Start { tls: true, ..Start::with(31, 1) };
        let gateway = Gateway::begin(&place, start).await.connect_all(1).await;
        gateway.accept_one(receipt(0, "warm", "warm")).await;
        gateway.deliver().await;
        let mut sent = vec!["warm".to_owned()];
        for handshake in BAD_HANDSHAKES {
            let name = format!("{handshake:?}");
            gateway.proxy.shake(handshake);
            let id = gateway.accept_one(receipt(0, &name, &name)).await;
            gateway.deliver().await;
            let item = gateway.item(id).await;
            assert_eq!((item.state, item.doubtful), (State::Waiting, false), "{item:?}");
            assert!(item.reason.unwrap().contains("cannot connect"), "{name}");
            // Not half a minute: nobody has to look for it.
            let soon = gateway.clock.now() + Duration::from_secs(5);
            assert!(item.due_at.unwrap() <= soon);
            gateway.clock.advance(Duration::from_secs(5));
            gateway.deliver().await;
            let item = gateway.item(id).await;
            assert_eq!((item.state, item.attempts), (State::Delivered, 2), "{item:?}");
            sent.push(name);
        }
        assert_eq!(references(&gateway.received(0).await), sent);
        gateway.stop().await;
    }
}

db_test! {
    async fn an_answer_that_does_not_end_is_looked_for(place: TestDb) {
        let start = Start { call_time: Duration::from_secs(1), ..Start::with(32, 1) };
        let gateway = Gateway::begin(&place, start).await.connect_all(1).await;
        gateway.accept_one(receipt(0, "warm", "warm")).await;
        gateway.deliver().await;
        for (key, fate) in [("drip", Fate::Drip), ("endless", Fate::Endless)] {
            let item = gateway.deliver_in_doubt(key, fate).await;
            assert_eq!(item.state, State::Delivered);
        }
        assert_eq!(references(&gateway.received(0).await), ["warm", "drip", "endless"]);
        gateway.stop().await;
    }
}

db_test! {
    async fn who_is_asked_to_wait_waits(place: TestDb) {
        let gateway = Gateway::start(&place, 33, 1).await;
        gateway.accept_one(receipt(0, "warm", "warm")).await;
        gateway.deliver().await;
        for (told, waits) in [(Some(20), 20), (None, 60), (Some(0), 1)] {
            gateway.proxy.next("POST", Fate::Answer(429, told));
            let id = gateway.accept_one(receipt(0, &format!("{told:?}"), "a")).await;
            gateway.deliver().await;
            waits_for(&gateway, id, waits).await;
            gateway.clock.advance(Duration::from_secs(waits));
            gateway.deliver().await;
            assert_eq!(gateway.item(id).await.state, State::Delivered);
        }
        // The token service and the index are asked before anything is sent.
        gateway.clock.advance(Duration::from_hours(2));
        let id = gateway.accept_one(receipt(0, "b", "b")).await;
        gateway.proxy.next("POST", Fate::Answer(429, Some(40)));
        gateway.deliver().await;
        waits_for(&gateway, id, 40).await;
        gateway.clock.advance(Duration::from_secs(40));
        gateway.proxy.next("GET", Fate::Answer(503, Some(50)));
        gateway.deliver().await;
        let item = gateway.item(id).await;
        assert_eq!((item.doubtful, item.attempts), (false, 1), "{item:?}");
        assert_eq!(item.due_at, Some(gateway.clock.now() + Duration::from_secs(50)));
        gateway.clock.advance(Duration::from_secs(50));
        gateway.deliver().await;
        assert_eq!(gateway.item(id).await.state, State::Delivered);
        gateway.stop().await;
    }
}

/// An attempt that does not count, and another after so many seconds.
async fn waits_for(gateway: &Gateway, id: i64, seconds: u64) {
    let item = gateway.item(id).await;
    let due_at: Micros = gateway.clock.now() + Duration::from_secs(seconds);
    assert_eq!((item.state, item.attempts), (State::Waiting, 0), "{item:?}");
    assert_eq!((item.due_at, item.doubtful), (Some(due_at), false));
}

db_test! {
    async fn a_company_that_moves_in_the_middle_is_followed(place: TestDb) {
        for rotating in [false, true] {
            let place = place.beside().await;
            let start = Start { rotating, ..Start::with(34, 1) };
            let gateway = Gateway::begin(&place, start).await.connect_all(1).await;
            gateway.accept_one(receipt(0, "warm", "warm")).await;
            gateway.deliver().await;
            let keys = ["a", "b", "c", "d"];
            gateway.accept(keys.map(|key| receipt(0, key, key)).into()).await;
            // It moves while an answer is on its way, which is lost: what arrived moves along.
            for to in ["emea", "us"] {
                gateway.proxy.next("POST", Fate::Hold);
                let deliverer = gateway.deliverer();
                let work = tokio::spawn(async move { deliverer.run_due().await });
                gateway.proxy.held().await;
                gateway.move_to(to).await;
                gateway.proxy.release();
                work.await.unwrap().unwrap();
                gateway.proxy.rest().await;
                gateway.clock.advance(SOON);
            }
            gateway.deliver_all(SOON).await;
            let all = ["warm", "a", "b", "c", "d"];
            assert_eq!(references(&gateway.received(0).await), all);
            let here = gateway.connection_of(0).await.geolocation;
            assert_eq!(here, gateway.proxy.bases[0]);
            gateway.stop().await;
        }
    }
}

db_test! {
    async fn a_token_that_ends_before_its_use_is_replaced(place: TestDb) {
        let start = Start { ahead: 5, ..Start::with(35, 1) };
        let gateway = Gateway::begin(&place, start).await.connect_all(1).await;
        gateway.accept_one(receipt(0, "warm", "warm")).await;
        gateway.deliver().await;
        // By the gateway's clock it is good for an hour.
        gateway.there.advance(Duration::from_hours(2));
        let id = gateway.accept_one(receipt(0, "expired", "expired")).await;
        gateway.deliver().await;
        let item = gateway.item(id).await;
        assert_eq!((item.state, item.attempts), (State::Delivered, 1), "{item:?}");
        assert_eq!(gateway.log_of(id).await[0].status, Some(403));
        assert_eq!(references(&gateway.received(0).await), ["warm", "expired"]);
        gateway.stop().await;
    }
}

db_test! {
    async fn a_token_that_is_revoked_before_its_use_ends_the_connection(place: TestDb) {
        let gateway = Gateway::start(&place, 36, 1).await;
        gateway.accept_one(receipt(0, "warm", "warm")).await;
        gateway.deliver().await;
        let vault = gateway.outbox.vault();
        let connection = gateway.connection(0).await;
        let access = vault.access(APP, connection).await.unwrap();
        let client = &vault.apps().get(APP).unwrap().client;
        client.revoke(&access.token).await.unwrap();
        let again = vault.access(APP, connection).await.unwrap();
        assert!(again.token.is(&access.token), "nobody here knows");
        let id = gateway.accept_one(receipt(0, "revoked", "revoked")).await;
        gateway.deliver().await;
        let item = gateway.item(id).await;
        assert_eq!((item.state, item.attempts), (State::Waiting, 0), "{item:?}");
        let lost = gateway.connection_of(0).await;
        assert_eq!(lost.state, ConnectionState::Lost);
        assert!(lost.trouble.unwrap().contains("108"));
        gateway.stop().await;
    }
}
