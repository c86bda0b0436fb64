//! Whether the platform has a receipt whose post has no known outcome.
//!
//! A receipt is the item's if it is of the same type, has equal canonical JSON, came since an hour
//! before the first attempt, and is not another item's. When it came is told by the platform's
//! clock, which may be hours from ours: the first attempt is counted back from the `Date` of the
//! list.

use std::time::Duration;

use bursar_db::DbError;
use bursar_gateway_client::{Client, Exchange, ListedReceipt, ReceiptType};
use bursar_gateway_connect::Access;
use bursar_kernel::Micros;

use crate::lane::{self, Head, Lane, Receipt};
use crate::policy::Trouble;
use crate::send::{Traces, clean, not_sent, trouble};
use crate::{Outbox, canonical};

/// How far the clocks of a platform's machines may be apart.
const MARGIN: Duration = Duration::from_hours(1);
/// Pages that are read at most: a platform whose pages never end.
const PAGES_MAX: usize = 1_000;
/// Bytes that the log keeps of a page; the platform has the rest.
const LOGGED_MAX: usize = 4 << 10;

/// A look-up for an item.
pub(crate) struct Call<'a> {
    pub(crate) outbox: &'a Outbox,
    pub(crate) client: &'a Client,
    pub(crate) access: &'a Access,
    pub(crate) lane: &'a Lane,
    pub(crate) head: &'a Head,
}

impl Call<'_> {
    /// The receipt that is the item's, if the platform has one.
    pub(crate) async fn find(
        &self,
        receipt_type: ReceiptType,
        traces: &mut Traces,
    ) -> Result<Option<Receipt>, Trouble> {
        let own = serde_json::from_str(&self.head.body).map_err(not_sent)?;
        let own = canonical::canonical(&own);
        let schema = receipt_type.schema();
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let (token, user_id) = (&self.access.token, &self.access.principal_id);
            let first = traces.exchanges.len();
            let page = self.client.receipts(token, user_id, next.as_deref()).await;
            let page = traces.of(page);
            shorten(traces, first);
            let page = page.map_err(|failure| trouble(&failure, false))?;
            let since = self.since(&traces.exchanges);
            for listed in &page.receipts {
                if received_at(listed).is_some_and(|at| at < since) {
                    return Ok(None);
                }
                if is_same(listed, &schema, &own) && !self.is_taken(&listed.id).await? {
                    return Ok(Some(Receipt {
                        remote_id: clean(&listed.id),
                        location: listed.location.as_deref().map(clean),
                        correlation_id: None,
                    }));
                }
            }
            next = page.next;
            if next.is_none() {
                return Ok(None);
            }
        }
        Err(not_sent("the platform's list of receipts does not end"))
    }

    /// When the item can have come at the earliest, by the platform's clock.
    fn since(&self, exchanges: &[Exchange]) -> Micros {
        let now = self.outbox.clock().now();
        let answer = exchanges.last().and_then(|last| last.answer.as_ref());
        let theirs = answer.and_then(|answer| answer.date).unwrap_or(now);
        theirs - (now - self.head.first_attempt_at) - MARGIN
    }

    async fn is_taken(&self, remote_id: &str) -> Result<bool, Trouble> {
        let args = (self.lane.connection_id, clean(remote_id));
        let taken: Result<_, DbError> = self
            .outbox
            .db()
            .read(args, |tx, (connection_id, remote_id)| {
                Box::pin(lane::is_taken(tx, *connection_id, remote_id))
            })
            .await;
        taken.map_err(not_sent)
    }
}

/// Pages are other receipts mostly: the log has their beginning.
fn shorten(traces: &mut Traces, first: usize) {
    for exchange in traces.exchanges.iter_mut().skip(first) {
        if let Some(answer) = &mut exchange.answer
            && answer.status.is_success()
        {
            answer.body.truncate(LOGGED_MAX);
        }
    }
}

fn is_same(listed: &ListedReceipt, schema: &str, own: &str) -> bool {
    let bare = |uri: &str| uri.rsplit("://").next().map(str::to_owned);
    if bare(&listed.validation_schema) != bare(schema) {
        return false;
    }
    let there = serde_json::from_str(listed.receipt.get());
    there.is_ok_and(|there| canonical::canonical(&there) == own)
}

fn received_at(listed: &ListedReceipt) -> Option<Micros> {
    let at: jiff::Timestamp = listed.date_time_received.parse().ok()?;
    Some(Micros(at.as_microsecond()))
}
