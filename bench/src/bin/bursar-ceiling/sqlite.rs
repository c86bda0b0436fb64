//! One writer thread; everything that waits shares one transaction and one fsync.

use std::path::Path;

use rusqlite::{Connection, params};
use tokio::sync::mpsc;

use crate::rows::{
    DELETE_JOB, FINISH_RECEIPT, INSERT_APP, INSERT_CONNECTION, INSERT_EXPENSE, INSERT_JOB,
    INSERT_RECEIPT, INSERT_REFRESH_TOKEN, OWNER, Processed, Receipt, Request, USE_REFRESH_TOKEN,
    Write, Writer,
};
use crate::{Error, tokens};

const GROUP_LEN_MAX: usize = 256;

/// Our own tables and indexes: what a receipt and a token touch, no more and no less.
const SCHEMA: &str = concat!(
    include_str!("../../../../migrations/0001_jobs_queue.sqlite.sql"),
    include_str!("../../../../migrations/0003_oauth_tokens.sqlite.sql"),
    include_str!("../../../../migrations/0004_expense_available.sqlite.sql"),
    include_str!("../../../../migrations/0005_receipts_receipt.sqlite.sql"),
    include_str!("../../../../migrations/0010_oauth_connection.sqlite.sql"),
    include_str!("../../../../migrations/0028_receipts_attempt.sqlite.sql"),
);

/// Makes the file with its tables and starts the writer.
pub(crate) fn start(file: &Path) -> Result<Writer, Error> {
    let connection = Connection::open(file)?;
    // As ours: the WAL is moved into the file about every 4,000 pages, not every 1,000.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY;",
    )?;
    connection.set_prepared_statement_cache_capacity(256);
    connection.execute_batch(SCHEMA)?;
    connection.execute(INSERT_APP, params![OWNER])?;
    connection.execute(INSERT_CONNECTION, params![OWNER])?;
    for hash in tokens::seeded_hashes() {
        connection.execute(INSERT_REFRESH_TOKEN, params![hash, OWNER])?;
    }
    let (writer, queue) = Writer::new();
    std::thread::spawn(move || {
        if let Err(error) = serve(&connection, queue) {
            eprintln!("the writer stopped: {error}");
        }
    });
    Ok(writer)
}

fn serve(connection: &Connection, mut queue: mpsc::Receiver<Request>) -> rusqlite::Result<()> {
    let mut group = Vec::with_capacity(GROUP_LEN_MAX);
    while queue.blocking_recv_many(&mut group, GROUP_LEN_MAX) > 0 {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for request in &group {
            match &request.write {
                Write::Receipt(receipt) => insert_receipt(connection, receipt)?,
                Write::Processed(processed) => finish(connection, processed)?,
                Write::UseRefreshToken { hash, now } => {
                    connection
                        .prepare_cached(USE_REFRESH_TOKEN)?
                        .execute(params![hash, now])?;
                }
            }
        }
        connection.execute_batch("COMMIT")?;
        for request in group.drain(..) {
            // A caller that went away wants no answer.
            let _ = request.done.send(());
        }
    }
    Ok(())
}

fn insert_receipt(connection: &Connection, receipt: &Receipt) -> rusqlite::Result<()> {
    let Receipt {
        id,
        key,
        document,
        payload,
        correlation_id,
        now,
        image,
    } = receipt;
    let row = params![
        OWNER,
        id,
        OWNER,
        document,
        OWNER,
        correlation_id,
        now,
        image
    ];
    connection.prepare_cached(INSERT_RECEIPT)?.execute(row)?;
    let row = params![key, payload, correlation_id, now];
    connection.prepare_cached(INSERT_JOB)?.execute(row)?;
    Ok(())
}

fn finish(connection: &Connection, processed: &Processed) -> rusqlite::Result<()> {
    let Processed {
        id,
        key,
        blob,
        facts,
        now,
    } = processed;
    let row = params![OWNER, id, blob, now];
    connection.prepare_cached(FINISH_RECEIPT)?.execute(row)?;
    let row = params![
        OWNER,
        id,
        facts.merchant,
        facts.date_time,
        facts.total,
        facts.currency_code,
        now
    ];
    connection.prepare_cached(INSERT_EXPENSE)?.execute(row)?;
    connection
        .prepare_cached(DELETE_JOB)?
        .execute(params![key])?;
    Ok(())
}
