//! The sandbox's mailbox: what would have been sent, to be read in a browser or by a test.

use bursar_db::{Db, DbError, Isolation, Row, args, statements};
use bursar_kernel::Uuid;

use crate::Mail;

statements! {
    INSERT = "INSERT INTO mail_message (id, received_at, recipient, subject, text, html)
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    LATEST = "SELECT id, received_at, recipient, subject, text, html FROM mail_message
              ORDER BY received_at DESC, id LIMIT $1";
    LATEST_OF = "SELECT id, received_at, recipient, subject, text, html FROM mail_message
                 WHERE recipient = $1 ORDER BY received_at DESC, id LIMIT $2";
    ONE = "SELECT id, received_at, recipient, subject, text, html FROM mail_message
           WHERE id = $1";
}

/// At most so many mails are shown at a time.
const SHOWN_MAX: i64 = 200;

/// Keeps mail in the database instead of sending it.
#[derive(Clone)]
pub struct Mailbox(Db);

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailbox")
    }
}

impl Mailbox {
    /// A mailbox in this database.
    pub fn new(db: Db) -> Self {
        Self(db)
    }

    /// Keeps a mail, once.
    pub(crate) async fn keep(&self, mail: &Mail) -> Result<(), DbError> {
        let keeping = self.0.write(Isolation::Append, mail.clone(), |tx, mail| {
            Box::pin(async move {
                let arguments = args![
                    &mail.id,
                    mail.at,
                    &mail.to,
                    &mail.subject,
                    &mail.text,
                    &mail.html
                ];
                tx.execute(&INSERT, arguments).await.map(drop)
            })
        });
        keeping.await
    }

    /// The latest mails, the newest first; all, or those to one address.
    pub async fn latest(&self, to: Option<&str>) -> Result<Vec<Mail>, DbError> {
        let to = to.map(ToOwned::to_owned);
        let reading = self.0.read(to, |tx, to| {
            Box::pin(async move {
                let rows = match to {
                    None => tx.rows(&LATEST, args![SHOWN_MAX]).await?,
                    Some(to) => tx.rows(&LATEST_OF, args![to, SHOWN_MAX]).await?,
                };
                rows.into_iter().map(received).collect()
            })
        });
        reading.await
    }

    /// One mail.
    pub async fn one(&self, id: Uuid) -> Result<Option<Mail>, DbError> {
        let reading = self.0.read(id, |tx, id| {
            Box::pin(async move {
                let row = tx.row(&ONE, args![id]).await?;
                row.map(received).transpose()
            })
        });
        reading.await
    }
}

fn received(mut row: Row) -> Result<Mail, DbError> {
    Ok(Mail {
        id: row.get(0)?,
        at: row.get(1)?,
        to: row.get(2)?,
        subject: row.get(3)?,
        text: row.get(4)?,
        html: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use bursar_kernel::Micros;
    use bursar_testkit::db_test;

    use super::*;

    fn mail(number: u128, to: &str) -> Mail {
        Mail {
            id: Uuid::from_u128(number),
            at: Micros(i64::try_from(number).unwrap()),
            to: to.into(),
            subject: format!("Number {number}"),
            text: "Hello".into(),
            html: "<p>Hello".into(),
        }
    }

    db_test! {
        async fn keeps_each_mail_once_and_shows_the_newest_first(place: TestDb) {
            let mailbox = Mailbox::new(place.open().await);
            let (first, second) = (mail(1, "ana@x.test"), mail(2, "ben@x.test"));
            for mail in [&first, &second, &first] {
                mailbox.keep(mail).await.unwrap();
            }
            assert_eq!(mailbox.latest(None).await.unwrap(), [second.clone(), first.clone()]);
            let of_ana = mailbox.latest(Some("ana@x.test")).await.unwrap();
            assert_eq!(of_ana, std::slice::from_ref(&first));
            assert_eq!(mailbox.latest(Some("cara@x.test")).await.unwrap(), []);
            assert_eq!(mailbox.one(second.id).await.unwrap(), Some(second));
            assert_eq!(mailbox.one(Uuid::nil()).await.unwrap(), None);
        }
    }
}
