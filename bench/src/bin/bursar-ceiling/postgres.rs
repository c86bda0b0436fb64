//! Four connections; each takes what waits, at most 32 operations, into one transaction whose
//! statements are all sent before the first answer comes.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::{Mutex, mpsc};
use tokio_postgres::{Client, NoTls, Statement};

use crate::rows::{
    DELETE_JOB, FINISH_RECEIPT, INSERT_APP, INSERT_CONNECTION, INSERT_EXPENSE, INSERT_JOB,
    INSERT_RECEIPT, INSERT_REFRESH_TOKEN, OWNER, Processed, Receipt, Request, USE_REFRESH_TOKEN,
    Write, Writer,
};
use crate::{Error, tokens};

const CONNECTIONS: usize = 4;
const GROUP_LEN_MAX: usize = 32;

type Parameter<'a> = &'a (dyn tokio_postgres::types::ToSql + Sync);
type Queue = Arc<Mutex<mpsc::Receiver<Request>>>;
type Step<'a> = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send + 'a>>;

/// Our own tables and indexes: what a receipt and a token touch, no more and no less.
const SCHEMA: &str = concat!(
    include_str!("../../../../migrations/0001_jobs_queue.postgres.sql"),
    include_str!("../../../../migrations/0003_oauth_tokens.postgres.sql"),
    include_str!("../../../../migrations/0004_expense_available.postgres.sql"),
    include_str!("../../../../migrations/0005_receipts_receipt.postgres.sql"),
    include_str!("../../../../migrations/0010_oauth_connection.postgres.sql"),
    include_str!("../../../../migrations/0028_receipts_attempt.postgres.sql"),
);

/// Makes the tables and starts the writers.
pub(crate) async fn start(url: &str) -> Result<Writer, Error> {
    let (writer, queue) = Writer::new();
    let queue = Arc::new(Mutex::new(queue));
    let client = connect(url).await?;
    client.batch_execute(SCHEMA).await?;
    client.execute(INSERT_APP, &[&OWNER]).await?;
    client.execute(INSERT_CONNECTION, &[&OWNER]).await?;
    for hash in tokens::seeded_hashes() {
        client
            .execute(INSERT_REFRESH_TOKEN, &[&hash, &OWNER])
            .await?;
    }
    for _ in 0..CONNECTIONS {
        let connection = Connection::open(url).await?;
        let queue = Arc::clone(&queue);
        tokio::spawn(async move {
            if let Err(error) = connection.serve(&queue).await {
                eprintln!("a writer stopped: {error}");
            }
        });
    }
    Ok(writer)
}

async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("a connection ended: {error}");
        }
    });
    Ok(client)
}

struct Connection {
    client: Client,
    insert_receipt: Statement,
    insert_job: Statement,
    finish_receipt: Statement,
    insert_expense: Statement,
    delete_job: Statement,
    use_refresh_token: Statement,
}

impl Connection {
    async fn open(url: &str) -> Result<Self, Error> {
        let client = connect(url).await?;
        Ok(Self {
            insert_receipt: client.prepare(INSERT_RECEIPT).await?,
            insert_job: client.prepare(INSERT_JOB).await?,
            finish_receipt: client.prepare(FINISH_RECEIPT).await?,
            insert_expense: client.prepare(INSERT_EXPENSE).await?,
            delete_job: client.prepare(DELETE_JOB).await?,
            use_refresh_token: client.prepare(USE_REFRESH_TOKEN).await?,
            client,
        })
    }

    async fn serve(&self, queue: &Queue) -> Result<(), tokio_postgres::Error> {
        let mut group = Vec::with_capacity(GROUP_LEN_MAX);
        while queue
            .lock()
            .await
            .recv_many(&mut group, GROUP_LEN_MAX)
            .await
            > 0
        {
            self.write(&group).await?;
            for request in group.drain(..) {
                // A caller that went away wants no answer.
                let _ = request.done.send(());
            }
        }
        Ok(())
    }

    async fn write(&self, group: &[Request]) -> Result<(), tokio_postgres::Error> {
        // Two groups that touch the same tokens must touch them in the same order.
        let mut uses: Vec<(&[u8], i64)> = Vec::new();
        let mut steps: Vec<Step<'_>> = vec![Box::pin(self.client.batch_execute("BEGIN"))];
        for request in group {
            match &request.write {
                Write::Receipt(receipt) => steps.extend(self.insert_receipt(receipt)),
                Write::Processed(processed) => steps.extend(self.finish(processed)),
                Write::UseRefreshToken { hash, now } => uses.push((hash, *now)),
            }
        }
        uses.sort_unstable();
        for (hash, now) in uses {
            steps.push(Box::pin(async move {
                self.client
                    .execute(&self.use_refresh_token, &[&hash, &now])
                    .await
                    .map(drop)
            }));
        }
        steps.push(Box::pin(self.client.batch_execute("COMMIT")));
        try_join_all(steps).await.map(drop)
    }

    fn insert_receipt<'a>(&'a self, receipt: &'a Receipt) -> [Step<'a>; 2] {
        let Receipt {
            id,
            key,
            document,
            payload,
            correlation_id,
            now,
            image,
        } = receipt;
        [
            Box::pin(async move {
                let row: [Parameter<'_>; 8] = [
                    &OWNER,
                    &id.as_slice(),
                    &OWNER,
                    document,
                    &OWNER,
                    correlation_id,
                    now,
                    image,
                ];
                self.client
                    .execute(&self.insert_receipt, &row)
                    .await
                    .map(drop)
            }),
            Box::pin(async move {
                let row: [Parameter<'_>; 4] = [key, payload, correlation_id, now];
                self.client.execute(&self.insert_job, &row).await.map(drop)
            }),
        ]
    }

    fn finish<'a>(&'a self, processed: &'a Processed) -> [Step<'a>; 3] {
        let Processed {
            id,
            key,
            blob,
            facts,
            now,
        } = processed;
        [
            Box::pin(async move {
                let row: [Parameter<'_>; 4] = [&OWNER, &id.as_slice(), blob, now];
                self.client
                    .execute(&self.finish_receipt, &row)
                    .await
                    .map(drop)
            }),
            Box::pin(async move {
                let row: [Parameter<'_>; 7] = [
                    &OWNER,
                    &id.as_slice(),
                    &facts.merchant,
                    &facts.date_time,
                    &facts.total,
                    &facts.currency_code,
                    now,
                ];
                self.client
                    .execute(&self.insert_expense, &row)
                    .await
                    .map(drop)
            }),
            Box::pin(async move {
                self.client
                    .execute(&self.delete_job, &[key])
                    .await
                    .map(drop)
            }),
        ]
    }
}
