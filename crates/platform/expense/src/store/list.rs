//! One traveller's available expenses: all of them are looked at, by key, and sorted as asked.
//! An index for each order would make every arrival dearer than a list ever gets.

use bursar_db::{DbError, Row, Sql, Tx, Value, args};
use bursar_kernel::Uuid;

use crate::list::{Facets, Filter, Page, Place, View};
use crate::model::{AvailableExpense, ExpenseType, Source, Traveller};

/// What [`read`] reads of `own`; `$1` and `$2` name the traveller. Twins are counted in their index
/// alone.
macro_rules! columns {
    () => {
        "SELECT id, source, source_id, source_app, merchant, transacted_at_text, amount, \
         currency_code, expense_type_id, expense_type_name, has_picture, comment, hidden, \
         sums_differ, version, \
         (SELECT COUNT(*) FROM expense_available AS twin WHERE twin.company_id = $1 \
         AND twin.user_id = $2 AND twin.twin_key = own.twin_key AND twin.hidden = 0 \
         AND twin.id <> own.id) "
    };
}

/// What a filter lets through; [`Filtering`] makes its arguments. Among hidden expenses one
/// that is not hidden makes a twin, among the others it takes two.
macro_rules! filter {
    () => {
        "FROM expense_available WHERE company_id = $1 AND user_id = $2 AND hidden = $3 \
         AND ($4 = '' OR source = $4) AND ($5 = '' OR source_app = $5) \
         AND ($6 = '' OR expense_type_id = $6) AND ($7 = '' OR currency_code = $7) \
         AND day >= $8 AND day <= $9 \
         AND (CAST($10 AS BIGINT) = 0 OR sums_differ = 1 OR twin_key IN (\
         SELECT twin_key FROM expense_available WHERE company_id = $1 AND user_id = $2 \
         AND hidden = 0 AND twin_key IS NOT NULL GROUP BY twin_key HAVING COUNT(*) > 1 - $3)) \
         AND (search_text LIKE $11 ESCAPE '\\' OR comment_search LIKE $11 ESCAPE '\\') \
         AND (search_text LIKE $12 ESCAPE '\\' OR comment_search LIKE $12 ESCAPE '\\') \
         AND (search_text LIKE $13 ESCAPE '\\' OR comment_search LIKE $13 ESCAPE '\\')"
    };
}

macro_rules! sort_key {
    ($sort:literal) => {
        concat!(
            "CASE CAST(",
            $sort,
            " AS TEXT) WHEN 'date' THEN date_key WHEN 'amount' THEN amount_key \
             WHEN 'merchant' THEN merchant_key ELSE id END "
        )
    };
}

/// The rows next to a place, nearest first. The twins are counted for these alone.
macro_rules! page {
    ($beyond:literal, $order:literal) => {
        concat!(
            columns!(),
            "FROM (SELECT * FROM (SELECT expense_available.*, ",
            sort_key!("$14"),
            "AS sort_key ",
            filter!(),
            ") AS found WHERE (sort_key, id) ",
            $beyond,
            " ($15, $16) ORDER BY sort_key ",
            $order,
            ", id ",
            $order,
            " LIMIT $17) AS own ORDER BY sort_key ",
            $order,
            ", id ",
            $order
        )
    };
}

static FALLING: Sql = Sql::new(page!("<", "DESC"));
static RISING: Sql = Sql::new(page!(">", "ASC"));
static AMOUNTS: Sql = Sql::new(concat!("SELECT currency_code, amount ", filter!()));
static KEY: Sql = Sql::new(concat!(
    "SELECT ",
    sort_key!("$4"),
    "FROM expense_available WHERE company_id = $1 AND user_id = $2 AND id = $3"
));
static GET: Sql = Sql::new(concat!(
    columns!(),
    "FROM expense_available AS own WHERE company_id = $1 AND user_id = $2 AND id = $3"
));
static TWINS: Sql = Sql::new(concat!(
    columns!(),
    "FROM expense_available AS own WHERE company_id = $1 AND user_id = $2 AND id IN (\
     SELECT id FROM expense_available WHERE company_id = $1 AND user_id = $2 AND id <> $3 \
     AND twin_key = (SELECT twin_key FROM expense_available \
     WHERE company_id = $1 AND user_id = $2 AND id = $3)) ORDER BY id LIMIT 20"
));
static FACETS: Sql = Sql::new(
    "SELECT DISTINCT source, source_app, currency_code, expense_type_id, expense_type_name, hidden \
     FROM expense_available WHERE company_id = $1 AND user_id = $2",
);

pub(super) static STATEMENTS: &[&Sql] = &[&FALLING, &RISING, &AMOUNTS, &KEY, &GET, &TWINS, &FACETS];

/// Longer and higher than any key: they begin with a letter, a byte of UTF-8, or an id's time.
const HIGHEST: [u8; 17] = [u8::MAX; 17];

/// A filter's arguments as statements take them; texts that are empty let everything through.
struct Filtering<'a> {
    filter: &'a Filter,
    days: (i64, i64),
    patterns: [String; crate::list::WORDS],
}

impl<'a> Filtering<'a> {
    fn of(filter: &'a Filter) -> Self {
        Self {
            filter,
            days: filter.days(),
            patterns: filter.patterns(),
        }
    }

    fn args(&'a self, of: &'a Traveller) -> [Value<'a>; 13] {
        let filter = self.filter;
        let any = |text: &'a Option<String>| Value::from(text.as_deref().unwrap_or_default());
        let [first, second, third] = &self.patterns;
        [
            Value::from(&of.company_id),
            Value::from(&of.user_id),
            Value::from(filter.hidden),
            Value::from(filter.source.map_or("", Source::as_str)),
            any(&filter.app),
            any(&filter.expense_type),
            any(&filter.currency),
            Value::from(self.days.0),
            Value::from(self.days.1),
            Value::from(filter.problems),
            Value::from(first),
            Value::from(second),
            Value::from(third),
        ]
    }
}

pub(crate) async fn page(
    tx: &mut Tx,
    of: Traveller,
    filter: &Filter,
    view: &View,
) -> Result<Page, DbError> {
    let (backwards, id) = match view.place {
        Place::Start => (false, None),
        Place::After(id) => (false, Some(id)),
        Place::Before(id) => (true, Some(id)),
    };
    // A place that is none of this traveller's is the beginning.
    let place = match id {
        None => None,
        Some(id) => key(tx, of, view, id).await?.map(|key| (key, id)),
    };
    let backwards = backwards && place.is_some();
    let continued = place.is_some();
    let falling = view.descending != backwards;
    let (key, id) = place.unwrap_or_else(|| {
        if falling {
            (HIGHEST.to_vec(), Uuid::max())
        } else {
            (Vec::new(), Uuid::nil())
        }
    });
    let filtering = Filtering::of(filter);
    let limit = i64::try_from(view.limit + 1).unwrap_or(i64::MAX);
    let rest = args![view.sort.as_str(), &key, &id, limit];
    let args = [&filtering.args(&of)[..], rest].concat();
    let rows = tx
        .rows(if falling { &FALLING } else { &RISING }, &args)
        .await?;
    let mut expenses = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let more = expenses.len() > view.limit;
    expenses.truncate(view.limit);
    if backwards {
        expenses.reverse();
    }
    Ok(Page {
        expenses,
        more_before: if backwards { more } else { continued },
        more_after: if backwards { continued } else { more },
    })
}

async fn key(
    tx: &mut Tx,
    of: Traveller,
    view: &View,
    id: Uuid,
) -> Result<Option<Vec<u8>>, DbError> {
    let args = args![&of.company_id, &of.user_id, &id, view.sort.as_str()];
    let row = tx.row(&KEY, args).await?;
    row.map(|mut row| row.get(0)).transpose()
}

pub(crate) async fn amounts(
    tx: &mut Tx,
    of: Traveller,
    filter: &Filter,
) -> Result<Vec<(String, String)>, DbError> {
    let filtering = Filtering::of(filter);
    let rows = tx.rows(&AMOUNTS, &filtering.args(&of)).await?;
    rows.into_iter()
        .map(|mut row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

pub(crate) async fn get(
    tx: &mut Tx,
    of: Traveller,
    id: Uuid,
) -> Result<Option<AvailableExpense>, DbError> {
    let args = args![&of.company_id, &of.user_id, &id];
    tx.row(&GET, args).await?.map(read).transpose()
}

pub(crate) async fn twins(
    tx: &mut Tx,
    of: Traveller,
    id: Uuid,
) -> Result<Vec<AvailableExpense>, DbError> {
    let args = args![&of.company_id, &of.user_id, &id];
    let rows = tx.rows(&TWINS, args).await?;
    rows.into_iter().map(read).collect()
}

pub(crate) async fn facets(tx: &mut Tx, of: Traveller) -> Result<Facets, DbError> {
    let rows = tx.rows(&FACETS, args![&of.company_id, &of.user_id]).await?;
    let mut facets = Facets::default();
    for mut row in rows {
        facets.sources.push(source(&mut row, 0)?);
        facets.apps.push(row.get(1)?);
        facets.currencies.push(row.get(2)?);
        facets.expense_types.push(ExpenseType {
            id: row.get(3)?,
            name: row.get(4)?,
        });
        facets.hidden |= row.get::<bool>(5)?;
    }
    facets
        .sources
        .sort_unstable_by_key(|source| source.as_str());
    facets.sources.dedup();
    facets.apps.sort_unstable();
    facets.apps.dedup();
    facets.currencies.sort_unstable();
    facets.currencies.dedup();
    // A type whose name was changed has several; one of them is enough to choose it by.
    facets
        .expense_types
        .sort_by(|left, right| left.id.cmp(&right.id));
    facets
        .expense_types
        .dedup_by(|left, right| left.id == right.id);
    facets
        .expense_types
        .sort_by(|left, right| left.name.cmp(&right.name));
    Ok(facets)
}

fn source(row: &mut Row, column: usize) -> Result<Source, DbError> {
    let name: String = row.get(column)?;
    Source::parse(&name).ok_or(DbError::Decode { column })
}

fn read(mut row: Row) -> Result<AvailableExpense, DbError> {
    Ok(AvailableExpense {
        id: row.get(0)?,
        source: source(&mut row, 1)?,
        source_id: row.get(2)?,
        source_app: row.get(3)?,
        merchant: row.get(4)?,
        transacted_at_text: row.get(5)?,
        amount: row.get(6)?,
        currency_code: row.get(7)?,
        expense_type: ExpenseType {
            id: row.get(8)?,
            name: row.get(9)?,
        },
        has_picture: row.get(10)?,
        comment: row.get(11)?,
        hidden: row.get(12)?,
        sums_differ: row.get(13)?,
        version: row.get(14)?,
        twins: row.get(15)?,
    })
}
