//! The ceiling as a subject: `bursar-ceiling`, built beside us.

use std::process::Command;

use crate::process::Process;
use crate::rounds::{Running, Subject};
use crate::storage::Storage;
use crate::wrk::Load;
use crate::{Bench, Result};

/// As many refresh tokens as the ceiling seeds.
const REFRESH_TOKENS: usize = 128;

/// The ceiling of one bench.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ceiling(pub(crate) Bench);

impl Subject for Ceiling {
    fn start(&self, storage: &Storage) -> Result<Running> {
        let mut command = Command::new(std::env::current_exe()?.with_file_name("bursar-ceiling"));
        match storage.url() {
            Some(url) => command.args(["--postgres", url]),
            None => command
                .arg("--sqlite")
                .arg(storage.folder().join("ceiling.db")),
        };
        if self.0 == Bench::ReceiptEndToEnd {
            command
                .arg("--pictures")
                .arg(storage.folder().join("pictures"));
        }
        let (process, base_url) = Process::start_announced(&mut command)?;
        Ok(Running {
            process,
            base_url,
            load: load(self.0),
        })
    }
}

fn load(bench: Bench) -> Load {
    let (path, content_type, bodies) = match bench {
        Bench::TokenRefresh => (
            "/token/refresh",
            "application/x-www-form-urlencoded",
            refreshes(),
        ),
        Bench::TokenClientCredentials => (
            "/token/client_credentials",
            "application/x-www-form-urlencoded",
            vec!["grant_type=client_credentials&client_id=app&client_secret=secret".to_owned()],
        ),
        _ => (
            "/receipts",
            "application/json",
            vec![crate::RECEIPT.trim().to_owned()],
        ),
    };
    Load {
        method: "POST",
        path: path.to_owned(),
        headers: vec![("Content-Type", content_type.to_owned())],
        bodies,
    }
}

fn refreshes() -> Vec<String> {
    (0..REFRESH_TOKENS)
        .map(|n| format!("grant_type=refresh_token&refresh_token=ceiling-refresh-token-{n:04}"))
        .collect()
}
