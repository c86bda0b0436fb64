//! Every dependency that a manifest lists is named in that crate's code.

use std::path::Path;

use serde_json::Value;

use crate::{Result, repo};

/// Dependencies that no line of the crate names.
pub(super) fn check() -> Result<Vec<String>> {
    let metadata = repo::metadata()?;
    let texts = repo::texts(Some("rs"))?;
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let folder = manifest
            .parent()
            .and_then(|f| f.strip_prefix(repo::root()).ok());
        let Some(folder) = folder else { continue };
        let own: Vec<&str> = texts
            .iter()
            .filter(|(file, _)| file.starts_with(folder))
            .map(|(_, text)| text.as_str())
            .collect();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let name = name_in_code(dependency);
            // `db_test!` expands to `#[tokio::test]`.
            let by_macro = |text: &&str| name == "tokio" && text.contains("db_test!");
            if !own.iter().any(|text| names(text, &name) || by_macro(text)) {
                faults.push(format!("{} does not use {name}", package["name"]));
            }
        }
    }
    Ok(faults)
}

fn name_in_code(dependency: &Value) -> String {
    let name = dependency["rename"]
        .as_str()
        .or(dependency["name"].as_str());
    name.unwrap_or_default().replace('-', "_")
}

/// Whether the text has this word, not as a part of a longer one.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_whole_word() {
        assert!(names("use serde::Serialize;", "serde"));
        assert!(!names("use serde_json::Value;", "serde"));
        assert!(names("use serde_json::{}; use serde::de;", "serde"));
        assert!(!names("misread", "read"));
    }
}
