//! Expense groups from a seed file.

use bursar_db::{Db, Isolation};
use bursar_directory::{Seed, SeedError, api as directory};
use bursar_kernel::Uuid;
use serde::Deserialize;

use crate::group::{self, Group, PaymentType, Policy};
use crate::store;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupSeed {
    company: Uuid,
    name: String,
    #[serde(default = "group::payment_types")]
    payment_types: Vec<PaymentType>,
    #[serde(default = "group::policies")]
    policies: Vec<Policy>,
}

impl GroupSeed {
    fn split(self) -> (Uuid, Group) {
        let group = Group {
            name: self.name,
            payment_types: self.payment_types,
            policies: self.policies,
        };
        (self.company, group)
    }
}

/// Applies the section `expense_groups`: creates what is not there yet, and leaves what is there
/// as it has become. A company without one has the default group.
pub async fn seed(db: &Db, seed: &mut Seed) -> Result<(), SeedError> {
    let groups = seed.take::<GroupSeed>("expense_groups")?;
    let groups: Vec<_> = groups.into_iter().map(GroupSeed::split).collect();
    for (_, group) in &groups {
        if let Some(what) = group.unusable() {
            return Err(SeedError::Unusable(what));
        }
    }
    let stored = db.write(Isolation::Serializable, groups, |tx, groups| {
        Box::pin(async move {
            for (company, group) in groups {
                if directory::company(tx, company).await?.is_none() {
                    return Err(SeedError::NotThere(format!("the company {company}")));
                }
                store::insert_group(tx, *company, group).await?;
            }
            Ok(())
        })
    });
    stored.await
}
