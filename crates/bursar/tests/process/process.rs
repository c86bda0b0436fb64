//! Starts `bursar`, reads what it prints, ends it.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bursar_db::Location;
use bursar_testkit::TestDb;

/// How long anything may take before the test gives up. Far more than it does take, so that a
/// busy machine fails no test.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// The program, with nothing set from outside.
pub(crate) fn bursar(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bursar"));
    command.args(arguments);
    undisturbed(&mut command);
    command
}

/// Takes the program's own variables out of a command's environment.
pub(crate) fn undisturbed(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BURSAR_") {
            command.env_remove(name);
        }
    }
}

/// Points a command at a test's data.
pub(crate) fn with_data<'c>(command: &'c mut Command, db: &TestDb) -> &'c mut Command {
    command.env("BURSAR_DATA", db.folder().join("data"));
    if let Location::Url(url) = &db.location {
        command.env("BURSAR_DATABASE_URL", url);
    }
    command
}

/// A process and what it has printed so far; killed when dropped.
pub(crate) struct Process {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

/// How a process ended, and all that it printed.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let stdout = Lines::of(child.stdout.take().expect("it is piped"));
        let stderr = Lines::of(child.stderr.take().expect("it is piped"));
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Reads standard output up to the first line that contains `mark`, and returns all of it.
    pub(crate) fn printed(&mut self, mark: &str) -> String {
        if self.stdout.until(Some(mark)) {
            return self.stdout.seen.clone();
        }
        self.give_up(&format!("it did not print {mark:?}"))
    }

    /// Reads the log up to the first line that contains `mark`, and returns all of it.
    pub(crate) fn logged(&mut self, mark: &str) -> String {
        if self.stderr.until(Some(mark)) {
            return self.stderr.seen.clone();
        }
        self.give_up(&format!("it did not log {mark:?}"))
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(
            sent.expect("kill runs").success(),
            "the signal was not sent"
        );
    }

    /// Ends it at once, as a power switch does to everything but the disk.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is our child");
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Ended {
        if !(self.stdout.until(None) && self.stderr.until(None)) {
            self.give_up("it did not end");
        }
        let status = self.child.wait().expect("it is our child");
        Ended {
            status,
            stdout: std::mem::take(&mut self.stdout.seen),
            stderr: std::mem::take(&mut self.stderr.seen),
        }
    }

    fn give_up(&mut self, problem: &str) -> ! {
        let _ = self.child.kill();
        self.stdout.until(None);
        self.stderr.until(None);
        panic!(
            "{problem}\n--- standard output\n{}\n--- standard error\n{}",
            self.stdout.seen, self.stderr.seen
        );
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    Process::start(command).ended()
}

/// Lines that a thread reads, so that a full pipe never stops the process.
struct Lines {
    incoming: Receiver<String>,
    seen: String,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                let text = String::from_utf8_lossy(&line).into_owned();
                if sender.send(text).is_err() {
                    return;
                }
                line.clear();
            }
        });
        Self {
            incoming,
            seen: String::new(),
        }
    }

    /// Reads up to a line with `mark`, or to the end; false when that does not come in time.
    fn until(&mut self, mark: Option<&str>) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.incoming.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push_str(&line);
                    if mark.is_some_and(|mark| line.contains(mark)) {
                        return true;
                    }
                }
                Err(why) => {
                    return mark.is_none()
                        && why == std::sync::mpsc::RecvTimeoutError::Disconnected;
                }
            }
        }
    }
}

/// A running sandbox.
pub(crate) struct Sandbox {
    pub(crate) process: Process,
    /// The address of its data center `us`.
    pub(crate) us: String,
    /// What it printed at its start.
    pub(crate) welcome: String,
}

impl Sandbox {
    /// Starts one on a test's data.
    pub(crate) fn start(db: &TestDb) -> Self {
        let mut command = bursar(&["sandbox", "--port", "0", "--log", "warn"]);
        Self::of(Process::start(with_data(&mut command, db)))
    }

    /// Reads a starting sandbox's greeting.
    pub(crate) fn of(mut process: Process) -> Self {
        let welcome = process.printed("  curl -s $BASE/receipts/v4/users/");
        let us = address_in(&welcome, "us");
        Self {
            process,
            us,
            welcome,
        }
    }

    /// The address of a data center.
    pub(crate) fn address(&self, id: &str) -> String {
        address_in(&self.welcome, id)
    }
}

fn address_in(welcome: &str, id: &str) -> String {
    let mut words = welcome.lines().map(str::split_whitespace);
    let address = words.find_map(|mut words| (words.next() == Some(id)).then(|| words.next()));
    address.flatten().expect("its address").to_owned()
}
