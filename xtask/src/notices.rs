//! `notices`: the licences of what we ship, crates by cargo-about and fonts by their own files.

use std::path::{Path, PathBuf};

use crate::{Result, repo, sh};

const FILE: &str = "THIRD-PARTY-NOTICES.md";

/// Writes the notices.
pub(crate) fn write() -> Result {
    sh::write(&repo::root().join(FILE), &generate()?)
}

/// An error when the checked-in notices are not what we would write.
pub(crate) fn check() -> Result {
    if sh::read(&repo::root().join(FILE)).is_ok_and(|text| Ok(text) == generate()) {
        return Ok(());
    }
    Err(format!("{FILE} is out of date; run `cargo xtask notices`"))
}

fn generate() -> Result<String> {
    let mut about = sh::cargo();
    about.args([
        "about",
        "generate",
        "--workspace",
        "--locked",
        "--offline",
        "--fail",
        "about.hbs",
    ]);
    about.current_dir(repo::root());
    let crates = sh::output(&mut about)?;
    let mut parts = vec![crates.trim_end().to_owned()];
    for licence in font_licences(&repo::files()?)? {
        let body = sh::read(&repo::root().join(&licence))?;
        let body = body.trim_end();
        let folder = licence.parent().unwrap_or(Path::new("")).display();
        parts.push(format!("## Fonts in {folder}\n\n```text\n{body}\n```"));
    }
    Ok(parts.join("\n\n") + "\n")
}

/// The licence file of every folder with fonts; a folder without one is an error.
fn font_licences(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let is_font = |file: &&PathBuf| {
        file.extension()
            .is_some_and(|e| ["ttf", "otf", "woff", "woff2"].iter().any(|f| e == *f))
    };
    let mut folders: Vec<&Path> = files
        .iter()
        .filter(is_font)
        .filter_map(|f| f.parent())
        .collect();
    folders.dedup();
    let mut licences = Vec::new();
    for folder in folders {
        let found = files
            .iter()
            .filter(|file| file.parent() == Some(folder))
            .filter(|file| {
                let name = file
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .to_uppercase();
                name.starts_with("OFL") || name.starts_with("LICEN")
            });
        let before = licences.len();
        licences.extend(found.cloned());
        if licences.len() == before {
            return Err(format!(
                "{} has fonts but no licence file",
                folder.display()
            ));
        }
    }
    Ok(licences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_folder_needs_a_licence() {
        let files = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let good = files(&["a/OFL.txt", "a/x.ttf", "a/y.ttf", "b/LICENSE"]);
        assert_eq!(font_licences(&good), Ok(files(&["a/OFL.txt"])));
        assert!(font_licences(&files(&["a/x.ttf"])).is_err());
    }
}
