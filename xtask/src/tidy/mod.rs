//! `tidy`: what a reviewer should not have to look for.
//!
//! The house rules below are tests too, so that `cargo test` holds everyone to them.

mod crates;
mod functions;
mod graph;
mod links;
mod messages;
mod tables;
mod text;
mod unused;

use crate::{Result, lock, notices, repo, sh, test};

/// A rule's name and its check, which returns one line for each fault.
type Rule = (&'static str, fn() -> Result<Vec<String>>);

const RULES: &[Rule] = &[
    ("crate arrows", graph::check),
    ("table of crates", crates::check),
    ("unused dependencies", unused::check),
    ("line length", text::check_lines),
    ("banned words", text::check_words),
    ("function length", functions::check),
    ("links", links::check),
    ("message keys", messages::check),
    ("table ownership", tables::check),
    ("migration files", tables::check_migrations),
];

/// The tools that `tidy` needs beside Rust's own, with what installs each; they take minutes to
/// compile, so the caller decides when.
const TOOLS: &[(&str, &str)] = &[
    ("cargo-deny", "cargo-deny@0.20.2"),
    ("cargo-about", "cargo-about@0.9.3 --features cli"),
];

/// Runs every check; rules report all their faults, the rest stops at the first failure.
pub(crate) fn run() -> Result {
    let _lock = lock::take()?;
    need_tools()?;
    house_rules()?;
    test::format()?;
    test::clippy()?;
    docs()?;
    let mut deny = sh::cargo();
    deny.args([
        "deny",
        "--all-features",
        "check",
        "bans",
        "licenses",
        "sources",
    ]);
    sh::run(deny.current_dir(repo::root()))?;
    notices::check()
}

fn need_tools() -> Result {
    let missing: Vec<String> = TOOLS
        .iter()
        .filter(|(tool, _)| sh::which(tool).is_none())
        .map(|(_, package)| format!("  cargo install --locked {package}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "missing tools; install them with:\n{}",
        missing.join("\n")
    ))
}

fn house_rules() -> Result {
    let mut faults = Vec::new();
    for (name, check) in RULES {
        faults.extend(check()?.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n"))
    }
}

fn docs() -> Result {
    let mut doc = sh::cargo();
    doc.args([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--locked",
    ]);
    sh::run(
        doc.env("RUSTDOCFLAGS", "-D warnings")
            .current_dir(repo::root()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_rules_hold() {
        house_rules().unwrap_or_else(|faults| panic!("\n{faults}"));
    }
}
