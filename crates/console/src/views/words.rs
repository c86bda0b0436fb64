//! What the platform names has words on its pages: checked on the sources that name it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{audit, authorize};
use crate::messages::CATALOGUES;

/// Files of slices, below the workspace's `crates`.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            // This file names everything itself.
            && !path.ends_with("words.rs")
        {
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

/// The scopes that the `Access` types of a source name, by their text or by a constant.
fn scopes_of(source: &str) -> Vec<String> {
    let constant = |name: &str| {
        let name = name.rsplit("::").next().unwrap();
        let (_, value) = source.split_once(&format!("const {name}: &str = \""))?;
        value.split('"').next()
    };
    let lists = source.split("const SCOPES: &'static [&'static str] =");
    let lists = lists.skip(1).map(|rest| rest.split(';').next().unwrap());
    let items = lists.flat_map(|list| list.split([',', '[', ']', '&']).map(str::trim));
    let named = items.filter(|item| !item.is_empty()).map(|item| {
        let literal = item
            .strip_prefix('"')
            .and_then(|item| item.strip_suffix('"'));
        let scope = literal.or_else(|| constant(item));
        scope.unwrap_or_else(|| panic!("what is {item}?"))
    });
    named.map(ToOwned::to_owned).collect()
}

#[test]
fn every_scope_that_means_something_here_has_words() {
    let mut scopes = BTreeSet::from(["openid", "offline_access"].map(String::from));
    scopes.extend(slices().iter().flat_map(|source| scopes_of(source)));
    for known in [
        "receipts.write",
        "identity.user.ids.read",
        "company.write",
        "user_read",
    ] {
        assert!(scopes.contains(known), "{known}: {scopes:?}");
    }
    let seed = include_str!("../../../../seeds/sandbox.toml");
    for list in seed.split("\nscopes = [").skip(1) {
        let list = list.split(']').next().unwrap();
        scopes.extend(list.split('"').skip(1).step_by(2).map(String::from));
    }
    let messages = CATALOGUES.for_accept_language(None);
    for scope in scopes {
        let words = authorize::permission(&messages, &scope);
        assert!(!words.contains(&scope), "{scope} has no words: {words}");
    }
}

/// Whether a text looks like what is done in an entry of the audit log: `app.connect`.
fn is_action(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    text.contains('.') && text.split('.').all(word)
}

#[test]
fn every_decision_that_is_written_down_has_words() {
    let messages = CATALOGUES.for_accept_language(None);
    let mut actions = BTreeSet::new();
    for source in slices() {
        let product = source.split("#[cfg(test)]").next().unwrap();
        let decides = product.contains("Decision {") || product.contains("note(tx");
        if decides {
            actions.extend(
                literals(product)
                    .into_iter()
                    .filter(|text| is_action(text))
                    .map(String::from),
            );
        }
    }
    assert!(actions.len() >= 18, "{actions:?}");
    for action in actions {
        assert_ne!(audit::action(&messages, &action), action);
    }
}
