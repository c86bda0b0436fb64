//! The ceiling as a subject: `bursar-ceiling`, built beside us.

use std::process::Command;

use crate::process::Process;
use crate::rounds::{Running, Subject};
use crate::storage::Storage;
use crate::wrk::Load;
use crate::{Bench, Result, bodies};

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
        if self.0 == Bench::ReceiptPostImage {
            let folder = storage.folder().join("images");
            command.arg("--images").arg(folder);
        }
        let (process, base_url) = Process::start_announced(&mut command)?;
        Ok(Running {
            process,
            base_url,
            load: load(self.0)?,
        })
    }
}

fn load(bench: Bench) -> Result<Load> {
    let (path, content_type, bodies) = match bench {
        Bench::TokenRefresh => ("/token/refresh", form(), refreshes()),
        Bench::TokenClientCredentials => (
            "/token/client_credentials",
            form(),
            vec![b"grant_type=client_credentials&client_id=app&client_secret=secret".to_vec()],
        ),
        Bench::ReceiptPostAir => ("/receipts", json(), vec![bodies::air()?]),
        Bench::ReceiptPostImage => {
            let picture = bodies::jpeg(bodies::PICTURE_LEN)?;
            (
                "/receipts/images",
                bodies::form_type(),
                vec![bodies::form(&picture)],
            )
        }
        _ => ("/receipts", json(), vec![bodies::general()]),
    };
    Ok(Load {
        method: "POST",
        path: path.to_owned(),
        headers: vec![("Content-Type", content_type)],
        bodies,
    })
}

fn json() -> String {
    "application/json".to_owned()
}

fn form() -> String {
    "application/x-www-form-urlencoded".to_owned()
}

fn refreshes() -> Vec<Vec<u8>> {
    (0..REFRESH_TOKENS)
        .map(|n| format!("grant_type=refresh_token&refresh_token=ceiling-refresh-token-{n:04}"))
        .map(String::into_bytes)
        .collect()
}
