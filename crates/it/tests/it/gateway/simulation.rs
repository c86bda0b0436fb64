//! A bad day: every third call fails in some way, handshakes among them, the company moves to and
//! fro, and the deliverer dies again and again. `BURSAR_SEED=n` takes another seed, `BURSAR_LONG=1`
//! makes it fifty days.

use std::collections::HashMap;

use bursar_testkit::db_test;

use super::*;

const USERS: usize = 20;
/// Items of a day.
const ITEMS: usize = 2_000;
const DAYS_LONG: usize = 50;
const SEED: u64 = 20_261_121;
/// Times that the deliverer is killed in a day.
const KILLS: usize = 12;
/// Times that it is killed between two moves.
const KILLS_AT_HOME: usize = 3;

db_test! {
    async fn every_item_arrives_once(place: TestDb) {
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let seed = number("BURSAR_SEED").unwrap_or(SEED);
        let long = number("BURSAR_LONG").is_some_and(|long| long > 0);
        simulate(&place, seed, if long { DAYS_LONG } else { 1 }).await;
    }
}

async fn simulate(place: &TestDb, seed: u64, days: usize) {
    let start = Start {
        // Fifty days of handshakes would take longer than all else; and so would pictures.
        tls: days == 1,
        workers: usize::from(days == 1),
        call_time: Duration::from_secs(1),
        ..Start::with(seed, USERS)
    };
    let gateway = Gateway::begin(place, start).await.connect_all(USERS).await;
    let rng = Rng::seeded(seed);
    for day in 0..days {
        a_day(&gateway, &rng, day).await;
        if days > 1 {
            let engine = gateway.db.engine();
            let faults = gateway.proxy.faults();
            eprintln!(
                "{engine}: {} items delivered, {faults} faults",
                (day + 1) * ITEMS
            );
        }
    }
    let parked = gateway.outbox.list(APP, Some(State::Parked), i64::MAX, 10);
    assert_eq!(parked.await.unwrap(), [], "faults that pass park nothing");
    gateway.proxy.fail(0);
    let (doubled, lost) = compare(&gateway, days * ITEMS).await;
    println!(
        "seed {seed}, {} items of {USERS} users, {} faults, {} kills: doubled {doubled}, lost {lost}",
        days * ITEMS,
        gateway.proxy.faults(),
        days * KILLS,
    );
    assert_eq!((doubled, lost), (0, 0));
    gateway.stop().await;
}

/// Accepts a day's items and delivers them, whatever happens.
async fn a_day(gateway: &Gateway, rng: &Rng, day: usize) {
    for first in (day * ITEMS..(day + 1) * ITEMS).step_by(250) {
        let some = (first..first + 250).map(|number| item(gateway.seed, number));
        gateway.accept(some.collect()).await;
    }
    gateway.proxy.fail(33);
    let mut killed = 0;
    while killed < KILLS && gateway.outbox.open(APP).await.unwrap() > 0 {
        let deliverer = gateway.deliverer();
        let time = Duration::from_millis(5 + rng.below(60));
        let died = tokio::time::timeout(time, deliverer.run_due())
            .await
            .is_err();
        gateway.proxy.rest().await;
        gateway.clock.advance(LEASE_OVER);
        killed += usize::from(died);
        if died && killed.is_multiple_of(KILLS_AT_HOME) {
            let homes = ["us", "emea"];
            gateway.move_to(homes[killed / KILLS_AT_HOME % 2]).await;
        }
    }
    gateway.deliver_all(Duration::from_mins(3)).await;
}

/// A receipt; one in ten is equal to another one.
fn item(seed: u64, number: usize) -> NewItem {
    let chance = Rng::seeded(seed.wrapping_add(number as u64));
    let reference = match chance.below(10) {
        0 => "same".to_owned(),
        _ => format!("r{number}"),
    };
    receipt(number % USERS, &format!("k{number}"), &reference)
}

/// Receipts that arrived more often than they should, and less.
async fn compare(gateway: &Gateway, items: usize) -> (i64, i64) {
    let (mut doubled, mut lost) = (0, 0);
    for user in 0..USERS {
        let mut counts: HashMap<String, i64> = HashMap::new();
        for receipt in gateway.received(user).await {
            let reference = receipt["reference"].as_str().unwrap().to_owned();
            *counts.entry(reference).or_default() += 1;
        }
        for number in (user..items).step_by(USERS) {
            let item = item(gateway.seed, number);
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
