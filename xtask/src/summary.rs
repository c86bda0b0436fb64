//! What a test run said: cargo's totals and the two engines' storage tests.

use std::collections::BTreeSet;

use crate::Result;

/// The totals of every test binary of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
    /// Tests marked `#[ignore]`; there should be none.
    pub(crate) ignored: u64,
}

impl Totals {
    /// Adds one line of cargo's output if it is a binary's result line.
    pub(crate) fn read_line(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in rest.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(count) = count.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }

    /// An error if a test was left out.
    pub(crate) fn none_ignored(&self) -> Result {
        match self.ignored {
            0 => Ok(()),
            count => Err(format!(
                "{count} tests are marked `#[ignore]`; run or remove them"
            )),
        }
    }
}

/// The names of the storage tests that ran, by engine.
#[derive(Debug, Default)]
pub(crate) struct StorageTests<'a> {
    sqlite: BTreeSet<&'a str>,
    postgres: BTreeSet<&'a str>,
}

impl<'a> StorageTests<'a> {
    /// Reads the log that storage tests append to: `ENGINE NAME`, one line a test.
    pub(crate) fn parse(log: &'a str) -> Result<Self> {
        let mut tests = Self::default();
        for line in log.lines() {
            match line.split_once(' ') {
                Some(("sqlite", name)) => tests.sqlite.insert(name),
                Some(("postgres", name)) => tests.postgres.insert(name),
                _ => return Err(format!("not a line of the storage tests' log: {line:?}")),
            };
        }
        Ok(tests)
    }

    /// How many ran on each engine, as a sentence.
    pub(crate) fn counts(&self) -> String {
        let (sqlite, postgres) = (self.sqlite.len(), self.postgres.len());
        format!("storage tests: {sqlite} on sqlite, {postgres} on postgres")
    }

    /// An error unless some ran and every one ran on both engines.
    pub(crate) fn check(&self) -> Result {
        if self.sqlite.is_empty() && self.postgres.is_empty() {
            return Err("no storage test ran".to_owned());
        }
        let lonely: Vec<&str> = self
            .sqlite
            .symmetric_difference(&self.postgres)
            .copied()
            .collect();
        if lonely.is_empty() {
            return Ok(());
        }
        Err(format!(
            "storage tests that ran on one engine only:\n  {}",
            lonely.join("\n  ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_add_up_over_binaries_and_leave_other_lines_alone() {
        let mut totals = Totals::default();
        for line in [
            "running 3 tests",
            "test a::b ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; \
             finished in 0.01s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            totals.read_line(line);
        }
        assert_eq!(
            totals,
            Totals {
                passed: 7,
                failed: 2,
                ignored: 1
            }
        );
        assert!(totals.none_ignored().is_err());
        assert_eq!(Totals::default().none_ignored(), Ok(()));
    }

    #[test]
    fn storage_tests_must_exist_and_be_equal() {
        let both = StorageTests::parse("sqlite a::x\npostgres a::x\n").unwrap();
        assert_eq!(both.counts(), "storage tests: 1 on sqlite, 1 on postgres");
        assert_eq!(both.check(), Ok(()));

        let one = StorageTests::parse("sqlite a::x\npostgres a::x\nsqlite a::y\n").unwrap();
        assert!(one.check().unwrap_err().contains("a::y"));
        let swapped = StorageTests::parse("sqlite a::x\npostgres a::y\n").unwrap();
        assert!(swapped.check().is_err(), "equal counts of different tests");

        assert!(StorageTests::parse("").unwrap().check().is_err());
        assert!(StorageTests::parse("mysql a::x\n").is_err());
    }
}
