//! Wakes the workers of other nodes: NOTIFY after commits, LISTEN for those of others.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio_postgres::{AsyncMessage, NoTls};

use super::Shared;

/// Several commits within this time send one NOTIFY.
const DEBOUNCE: Duration = Duration::from_millis(5);
/// The pause before the listening connection is opened again.
const RECONNECT: Duration = Duration::from_secs(1);

/// Sends NOTIFY after commits that woke this node's workers.
pub(super) async fn tell_others(shared: Arc<Shared>) {
    loop {
        shared.tell.notified().await;
        if shared.pool.is_closed() {
            return;
        }
        if let Ok(client) = shared.client().await {
            // Lost notifications cost a second: workers also poll.
            drop(client.simple_query("NOTIFY bursar_jobs").await);
        }
        tokio::time::sleep(DEBOUNCE).await;
    }
}

/// Listens on a connection of its own, and opens a new one when it breaks.
pub(super) async fn hear_others(config: tokio_postgres::Config, shared: Weak<Shared>) {
    while let Some(open) = shared.upgrade().filter(|shared| !shared.pool.is_closed()) {
        drop(open);
        if let Err(error) = hear(&config, &shared).await {
            tracing::debug!(%error, "listening again");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn hear(
    config: &tokio_postgres::Config,
    shared: &Weak<Shared>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let listen = tokio::spawn(async move {
        let listening = client.simple_query("LISTEN bursar_jobs").await;
        // The client must live as long as the connection.
        listening.map(|_| client)
    });
    loop {
        let message = std::future::poll_fn(|cx| connection.poll_message(cx)).await;
        match (message, shared.upgrade()) {
            (Some(Ok(AsyncMessage::Notification(_))), Some(shared)) => {
                shared.wake.notify_waiters();
                shared.wake.notify_one();
            }
            (Some(Ok(_)), Some(shared)) if !shared.pool.is_closed() => {}
            (Some(Err(error)), _) => return Err(error),
            _ => break,
        }
    }
    listen.abort();
    Ok(())
}
