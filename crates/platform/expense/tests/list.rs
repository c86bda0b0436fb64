//! A traveller's list, on both engines: filtered, sorted, page by page.

#![expect(
    clippy::unwrap_used,
    reason = "tests end where their answer is not what it should be"
)]

use bursar_db::{Db, DbError, Isolation};
use bursar_expense::{
    ExpenseType, Filter, NewAvailableExpense, Place, Sort, Source, Traveller, View, api,
};
use bursar_kernel::{Micros, Uuid};
use bursar_testkit::db_test;

const OWN: Traveller = Traveller {
    company_id: Uuid::from_u128(1),
    user_id: Uuid::from_u128(2),
};

/// Id, merchant, when, amount, currency.
type Row<'a> = (u128, &'a str, &'a str, &'a str, &'a str);

fn expense((id, merchant, when, amount, currency): Row<'_>) -> NewAvailableExpense {
    NewAvailableExpense {
        id: Uuid::from_u128(id),
        company_id: OWN.company_id,
        user_id: OWN.user_id,
        source: Source::Receipt,
        source_id: Uuid::from_u128(id),
        source_app: "Shop".into(),
        merchant: merchant.into(),
        transacted_at_text: when.into(),
        amount: amount.into(),
        currency_code: currency.into(),
        expense_type: ExpenseType::undefined(),
        reference: None,
        note: None,
        has_picture: true,
        sums_differ: false,
        created_at: Micros(5),
    }
}

async fn add(db: &Db, new: NewAvailableExpense) {
    let args = (new.keys(), new);
    let adding = db.write(Isolation::Append, args, |tx, (keys, new)| {
        Box::pin(api::add(tx, new, keys))
    });
    assert!(adding.await.unwrap());
}

/// The ids that a filter lets through, walking the list forwards by pages of `limit`, and then
/// back again.
async fn walked(db: &Db, filter: &Filter, sort: Sort, descending: bool, limit: usize) -> Vec<u128> {
    let page = async |place| {
        let view = View {
            sort,
            descending,
            place,
            limit,
        };
        let args = (filter.clone(), view);
        let reading = db.scan(args, |tx, (filter, view)| {
            Box::pin(api::page(tx, OWN, filter, view))
        });
        reading.await.unwrap()
    };
    let ids = |page: &bursar_expense::Page| -> Vec<u128> {
        page.expenses
            .iter()
            .map(|expense| expense.id.as_u128())
            .collect()
    };
    let (mut forwards, mut place) = (Vec::new(), Place::Start);
    loop {
        let now = page(place).await;
        assert_eq!(now.more_before, place != Place::Start);
        forwards.extend(ids(&now));
        match now.expenses.last() {
            Some(last) if now.more_after => place = Place::After(last.id),
            _ => break,
        }
    }
    let mut backwards = Vec::new();
    if let Some(last) = forwards.last() {
        let mut first = Uuid::from_u128(*last);
        backwards.push(*last);
        loop {
            let now = page(Place::Before(first)).await;
            assert!(now.more_after);
            backwards.splice(0..0, ids(&now));
            match now.expenses.first() {
                Some(next) if now.more_before => first = next.id,
                _ => break,
            }
        }
    }
    assert_eq!(forwards, backwards, "{sort:?} {descending} {limit}");
    let amounts = db.scan(filter.clone(), |tx, filter| {
        Box::pin(api::amounts(tx, OWN, filter))
    });
    assert_eq!(amounts.await.unwrap().len(), forwards.len());
    forwards
}

const ROWS: [Row<'_>; 8] = [
    (1, "Zum Löwen", "2026-11-19T21:00:00+01:00", "180.0", "EUR"),
    (2, "alpha", "2026-11-19T21:00:00-05:00", "9", "EUR"),
    (3, "Ärzte", "2026-11-20", "-3.5", "EUR"),
    (4, "Alpha", "yesterday", "1e3", "EUR"),
    (5, "beta", "2026-11-18T00:30:00+09:00", "180.00", "EUR"),
    (
        6,
        "",
        "2025-01-01T00:00:00Z",
        "12345678901234567890.01",
        "JPY",
    ),
    (7, "beta", "2026-11-19T23:59:59+14:00", "200", "JPY"),
    (8, "100% Fun_", "2026-11-21T08:00:00Z", "0.05", "USD"),
];

db_test! {
    async fn each_order_holds_page_by_page_in_both_directions(place: TestDb) {
        let db = place.open().await;
        for row in ROWS {
            add(&db, expense(row)).await;
        }
        // Somebody else's.
        add(&db, NewAvailableExpense { user_id: Uuid::from_u128(9), ..expense((9, "x", "2026-11-19", "1", "EUR")) }).await;
        let all = Filter::default();
        for (sort, rising) in [
            (Sort::Arrival, [1, 2, 3, 4, 5, 6, 7, 8]),
            (Sort::Date, [4, 6, 5, 7, 1, 3, 2, 8]),
            (Sort::Amount, [3, 2, 1, 5, 4, 7, 6, 8]),
            (Sort::Merchant, [6, 8, 2, 4, 5, 7, 1, 3]),
        ] {
            let mut falling = rising;
            falling.reverse();
            for limit in [1, 3, 8, 20] {
                assert_eq!(walked(&db, &all, sort, false, limit).await, rising, "{sort:?}");
                assert_eq!(walked(&db, &all, sort, true, limit).await, falling, "{sort:?}");
            }
        }
    }
}

db_test! {
    async fn a_place_stays_when_others_arrive(place: TestDb) {
        let db = place.open().await;
        for row in &ROWS[..4] {
            add(&db, expense(*row)).await;
        }
        let view = View { sort: Sort::Amount, descending: false, place: Place::After(Uuid::from_u128(2)), limit: 9 };
        let after = async || {
            let reading = db.scan(view, |tx, view| Box::pin(async move {
                api::page(tx, OWN, &Filter::default(), view).await
            }));
            let page = reading.await.unwrap();
            page.expenses.iter().map(|expense| expense.id.as_u128()).collect::<Vec<_>>()
        };
        assert_eq!(after().await, [1, 4]);
        add(&db, expense((7, "new", "2026-11-19", "8.99", "EUR"))).await;
        add(&db, expense((8, "new", "2026-11-19", "9.01", "EUR"))).await;
        assert_eq!(after().await, [8, 1, 4]);
        let nobodys = View { place: Place::Before(Uuid::from_u128(99)), ..view };
        let reading = db.scan(nobodys, |tx, view| Box::pin(async move {
            api::page(tx, OWN, &Filter::default(), view).await
        }));
        assert_eq!(reading.await.unwrap().expenses.len(), 6, "from the beginning");
    }
}

db_test! {
    async fn each_filter_lets_its_own_through(place: TestDb) {
        let db = place.open().await;
        for row in ROWS {
            add(&db, expense(row)).await;
        }
        let mut quick = expense((20, "Kiosk", "2026-11-20", "4.10", "EUR"));
        quick.source = Source::QuickExpense;
        quick.source_app = "Über App".into();
        quick.note = Some("Two newspapers".into());
        quick.expense_type = ExpenseType { id: "MISCL".into(), name: "Miscellaneous".into() };
        add(&db, quick).await;
        let mut odd = expense((21, "Odd", "2026-11-22", "7", "EUR"));
        odd.sums_differ = true;
        odd.reference = Some("Ref/77".into());
        add(&db, odd).await;
        let day = |text: &str| Some(text.parse().unwrap());
        let text = |text: &str| Some(text.to_owned());
        let none = Filter::default();
        for (filter, shown) in [
            (Filter { source: Some(Source::QuickExpense), ..none.clone() }, vec![20]),
            (Filter { app: text("Über App"), ..none.clone() }, vec![20]),
            (Filter { expense_type: text("MISCL"), ..none.clone() }, vec![20]),
            (Filter { currency: text("JPY"), ..none.clone() }, vec![6, 7]),
            (Filter { from: day("2026-11-19"), until: day("2026-11-19"), ..none.clone() }, vec![1, 2, 7]),
            (Filter { from: day("2026-11-21"), ..none.clone() }, vec![8, 21]),
            (Filter { until: day("2026-11-18"), ..none.clone() }, vec![5, 6]),
            (Filter { search: "BETA".into(), ..none.clone() }, vec![5, 7]),
            (Filter { search: "löwen zum".into(), ..none.clone() }, vec![1]),
            (Filter { search: "ärzte".into(), ..none.clone() }, vec![3]),
            (Filter { search: "0%".into(), ..none.clone() }, vec![8]),
            (Filter { search: "n_".into(), ..none.clone() }, vec![8]),
            (Filter { search: "\\".into(), ..none.clone() }, vec![]),
            (Filter { search: "newspapers über".into(), ..none.clone() }, vec![20]),
            (Filter { search: "ref/77".into(), ..none.clone() }, vec![21]),
            (Filter { search: "180".into(), currency: text("EUR"), ..none.clone() }, vec![1, 5]),
            (Filter { problems: true, ..none.clone() }, vec![21]),
            (Filter { hidden: true, ..none.clone() }, vec![]),
        ] {
            assert_eq!(walked(&db, &filter, Sort::Arrival, false, 2).await, shown, "{filter:?}");
        }
        let facets = db.scan((), |tx, ()| Box::pin(api::facets(tx, OWN))).await.unwrap();
        assert_eq!(facets.sources, [Source::QuickExpense, Source::Receipt]);
        assert_eq!(facets.apps, ["Shop", "Über App"]);
        assert_eq!(facets.currencies, ["EUR", "JPY", "USD"]);
        let types: Vec<_> = facets.expense_types.iter().map(|one| one.id.as_str()).collect();
        assert_eq!((types, facets.hidden), (vec!["MISCL", "UNDEF"], false));
    }
}

fn purchase(id: u128, amount: &str, app: &str) -> NewAvailableExpense {
    let new = expense((id, "Hotel", "2026-11-19T10:00:00+01:00", amount, "EUR"));
    NewAvailableExpense {
        reference: Some("R-7".into()),
        source_app: app.into(),
        ..new
    }
}

async fn twins(db: &Db, id: u128) -> (i64, Vec<u128>) {
    let reading = db.read(Uuid::from_u128(id), |tx, id| {
        Box::pin(async move {
            let own = api::get(tx, OWN, *id).await?.unwrap();
            Ok::<_, DbError>((own.twins, api::twins(tx, OWN, *id).await?))
        })
    });
    let (count, twins) = reading.await.unwrap();
    (count, twins.iter().map(|twin| twin.id.as_u128()).collect())
}

db_test! {
    async fn duplicates_know_of_each_other_also_when_they_come_at_once(place: TestDb) {
        let db = place.open().await;
        tokio::join!(
            add(&db, purchase(1, "180.0", "Shop")),
            add(&db, purchase(2, "180.00", "Shop")),
            add(&db, purchase(3, "180", "Shop")),
            add(&db, purchase(4, "180", "Other shop")),
            add(&db, purchase(5, "181", "Shop")),
        );
        assert_eq!(twins(&db, 1).await, (2, vec![2, 3]));
        assert_eq!(twins(&db, 2).await, (2, vec![1, 3]));
        assert_eq!(twins(&db, 3).await, (2, vec![1, 2]));
        assert_eq!(twins(&db, 4).await, (0, vec![]));
        assert_eq!(twins(&db, 5).await, (0, vec![]));
        let problems = Filter { problems: true, ..Filter::default() };
        assert_eq!(walked(&db, &problems, Sort::Arrival, false, 2).await, [1, 2, 3]);
    }
}
