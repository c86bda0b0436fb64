//! Where things are: the repository, its tracked files, the build folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{Result, sh};

/// The repository's root folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// What cargo knows about the workspace's own packages.
pub(crate) fn metadata() -> Result<Value> {
    let mut command = sh::cargo();
    command
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root());
    let text = sh::output(&mut command)?;
    serde_json::from_str(&text).map_err(|e| format!("cargo metadata: {e}"))
}

/// Cargo's build folder.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = metadata()?;
    let folder = metadata["target_directory"]
        .as_str()
        .ok_or("cargo metadata: no target")?;
    Ok(PathBuf::from(folder))
}

/// Our own folder inside the build folder, made when missing.
pub(crate) fn scratch() -> Result<PathBuf> {
    let folder = target()?.join("xtask");
    std::fs::create_dir_all(&folder)
        .map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    Ok(folder)
}

/// The files that git tracks or would track, relative to the root, sorted.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    // A container often runs as another user than the one who cloned.
    git.args([
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
    ])
    .args(["--exclude-standard", "--deduplicate"])
    .current_dir(root());
    let listed = sh::output(&mut git)?;
    let mut files: Vec<PathBuf> = listed
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(|file| root().join(file).is_file())
        .collect();
    files.sort();
    Ok(files)
}

/// The tracked text files with this ending, or all of them: path and content.
pub(crate) fn texts(ending: Option<&str>) -> Result<Vec<(PathBuf, String)>> {
    let wanted = |file: &PathBuf| ending.is_none_or(|e| file.extension().is_some_and(|x| x == e));
    let mut texts = Vec::new();
    for file in files()?.into_iter().filter(wanted) {
        let bytes = std::fs::read(root().join(&file))
            .map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        // A file that is not UTF-8 is a font or a picture.
        if let Ok(text) = String::from_utf8(bytes) {
            texts.push((file, text));
        }
    }
    Ok(texts)
}
