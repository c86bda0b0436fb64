//! The system calls of a running server: what is on disk before it answers, and before a row
//! names a file.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use bursar_db::Location;
use bursar_testkit::{TestDb, db_test};

use crate::partner::{Partner, receipt};
use crate::process::{Process, Sandbox, undisturbed, with_data};

/// Reads, writes, moves and flushes. A leading `?` is for calls that some machines do not have.
const TRACED: &str = "trace=read,recvfrom,write,writev,sendto,pwrite64,fsync,fdatasync";
/// Stands in the request, in the row and nowhere else.
const MERCHANT: &str = "Kelp and Cordage";

db_test! {
    async fn everything_is_on_disk_before_it_counts(db: TestDb) {
        let trace = trace_of_one_receipt(&db).await;
        let request = trace.after(0, "the request", |call| {
            call.is_one_of(&["read", "recvfrom"]) && call.says("\"POST /receipts/v4/users/")
        });
        let answer = trace.after(request.end, "the answer", |call| {
            call.is_one_of(&["write", "writev", "sendto"]) && call.says("\"HTTP/1.1 201 ")
        });
        let durable = match &db.location {
            Location::Folder(_) => flushed_to_the_log(&trace, request, MERCHANT),
            Location::Url(_) => committed_by_the_server(&trace, request, MERCHANT),
        };
        assert!(durable.end < answer.begin, "answered before it was durable: {durable:?}");

        let (in_place, blob) = picture_put_in_place(&trace, request);
        let naming = trace.after(request.end, "the row that names the picture", |call| {
            call.is_one_of(&["pwrite64", "write", "writev", "sendto"])
                && call.says(&blob)
                && !call.file().contains(&blob)
        });
        assert!(in_place.end < naming.begin, "named before it was on disk: {naming:?}");
        if let Location::Url(_) = &db.location {
            let settings = "DO $$ BEGIN ASSERT current_setting('fsync') = 'on' \
                            AND current_setting('full_page_writes') = 'on' \
                            AND current_setting('synchronous_commit') = 'on'; END $$";
            db.batch(settings).await;
        }
    }
}

/// SQLite: the row is in the write-ahead log, and the log is on disk.
fn flushed_to_the_log<'t>(trace: &'t Trace, request: &Call, row: &str) -> &'t Call {
    let log = "/bursar.db-wal>";
    let written = trace.after(request.end, "the row in the write-ahead log", |call| {
        call.is_one_of(&["pwrite64"]) && call.says(log) && call.says(row)
    });
    trace.after(written.end, "the flush of the write-ahead log", |call| {
        call.is_flush() && call.says(log)
    })
}

/// PostgreSQL: the row was sent, and on the same connection a COMMIT was answered.
fn committed_by_the_server<'t>(trace: &'t Trace, request: &Call, row: &str) -> &'t Call {
    let sent = trace.after(request.end, "the row sent to the server", |call| {
        call.is_one_of(&["write", "writev", "sendto"]) && call.says(row)
    });
    trace.after(sent.end, "the answer to COMMIT", |call| {
        call.is_one_of(&["read", "recvfrom"])
            && call.file() == sent.file()
            && call.says("COMMIT\\0")
    })
}

/// The picture: written, flushed, and its folder flushed. The last call, and the picture's name.
fn picture_put_in_place<'t>(trace: &'t Trace, request: &Call) -> (&'t Call, String) {
    let written = trace.after(request.end, "the picture", |call| {
        call.is_one_of(&["write"]) && call.says("/blobs/") && call.says("%PDF-")
    });
    let flushed = trace.after(written.end, "the flush of the picture", |call| {
        call.is_flush() && call.file() == written.file()
    });
    let path = written.file().split_once('<').expect("a path").1;
    let (folder, blob) = path.rsplit_once('/').expect("a folder");
    let folder = format!("<{folder}>");
    let in_place = trace.after(flushed.end, "the flush of the picture's folder", |call| {
        call.is_flush() && call.says(&folder)
    });
    (in_place, blob.trim_end_matches('>').to_owned())
}

/// Runs a sandbox under strace until one receipt is processed.
async fn trace_of_one_receipt(db: &TestDb) -> Trace {
    let file = db.folder().join("trace");
    let mut command = Command::new("strace");
    let version = command.arg("-V").output();
    version.unwrap_or_else(|error| panic!("strace: {error}; run `cargo xtask setup`"));

    let mut command = Command::new("strace");
    // With -D the server is our child, and gets our signals.
    command.args(["-D", "-f", "-qq", "-y", "-s", "8192", "-e", TRACED, "-o"]);
    command.arg(&file).arg(env!("CARGO_BIN_EXE_bursar"));
    command.args(["sandbox", "--port", "0", "--log", "warn"]);
    undisturbed(&mut command);
    let sandbox = Sandbox::of(Process::start(with_data(&mut command, db)));
    let partner = Partner::connect(&sandbox.us).await;
    let path = partner.post_accepted(&receipt(MERCHANT)).await;
    partner.processed(&path).await;
    sandbox.process.terminate();
    let ended = sandbox.process.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    Trace::read(&file)
}

/// System calls, in the order in which they began.
struct Trace(Vec<Call>);

/// A system call: the lines where it began and ended, its text, and whether it succeeded.
#[derive(Debug)]
struct Call {
    begin: usize,
    end: usize,
    text: String,
}

impl Trace {
    fn read(file: &Path) -> Self {
        let text = std::fs::read(file).expect("strace wrote");
        let mut calls: Vec<Call> = Vec::new();
        let mut unfinished: HashMap<&str, usize> = HashMap::new();
        let text = String::from_utf8_lossy(&text);
        for (number, line) in text.lines().enumerate() {
            let (thread, line) = line.split_once(' ').expect("a thread's id");
            let line = line.trim_start();
            if let Some((_, rest)) = line.split_once(" resumed>")
                && line.starts_with("<... ")
            {
                let index = unfinished.remove(thread).expect("it began");
                calls[index].text.push_str(rest);
                calls[index].end = number;
                continue;
            }
            let begun = line.strip_suffix(" <unfinished ...>");
            if begun.is_some() {
                unfinished.insert(thread, calls.len());
            }
            calls.push(Call {
                begin: number,
                end: if begun.is_some() { usize::MAX } else { number },
                text: begun.unwrap_or(line).to_owned(),
            });
        }
        Self(calls)
    }

    /// The first call that began after line `from` and fits.
    fn after(&self, from: usize, what: &str, fits: impl Fn(&Call) -> bool) -> &Call {
        let mut later = self.0.iter().filter(|call| call.begin > from);
        later
            .find(|call| fits(call))
            .unwrap_or_else(|| panic!("the trace lacks {what} after line {from}"))
    }
}

impl Call {
    fn is_one_of(&self, names: &[&str]) -> bool {
        let name = self.text.split('(').next().unwrap_or_default();
        names.contains(&name)
    }

    fn is_flush(&self) -> bool {
        self.is_one_of(&["fsync", "fdatasync"]) && self.text.ends_with("= 0")
    }

    fn says(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The file or socket of its first argument, as `number<path>`.
    fn file(&self) -> &str {
        let (_, arguments) = self.text.split_once('(').unwrap_or_default();
        arguments.split([',', ')']).next().unwrap_or_default()
    }
}
