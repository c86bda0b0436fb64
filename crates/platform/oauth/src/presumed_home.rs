//! Where an address that is nobody's seems to live.
//!
//! Whoever lives elsewhere is documented to be told so (code 16). If only known addresses were, the
//! answer would tell which addresses are known. So every address has a home: people's own; for all
//! others that of those who have addresses of the same domain; and where nobody has, one that the
//! server key picks for the domain, as if it were a company's. Choice.

use bursar_db::{DbError, Tx};
use bursar_directory::{DataCenters, EmailKey, GLOBAL_ZONE, api as directory};
use bursar_secrets::{Hash, ServerKey};

use crate::otp::handle_hash;
use crate::secret::Secret;

/// What the presumption is made from.
pub(crate) struct Presumption {
    key: EmailKey,
    /// Decides between the homes of a domain.
    address: Hash,
    /// Decides where a domain that nobody has is at home.
    domain: Hash,
    data_centers: DataCenters,
}

impl Presumption {
    pub(crate) fn of(server_key: &ServerKey, data_centers: &DataCenters, address: &str) -> Self {
        let key = EmailKey::of(address);
        Self {
            address: handle_hash(server_key, address),
            domain: server_key.hash(Secret::Address, key.domain()),
            data_centers: data_centers.clone(),
            key,
        }
    }

    /// The id of the data center; none only where nobody can live.
    pub(crate) async fn home(&self, tx: &mut Tx) -> Result<Option<String>, DbError> {
        let neighbours = directory::homes_by_domain(tx, &self.key).await?;
        if !neighbours.is_empty() {
            return Ok(pick(&neighbours, &self.address));
        }
        let all = self.data_centers.iter().map(|one| one.id().to_owned());
        let homes: Vec<_> = all.filter(|id| id != GLOBAL_ZONE).collect();
        Ok(pick(&homes, &self.domain))
    }
}

/// The same for the same hash, as long as `homes` are the same.
fn pick(homes: &[String], hash: &Hash) -> Option<String> {
    let number = hash.iter().fold(0_usize, |number, byte| {
        number.wrapping_mul(256).wrapping_add(usize::from(*byte))
    });
    let at = number.checked_rem(homes.len())?;
    homes.get(at).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_home_is_picked_and_the_same_again() {
        let homes = ["emea", "us", "us2"].map(str::to_owned);
        let key = ServerKey::from_hex(&"01".repeat(32)).unwrap();
        let of = |number: u32| pick(&homes, &handle_hash(&key, &format!("{number}@a.test")));
        for home in &homes {
            assert!(
                (0..50).any(|number| of(number).as_ref() == Some(home)),
                "{home}"
            );
        }
        assert_eq!(of(1), of(1));
        assert_eq!(pick(&[], &[0; 32]), None);
    }
}
