//! Other people's servers as subjects, for the work that they do as well.

use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::http::Connection;
use crate::process::Process;
use crate::rounds::{Running, Subject};
use crate::storage::Storage;
use crate::wrk::Load;

const PROGRAM: &str = "oidc-provider.js";
const BODY: &str = "grant_type=client_credentials&client_id=app&client_secret=secret\
                    &scope=receipts.read+receipts.write";

/// The well-known OAuth server for Node, with its store in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OidcProvider;

impl OidcProvider {
    /// As the JSON lines name it.
    pub(crate) const NAME: &'static str = "oidc-provider";

    /// How much it keeps in memory after as many token requests as the demo makes.
    pub(crate) fn start_and_ask(storage: &Storage, requests: usize) -> Result<Process> {
        let Running {
            process,
            base_url,
            load,
        } = Self.start(storage)?;
        let mut connection = Connection::open(&base_url)?;
        for _ in 0..requests {
            let answer = connection.request(load.method, &load.path, &load.headers, BODY)?;
            if answer.status != 200 {
                return Err(format!("no token: {} {}", answer.status, answer.body).into());
            }
        }
        Ok(process)
    }
}

impl Subject for OidcProvider {
    fn start(&self, _: &Storage) -> Result<Running> {
        let folder = std::env::var_os("BURSAR_BENCH_PEERS")
            .map(PathBuf::from)
            .ok_or("BURSAR_BENCH_PEERS is not set; use `cargo xtask bench`")?;
        // Modules are found from the program's own folder.
        std::fs::write(
            folder.join(PROGRAM),
            include_str!("../peers/oidc-provider.js"),
        )?;
        let mut command = Command::new("node");
        command
            .arg(PROGRAM)
            .current_dir(folder)
            .env("NODE_ENV", "production");
        let (process, base_url) = Process::start_announced(&mut command)?;
        let form = "application/x-www-form-urlencoded".to_owned();
        let load = Load {
            method: "POST",
            path: "/token".to_owned(),
            headers: vec![("Content-Type", form)],
            bodies: vec![BODY.as_bytes().to_vec()],
        };
        Ok(Running {
            process,
            base_url,
            load,
        })
    }
}
