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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_is_in_the_seed() {
        let (traveller, european) = (TRAVELLER, EUROPEAN);
        for text in [
            CLIENT_ID,
            CLIENT_SECRET,
            traveller.0,
            traveller.1,
            TRAVELLER_ID,
            european.0,
            european.1,
        ] {
            assert!(crate::SEED.contains(&format!("\"{text}\"")), "{text}");
        }
    }
}
