//! Expenses of the time before lists were sorted and searched by keys.

use bursar_db::{Db, DbError, Isolation, MIGRATIONS, Sql, Tx, args};
use bursar_expense::{Filter, Traveller, api as expenses};
use bursar_kernel::Uuid;
use bursar_receipts::api::key_expenses;
use bursar_testkit::db_test;

const OWN: Traveller = Traveller {
    company_id: Uuid::from_u128(1),
    user_id: Uuid::from_u128(2),
};

static RECEIPT: Sql = Sql::new(
    "INSERT INTO receipts_receipt (company_id, user_id, id, receipt_type, body, app_id, app_name, \
     correlation_id, received_at, status) \
     VALUES ($1, $2, $3, 'general-receipt', $4, $1, 'Shop', 'test', 5, 'PROCESSED')",
);
static EXPENSE: Sql = Sql::new(
    "INSERT INTO expense_available (company_id, user_id, id, source, source_id, source_app, \
     merchant, transacted_at_text, amount, currency_code, expense_type_id, created_at) \
     VALUES ($1, $2, $3, 'receipt', $3, 'Shop', 'Café', $4, '180.0', 'EUR', 'UNDEF', 5)",
);
static QUICK: Sql = Sql::new(
    "INSERT INTO expense_quick (company_id, user_id, id, app_id, app_name, body, expense_type_id, \
     expense_type_name, amount, currency_code, transaction_date, comment, received_at) \
     VALUES ($1, $2, $3, $1, 'Shop', '{}', 'UNDEF', 'Undefined', '5', 'EUR', '2026-11-20', $4, 5)",
);
static QUICK_EXPENSE: Sql = Sql::new(
    "INSERT INTO expense_available (company_id, user_id, id, source, source_id, source_app, \
     merchant, transacted_at_text, amount, currency_code, expense_type_id, created_at) \
     VALUES ($1, $2, $3, 'quick_expense', $3, 'Shop', 'Kiosk', $4, '5', 'EUR', 'UNDEF', 5)",
);

/// Three receipts, two of them the same, the last without adding up; and a quick expense.
async fn store(tx: &mut Tx) -> Result<(), DbError> {
    let when = "2026-11-19T10:00:00+01:00";
    for (id, reference, paid) in [
        (10, "R-7", "180.0"),
        (11, "R-7", "180.00"),
        (12, "other", "170"),
    ] {
        let id = Uuid::from_u128(id);
        let body = format!(
            r#"{{"reference":"{reference}","dateTime":"{when}","total":"180.0",
            "currencyCode":"EUR","payments":[{{"amount":"{paid}"}}]}}"#
        );
        let own = (&OWN.company_id, &OWN.user_id, &id);
        tx.execute(&RECEIPT, args![own.0, own.1, own.2, &body])
            .await?;
        tx.execute(&EXPENSE, args![own.0, own.1, own.2, when])
            .await?;
    }
    let id = Uuid::from_u128(13);
    let own = (&OWN.company_id, &OWN.user_id, &id);
    tx.execute(&QUICK, args![own.0, own.1, own.2, "Two newspapers"])
        .await?;
    tx.execute(&QUICK_EXPENSE, args![own.0, own.1, own.2, "2026-11-20"])
        .await?;
    Ok(())
}

async fn found(db: &Db, filter: Filter) -> usize {
    let reading = db.scan(filter, |tx, filter| {
        Box::pin(expenses::amounts(tx, OWN, filter))
    });
    reading.await.unwrap().len()
}

db_test! {
    async fn they_are_found_sorted_and_flagged(place: TestDb) {
        let old = MIGRATIONS.iter().position(|one| one.number == 60).unwrap();
        let db = Db::open(place.options(), &MIGRATIONS[..old]).await.unwrap();
        db.write(Isolation::ReadCommitted, (), |tx, ()| Box::pin(store(tx))).await.unwrap();
        db.close().await;
        let db = place.open().await;
        for _ in 0..2 {
            key_expenses(&db).await.unwrap();
            let search = |text: &str| Filter { search: text.into(), ..Filter::default() };
            assert_eq!(found(&db, search("CAFÉ r-7")).await, 2);
            assert_eq!(found(&db, search("newspapers")).await, 1);
            let day = Some("2026-11-19".parse().unwrap());
            assert_eq!(found(&db, Filter { from: day, until: day, ..Filter::default() }).await, 3);
            assert_eq!(found(&db, Filter { problems: true, ..Filter::default() }).await, 3);
            let twins = db.read((), |tx, ()| Box::pin(expenses::twins(tx, OWN, Uuid::from_u128(10))));
            let twins: Vec<_> = twins.await.unwrap().iter().map(|twin| twin.id.as_u128()).collect();
            assert_eq!(twins, [11]);
            let unkeyed = db.read((), |tx, ()| Box::pin(expenses::unkeyed(tx, 9)));
            assert!(unkeyed.await.unwrap().is_empty());
        }
        db.close().await;
    }
}
