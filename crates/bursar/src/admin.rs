//! What an administrator can tell a running platform to do.

use bursar_db::{Db, DbError, Isolation, Tx};
use bursar_directory::{
    Company, DataCenters, DataCentersError, Decision, GLOBAL_ZONE, Move, Stamp, api as directory,
};
use bursar_jobs::DeadJob;
use bursar_kernel::{Clock, Rng, Uuid};
use bursar_oauth::{KeyError, Oauth};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What is to be done: one line of JSON on the control socket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Order {
    /// Move a company to another data center.
    MoveCompany {
        /// The company.
        company: Uuid,
        /// The id of the data center where it will live.
        data_center: String,
    },
    /// Sign with new keys from now on.
    RotateKeys {
        /// The id of one data center; all of them without it.
        data_center: Option<String>,
    },
    /// List the jobs that were given up.
    DeadJobs,
    /// Run them again.
    RetryJobs {
        /// One job's id; all of them without it.
        id: Option<i64>,
    },
}

/// Jobs in one list: an answer is for reading.
const LISTED: i64 = 100;

/// Carries orders out.
#[derive(Clone)]
pub struct Admin {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    pub(crate) data_centers: DataCenters,
    pub(crate) oauth: Oauth,
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such company.
    #[error("there is no company {0}")]
    NoCompany(Uuid),
    /// Nobody can live there.
    #[error(transparent)]
    Home(#[from] DataCentersError),
    /// There is no such job, or nothing to be gained.
    #[error("job {0} is not dead, or another that does the same is under way")]
    NoJob(i64),
    /// A key cannot be made or stored.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Db(#[from] DbError),
}

impl Admin {
    /// Does it, and says in a sentence what was done.
    pub async fn carry_out(&self, order: &Order) -> Result<String, AdminError> {
        match order {
            Order::MoveCompany {
                company,
                data_center,
            } => self.move_company(*company, data_center).await,
            Order::RotateKeys { data_center } => self.rotate_keys(data_center.as_deref()).await,
            Order::DeadJobs => Ok(listed(&bursar_jobs::dead(&self.db, LISTED).await?)),
            Order::RetryJobs { id } => self.retry_jobs(*id).await,
        }
    }

    /// Each data center's new key signs at once here, and within a minute on other nodes; the old
    /// one is shown until the last token that it signed has expired.
    async fn rotate_keys(&self, only: Option<&str>) -> Result<String, AdminError> {
        let ids: Vec<_> = if let Some(id) = only {
            vec![self.data_centers.home(id)?.id()]
        } else {
            let ids = self.data_centers.iter().map(|one| one.id());
            ids.filter(|id| *id != GLOBAL_ZONE).collect()
        };
        let mut lines = Vec::new();
        for id in ids {
            let kid = self.oauth.rotate_keys(id).await?;
            tracing::info!(data_center = id, kid, "rotated the signing key");
            self.note_rotation(id, &kid).await?;
            lines.push(format!("{id} signs with the new key {kid}"));
        }
        Ok(lines.join("\n"))
    }

    async fn retry_jobs(&self, id: Option<i64>) -> Result<String, AdminError> {
        let args = (id, self.clock.now());
        let reviving = self
            .db
            .write(Isolation::ReadCommitted, args, |tx, &(id, now)| {
                Box::pin(bursar_jobs::revive(tx, id, now))
            });
        let revived: Result<u64, DbError> = reviving.await;
        match (revived?, id) {
            (0, Some(id)) => Err(AdminError::NoJob(id)),
            (count, _) => {
                tracing::info!(count, "dead jobs run again");
                Ok(format!("{} again", jobs(count, "runs", "run")))
            }
        }
    }

    /// A key is no company's own: those who run the platform find the entry in their logs. After
    /// the rotation, which is whole by itself; an entry that cannot be written is an error.
    async fn note_rotation(&self, data_center: &str, kid: &str) -> Result<(), DbError> {
        let reading = self
            .db
            .read((), |tx, ()| Box::pin(directory::operating_companies(tx)));
        let companies: Vec<Uuid> = reading.await?;
        let now = self.clock.now();
        let entry = |company| (company, Stamp::draw_for_server(&self.rng, now));
        let entries: Vec<_> = companies.into_iter().map(entry).collect();
        let args = (entries, data_center.to_owned(), kid.to_owned());
        let noting = self
            .db
            .write(Isolation::Append, args, |tx, (entries, id, kid)| {
                Box::pin(async move {
                    for (company_id, stamp) in entries {
                        let decision = Decision {
                            company_id,
                            action: "keys.rotate",
                            subject: id,
                            details: json!({ "kid": kid }),
                        };
                        directory::append_audit(tx, stamp, &decision).await?;
                    }
                    Ok(())
                })
            });
        noting.await
    }

    /// One row changes. Tokens of the old home are refused everywhere as soon as every node has
    /// looked again, which takes half a second; whatever else the company has is keyed by its id.
    async fn move_company(&self, company_id: Uuid, to: &str) -> Result<String, AdminError> {
        let to_home = self.data_centers.home(to)?.id().to_owned();
        let now = self.clock.now();
        let going = Move {
            id: self.rng.uuid(),
            company_id,
            to_home,
            at: now,
        };
        let args = (going, Stamp::draw_for_server(&self.rng, now));
        let moved = self
            .db
            .write(Isolation::Serializable, args, |tx, (going, stamp)| {
                Box::pin(move_and_note(tx, going, stamp))
            });
        let before: Option<Company> = moved.await?;
        let Company { name, home, .. } = before.ok_or(AdminError::NoCompany(company_id))?;
        if home == to {
            return Ok(format!("{name} lives in {to} already"));
        }
        tracing::info!(%company_id, from = home, to, "moved a company");
        Ok(format!("moved {name} from {home} to {to}"))
    }
}

fn jobs(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 job {one}"),
        _ => format!("{count} jobs {many}"),
    }
}

/// One line for each, the latest first. What a job carries may be secret; its reason is not.
fn listed(dead: &[DeadJob]) -> String {
    if dead.is_empty() {
        return "no job is dead".to_owned();
    }
    let line = |job: &DeadJob| {
        let reason: String = job.reason.chars().map(printable).collect();
        format!(
            "{} {} {} attempts={} enqueued={} correlation-id={}: {reason}",
            job.id,
            job.kind,
            job.key.as_deref().unwrap_or("-"),
            job.attempts,
            job.enqueued_at.rfc3339(),
            job.correlation_id,
        )
    };
    let mut lines: Vec<_> = dead.iter().map(line).collect();
    if usize::try_from(LISTED) == Ok(dead.len()) {
        lines.push(format!("the latest {LISTED}; there may be more"));
    }
    lines.join("\n")
}

/// What is printed is one line, and moves no cursor.
pub(crate) fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

/// The move and its entry in the company's audit log, in one operation.
async fn move_and_note(
    tx: &mut Tx,
    going: &Move,
    stamp: &Stamp,
) -> Result<Option<Company>, DbError> {
    let before = directory::move_company(tx, going).await?;
    if let Some(Company { name, home, .. }) = &before
        && *home != going.to_home
    {
        let decision = Decision {
            company_id: &going.company_id,
            action: "company.move",
            subject: name,
            details: json!({ "from": home, "to": going.to_home }),
        };
        directory::append_audit(tx, stamp, &decision).await?;
    }
    Ok(before)
}

#[cfg(test)]
mod tests {
    use bursar_kernel::Micros;

    use super::*;

    #[test]
    fn orders_are_one_line_of_json() {
        let order = Order::MoveCompany {
            company: Uuid::nil(),
            data_center: "emea".to_owned(),
        };
        let line = format!(
            r#"{{"order":"move-company","company":"{}","data_center":"emea"}}"#,
            Uuid::nil()
        );
        assert_eq!(serde_json::to_string(&order).unwrap(), line);
        assert_eq!(serde_json::from_str::<Order>(&line).unwrap(), order);
        let list = serde_json::to_string(&Order::DeadJobs).unwrap();
        assert_eq!(list, r#"{"order":"dead-jobs"}"#);
        for wrong in [
            r#"{"order":"halt"}"#,
            &line.replace("emea\"", "emea\",\"x\":1"),
        ] {
            assert!(serde_json::from_str::<Order>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_dead_job_is_one_line() {
        let job = DeadJob {
            id: 7,
            kind: "oauth.letter".to_owned(),
            key: None,
            payload: "secret".to_owned(),
            correlation_id: "call-1".to_owned(),
            attempts: 3,
            enqueued_at: Micros(1_795_253_400_000_000),
            reason: "no\nserver\u{1b}[2J".to_owned(),
        };
        assert_eq!(
            listed(std::slice::from_ref(&job)),
            "7 oauth.letter - attempts=3 enqueued=2026-11-21T09:30:00.000Z \
             correlation-id=call-1: no server [2J"
        );
        assert_eq!(listed(&[]), "no job is dead");
        let many = listed(&vec![job; 100]);
        assert!(many.ends_with("\nthe latest 100; there may be more"));
    }
}
