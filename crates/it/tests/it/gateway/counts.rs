//! What is counted of an outbox: right, bounded, and without a look at the items.

use bursar_db::{Isolation, MIGRATIONS, Row, Sql, Value as Arg, args, statements};
use bursar_testkit::db_test;

use super::console_site::{Console, says};
use super::full::lock;
use super::*;

statements! {
    // Many that are over, then those that wait, those that are parked, and some that are parked for
    // another reason.
    MANY = "INSERT INTO delivery_item (app_id, connection_id, user_ref, key, fingerprint, kind,
            receipt_type, body, state, attempts, doubtful, give_up_at, reason, accepted_at, ended_at)
        WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 30000)
        SELECT 'cafe', $1, 'd0', 'many-' || n, $1, 'receipt', 'general', '{}',
            CASE WHEN n <= 19000 THEN 'delivered' WHEN n <= 19900 THEN 'waiting' ELSE 'parked' END,
            0, 0, CAST($2 AS BIGINT) + n, CASE WHEN n <= 19900 THEN NULL WHEN n <= 29990 THEN 'old' ELSE 'new' END,
            1, CASE WHEN n <= 19000 THEN CAST($2 AS BIGINT) END
        FROM series";
    PARKED = "INSERT INTO delivery_item (app_id, connection_id, user_ref, key, fingerprint, kind,
            receipt_type, body, state, attempts, doubtful, give_up_at, reason, accepted_at, ended_at)
        VALUES ('cafe', $1, 'd0', $2, $1, 'receipt', 'general', '{}', 'parked', 1, 0, 1, $2, 1, 1)";
    REASONS = "SELECT reason FROM delivery_item ORDER BY id";
}

async fn run(db: &Db, sql: &'static Sql, text: Option<&str>, number: i64) {
    let args = (text.map(ToOwned::to_owned), number);
    let run = db.write(
        Isolation::ReadCommitted,
        args,
        move |tx, (text, number): &(Option<String>, i64)| {
            Box::pin(async move {
                let bytes: &[u8] = &[7; 16];
                match text {
                    Some(text) => tx.execute(sql, args![bytes, text]).await,
                    None => tx.execute(sql, args![bytes, *number]).await,
                }
            })
        },
    );
    let ran: Result<u64, DbError> = run.await;
    assert!(ran.unwrap() > 0);
}

/// Where the rows of [`MANY`] begin to be given up.
fn first(gateway: &Gateway) -> Micros {
    gateway.clock.now() + Duration::from_hours(69)
}

db_test! {
    async fn an_outbox_is_measured_and_counted(place: TestDb) {
        let console = Console::start(&place, 81, 1).await;
        let gateway = &console.gateway;
        let none = gateway.outbox.measured(APP).await.unwrap();
        assert_eq!((none.waiting, none.parked, none.oldest), (0, 0, None));
        let first = first(gateway);
        run(&gateway.db, &MANY, None, first.0).await;
        let measured = gateway.outbox.measured(APP).await.unwrap();
        let oldest = Some(Micros(first.0 + 19_001) - Duration::from_hours(72));
        assert_eq!((measured.waiting, measured.parked, measured.oldest), (900, 10_100, oldest));
        assert_eq!(gateway.outbox.measured("other").await.unwrap(), none);

        // Beyond what is counted, the newest tell the reasons, and the page says so.
        let standing = gateway.outbox.standing(APP, 10_001).await.unwrap();
        assert_eq!((standing.waiting, standing.overdue, standing.oldest), (900, 900, oldest));
        assert_eq!(standing.parked, 10_001);
        let reasons = [("old".to_owned(), 9_991), ("new".to_owned(), 10)];
        assert_eq!(standing.reasons, reasons);
        let page = console.operator().await.page("").await;
        says(&page, &[
            "9,991+ items are parked</a>",
            "10+ items are parked</a>",
            "Only the newest 10,000 parked items were looked at; there are more.",
            "aria-label=\"10,000+ parked\"",
            "900 items have waited for over an hour",
            "has waited for 2 hours",
        ]);
        console.stop().await;
    }
}

db_test! {
    async fn a_replay_that_stops_says_how_far_it_came(place: TestDb) {
        let console = Console::start(&place, 83, 1).await;
        let gateway = &console.gateway;
        run(&gateway.db, &MANY, None, first(gateway).0).await;
        lock(gateway, "delivery_item", "NEW.key = 'many-20200'").await;
        let browser = console.operator().await;
        browser.page("items/replay?reason=old").await;
        let form = [("app", APP), ("reason", "old"), ("after", "0")];
        let lead = browser.posts("items/replay", &form).await;
        says(&browser.page(&lead).await, &[
            "200 items are on their way again",
            "It stopped before its end; the log has the cause.",
            "9,890 are left.",
            ">Replay more</button>",
        ]);
        assert_eq!(gateway.outbox.measured(APP).await.unwrap().waiting, 1_100);
        // Where nothing was done, it is an error.
        let form = [("app", APP), ("reason", "old"), ("after", "20100")];
        assert!(browser.post("items/replay", &form).await.status >= 500);
        assert_eq!(gateway.outbox.measured(APP).await.unwrap().waiting, 1_100);
        console.stop().await;
    }
}

/// How a statement of these crates is carried out on this database.
async fn plan(db: &Db, part: &str, args: Vec<Arg<'static>>) -> String {
    let connect = bursar_gateway_connect::statements();
    let all = [bursar_gateway_delivery::statements(), connect].concat();
    let mut found = all.into_iter().filter(|sql| sql.postgres().contains(part));
    let sql = found.next().expect(part);
    let postgres = db.engine() == "postgres";
    let (explain, column) = if postgres {
        ("EXPLAIN", 0)
    } else {
        ("EXPLAIN QUERY PLAN", 3)
    };
    // Statements live as long as the program.
    let text = |sql: &str| -> &'static str { format!("{explain} {sql}").leak() };
    let sql: &'static Sql = Box::leak(Box::new(Sql::per_engine(
        text(sql.sqlite()),
        text(sql.postgres()),
    )));
    let plan = db.scan(args, move |tx, args| {
        Box::pin(async move {
            let rows = tx.rows(sql, args).await?.into_iter();
            let line = |mut row: Row| row.get::<String>(column);
            rows.map(line).collect::<Result<Vec<_>, DbError>>()
        })
    });
    plan.await.unwrap().join("\n")
}

db_test! {
    async fn counts_and_searches_take_their_indexes(place: TestDb) {
        let gateway = Gateway::start(&place, 82, 0).await;
        run(&gateway.db, &MANY, None, first(&gateway).0).await;
        let db = if gateway.db.engine() == "postgres" {
            // What a statement that is used often gets.
            gateway.place.batch("DO $$ BEGIN EXECUTE format(
                'ALTER DATABASE %I SET plan_cache_mode = force_generic_plan', current_database());
                END $$").await;
            gateway.place.batch("INSERT INTO connect_call (app_id, id, user_id, started_at,
                    took_micros, method, url, correlation_id)
                SELECT 'cafe', decode(md5(n::text), 'hex'), 'U-' || n, n, 1, 'GET', 'x', 'c'
                FROM generate_series(1, 20000) AS n").await;
            gateway.place.batch("INSERT INTO connect_account
                    (app_id, id, user_ref, name, created_at, last_seen_at)
                SELECT 'cafe', decode(md5(n::text), 'hex'), 'U' || n, 'x', 1, 1
                FROM generate_series(1, 20000) AS n").await;
            gateway.place.batch("INSERT INTO connect_connection (app_id, id, kind, principal_id,
                    geolocation, scopes, state, generation, connected_at, refreshed_at)
                SELECT 'cafe', decode(md5(n::text), 'hex'), 'user', 'U-' || n, 'x', '', 'ended', 1, 1, 1
                FROM generate_series(1, 20000) AS n").await;
            for table in ["delivery_item", "connect_call", "connect_account", "connect_connection"] {
                gateway.place.batch(&format!("VACUUM ANALYZE {table}")).await;
            }
            gateway.place.open().await
        } else {
            gateway.db.clone()
        };
        let zero: &[u8] = &[0; 16];
        let last: &[u8] = &[255; 16];
        let app: &str = APP;
        let cases: [(&str, Vec<Arg<'static>>, &[&str]); 7] = [
            ("(SELECT COUNT(*) FROM delivery_item WHERE", vec![app.into()],
                &["delivery_item_waiting"]),
            ("AS overdue", vec![app.into(), 1.into(), 9.into()], &["delivery_item_waiting"]),
            ("ended_at >= $2", vec![app.into(), 1.into(), 9.into()], &["delivery_item_delivered"]),
            ("substr(reason, 1, 200) = $2 AND id > $3\n        LIMIT",
                vec![app.into(), "x".into(), 1.into(), 9.into()], &["delivery_item_parked"]),
            ("WHERE user_id IS NOT NULL",
                vec![app.into(), last.into(), zero.into(), 0.into(), 600.into(), 9.into(), "u1".into()],
                &["connect_call_user"]),
            ("replace(lower(principal_id)", vec![app.into(), "u1".into(), 9.into()],
                &["connect_connection_every_principal"]),
            ("lower(user_ref) = $2", vec![app.into(), "u1".into(), 9.into()],
                &["connect_account_ref_lower"]),
        ];
        for (part, args, indexes) in cases {
            let plan = plan(&db, part, args).await;
            for index in indexes {
                assert!(plan.contains(index), "{part}: {plan}");
            }
            assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN delivery_item"), "{part}: {plan}");
        }
        gateway.stop().await;
    }
}

db_test! {
    async fn reasons_from_before_are_on_one_line(place: TestDb) {
        let place = place.beside().await;
        let before = MIGRATIONS.iter().position(|one| one.number == 82).unwrap();
        let db = Db::open(place.options(), &MIGRATIONS[..before]).await.unwrap();
        for reason in ["400: a\r\nb\nc\td\u{85}e\u{1b}f é", "as it was"] {
            run(&db, &PARKED, Some(reason), 0).await;
        }
        db.close().await;
        let db = place.open().await;
        let all = db.scan((), |tx, ()| Box::pin(async move {
            let rows = tx.rows(&REASONS, &[]).await?.into_iter();
            rows.map(|mut row: Row| row.get(0)).collect::<Result<Vec<String>, DbError>>()
        }));
        assert_eq!(all.await.unwrap(), ["400: a b c d e f é", "as it was"]);
        db.close().await;
    }
}
