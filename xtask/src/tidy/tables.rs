//! A slice's SQL names its own tables only: what it wants of others goes through their `api`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Result, repo};

/// Folders under `crates/` whose SQL may name tables, each with the prefix it owns.
const OWNERS: &[(&str, &str)] = &[
    ("foundation/jobs", "jobs_"),
    ("foundation/mail", "mail_"),
    ("platform/directory", "directory_"),
    ("platform/oauth", "oauth_"),
    ("platform/appcenter", "appcenter_"),
    ("platform/receipts", "receipts_"),
    ("platform/expense", "expense_"),
    ("gateway/connect", "connect_"),
    ("gateway/delivery", "delivery_"),
    ("gateway/console", "operator_"),
    ("console", "console_"),
];

/// SQL words that a table's name follows.
const BEFORE_TABLE: &[&str] = &["FROM", "INTO", "JOIN", "UPDATE", "TABLE"];

/// Tables named outside of the slice that owns them.
pub(super) fn check() -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (file, text) in repo::texts(Some("rs"))? {
        let Some(prefix) = prefix_of(&file) else {
            continue;
        };
        for (number, table) in tables(&text) {
            if !table.starts_with(prefix) {
                faults.push(format!(
                    "{}:{number} names the table `{table}`",
                    file.display()
                ));
            }
        }
    }
    Ok(faults)
}

/// Migrations that lack their twin for the other engine, share a number, or make a table
/// without the prefix of the slice in their name.
pub(super) fn check_migrations() -> Result<Vec<String>> {
    let mut twins: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut faults = Vec::new();
    for (file, text) in repo::texts(Some("sql"))? {
        if !file.starts_with("migrations") {
            continue;
        }
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut parts = name.splitn(2, '.');
        let (stem, engine) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        twins
            .entry(stem.to_owned())
            .or_default()
            .push(engine.to_owned());
        let slice = stem.split('_').nth(1).unwrap_or_default();
        for (number, table) in tables(&text) {
            if !table.starts_with(&format!("{slice}_")) {
                faults.push(format!(
                    "{}:{number} names the table `{table}`",
                    file.display()
                ));
            }
        }
    }
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for (stem, engines) in &twins {
        if engines != &["postgres.sql", "sqlite.sql"] {
            faults.push(format!("migrations/{stem} needs one file for each engine"));
        }
        let number = stem.split('_').next().unwrap_or_default();
        if let Some(other) = numbers.insert(number, stem) {
            faults.push(format!("migrations/{stem} and {other} share a number"));
        }
    }
    Ok(faults)
}

/// The prefix that a file is held to; tests may look behind another slice's doors.
fn prefix_of(file: &Path) -> Option<&'static str> {
    let inside = file.strip_prefix("crates").ok()?;
    let owner = OWNERS
        .iter()
        .find(|(folder, _)| inside.starts_with(format!("{folder}/src")));
    owner.map(|(_, prefix)| *prefix)
}

/// Every table that a text's SQL names, with its line. Keywords of SQL stand in capitals here,
/// names in small letters; names bound by `WITH name AS` and table functions are no tables.
fn tables(text: &str) -> Vec<(usize, &str)> {
    let words = words(text);
    let bound: Vec<&str> = words
        .windows(2)
        .filter(|pair| pair[1].text == "AS")
        .map(|pair| pair[0].text)
        .collect();
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if !BEFORE_TABLE.contains(&word.text) {
            continue;
        }
        let previous = index.checked_sub(1).map_or("", |before| words[before].text);
        let name = words[index + 1..]
            .iter()
            .find(|word| !["IF", "NOT", "EXISTS", "ONLY"].contains(&word.text));
        let Some(name) = name else { continue };
        let is_name = name.text.starts_with(|c: char| c.is_ascii_lowercase());
        let is_function = name.called && word.text != "INTO" && word.text != "TABLE";
        if is_name && !is_function && previous != "DISTINCT" && !bound.contains(&name.text) {
            found.push((name.line, name.text));
        }
    }
    found
}

struct Word<'a> {
    text: &'a str,
    line: usize,
    /// An opening bracket follows at once.
    called: bool,
}

/// The words of a text, comments left out.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") || code.starts_with("--") {
            continue;
        }
        let mut rest = line;
        while let Some(start) = rest.find(is_word) {
            rest = &rest[start..];
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            words.push(Word {
                text,
                line: index + 1,
                called: after.starts_with('('),
            });
            rest = after;
        }
    }
    words
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str) -> Vec<&str> {
        tables(sql).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn tables_are_found_in_every_statement() {
        assert_eq!(
            names("SELECT 1 FROM a_b WHERE x IN (SELECT y FROM c_d)"),
            ["a_b", "c_d"]
        );
        assert_eq!(
            names("INSERT INTO a_b(x) SELECT 1\n FROM e JOIN f ON 1"),
            ["a_b", "e", "f"]
        );
        assert_eq!(names("UPDATE a SET x = 1"), ["a"]);
        assert_eq!(names("CREATE TABLE IF NOT EXISTS a(x)"), ["a"]);
    }

    #[test]
    fn what_looks_like_a_table_is_none() {
        assert!(names("SELECT x FOR UPDATE SKIP LOCKED").is_empty());
        assert!(names("ON CONFLICT DO UPDATE SET x = 1").is_empty());
        assert!(names("x IS DISTINCT FROM y").is_empty());
        assert!(names("SELECT 1 FROM unnest($1)").is_empty());
        assert_eq!(
            names("WITH due AS (SELECT 1 FROM a) SELECT 1 FROM due"),
            ["a"]
        );
        assert!(names("// rows FROM elsewhere").is_empty());
    }

    #[test]
    fn owners_are_known_by_their_folder() {
        assert_eq!(
            prefix_of(Path::new("crates/platform/oauth/src/store.rs")),
            Some("oauth_")
        );
        assert_eq!(
            prefix_of(Path::new("crates/platform/oauth/tests/oauth.rs")),
            None
        );
        assert_eq!(prefix_of(Path::new("crates/testkit/src/lib.rs")), None);
    }
}
