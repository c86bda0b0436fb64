//! `notices`: the licences of what we ship, by cargo-about. Fonts come in crates; `about.toml`
//! names their licence files.

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
    // Packages of other platforms too, which a build here does not bring.
    let mut fetch = sh::cargo();
    fetch.args(["fetch", "--locked", "--quiet"]);
    sh::run(fetch.current_dir(repo::root()))?;
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
    Ok(sh::output(&mut about)?.trim_end().to_owned() + "\n")
}
