//! All SQL of this slice.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use crate::model::{Company, Member, Products, User, Word};

statements! {
    COMPANY = "SELECT id, name, edition, products, home FROM directory_company WHERE id = $1";
    ANY_COMPANY = "SELECT id FROM directory_company LIMIT 1";
    USER = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name, u.family_name,
                   u.locale, u.employee_number, u.role, u.state,
                   c.id, c.name, c.edition, c.products, c.home, u.password_hash
            FROM directory_user u JOIN directory_company c ON c.id = u.company_id
            WHERE u.id = $1";
    USER_BY_NAME = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name, u.family_name,
                           u.locale, u.employee_number, u.role, u.state,
                           c.id, c.name, c.edition, c.products, c.home, u.password_hash
                    FROM directory_user u JOIN directory_company c ON c.id = u.company_id
                    WHERE u.user_name_key = $1";
    INSERT_COMPANY = "INSERT INTO directory_company (id, name, edition, products, home, created_at)
                      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    INSERT_USER = "INSERT INTO directory_user (company_id, id, user_name, user_name_key,
                       password_hash, email, given_name, family_name, locale, employee_number,
                       role, state, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                   ON CONFLICT DO NOTHING";
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
    row.map(|mut row| Ok((member(&mut row)?, row.get(15)?)))
        .transpose()
}

/// The user with this name, and the password's hash.
pub(crate) async fn user_by_name(
    tx: &mut Tx,
    user_name: &str,
) -> Result<Option<(Member, Option<String>)>, DbError> {
    let row = tx.row(&USER_BY_NAME, args![&key(user_name)]).await?;
    row.map(|mut row| Ok((member(&mut row)?, row.get(15)?)))
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
        now
    ];
    Ok(tx.execute(&INSERT_USER, arguments).await? == 1)
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
    })
}

fn word<T: Word>(row: &mut Row, column: usize) -> Result<T, DbError> {
    let text = row.get::<String>(column)?;
    T::from_word(&text).ok_or(DbError::Decode { column })
}
