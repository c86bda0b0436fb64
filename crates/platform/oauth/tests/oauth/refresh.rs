//! Grant `refresh_token`.

use std::time::Duration;

use bursar_db::statements;
use bursar_testkit::db_test;

use crate::support::*;

statements! {
    DISABLE_USER = "UPDATE directory_user SET state = 'disabled' WHERE id = $1";
    MOVE_TO_EMEA = "UPDATE directory_company SET home = 'emea' WHERE id = $1";
    KEEP = "UPDATE oauth_app SET rotation = 'same' WHERE id = $1";
    TAKE_SCOPES = "UPDATE oauth_app SET scopes = 'receipts.read' WHERE id = $1";
}

const DAY: u64 = 24 * 3600;
const LIFE: u64 = 184 * DAY;

fn bad() -> String {
    refusal_at(108, "invalid_grant", "bad or expired refresh token", "us")
}

db_test! {
    async fn a_refresh_keeps_the_token_and_moves_its_expiry(place: TestDb) {
        let service = Service::start(&place).await;
        let token = service.connect("us", CAFE, ana()).await.text("refresh_token");
        let mut passed = 0;
        for wait in [0, 3600, LIFE - 1, LIFE - 1] {
            service.pass(Duration::from_secs(wait));
            passed += wait;
            let answer = service.refresh("us", CAFE, &token, "").await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let [access, id] = ["access_token", "id_token"].map(|name| answer.text(name));
            let expires = NOW + i64::try_from(passed + LIFE).unwrap();
            assert_eq!(answer.body, format!(
                r#"{{"expires_in":"3600","scope":"openid receipts.read receipts.write","token_type":"Bearer","access_token":"{access}","refresh_token":"{token}","refresh_expires_in":"{expires}","id_token":"{id}","geolocation":"https://us.test"}}"#
            ));
        }
        service.pass(Duration::from_secs(LIFE));
        for _ in 0..2 {
            let answer = service.refresh("us", CAFE, &token, "").await;
            assert_eq!((answer.status, answer.body), (400, bad()));
        }
    }
}

db_test! {
    async fn refreshes_at_once_all_succeed(place: TestDb) {
        let service = Service::start(&place).await;
        let token = service.connect("us", CAFE, ana()).await.text("refresh_token");
        let one = || async { service.refresh("us", CAFE, &token, "").await };
        let answers = tokio::join!(one(), one(), one(), one(), one(), one(), one(), one());
        let (a, b, c, d, e, f, g, h) = answers;
        let mut accesses = Vec::new();
        for answer in [a, b, c, d, e, f, g, h] {
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!(answer.text("refresh_token"), token);
            accesses.push(answer.text("access_token"));
        }
        accesses.sort();
        accesses.dedup();
        assert_eq!(accesses.len(), 8, "each access token is its own");
    }
}

db_test! {
    async fn scopes_narrow_for_one_token_and_never_widen(place: TestDb) {
        let service = Service::start(&place).await;
        let token = service.request_token(CAFE, ana()).await;
        let narrow = format!(
            "grant_type=password&credtype=authtoken&username={ANA}&password={token}\
             &scope=receipts.read+openid"
        );
        let token = service.token("us", CAFE, &narrow).await.text("refresh_token");
        let scope = async |more| {
            let answer = service.refresh("us", CAFE, &token, more).await;
            (answer.status == 200).then(|| answer.text("scope")).ok_or(answer.body)
        };
        let exceeds = refusal(54, "invalid_scope", "requested scope exceeds granted scope");
        assert_eq!(scope("&scope=openid").await.as_deref(), Ok("openid"));
        assert_eq!(scope("").await.as_deref(), Ok("receipts.read openid"));
        assert_eq!(scope("&scope=receipts.write").await, Err(exceeds.clone()));
        service.change(&TAKE_SCOPES, CAFE).await;
        assert_eq!(scope("").await.as_deref(), Ok("receipts.read"), "the app has lost the other");
        assert_eq!(scope("&scope=openid").await, Err(exceeds));
    }
}

db_test! {
    async fn a_refresh_token_is_for_its_app_at_its_geolocation(place: TestDb) {
        let service = Service::start(&place).await;
        let token = service.connect("us", CAFE, company(NORTHWIND)).await.text("refresh_token");
        let stolen = service.refresh("us", TALLY, &token, "").await;
        let not_yours = refusal(105, "invalid_grant", "this grant was not issued to you!");
        assert_eq!((stolen.status, stolen.body), (400, not_yours));
        for at in ["emea", "glz"] {
            let away = service.refresh(at, CAFE, &token, "").await;
            assert_eq!((away.status, away.body), (400, elsewhere("us")), "{at}");
        }
        for text in [token.to_uppercase(), token.replace('-', ""), format!("{token}0")] {
            let answer = service.refresh("us", CAFE, &text, "").await;
            let unknown = refusal(108, "invalid_grant", "bad or expired refresh token");
            assert_eq!((answer.status, answer.body), (400, unknown));
        }
        service.change(&MOVE_TO_EMEA, NORTHWIND).await;
        let old = service.refresh("us", CAFE, &token, "").await;
        assert_eq!((old.status, old.body), (400, elsewhere("emea")));
        let moved = service.refresh("emea", CAFE, &token, "").await;
        assert_eq!(moved.text("geolocation"), "https://emea.test");
        assert_eq!(moved.text("refresh_token"), token);
    }
}

db_test! {
    async fn a_disabled_user_is_not_acted_for(place: TestDb) {
        let service = Service::start(&place).await;
        let token = service.connect("us", CAFE, ana()).await.text("refresh_token");
        service.change(&DISABLE_USER, ANA).await;
        let answer = service.refresh("us", CAFE, &token, "").await;
        let disabled = refusal(123, "invalid_request", "principal is disabled");
        assert_eq!((answer.status, answer.body), (400, disabled));
    }
}

db_test! {
    async fn under_rotation_each_use_gives_a_new_token(place: TestDb) {
        let service = Service::start(&place).await;
        let mut token = service.connect("us", TURN, ana()).await.text("refresh_token");
        let mut seen = vec![token.clone()];
        for _ in 0..3 {
            service.pass(Duration::from_secs(LIFE - 1));
            let answer = service.refresh("us", TURN, &token, "").await;
            token = answer.text("refresh_token");
            assert_eq!((token.len(), token.matches('-').count()), (36, 4));
            assert!(!seen.contains(&token));
            seen.push(token.clone());
        }
        service.pass(Duration::from_secs(LIFE));
        let answer = service.refresh("us", TURN, &token, "").await;
        assert_eq!((answer.status, answer.body), (400, bad()));
    }
}

db_test! {
    async fn a_lost_answer_loses_no_token(place: TestDb) {
        let service = Service::start(&place).await;
        let first = service.connect("us", TURN, ana()).await.text("refresh_token");
        let second = service.refresh("us", TURN, &first, "").await.text("refresh_token");
        service.pass(Duration::from_secs(DAY - 1));
        let again = service.refresh("us", TURN, &first, "").await;
        assert_eq!(again.text("refresh_token"), second, "asked twice, issued once");
        let third = service.refresh("us", TURN, &second, "").await.text("refresh_token");
        let again = service.refresh("us", TURN, &second, "").await;
        assert_eq!(again.text("refresh_token"), third);
    }
}

db_test! {
    async fn a_replaced_token_ends_its_family_and_no_other(place: TestDb) {
        let service = Service::start(&place).await;
        let other = service.connect("us", TURN, ana()).await.text("refresh_token");
        for late in [false, true] {
            let first = service.connect("us", TURN, ana()).await.text("refresh_token");
            let answer = service.refresh("us", TURN, &first, "").await;
            let (mut last, mut access) = (answer.text("refresh_token"), answer.text("access_token"));
            if late {
                service.pass(Duration::from_secs(DAY));
            } else {
                let answer = service.refresh("us", TURN, &last, "").await;
                (last, access) = (answer.text("refresh_token"), answer.text("access_token"));
            }
            for token in [&first, &last, &first] {
                let answer = service.refresh("us", TURN, token, "").await;
                assert_eq!((answer.status, answer.text("error_description").as_str()),
                    (400, "bad or expired refresh token"), "{late}");
            }
            let called = service.get("us", "/anybody", &[&format!("Bearer {access}")]).await;
            assert_eq!(called.status, 403, "{}", called.body);
        }
        let answer = service.refresh("us", TURN, &other, "").await;
        let access = answer.text("access_token");
        let called = service.get("us", "/anybody", &[&format!("Bearer {access}")]).await;
        assert_eq!(called.status, 200, "{}", called.body);
    }
}

db_test! {
    async fn ten_refreshes_raced_issue_one_successor(place: TestDb) {
        let service = Service::start(&place).await;
        let first = service.connect("us", TURN, ana()).await.text("refresh_token");
        let one = || async { service.refresh("us", TURN, &first, "").await };
        let (a, b, c, d, e) = tokio::join!(one(), one(), one(), one(), one());
        let (f, g, h, i, j) = tokio::join!(one(), one(), one(), one(), one());
        let mut successors: Vec<_> = [a, b, c, d, e, f, g, h, i, j]
            .into_iter()
            .map(|answer| answer.text("refresh_token"))
            .collect();
        successors.dedup();
        assert_eq!(successors.len(), 1);
        let next = service.refresh("us", TURN, &successors[0], "").await;
        assert_eq!(next.status, 200, "{}", next.body);
    }
}

db_test! {
    async fn an_app_may_stop_rotating(place: TestDb) {
        let service = Service::start(&place).await;
        let first = service.connect("us", TURN, ana()).await.text("refresh_token");
        let second = service.refresh("us", TURN, &first, "").await.text("refresh_token");
        service.change(&KEEP, TURN).await;
        for _ in 0..2 {
            let again = service.refresh("us", TURN, &first, "").await;
            assert_eq!(again.text("refresh_token"), second);
        }
        for _ in 0..2 {
            let same = service.refresh("us", TURN, &second, "").await;
            assert_eq!(same.text("refresh_token"), second);
        }
        assert_eq!(service.refresh("us", TURN, &first, "").await.status, 400, "the other is in use");
        assert_eq!(service.refresh("us", TURN, &second, "").await.status, 400, "so both end");
    }
}
