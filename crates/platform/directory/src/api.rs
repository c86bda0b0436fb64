//! What other slices may ask.

use bursar_db::{DbError, Tx};
use bursar_kernel::Uuid;

use crate::store;
use crate::{Company, Member};

/// The company with this id.
pub async fn company(tx: &mut Tx, id: &Uuid) -> Result<Option<Company>, DbError> {
    store::company(tx, id).await
}

/// The user with this id, and the company.
pub async fn user(tx: &mut Tx, id: &Uuid) -> Result<Option<Member>, DbError> {
    Ok(store::user(tx, id).await?.map(|(member, _)| member))
}
