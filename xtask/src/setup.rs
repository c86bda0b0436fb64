//! `setup`: what tests and benchmarks need beside Rust.
//!
//! Missing Debian packages are installed when we are root on Debian or Ubuntu, after naming
//! them; otherwise the exact command is printed and the task fails. Node and Python packages,
//! pinned in `package-lock.json` and `requirements.txt`, go into the build folder, and so does the
//! PDF/A validator, which is built from `xtask/pdfa`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, postgres, repo, sh};

/// Programs looked up on the path, and the Debian package that brings each.
const PROGRAMS: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("curl", "curl"),
    ("git", "git"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("pdftotext", "poppler-utils"),
    ("pdftoppm", "poppler-utils"),
    ("python3", "python3"),
    ("setpriv", "util-linux"),
    ("strace", "strace"),
    ("wrk", "wrk"),
];

/// Files looked for, and the Debian package that brings each.
const FILES: &[(&str, &str)] = &[(
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "fonts-noto-cjk",
)];

/// Checks everything and installs what is missing.
pub(crate) fn run() -> Result {
    debian_packages()?;
    node_packages("xtask", &repo::scratch()?)?;
    python_packages()?;
    validator()?;
    eprintln!("set-up is complete");
    Ok(())
}

/// The folder of the Node packages that browser tests load.
pub(crate) fn node_modules() -> Result<PathBuf> {
    Ok(repo::scratch()?.join("node_modules"))
}

/// The folder of the Python environment for the black-box checks.
pub(crate) fn venv() -> Result<PathBuf> {
    Ok(repo::scratch()?.join("venv"))
}

/// The PDF/A validator.
pub(crate) fn pdfa() -> Result<PathBuf> {
    Ok(validator_folder()?.join("debug/pdfa"))
}

fn validator_folder() -> Result<PathBuf> {
    Ok(repo::scratch()?.join("pdfa"))
}

fn validator() -> Result {
    let mut build = sh::cargo();
    build
        .args(["build", "--quiet", "--locked", "--manifest-path"])
        .arg(repo::root().join("xtask/pdfa/Cargo.toml"))
        .arg("--target-dir")
        .arg(validator_folder()?);
    sh::run(&mut build)
}

fn missing_packages() -> Vec<&'static str> {
    let mut missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| sh::which(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    let files = FILES.iter().filter(|(file, _)| !Path::new(file).exists());
    missing.extend(files.map(|(_, package)| *package));
    if postgres::bin_folder().is_none() {
        missing.push("postgresql");
    }
    if !sh::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        missing.push("python3-venv");
    }
    missing.sort_unstable();
    missing.dedup();
    missing
}

fn debian_packages() -> Result {
    let missing = missing_packages();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !Path::new("/etc/debian_version").exists() {
        return Err(format!(
            "missing; please install what Debian calls: {names}"
        ));
    }
    if !postgres::is_root() {
        return Err(format!("missing; run: sudo apt-get install --yes {names}"));
    }
    eprintln!("missing, to be installed now: {names}");
    sh::run(Command::new("apt-get").args(["update", "--quiet"]))?;
    let mut install = Command::new("apt-get");
    install
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(&missing);
    sh::run(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
    match missing_packages().as_slice() {
        [] => Ok(()),
        still => Err(format!(
            "still missing after the installation: {}",
            still.join(" ")
        )),
    }
}

/// Installs the packages that `source`'s lock file pins into `folder`.
pub(crate) fn node_packages(source: &str, folder: &Path) -> Result {
    let lock = sh::read(&repo::root().join(source).join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.stamp");
    if is_current(&stamp, &lock) {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for name in ["package.json", "package-lock.json"] {
        sh::write(
            &folder.join(name),
            &sh::read(&repo::root().join(source).join(name))?,
        )?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder);
    sh::run(&mut npm)?;
    sh::write(&stamp, &lock)
}

fn python_packages() -> Result {
    let requirements = repo::root().join("xtask/requirements.txt");
    let wanted = sh::read(&requirements)?;
    let venv = venv()?;
    let stamp = venv.join(".stamp");
    if is_current(&stamp, &wanted) {
        return Ok(());
    }
    sh::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv),
    )?;
    let mut pip = Command::new(venv.join("bin/pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "-r",
    ]);
    sh::run(pip.arg(&requirements))?;
    sh::write(&stamp, &wanted)
}

/// Whether an earlier run installed exactly this.
fn is_current(stamp: &Path, wanted: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|installed| installed == wanted)
}
