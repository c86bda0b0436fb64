//! The schema's number line.

use bursar_db::{Db, MIGRATIONS, Migration, OpenError};
use bursar_testkit::{TestDb, db_test};

const fn step(number: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration {
        number,
        name,
        sqlite: sql,
        postgres: sql,
    }
}

const ONE: Migration = step(1, "0001_one", "CREATE TABLE one (id INTEGER)");
const TWO: Migration = step(2, "0002_two", "CREATE TABLE two (id INTEGER)");

async fn open(place: &TestDb, migrations: &[Migration]) -> Result<(), OpenError> {
    let db = Db::open(place.options(), migrations).await?;
    db.close().await;
    Ok(())
}

db_test! {
    async fn a_database_only_goes_forward(place: TestDb) {
        open(&place, &[ONE]).await.unwrap();
        open(&place, &[ONE]).await.unwrap();
        open(&place, &[ONE, TWO]).await.unwrap();
        let older = open(&place, &[ONE]).await;
        assert!(matches!(older, Err(OpenError::NewerSchema { found: 2, known: 1 })), "{older:?}");
        let edited = step(1, "0001_one", "CREATE TABLE one (id INTEGER, edited INTEGER)");
        let changed = open(&place, &[edited, TWO]).await;
        assert!(matches!(changed, Err(OpenError::ChangedMigration { number: 1, .. })), "{changed:?}");
    }
}

db_test! {
    async fn a_failed_migration_leaves_nothing(place: TestDb) {
        let bad = step(2, "0002_bad", "CREATE TABLE bad (id INTEGER); CREATE NONSENSE");
        let failed = open(&place, &[ONE, bad]).await;
        assert!(matches!(failed, Err(OpenError::Migration { name: "0002_bad", .. })), "{failed:?}");
        open(&place, &[ONE, step(2, "0002_good", "CREATE TABLE bad (id INTEGER)")]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_migrate_once() {
    let place = TestDb::postgres().await;
    let opening = (0..6).map(|_| Db::open(place.options(), MIGRATIONS));
    for opened in futures_util::future::join_all(opening).await {
        opened.unwrap();
    }
}

#[test]
fn every_file_is_listed_once_in_order() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../migrations");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let listed: Vec<String> = MIGRATIONS
        .iter()
        .flat_map(|m| {
            [
                format!("{}.postgres.sql", m.name),
                format!("{}.sqlite.sql", m.name),
            ]
        })
        .collect();
    assert_eq!(files, listed);
    assert!(MIGRATIONS.is_sorted_by(|one, next| one.number < next.number));
    for Migration { number, name, .. } in MIGRATIONS {
        assert!(name.starts_with(&format!("{number:04}_")), "{name}");
    }
}
