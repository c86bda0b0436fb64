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

/// The name of the one database that exists at a time.
const DATABASE: &str = "bursar_bench";

/// Empty storage.
#[derive(Debug)]
pub(crate) struct Storage {
    folder: PathBuf,
    /// The cluster's URL and the database's own, for a server.
    database: Option<(String, String)>,
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
                database: None,
            });
        }
        let cluster = std::env::var("BURSAR_BENCH_POSTGRES")
            .map_err(|_| "BURSAR_BENCH_POSTGRES is not set; use `cargo xtask bench`")?;
        let (server, _) = cluster.rsplit_once('/').ok_or("not a database URL")?;
        let url = format!("{server}/{DATABASE}");
        // The checkpoint keeps an earlier round's pages from being written during this one.
        execute(
            &cluster,
            &[
                &drop_database(),
                &format!("CREATE DATABASE {DATABASE}"),
                "CHECKPOINT",
            ],
        )?;
        Ok(Self {
            folder,
            database: Some((cluster, url)),
        })
    }

    /// A folder for files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The database's URL, for a server.
    pub(crate) fn url(&self) -> Option<&str> {
        self.database.as_ref().map(|(_, url)| url.as_str())
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if let Some((cluster, _)) = &self.database {
            let _ = execute(cluster, &[&drop_database()]);
        }
    }
}

fn drop_database() -> String {
    format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
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
