//! What the platform names has words on its pages: checked on the sources that name it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{audit, authorize};
use crate::messages::Messages;

/// Files of slices, below the workspace's `crates`.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

fn slices() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for part in ["../platform", "../bursar/src", "src"] {
        sources(&root.join(part), &mut found);
    }
    found
}

/// The texts in double quotes of a source, comments apart.
fn literals(source: &str) -> Vec<&str> {
    let lines = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_scope_that_means_something_here_has_words() {
    let names = |text: &&str| {
        let scope = |byte: u8| byte.is_ascii_lowercase() || b"._".contains(&byte);
        text.contains(['.', '_']) && text.bytes().all(scope)
    };
    let mut scopes = BTreeSet::from(["openid", "offline_access"].map(String::from));
    let slices = slices();
    let guarding = slices
        .iter()
        .filter(|source| source.contains("impl Access for") && source.contains("[&'static str]"))
        .filter(|source| source.matches("SCOPES: ").count() > source.matches("= &[];").count());
    for source in guarding {
        scopes.extend(literals(source).into_iter().filter(names).map(String::from));
    }
    let seed = include_str!("../../../../seeds/sandbox.toml");
    for list in seed.split("\nscopes = [").skip(1) {
        let list = list.split(']').next().unwrap();
        scopes.extend(list.split('"').skip(1).step_by(2).map(String::from));
    }
    for known in [
        "receipts.write",
        "identity.user.ids.read",
        "company.write",
        "user_read",
    ] {
        assert!(scopes.contains(known), "{known}: {scopes:?}");
    }
    let messages = Messages::for_accept_language(None);
    for scope in scopes {
        let words = authorize::permission(&messages, &scope);
        assert!(!words.contains(&scope), "{scope} has no words: {words}");
    }
}

#[test]
fn every_decision_that_is_written_down_has_words() {
    let messages = Messages::for_accept_language(None);
    let kinds = ["app.", "company.", "keys.", "listing.", "password."];
    let mut actions = BTreeSet::new();
    for source in slices() {
        if !source.contains("Decision") && !source.contains("note(") {
            continue;
        }
        for text in literals(source.split("#[cfg(test)]").next().unwrap()) {
            if kinds.iter().any(|kind| text.starts_with(kind)) {
                actions.insert(text.to_owned());
            }
        }
    }
    assert!(actions.len() >= 18, "{actions:?}");
    for action in actions {
        assert_ne!(audit::action(&messages, &action), action);
    }
}
