//! 120 requests in five minutes, for each user.

use std::collections::BTreeMap;
use std::time::Duration;

use bursar_testkit::{TestDb, db_test};
use serde_json::json;

use super::sample::{path, post, smallest};
use crate::app::*;

db_test! {
    async fn the_next_request_for_a_user_is_refused_until_the_time_is_over(place: TestDb) {
        let app = TestApp::start(&place).await;
        let (ana, northwind) = (app.token(ANA).await, app.token(NORTHWIND).await);
        let good = smallest().to_string();
        // Whoever sends them, and whatever is wrong with them, they are the user's.
        for number in 0..120 {
            let (token, body, status) = match number % 4 {
                0 => (&ana, "{}", 400),
                1 => (&northwind, good.as_str(), 201),
                _ => (&ana, good.as_str(), 201),
            };
            let answer = post(&app, token, ANA, body).await;
            assert_eq!(answer.status, status, "{number}");
        }
        app.clock.advance(Duration::from_millis(299_500));
        for (token, body) in [(&ana, good.as_str()), (&northwind, good.as_str()), (&ana, "{}")] {
            let answer = post(&app, token, ANA, body).await;
            let expected = json!({
                "errorId": answer.header("concur-correlationid"),
                "errorMessage": "too many requests for this user; try again later",
                "httpStatus": "429",
                "path": path(ANA),
                "timestamp": app.clock.now().rfc3339(),
            });
            assert_eq!((answer.status, answer.json()), (429, expected));
            assert_eq!(answer.header("retry-after"), "1");
        }
        // Others go on, and strangers' requests count for nobody.
        let ben = app.token(BEN).await;
        for _ in 0..130 {
            let answer = post(&app, &ben, ANA, good.as_str()).await;
            assert_eq!(answer.status, 401);
        }
        let answer = post(&app, &ben, BEN, good.as_str()).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        app.clock.advance(Duration::from_millis(500));
        let answer = post(&app, &ana, ANA, good.as_str()).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        // 90 of the 120 were good.
        let last = answer.field("mobileEntryKeyUri");
        assert!(last.ends_with("/92"), "{last}");
        app.stop().await;
    }
}

#[tokio::test]
async fn two_nodes_count_together() {
    let place = TestDb::postgres().await;
    let app = TestApp::start(&place).await;
    let beside = app.start_beside(&place).await;
    let nodes = [&app, &beside];
    let tokens = [app.token(ANA).await, beside.token(ANA).await];
    let good = smallest().to_string();
    for number in 0..120 {
        let (node, token) = (nodes[number % 2], &tokens[number % 2]);
        let answer = post(node, token, ANA, good.as_str()).await;
        assert_eq!(answer.status, 201, "{number} {}", answer.text());
    }
    for (node, token) in nodes.into_iter().zip(&tokens) {
        for _ in 0..2 {
            let answer = post(node, token, ANA, good.as_str()).await;
            assert_eq!((answer.status, answer.header("retry-after")), (429, "300"));
        }
    }
    beside.stop().await;
    app.stop().await;
}

db_test! {
    async fn requests_at_one_moment_are_counted_one_by_one(place: TestDb) {
        let app = TestApp::start(&place).await;
        let token = app.token(ANA).await;
        let sending: Vec<_> = (0..140)
            .map(|_| {
                let call = app.us.post(&path(ANA)).bearer(&token).json(smallest().to_string());
                tokio::spawn(call.send())
            })
            .collect();
        let mut answered = BTreeMap::new();
        for one in sending {
            *answered.entry(one.await.unwrap().status).or_insert(0) += 1;
        }
        assert_eq!(answered, BTreeMap::from([(201, 120), (429, 20)]));
        app.stop().await;
    }
}
