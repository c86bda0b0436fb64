//! What keeps secrets at rest: keys of 32 bytes, the private files that hold them, and the hashes
//! of passwords.
//!
//! - [`ServerKey`] is one key for good. It hashes secrets that come back, such as tokens, and seals
//!   those that are needed as they were. A hash cannot be made anew, so this key cannot change.
//! - [`SealingKeys`] only seal. A sealed value names its key, so keys can change: the newest seals,
//!   and the older ones still open.
//! - [`Passwords`] hashes and checks the passwords of people.
//!
//! What is sealed is bound to a row: copied to another one, it does not open.

mod cipher;
mod file;
mod hex;
mod passwords;
mod sealing_keys;
mod server_key;

pub use passwords::{PASSWORD_MIN, PasswordError, Passwords, is_long_enough, is_password_hash};
pub use sealing_keys::{SealingKeys, SealingKeysError};
pub use server_key::{Hash, Label, ServerKey, ServerKeyError};
