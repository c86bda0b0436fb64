//! What a traveller changes of an expense, on both engines.

#![expect(
    clippy::unwrap_used,
    reason = "tests end where their answer is not what it should be"
)]

use bursar_db::{Db, DbError, Isolation};
use bursar_expense::{
    Author, AvailableExpense, Change, Changed, Edit, ExpenseType, Filter, NewAvailableExpense,
    Outcome, Place, Sort, Source, Traveller, View, api,
};
use bursar_kernel::{Micros, Uuid};
use bursar_testkit::db_test;

const OWN: Traveller = Traveller {
    company_id: Uuid::from_u128(1),
    user_id: Uuid::from_u128(2),
};
const COLLEAGUE: Traveller = Traveller {
    company_id: OWN.company_id,
    user_id: Uuid::from_u128(3),
};
const STRANGER: Traveller = Traveller {
    company_id: Uuid::from_u128(4),
    user_id: OWN.user_id,
};

async fn add(db: &Db, id: u128, reference: Option<&str>) {
    let new = NewAvailableExpense {
        id: Uuid::from_u128(id),
        company_id: OWN.company_id,
        user_id: OWN.user_id,
        source: Source::Receipt,
        source_id: Uuid::from_u128(id),
        source_app: "Shop".into(),
        merchant: "Hotel".into(),
        transacted_at_text: "2026-11-19T10:00:00+01:00".into(),
        amount: "180".into(),
        currency_code: "EUR".into(),
        expense_type: ExpenseType::undefined(),
        reference: reference.map(Into::into),
        note: None,
        has_picture: true,
        sums_differ: false,
        created_at: Micros(5),
    };
    let adding = db.write(Isolation::Append, (new.keys(), new), |tx, (keys, new)| {
        Box::pin(api::add(tx, new, keys))
    });
    assert!(adding.await.unwrap());
}

fn author(at: i64) -> Author {
    Author {
        change_id: Uuid::from_u128(at.unsigned_abs().into()),
        user_id: OWN.user_id,
        name: "Ana".into(),
        at: Micros(at),
    }
}

fn edit(version: i64, code: &str, comment: &str) -> Edit {
    Edit {
        expense_id: Uuid::from_u128(7),
        version,
        expense_type: ExpenseType {
            id: code.into(),
            name: format!("Type {code}"),
        },
        comment: (!comment.is_empty()).then(|| comment.into()),
    }
}

async fn save(db: &Db, of: Traveller, edit: Edit, at: i64) -> Outcome {
    let saving = db.write(
        Isolation::ReadCommitted,
        (edit, author(at)),
        move |tx, (edit, author)| Box::pin(api::edit(tx, of, edit, author)),
    );
    saving.await.map_err(|error: DbError| error).unwrap()
}

async fn hide(db: &Db, of: Traveller, hidden: bool, at: i64) -> Outcome {
    let hiding = db.write(Isolation::ReadCommitted, author(at), move |tx, author| {
        Box::pin(api::set_hidden(tx, of, Uuid::from_u128(7), hidden, author))
    });
    hiding.await.map_err(|error: DbError| error).unwrap()
}

async fn read(db: &Db) -> (AvailableExpense, Vec<Change>) {
    let reading = db.read(Uuid::from_u128(7), |tx, id| {
        Box::pin(async move {
            let own = api::get(tx, OWN, *id).await?.unwrap();
            Ok::<_, DbError>((own, api::changes(tx, OWN, *id).await?))
        })
    });
    reading.await.unwrap()
}

fn change(at: i64, what: Changed, was: Option<&str>, became: Option<&str>) -> Change {
    Change {
        by: "Ana".into(),
        at: Micros(at),
        what,
        was: was.map(Into::into),
        became: became.map(Into::into),
    }
}

async fn listed(db: &Db, filter: Filter) -> Vec<u128> {
    let reading = db.scan(filter, |tx, filter| {
        Box::pin(async move {
            let view = View {
                sort: Sort::Arrival,
                descending: false,
                place: Place::Start,
                limit: 9,
            };
            api::page(tx, OWN, filter, &view).await
        })
    });
    let page = reading.await.unwrap();
    page.expenses
        .iter()
        .map(|expense| expense.id.as_u128())
        .collect()
}

db_test! {
    async fn changes_are_kept_with_what_was_before(place: TestDb) {
        let db = place.open().await;
        add(&db, 7, None).await;
        assert_eq!(save(&db, OWN, edit(0, "LODNG", "Two nights"), 1).await, Outcome::Done);
        assert_eq!(save(&db, OWN, edit(1, "LODNG", ""), 2).await, Outcome::Done);
        let (own, changes) = read(&db).await;
        assert_eq!((own.expense_type.id.as_str(), own.comment, own.version), ("LODNG", None, 2));
        assert_eq!(changes, [
            change(1, Changed::Comment, None, Some("Two nights")),
            change(1, Changed::Type, Some("Undefined"), Some("Type LODNG")),
            change(2, Changed::Comment, Some("Two nights"), None),
        ]);
        for of in [COLLEAGUE, STRANGER] {
            assert_eq!(save(&db, of, edit(2, "TAXIX", "mine"), 3).await, Outcome::NotFound);
            assert_eq!(hide(&db, of, true, 3).await, Outcome::NotFound);
        }
        assert_eq!(read(&db).await.1.len(), 3);
    }
}

db_test! {
    async fn a_form_made_before_another_change_is_overtaken_and_one_sent_twice_is_not(place: TestDb) {
        let db = place.open().await;
        add(&db, 7, None).await;
        let (one, two) = tokio::join!(
            save(&db, OWN, edit(0, "LODNG", "x"), 1), save(&db, OWN, edit(0, "LODNG", "x"), 2));
        assert_eq!((one, two), (Outcome::Done, Outcome::Done), "the same form twice");
        let (own, changes) = read(&db).await;
        assert_eq!((own.version, changes.len()), (1, 2));
        let Outcome::Overtaken(now) = save(&db, OWN, edit(0, "TAXIX", "y"), 3).await else {
            panic!("it was made from version 0");
        };
        assert_eq!(*now, own);
        let (one, two) = tokio::join!(
            save(&db, OWN, edit(1, "TAXIX", "a"), 4), save(&db, OWN, edit(1, "TAXIX", "b"), 5));
        let done = [&one, &two].iter().filter(|outcome| ***outcome == Outcome::Done).count();
        assert_eq!(done, 1, "{one:?} {two:?}");
        assert_eq!(read(&db).await.0.version, 2);
    }
}

db_test! {
    async fn what_is_hidden_is_found_among_the_hidden_and_comes_back(place: TestDb) {
        let db = place.open().await;
        add(&db, 7, Some("R-7")).await;
        add(&db, 8, Some("R-7")).await;
        let (shown, hidden) = (Filter::default(), Filter { hidden: true, ..Filter::default() });
        let flagged = |filter: &Filter| Filter { problems: true, ..filter.clone() };
        assert_eq!(listed(&db, flagged(&shown)).await, [7, 8]);
        for _ in 0..2 {
            assert_eq!(hide(&db, OWN, true, 1).await, Outcome::Done);
        }
        assert_eq!(listed(&db, shown.clone()).await, [8]);
        assert_eq!(listed(&db, hidden.clone()).await, [7]);
        // The one that is left is no problem any more; the hidden one is still another's twin.
        assert_eq!(listed(&db, flagged(&shown)).await, []);
        assert_eq!(listed(&db, flagged(&hidden)).await, [7]);
        assert_eq!(read(&db).await.0.twins, 1);
        assert_eq!(hide(&db, OWN, false, 2).await, Outcome::Done);
        assert_eq!(listed(&db, shown).await, [7, 8]);
        assert_eq!(read(&db).await.1, [
            change(1, Changed::Hidden, None, Some("yes")),
            change(2, Changed::Hidden, Some("yes"), None),
        ]);
    }
}
