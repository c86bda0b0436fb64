//! `gateway.import`: a CSV file of a million items goes into a running gateway's outbox, against
//! inserting the same rows into the same table.
//!
//! Delivery has begun within a second; then the platform, which would take the same cores, goes
//! away, and what the gateway took waits for it.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection as Sqlite;
use serde_json::json;
use tokio_postgres::NoTls;

use crate::Result;
use crate::http::Connection;
use crate::merchant::{self, GATEWAY_URL, Merchant, USERS};
use crate::ours;
use crate::process::Process;
use crate::rounds::{Plan, Side, compared, median, print, rounded};
use crate::storage::{Engine, Storage};
use crate::wrk::whole;

const ITEMS: usize = 1_000_000;
/// Rows that share a commit, as many as items that the gateway takes at a time.
const TOGETHER: usize = 250;
const BUDGET: f64 = 0.4;
const MB_MAX: u32 = 150;
const PAUSE: Duration = Duration::from_millis(10);

/// What a round showed.
struct Round {
    imported: f64,
    inserted: f64,
    first_delivery_ms: f64,
    gateway_mb: f64,
    import_mb: f64,
}

/// Items a second against rows a second, the time to the first delivery, and memory.
pub(crate) fn run(engine: Engine, plan: Plan<'_>) -> Result<()> {
    let (mut ours, mut ceiling) = (Side::default(), Side::default());
    let (mut firsts, mut gateways, mut imports) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let round = round(engine, plan)?;
        eprintln!(
            "  {:.0} items/s, {:.0} rows/s; delivery after {:.0} ms; {:.0} and {:.0} MB",
            round.imported,
            round.inserted,
            round.first_delivery_ms,
            round.gateway_mb,
            round.import_mb
        );
        ours.add_rate(round.imported, None);
        ceiling.add_rate(round.inserted, None);
        firsts.push(round.first_delivery_ms);
        gateways.push(round.gateway_mb);
        imports.push(round.import_mb);
    }
    let mut fields = compared(&ours, "inserting", &ceiling);
    fields.insert("budget".to_owned(), json!(BUDGET));
    for (name, values) in [
        ("first_delivery_ms", firsts),
        ("gateway_peak_mb", gateways),
        ("import_peak_mb", imports),
    ] {
        fields.insert(name.to_owned(), rounded(median(&values)));
    }
    fields.insert("peak_mb_max".to_owned(), json!(MB_MAX));
    print("gateway.import", engine.name(), "items/s", fields);
    Ok(())
}

fn round(engine: Engine, plan: Plan<'_>) -> Result<Round> {
    let storage = Storage::fresh(engine, plan.scratch)?;
    let merchant = Merchant::start(&storage)?;
    let file = write_file(&merchant.folder)?;
    let Merchant {
        platform,
        gateway,
        folder,
        ..
    } = merchant;
    let began = Instant::now();
    let mut import = start(&folder, &file)?;
    let mut connection = Connection::open(GATEWAY_URL)?;
    while Merchant::delivered(&mut connection)? == 0 {
        if !import.is_running() {
            return Err("the import ended before anything was delivered".into());
        }
        std::thread::sleep(PAUSE);
    }
    let first_delivery_ms = began.elapsed().as_secs_f64() * 1e3;
    drop(platform);
    let mut import_mb = 0.0;
    while import.is_running() {
        import_mb = import.peak_mb().unwrap_or(import_mb);
        std::thread::sleep(PAUSE);
    }
    let seconds = began.elapsed().as_secs_f64();
    let gateway_mb = gateway.peak_mb()?;
    drop(gateway);
    let taken = taken(&storage)?;
    if taken != ITEMS {
        return Err(format!("{taken} of {ITEMS} items were taken").into());
    }
    Ok(Round {
        imported: whole(ITEMS as u64) / seconds,
        inserted: insert(&storage)?,
        first_delivery_ms,
        gateway_mb,
        import_mb,
    })
}

fn write_file(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("items.csv");
    let mut file = BufWriter::new(File::create(&path)?);
    writeln!(
        file,
        "key,user,type,dateTime,total,currencyCode,seller.name,\
         seller.location.address.addressCountry,payments.0.amount"
    )?;
    for number in 0..ITEMS {
        let user = merchant::user_ref(number % USERS);
        let cents = number % 100;
        writeln!(
            file,
            "sale-{number},{user},general,2026-11-16T08:05:00-08:00,4.{cents:02},USD,\
             Bluebird Cafe,US,4.{cents:02}"
        )?;
    }
    file.flush()?;
    Ok(path)
}

fn start(folder: &Path, file: &Path) -> Result<Process> {
    let mut command = ours::bursar();
    command.args(["gateway", "import", "--url", GATEWAY_URL, "--key-file"]);
    command.arg(merchant::key_file(folder)?).arg(file);
    Process::start(&mut command)
}

/// The gateway's database.
fn sqlite(storage: &Storage) -> Result<Sqlite> {
    Ok(Sqlite::open(
        storage.folder().join("merchant/data/bursar.db"),
    )?)
}

fn taken(storage: &Storage) -> Result<usize> {
    let count = "SELECT COUNT(*) FROM delivery_item";
    let Some(url) = storage.gateway_url() else {
        let count: i64 = sqlite(storage)?.query_row(count, [], |row| row.get(0))?;
        return Ok(usize::try_from(count)?);
    };
    let count = tokio::runtime::Runtime::new()?.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        Ok::<i64, tokio_postgres::Error>(client.query_one(count, &[]).await?.get(0))
    })?;
    Ok(usize::try_from(count)?)
}

const COLUMNS: &str = "app_id, connection_id, user_ref, key, fingerprint, kind, receipt_type, \
     body, state, attempts, doubtful, give_up_at, accepted_at";

/// A row as the gateway keeps it, by its number.
struct Row {
    connection_id: Vec<u8>,
    user_ref: String,
    key: String,
    fingerprint: Vec<u8>,
    body: String,
}

impl Row {
    fn new(number: usize) -> Self {
        let cents = number % 100;
        let total = format!("4.{cents:02}");
        let body = json!({
            "dateTime": "2026-11-16T08:05:00-08:00", "total": total, "currencyCode": "USD",
            "seller": {"name": "Bluebird Cafe", "location": {"address": {"addressCountry": "US"}}},
            "payments": [{"amount": total}],
        });
        // As many bytes as a hash, and as little in order.
        let mixed = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        Self {
            connection_id: vec![u8::try_from(number % USERS).unwrap_or(0); 16],
            user_ref: merchant::user_ref(number % USERS),
            key: format!("sale-{number}"),
            fingerprint: [mixed.to_be_bytes(), mixed.to_le_bytes()].concat(),
            body: body.to_string(),
        }
    }
}

/// Inserts the same rows into a table like the gateway's; answers how many a second.
fn insert(storage: &Storage) -> Result<f64> {
    let began = match storage.gateway_url() {
        None => insert_sqlite(storage)?,
        Some(url) => tokio::runtime::Runtime::new()?.block_on(insert_postgres(url))?,
    };
    Ok(whole(ITEMS as u64) / began.elapsed().as_secs_f64())
}

fn insert_sqlite(storage: &Storage) -> Result<Instant> {
    let gateways = sqlite(storage)?;
    let mut schema = gateways.prepare(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = 'delivery_item' AND sql IS NOT NULL
         ORDER BY type DESC",
    )?;
    let schema: Vec<String> = schema
        .query_map([], |row| row.get(0))?
        .collect::<std::result::Result<_, _>>()?;
    let mut db = Sqlite::open(storage.folder().join("ceiling.db"))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch(&schema.join(";\n"))?;
    let began = Instant::now();
    for first in (0..ITEMS).step_by(TOGETHER) {
        let together = db.transaction()?;
        let mut insert = together.prepare_cached(&format!(
            "INSERT INTO delivery_item ({COLUMNS}) VALUES ('bench', ?, ?, ?, ?, 'receipt', \
             'general', ?, 'waiting', 0, 0, 1, 1)"
        ))?;
        for number in first..(first + TOGETHER).min(ITEMS) {
            let row = Row::new(number);
            insert.execute((
                row.connection_id,
                row.user_ref,
                row.key,
                row.fingerprint,
                row.body,
            ))?;
        }
        drop(insert);
        together.commit()?;
    }
    Ok(began)
}

async fn insert_postgres(url: &str) -> Result<Instant> {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client
        .batch_execute("CREATE TABLE ceiling_item (LIKE delivery_item INCLUDING ALL)")
        .await?;
    let insert = client
        .prepare(&format!(
            "INSERT INTO ceiling_item ({COLUMNS}) VALUES ('bench', $1, $2, $3, $4, 'receipt', \
             'general', $5, 'waiting', 0, 0, 1, 1)"
        ))
        .await?;
    let began = Instant::now();
    for first in (0..ITEMS).step_by(TOGETHER) {
        let together = client.transaction().await?;
        let rows: Vec<_> = (first..(first + TOGETHER).min(ITEMS))
            .map(Row::new)
            .collect();
        // All are on their way before the first is answered.
        let inserts = rows.iter().map(|row| async {
            let Row {
                connection_id,
                user_ref,
                key,
                fingerprint,
                body,
            } = row;
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
                [connection_id, user_ref, key, fingerprint, body];
            together.execute(&insert, &values).await
        });
        futures_util::future::try_join_all(inserts).await?;
        together.commit().await?;
    }
    Ok(began)
}
