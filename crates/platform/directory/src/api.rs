//! What other slices may ask.

use bursar_db::{DbError, Tx};
use bursar_kernel::Uuid;

use crate::{
    Audited, Company, Decision, EmailKey, Finder, Listed, Member, Move, PasswordChange, Stamp,
};
use crate::{change_password, store};

/// The company with this id.
pub async fn company(tx: &mut Tx, id: &Uuid) -> Result<Option<Company>, DbError> {
    store::company(tx, id).await
}

/// The user with this id, and the company.
pub async fn user(tx: &mut Tx, id: &Uuid) -> Result<Option<Member>, DbError> {
    Ok(store::user(tx, id).await?.map(|(member, _)| member))
}

/// How many users the company has, and `limit` of them after the first `offset`.
pub async fn users_page(
    tx: &mut Tx,
    company_id: &Uuid,
    offset: i64,
    limit: i64,
) -> Result<(i64, Vec<Listed>), DbError> {
    let total = store::count_users(tx, company_id).await?;
    let page = store::users_page(tx, company_id, offset, limit).await?;
    Ok((total, page))
}

/// Those of the company's users whom `finder` describes; none of any other company.
pub async fn users_by(
    tx: &mut Tx,
    company_id: &Uuid,
    finder: &Finder,
) -> Result<Vec<Listed>, DbError> {
    store::users_by(tx, company_id, finder).await
}

/// Moves a company to another data center, in one step, and answers the company as it was before;
/// none when there is no such company. Who lives there already stays.
///
/// Everything of the company is keyed by its id, so nothing else moves: what was accepted goes on.
pub async fn move_company(tx: &mut Tx, going: &Move) -> Result<Option<Company>, DbError> {
    let Some(before) = store::company(tx, &going.company_id).await? else {
        return Ok(None);
    };
    if before.home != going.to_home {
        store::move_company(tx, &before, going).await?;
    }
    Ok(Some(before))
}

/// Appends an entry to the audit log, in the operation that does what it says.
pub async fn append_audit(
    tx: &mut Tx,
    stamp: &Stamp,
    decision: &Decision<'_>,
) -> Result<(), DbError> {
    store::insert_audit(tx, stamp, decision).await
}

/// At most `limit` entries of the audit log before `before`, the newest first: of one company, or
/// of all.
pub async fn audit(
    tx: &mut Tx,
    company_id: Option<&Uuid>,
    before: &Uuid,
    limit: i64,
) -> Result<Vec<Audited>, DbError> {
    store::audit(tx, company_id, before, limit).await
}

/// The active user whose primary address this is; its case does not matter.
///
/// Choice: none when several have it, for a mail would sign in any of them.
pub async fn user_by_email(tx: &mut Tx, email: &str) -> Result<Option<Member>, DbError> {
    let mut members = store::email::active(tx, &EmailKey::of(email)).await?;
    let last = members.pop();
    Ok(last.filter(|_| members.is_empty()))
}

/// Where people whose addresses have the same domain live: each data center once, in order; none
/// when nobody has one. Of a domain with many people, only some are asked.
pub async fn homes_by_domain(tx: &mut Tx, key: &EmailKey) -> Result<Vec<String>, DbError> {
    store::email::homes(tx, key).await
}

/// Carries out a change of password that was checked, and writes it into the audit log. Answers
/// false, and changes nothing, when the current password is another one by now.
pub async fn set_password(tx: &mut Tx, change: &PasswordChange) -> Result<bool, DbError> {
    change_password::set(tx, change).await
}

/// The companies that run the platform: those that have an operator.
pub async fn operating_companies(tx: &mut Tx) -> Result<Vec<Uuid>, DbError> {
    store::operating(tx).await
}
