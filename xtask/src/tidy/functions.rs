//! No function over 70 lines. Older ones stand in a list that may only shrink.

use std::collections::BTreeSet;

use crate::{Result, repo, sh};

const LINES_MAX: usize = 70;
const LIST: &str = "xtask/long-functions.txt";

/// Functions that are too long and not listed, and listed ones that no longer are.
pub(super) fn check() -> Result<Vec<String>> {
    let mut long = BTreeSet::new();
    for (file, text) in repo::texts(Some("rs"))? {
        let path = file.display();
        let found = functions(&text)
            .into_iter()
            .filter(|function| function.lines > LINES_MAX);
        long.extend(found.map(|function| format!("{path} {}", function.name)));
    }
    let list = sh::read(&repo::root().join(LIST))?;
    let listed: BTreeSet<String> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let new = long
        .difference(&listed)
        .map(|name| format!("{name} is over {LINES_MAX} lines"));
    let stale = listed
        .difference(&long)
        .map(|name| format!("{name} is short now: unlist it"));
    Ok(new.chain(stale).collect())
}

struct Function {
    name: String,
    lines: usize,
}

/// The functions of a file formatted by rustfmt: each ends at the first closing brace that
/// stands at its own indentation.
fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = declared(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let rest = lines[start..].iter();
        let Some(length) = rest.clone().position(|line| *line == end) else {
            continue;
        };
        // A declaration without a body, or a body on the same line.
        let bodiless = |line: &&str| line.ends_with(';') || line.ends_with('}');
        let opens = |line: &&str| line.ends_with('{');
        let signature = rest.clone().find(|line| bodiless(line) || opens(line));
        if signature.is_some_and(opens_body) {
            found.push(Function {
                name: name.to_owned(),
                lines: length + 1,
            });
        }
    }
    found
}

fn opens_body(line: &&str) -> bool {
    line.ends_with('{')
}

/// The name of the function that this line declares.
fn declared(line: &str) -> Option<&str> {
    let code = line.trim_start();
    let (before, after) = code.split_once("fn ")?;
    let qualifiers = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "const",
        "async",
        "unsafe",
        "extern",
    ];
    if !before
        .split_whitespace()
        .all(|word| qualifiers.contains(&word))
    {
        return None;
    }
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&after[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_name_to_closing_brace() {
        let text = "\
trait T {
    fn bodiless(&self);
    fn one_line(&self) {}
    pub(crate) async fn three(
        &self,
    ) -> u8 {
        if true {
            1
        }
    }
}
// a comment on fn names
fn top() {
    inner();
}
";
        let found = functions(text);
        let measured: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.lines)).collect();
        assert_eq!(measured, [("three", 7), ("top", 3)]);
    }
}
