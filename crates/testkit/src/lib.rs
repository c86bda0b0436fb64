//! What tests share: a fresh database on each engine, the macro that runs a test on both, a mail
//! server, and certificates.

mod smtp;
mod tls;

use std::fs::OpenOptions;
use std::io::Write;
use std::str::FromStr;

use bursar_db::{
    BoxFuture, Db, DbError, Isolation, Location, MIGRATIONS, OpenError, Options, Sql, Tx,
};
use bursar_kernel::Rng;
use tempfile::TempDir;
use tokio_postgres::NoTls;

pub use smtp::{Delivered, FakeSmtp};
pub use tls::{Shown, TestAuthority};

/// Runs one test body on `SQLite` and on `PostgreSQL`, as `name::sqlite` and `name::postgres`.
///
/// ```text
/// db_test! { async fn keeps_what_it_stored(db: TestDb) { … } }
/// ```
#[macro_export]
macro_rules! db_test {
    ($(#[$meta:meta])* async fn $name:ident($db:ident: TestDb) $body:block) => {
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn body($db: $crate::TestDb) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::log_test("sqlite", module_path!());
                body($crate::TestDb::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::log_test("postgres", module_path!());
                body($crate::TestDb::postgres().await).await;
            }
        }
    };
}

/// A place for one test's data: a temporary folder, or a database of its own on the test server.
/// It is gone when this is dropped.
pub struct TestDb {
    /// Where it is.
    pub location: Location,
    server: Option<(tokio_postgres::Config, String)>,
    folder: TempDir,
}

impl TestDb {
    /// A temporary folder.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self {
            location: Location::Folder(folder.path().join("data")),
            server: None,
            folder,
        }
    }

    /// A new database on the server that `BURSAR_TEST_POSTGRES` names.
    pub async fn postgres() -> Self {
        let url = test_server();
        let config = tokio_postgres::Config::from_str(&url).expect("BURSAR_TEST_POSTGRES is a URL");
        let name = format!("bursar_test_{}", Rng::system().uuid().simple());
        run(
            &config,
            &format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"),
        )
        .await;
        let base = url.split('?').next().unwrap_or(&url);
        let (server, _) = base.rsplit_once('/').expect("the URL names a database");
        let location = Location::Url(format!("{server}/{name}"));
        let folder = TempDir::new().expect("a temporary folder");
        Self {
            location,
            server: Some((config, name)),
            folder,
        }
    }

    /// Another place on the same engine, for a program beside the one that is here.
    pub async fn beside(&self) -> Self {
        match self.server {
            None => Self::sqlite(),
            Some(_) => Self::postgres().await,
        }
    }

    /// A temporary folder for files beside the database.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Options for this place.
    pub fn options(&self) -> Options {
        Options::new(self.location.clone())
    }

    /// Opens it with all migrations.
    pub async fn open(&self) -> Db {
        self.try_open(self.options())
            .await
            .expect("the test database opens")
    }

    /// Opens it with all migrations, as `options` say.
    pub async fn try_open(&self, options: Options) -> Result<Db, OpenError> {
        Db::open(options, MIGRATIONS).await
    }

    /// Takes the room for more away: a row of some kilobytes fits into `table` no more.
    pub async fn fill(&self, db: &Db, table: &str) {
        match &self.location {
            // The least there is: what it has.
            Location::Folder(_) => limit(db, &FEW_PAGES).await,
            Location::Url(_) => {
                let sql = format!(
                    "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$;
                     CREATE TRIGGER no_room BEFORE INSERT ON {table}
                        FOR EACH ROW EXECUTE FUNCTION no_room()"
                );
                self.batch(&sql).await;
            }
        }
    }

    /// Gives it back.
    pub async fn make_room(&self, db: &Db, table: &str) {
        match &self.location {
            Location::Folder(_) => limit(db, &MANY_PAGES).await,
            Location::Url(_) => {
                let sql = format!("DROP TRIGGER no_room ON {table}");
                self.batch(&sql).await;
            }
        }
    }

    /// Runs SQL beside the product, to arrange what it cannot arrange itself.
    pub async fn batch(&self, sql: &str) {
        let Location::Url(url) = &self.location else {
            panic!("only for PostgreSQL")
        };
        run(&tokio_postgres::Config::from_str(url).expect("a URL"), sql).await;
    }
}

static FEW_PAGES: Sql = Sql::new("PRAGMA max_page_count = 1");
static MANY_PAGES: Sql = Sql::new("PRAGMA max_page_count = 1073741823");

/// Only the writer's own connection can set it.
async fn limit(db: &Db, pragma: &'static Sql) {
    let limit = db.write(Isolation::ReadCommitted, pragma, |tx, pragma| {
        set(tx, pragma)
    });
    limit.await.expect("SQLite takes the limit");
}

fn set<'t>(tx: &'t mut Tx, pragma: &'t &'static Sql) -> BoxFuture<'t, Result<(), DbError>> {
    Box::pin(async move { tx.rows(pragma, &[]).await.map(drop) })
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Some((config, name)) = self.server.take() else {
            return;
        };
        // A runtime of its own: the test's may be shutting down.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            runtime.expect("a runtime").block_on(run(&config, &sql));
        });
        drop(dropping.join());
    }
}

/// The server for tests; there is no default, so that nothing is skipped silently.
pub fn test_server() -> String {
    std::env::var("BURSAR_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "BURSAR_TEST_POSTGRES is not set: run `cargo xtask test`, or name a server, for \
             example postgres://postgres@127.0.0.1:5432/postgres"
        )
    })
}

/// Notes that a storage test ran, for the count that `cargo xtask test` prints.
pub fn log_test(engine: &str, name: &str) {
    if let Ok(path) = std::env::var("BURSAR_DB_TEST_LOG") {
        let mut log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("the log");
        // One write, so that lines of concurrent tests do not mix.
        log.write_all(format!("{engine} {name}\n").as_bytes())
            .expect("the log takes a line");
    }
}

async fn run(config: &tokio_postgres::Config, sql: &str) {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .expect("the test server answers");
    let connection = tokio::spawn(connection);
    client
        .batch_execute(sql)
        .await
        .expect("the test server obeys");
    drop(client);
    drop(connection.await);
}
