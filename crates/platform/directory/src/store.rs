//! All SQL of this slice.

pub(crate) mod email;

use bursar_db::{DbError, Row, Tx, args, statements};
use bursar_kernel::{Micros, Uuid};

use crate::EmailKey;
use crate::audit::{Audited, Decision, Stamp};
use crate::model::{
    Company, Credentials, Finder, Listed, Member, Move, Products, Roles, User, Word,
};

statements! {
    COMPANY = "SELECT id, name, edition, products, home, second_home FROM directory_company
               WHERE id = $1";
    ANY_COMPANY = "SELECT id FROM directory_company LIMIT 1";
    USER = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name, u.family_name,
                   u.locale, u.employee_number,
                   (SELECT string_agg(r.role, ' ') FROM directory_user_role r
                    WHERE r.company_id = u.company_id AND r.user_id = u.id), u.state,
                   c.id, c.name, c.edition, c.products, c.home, c.second_home,
                   u.is_test_user, u.password_hash, u.sign_in, u.must_change_password
            FROM directory_user u JOIN directory_company c ON c.id = u.company_id
            WHERE u.id = $1";
    USER_BY_NAME = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name, u.family_name,
                           u.locale, u.employee_number,
                           (SELECT string_agg(r.role, ' ') FROM directory_user_role r
                            WHERE r.company_id = u.company_id AND r.user_id = u.id), u.state,
                           c.id, c.name, c.edition, c.products, c.home, c.second_home,
                           u.is_test_user, u.password_hash, u.sign_in, u.must_change_password
                    FROM directory_user u JOIN directory_company c ON c.id = u.company_id
                    WHERE u.user_name_key = $1";
    INSERT_COMPANY = "INSERT INTO directory_company (id, name, edition, products, home,
                          second_home, created_at)
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    INSERT_USER = "INSERT INTO directory_user (company_id, id, user_name, user_name_key,
                       password_hash, email, given_name, family_name, locale, employee_number,
                       role, state, created_at, sign_in, must_change_password,
                       is_test_user, email_key, email_domain)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                       $16, $17, $18)
                   ON CONFLICT DO NOTHING";
    SET_PASSWORD = "UPDATE directory_user SET password_hash = $4, must_change_password = 0
                    WHERE company_id = $1 AND id = $2 AND password_hash = $3";
    OPERATING = "SELECT DISTINCT company_id FROM directory_user_role WHERE role = 'operator'
                 ORDER BY company_id";
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
    FAILURES = "SELECT failures FROM directory_sign_in_failure WHERE name_key = $1";
    COUNT_FAILURE = "INSERT INTO directory_sign_in_failure (name_key, failures, last_at)
                     VALUES ($1, 1, $2)
                     ON CONFLICT (name_key) DO UPDATE SET
                         failures = CASE WHEN directory_sign_in_failure.last_at <= $3 THEN 1
                             ELSE directory_sign_in_failure.failures + 1 END,
                         last_at = CASE WHEN directory_sign_in_failure.last_at > $3
                                 AND directory_sign_in_failure.failures >= $4
                             THEN directory_sign_in_failure.last_at ELSE excluded.last_at END
                     RETURNING failures";
    // The guard and the removal are one: a lock that comes in between stays.
    FORGET_FAILURES = "DELETE FROM directory_sign_in_failure
                       WHERE name_key = $1 AND (failures < $2 OR last_at <= $3)";
    // The time is asked twice: a name that failed again meanwhile stays.
    SWEEP_FAILURES = "DELETE FROM directory_sign_in_failure WHERE last_at <= $1 AND name_key IN (
                          SELECT name_key FROM directory_sign_in_failure WHERE last_at <= $1
                          ORDER BY last_at LIMIT 16)";
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
                         WHERE company_id = $1 AND email_domain = $2 AND email_key = $3
                         ORDER BY id LIMIT $4";
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

/// The user with this id, and what the user signs in with.
pub(crate) async fn user(tx: &mut Tx, id: &Uuid) -> Result<Option<(Member, Credentials)>, DbError> {
    let row = tx.row(&USER, args![id]).await?;
    row.map(|mut row| Ok((member(&mut row)?, credentials(&mut row)?)))
        .transpose()
}

/// The user with this name, and what the user signs in with.
pub(crate) async fn user_by_name(
    tx: &mut Tx,
    user_name: &str,
) -> Result<Option<(Member, Credentials)>, DbError> {
    let row = tx.row(&USER_BY_NAME, args![&key(user_name)]).await?;
    row.map(|mut row| Ok((member(&mut row)?, credentials(&mut row)?)))
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
    credentials: &Credentials,
    now: Micros,
) -> Result<bool, DbError> {
    let (name_key, email_key) = (key(&user.user_name), EmailKey::of(&user.email));
    let arguments = args![
        &user.company_id,
        &user.id,
        &user.user_name,
        &name_key,
        credentials.hash.as_deref(),
        &user.email,
        &user.given_name,
        &user.family_name,
        &user.locale,
        user.employee_number.as_deref(),
        // The column of older rows; roles have had their table since.
        "traveller",
        user.state.word(),
        now,
        credentials.sign_in.word(),
        credentials.must_change,
        user.is_test_user,
        email_key.as_str(),
        email_key.domain()
    ];
    let new = tx.execute(&INSERT_USER, arguments).await? == 1;
    if new {
        insert_roles(tx, user).await?;
    }
    Ok(new)
}

async fn insert_roles(tx: &mut Tx, user: &User) -> Result<(), DbError> {
    for role in user.roles.iter() {
        let arguments = args![&user.company_id, &user.id, role.word()];
        tx.execute(&INSERT_ROLE, arguments).await?;
    }
    Ok(())
}

/// Answers whether the password was still the old one.
pub(crate) async fn set_password(
    tx: &mut Tx,
    user: &User,
    old_hash: &str,
    new_hash: &str,
) -> Result<bool, DbError> {
    let arguments = args![&user.company_id, &user.id, old_hash, new_hash];
    Ok(tx.execute(&SET_PASSWORD, arguments).await? == 1)
}

/// The companies that have an operator.
pub(crate) async fn operating(tx: &mut Tx) -> Result<Vec<Uuid>, DbError> {
    let rows = tx.rows(&OPERATING, &[]).await?;
    rows.into_iter().map(|mut row| row.get(0)).collect()
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
            let key = EmailKey::of(email);
            let arguments = args![company_id, key.domain(), key.as_str(), FOUND_MAX];
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

/// Whether there are wrong passwords for a name.
pub(crate) async fn failed(tx: &mut Tx, key: &[u8]) -> Result<bool, DbError> {
    Ok(tx.row(&FAILURES, args![key]).await?.is_some())
}

/// Adds one to the failures after `since`, and answers how many there are now. From `locks` on
/// the time of the last stays: who goes on guessing does not lock the owner out for longer.
pub(crate) async fn count_failure(
    tx: &mut Tx,
    key: &[u8],
    now: Micros,
    since: Micros,
    locks: i64,
) -> Result<i64, DbError> {
    let arguments = args![key, now, since, locks];
    let rows = tx.returning(&COUNT_FAILURE, arguments).await?;
    let row = rows.into_iter().next();
    row.ok_or(DbError::Decode { column: 0 })?.get(0)
}

/// Forgets the failures of a name, unless they have locked it since `since`; answers whether they
/// have.
pub(crate) async fn forget_failures(
    tx: &mut Tx,
    key: &[u8],
    locks: i64,
    since: Micros,
) -> Result<bool, DbError> {
    let forgotten = tx
        .execute(&FORGET_FAILURES, args![key, locks, since])
        .await?;
    Ok(forgotten == 0 && failed(tx, key).await?)
}

/// Removes some failures that no longer count.
pub(crate) async fn sweep_failures(tx: &mut Tx, since: Micros) -> Result<(), DbError> {
    tx.execute(&SWEEP_FAILURES, args![since]).await.map(drop)
}

fn credentials(row: &mut Row) -> Result<Credentials, DbError> {
    Ok(Credentials {
        hash: row.get(17)?,
        sign_in: word(row, 18)?,
        must_change: row.get(19)?,
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
        is_test_user: row.get(16)?,
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

/// Whoever has no role is nobody's traveller either.
fn roles(row: &mut Row, column: usize) -> Result<Roles, DbError> {
    let text = row.get::<Option<String>>(column)?.unwrap_or_default();
    Roles::from_words(&text).ok_or(DbError::Decode { column })
}

fn word<T: Word>(row: &mut Row, column: usize) -> Result<T, DbError> {
    let text = row.get::<String>(column)?;
    T::from_word(&text).ok_or(DbError::Decode { column })
}
