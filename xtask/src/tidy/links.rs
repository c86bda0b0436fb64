//! Relative links in Markdown lead to files, and their fragments to headings.

use std::path::{Path, PathBuf};

use crate::{Result, repo};

/// Links that lead nowhere.
pub(super) fn check() -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (file, text) in repo::texts(Some("md"))? {
        for (number, link) in links(&text) {
            if !resolves(&file, &text, link) {
                faults.push(format!(
                    "{}:{number} `{link}` leads nowhere",
                    file.display()
                ));
            }
        }
    }
    Ok(faults)
}

/// The inline links outside of code blocks, with their line numbers; absolute URLs left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for after in line.split("](").skip(1) {
            let target = after.split([')', ' ']).next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                found.push((index + 1, target));
            }
        }
    }
    found
}

fn resolves(file: &Path, text: &str, link: &str) -> bool {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    if path.is_empty() {
        return has_heading(text, fragment);
    }
    let target: PathBuf = match path.strip_prefix('/') {
        Some(from_root) => repo::root().join(from_root),
        None => repo::root().join(file).with_file_name("").join(path),
    };
    if fragment.is_empty() || target.extension().is_none_or(|e| e != "md") {
        return target.exists();
    }
    std::fs::read_to_string(target).is_ok_and(|text| has_heading(&text, fragment))
}

/// Whether a heading has this anchor: lower case, spaces to dashes, punctuation dropped.
fn has_heading(text: &str, fragment: &str) -> bool {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c })
                .eq(fragment.chars())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_and_absolute_urls_are_left_alone() {
        let text = "[a](b.md) and [c](https://example.com)\n```\n[d](e)\n```\n![f](g.png \"h\")\n";
        assert_eq!(links(text), [(1, "b.md"), (5, "g.png")]);
    }

    #[test]
    fn a_link_needs_its_file_and_its_heading() {
        let here = Path::new("xtask/README.md");
        let text = "# What's new, `here`\n";
        assert!(resolves(here, text, "#whats-new-here"));
        assert!(!resolves(here, text, "#elsewhere"));
        assert!(resolves(here, text, "src/main.rs"));
        assert!(resolves(here, text, "../Cargo.toml"));
        assert!(!resolves(here, text, "Cargo.lock"));
    }
}
