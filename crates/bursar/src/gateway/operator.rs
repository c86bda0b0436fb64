//! `bursar gateway hash-password`: what the configuration keeps of an operator's password.

use std::io::{BufRead as _, IsTerminal as _};

use bursar_kernel::Rng;
use bursar_secrets::{PASSWORD_MIN, PasswordError, Passwords, is_long_enough};
use secrecy::SecretString;

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Standard input cannot be read.
    #[error("the password cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// It is too short to protect anything.
    #[error("give a password of at least {PASSWORD_MIN} characters, on one line")]
    TooShort,
    /// It could not be hashed.
    #[error(transparent)]
    Hash(#[from] PasswordError),
}

/// Reads a password, one line of standard input, and answers its hash.
pub async fn hash_password() -> Result<String, HashError> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprintln!("Type the password, and Enter; it is seen here.");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let password = SecretString::from(line.trim_end_matches(['\r', '\n']));
    if !is_long_enough(&password) {
        return Err(HashError::TooShort);
    }
    Ok(Passwords::new(Rng::system()).hash(&password).await?)
}
