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
use tokio::runtime::Handle;

use super::import::{ImportError, Imported, Outlet, Rows, pour};

/// How often a folder is looked at: what is there can be on a file server, which tells nothing.
const EVERY: Duration = Duration::from_secs(2);
const ENDINGS: [&str; 4] = ["csv", "tsv", "jsonl", "ndjson"];
/// Where files go.
const FOLDERS: [&str; 2] = ["done", "rejected"];
/// What stands behind a file's name for its refused rows, and for what is wrong with all of it.
const REFUSED: &str = ".rejected.jsonl";
const PROBLEM: &str = ".problem.txt";

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
        for name in FOLDERS {
            fs::create_dir_all(folder.join(name))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            outlet: Outlet::Outbox(outbox, app_id.to_owned()),
            seen: HashMap::new(),
        })
    }

    /// Goes on until it is dropped. A file server that hangs holds none of those up who answer
    /// requests.
    pub async fn run(mut self) {
        let runtime = Handle::current();
        loop {
            let runtime = runtime.clone();
            let looking = tokio::task::spawn_blocking(move || {
                let looked = runtime.block_on(self.look());
                (self, looked)
            });
            let Ok((watch, looked)) = looking.await else {
                tracing::error!("a watched folder is watched no more");
                return;
            };
            self = watch;
            if let Err(error) = looked {
                tracing::warn!(folder = %self.folder.display(), %error, "a folder was not read");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Takes the files that have come to rest, in the order of their names; answers how many. One
    /// that cannot be taken holds no other up, unless the outbox takes nothing. Blocks.
    pub async fn look(&mut self) -> io::Result<usize> {
        let (mut there, mut rested) = (HashMap::new(), Vec::new());
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // Of the entry itself: a link leads who knows where. It may be gone by now.
            let Ok(about) = entry.metadata() else {
                continue;
            };
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
        let mut taken = 0;
        for name in &rested {
            match self.take(name).await {
                Ok(()) => {
                    self.seen.remove(name);
                    taken += 1;
                }
                Err(TakeError::Import(error @ ImportError::Gateway(_))) => {
                    return Err(io::Error::other(error));
                }
                Err(error) => {
                    let file = self.folder.join(name);
                    tracing::warn!(file = %file.display(), %error, "a file was not taken");
                }
            }
        }
        Ok(taken)
    }

    async fn take(&self, name: &OsString) -> Result<(), TakeError> {
        let path = self.folder.join(name);
        let [done, rejected] = FOLDERS.map(|folder| self.folder.join(folder));
        let name = free_name(name, &done, &rejected)?;
        let poured = match Rows::open(&path, None, None) {
            Ok(rows) => {
                // Written anew by whoever comes after a crash, and in its place when it is whole.
                let refused = rejected.join(".refused");
                let poured = pour(rows, &self.outlet, refused.clone(), |_, _| {}).await?;
                if poured.rejected > 0 {
                    fs::rename(refused, rejected.join(with_ending(&name, REFUSED)))?;
                }
                poured
            }
            Err(error) => {
                tracing::error!(%error, "a file cannot be read");
                let told = rejected.join(with_ending(&name, PROBLEM));
                fs::write(told, format!("{error}\n"))?;
                return Ok(fs::rename(&path, rejected.join(name))?);
            }
        };
        let Imported { accepted, rejected } = poured;
        tracing::info!(file = %path.display(), accepted, rejected, "took a file");
        Ok(fs::rename(&path, done.join(name))?)
    }
}

/// Why a file stays where it is, and is tried again.
#[derive(Debug, thiserror::Error)]
enum TakeError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Io(#[from] io::Error),
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

/// The name itself, or with a number: one under which nothing of an earlier file stands.
fn free_name(name: &OsString, done: &Path, rejected: &Path) -> io::Result<OsString> {
    let mut free = name.clone();
    for number in 2.. {
        let places = [
            done.join(&free),
            rejected.join(&free),
            rejected.join(with_ending(&free, REFUSED)),
        ];
        let taken = places.iter().map(|place| place.try_exists());
        if !taken.collect::<io::Result<Vec<_>>>()?.contains(&true) {
            break;
        }
        free = with_ending(name, &format!(".{number}"));
    }
    Ok(free)
}
