//! Available expenses on both engines.

#![expect(
    clippy::unwrap_used,
    reason = "tests end where their answer is not what it should be"
)]

use bursar_db::{Db, DbError, Isolation, MIGRATIONS, Sql, args};
use bursar_expense::{
    ExpenseType, Filter, NewAvailableExpense, Place, Sort, Source, Traveller, View, api, statements,
};
use bursar_kernel::{Micros, Uuid};
use bursar_testkit::db_test;

fn expense(company: u128, user: u128, id: u128) -> NewAvailableExpense {
    NewAvailableExpense {
        id: Uuid::from_u128(id),
        company_id: Uuid::from_u128(company),
        user_id: Uuid::from_u128(user),
        source: Source::Receipt,
        source_id: Uuid::from_u128(id),
        source_app: "Shop".into(),
        merchant: "Café Ünïcode".into(),
        transacted_at_text: "2026-01-02T03:04:05-0500".into(),
        amount: "180.0".into(),
        currency_code: "EUR".into(),
        expense_type: ExpenseType::undefined(),
        has_picture: true,
        reference: None,
        note: None,
        sums_differ: false,
        created_at: Micros(5),
    }
}

fn traveller(company: u128, user: u128) -> Traveller {
    Traveller {
        company_id: Uuid::from_u128(company),
        user_id: Uuid::from_u128(user),
    }
}

const NEWEST: View = View {
    sort: Sort::Arrival,
    descending: true,
    place: Place::Start,
    limit: 10,
};

async fn add(db: &Db, new: NewAvailableExpense) -> bool {
    let new = (new.keys(), new);
    let added = db.write(Isolation::Append, new, |tx, (keys, new)| {
        Box::pin(api::add(tx, new, keys))
    });
    added.await.unwrap()
}

db_test! {
    async fn a_document_makes_one_expense_that_only_its_user_sees(place: TestDb) {
        let db = Db::open(place.options(), MIGRATIONS).await.unwrap();
        assert!(add(&db, expense(1, 1, 10)).await);
        assert!(!add(&db, expense(1, 1, 10)).await, "the same document again");
        assert!(add(&db, expense(1, 1, 11)).await);
        assert!(add(&db, expense(1, 2, 12)).await);
        assert!(add(&db, expense(2, 1, 10)).await, "another company's document");
        let seen = db.read((), |tx, ()| Box::pin(async move {
            let (of, filter) = (traveller(1, 1), Filter::default());
            let all = api::page(tx, of, &filter, &NEWEST).await?.expenses;
            let after = View { place: Place::After(Uuid::from_u128(11)), ..NEWEST };
            let one = api::page(tx, of, &filter, &after).await?.expenses;
            let foreign = api::get(tx, of, Uuid::from_u128(12)).await?;
            let own = api::get(tx, of, Uuid::from_u128(11)).await?;
            let amounts = api::amounts(tx, of, &filter).await?;
            Ok::<_, DbError>((all, one, foreign, own, amounts))
        })).await.unwrap();
        let ids = |list: &[bursar_expense::AvailableExpense]| -> Vec<u128> {
            list.iter().map(|expense| expense.id.as_u128()).collect()
        };
        assert_eq!(ids(&seen.0), [11, 10]);
        assert_eq!(ids(&seen.1), [10]);
        assert_eq!(seen.2, None);
        let own = seen.3.unwrap();
        assert_eq!((own.merchant.as_str(), own.source), ("Café Ünïcode", Source::Receipt));
        assert_eq!(own.expense_type, ExpenseType::undefined());
        assert_eq!(seen.4, vec![("EUR".to_owned(), "180.0".to_owned()); 2]);
    }
}

/// What there was before expenses had named types.
static BEFORE: Sql = Sql::new(
    "INSERT INTO expense_available (company_id, user_id, id, source, source_id, source_app, \
     merchant, transacted_at_text, amount, currency_code, expense_type_id, created_at) \
     VALUES ($1, $1, $1, 'receipt', $1, 'Shop', 'Café', '2026-01-02', '180.0', 'EUR', 'UNDEF', 5)",
);

db_test! {
    async fn what_there_was_before_quick_expenses_stays(place: TestDb) {
        let old = MIGRATIONS.iter().position(|one| one.number == 50).unwrap();
        let db = Db::open(place.options(), &MIGRATIONS[..old]).await.unwrap();
        let id = Uuid::from_u128(7);
        let added = db.write(Isolation::Append, id, |tx, id| Box::pin(async move {
            tx.execute(&BEFORE, args![id]).await
        }));
        assert_eq!(added.await.unwrap(), 1);
        db.close().await;
        let db = place.open().await;
        let kept = db.read(id, |tx, id| Box::pin(api::get(tx, traveller(7, 7), *id))).await;
        let kept = kept.unwrap().unwrap();
        assert_eq!((kept.merchant.as_str(), kept.source), ("Café", Source::Receipt));
        assert_eq!(kept.expense_type, ExpenseType::undefined());
        // One document still makes one expense.
        assert!(!add(&db, expense(7, 7, 7)).await);
        let quick = NewAvailableExpense { source: Source::QuickExpense, ..expense(7, 7, 8) };
        assert!(add(&db, quick).await);
    }
}

db_test! {
    async fn every_statement_is_prepared(place: TestDb) {
        let db = place.open().await;
        for sql in statements() {
            db.prepare(sql).await.unwrap_or_else(|error| panic!("{}: {error}", sql.postgres()));
        }
    }
}
