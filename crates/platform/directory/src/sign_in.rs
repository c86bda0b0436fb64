//! Sign-in by user name and password.

use bursar_db::{Db, DbError};
use bursar_kernel::uuid_from_text;
use secrecy::SecretString;

use crate::{Member, PasswordError, Passwords, UserState, store};

/// Why a sign-in was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no such user, or the password is another. Nobody learns which.
    #[error("user name or password is wrong")]
    Incorrect,
    /// The password is right, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The password could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

/// Checks a user name, whose case does not matter, or a user id, and a password.
///
/// Source: api-reference/authentication/apidoc.markdown, password grant: "the username or userId".
/// An unknown name, a user without a password and a wrong password take the same time.
pub async fn sign_in(
    db: &Db,
    passwords: &Passwords,
    user_name: &str,
    password: &SecretString,
) -> Result<Member, SignInError> {
    // Neither engine has names with NUL, and one refuses to look for them.
    let name = user_name.replace('\0', "\u{fffd}");
    let found = if let Ok(id) = uuid_from_text(&name) {
        db.read(id, |tx, id| Box::pin(store::user(tx, id))).await?
    } else {
        let by_name = db.read(name, |tx, name| Box::pin(store::user_by_name(tx, name)));
        by_name.await?
    };
    let (member, hash) = found.map_or((None, None), |(member, hash)| (Some(member), hash));
    let correct = passwords.verify(password, hash).await?;
    match member {
        Some(member) if correct && member.user.state == UserState::Active => Ok(member),
        Some(_) if correct => Err(SignInError::Disabled),
        _ => Err(SignInError::Incorrect),
    }
}
