//! Pages say exactly what their catalogues have, in every language.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::{Result, repo};

/// The crate whose texts are every page's.
const KIT: &str = "crates/foundation/pages";

/// Keys that a catalogue lacks or that nothing uses, and files that are no part of a catalogue.
pub(super) fn check() -> Result<Vec<String>> {
    Ok(faults(&repo::texts(None)?))
}

/// What a crate with pages has, and what it uses.
#[derive(Default)]
struct Pages<'t> {
    /// The keys of each language.
    there: BTreeMap<String, BTreeSet<&'t str>>,
    /// The files of catalogues, below the crate: `locales/en/frame.ftl`.
    files: BTreeSet<String>,
    used: BTreeSet<&'t str>,
    code: Vec<&'t str>,
}

fn faults(texts: &[(PathBuf, String)]) -> Vec<String> {
    let crates = crates(texts);
    let kit: BTreeSet<&str> = match crates.get(Path::new(KIT)) {
        Some(kit) => kit.there.values().flatten().copied().collect(),
        None => BTreeSet::new(),
    };
    let mut faults = Vec::new();
    for (folder, pages) in &crates {
        let place = folder.display();
        let others = if *folder == Path::new(KIT) {
            &BTreeSet::new()
        } else {
            &kit
        };
        for (language, there) in &pages.there {
            let mut fault =
                |key: &&str, what: &str| faults.push(format!("{place}: {language} {what} {key}"));
            let missing = pages.used.difference(there);
            let missing = missing.filter(|key| !others.contains(*key));
            missing.for_each(|key| fault(key, "lacks"));
            let unused = there.difference(&pages.used);
            unused.for_each(|key| fault(key, "has unused"));
            let twice = there.intersection(others);
            twice.for_each(|key| fault(key, "has, as all pages do,"));
        }
        for file in &pages.files {
            if !pages.code.iter().any(|code| code.contains(file)) {
                faults.push(format!("{place}: {file} is part of no catalogue"));
            }
        }
    }
    faults
}

/// The crates with a folder of catalogues for each language.
fn crates(texts: &[(PathBuf, String)]) -> BTreeMap<&Path, Pages<'_>> {
    let mut crates: BTreeMap<&Path, Pages<'_>> = BTreeMap::new();
    for (path, text) in texts {
        if let Some((folder, language, file)) = catalogue(path) {
            let pages = crates.entry(folder).or_default();
            let there = pages.there.entry(language.to_owned()).or_default();
            there.extend(keys_of(text));
            pages.files.insert(file);
        }
    }
    for (path, text) in texts {
        for (folder, pages) in &mut crates {
            let Ok(inside) = path.strip_prefix(folder) else {
                continue;
            };
            if inside.starts_with("src") {
                pages.code.push(text);
            }
            if inside.starts_with("src") || inside.starts_with("templates") {
                pages.used.extend(keys_in(text));
            }
        }
    }
    crates
}

/// Crate, language and name of a file such as `crates/console/locales/en/apps.ftl`.
fn catalogue(path: &Path) -> Option<(&Path, &str, String)> {
    path.extension().filter(|ending| *ending == "ftl")?;
    let language = path.parent()?;
    let locales = language.parent()?;
    let folder = locales
        .parent()
        .filter(|_| locales.file_name().is_some_and(|name| name == "locales"))?;
    let file = path.strip_prefix(folder).ok()?.to_str()?.to_owned();
    Some((folder, language.file_name()?.to_str()?, file))
}

/// The keys in `text("key"` and `text_with("key"`, before the tests of a file.
fn keys_in(source: &str) -> BTreeSet<&str> {
    let product = source.split("#[cfg(test)]").next().unwrap_or_default();
    let uses = [".text(", ".text_with("]
        .iter()
        .flat_map(|call| product.split(call).skip(1));
    uses.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .collect()
}

fn keys_of(catalogue: &str) -> BTreeSet<&str> {
    let key = |line| {
        let (key, _) = str::split_once(line, " =")?;
        key.starts_with(|c: char| c.is_ascii_lowercase())
            .then_some(key)
    };
    catalogue.lines().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "crates/console";

    fn seen(files: &[(&str, &str, &str)]) -> Vec<String> {
        let texts = files.iter().map(|(folder, file, text)| {
            let path = Path::new(folder).join(file);
            (path, (*text).to_owned())
        });
        faults(&texts.collect::<Vec<_>>())
    }

    const HOUSE: [(&str, &str, &str); 6] = [
        (KIT, "locales/en/frame.ftl", "skip = Skip\n"),
        (KIT, "templates/frame.html", "{{ m.text(\"skip\") }}"),
        (
            KIT,
            "src/messages.rs",
            "include_str!(\"../locales/en/frame.ftl\")",
        ),
        (
            OWN,
            "locales/en/apps.ftl",
            "# Apps.\napps = { $n ->\n   [one] One\n}\n",
        ),
        (
            OWN,
            "src/messages.rs",
            "\"../locales/en/apps.ftl\"; m.text_with(\n \"apps\", []); m.text(\"skip\");\n\
             #[cfg(test)] m.text(\"no-such-key\")",
        ),
        // Another crate's texts are its own affair.
        ("crates/receipts", "locales/en.ftl", "total = Total\n"),
    ];

    #[test]
    fn pages_use_their_own_texts_and_those_of_all_pages() {
        assert_eq!(seen(&HOUSE), Vec::<String>::new());
    }

    #[test]
    fn every_difference_is_seen() {
        let more = [
            (
                OWN,
                "locales/en/more.ftl",
                "unused = Unused\nskip = Twice\n",
            ),
            (OWN, "templates/a.html", "{{ m.text(\"missing\") }}"),
            (KIT, "src/a.rs", "m.text(\"apps\")"),
        ];
        let seen = seen(&[&HOUSE[..], &more].concat()).join("\n");
        for fault in [
            "crates/console: en lacks missing",
            "crates/console: en has unused unused",
            "crates/console: en has, as all pages do, skip",
            "crates/console: locales/en/more.ftl is part of no catalogue",
            "crates/foundation/pages: en lacks apps",
        ] {
            assert!(seen.contains(fault), "no {fault:?} in {seen}");
        }
    }
}
