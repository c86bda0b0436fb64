//! Bursar as a subject: `bursar sandbox`, the platform with seeded companies, and what its
//! clients send.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::{Answer, Connection};
use crate::process::Process;
use crate::rounds::{Running, Subject};
use crate::storage::Storage;
use crate::wrk::Load;
use crate::{Bench, Result, bodies};

/// The sandbox's first data center, `us`; the others listen on the ports that follow. They are
/// below those that the system gives to clients: one of the load's could still have it.
pub(crate) const BASE_URL: &str = "http://127.0.0.1:27110";
const PORT: &str = "27110";

/// The partner app and the traveller of `seeds/sandbox.toml`.
pub(crate) const CLIENT_ID: &str = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51";
pub(crate) const CLIENT_SECRET: &str = "a7d0c1e2-93f4-4b65-8c76-d7e8f9a0b151";
const USERNAME: &str = "ana@northwind.example.com";
pub(crate) const PASSWORD: &str = "ana-travels-light";
pub(crate) const USER_ID: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c11";
pub(crate) const COMPANY_ID: &str = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01";

const GENERAL: &str = "general-receipt.schema.json";
const AIR: &str = "air-receipt.schema.json";

/// One connection of the load refreshes one of these.
const REFRESH_TOKENS: usize = 128;
const READY_WAIT_MAX: Duration = Duration::from_mins(1);

/// Bursar under one bench's load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ours(pub(crate) Bench);

impl Subject for Ours {
    fn start(&self, storage: &Storage) -> Result<Running> {
        let process = start(storage)?;
        let load = match self.0 {
            Bench::TokenRefresh => refresh_load()?,
            Bench::TokenClientCredentials => token_load(vec![client_credentials()]),
            Bench::ReceiptPostAir => receipt_load_of(AIR, json(), bodies::air()?)?,
            Bench::ReceiptPostImage => image_load()?,
            _ => receipt_load()?,
        };
        Ok(Running {
            process,
            base_url: BASE_URL.to_owned(),
            load,
        })
    }
}

/// Starts the sandbox and waits until it is ready.
pub(crate) fn start(storage: &Storage) -> Result<Process> {
    let mut command = bursar();
    command.args(["sandbox", "--port", PORT, "--log", "warn"]);
    command.arg("--data").arg(storage.folder());
    if let Some(url) = storage.url() {
        command.env("BURSAR_DATABASE_URL", url);
    }
    let mut process = Process::start(&mut command)?;
    let started = Instant::now();
    while !is_ready() {
        if !process.is_running() || started.elapsed() > READY_WAIT_MAX {
            return Err("bursar did not become ready".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(process)
}

/// The program, built beside us.
pub(crate) fn bursar() -> Command {
    let here = std::env::current_exe().unwrap_or_default();
    Command::new(here.with_file_name("bursar"))
}

fn is_ready() -> bool {
    let answer = Connection::open(BASE_URL).and_then(|mut c| c.request("GET", "/ready", &[], ""));
    answer.is_ok_and(|answer| answer.status == 200)
}

/// What each request that posts a receipt says.
pub(crate) fn receipt_load() -> Result<Load> {
    receipt_load_of(GENERAL, json(), bodies::general())
}

/// What each request that posts a receipt with a picture says.
pub(crate) fn image_load() -> Result<Load> {
    let picture = bodies::jpeg(bodies::PICTURE_LEN)?;
    receipt_load_of(GENERAL, bodies::form_type(), bodies::form(&picture))
}

fn receipt_load_of(schema: &str, content_type: String, body: Vec<u8>) -> Result<Load> {
    let link = format!("<http://schema.concursolutions.com/{schema}>;rel=\"describedBy\"");
    Ok(Load {
        method: "POST",
        path: receipts_path(),
        headers: vec![
            authorization()?,
            ("Content-Type", content_type),
            ("Link", link),
        ],
        bodies: vec![body],
    })
}

/// Where the traveller's receipts are.
pub(crate) fn receipts_path() -> String {
    format!("/receipts/v4/users/{USER_ID}")
}

/// The traveller's access token as a header.
pub(crate) fn authorization() -> Result<(&'static str, String)> {
    let token = text_of(&token(&password())?, "access_token")?;
    Ok(("Authorization", format!("Bearer {token}")))
}

fn json() -> String {
    "application/json".to_owned()
}

fn refresh_load() -> Result<Load> {
    let client = client();
    let bodies = (0..REFRESH_TOKENS).map(|_| {
        let refresh_token = text_of(&token(&password())?, "refresh_token")?;
        let form = format!("{client}&grant_type=refresh_token&refresh_token={refresh_token}");
        Ok(form)
    });
    Ok(token_load(bodies.collect::<Result<_>>()?))
}

fn token_load(bodies: Vec<String>) -> Load {
    Load {
        method: "POST",
        path: "/oauth2/v0/token".to_owned(),
        headers: vec![form()],
        bodies: bodies.into_iter().map(String::into_bytes).collect(),
    }
}

/// Signs the traveller in.
pub(crate) fn sign_in(connection: &mut Connection) -> Result<()> {
    token_on(connection, &password()).map(drop)
}

fn token(body: &str) -> Result<Value> {
    token_on(&mut Connection::open(BASE_URL)?, body)
}

fn token_on(connection: &mut Connection, body: &str) -> Result<Value> {
    let Answer { status, body, .. } =
        connection.request("POST", "/oauth2/v0/token", &[form()], body)?;
    match status {
        200 => Ok(serde_json::from_str(&body)?),
        _ => Err(format!("no token: {status} {body}").into()),
    }
}

fn text_of(answer: &Value, field: &str) -> Result<String> {
    Ok(answer[field]
        .as_str()
        .ok_or_else(|| format!("no {field} in the answer"))?
        .to_owned())
}

fn form() -> (&'static str, String) {
    (
        "Content-Type",
        "application/x-www-form-urlencoded".to_owned(),
    )
}

fn client() -> String {
    format!("client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}")
}

fn client_credentials() -> String {
    format!("{}&grant_type=client_credentials", client())
}

fn password() -> String {
    password_of(USERNAME, PASSWORD)
}

fn password_of(user_name: &str, password: &str) -> String {
    format!(
        "{}&grant_type=password&username={user_name}&password={password}",
        client()
    )
}

/// Somebody's access and refresh token.
pub(crate) fn tokens_of(user_name: &str, password: &str) -> Result<(String, String)> {
    let answer = token(&password_of(user_name, password))?;
    Ok((
        text_of(&answer, "access_token")?,
        text_of(&answer, "refresh_token")?,
    ))
}
