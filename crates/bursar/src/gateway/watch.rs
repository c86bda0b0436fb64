//! Watched folders: a file that is put into one goes into the outbox by itself.
//!
//! A file is taken once it has come to rest: its size and time are those of the look before. What
//! was taken goes to `done`; rows that were refused stand in `rejected`, with their reasons, as
//! does a file that is none. A crash leaves the file where it was, and it is read again: items have
//! keys, and a key is taken once.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bursar_gateway_delivery::Outbox;

use super::import::{ImportError, Imported, Outlet, Rows, pour};

/// How often a folder is looked at: what is there can be on a file server, which tells nothing.
const EVERY: Duration = Duration::from_secs(2);
const ENDINGS: [&str; 4] = ["csv", "tsv", "jsonl", "ndjson"];

/// A folder that is watched for an app.
pub struct Watch {
    folder: PathBuf,
    outlet: Outlet,
    /// The files of the last look: size and time of change.
    seen: HashMap<OsString, (u64, SystemTime)>,
}

impl Watch {
    /// Makes the folder and what is in it, if they are not there.
    pub fn new(folder: &Path, outbox: Outbox, app_id: &str) -> io::Result<Self> {
        for name in ["done", "rejected"] {
            fs::create_dir_all(folder.join(name))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            outlet: Outlet::Outbox(outbox, app_id.to_owned()),
            seen: HashMap::new(),
        })
    }

    /// Goes on until it is dropped.
    pub async fn run(mut self) {
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(folder = %self.folder.display(), %error, "a folder was not read");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Takes the files that have come to rest, in the order of their names; answers how many.
    pub async fn look(&mut self) -> io::Result<usize> {
        let (mut there, mut rested) = (HashMap::new(), Vec::new());
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Of the entry itself: a link leads who knows where.
            let about = entry.metadata()?;
            let name = entry.file_name();
            if !about.is_file() || !is_ours(&name) {
                continue;
            }
            let state = (about.len(), about.modified()?);
            if self.seen.get(&name) == Some(&state) {
                rested.push(name.clone());
            }
            there.insert(name, state);
        }
        self.seen = there;
        rested.sort();
        for name in &rested {
            self.take(name).await?;
            self.seen.remove(name);
        }
        Ok(rested.len())
    }

    async fn take(&self, name: &OsString) -> io::Result<()> {
        let path = self.folder.join(name);
        let rejected = self.folder.join("rejected");
        let refused = rejected.join(with_ending(name, ".rejected.jsonl"));
        let file = path.display();
        let poured = match Rows::open(&path, None, None) {
            Ok(rows) => pour(rows, &self.outlet, refused, |_, _| {}).await,
            Err(error) => Err(error),
        };
        match poured {
            Ok(Imported { accepted, rejected }) => {
                tracing::info!(%file, accepted, rejected, "took a file");
                set_aside(&path, &self.folder.join("done"), name)
            }
            Err(error @ ImportError::Form { .. }) => {
                tracing::error!(%error, "a file is none");
                let told = rejected.join(with_ending(name, ".problem.txt"));
                fs::write(told, format!("{error}\n"))?;
                set_aside(&path, &rejected, name)
            }
            // It stays, and is read again.
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

fn is_ours(name: &OsString) -> bool {
    let path = Path::new(name);
    let hidden = name.as_encoded_bytes().starts_with(b".");
    let ending = path.extension().and_then(|ending| ending.to_str());
    !hidden && ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

fn with_ending(name: &OsString, ending: &str) -> OsString {
    let mut name = name.clone();
    name.push(ending);
    name
}

/// Moves a file into a folder, under a name that nothing has there.
fn set_aside(path: &Path, folder: &Path, name: &OsString) -> io::Result<()> {
    let mut target = folder.join(name);
    let mut number = 1;
    while target.try_exists()? {
        number += 1;
        target = folder.join(with_ending(name, &format!(".{number}")));
    }
    fs::rename(path, target)
}
