//! Connections: made by first tokens, seen by their state, ended by a revocation.

use std::time::Duration;

use bursar_db::{Db, DbError, Isolation, Sql, args, statements};
use bursar_kernel::{Clock, Micros, Uuid};
use bursar_oauth::{Connection, ConnectionId, Link, Principal, Secret, api};
use bursar_testkit::db_test;

use crate::support::*;

const DAY: u64 = 24 * 3600;
const LIFE: u64 = 184 * DAY;

statements! {
    OLD_COMPANY = "INSERT INTO directory_company (id, name, edition, products, home, created_at)
                   VALUES ($1, 'Northwind', 'standard', 'expense', 'us', 0)";
    OLD_APP = "INSERT INTO oauth_app (id, name, secret_hash, scopes, grants, home, enabled,
                   created_at)
               VALUES ($1, 'Old Cafe', $2, 'openid', 'refresh_token', 'us', 1, 0)";
    OLD_TOKEN = "INSERT INTO oauth_refresh_token (hash, company_id, user_id, app_id, scope,
                     issued_at, expires_at)
                 VALUES ($1, $2, $3, $4, 'openid', $5, $6)";
    REQUEST_TOKENS = "SELECT COUNT(*) FROM oauth_request_token";
    REFRESH_TOKENS = "SELECT COUNT(*) FROM oauth_refresh_token";
}

async fn count(service: &Service, sql: &'static Sql) -> i64 {
    let counted = service.db.read((), move |tx, ()| {
        Box::pin(async move {
            let row = tx.row(sql, &[]).await?;
            row.map_or(Ok(-1), |mut row| row.get(0))
        })
    });
    counted
        .await
        .unwrap_or_else(|error: DbError| panic!("{error}"))
}

async fn connections(service: &Service, principal: Principal) -> Vec<Connection> {
    connections_at(&service.db, principal, service.clock.now()).await
}

async fn connections_at(db: &Db, principal: Principal, now: Micros) -> Vec<Connection> {
    let read = db.read(principal, move |tx, principal| {
        Box::pin(api::connections(tx, principal, now))
    });
    read.await.unwrap()
}

async fn links(service: &Service, principal: Principal) -> Vec<(String, Link)> {
    let all = connections(service, principal).await.into_iter();
    all.map(|one| (one.app_name, one.link)).collect()
}

async fn revoke(service: &Service, principal: Principal, app: &str) -> bool {
    let id = ConnectionId {
        principal,
        app_id: app.parse().unwrap(),
    };
    let now = service.clock.now();
    let revoked = service
        .db
        .write(Isolation::Serializable, id, move |tx, id| {
            Box::pin(api::revoke_connection(tx, id, now))
        });
    revoked.await.unwrap()
}

async fn status(service: &Service, token: &str) -> (u16, String) {
    let answer = service
        .get("us", "/anybody", &[&format!("Bearer {token}")])
        .await;
    (answer.status, answer.body)
}

db_test! {
    async fn a_connection_is_seen_as_what_it_is(place: TestDb) {
        let service = Service::start(&place).await;
        assert_eq!(connections(&service, ana()).await, []);
        let token = service.connect("us", CAFE, ana()).await.text("refresh_token");
        service.pass(Duration::from_secs(1));
        service.connect("us", ONCE, ana()).await;
        service.connect("us", CAFE, company(NORTHWIND)).await;
        let cafe = |link| ("Bluebird Cafe".to_owned(), link);
        let once = |link| ("Once".to_owned(), link);
        assert_eq!(links(&service, ana()).await, [once(Link::Connected), cafe(Link::Connected)]);
        assert_eq!(links(&service, company(NORTHWIND)).await, [cafe(Link::Connected)]);

        // An app that may not refresh is linked as long as its access token.
        service.pass(Duration::from_hours(1));
        assert_eq!(links(&service, ana()).await, [once(Link::DeLinked), cafe(Link::Connected)]);
        service.pass(Duration::from_secs(LIFE - 3602));
        assert_eq!(service.refresh("us", CAFE, &token, "").await.status, 200);
        service.pass(Duration::from_secs(LIFE - 1));
        assert_eq!(links(&service, ana()).await[1], cafe(Link::Connected));
        service.pass(Duration::from_secs(1));
        assert_eq!(links(&service, ana()).await[1], cafe(Link::DeLinked));

        let seen = connections(&service, ana()).await.pop().unwrap();
        let start = Micros(NOW * 1_000_000);
        assert_eq!(seen.connected_at, start);
        assert_eq!(seen.last_used_at, start + Duration::from_secs(LIFE - 1));
        service.connect("us", CAFE, ana()).await;
        assert_eq!(links(&service, ana()).await[1], cafe(Link::Connected));
    }
}

db_test! {
    async fn a_revocation_ends_every_token_of_the_pair_and_no_other(place: TestDb) {
        let service = Service::start(&place).await;
        let unused = service.request_token(CAFE, ana()).await;
        let pairs = [(CAFE, ana()), (CAFE, ana()), (TALLY, ana()), (CAFE, company(NORTHWIND))];
        let mut tokens = Vec::new();
        for (app, principal) in pairs {
            let answer = service.connect("us", app, principal).await;
            tokens.push((app, answer.text("access_token"), answer.text("refresh_token")));
        }
        for (_, access, _) in &tokens {
            assert_eq!(status(&service, access).await.0, 200);
        }
        assert!(revoke(&service, ana(), CAFE).await);
        assert!(!revoke(&service, ana(), CAFE).await, "there is nothing left to revoke");
        let other = service.another_node().await;
        for (number, (app, access, refresh)) in tokens.into_iter().enumerate() {
            let ended = number < 2;
            let (code, why) = status(&other, &access).await;
            assert_eq!(code, if ended { 403 } else { 200 }, "{number}: {why}");
            assert!(!ended || why == "Revoked", "{why}");
            let again = other.refresh("us", app, &refresh, "").await;
            assert_eq!(again.status, if ended { 400 } else { 200 }, "{}", again.body);
        }
        let late = other.exchange("us", CAFE, ANA, &unused).await;
        assert_eq!(late.status, 400, "a request token does not outlive the connection");

        // At the same instant: what counts is the order, not the clock.
        let anew = other.connect("us", CAFE, ana()).await;
        assert_eq!(status(&other, &anew.text("access_token")).await.0, 200);
        assert_eq!(links(&service, ana()).await[0].1, Link::Connected);
        let refreshed = other.refresh("us", CAFE, &anew.text("refresh_token"), "").await;
        assert_eq!(status(&other, &refreshed.text("access_token")).await.0, 200);
    }
}

db_test! {
    async fn refreshes_raced_with_a_revocation_leave_nothing_that_works(place: TestDb) {
        let service = Service::start(&place).await;
        for app in [CAFE, TURN] {
            let token = service.connect("us", app, ana()).await.text("refresh_token");
            let one = || service.refresh("us", app, &token, "");
            let (a, b, revoked, c, d) =
                tokio::join!(one(), one(), revoke(&service, ana(), app), one(), one());
            assert!(revoked);
            for answer in [a, b, c, d].into_iter().filter(|answer| answer.status == 200) {
                let access = status(&service, &answer.text("access_token")).await;
                assert_eq!(access, (403, "Revoked".to_owned()));
                let next = service.refresh("us", app, &answer.text("refresh_token"), "").await;
                assert_eq!(next.status, 400);
            }
        }
    }
}

db_test! {
    async fn first_tokens_raced_with_a_revocation_leave_nothing_that_works(place: TestDb) {
        let service = Service::start(&place).await;
        for _ in 0..6 {
            service.connect("us", CAFE, ana()).await;
            let token = service.request_token(CAFE, ana()).await;
            let one = || service.exchange("us", CAFE, ANA, &token);
            let (a, b, revoked, c, d) =
                tokio::join!(one(), one(), revoke(&service, ana(), CAFE), one(), one());
            assert!(revoked);
            // One that remembers nothing of the round before.
            let other = service.another_node().await;
            for answer in [a, b, c, d] {
                if answer.status == 200 {
                    let access = status(&other, &answer.text("access_token")).await;
                    assert_eq!(access, (403, "Revoked".to_owned()));
                    let next = other.refresh("us", CAFE, &answer.text("refresh_token"), "").await;
                    assert_eq!(next.status, 400);
                } else {
                    let refused = refusal(5, "invalid_grant", "Incorrect credentials. Please Retry");
                    assert_eq!((answer.status, answer.body), (400, refused));
                }
            }
            assert_eq!(links(&other, ana()).await[0].1, Link::Revoked);
        }
    }
}

db_test! {
    async fn what_has_expired_makes_room(place: TestDb) {
        let service = Service::start(&place).await;
        for _ in 0..20 {
            service.request_token(CAFE, ana()).await;
        }
        service.pass(Duration::from_secs(DAY));
        // A few with each new one, so that none waits for many.
        for left in [20 - 16 + 1, 2, 3] {
            service.request_token(CAFE, ana()).await;
            assert_eq!(count(&service, &REQUEST_TOKENS).await, left);
        }
        let mut token = service.connect("us", TURN, ana()).await.text("refresh_token");
        for _ in 0..5 {
            service.pass(Duration::from_secs(LIFE - 1));
            token = service.refresh("us", TURN, &token, "").await.text("refresh_token");
            assert_eq!(count(&service, &REFRESH_TOKENS).await, 2, "and the one before it");
        }
    }
}

db_test! {
    async fn refresh_tokens_of_older_databases_get_connections(place: TestDb) {
        let older = bursar_db::MIGRATIONS.iter().filter(|one| one.number < 10).copied();
        let older: Vec<_> = older.collect();
        let db = Db::open(place.options(), &older).await.unwrap();
        let clock = Clock::fake(Micros(NOW * 1_000_000));
        let [company_id, user, app]: [Uuid; 3] = [NORTHWIND, ANA, CAFE].map(|id| id.parse().unwrap());
        let key = server_key("a1");
        let text = "e0c1d2f3-0000-4000-8000-000000000001";
        let hashes = [text, "other", "firm's"].map(|text| key.hash(Secret::RefreshToken, text));
        let secret = key.hash(Secret::ClientSecret, "secret");
        let issued = clock.now();
        let expires = issued + Duration::from_secs(LIFE + 10);
        db.write(Isolation::Append, (), move |tx, ()| Box::pin(async move {
            tx.execute(&OLD_COMPANY, args![&company_id]).await?;
            tx.execute(&OLD_APP, args![&app, &secret]).await?;
            for (hash, user) in hashes.iter().zip([Some(&user), Some(&user), None]) {
                tx.execute(&OLD_TOKEN, args![hash, &company_id, user, &app, issued, expires]).await?;
            }
            Ok::<_, DbError>(())
        })).await.unwrap();
        db.close().await;
        drop(db);

        let db = place.open().await;
        for principal in [ana(), company(NORTHWIND)] {
            let seen = connections_at(&db, principal, clock.now()).await;
            let [Connection { app_id, connected_at, last_used_at, link, .. }] = seen[..] else {
                panic!("{seen:?}")
            };
            assert_eq!((app_id, connected_at, link), (app, issued, Link::Connected));
            assert_eq!(last_used_at, issued + Duration::from_secs(10));
        }
        let service = Service::on(db).await;
        let answer = service.refresh("us", CAFE, text, "").await;
        assert_eq!(answer.text("refresh_token"), text);
    }
}
