//! Brings a database to this program's schema: numbered files, checksums, one migrator at a time.

use aws_lc_rs::digest::{SHA256, digest};
use bursar_kernel::Clock;
use rusqlite::TransactionBehavior;

use crate::postgres::Client;
use crate::{DbError, OpenError};

/// One step of the schema, with a text for each engine: `STRICT` tables know no `BIGINT`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its place in the one number line, from 1.
    pub number: i64,
    /// `NNNN_slice_name`.
    pub name: &'static str,
    /// What `SQLite` runs.
    pub sqlite: &'static str,
    /// What `PostgreSQL` runs.
    pub postgres: &'static str,
}

macro_rules! migrations {
    ($($number:literal $name:literal),* $(,)?) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../../../migrations/", $name, ".sqlite.sql")),
            postgres: include_str!(concat!("../../../../migrations/", $name, ".postgres.sql")),
        }),*]
    };
}

/// Every migration of this program, in order.
pub const MIGRATIONS: &[Migration] = migrations![
    1 "0001_jobs_queue",
    2 "0002_directory_people",
    3 "0003_oauth_tokens",
    4 "0004_expense_available",
    5 "0005_receipts_receipt",
    6 "0006_console_session",
    10 "0010_oauth_connection",
    11 "0011_directory_sign_in",
    12 "0012_oauth_secret",
    13 "0013_oauth_legacy",
    15 "0015_oauth_authorize",
    16 "0016_directory_email",
    17 "0017_mail_message",
    20 "0020_directory_places",
    25 "0025_directory_roles",
    26 "0026_oauth_owned",
    27 "0027_appcenter_listing",
    28 "0028_receipts_attempt",
    30 "0030_directory_email_key",
    31 "0031_oauth_expiry",
    35 "0035_oauth_partner",
    40 "0040_directory_lookup",
    41 "0041_console_session_user",
    50 "0050_expense_quick_source",
    51 "0051_expense_quick",
    52 "0052_receipts_image",
    53 "0053_expense_picture",
    60 "0060_expense_keys",
    61 "0061_expense_change",
    70 "0070_connect_vault",
    71 "0071_delivery_outbox",
    72 "0072_connect_pages",
    73 "0073_operator_console",
    74 "0074_connect_proof",
    75 "0075_connect_under_way",
    78 "0078_connect_call_headers",
    79 "0079_connect_inactive",
    82 "0082_delivery_waiting",
    83 "0083_connect_spelling",
];

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS db_migration (
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL)";
const APPLIED: &str = "SELECT number, name, checksum FROM db_migration ORDER BY number";
/// An arbitrary number that only Bursar's migrators lock.
const ADVISORY_LOCK: i64 = 0x6275_7273_6172;

impl Migration {
    fn checksum(text: &str) -> String {
        use std::fmt::Write;
        let hash = digest(&SHA256, text.as_bytes());
        hash.as_ref().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes any text");
            hex
        })
    }
}

/// Checks what was applied, and answers what is still to do.
fn pending<'m>(
    known: &'m [Migration],
    applied: &[(i64, String, String)],
    text: impl Fn(&Migration) -> &'static str,
) -> Result<Vec<&'m Migration>, OpenError> {
    let newest = known.last().map_or(0, |migration| migration.number);
    for (number, name, checksum) in applied {
        match known.iter().find(|migration| migration.number == *number) {
            None => {
                return Err(OpenError::NewerSchema {
                    found: *number,
                    known: newest,
                });
            }
            Some(migration) if Migration::checksum(text(migration)) != *checksum => {
                return Err(OpenError::ChangedMigration {
                    number: *number,
                    name: name.clone(),
                });
            }
            Some(_) => {}
        }
    }
    let done = |migration: &&Migration| applied.iter().all(|(n, ..)| *n != migration.number);
    Ok(known.iter().filter(done).collect())
}

pub(crate) fn sqlite(
    connection: &mut rusqlite::Connection,
    known: &[Migration],
    clock: &Clock,
) -> Result<(), OpenError> {
    let db = |error| OpenError::Db(DbError::Sqlite(error));
    let tx = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(db)?;
    tx.execute_batch(LEDGER).map_err(db)?;
    let applied = {
        let mut statement = tx.prepare(APPLIED).map_err(db)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(db)?
    };
    for migration in pending(known, &applied, |migration| migration.sqlite)? {
        let run = || {
            tx.execute_batch(migration.sqlite)?;
            tx.execute(
                "INSERT INTO db_migration VALUES (?1, ?2, ?3, ?4)",
                (
                    migration.number,
                    migration.name,
                    Migration::checksum(migration.sqlite),
                    clock.now().0,
                ),
            )
        };
        run().map_err(|error| OpenError::Migration {
            name: migration.name,
            source: error.into(),
        })?;
        tracing::info!(migration = migration.name, "migrated");
    }
    tx.commit().map_err(db)
}

pub(crate) async fn postgres(
    client: &Client,
    known: &[Migration],
    clock: &Clock,
) -> Result<(), OpenError> {
    let db = |error| OpenError::Db(DbError::Postgres(error));
    // Nodes that start together wait here; the lock ends with the transaction. DDL may take long.
    let begin = format!(
        "BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"
    );
    client.batch_execute(&begin).await.map_err(db)?;
    let outcome = postgres_in_transaction(client, known, clock).await;
    let end = if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    client.batch_execute(end).await.map_err(db)?;
    outcome
}

async fn postgres_in_transaction(
    client: &Client,
    known: &[Migration],
    clock: &Clock,
) -> Result<(), OpenError> {
    let db = |error| OpenError::Db(DbError::Postgres(error));
    client.batch_execute(LEDGER).await.map_err(db)?;
    let rows = client.query(APPLIED, &[]).await.map_err(db)?;
    let applied: Vec<_> = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    for migration in pending(known, &applied, |migration| migration.postgres)? {
        let run = async {
            client.batch_execute(migration.postgres).await?;
            let checksum = Migration::checksum(migration.postgres);
            client
                .execute(
                    "INSERT INTO db_migration VALUES ($1, $2, $3, $4)",
                    &[
                        &migration.number,
                        &migration.name,
                        &checksum,
                        &clock.now().0,
                    ],
                )
                .await
        };
        run.await.map_err(|error| OpenError::Migration {
            name: migration.name,
            source: error.into(),
        })?;
        tracing::info!(migration = migration.name, "migrated");
    }
    Ok(())
}
