//! One attempt at one item: a token, a look-up where there is doubt, the post.

use bursar_gateway_client::{
    AccessToken, Exchange, Failure, FailureKind, Image, NewQuickExpense, NewReceipt,
};
use bursar_gateway_connect::{Access, AccessError, App, ConnectionState};
use http::Method;

use crate::lane::{Head, Lane, Receipt};
use crate::policy::{Decision, Tried, Trouble, decide};
use crate::validate::image_of;
use crate::{ItemType, Outbox, lookup};

/// Characters of a reason, at most.
const REASON_MAX: usize = 1_000;

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    /// The platform has it.
    Delivered(Receipt),
    /// It does not, as far as is known.
    Undelivered(Decision),
}

/// An attempt, and what it leaves for the log.
#[derive(Debug)]
pub(crate) struct Attempted {
    pub(crate) ended: Ended,
    pub(crate) doubtful: bool,
    pub(crate) traces: Traces,
}

/// What an attempt leaves on its way.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    pub(crate) exchanges: Vec<Exchange>,
    /// Who the user is on the platform.
    pub(crate) user_id: Option<String>,
    /// Where the token works.
    pub(crate) place: Option<String>,
    token: Option<AccessToken>,
}

impl Traces {
    /// A call's value, its exchanges kept.
    pub(crate) fn of<T>(&mut self, called: bursar_gateway_client::Result<T>) -> Result<T, Failure> {
        match called {
            Ok(done) => {
                self.exchanges.extend(done.exchanges);
                Ok(done.value)
            }
            Err(failure) => {
                self.exchanges.extend(failure.exchanges.iter().cloned());
                Err(failure)
            }
        }
    }
}

/// Tries to deliver an item. `retry_unknown` tells whether the app wants quick expenses of unknown
/// outcome sent again.
pub(crate) async fn attempt(
    outbox: &Outbox,
    retry_unknown: bool,
    lane: &Lane,
    head: &Head,
) -> Attempted {
    let mut attempt = Attempt {
        outbox,
        lane,
        head,
        retry_unknown: retry_unknown || head.item_type != ItemType::QuickExpense,
        doubtful: head.doubtful,
        traces: Traces::default(),
    };
    let mut fresh_token = false;
    loop {
        let trouble = match attempt.once().await {
            Ok(receipt) => return attempt.ended(Ended::Delivered(receipt)),
            Err(trouble) => trouble,
        };
        let tried = Tried {
            attempts: head.attempts,
            doubtful: attempt.doubtful,
            retry_unknown: attempt.retry_unknown,
            fresh_token,
            give_up_at: head.give_up_at,
            now: outbox.clock().now(),
            jitter: u64::from_le_bytes(outbox.rng().bytes()),
        };
        match decide(trouble, &tried) {
            Decision::FreshToken => {
                fresh_token = true;
                if let Some(token) = attempt.traces.token.take() {
                    outbox.vault().refused(lane.connection_id, &token).await;
                }
            }
            decision => return attempt.ended(Ended::Undelivered(decision)),
        }
    }
}

struct Attempt<'a> {
    outbox: &'a Outbox,
    lane: &'a Lane,
    head: &'a Head,
    retry_unknown: bool,
    /// Whether the platform may have it already.
    doubtful: bool,
    traces: Traces,
}

impl Attempt<'_> {
    fn ended(self, ended: Ended) -> Attempted {
        Attempted {
            ended,
            doubtful: self.doubtful,
            traces: self.traces,
        }
    }

    async fn once(&mut self) -> Result<Receipt, Trouble> {
        let app_id = &self.lane.app_id;
        let app = self.outbox.vault().apps().get(app_id).cloned();
        let app = app.ok_or_else(|| not_sent("the app is not configured"))?;
        let access = self.access().await?;
        self.traces.token = Some(access.token.clone());
        self.traces.user_id = Some(access.principal_id.clone());
        self.traces.place = Some(access.token.geolocation().to_string());
        if self.doubtful
            && let Some(there) = self.look_up(&app, &access).await?
        {
            return Ok(there);
        }
        self.doubtful = false;
        self.post(&app, &access).await
    }

    async fn access(&self) -> Result<Access, Trouble> {
        let (vault, lane) = (self.outbox.vault(), self.lane);
        let found = vault.get(&lane.app_id, lane.connection_id).await;
        // A token is given for revoking still, when nothing is delivered any more.
        match found.map_err(not_sent)?.map(|found| found.state) {
            Some(ConnectionState::Connected | ConnectionState::Lost) => {}
            Some(ConnectionState::Ending | ConnectionState::Ended) | None => {
                return Err(Trouble::Ended);
            }
        }
        let access = vault.access(&lane.app_id, lane.connection_id).await;
        access.map_err(|error| match error {
            AccessError::NotConnected => Trouble::Ended,
            AccessError::Lost(reason) => Trouble::Lost(clean(&reason)),
            AccessError::Later(failure) => no_token(&failure),
            AccessError::Sealed | AccessError::Db(_) => not_sent(error),
        })
    }

    /// What the platform has of the item. Quick expenses cannot be looked for.
    async fn look_up(&mut self, app: &App, access: &Access) -> Result<Option<Receipt>, Trouble> {
        match self.head.item_type {
            ItemType::Receipt(receipt_type) => {
                let call = lookup::Call {
                    outbox: self.outbox,
                    client: &app.client,
                    access,
                    lane: self.lane,
                    head: self.head,
                };
                call.find(receipt_type, &mut self.traces).await
            }
            ItemType::QuickExpense if self.retry_unknown => Ok(None),
            ItemType::QuickExpense => Err(Trouble::Unknown(
                "an attempt did not come to its end".to_owned(),
            )),
        }
    }

    async fn post(&mut self, app: &App, access: &Access) -> Result<Receipt, Trouble> {
        let image = self.image().await?;
        let json = self.head.body.clone().into();
        let (token, user_id) = (&access.token, &access.principal_id);
        let posted = match self.head.item_type {
            ItemType::Receipt(receipt_type) => {
                let receipt = NewReceipt {
                    receipt_type,
                    json,
                    image,
                };
                let posted = app.client.post_receipt(token, user_id, receipt).await;
                self.traces.of(posted).map(|posted| Receipt {
                    remote_id: clean(&posted.id),
                    location: Some(clean(&posted.location)),
                    correlation_id: Some(clean(&posted.correlation_id)),
                })
            }
            ItemType::QuickExpense => {
                let expense = NewQuickExpense { json, image };
                let posted = app.client.post_quick_expense(token, user_id, expense).await;
                self.traces.of(posted).map(|posted| Receipt {
                    remote_id: clean(last_segment(&posted.uri)),
                    location: Some(clean(&posted.uri)),
                    correlation_id: Some(clean(&posted.correlation_id)),
                })
            }
        };
        posted.map_err(|failure| {
            // Before a post there is the index: whatever becomes of that, nothing was done.
            let posted = failure
                .exchanges
                .iter()
                .any(|exchange| exchange.method == Method::POST);
            trouble(&failure, posted)
        })
    }

    async fn image(&self) -> Result<Option<Image>, Trouble> {
        let (Some(blob), Some(media_type)) = (&self.head.image_blob, &self.head.image_type) else {
            return Ok(None);
        };
        let blob = blob.parse().map_err(not_sent)?;
        let image_type = image_of(media_type);
        let image_type = image_type.ok_or_else(|| not_sent("the image has no known format"))?;
        let bytes = self.outbox.blobs().get(blob).await.map_err(not_sent)?;
        Ok(Some(Image { image_type, bytes }))
    }
}

/// What a failed call means. `acted` tells whether it could have changed anything at all.
pub(crate) fn trouble(failure: &Failure, acted: bool) -> Trouble {
    match &*failure.kind {
        FailureKind::Refused(refusal) => {
            let status = refusal.status.as_u16();
            if !acted && !matches!(status, 401 | 403 | 429) {
                return Trouble::NotSent {
                    reason: clean(&refusal.to_string()),
                    retry_after: refusal.retry_after,
                };
            }
            Trouble::Status {
                status,
                retry_after: refusal.retry_after,
                text: told(failure),
            }
        }
        FailureKind::Unknown(_) | FailureKind::Undocumented(_) if acted => {
            Trouble::Unknown(told(failure))
        }
        FailureKind::Unknown(_)
        | FailureKind::Undocumented(_)
        | FailureKind::NotSent(_)
        | FailureKind::Untrusted(_) => not_sent(failure),
    }
}

/// What it means that there is no token: nothing was sent for the item. A token service that wants
/// to be left alone for a while is, as any other.
fn no_token(failure: &Failure) -> Trouble {
    let retry_after = failure.refusal().and_then(|refusal| refusal.retry_after);
    match failure.refusal().map(|refusal| refusal.status.as_u16()) {
        Some(status @ 429) => Trouble::Status {
            status,
            retry_after,
            text: told(failure),
        },
        _ => Trouble::NotSent {
            reason: clean(&format!("no token now: {failure}")),
            retry_after,
        },
    }
}

/// The refusal's code and sentence, and what else its body says: validation errors.
fn told(failure: &Failure) -> String {
    let text = failure.to_string();
    let Some(refusal) = failure.refusal() else {
        return clean(&text);
    };
    let body: serde_json::Value = serde_json::from_slice(&refusal.body).unwrap_or_default();
    let lists = ["validationErrors", "errors", "faults"];
    let found = lists.into_iter().find_map(|name| body.get(name));
    match found {
        Some(errors) => clean(&format!("{text}; {errors}")),
        None => clean(&text),
    }
}

pub(crate) fn not_sent(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotSent {
        reason: clean(&error.to_string()),
        retry_after: None,
    }
}

/// A reason on one line: texts come from anywhere, one engine refuses NUL, and forms turn each line
/// break into two characters. A form's and what is kept are the same once both are cleaned.
pub(crate) fn clean(text: &str) -> String {
    let lines = text.replace("\r\n", " ");
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    lines.chars().map(blank).take(REASON_MAX).collect()
}

fn last_segment(uri: &str) -> &str {
    let path = uri.split(['?', '#']).next().unwrap_or(uri);
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_however_it_came() {
        let kept = clean("400: a\nb\tc\0d\u{85}e");
        assert_eq!(kept, "400: a b c d e");
        assert_eq!(clean("400: a\r\nb\tc d e"), kept);
        assert_eq!(clean(&kept), kept);
        assert_eq!(clean(&"x".repeat(2_000)).len(), REASON_MAX);
    }
}
