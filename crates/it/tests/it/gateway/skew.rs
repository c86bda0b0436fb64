//! A gateway whose clock is hours from the platform's: before it, or behind.

use bursar_gateway_client::NewReceipt;
use bursar_testkit::db_test;

use super::*;

const HOURS: [i64; 2] = [7, -7];

async fn start(place: &TestDb, ahead: i64) -> Gateway {
    let start = Start {
        ahead,
        ..Start::with(41, 1)
    };
    let gateway = Gateway::begin(place, start).await.connect_all(1).await;
    gateway.accept_one(receipt(0, "warm", "warm")).await;
    gateway.deliver().await;
    gateway
}

db_test! {
    async fn what_arrived_is_found_by_any_clock(place: TestDb) {
        for ahead in HOURS {
            let place = place.beside().await;
            let gateway = start(&place, ahead).await;
            gateway.proxy.next("POST", Fate::Lost);
            let id = gateway.accept_one(receipt(0, "lost", "lost")).await;
            gateway.deliver().await;
            gateway.pass(SOON);
            gateway.deliver().await;
            let item = gateway.item(id).await;
            assert_eq!((item.state, item.attempts), (State::Delivered, 2), "{ahead}: {item:?}");
            assert_eq!(references(&gateway.received(0).await), ["warm", "lost"], "{ahead}");
            gateway.stop().await;
        }
    }
}

db_test! {
    async fn what_is_older_than_the_item_is_not_the_items(place: TestDb) {
        for ahead in HOURS {
            let place = place.beside().await;
            let gateway = start(&place, ahead).await;
            // The merchant's earlier system has sent an equal one: another coffee.
            let vault = gateway.outbox.vault();
            let access = vault.access(APP, gateway.connection(0).await).await.unwrap();
            let client = &vault.apps().get(APP).unwrap().client;
            let coffee = NewReceipt {
                receipt_type: ReceiptType::General,
                json: receipt(0, "", "coffee").body.into(),
                image: None,
            };
            let posted = client.post_receipt(&access.token, &access.principal_id, coffee);
            posted.await.unwrap();
            gateway.pass(Duration::from_hours(3));
            gateway.accept_one(receipt(0, "warm again", "warm")).await;
            gateway.deliver().await;

            gateway.proxy.next("POST", Fate::Refuse);
            gateway.accept_one(receipt(0, "coffee", "coffee")).await;
            gateway.deliver().await;
            gateway.pass(SOON);
            gateway.deliver().await;
            let received = gateway.received(0).await;
            let all = ["warm", "coffee", "warm", "coffee"];
            assert_eq!(references(&received), all, "{ahead}");
            gateway.stop().await;
        }
    }
}

db_test! {
    async fn tokens_are_refreshed_in_time_by_any_clock(place: TestDb) {
        for ahead in HOURS {
            let place = place.beside().await;
            let gateway = start(&place, ahead).await;
            for number in 0..3 {
                gateway.pass(Duration::from_mins(59));
                let key = format!("k{number}");
                let id = gateway.accept_one(receipt(0, &key, &key)).await;
                gateway.deliver().await;
                let item = gateway.item(id).await;
                assert_eq!((item.state, item.attempts), (State::Delivered, 1), "{item:?}");
                // It was not the platform that said so.
                let log = gateway.log_of(id).await;
                assert!(log.iter().all(|call| call.status < Some(300)), "{ahead}: {log:?}");
            }
            // A connection that nobody uses lives on, three times as long as its token.
            let keeper = bursar_gateway_connect::KeepAlive::new(gateway.outbox.vault().clone());
            for _ in 0..20 {
                gateway.pass(Duration::from_hours(24 * 28));
                keeper.once().await.unwrap();
            }
            let id = gateway.accept_one(receipt(0, "late", "late")).await;
            gateway.deliver().await;
            assert_eq!(gateway.item(id).await.state, State::Delivered);
            gateway.stop().await;
        }
    }
}
