//! Receipts whose answer was lost are found, not sent again.

use bursar_testkit::db_test;

use super::*;

db_test! {
    async fn what_arrived_is_found(place: TestDb) {
        let gateway = Gateway::start(&place, 11, 1).await;
        gateway.accept(vec![receipt(0, "warm", "warm")]).await;
        gateway.deliver().await;
        for (key, fate) in [("lost", Fate::Lost), ("reset", Fate::Reset)] {
            let item = gateway.deliver_in_doubt(key, fate).await;
            assert_eq!((item.state, item.doubtful), (State::Delivered, false), "{item:?}");
            let location = item.location.unwrap();
            assert!(location.ends_with(&item.remote_id.unwrap()), "{location}");
        }
        assert_eq!(references(&gateway.received(0).await), ["warm", "lost", "reset"]);
        gateway.stop().await;
    }
}

db_test! {
    async fn what_did_not_arrive_is_sent_again(place: TestDb) {
        let gateway = Gateway::start(&place, 12, 1).await;
        gateway.accept(vec![receipt(0, "warm", "warm")]).await;
        gateway.deliver().await;
        for fate in [Fate::Refuse, Fate::Answer(500, None)] {
            gateway.proxy.next("POST", fate);
        }
        let id = gateway.accept_one(receipt(0, "a", "a")).await;
        for _ in 0..3 {
            gateway.deliver().await;
            gateway.clock.advance(SOON);
        }
        let item = gateway.item(id).await;
        assert_eq!((item.state, item.attempts), (State::Delivered, 3), "{item:?}");
        assert_eq!(references(&gateway.received(0).await), ["warm", "a"]);
        gateway.stop().await;
    }
}

db_test! {
    async fn equal_receipts_are_each_their_own(place: TestDb) {
        let gateway = Gateway::start(&place, 13, 1).await;
        // Two coffees: the same JSON, twice meant.
        gateway.accept(vec![receipt(0, "first", "coffee")]).await;
        gateway.deliver().await;
        gateway.proxy.next("POST", Fate::Refuse);
        gateway.accept(vec![receipt(0, "second", "coffee")]).await;
        gateway.deliver().await;
        gateway.clock.advance(SOON);
        gateway.deliver().await;
        assert_eq!(references(&gateway.received(0).await), ["coffee", "coffee"]);
        gateway.proxy.next("POST", Fate::Lost);
        let id = gateway.accept_one(receipt(0, "third", "coffee")).await;
        gateway.deliver().await;
        gateway.clock.advance(SOON);
        gateway.deliver().await;
        assert_eq!(gateway.item(id).await.state, State::Delivered);
        assert_eq!(gateway.received(0).await.len(), 3);
        gateway.stop().await;
    }
}
