//! All SQL of this slice.

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use crate::audit::{Audited, Decision, Stamp};
use crate::model::{Company, Member, Products, Roles, User, Word};

statements! {
    COMPANY = "SELECT id, name, edition, products, home FROM directory_company WHERE id = $1";
    ANY_COMPANY = "SELECT id FROM directory_company LIMIT 1";
    USER = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name, u.family_name,
                   u.locale, u.employee_number,
                   (SELECT string_agg(r.role, ' ') FROM directory_user_role r
                    WHERE r.company_id = u.company_id AND r.user_id = u.id), u.state,
                   c.id, c.name, c.edition, c.products, c.home, u.password_hash
            FROM directory_user u JOIN directory_company c ON c.id = u.company_id
            WHERE u.id = $1";
    USER_BY_NAME = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name, u.family_name,
                           u.locale, u.employee_number,
                           (SELECT string_agg(r.role, ' ') FROM directory_user_role r
                            WHERE r.company_id = u.company_id AND r.user_id = u.id), u.state,
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
    INSERT_ROLE = "INSERT INTO directory_user_role (company_id, user_id, role)
                   VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    INSERT_AUDIT = "INSERT INTO directory_audit (company_id, at, id, actor, action, subject,
                        details)
                    VALUES ($1, $2, $3, $4, $5, $6, $7)";
    AUDIT_OF = "SELECT a.id, a.company_id, c.name, a.at, u.user_name, a.action, a.subject,
                       a.details
                FROM directory_audit a JOIN directory_company c ON c.id = a.company_id
                LEFT JOIN directory_user u ON u.id = a.actor
                WHERE a.company_id = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3";
    AUDIT = "SELECT a.id, a.company_id, c.name, a.at, u.user_name, a.action, a.subject, a.details
             FROM directory_audit a JOIN directory_company c ON c.id = a.company_id
             LEFT JOIN directory_user u ON u.id = a.actor
             WHERE a.id < $1 ORDER BY a.id DESC LIMIT $2";
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
        // The column of older rows; roles have had their table since.
        "traveller",
        user.state.word(),
        now
    ];
    let new = tx.execute(&INSERT_USER, arguments).await? == 1;
    if new {
        for role in user.roles.iter() {
            let arguments = args![&user.company_id, &user.id, role.word()];
            tx.execute(&INSERT_ROLE, arguments).await?;
        }
    }
    Ok(new)
}

pub(crate) async fn insert_audit(
    tx: &mut Tx,
    stamp: &Stamp,
    decision: &Decision<'_>,
) -> Result<(), DbError> {
    let details = decision.details.to_string();
    let arguments = args![
        decision.company_id,
        stamp.at,
        &stamp.id,
        &stamp.actor,
        decision.action,
        decision.subject,
        &details
    ];
    tx.execute(&INSERT_AUDIT, arguments).await.map(drop)
}

/// Entries before `before`, the newest first: of one company, or of all.
pub(crate) async fn audit(
    tx: &mut Tx,
    company_id: Option<&Uuid>,
    before: &Uuid,
    limit: i64,
) -> Result<Vec<Audited>, DbError> {
    let rows = match company_id {
        Some(company_id) => tx.rows(&AUDIT_OF, args![company_id, before, limit]).await?,
        None => tx.rows(&AUDIT, args![before, limit]).await?,
    };
    rows.into_iter().map(|mut row| audited(&mut row)).collect()
}

fn audited(row: &mut Row) -> Result<Audited, DbError> {
    Ok(Audited {
        id: row.get(0)?,
        company_id: row.get(1)?,
        company_name: row.get(2)?,
        at: row.get(3)?,
        actor_name: row.get::<Option<String>>(4)?.unwrap_or_default(),
        action: row.get(5)?,
        subject: row.get(6)?,
        details: row.get(7)?,
    })
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
        roles: roles(row, 8)?,
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

/// Whoever has no role is nobody's traveller either.
fn roles(row: &mut Row, column: usize) -> Result<Roles, DbError> {
    let text = row.get::<Option<String>>(column)?.unwrap_or_default();
    Roles::from_words(&text).ok_or(DbError::Decode { column })
}

fn word<T: Word>(row: &mut Row, column: usize) -> Result<T, DbError> {
    let text = row.get::<String>(column)?;
    T::from_word(&text).ok_or(DbError::Decode { column })
}
