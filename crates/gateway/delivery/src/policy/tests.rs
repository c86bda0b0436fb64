use proptest::prelude::*;

use super::*;

const NOW: Micros = Micros(1_795_253_400_000_000);

fn tried() -> Tried {
    Tried {
        attempts: 1,
        doubtful: false,
        retry_unknown: true,
        fresh_token: false,
        give_up_at: NOW + GIVE_UP_AFTER,
        now: NOW,
        jitter: 0,
    }
}

fn status(status: u16, seconds: Option<u64>) -> Trouble {
    Trouble::Status {
        status,
        retry_after: seconds.map(Duration::from_secs),
        text: "told".to_owned(),
    }
}

fn not_sent() -> Trouble {
    Trouble::NotSent {
        reason: "no".to_owned(),
        retry_after: None,
    }
}

fn waits(trouble: Trouble, tried: &Tried) -> (u64, bool, bool) {
    match decide(trouble, tried) {
        Decision::Again(again) => {
            let wait = again.due_at - tried.now;
            (
                wait.as_millis().try_into().unwrap(),
                again.doubtful,
                again.counts,
            )
        }
        other => panic!("{other:?}"),
    }
}

fn parks(trouble: Trouble, tried: &Tried) -> (bool, String) {
    match decide(trouble, tried) {
        Decision::Park { doubtful, reason } => (doubtful, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_never_left_is_sent_again_with_growing_pauses() {
    let late = Tried {
        attempts: 30,
        jitter: u64::MAX,
        ..tried()
    };
    assert_eq!(waits(not_sent(), &tried()), (2_500, false, true));
    assert!(waits(not_sent(), &late).0 >= 450_000);
    let doubtful = Tried {
        doubtful: true,
        ..tried()
    };
    assert!(waits(not_sent(), &doubtful).1);
}

#[test]
fn what_may_have_arrived_is_doubtful() {
    let unknown = || Trouble::Unknown("late".to_owned());
    assert_eq!(waits(unknown(), &tried()), (30_000, true, true));
    let tenth = Tried {
        attempts: 10,
        ..tried()
    };
    assert_eq!(waits(unknown(), &tenth).0, 30_000);
    let later = Tried {
        attempts: 15,
        ..tried()
    };
    assert!(waits(unknown(), &later).0 > 300_000);
    for code in [408, 500, 502, 503, 504, 599] {
        assert_eq!(waits(status(code, None), &tried()), (30_000, true, true));
    }
    let fourth = Tried {
        attempts: 4,
        ..tried()
    };
    assert_eq!(waits(status(500, None), &fourth).0, 30_000);
    let fifth = Tried {
        attempts: 5,
        ..tried()
    };
    assert_eq!(waits(status(500, None), &fifth).0, 60_000);
    assert_eq!(waits(status(503, Some(120)), &tried()).0, 120_000);
}

#[test]
fn what_cannot_be_looked_for_is_parked_when_doubtful() {
    let quick = Tried {
        retry_unknown: false,
        ..tried()
    };
    let (doubtful, reason) = parks(Trouble::Unknown("late".to_owned()), &quick);
    assert!(doubtful && reason == "outcome unknown: late");
    assert!(parks(status(502, None), &quick).0);
    assert_eq!(waits(status(429, None), &quick), (60_000, false, false));
    assert_eq!(waits(not_sent(), &quick), (2_500, false, true));
}

#[test]
fn refusals_are_for_people() {
    for code in [400, 404, 409, 413, 415, 301] {
        assert_eq!(
            parks(status(code, None), &tried()),
            (false, "told".to_owned())
        );
    }
    let fresh = Tried {
        fresh_token: true,
        ..tried()
    };
    for code in [401, 403] {
        assert_eq!(decide(status(code, None), &tried()), Decision::FreshToken);
        assert_eq!(
            parks(status(code, None), &fresh),
            (false, "told".to_owned())
        );
    }
    assert_eq!(waits(status(429, Some(7)), &tried()), (7_000, false, false));
}

#[test]
fn lost_connections_pause() {
    let lost = || Trouble::Lost("revoked".to_owned());
    let Decision::Pause { until, .. } = decide(lost(), &tried()) else {
        panic!("it does not pause");
    };
    assert_eq!(until - NOW, Duration::from_hours(1));
    let old = Tried {
        give_up_at: NOW,
        ..tried()
    };
    assert_eq!(parks(lost(), &old), (false, "revoked".to_owned()));
    assert!(!parks(Trouble::Ended, &tried()).0);
}

fn any_trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        Just(not_sent()),
        Just(Trouble::Unknown("u".to_owned())),
        Just(Trouble::Lost("l".to_owned())),
        (300..600_u16, proptest::option::of(any::<u32>()))
            .prop_map(|(code, wait)| status(code, wait.map(u64::from))),
    ]
}

proptest! {
    /// No item waits for ever, none is sent again too soon, and doubt is never forgotten.
    #[test]
    fn every_item_ends(
        trouble in any_trouble(),
        attempts in 1..1_000_i64,
        doubtful: bool,
        retry_unknown: bool,
        left in 0..300_000_u64,
        jitter: u64,
    ) {
        let tried = Tried {
            attempts,
            doubtful,
            retry_unknown,
            fresh_token: true,
            give_up_at: NOW + Duration::from_secs(left),
            now: NOW,
            jitter,
        };
        match decide(trouble, &tried) {
            Decision::FreshToken => prop_assert!(false, "the token is fresh"),
            Decision::Again(again) => {
                prop_assert!(again.due_at > NOW && again.due_at <= tried.give_up_at);
                prop_assert!(again.doubtful || !doubtful);
                prop_assert!(left > 0);
                prop_assert!(retry_unknown || again.doubtful == doubtful);
            }
            Decision::Pause { until, .. } => prop_assert!(until > NOW && left > 0),
            Decision::Park { doubtful: still, .. } => prop_assert!(still || !doubtful),
        }
    }

    #[test]
    fn pauses_stay_within_bounds(attempts in 1..1_000_i64, jitter: u64) {
        let wait = backoff(FIRST_DELAY, attempts, jitter);
        prop_assert!(wait >= FIRST_DELAY / 2 && wait <= DELAY_MAX);
    }
}
