//! Where a round keeps its rows: a fresh folder or a fresh database.
//!
//! Folders stay until the last round is over: for minutes after many files were deleted, ext4
//! without a journal searches long for a place for each new one.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use crate::Result;

/// The storage engine of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// As the JSON lines name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The names of the databases that exist at a time: the platform's, and the gateway's.
const DATABASE: &str = "bursar_bench";
const GATEWAY_DATABASE: &str = "bursar_bench_gateway";

/// Empty storage.
#[derive(Debug)]
pub(crate) struct Storage {
    folder: PathBuf,
    /// For a server.
    databases: Option<Databases>,
}

/// Their URLs.
#[derive(Debug)]
struct Databases {
    cluster: String,
    platform: String,
    gateway: String,
}

impl Storage {
    /// Makes empty storage under `scratch`.
    pub(crate) fn fresh(engine: Engine, scratch: &Path) -> Result<Self> {
        let round = std::fs::read_dir(scratch)?.count();
        let folder = scratch.join(format!("round-{round}"));
        std::fs::create_dir(&folder)?;
        if engine == Engine::Sqlite {
            return Ok(Self {
                folder,
                databases: None,
            });
        }
        let cluster = std::env::var("BURSAR_BENCH_POSTGRES")
            .map_err(|_| "BURSAR_BENCH_POSTGRES is not set; use `cargo xtask bench`")?;
        let (server, _) = cluster.rsplit_once('/').ok_or("not a database URL")?;
        let databases = Databases {
            platform: format!("{server}/{DATABASE}"),
            gateway: format!("{server}/{GATEWAY_DATABASE}"),
            cluster,
        };
        for name in [DATABASE, GATEWAY_DATABASE] {
            let statements = [drop_database(name), format!("CREATE DATABASE {name}")];
            execute(&databases.cluster, &[&statements[0], &statements[1]])?;
        }
        // It keeps an earlier round's pages from being written during this one.
        execute(&databases.cluster, &["CHECKPOINT"])?;
        Ok(Self {
            folder,
            databases: Some(databases),
        })
    }

    /// A folder for files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The database's URL, for a server.
    pub(crate) fn url(&self) -> Option<&str> {
        self.databases.as_ref().map(|urls| urls.platform.as_str())
    }

    /// The URL of the gateway's database, for a server.
    pub(crate) fn gateway_url(&self) -> Option<&str> {
        self.databases.as_ref().map(|urls| urls.gateway.as_str())
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if let Some(databases) = &self.databases {
            for name in [DATABASE, GATEWAY_DATABASE] {
                let _ = execute(&databases.cluster, &[&drop_database(name)]);
            }
        }
    }
}

fn drop_database(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")
}

/// Runs statements on a server, one after the other.
pub(crate) fn execute(url: &str, statements: &[&str]) -> Result<()> {
    Runtime::new()?.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        for statement in statements {
            client.batch_execute(statement).await?;
        }
        drop(client);
        connection.await??;
        Ok(())
    })
}
