//! Whom the demo plays: names and secrets of the seed.

/// The merchant's app.
pub const CLIENT_ID: &str = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51";
/// Its secret.
pub const CLIENT_SECRET: &str = "a7d0c1e2-93f4-4b65-8c76-d7e8f9a0b151";
/// A traveller who lives in `us`: user name and password.
pub const TRAVELLER: (&str, &str) = ("ana@northwind.example.com", "ana-travels-light");
/// That traveller's id.
pub const TRAVELLER_ID: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c11";
/// A traveller who lives in `emea`: user name and password.
pub const EUROPEAN: (&str, &str) = ("lars@lindgren.example.com", "lars-keeps-receipts");
/// Who decides on the traveller's reports.
pub const APPROVER: (&str, &str) = ("ben@northwind.example.com", "ben-approves-it");
/// Who administers the traveller's company.
pub const COMPANY_ADMIN: (&str, &str) = ("admin@northwind.example.com", "northwind-admin");
/// Who makes the merchant's apps.
pub const PARTNER: (&str, &str) = ("pia@bluebird.example.com", "pia-builds-apps");
/// Who runs the platform.
pub const OPERATOR: (&str, &str) = ("otto@operations.example.com", "otto-reviews-them");
/// One person of each role, all of them in `us`.
pub const PEOPLE: [(&str, (&str, &str)); 5] = [
    ("traveller", TRAVELLER),
    ("approver", APPROVER),
    ("company admin", COMPANY_ADMIN),
    ("partner", PARTNER),
    ("operator", OPERATOR),
];
/// The merchant's listing.
pub const LISTING_ID: &str = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e801";
/// The app behind its test listing: client id and secret.
pub const DEVELOPMENT_CLIENT: (&str, &str) = (
    "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d61",
    "a7d0c1e2-93f4-4b65-8c76-d7e8f9a0b161",
);
/// What opens its test listing.
pub const PREVIEW_CODE: &str = "0b7f3f4e5a434d0e9f0c3f8a1d2b6c55";

/// An app of the merchant's, as the sandbox's gateway runs it.
#[derive(Clone, Copy, Debug)]
pub struct GatewayApp {
    /// Its name in the gateway's addresses.
    pub id: &'static str,
    /// What it is for.
    pub stage: &'static str,
    /// Client id and secret at the platform.
    pub client: (&'static str, &'static str),
    /// How its pages call the merchant.
    pub brand: &'static str,
    /// A key of its API.
    pub api_key: &'static str,
}

/// The apps of the sandbox's gateway; the first one is what people connect.
pub const GATEWAY_APPS: [GatewayApp; 2] = [
    GatewayApp {
        id: "bluebird",
        stage: "production",
        client: (CLIENT_ID, CLIENT_SECRET),
        brand: "Bluebird Cafe",
        api_key: "3d6c1b7e-58a4-4f20-9c8d-27e4a1b5f6c1",
    },
    GatewayApp {
        id: "bluebird-test",
        stage: "development",
        client: DEVELOPMENT_CLIENT,
        brand: "Bluebird Cafe (test)",
        api_key: "3d6c1b7e-58a4-4f20-9c8d-27e4a1b5f6c2",
    },
];
/// Who runs the sandbox's gateway: name and password.
pub const GATEWAY_OPERATOR: (&str, &str) = ("olga", "olga-keeps-watch");
/// The hash of that password: making one takes longer than the rest of a start.
pub const GATEWAY_OPERATOR_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$80N4UK1aqOvOzYfHUx5h2w$\
    9mgrXEbfEqcDMgT0UEd0tPGmWxZpV9ZGUhT7TQJHOjQ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_is_in_the_seed() {
        let logins = PEOPLE.map(|(_, login)| login);
        let logins = logins.iter().chain([&EUROPEAN, &DEVELOPMENT_CLIENT]);
        let ids = [
            CLIENT_ID,
            CLIENT_SECRET,
            TRAVELLER_ID,
            LISTING_ID,
            PREVIEW_CODE,
        ];
        for text in logins
            .flat_map(|(user, password)| [*user, *password])
            .chain(ids)
        {
            assert!(crate::SEED.contains(&format!("\"{text}\"")), "{text}");
        }
    }
}
