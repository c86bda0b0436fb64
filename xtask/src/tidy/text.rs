//! Rules on the text of files: short lines, no word that must not leave a working copy.

use crate::{Result, repo};

const COLUMNS_MAX: usize = 100;

/// Lines of Rust over 100 columns; a line with a link may be longer, for it cannot be broken.
/// Tests and samples may be wider: rustfmt leaves macro bodies alone, and JSON reads best as it is.
pub(super) fn check_lines() -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (file, text) in repo::texts(Some("rs"))? {
        let name = file.to_string_lossy();
        if name.contains("tests") || name.ends_with("samples.rs") {
            continue;
        }
        for number in long_lines(&text) {
            faults.push(format!(
                "{}:{number} is over {COLUMNS_MAX} columns",
                file.display()
            ));
        }
    }
    Ok(faults)
}

/// Words that no tracked file may hold.
pub(super) fn check_words() -> Result<Vec<String>> {
    let words = banned_words();
    let mut faults = Vec::new();
    for (file, text) in repo::texts(None)? {
        for (number, word) in banned_in(&text, &words) {
            faults.push(format!("{}:{number} holds `{word}`", file.display()));
        }
    }
    Ok(faults)
}

fn long_lines(text: &str) -> impl Iterator<Item = usize> {
    let is_long = |line: &str| line.chars().count() > COLUMNS_MAX && !line.contains("://");
    text.lines()
        .enumerate()
        .filter(move |(_, line)| is_long(line))
        .map(|(index, _)| index + 1)
}

fn banned_in<'a>(text: &str, words: &'a [String]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let held = words.iter().filter(|word| line.contains(word.as_str()));
        found.extend(held.map(|word| (index + 1, word.as_str())));
    }
    found
}

/// Notes to oneself, paths of one machine, and hosts of package registries, which a mirror
/// replaces at other people's places. Joined here, so that this file does not hold them.
fn banned_words() -> Vec<String> {
    let hosts: &[&[&str]] = &[
        &["registry", "npmjs", "org"],
        &["registry", "yarnpkg", "com"],
        &["pypi", "org"],
        &["files", "pythonhosted", "org"],
        &["static", "crates", "io"],
        &["index", "crates", "io"],
        &["proxy", "golang", "org"],
    ];
    let mut words: Vec<String> = hosts.iter().map(|parts| parts.join(".")).collect();
    words.push(["FIX", "ME"].concat());
    words.push(["/work", "/"].concat());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_links_are_free() {
        let wide = "é".repeat(100);
        let over = "x".repeat(101);
        let link = format!("// https://example.com/{over}");
        let text = format!("{wide}\n{over}\n{link}\n");
        assert_eq!(long_lines(&text).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_banned_word_is_found_with_its_line() {
        let words = ["spam".to_owned()];
        assert_eq!(banned_in("ham\nham and spam\n", &words), [(2, "spam")]);
    }
}
