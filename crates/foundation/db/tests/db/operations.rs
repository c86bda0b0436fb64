//! What an operation may count on.

use bursar_db::{Db, DbError, Isolation, Migration, Options, Sql, args, statements};
use bursar_testkit::{TestDb, db_test};

const TABLE: &[Migration] = &[Migration {
    number: 1,
    name: "0001_note",
    sqlite: "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, data BLOB) STRICT",
    postgres: "CREATE TABLE note (id BIGINT PRIMARY KEY, body TEXT, data BYTEA)",
}];

static BAD: Sql = Sql::new("SELECT nothing FROM nowhere");
static END: Sql = Sql::new("ROLLBACK");

statements! {
    INSERT = "INSERT INTO note (id, body, data) VALUES ($1, $2, $3)";
    INSERT_NEW = sqlite: "INSERT INTO note (id, body) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
        postgres: "INSERT INTO note (id, body) VALUES ($1, $2)
        ON CONFLICT (id) DO NOTHING RETURNING id";
    SWAPPED = "INSERT INTO note (body, id) VALUES ($2, $1)";
    SELECT = "SELECT id, body, data FROM note WHERE id = $1";
    COUNT = "SELECT COUNT(*) FROM note";
    WRONG = "INSERT INTO note (id) VALUES ($1), ($1)";
    UPDATE = "UPDATE note SET body = $2 WHERE id = $1";
}

const ISOLATIONS: [Isolation; 4] = [
    Isolation::Serializable,
    Isolation::ReadCommitted,
    Isolation::Append,
    Isolation::Update { row: 7 },
];

async fn open(place: &TestDb) -> Db {
    Db::open(place.options(), TABLE).await.unwrap()
}

async fn count(db: &Db) -> i64 {
    let count = db.scan((), |tx, ()| {
        Box::pin(async move {
            tx.row(&COUNT, &[])
                .await?
                .ok_or(DbError::Closed)?
                .get::<i64>(0)
        })
    });
    count.await.unwrap()
}

async fn insert(db: &Db, isolation: Isolation, id: i64) -> Result<(), DbError> {
    db.write(isolation, id, |tx, &id| {
        Box::pin(async move {
            tx.execute(&INSERT, args![id, "text", None::<&str>])
                .await
                .map(drop)
        })
    })
    .await
}

db_test! {
    async fn many_rows_are_inserted_and_found_in_their_order(place: TestDb) {
        let db = open(&place).await;
        insert(&db, Isolation::Append, 2).await.unwrap();
        let both = db.write(Isolation::Append, (), |tx, ()| {
            Box::pin(async move {
                let rows = [1, 2, 3, 3].map(|id: i64| vec![id.into(), "new".into()]);
                let ids = tx.insert_each(&INSERT_NEW, &rows).await?;
                let found = tx.row_each(&SELECT, &[3, 9, 2].map(|id: i64| vec![id.into()])).await?;
                let bodies = found.into_iter().map(|row| row.map(|mut row| row.get(1)).transpose());
                Ok::<_, DbError>((ids, bodies.collect::<Result<Vec<Option<String>>, _>>()?))
            })
        });
        let (ids, bodies) = both.await.unwrap();
        assert_eq!(ids, [Some(1), None, Some(3), None]);
        let [new, old] = ["new", "text"].map(|body| Some(body.to_owned()));
        assert_eq!(bodies, [new, None, old]);
    }
}

db_test! {
    async fn four_kinds_of_value_come_back_as_they_went(place: TestDb) {
        let db = open(&place).await;
        let text = "Ünïcode \u{1F600} ' \" \\ 漢字";
        let bytes = vec![0_u8, 255, 128];
        let stored = bytes.clone();
        db.write(Isolation::Append, stored, move |tx, bytes| Box::pin(async move {
            tx.execute(&INSERT, args![i64::MIN, text, bytes]).await?;
            tx.execute(&SWAPPED, args![7, "second"]).await.map(drop)
        })).await.map_err(|error: DbError| error).unwrap();
        let read = db.read((), |tx, ()| Box::pin(async move {
            let mut first = tx.row(&SELECT, args![i64::MIN]).await?.unwrap();
            let mut second = tx.row(&SELECT, args![7]).await?.unwrap();
            Ok::<_, DbError>((
                first.get::<i64>(0)?, first.get::<String>(1)?, first.get::<Vec<u8>>(2)?,
                second.get::<String>(1)?, second.get::<Option<Vec<u8>>>(2)?,
                second.get::<i64>(1).is_err(),
            ))
        })).await.unwrap();
        assert_eq!(read, (i64::MIN, text.to_owned(), bytes, "second".to_owned(), None, true));
    }
}

db_test! {
    async fn an_operation_that_fails_leaves_nothing(place: TestDb) {
        let db = open(&place).await;
        for isolation in ISOLATIONS {
            let refused: Result<(), DbError> = db.write(isolation, (), |tx, ()| Box::pin(async move {
                tx.execute(&INSERT, args![1, "x", None::<&str>]).await?;
                tx.execute(&WRONG, args![2]).await.map(drop)
            })).await;
            assert!(matches!(refused, Err(DbError::Sqlite(_) | DbError::Postgres(_))), "{refused:?}");
            // Swallowing the error does not help: the operation is over.
            let swallowed: Result<(), DbError> = db.write(isolation, (), |tx, ()| Box::pin(async move {
                tx.execute(&WRONG, args![2]).await.ok();
                let after = tx.execute(&INSERT, args![3, "x", None::<&str>]).await;
                assert!(matches!(after, Err(DbError::Over)));
                Ok(())
            })).await;
            assert!(matches!(swallowed, Err(DbError::Over)), "{swallowed:?}");
        }
        assert_eq!(count(&db).await, 0);
    }
}

db_test! {
    async fn a_panic_harms_only_itself(place: TestDb) {
        let db = open(&place).await;
        for (id, isolation) in (0..).zip(ISOLATIONS) {
            let panicking = db.write::<_, (), DbError, _>(isolation, (), |tx, ()| Box::pin(async move {
                tx.execute(&INSERT, args![100, "x", None::<&str>]).await?;
                panic!("on purpose")
            }));
            let (panicked, good) = tokio::join!(panicking, insert(&db, isolation, id));
            assert!(matches!(panicked, Err(DbError::Panicked)), "{panicked:?}");
            good.unwrap();
        }
        assert_eq!(count(&db).await, 4);
    }
}

db_test! {
    async fn one_spoilt_append_does_not_spoil_its_group(place: TestDb) {
        let db = open(&place).await;
        let tasks: Vec<_> = (0..200_i64).map(|task| {
            let db = db.clone();
            // Every tenth has the same key as the one before it.
            let id = if task % 10 == 9 { task - 1 } else { task };
            tokio::spawn(async move { insert(&db, Isolation::Append, id).await.is_ok() })
        }).collect();
        let mut stored = 0;
        for task in tasks {
            stored += i64::from(task.await.unwrap());
        }
        assert_eq!(stored, 180);
        assert_eq!(count(&db).await, 180);
    }
}

db_test! {
    async fn an_operation_goes_on_when_its_caller_goes(place: TestDb) {
        let db = open(&place).await;
        for (id, isolation) in (0..).zip(ISOLATIONS) {
            // Polled once, so submitted; then dropped before its answer.
            let mut writing = Box::pin(insert(&db, isolation, id));
            assert!(futures_util::poll!(&mut writing).is_pending());
            drop(writing);
        }
        // The pool is healthy, and the four rows come.
        for id in 10..30 {
            insert(&db, Isolation::Serializable, id).await.unwrap();
        }
        while count(&db).await < 24 {
            tokio::task::yield_now().await;
        }
    }
}

db_test! {
    async fn closing_finishes_what_was_submitted(place: TestDb) {
        let db = open(&place).await;
        insert(&db, Isolation::Append, 1).await.unwrap();
        db.close().await;
        assert!(insert(&db, Isolation::Append, 2).await.is_err());
        drop(db);
        assert_eq!(count(&open(&place).await).await, 1);
    }
}

db_test! {
    async fn a_wake_comes_after_the_commit_only(place: TestDb) {
        let db = open(&place).await;
        let wakeups = db.wakeups();
        let woken = wakeups.notified();
        tokio::pin!(woken);
        assert!(!woken.as_mut().enable());
        let failed: Result<(), DbError> = db.write(Isolation::Append, (), |tx, ()| Box::pin(async move {
            tx.wake_workers();
            tx.execute(&WRONG, args![1]).await.map(drop)
        })).await;
        assert!(failed.is_err());
        assert!(futures_util::poll!(woken.as_mut()).is_pending());
        db.write(Isolation::Append, (), |tx, ()| Box::pin(async move {
            tx.wake_workers();
            tx.execute(&INSERT, args![1, "x", None::<&str>]).await.map(drop)
        })).await.map_err(|error: DbError| error).unwrap();
        woken.await;
    }
}

db_test! {
    async fn statements_are_prepared_with_their_parameters(place: TestDb) {
        let db = open(&place).await;
        for (sql, parameters) in STATEMENTS.iter().zip([3, 2, 2, 1, 0, 1, 2]) {
            assert_eq!(db.prepare(sql).await.unwrap(), parameters);
        }
        assert!(db.prepare(&BAD).await.is_err());
    }
}

#[tokio::test]
async fn a_failed_writer_stops_the_process() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let place = TestDb::sqlite();
    let stopped = std::sync::Arc::new(AtomicBool::new(false));
    let flag = std::sync::Arc::clone(&stopped);
    let options = Options {
        on_fatal: std::sync::Arc::new(move |_| flag.store(true, Ordering::SeqCst)),
        ..place.options()
    };
    let db = Db::open(options, TABLE).await.unwrap();
    let lost: Result<(), DbError> = db
        .write(Isolation::Append, (), |tx, ()| {
            // Ends the group's transaction, as SQLite itself does when the disk is full.
            Box::pin(async move {
                tx.execute(&END, &[]).await?;
                tx.execute(&WRONG, args![1]).await.map(drop)
            })
        })
        .await;
    assert!(lost.is_err());
    db.close().await;
    assert!(stopped.load(Ordering::SeqCst));
}

db_test! {
    async fn what_does_not_fit_fails_and_the_rest_goes_on(place: TestDb) {
        let db = open(&place).await;
        insert(&db, Isolation::Append, 1).await.unwrap();
        place.fill(&db, "note").await;
        for isolation in ISOLATIONS {
            let large = db.write(isolation, (), |tx, ()| {
                Box::pin(async move {
                    let bytes = vec![7_u8; 100_000];
                    tx.execute(&INSERT, args![2, "large", bytes.as_slice()]).await?;
                    Ok::<_, DbError>(())
                })
            });
            // What shares its transaction fits, and is kept.
            let small = |body: &'static str| {
                db.write(isolation, body, |tx, body: &&'static str| {
                    Box::pin(async move {
                        let changed = tx.execute(&UPDATE, args![1, *body]).await?;
                        Ok::<_, DbError>(changed)
                    })
                })
            };
            let (one, refused, two) = tokio::join!(small("one"), large, small("two"));
            let refused = refused.unwrap_err();
            assert!(matches!(refused, DbError::Full), "{isolation:?}: {refused}");
            assert_eq!((one.unwrap(), two.unwrap()), (1, 1), "{isolation:?}");
            assert_eq!(count(&db).await, 1);
        }
        place.make_room(&db, "note").await;
        insert(&db, Isolation::Append, 2).await.unwrap();
        assert_eq!(count(&db).await, 2);
    }
}
