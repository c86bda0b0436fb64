//! The control socket: how `bursar admin` reaches a running process.
//!
//! A Unix socket in the data folder that only its owner can open. Each connection carries one line
//! of JSON, an [`Order`], and gets one line back, `{"done": …}` or `{"refused": …}`. Why so:
//! `docs/decisions/0005-control-socket.md`.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::admin::{Admin, Order};

/// An order is a short line.
const LINE_MAX: u64 = 4096;
/// How long an order may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);
/// How long the caller waits for its answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A bound control socket.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

/// Serves orders until it is dropped; then the socket is gone.
pub(crate) struct Serving {
    task: JoinHandle<()>,
    path: PathBuf,
}

/// Why the control socket cannot be had, or an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The socket cannot be made.
    #[error("cannot make the control socket {path}: {source}; its path may be too long")]
    Bind {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody answers.
    #[error(
        "no process answers at {path}: {source}; start `bursar platform` or `bursar sandbox` on \
         this data folder first, or name theirs with --data"
    )]
    Nobody {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The process said no.
    #[error("{0}")]
    Refused(String),
}

/// What comes back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reply {
    Done(String),
    Refused(String),
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}

impl Control {
    /// Makes the socket in a data folder, in place of one that a dead process left. None when
    /// another process of this installation answers there already.
    ///
    /// It is made in a folder that nobody else can enter and moved into place once its mode is
    /// right, so that there is no moment when others could open it.
    pub fn bind(folder: &Path) -> Result<Option<Self>, ControlError> {
        let path = socket(folder);
        if BlockingStream::connect(&path).is_ok() {
            tracing::warn!(path = %path.display(), "another process has the control socket");
            return Ok(None);
        }
        let private = folder.join(".control");
        let bind = || {
            match fs::remove_dir_all(&private) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            DirBuilder::new().mode(0o700).create(&private)?;
            let made = private.join("s");
            let listener = UnixListener::bind(&made)?;
            fs::set_permissions(&made, Permissions::from_mode(0o600))?;
            fs::rename(&made, &path)?;
            fs::remove_dir(&private)?;
            Ok(listener)
        };
        match bind() {
            Ok(listener) => Ok(Some(Self { listener, path })),
            Err(source) => Err(ControlError::Bind { path, source }),
        }
    }

    /// Carries orders out, one at a time.
    pub(crate) fn serve(self, admin: Admin) -> Serving {
        let Self { listener, path } = self;
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        if let Err(error) = answer(stream, &admin).await {
                            tracing::warn!(%error, "a control connection broke");
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "cannot accept a control connection");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        Serving { task, path }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
        // A data folder may be gone before its process is, in tests.
        drop(fs::remove_file(&self.path));
    }
}

async fn answer(stream: UnixStream, admin: &Admin) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut line = String::new();
    let mut from = tokio::io::BufReader::new(from.take(LINE_MAX));
    if timeout(ARRIVAL, from.read_line(&mut line)).await?? == 0 {
        // Another process only wanted to know whether anybody is here.
        return Ok(());
    }
    let reply = match serde_json::from_str::<Order>(&line) {
        Err(error) => Reply::Refused(format!("no order: {error}")),
        Ok(order) => match admin.carry_out(&order).await {
            Ok(done) => Reply::Done(done),
            Err(error) => Reply::Refused(error.to_string()),
        },
    };
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    timeout(ARRIVAL, to.write_all(&line)).await?
}

/// Has the process that owns a data folder carry out an order, and answers what it did.
pub fn ask(folder: &Path, order: &Order) -> Result<String, ControlError> {
    let path = socket(folder);
    let exchange = || {
        let mut stream = BlockingStream::connect(&path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        stream.write_all(&line)?;
        let mut answer = String::new();
        BufReader::new(stream.take(u64::MAX)).read_line(&mut answer)?;
        Ok(serde_json::from_str::<Reply>(&answer)?)
    };
    match exchange() {
        Ok(Reply::Done(done)) => Ok(done),
        Ok(Reply::Refused(why)) => Err(ControlError::Refused(why)),
        Err(source) => Err(ControlError::Nobody { path, source }),
    }
}
