//! A bad day: every third call fails in some way, and the deliverer dies again and again.

use std::collections::HashMap;

use bursar_testkit::db_test;

use super::*;

const USERS: usize = 20;
const ITEMS: usize = 2_000;
const SEED: u64 = 20_261_121;
/// Times that the deliverer is killed.
const KILLS: usize = 12;

db_test! {
    async fn every_item_arrives_once(place: TestDb) {
        let gateway = Gateway::start(&place, SEED, USERS).await;
        let rng = Rng::seeded(SEED);
        let items: Vec<_> = (0..ITEMS).map(|number| item(number, &rng)).collect();
        let mut ids = Vec::new();
        for some in items.chunks(250) {
            ids.extend(gateway.accept(some.to_vec()).await);
        }
        gateway.proxy.fail(33);
        let mut killed = 0;
        while killed < KILLS {
            let deliverer = gateway.deliverer();
            let time = Duration::from_millis(5 + rng.below(60));
            let died = tokio::time::timeout(time, deliverer.run_due()).await.is_err();
            killed += usize::from(died);
            gateway.proxy.rest().await;
            gateway.clock.advance(LEASE_OVER);
        }
        gateway.deliver_all(Duration::from_mins(3)).await;
        gateway.proxy.fail(0);
        let parked = gateway.outbox.list(APP, Some(State::Parked), i64::MAX, 10).await.unwrap();
        assert_eq!(parked, [], "faults that pass park nothing");
        let (doubled, lost) = compare(&gateway, &items).await;
        println!(
            "seed {SEED}, {ITEMS} items of {USERS} users, {} faults, {KILLS} kills: \
             doubled {doubled}, lost {lost}",
            gateway.proxy.faults()
        );
        assert_eq!((doubled, lost), (0, 0));
        gateway.stop().await;
    }
}

/// A receipt; one in ten is equal to another one.
fn item(number: usize, rng: &Rng) -> NewItem {
    let same = rng.below(10) == 0;
    let reference = if same {
        "same".to_owned()
    } else {
        format!("r{number}")
    };
    receipt(number % USERS, &format!("k{number}"), &reference)
}

/// Receipts that arrived more often than they should, and less.
async fn compare(gateway: &Gateway, items: &[NewItem]) -> (i64, i64) {
    let (mut doubled, mut lost) = (0, 0);
    for user in 0..USERS {
        let mut counts: HashMap<String, i64> = HashMap::new();
        for receipt in gateway.received(user).await {
            let reference = receipt["reference"].as_str().unwrap().to_owned();
            *counts.entry(reference).or_default() += 1;
        }
        let name = format!("d{user}");
        for item in items.iter().filter(|item| item.user == name) {
            let body: Value = serde_json::from_str(&item.body).unwrap();
            let reference = body["reference"].as_str().unwrap().to_owned();
            *counts.entry(reference).or_default() -= 1;
        }
        for count in counts.into_values() {
            doubled += count.max(0);
            lost += (-count).max(0);
        }
    }
    (doubled, lost)
}
