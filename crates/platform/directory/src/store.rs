//! All SQL of this slice.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use crate::model::{Company, Finder, Listed, Member, Move, Products, User, Word};

statements! {
    COMPANY = "SELECT id, name, edition, products, home, second_home FROM directory_company
               WHERE id = $1";
    ANY_COMPANY = "SELECT id FROM directory_company LIMIT 1";
    USER = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name, u.family_name,
                   u.locale, u.employee_number, u.role, u.state,
                   c.id, c.name, c.edition, c.products, c.home, c.second_home, u.password_hash,
                   u.is_test_user
            FROM directory_user u JOIN directory_company c ON c.id = u.company_id
            WHERE u.id = $1";
    USER_BY_NAME = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name, u.family_name,
                           u.locale, u.employee_number, u.role, u.state,
                           c.id, c.name, c.edition, c.products, c.home, c.second_home,
                           u.password_hash, u.is_test_user
                    FROM directory_user u JOIN directory_company c ON c.id = u.company_id
                    WHERE u.user_name_key = $1";
    INSERT_COMPANY = "INSERT INTO directory_company (id, name, edition, products, home,
                          second_home, created_at)
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    INSERT_USER = "INSERT INTO directory_user (company_id, id, user_name, user_name_key,
                       password_hash, email, given_name, family_name, locale, employee_number,
                       role, state, is_test_user, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                   ON CONFLICT DO NOTHING";
    COUNT_USERS = "SELECT COUNT(*) FROM directory_user WHERE company_id = $1";
    USER_IDS = "SELECT id, created_at FROM directory_user
                WHERE company_id = $1 ORDER BY id LIMIT $2 OFFSET $3";
    USER_IDS_BY_ID = "SELECT id, created_at FROM directory_user
                      WHERE company_id = $1 AND id = $2";
    USER_IDS_BY_NAME = "SELECT id, created_at FROM directory_user
                        WHERE company_id = $1 AND user_name_key = $2";
    USER_IDS_BY_NUMBER = "SELECT id, created_at FROM directory_user
                          WHERE company_id = $1 AND employee_number = $2 ORDER BY id LIMIT $3";
    USER_IDS_BY_EMAIL = "SELECT id, created_at FROM directory_user
                         WHERE company_id = $1 AND email = $2 ORDER BY id LIMIT $3";
    MOVE_COMPANY = "UPDATE directory_company SET home = $2, second_home =
                        CASE WHEN second_home = $2 THEN NULL ELSE second_home END
                    WHERE id = $1";
    INSERT_MOVE = "INSERT INTO directory_move (company_id, id, from_home, to_home, moved_at)
                   VALUES ($1, $2, $3, $4, $5)";
}

pub(crate) async fn company(tx: &mut Tx, id: &Uuid) -> Result<Option<Company>, DbError> {
    let row = tx.row(&COMPANY, args![id]).await?;
    row.map(|mut row| company_at(&mut row, 0)).transpose()
}

pub(crate) async fn any_company(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(tx.row(&ANY_COMPANY, &[]).await?.is_some())
}

/// The user with this id, and the password's hash.
pub(crate) async fn user(
    tx: &mut Tx,
    id: &Uuid,
) -> Result<Option<(Member, Option<String>)>, DbError> {
    let row = tx.row(&USER, args![id]).await?;
    row.map(|mut row| Ok((member(&mut row)?, row.get(16)?)))
        .transpose()
}

/// The user with this name, and the password's hash.
pub(crate) async fn user_by_name(
    tx: &mut Tx,
    user_name: &str,
) -> Result<Option<(Member, Option<String>)>, DbError> {
    let row = tx.row(&USER_BY_NAME, args![&key(user_name)]).await?;
    row.map(|mut row| Ok((member(&mut row)?, row.get(16)?)))
        .transpose()
}

/// Answers whether it was new.
pub(crate) async fn insert_company(
    tx: &mut Tx,
    company: &Company,
    now: Micros,
) -> Result<bool, DbError> {
    let (edition, products) = (company.edition.word(), company.products.words());
    let arguments = args![
        &company.id,
        &company.name,
        edition,
        &products,
        &company.home,
        company.second_home.as_deref(),
        now
    ];
    Ok(tx.execute(&INSERT_COMPANY, arguments).await? == 1)
}

/// Answers whether it was new: false when its id or its name is taken.
pub(crate) async fn insert_user(
    tx: &mut Tx,
    user: &User,
    password_hash: Option<&str>,
    now: Micros,
) -> Result<bool, DbError> {
    let name_key = key(&user.user_name);
    let arguments = args![
        &user.company_id,
        &user.id,
        &user.user_name,
        &name_key,
        password_hash,
        &user.email,
        &user.given_name,
        &user.family_name,
        &user.locale,
        user.employee_number.as_deref(),
        user.role.word(),
        user.state.word(),
        user.is_test_user,
        now
    ];
    Ok(tx.execute(&INSERT_USER, arguments).await? == 1)
}

/// How many users a company has.
pub(crate) async fn count_users(tx: &mut Tx, company_id: &Uuid) -> Result<i64, DbError> {
    let row = tx.row(&COUNT_USERS, args![company_id]).await?;
    row.map_or(Ok(0), |mut row| row.get(0))
}

/// A company's users in the order of their ids.
pub(crate) async fn users_page(
    tx: &mut Tx,
    company_id: &Uuid,
    offset: i64,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let rows = tx.rows(&USER_IDS, args![company_id, limit, offset]).await?;
    listed(tx, rows).await
}

/// Those of a company's users whom `finder` describes.
pub(crate) async fn users_by(
    tx: &mut Tx,
    company_id: &Uuid,
    finder: &Finder,
) -> Result<Vec<Listed>, DbError> {
    let rows = match finder {
        Finder::Id(id) => tx.rows(&USER_IDS_BY_ID, args![company_id, id]).await?,
        Finder::UserName(name) => {
            let key = key(name);
            tx.rows(&USER_IDS_BY_NAME, args![company_id, &key]).await?
        }
        Finder::EmployeeNumber(number) => {
            let arguments = args![company_id, number, FOUND_MAX];
            tx.rows(&USER_IDS_BY_NUMBER, arguments).await?
        }
        Finder::Email(email) => {
            let arguments = args![company_id, email, FOUND_MAX];
            tx.rows(&USER_IDS_BY_EMAIL, arguments).await?
        }
    };
    listed(tx, rows).await
}

/// Numbers and addresses are meant to be unique in a company, but nothing holds them to it.
const FOUND_MAX: i64 = 100;

async fn listed(tx: &mut Tx, ids: Vec<Row>) -> Result<Vec<Listed>, DbError> {
    let mut listed = Vec::with_capacity(ids.len());
    for mut row in ids {
        let (id, created_at) = (row.get(0)?, row.get(1)?);
        if let Some((member, _)) = user(tx, &id).await? {
            listed.push(Listed { member, created_at });
        }
    }
    Ok(listed)
}

/// Gives a company its new home, and writes the move down.
pub(crate) async fn move_company(
    tx: &mut Tx,
    company: &Company,
    going: &Move,
) -> Result<(), DbError> {
    let to = going.to_home.as_str();
    tx.execute(&MOVE_COMPANY, args![&company.id, to]).await?;
    let arguments = args![&company.id, &going.id, &company.home, to, going.at];
    tx.execute(&INSERT_MOVE, arguments).await.map(drop)
}

fn key(user_name: &str) -> String {
    user_name.to_lowercase()
}

fn member(row: &mut Row) -> Result<Member, DbError> {
    let user = User {
        company_id: row.get(0)?,
        id: row.get(1)?,
        user_name: row.get(2)?,
        email: row.get(3)?,
        given_name: row.get(4)?,
        family_name: row.get(5)?,
        locale: row.get(6)?,
        employee_number: row.get(7)?,
        role: word(row, 8)?,
        state: word(row, 9)?,
        is_test_user: row.get(17)?,
    };
    let company = company_at(row, 10)?;
    Ok(Member { user, company })
}

fn company_at(row: &mut Row, first: usize) -> Result<Company, DbError> {
    Ok(Company {
        id: row.get(first)?,
        name: row.get(first + 1)?,
        edition: word(row, first + 2)?,
        products: Products::from_words(&row.get::<String>(first + 3)?),
        home: row.get(first + 4)?,
        second_home: row.get(first + 5)?,
    })
}

fn word<T: Word>(row: &mut Row, column: usize) -> Result<T, DbError> {
    let text = row.get::<String>(column)?;
    T::from_word(&text).ok_or(DbError::Decode { column })
}
