//! Sign-in by user name and password.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bursar_db::{Db, DbError, Isolation};
use bursar_kernel::{Clock, Micros, uuid_from_text};
use secrecy::SecretString;

use crate::model::{Credentials, SignIn};
use crate::store;
use crate::{Member, PasswordError, Passwords, UserState};

/// Wrong passwords in a row that lock a name. Choice.
pub const ATTEMPTS_MAX: i64 = 5;
/// How long a name stays locked, and how long a failure counts. Choice.
pub const LOCKED_FOR: Duration = Duration::from_mins(15);

/// Why a sign-in was refused. All but [`SignInError::Incorrect`] and [`SignInError::Locked`] are
/// only said to who has the right password.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is no such user, or the password is another. Nobody learns which.
    #[error("user name or password is wrong")]
    Incorrect,
    /// There were too many wrong passwords for this name, whether or not anybody has it.
    #[error("too many wrong passwords")]
    Locked,
    /// The user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The user signs in with the company's single sign-on only.
    #[error("the user may only sign in by single sign-on")]
    SsoOnly,
    /// The password has to be changed first.
    #[error("the password must be changed")]
    MustChangePassword,
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
/// An unknown name, a user without a password and a wrong password take the same time and have
/// the same consequences: five failures lock any name for a quarter of an hour.
pub async fn sign_in(
    db: &Db,
    clock: &Clock,
    passwords: &Passwords,
    user_name: &str,
    password: &SecretString,
) -> Result<Member, SignInError> {
    let (member, credentials) = check(db, clock, passwords, user_name, password).await?;
    admit(member, &credentials)
}

/// Whose name and password these are, be they good for signing in or not; a failure counts.
pub(crate) async fn check(
    db: &Db,
    clock: &Clock,
    passwords: &Passwords,
    user_name: &str,
    password: &SecretString,
) -> Result<(Member, Credentials), SignInError> {
    // Neither engine has names with NUL, and one refuses to look for them.
    let name = user_name.replace('\0', "\u{fffd}");
    let key = digest(&SHA256, name.to_lowercase().as_bytes());
    let found = find(db, name).await?;
    let key = found.as_ref().map_or_else(
        || key.as_ref().to_vec(),
        |(member, _)| member.user.id.as_bytes().to_vec(),
    );
    let hash = found.as_ref().and_then(|(_, own)| own.hash.clone());
    let correct = passwords.verify(password, hash).await?;
    let now = clock.now();
    // Counted after the check: of many guesses at once, one that is right but comes after the
    // fifth wrong one is refused too.
    match found {
        Some((member, credentials)) if correct => {
            passed(db, key, now).await?;
            Ok((member, credentials))
        }
        _ => Err(failed(db, key, now).await?),
    }
}

async fn find(db: &Db, name: String) -> Result<Option<(Member, Credentials)>, DbError> {
    if let Ok(id) = uuid_from_text(&name) {
        return db.read(id, |tx, id| Box::pin(store::user(tx, id))).await;
    }
    let by_name = db.read(name, |tx, name| Box::pin(store::user_by_name(tx, name)));
    by_name.await
}

/// What the right password is worth.
pub(crate) fn admit(member: Member, credentials: &Credentials) -> Result<Member, SignInError> {
    if member.user.state == UserState::Disabled {
        Err(SignInError::Disabled)
    } else if credentials.sign_in == SignIn::Sso {
        Err(SignInError::SsoOnly)
    } else if credentials.must_change {
        Err(SignInError::MustChangePassword)
    } else {
        Ok(member)
    }
}

/// Forgets failures, unless they have locked the name.
async fn passed(db: &Db, key: Vec<u8>, now: Micros) -> Result<(), SignInError> {
    let failed = db.read(key.clone(), |tx, key| Box::pin(store::failed(tx, key)));
    let failed: bool = failed.await?;
    if !failed {
        return Ok(());
    }
    let since = now - LOCKED_FOR;
    let forgetting = db.write(Isolation::ReadCommitted, key, move |tx, key| {
        Box::pin(store::forget_failures(tx, key, ATTEMPTS_MAX, since))
    });
    let locked: bool = forgetting.await?;
    if locked {
        return Err(SignInError::Locked);
    }
    Ok(())
}

/// Counts a failure, and answers what to say of it.
async fn failed(db: &Db, key: Vec<u8>, now: Micros) -> Result<SignInError, DbError> {
    let since = now - LOCKED_FOR;
    let counted = db.write(Isolation::ReadCommitted, key, move |tx, key| {
        Box::pin(store::count_failure(tx, key, now, since, ATTEMPTS_MAX))
    });
    let count = counted.await?;
    if count == 1 {
        // The first of a name makes room for itself, so that guessing names fills no disk.
        let sweep = db.write(Isolation::ReadCommitted, (), move |tx, ()| {
            Box::pin(store::sweep_failures(tx, since))
        });
        sweep.await?;
    }
    Ok(if count > ATTEMPTS_MAX {
        SignInError::Locked
    } else {
        SignInError::Incorrect
    })
}
