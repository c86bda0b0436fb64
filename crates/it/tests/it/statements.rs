//! Every SQL statement of the product.

use bursar_db::Sql;
use bursar_testkit::db_test;

/// All statements, by crate.
fn all() -> Vec<(&'static str, Vec<&'static Sql>)> {
    vec![
        ("appcenter", bursar_appcenter::statements().to_vec()),
        ("console", bursar_console::statements().to_vec()),
        ("delivery", bursar_gateway_delivery::statements()),
        ("directory", bursar_directory::statements()),
        ("expense", bursar_expense::statements()),
        ("gateway-connect", bursar_gateway_connect::statements()),
        (
            "gateway-console",
            bursar_gateway_console::statements().to_vec(),
        ),
        ("jobs", bursar_jobs::statements().to_vec()),
        ("mail", bursar_mail::statements().to_vec()),
        ("oauth", bursar_oauth::statements()),
        ("receipts", bursar_receipts::statements().to_vec()),
    ]
}

db_test! {
    async fn every_statement_is_prepared(place: TestDb) {
        let db = place.open().await;
        for (name, statements) in all() {
            assert!(!statements.is_empty(), "{name}");
            for sql in statements {
                let prepared = db.prepare(sql).await;
                let placeholders = highest_placeholder(sql.postgres());
                let prepared = prepared.unwrap_or_else(|e| panic!("{name}: {}: {e}", sql.postgres()));
                assert_eq!(prepared, placeholders, "{name}: {}", sql.postgres());
            }
        }
        db.close().await;
    }
}

/// `$n` with the largest n; no text of ours has a dollar elsewhere.
fn highest_placeholder(sql: &str) -> usize {
    let digits = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        rest[..end.unwrap_or(rest.len())].parse().unwrap_or(0)
    };
    sql.split('$').skip(1).map(digits).max().unwrap_or(0)
}
