//! Private files: made and replaced whole, readable by their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use bursar_kernel::Rng;
use zeroize::Zeroizing;

use crate::hex;

/// What is wrong with a private file.
pub(crate) enum FileFault {
    /// It cannot be read or written.
    Io(io::Error),
    /// Others than its owner may read it.
    Exposed,
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The text of a file; where there is none, a new one with one new key.
pub(crate) fn read_or_create(path: &Path, rng: &Rng) -> Result<Zeroizing<String>, FileFault> {
    if !path.try_exists()? {
        create(path, rng)?;
    }
    read(path)
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, FileFault> {
    if exposed(path)? {
        return Err(FileFault::Exposed);
    }
    Ok(Zeroizing::new(fs::read_to_string(path)?))
}

/// Keeps other processes from changing the files of a folder by these functions, until the
/// file that it answers is closed. The lock is on the folder, for the files in it are replaced.
pub(crate) fn lock_folder(path: &Path) -> io::Result<File> {
    let folder = File::open(folder_of(path))?;
    folder.lock()?;
    Ok(folder)
}

/// Puts `text` in place of a file: whoever reads it has the old one or the new one, also after a
/// power failure. It keeps its owner, whoever changes it.
pub(crate) fn replace(path: &Path, text: &str, rng: &Rng) -> io::Result<()> {
    let old = fs::metadata(path)?;
    aside(path, text, rng, |new, aside| {
        keep_owner(new, &old)?;
        fs::rename(aside, path)
    })
}

/// Written aside and linked into place: the name never leads to half a key, nor does a second
/// start replace the first one's.
fn create(path: &Path, rng: &Rng) -> io::Result<()> {
    let text = hex::draw(rng, 0).map_err(io::Error::other)?;
    aside(path, &text, rng, |_, aside| {
        match fs::hard_link(aside, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    })
}

/// Writes a file beside `path`, lets `place` bring it there, and makes that last.
fn aside(
    path: &Path,
    text: &str,
    rng: &Rng,
    place: impl FnOnce(&File, &Path) -> io::Result<()>,
) -> io::Result<()> {
    let folder = folder_of(path);
    let aside = folder.join(format!(".secret-{}", rng.uuid().simple()));
    let placed = write(&aside, text).and_then(|file| place(&file, &aside));
    // The name in place is what counts; a leftover is harmless, but it holds a key.
    drop(fs::remove_file(&aside));
    placed?;
    File::open(folder)?.sync_all()
}

fn write(path: &Path, text: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    if file.metadata()?.uid() == old.uid() {
        return Ok(());
    }
    fchown(file, Some(old.uid()), None)?;
    file.sync_all()
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn exposed(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn exposed(_: &Path) -> io::Result<bool> {
    Ok(false)
}
