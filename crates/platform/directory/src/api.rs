//! What other slices may ask.

use bursar_db::{DbError, Tx};
use bursar_kernel::Uuid;

use crate::store;
use crate::{Audited, Company, Decision, Member, Stamp};

/// The company with this id.
pub async fn company(tx: &mut Tx, id: &Uuid) -> Result<Option<Company>, DbError> {
    store::company(tx, id).await
}

/// The user with this id, and the company.
pub async fn user(tx: &mut Tx, id: &Uuid) -> Result<Option<Member>, DbError> {
    Ok(store::user(tx, id).await?.map(|(member, _)| member))
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
    let mut members = store::active_by_email(tx, email).await?;
    let last = members.pop();
    Ok(last.filter(|_| members.is_empty()))
}
