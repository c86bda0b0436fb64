//! Changing one's own password.

use bursar_db::{Db, DbError, Tx};
use bursar_kernel::{Clock, Rng};
use bursar_secrets::is_long_enough;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::sign_in::{admit, check};
use crate::{Decision, Member, PasswordError, Passwords, SignInError, Stamp, store};

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new one is too short. Nothing was checked, and nothing counts as a failure.
    #[error("the new password is too short")]
    TooShort,
    /// The new one is the old one, which would change nothing.
    #[error("the new password is the old one")]
    Same,
    /// Whoever asks may not sign in with the current password.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

impl From<PasswordError> for ChangePasswordError {
    fn from(error: PasswordError) -> Self {
        Self::SignIn(error.into())
    }
}

/// A change that was checked, and waits for its operation: [`crate::api::set_password`].
#[derive(Clone)]
pub struct PasswordChange {
    member: Member,
    old_hash: String,
    new_hash: String,
    stamp: Stamp,
}

impl PasswordChange {
    /// Whose password it is.
    pub fn member(&self) -> &Member {
        &self.member
    }
}

/// Checks a change of password: the current one as [`crate::sign_in()`] does, its failures counted
/// towards the same lock, except that it may be one that has to be changed.
pub async fn change_password(
    db: &Db,
    clock: &Clock,
    rng: &Rng,
    passwords: &Passwords,
    user_name: &str,
    current: &SecretString,
    new: &SecretString,
) -> Result<PasswordChange, ChangePasswordError> {
    if !is_long_enough(new) {
        return Err(ChangePasswordError::TooShort);
    }
    let (member, mut credentials) = check(db, clock, passwords, user_name, current).await?;
    // That it must be changed is no reason not to change it.
    credentials.must_change = false;
    let member = admit(member, &credentials)?;
    if current.expose_secret() == new.expose_secret() {
        return Err(ChangePasswordError::Same);
    }
    let old_hash = credentials.hash.ok_or(SignInError::Incorrect)?;
    Ok(PasswordChange {
        old_hash,
        new_hash: passwords.hash(new).await?,
        stamp: Stamp::draw(rng, clock.now(), member.user.id),
        member,
    })
}

/// Sets the new password, unless it is not the one any more that was checked: of two changes at
/// once one wins. Answers whether it was set.
pub(crate) async fn set(tx: &mut Tx, change: &PasswordChange) -> Result<bool, DbError> {
    let user = &change.member.user;
    if !store::set_password(tx, user, &change.old_hash, &change.new_hash).await? {
        return Ok(false);
    }
    let decision = Decision {
        company_id: &user.company_id,
        action: "password.change",
        subject: &user.user_name,
        details: json!({}),
    };
    store::insert_audit(tx, &change.stamp, &decision).await?;
    Ok(true)
}
