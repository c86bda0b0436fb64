//! Many tasks move money between few rows.

use bursar_db::{Db, DbError, Isolation, Migration, args, statements};
use bursar_kernel::Rng;
use bursar_testkit::db_test;

const ACCOUNTS: i64 = 8;
const START: i64 = 1_000;
const TASKS: u64 = 16;
const MOVES: u64 = 40;

const TABLE: &[Migration] = &[Migration {
    number: 1,
    name: "0001_account",
    sqlite: "CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL) STRICT;
             CREATE TABLE movement (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL) STRICT",
    postgres: "CREATE TABLE account (id BIGINT PRIMARY KEY, amount BIGINT NOT NULL);
               CREATE TABLE movement (id BIGINT GENERATED ALWAYS AS IDENTITY, amount BIGINT)",
}];

statements! {
    OPEN = "INSERT INTO account (id, amount) VALUES ($1, $2)";
    AMOUNT = "SELECT amount FROM account WHERE id = $1";
    ADD = "UPDATE account SET amount = amount + 1 WHERE id = $1";
    SET = "UPDATE account SET amount = $2 WHERE id = $1";
    NOTE = "INSERT INTO movement (amount) VALUES ($1)";
    ALL = "SELECT amount FROM account";
    MOVED = "SELECT COUNT(*) FROM movement";
}

/// Reads both, decides, writes both: wrong under anything weaker than serializable.
async fn move_money(db: &Db, from: i64, to: i64, amount: i64) -> Result<bool, DbError> {
    db.write(
        Isolation::Serializable,
        (from, to, amount),
        |tx, &(from, to, amount)| {
            Box::pin(async move {
                let source = tx.row(&AMOUNT, args![from]).await?.unwrap().get::<i64>(0)?;
                let target = tx.row(&AMOUNT, args![to]).await?.unwrap().get::<i64>(0)?;
                if source < amount || from == to {
                    return Ok(false);
                }
                tx.execute(&SET, args![from, source - amount]).await?;
                tx.execute(&SET, args![to, target + amount]).await?;
                tx.execute(&NOTE, args![amount]).await?;
                Ok(true)
            })
        },
    )
    .await
}

db_test! {
    async fn money_moves_and_none_is_made(place: TestDb) {
        let db = Db::open(place.options(), TABLE).await.unwrap();
        for id in 0..ACCOUNTS {
            db.write(Isolation::Append, id, |tx, &id| Box::pin(async move {
                tx.execute(&OPEN, args![id, START]).await.map(drop)
            })).await.map_err(|error: DbError| error).unwrap();
        }
        let tasks: Vec<_> = (0..TASKS).map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                let rng = Rng::seeded(task);
                let mut moved = 0;
                for _ in 0..MOVES {
                    let pick = |bound| i64::try_from(rng.below(bound)).unwrap();
                    let accounts = u64::try_from(ACCOUNTS).unwrap();
                    let outcome = move_money(&db, pick(accounts), pick(accounts), pick(600));
                    match outcome.await {
                        Ok(done) => moved += i64::from(done),
                        // Given up after many collisions: nothing happened.
                        Err(DbError::Contended { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                moved
            })
        }).collect();
        let mut moved = 0;
        for task in tasks {
            moved += task.await.unwrap();
        }
        let (amounts, noted) = db.scan((), |tx, ()| Box::pin(async move {
            let rows = tx.rows(&ALL, &[]).await?;
            let amounts: Result<Vec<i64>, _> = rows.into_iter().map(|mut row| row.get(0)).collect();
            let noted = tx.row(&MOVED, &[]).await?.unwrap().get::<i64>(0)?;
            Ok::<_, DbError>((amounts?, noted))
        })).await.unwrap();
        assert_eq!(amounts.iter().sum::<i64>(), ACCOUNTS * START, "money was made or lost");
        assert!(amounts.iter().all(|amount| *amount >= 0), "{amounts:?}");
        assert_eq!(noted, moved, "an answered move is missing or doubled");
        assert!(moved > 100, "only {moved} moves");
    }
}

db_test! {
    async fn updates_of_few_rows_share_transactions_and_none_is_lost(place: TestDb) {
        let db = Db::open(place.options(), TABLE).await.unwrap();
        for id in 0..ACCOUNTS {
            db.write(Isolation::Append, id, |tx, &id| Box::pin(async move {
                tx.execute(&OPEN, args![id, 0]).await.map(drop)
            })).await.map_err(|error: DbError| error).unwrap();
        }
        let tasks: Vec<_> = (0..TASKS).map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                let rng = Rng::seeded(task);
                for _ in 0..MOVES {
                    // Each meets the rows in an order of its own.
                    let row = rng.below(8);
                    let id = i64::try_from(row).unwrap();
                    db.write(Isolation::Update { row }, id, |tx, &id| Box::pin(async move {
                        tx.execute(&ADD, args![id]).await.map(drop)
                    })).await.map_err(|error: DbError| error).unwrap();
                }
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let total = db.scan((), |tx, ()| Box::pin(async move {
            let rows = tx.rows(&ALL, &[]).await?;
            let amounts: Result<Vec<i64>, _> = rows.into_iter().map(|mut row| row.get(0)).collect();
            Ok::<_, DbError>(amounts?.into_iter().sum::<i64>())
        })).await.unwrap();
        assert_eq!(total, i64::try_from(TASKS * MOVES).unwrap());
    }
}
