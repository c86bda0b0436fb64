//! The sandbox: seeded companies, and the demo that plays the main job on them.
//!
//! Nothing here touches a store: the demo is a client like any other, over TCP.

pub mod cast;
pub mod demo;
mod timeline;

/// The companies, people and apps of the sandbox.
pub const SEED: &str = include_str!("../../../seeds/sandbox.toml");
/// The general e-receipt of the integration guide: a booking fee with a line item.
pub const BOOKING_FEE: &str = include_str!("../../../seeds/receipts/booking-fee.json");
/// The general e-receipt of the integration guide that has a tax id.
pub const TAX_ID: &str = include_str!("../../../seeds/receipts/tax-id.json");
/// A week's sales to three guests, as the merchant's system exports them: five receipts and a
/// quick expense.
pub const WEEK: &str = include_str!("../../../seeds/receipts/bluebird-week.csv");

#[cfg(test)]
mod tests {
    use super::*;

    /// The companies of the seed that live in a data center, each with its users.
    fn companies(seed: &toml::Table, home: &str) -> Vec<Vec<toml::Value>> {
        let companies = seed["companies"].as_array().unwrap().iter();
        let there = companies.filter(|company| company["home"].as_str() == Some(home));
        let users = there.map(|company| company["users"].as_array().unwrap().clone());
        users.collect()
    }

    /// Card accounts are imported for real users only: `is_test_user` is never true.
    #[test]
    fn every_data_center_has_a_company_with_three_test_accounts() {
        let seed: toml::Table = SEED.parse().unwrap();
        for home in ["us", "us2", "emea", "eu2", "cn"] {
            let accounts = |users: &Vec<toml::Value>| {
                let test_user = |user: &&toml::Value| {
                    let flag = user.get("is_test_user");
                    flag.is_some_and(|flag| flag.as_bool() != Some(false))
                };
                let all_real = !users.iter().any(|user| test_user(&user));
                let enter = users.iter().filter(|user| user.get("password").is_some());
                all_real && enter.count() >= 3
            };
            assert!(companies(&seed, home).iter().any(accounts), "{home}");
        }
    }

    /// Whoever's password says that they approve, may.
    #[test]
    fn approvers_have_their_role() {
        let seed: toml::Table = SEED.parse().unwrap();
        let mut approvers = 0;
        let homes = ["us", "us2", "emea", "eu2", "cn"];
        for user in homes
            .iter()
            .flat_map(|home| companies(&seed, home))
            .flatten()
        {
            let password = user.get("password").and_then(toml::Value::as_str);
            if password.is_some_and(|password| password.ends_with("-approves-it")) {
                let roles = user["roles"].as_array().unwrap();
                let role = toml::Value::from("approver");
                assert!(roles.contains(&role), "{user}");
                approvers += 1;
            }
        }
        assert_eq!(approvers, 5);
    }
}
