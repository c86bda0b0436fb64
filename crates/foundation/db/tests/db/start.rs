//! What a start refuses, and how it says so.

use std::time::Duration;

use bursar_db::{Db, DbError, Location, MIGRATIONS, Options, Sql};
use bursar_testkit::TestDb;

async fn refused(location: Location) -> String {
    let opened = Db::open(Options::new(location), MIGRATIONS).await;
    opened.err().expect("the start is refused").to_string()
}

#[tokio::test]
async fn a_folder_in_use() {
    let place = TestDb::sqlite();
    let _held = place.open().await;
    let text = refused(place.location.clone()).await;
    assert!(text.contains("in use by another bursar process"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_no_database() {
    let place = TestDb::sqlite();
    let Location::Folder(folder) = &place.location else {
        unreachable!()
    };
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("bursar.db"), vec![b'x'; 8192]).unwrap();
    let text = refused(place.location.clone()).await;
    assert!(text.contains("is not a usable database"), "{text}");
    assert!(text.contains("backup"), "{text}");
}

#[tokio::test]
async fn a_damaged_database() {
    let place = TestDb::sqlite();
    place.open().await.close().await;
    let Location::Folder(folder) = &place.location else {
        unreachable!()
    };
    let file = folder.join("bursar.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..1000].fill(0xAA);
    std::fs::write(&file, bytes).unwrap();
    std::fs::remove_file(folder.join("bursar.db-wal")).ok();
    let text = refused(place.location.clone()).await;
    assert!(text.contains("is not a usable database"), "{text}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made() {
    let place = TestDb::sqlite();
    let file = place.folder().join("file");
    std::fs::write(&file, "").unwrap();
    let text = refused(Location::Folder(file.join("data"))).await;
    assert!(text.contains("cannot write"), "{text}");
    assert!(text.contains("--data"), "{text}");
}

#[tokio::test]
async fn urls_that_lead_nowhere() {
    for (url, says) in [
        ("mysql://localhost/x", "expected postgres://"),
        ("postgres://localhost:port/x", "cannot be read"),
        ("postgres://127.0.0.1:1/x", "cannot connect"),
        (
            "postgres://h/x?sslmode=require",
            "sslmode=require is not supported",
        ),
    ] {
        let text = refused(Location::Url(url.into())).await;
        assert!(text.contains(says), "{url}: {text}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_exist() {
    let server = bursar_testkit::test_server();
    let (base, _) = server.rsplit_once('/').unwrap();
    let text = refused(Location::Url(format!("{base}/bursar_no_such_database"))).await;
    assert!(text.contains("does not exist"), "{text}");
}

#[tokio::test]
async fn a_role_without_rights() {
    let place = TestDb::postgres().await;
    let role = format!(
        "bursar_test_{}",
        bursar_kernel::Rng::system().uuid().simple()
    );
    place
        .batch(&format!(
            "REVOKE CREATE ON SCHEMA public FROM public; CREATE ROLE {role}"
        ))
        .await;
    let Location::Url(url) = &place.location else {
        unreachable!()
    };
    let database = url.rsplit('/').next().unwrap();
    place
        .batch(&format!("ALTER DATABASE {database} SET role = '{role}'"))
        .await;
    let text = refused(place.location.clone()).await;
    place
        .batch(&format!("SET ROLE NONE; DROP ROLE {role}"))
        .await;
    assert!(text.contains("permission denied"), "{text}");
}

#[tokio::test]
async fn a_server_that_loses_acknowledged_writes() {
    let place = TestDb::postgres().await;
    let Location::Url(url) = &place.location else {
        unreachable!()
    };
    let database = url.rsplit('/').next().unwrap();
    place
        .batch(&format!(
            "ALTER DATABASE {database} SET synchronous_commit = off"
        ))
        .await;
    let text = refused(place.location.clone()).await;
    assert!(text.contains("synchronous_commit = off"), "{text}");
    assert!(text.contains("set it to `on`"), "{text}");
}

static CONNECTIONS: Sql =
    Sql::new("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()");

async fn connections(db: &Db) -> i64 {
    let count = db.read((), |tx, ()| {
        Box::pin(async move {
            let row = tx.row(&CONNECTIONS, &[]).await?;
            row.ok_or(DbError::Closed)?.get::<i64>(0)
        })
    });
    count.await.unwrap()
}

#[tokio::test]
async fn a_closed_database_leaves_no_connection() {
    let place = TestDb::postgres().await;
    let options = Options {
        connections_max: 1,
        ..place.options()
    };
    let left = place.try_open(options).await.unwrap();
    for _ in 0..5 {
        place.open().await.close().await;
    }
    // The server sees the end of a connection a little later. What is left is one that asks, and
    // one that listens.
    for _ in 0..500 {
        if connections(&left).await <= 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} connections", connections(&left).await);
}
