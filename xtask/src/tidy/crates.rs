//! ARCHITECTURE's table of crates says what their manifests say.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Result, repo, sh};

/// Crates without a row, rows without a crate, and dependencies on which they differ.
pub(super) fn check() -> Result<Vec<String>> {
    let text = sh::read(&repo::root().join("ARCHITECTURE.md"))?;
    Ok(faults(&rows(&text), &crates(&repo::metadata()?)))
}

/// A row of the table.
#[derive(Debug)]
struct Row {
    folder: String,
    name: String,
    /// Crates by their short names, and `foundation`, `slices`, `everything above`.
    depends: Vec<String>,
}

/// A crate of the workspace; what only tests need is left out.
#[derive(Debug)]
struct Crate {
    folder: String,
    name: String,
    needs: BTreeSet<String>,
}

fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let &[folder, name, _, depends] = cells.as_slice() else {
            return None;
        };
        let words = depends.split(',').map(|word| word.trim().to_owned());
        Some(Row {
            folder: quoted(folder)?,
            name: quoted(name)?,
            depends: words.filter(|word| !word.is_empty()).collect(),
        })
    };
    text.lines().filter_map(row).collect()
}

fn quoted(cell: &str) -> Option<String> {
    let name = cell.strip_prefix('`')?.strip_suffix('`')?;
    Some(name.to_owned())
}

fn crates(metadata: &Value) -> Vec<Crate> {
    let root = repo::root().to_string_lossy();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let own = packages.map(|package| {
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let needed = dependencies
            .filter(|one| one["path"].is_string() && one["kind"].as_str() != Some("dev"))
            .map(|one| short(&text(&one["name"])));
        let manifest = text(&package["manifest_path"]);
        let folder = manifest.trim_end_matches("/Cargo.toml");
        Crate {
            folder: folder
                .trim_start_matches(&*root)
                .trim_matches('/')
                .to_owned(),
            name: text(&package["name"]),
            needs: needed.collect(),
        }
    });
    own.collect()
}

fn short(name: &str) -> String {
    name.trim_start_matches("bursar-").to_owned()
}

fn faults(rows: &[Row], crates: &[Crate]) -> Vec<String> {
    let mut faults = Vec::new();
    for one in crates {
        let Some(index) = rows.iter().position(|row| row.name == one.name) else {
            faults.push(format!("{} has no row in ARCHITECTURE.md", one.name));
            continue;
        };
        if rows[index].folder != one.folder {
            faults.push(format!(
                "{} lives in {}; its row says another folder",
                one.name, one.folder
            ));
        }
        differences(&rows[..index], &rows[index], rows, one, &mut faults);
    }
    for row in rows {
        if crates.iter().all(|one| one.name != row.name) {
            faults.push(format!(
                "ARCHITECTURE.md has {}, which is no crate",
                row.name
            ));
        }
    }
    faults
}

fn differences(above: &[Row], row: &Row, all: &[Row], one: &Crate, faults: &mut Vec<String>) {
    let mut allowed = BTreeSet::new();
    for word in &row.depends {
        let group: Vec<&Row> = match word.as_str() {
            "foundation" => within(all, "crates/foundation/"),
            "slices" => within(all, "crates/platform/"),
            "everything above" => above.iter().collect(),
            name => {
                if !one.needs.contains(name) {
                    faults.push(format!(
                        "{} does not need {name}, but its row says so",
                        one.name
                    ));
                }
                allowed.insert(name.to_owned());
                continue;
            }
        };
        allowed.extend(group.into_iter().map(|row| short(&row.name)));
    }
    for need in one.needs.difference(&allowed) {
        faults.push(format!(
            "{} needs {need}; its row does not say so",
            one.name
        ));
    }
}

fn within<'r>(rows: &'r [Row], folder: &str) -> Vec<&'r Row> {
    let inside = rows.iter().filter(|row| row.folder.starts_with(folder));
    inside.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
| folder | crate | what it is | depends on |
|---|---|---|---|
| `crates/foundation/kernel` | `bursar-kernel` | clock | |
| `crates/foundation/db` | `bursar-db` | rows | kernel |
| `crates/platform/oauth` | `bursar-oauth` | tokens | foundation |
| `crates/bursar` | `bursar` | all | everything above |
";

    fn one(folder: &str, name: &str, needs: &[&str]) -> Crate {
        Crate {
            folder: folder.to_owned(),
            name: name.to_owned(),
            needs: needs.iter().map(|&need| need.to_owned()).collect(),
        }
    }

    fn house() -> Vec<Crate> {
        vec![
            one("crates/foundation/kernel", "bursar-kernel", &[]),
            one("crates/foundation/db", "bursar-db", &["kernel"]),
            one("crates/platform/oauth", "bursar-oauth", &["db", "kernel"]),
            one("crates/bursar", "bursar", &["oauth", "db"]),
        ]
    }

    #[test]
    fn the_table_and_the_crates_say_the_same() {
        assert_eq!(faults(&rows(TABLE), &house()), Vec::<String>::new());
    }

    #[test]
    fn every_difference_is_seen() {
        let mut other = house();
        other[0].needs.insert("db".to_owned());
        other[1].needs.clear();
        other[2].folder = "crates/oauth".to_owned();
        other[3].name = "bursar-program".to_owned();
        let seen = faults(&rows(TABLE), &other).join("\n");
        for fault in [
            "bursar-kernel needs db; its row",
            "bursar-db does not need kernel",
            "bursar-oauth lives in crates/oauth",
            "bursar-program has no row",
            "has bursar, which is no crate",
        ] {
            assert!(seen.contains(fault), "no {fault:?} in {seen}");
        }
    }
}
