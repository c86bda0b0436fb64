//! A merchant's gateway before the platform, and users of both who are connected.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bursar::Gateway;
use bursar::config::{Config, Flags};
use bursar_gateway_connect::NewAccount;
use bursar_kernel::{Clock, Rng, Uuid};
use rusqlite::Connection as Sqlite;

use crate::Result;
use crate::http::Connection;
use crate::ours::{self, BASE_URL, CLIENT_ID, CLIENT_SECRET, PASSWORD, USER_ID};
use crate::process::Process;
use crate::storage::{Storage, execute};

/// Where the gateway is; not among the ports that the platform has.
pub(crate) const GATEWAY_URL: &str = "http://127.0.0.1:27130";
const LISTEN: &str = "127.0.0.1:27130";
/// As many as the gateway serves at once in one data center.
pub(crate) const USERS: usize = 32;

const APP: &str = "bench";
const API_KEY: &str = "bench-key";
/// SHA-256 of the key.
const API_KEY_HASH: &str = "b0962662e937d44c699c8305d90cbf190b3150c59b13863d1380b5cc3c711bb7";
/// Where the platform keeps its rows in its folder.
const FILE: &str = "bursar.db";
const READY_WAIT_MAX: Duration = Duration::from_mins(1);

/// Both, running, with users who are connected.
pub(crate) struct Merchant {
    pub(crate) platform: Process,
    pub(crate) gateway: Process,
    /// What the gateway was configured with.
    pub(crate) folder: PathBuf,
    /// The users' access tokens at the platform, in the order of their numbers.
    pub(crate) tokens: Vec<String>,
}

impl Merchant {
    /// Starts both on empty storage, and connects the users.
    pub(crate) fn start(storage: &Storage) -> Result<Self> {
        // It makes the tables and the people.
        drop(ours::start(storage)?);
        hire(storage)?;
        let platform = ours::start(storage)?;
        // Beside the folder of the gateway that the sandbox has.
        let folder = storage.folder().join("merchant");
        fs::create_dir(&folder)?;
        let config = write_config(&folder, storage)?;
        let tokens = connect(&config)?;
        let gateway = start_gateway(&config)?;
        Ok(Self {
            platform,
            gateway,
            folder,
            tokens,
        })
    }

    /// How many items the gateway has delivered.
    pub(crate) fn delivered(connection: &mut Connection) -> Result<u64> {
        let answer = connection.request("GET", "/metrics", &[], "")?;
        let lines = answer.body.lines();
        let counts = lines
            .filter(|line| line.starts_with("gateway_attempts_total"))
            .filter(|line| line.contains("outcome=\"delivered\""))
            .filter_map(|line| line.rsplit_once(' '));
        Ok(counts
            .map(|(_, count)| count.parse::<u64>())
            .sum::<std::result::Result<_, _>>()?)
    }
}

/// The header of the gateway's API.
pub(crate) fn authorization() -> (&'static str, String) {
    ("Authorization", format!("Bearer {API_KEY}"))
}

/// A file with the key of the gateway's API.
pub(crate) fn key_file(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("api-key");
    fs::write(&path, API_KEY)?;
    Ok(path)
}

/// What the merchant calls a user.
pub(crate) fn user_ref(number: usize) -> String {
    format!("user{number}@bench.example.com")
}

/// More people like the traveller, who sign in with the same password.
fn hire(storage: &Storage) -> Result<()> {
    let traveller = bursar_kernel::hex32(&Uuid::try_parse(USER_ID)?);
    let mut statements = Vec::new();
    for number in 0..USERS {
        let id = format!("{:032x}", 0xb00c + number);
        let (id, traveller) = match storage.url() {
            Some(_) => (
                format!("decode('{id}', 'hex')"),
                format!("decode('{traveller}', 'hex')"),
            ),
            None => (format!("x'{id}'"), format!("x'{traveller}'")),
        };
        let name = user_ref(number);
        statements.push(format!(
            "INSERT INTO directory_user (company_id, id, user_name, user_name_key, password_hash, \
             email, email_key, email_domain, given_name, family_name, locale, role, state, \
             created_at) \
             SELECT company_id, {id}, '{name}', '{name}', password_hash, '{name}', '{name}', \
             'bench.example.com', given_name, family_name, locale, role, state, created_at \
             FROM directory_user WHERE id = {traveller}"
        ));
    }
    if let Some(url) = storage.url() {
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        return execute(url, &statements);
    }
    let connection = Sqlite::open(storage.folder().join(FILE))?;
    Ok(connection.execute_batch(&statements.join(";\n"))?)
}

fn write_config(folder: &Path, storage: &Storage) -> Result<PathBuf> {
    let secret = folder.join("client-secret");
    fs::write(&secret, CLIENT_SECRET)?;
    let data = folder.join("data");
    let mut text = format!("data = \"{}\"\n", data.display());
    if let Some(url) = storage.gateway_url() {
        writeln!(text, "database_url = {url:?}")?;
    }
    write!(
        text,
        "[gateway]\nlisten = {LISTEN:?}\n\
         [[gateway.app]]\nid = {APP:?}\nenvironment = \"development\"\nclient_id = {CLIENT_ID:?}\n\
         client_secret_file = \"{}\"\nbase_uri = {BASE_URL:?}\n\
         api_key_hashes = [{API_KEY_HASH:?}]\n",
        secret.display()
    )?;
    let path = folder.join("gateway.toml");
    fs::write(&path, text)?;
    Ok(path)
}

/// Connects each user, in this process, before the gateway has one of its own.
fn connect(config: &Path) -> Result<Vec<String>> {
    let flags = Flags {
        config: Some(config.to_owned()),
        ..Flags::default()
    };
    let config = Config::load(&flags)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let gateway = Gateway::start(&config).await?;
        let mut tokens = Vec::new();
        for number in 0..USERS {
            tokens.push(connect_one(&gateway, number).await?);
        }
        gateway.serve(std::future::ready(())).await;
        Ok(tokens)
    })
}

/// Connects a user as the exchange of old tokens does: by a first refresh.
async fn connect_one(gateway: &Gateway, number: usize) -> Result<String> {
    let name = user_ref(number);
    let (access, refresh) = ours::tokens_of(&name, PASSWORD)?;
    let vault = gateway.vault();
    let app = vault.apps().get(APP).ok_or("no app")?;
    let refresh = refresh.into();
    let granted = app.client.refresh(&refresh, app.client.home()).await;
    let granted = granted.map_err(|failure| failure.to_string())?;
    let account = NewAccount {
        app_id: APP.to_owned(),
        id: Rng::system().uuid(),
        user_ref: name.clone(),
        email: None,
        name,
        password_hash: None,
        at: Clock::system().now(),
    };
    let account = vault.account(account).await?;
    vault.connect(APP, Some(account.id), granted).await?;
    Ok(access)
}

fn start_gateway(config: &Path) -> Result<Process> {
    let mut command: Command = ours::bursar();
    command.args(["gateway", "--log", "warn", "--config"]);
    command.arg(config);
    let mut process = Process::start(&mut command)?;
    let started = Instant::now();
    loop {
        let answer = Connection::open(GATEWAY_URL)
            .and_then(|mut connection| connection.request("GET", "/ready", &[], ""));
        if answer.is_ok_and(|answer| answer.status == 200) {
            return Ok(process);
        }
        if !process.is_running() || started.elapsed() > READY_WAIT_MAX {
            return Err("the gateway did not become ready".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
