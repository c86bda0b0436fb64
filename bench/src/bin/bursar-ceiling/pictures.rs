//! `receipt.end_to_end`: what was accepted is rendered, its picture kept, and then told.
//!
//! Threads take what waits, at most 16 receipts at a time, whose files share one flush of their
//! folder. As ours, each file is on disk before the row that names it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_kernel::Micros;
use bursar_receipts::Facts;
use bursar_receipts::render::{ReceiptContext, standard_receipt};
use bursar_receipts::schema::ReceiptType;
use futures_util::future::try_join_all;
use tokio::runtime::Handle;

use crate::Error;
use crate::rows::{Processed, Write, Writer};

const GROUP_LEN_MAX: usize = 16;
/// While one waits for its rows, another renders.
const THREADS_PER_CORE: usize = 2;

/// A receipt whose row is durable.
pub(crate) struct Accepted {
    pub(crate) id: [u8; 16],
    pub(crate) key: String,
    pub(crate) document: serde_json::Value,
    /// Epoch microseconds.
    pub(crate) now: i64,
}

/// The way to the threads, and what they are through with.
#[derive(Clone)]
pub(crate) struct Pictures {
    queue: Sender<Accepted>,
    processed: Arc<Mutex<HashSet<String>>>,
}

impl Pictures {
    /// Starts the threads; they keep files in `folder`.
    pub(crate) fn start(folder: &Path, writer: &Writer) -> Result<Self, Error> {
        fs::create_dir_all(folder)?;
        let (queue, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let processed = Arc::default();
        let cores = std::thread::available_parallelism()?.get();
        for _ in 0..cores * THREADS_PER_CORE {
            let thread = Thread {
                folder: folder.to_owned(),
                writer: writer.clone(),
                processed: Arc::clone(&processed),
                runtime: Handle::current(),
            };
            let waiting = Arc::clone(&waiting);
            std::thread::spawn(move || {
                if let Err(error) = thread.serve(&waiting) {
                    eprintln!("a thread stopped: {error}");
                }
            });
        }
        Ok(Self { queue, processed })
    }

    pub(crate) fn make(&self, accepted: Accepted) {
        // A thread that has ended has told why.
        let _ = self.queue.send(accepted);
    }

    pub(crate) fn is_processed(&self, key: &str) -> bool {
        let processed = self.processed.lock();
        processed
            .unwrap_or_else(PoisonError::into_inner)
            .contains(key)
    }
}

struct Thread {
    folder: PathBuf,
    writer: Writer,
    processed: Arc<Mutex<HashSet<String>>>,
    runtime: Handle,
}

impl Thread {
    fn serve(&self, waiting: &Mutex<Receiver<Accepted>>) -> Result<(), Error> {
        loop {
            let group = take(waiting)?;
            let drawn: Vec<_> = group
                .iter()
                .map(|accepted| self.draw(accepted))
                .collect::<Result<_, Error>>()?;
            for (file, _) in &drawn {
                file.sync_data()?;
            }
            File::open(&self.folder)?.sync_all()?;
            let writes = drawn
                .into_iter()
                .map(|(_, row)| self.writer.write(Write::Processed(row)));
            self.runtime
                .block_on(try_join_all(writes))
                .map_err(|status| status.to_string())?;
            let mut processed = self.processed.lock().map_err(|_| "a thread panicked")?;
            processed.extend(group.into_iter().map(|accepted| accepted.key));
        }
    }

    fn draw(&self, accepted: &Accepted) -> Result<(File, Processed), Error> {
        let Accepted {
            id,
            key,
            document,
            now,
        } = accepted;
        let context = ReceiptContext {
            receipt_id: key,
            app_name: "Harbour House Hotel",
            received: Micros(*now),
            receipt_type: Some(ReceiptType::General),
            locale: "en-US",
            logo: None,
        };
        let picture = standard_receipt(document, &context)?;
        let hash = digest::digest(&digest::SHA256, &picture);
        let hash = URL_SAFE_NO_PAD.encode(hash);
        let blob = format!("{key}-{hash}");
        let mut file = File::create_new(self.folder.join(&blob))?;
        file.write_all(&picture)?;
        let row = Processed {
            id: *id,
            key: key.clone(),
            blob,
            facts: Facts::of(document),
            now: *now,
        };
        Ok((file, row))
    }
}

/// The first that waits, and those that wait behind it.
fn take(waiting: &Mutex<Receiver<Accepted>>) -> Result<Vec<Accepted>, Error> {
    let waiting = waiting.lock().map_err(|_| "a thread panicked")?;
    let first = waiting.recv()?;
    let others = waiting.try_iter().take(GROUP_LEN_MAX - 1);
    Ok(std::iter::once(first).chain(others).collect())
}
