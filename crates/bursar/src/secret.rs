//! The server key: 32 random bytes in a file that only its owner reads.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bursar_kernel::Rng;

/// Why there is no server key.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It cannot be read or made.
    #[error("cannot use the secret key file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a key.
    #[error("{path} is not a secret key: it must hold exactly 32 bytes; restore it from a backup")]
    Length {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the key, or makes it when there is none: durable before anything is sealed with it.
pub(crate) fn load_or_create(path: &Path, rng: &Rng) -> Result<[u8; 32], SecretError> {
    let io = |source| SecretError::Io { path: path.to_owned(), source };
    match File::open(path) {
        Ok(mut file) => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(io)?;
            bytes.try_into().map_err(|_| SecretError::Length { path: path.to_owned() })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = rng.bytes();
            create(path, &key).map_err(io)?;
            tracing::info!(path = %path.display(), "made the secret key; back it up");
            Ok(key)
        }
        Err(error) => Err(io(error)),
    }
}

fn create(path: &Path, key: &[u8; 32]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_for_its_owner_only() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("new").join("secret.key");
        let made = load_or_create(&path, &Rng::seeded(1)).unwrap();
        assert_eq!(load_or_create(&path, &Rng::seeded(2)).unwrap(), made);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        let error = load_or_create(&path, &Rng::seeded(1)).unwrap_err();
        assert!(error.to_string().contains("exactly 32 bytes"));
    }
}
