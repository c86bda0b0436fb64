//! A server under load, as a process of its own: stopped and waited for when dropped.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::Result;

/// A running program.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Kept open, for a closed pipe would end a program that prints on.
    output: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts the program; only its errors are shown.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|e| format!("cannot start {}: {e}", command.get_program().display()))?;
        Ok(Self {
            child,
            output: None,
        })
    }

    /// Starts a program that prints its base URL on a line of its own.
    pub(crate) fn start_announced(command: &mut Command) -> Result<(Self, String)> {
        let (process, url) = Self::start_read(command, |line| line.starts_with("http://"))?;
        Ok((process, url.trim().to_owned()))
    }

    /// Starts a program and waits until a line of its output holds `text`.
    pub(crate) fn start_until(command: &mut Command, text: &str) -> Result<Self> {
        Self::start_read(command, |line| line.contains(text)).map(|(process, _)| process)
    }

    fn start_read(command: &mut Command, is_it: impl Fn(&str) -> bool) -> Result<(Self, String)> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start {}: {e}", command.get_program().display()))?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut process = Self {
            child,
            output: None,
        };
        let mut line = String::new();
        while output.read_line(&mut line)? > 0 {
            if is_it(&line) {
                process.output = Some(output);
                return Ok((process, line));
            }
            line.clear();
        }
        Err(format!("{} ended too early", command.get_program().display()).into())
    }

    /// Whether the program still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Resident memory in MB, as the kernel counts it now.
    pub(crate) fn rss_mb(&self) -> Result<f64> {
        self.memory_mb("VmRSS:")
    }

    /// The most resident memory in MB that it ever had.
    pub(crate) fn peak_mb(&self) -> Result<f64> {
        self.memory_mb("VmHWM:")
    }

    fn memory_mb(&self, name: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        megabytes(&status, name).ok_or_else(|| "no resident memory: the server has ended".into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing of a measured server is kept, so it needs no time to say goodbye.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn megabytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_from_the_status_file() {
        assert_eq!(
            megabytes("VmPeak:\t 9 kB\nVmRSS:\t    2048 kB\n", "VmRSS:"),
            Some(2.0)
        );
        assert_eq!(megabytes("Name:\tx\n", "VmRSS:"), None);
    }
}
