//! Items on their way: order, retries, refusals, replays, restarts.

use bursar_gateway_delivery::Refused;
use bursar_testkit::db_test;

use super::*;

db_test! {
    async fn items_arrive_once_and_in_order(place: TestDb) {
        let gateway = Gateway::start(&place, 1, 2).await;
        let mut items = Vec::new();
        for number in 0..20 {
            let key = format!("k{number}");
            items.push(receipt(number % 2, &key, &key));
        }
        let accepted = gateway.accept(items.clone()).await;
        assert!(accepted.iter().all(|item| !item.again && item.state == State::Waiting));
        assert_eq!(gateway.deliver().await, 20);

        let odd: Vec<_> = (0..10).map(|number| format!("k{}", number * 2 + 1)).collect();
        assert_eq!(references(&gateway.received(1).await), odd);
        let item = gateway.item(accepted[0].id).await;
        assert_eq!((item.state, item.attempts), (State::Delivered, 1));
        let location = item.location.unwrap();
        assert!(location.ends_with(&item.remote_id.unwrap()), "{location}");
        assert!(item.correlation_id.is_some());

        // The same again is the same.
        let again = gateway.accept(items).await;
        let same = |(first, again): (&Accepted, &Accepted)| first.id == again.id && again.again;
        assert!(accepted.iter().zip(&again).all(same));
        assert_eq!(gateway.deliver().await, 0);
        let other = gateway.outbox.accept(APP, vec![receipt(0, "k0", "other")]).await.unwrap();
        assert_eq!(other, [Err(Refused::KeyReused("k0".to_owned()))]);
        gateway.stop().await;
    }
}

db_test! {
    async fn a_head_that_waits_holds_the_others_back(place: TestDb) {
        let gateway = Gateway::start(&place, 2, 2).await;
        gateway.accept(vec![receipt(0, "warm", "warm")]).await;
        gateway.deliver().await;
        gateway.proxy.next("POST", Fate::Answer(503, Some(60)));
        let items = vec![receipt(0, "a", "a"), receipt(0, "b", "b")];
        let ids = gateway.accept(items).await;
        gateway.deliver().await;
        let (head, next) = (gateway.item(ids[0].id).await, gateway.item(ids[1].id).await);
        assert_eq!((head.state, head.attempts, head.doubtful), (State::Waiting, 1, true));
        assert_eq!(head.due_at, Some(gateway.clock.now() + Duration::from_mins(1)));
        assert_eq!((next.state, next.attempts), (State::Waiting, 0));

        // Another user's do not wait; more of the same user's do.
        gateway.accept(vec![receipt(1, "c", "c"), receipt(0, "d", "d")]).await;
        assert_eq!(gateway.deliver().await, 1);
        gateway.clock.advance(SOON * 2);
        gateway.deliver().await;
        assert_eq!(references(&gateway.received(0).await), ["warm", "a", "b", "d"]);
        gateway.stop().await;
    }
}

db_test! {
    async fn a_refused_item_is_parked_and_lets_others_pass(place: TestDb) {
        let gateway = Gateway::start(&place, 3, 1).await;
        // Nothing here knows the currencies of the world; the platform does.
        let mut bad = receipt(0, "bad", "bad");
        bad.body = bad.body.replace("\"EUR\"", "\"QQQ\"");
        let ids = gateway.accept(vec![bad, receipt(0, "good", "good")]).await;
        gateway.deliver().await;
        let parked = gateway.item(ids[0].id).await;
        assert_eq!((parked.state, parked.doubtful), (State::Parked, false));
        let reason = parked.reason.unwrap();
        assert!(reason.starts_with("400"), "{reason}");
        assert_eq!(references(&gateway.received(0).await), ["good"]);

        // The log explains it, and has the body once.
        let id = parked.id;
        let log = gateway.log_of(id).await;
        let post = log.iter().find(|call| call.method == "POST").unwrap();
        assert_eq!((post.status, &post.request_body), (Some(400), &None));

        let mended = receipt(0, "bad", "mended").body;
        let replayed = gateway.outbox.replay(APP, id, Some(mended)).await.unwrap();
        assert_eq!(replayed, Ok(()));
        gateway.deliver().await;
        assert_eq!(references(&gateway.received(0).await), ["good", "mended"]);
        let again = gateway.outbox.replay(APP, id, None).await.unwrap();
        assert_eq!(again, Err(Refused::NotParked(State::Delivered)));
        let none = gateway.outbox.replay("other", id, None).await.unwrap();
        assert_eq!(none, Err(Refused::NoItem));
        gateway.stop().await;
    }
}

db_test! {
    async fn a_dead_workers_item_is_looked_for(place: TestDb) {
        let gateway = Gateway::start(&place, 4, 1).await;
        gateway.accept(vec![receipt(0, "warm", "warm")]).await;
        gateway.deliver().await;
        let ids = gateway.accept(vec![receipt(0, "a", "a"), receipt(0, "b", "b")]).await;
        // The platform gets it, and the worker dies before the answer.
        gateway.proxy.next("POST", Fate::Hold);
        let deliverer = gateway.deliverer();
        let work = tokio::spawn(async move { deliverer.run_due().await });
        gateway.proxy.held().await;
        work.abort();
        assert!(work.await.is_err());
        gateway.proxy.release();
        gateway.proxy.rest().await;
        assert_eq!(gateway.item(ids[0].id).await.state, State::Sending);
        assert_eq!(gateway.deliver().await, 0);

        gateway.deliverer().expire_leases().await.unwrap();
        // Not before the platform shows what it got.
        assert_eq!(gateway.deliver().await, 0);
        let waiting = gateway.item(ids[0].id).await;
        assert_eq!((waiting.state, waiting.doubtful), (State::Waiting, true));
        gateway.clock.advance(SOON);
        gateway.deliver().await;
        assert_eq!(references(&gateway.received(0).await), ["warm", "a", "b"]);
        assert_eq!(gateway.item(ids[0].id).await.state, State::Delivered);
        gateway.stop().await;
    }
}

db_test! {
    async fn a_lost_connection_pauses_until_its_user_comes_back(place: TestDb) {
        let gateway = Gateway::start(&place, 5, 1).await;
        gateway.accept(vec![receipt(0, "warm", "warm")]).await;
        gateway.deliver().await;
        let connection = gateway.connection(0).await;
        for fate in [Fate::Answer(401, None), Fate::Dead] {
            gateway.proxy.next("POST", fate);
        }
        let id = gateway.accept_one(receipt(0, "a", "a")).await;
        gateway.deliver().await;
        let item = gateway.item(id).await;
        assert_eq!((item.state, item.attempts), (State::Waiting, 0), "{item:?}");
        // It still accepts, and waits for the user.
        gateway.accept_one(receipt(0, "b", "b")).await;
        assert_eq!(gateway.deliver().await, 0);
        assert_eq!(gateway.connect(0).await, connection);
        gateway.outbox.wake(connection).await.unwrap();
        gateway.deliver().await;
        assert_eq!(references(&gateway.received(0).await), ["warm", "a", "b"]);
        gateway.stop().await;
    }
}

db_test! {
    async fn what_waits_for_a_lost_connection_is_parked_in_the_end(place: TestDb) {
        let gateway = Gateway::start(&place, 9, 1).await;
        let vault = gateway.outbox.vault();
        let connection = gateway.connection(0).await;
        let access = vault.access(APP, connection).await.unwrap();
        let client = &vault.apps().get(APP).unwrap().client;
        client.revoke(&access.token).await.unwrap();
        let id = gateway.accept_one(receipt(0, "a", "a")).await;
        gateway.deliver().await;
        gateway.clock.advance(Duration::from_hours(73));
        let young = gateway.accept_one(receipt(0, "b", "b")).await;
        gateway.deliver().await;
        assert_eq!(gateway.item(id).await.state, State::Parked);
        assert_eq!(gateway.item(young).await.state, State::Waiting);
        // Who disconnects gets nothing more.
        assert!(vault.disconnect(APP, connection).await.unwrap());
        gateway.outbox.wake(connection).await.unwrap();
        gateway.deliver().await;
        assert_eq!(gateway.item(young).await.state, State::Parked);
        let refused = gateway.outbox.replay(APP, young, None).await.unwrap();
        assert_eq!(refused, Err(Refused::NotConnected("d0".to_owned())));
        gateway.stop().await;
    }
}

db_test! {
    async fn a_refused_token_is_replaced_once(place: TestDb) {
        let gateway = Gateway::start(&place, 6, 1).await;
        gateway.accept(vec![receipt(0, "warm", "warm")]).await;
        gateway.deliver().await;
        gateway.proxy.next("POST", Fate::Answer(403, None));
        let id = gateway.accept_one(receipt(0, "a", "a")).await;
        gateway.deliver().await;
        let item = gateway.item(id).await;
        assert_eq!((item.state, item.attempts), (State::Delivered, 1), "{item:?}");
        // The token's own request is a POST, too.
        for fate in [Fate::Answer(403, None), Fate::Pass, Fate::Answer(403, None)] {
            gateway.proxy.next("POST", fate);
        }
        let id = gateway.accept_one(receipt(0, "b", "b")).await;
        gateway.deliver().await;
        let item = gateway.item(id).await;
        assert_eq!(item.state, State::Parked, "{item:?}");
        gateway.stop().await;
    }
}

db_test! {
    async fn quick_expenses_of_unknown_outcome_are_parked(place: TestDb) {
        let gateway = Gateway::start(&place, 7, 1).await;
        let png = b"\x89PNG\r\n\x1a\n, says who".as_slice();
        let with_image = NewItem {
            image: Some(b"%PDF-1.4 a picture".as_slice().into()),
            ..quick_expense(0, "image")
        };
        assert_eq!(ImageType::sniff(png), Some(ImageType::Png));
        let ids = gateway.accept(vec![quick_expense(0, "a"), with_image]).await;
        gateway.deliver().await;
        for accepted in &ids {
            let item = gateway.item(accepted.id).await;
            assert_eq!(item.state, State::Delivered, "{item:?}");
            assert!(item.location.unwrap().ends_with(&item.remote_id.unwrap()));
        }
        gateway.proxy.next("POST", Fate::Lost);
        let id = gateway.accept_one(quick_expense(0, "b")).await;
        gateway.deliver().await;
        let item = gateway.item(id).await;
        assert_eq!((item.state, item.doubtful), (State::Parked, true));
        assert!(item.reason.unwrap().starts_with("outcome unknown"));
        // Somebody has looked.
        gateway.outbox.replay(APP, id, None).await.unwrap().unwrap();
        gateway.deliver().await;
        assert_eq!(gateway.item(id).await.state, State::Delivered);
        gateway.stop().await;
    }
}

db_test! {
    async fn the_running_deliverer_is_woken_and_stops(place: TestDb) {
        let gateway = Gateway::start(&place, 8, 1).await;
        let (stop, stopped) = oneshot::channel::<()>();
        let work = tokio::spawn(gateway.deliverer().run(async { drop(stopped.await) }));
        let id = gateway.accept_one(receipt(0, "a", "a")).await;
        until("the delivery", async || gateway.item(id).await.state == State::Delivered).await;
        stop.send(()).unwrap();
        work.await.unwrap();
        gateway.accept_one(receipt(0, "b", "b")).await;
        gateway.deliver().await;
        assert_eq!(references(&gateway.received(0).await), ["a", "b"]);
        gateway.stop().await;
    }
}
