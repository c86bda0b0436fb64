//! SQL that finds people by their mail addresses.

use bursar_db::{DbError, Tx, args, statements};

use super::member;
use crate::{EmailKey, Member};

statements! {
    ACTIVE_BY_EMAIL = "SELECT u.company_id, u.id, u.user_name, u.email, u.given_name,
                              u.family_name, u.locale, u.employee_number,
                              (SELECT string_agg(r.role, ' ') FROM directory_user_role r
                               WHERE r.company_id = u.company_id AND r.user_id = u.id), u.state,
                              c.id, c.name, c.edition, c.products, c.home, c.second_home,
                              u.is_test_user
                       FROM directory_user u JOIN directory_company c ON c.id = u.company_id
                       WHERE u.email_domain = $1 AND u.email_key = $2 AND u.state = 'active'
                       LIMIT 2";
    // A sample, so that a domain with many people costs no more than one with a few.
    HOMES_BY_DOMAIN = "SELECT DISTINCT sample.home FROM (
                           SELECT c.home FROM directory_user u
                               JOIN directory_company c ON c.id = u.company_id
                           WHERE u.email_domain = $1
                           ORDER BY u.email_key LIMIT 64) AS sample
                       ORDER BY sample.home";
}

/// Active users with this primary address, two at most.
pub(crate) async fn active(tx: &mut Tx, key: &EmailKey) -> Result<Vec<Member>, DbError> {
    let arguments = args![key.domain(), key.as_str()];
    let rows = tx.rows(&ACTIVE_BY_EMAIL, arguments).await?;
    rows.into_iter().map(|mut row| member(&mut row)).collect()
}

/// Where people with addresses of this domain live: of a few of them, in order.
pub(crate) async fn homes(tx: &mut Tx, key: &EmailKey) -> Result<Vec<String>, DbError> {
    let rows = tx.rows(&HOMES_BY_DOMAIN, args![key.domain()]).await?;
    rows.into_iter().map(|mut row| row.get(0)).collect()
}
