//! `bursar gateway import`: a file of items goes into a running gateway's outbox.
//!
//! The file is read as it goes, however large it is. What the gateway took is durable there, so a
//! run that was cut off is simply started again: items have keys, and a key is taken once.

mod rows;
mod send;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use bursar_kernel::Rng;

use rows::Format;
use send::{Sender, read_ahead};

pub(crate) use rows::Rows;
pub(crate) use send::Outlet;

/// What to import, and where.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportFlags {
    /// The file: JSON Lines (.jsonl) or CSV (.csv)
    pub file: PathBuf,
    /// Where the gateway is
    #[arg(
        long,
        env = "BURSAR_GATEWAY_URL",
        default_value = "http://127.0.0.1:8090"
    )]
    pub url: String,
    /// A file with the app's API key; without it, `BURSAR_GATEWAY_KEY`
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// The file's form, where its name does not tell it
    #[arg(long)]
    pub format: Option<Format>,
    /// What stands between the fields of a CSV file [default: the one of , ; and tab that its
    /// first line has]
    #[arg(long)]
    pub delimiter: Option<char>,
    /// Where rejected items go, with their reasons [default: the file's name with .rejected.jsonl]
    #[arg(long, value_name = "FILE")]
    pub rejected: Option<PathBuf>,
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file as a whole is not what is documented.
    #[error("{path}: {problem}")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and what to do.
        problem: String,
    },
    /// There is no API key.
    #[error("give the app's API key: --key-file FILE, or BURSAR_GATEWAY_KEY")]
    NoKey,
    /// The gateway did not take a batch. Everything before it is safe there.
    #[error("{0}; start the import again to go on: what was taken is not taken twice")]
    Gateway(String),
}

/// What became of the rows.
#[derive(Clone, Copy, Default, Debug)]
pub struct Imported {
    /// In the outbox now, or before already.
    pub accepted: u64,
    /// In the file of rejected items.
    pub rejected: u64,
}

/// Imports the file, and tells on standard error how far it is.
pub async fn import(flags: &ImportFlags) -> Result<Imported, ImportError> {
    let key = api_key(flags)?;
    let rows = Rows::open(&flags.file, flags.format, flags.delimiter)?;
    let rejected = flags
        .rejected
        .clone()
        .unwrap_or_else(|| with_suffix(&flags.file, ".rejected.jsonl"));
    let mut progress = Progress::new(rows.bytes());
    let outlet = Outlet::Gateway(Sender::new(&flags.url, &key, Rng::system()));
    let show = |done: &Imported, read| progress.show(done, read);
    let done = pour(rows, &outlet, rejected, show).await?;
    progress.end();
    Ok(done)
}

/// Hands the rows over, batch by batch; what is refused goes into a file. `show` is told what is
/// done, and how many bytes of the file were read.
pub(crate) async fn pour(
    rows: Rows,
    outlet: &Outlet,
    rejected: PathBuf,
    mut show: impl FnMut(&Imported, u64),
) -> Result<Imported, ImportError> {
    let mut rejects = Rejects::new(rejected);
    let mut done = Imported::default();
    let mut batches = read_ahead(rows);
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        for row in &batch.faulty {
            let fault = row.fault.as_deref().unwrap_or_default();
            rejects.add(row.line, &fault.into(), &row.item)?;
        }
        let refused = outlet.send(&batch).await?;
        done.accepted += batch.len() - refused.len() as u64;
        for refused in refused {
            rejects.add(refused.line, &refused.refusal, &refused.item)?;
        }
        done.rejected = rejects.count;
        show(&done, batch.read);
    }
    rejects.finish()?;
    Ok(done)
}

fn api_key(flags: &ImportFlags) -> Result<String, ImportError> {
    let text = match &flags.key_file {
        Some(path) => std::fs::read_to_string(path).map_err(|source| ImportError::File {
            path: path.clone(),
            source,
        })?,
        None => std::env::var("BURSAR_GATEWAY_KEY").map_err(|_| ImportError::NoKey)?,
    };
    let key = text.trim();
    if key.is_empty() {
        return Err(ImportError::NoKey);
    }
    Ok(key.to_owned())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The file of rejected items, made when the first one comes.
pub(crate) struct Rejects {
    path: PathBuf,
    file: Option<std::io::BufWriter<std::fs::File>>,
    count: u64,
}

impl Rejects {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            count: 0,
        }
    }

    /// Keeps a row with what is wrong with it: JSON, one object a line.
    pub(crate) fn add(
        &mut self,
        line: u64,
        refusal: &serde_json::Value,
        item: &str,
    ) -> Result<(), ImportError> {
        self.count += 1;
        let row = serde_json::json!({ "line": line, "refusal": refusal, "item": item });
        let failed = |source| ImportError::File {
            path: self.path.clone(),
            source,
        };
        if self.file.is_none() {
            let file = std::fs::File::create(&self.path).map_err(failed)?;
            self.file = Some(std::io::BufWriter::new(file));
        }
        let file = self.file.as_mut();
        file.map_or(Ok(()), |file| writeln!(file, "{row}"))
            .map_err(failed)
    }

    fn finish(self) -> Result<(), ImportError> {
        let Some(file) = self.file else {
            return Ok(());
        };
        let flushed = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error);
        let synced = flushed.and_then(|file| file.sync_all());
        synced.map_err(|source| ImportError::File {
            path: self.path,
            source,
        })
    }
}

/// One line on a terminal, written again and again; nothing where nobody looks.
struct Progress {
    began: Instant,
    bytes: u64,
    on_terminal: bool,
}

impl Progress {
    fn new(bytes: u64) -> Self {
        Self {
            began: Instant::now(),
            bytes,
            on_terminal: std::io::stderr().is_terminal(),
        }
    }

    fn show(&mut self, done: &Imported, read: u64) {
        if !self.on_terminal {
            return;
        }
        let percent = (read.min(self.bytes) * 100)
            .checked_div(self.bytes)
            .unwrap_or(100);
        let filled = usize::try_from(percent / 5).unwrap_or(20);
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(20 - filled));
        let Imported { accepted, rejected } = done;
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "a rate for eyes")]
        let rate = (accepted + rejected) as f64 / seconds;
        eprint!("\r{bar} {percent:>3} %  {accepted} accepted, {rejected} rejected, {rate:.0}/s ");
    }

    fn end(self) {
        if self.on_terminal {
            eprintln!();
        }
    }
}
