//! Receipts as values.

use bursar_kernel::{Micros, Uuid, hex32};
use bursar_pictures::Picture;
use serde_json::Value;

use crate::schema::ReceiptType;
use crate::sums::mismatches;

/// Something that happened to a receipt. Source: receipts/endpoints.markdown, "Example event
/// messages".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// The post was answered.
    Accepted,
    /// An attempt began.
    Initiated,
    /// The picture could not be made; another attempt follows.
    ImageFailed,
    /// The picture is stored.
    ImageGenerated,
    /// No further attempt follows.
    Failed,
    /// All is done.
    Finished,
}

impl Event {
    fn at(self, at: Micros) -> LogEntry {
        LogEntry {
            level: self.level().to_owned(),
            message: self.message().to_owned(),
            at,
        }
    }

    /// `INFO` or `ERROR`.
    fn level(self) -> &'static str {
        match self {
            Self::ImageFailed | Self::Failed => "ERROR",
            _ => "INFO",
        }
    }

    /// The documented message.
    fn message(self) -> &'static str {
        match self {
            Self::Accepted => "Receipt accepted. Queued for processing.",
            Self::Initiated => "Initiated receipt processing.",
            Self::ImageFailed => {
                "Error during image generation or retrieval. Queued for reprocessing."
            }
            Self::ImageGenerated => "Receipt image generated.",
            Self::Failed => "Processing failed.",
            Self::Finished => "Processing finished.",
        }
    }
}

/// An entry of a receipt's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogEntry {
    /// `DEBUG`, `INFO`, `WARNING` or `ERROR`.
    pub level: String,
    /// What happened.
    pub message: String,
    /// When.
    pub at: Micros,
}

/// An attempt at processing that did not get through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Attempt {
    pub(crate) began_at: Micros,
    pub(crate) outcome: Outcome,
}

/// How such an attempt ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// By trouble that is no fault of the receipt.
    Stalled,
    /// At the picture; another follows.
    Again(Micros),
    /// At the picture, for this reason; none follows.
    Failed(Micros, String),
}

impl Outcome {
    /// As rows keep it.
    pub(crate) fn columns(&self) -> (&'static str, Option<Micros>, Option<&str>) {
        match self {
            Self::Stalled => ("stalled", None, None),
            Self::Again(at) => ("again", Some(*at), None),
            Self::Failed(at, reason) => ("failed", Some(*at), Some(reason)),
        }
    }

    pub(crate) fn of(name: &str, ended_at: Option<Micros>, reason: Option<String>) -> Option<Self> {
        match (name, ended_at) {
            ("stalled", _) => Some(Self::Stalled),
            ("again", Some(at)) => Some(Self::Again(at)),
            ("failed", Some(at)) => Some(Self::Failed(at, reason.unwrap_or_default())),
            _ => None,
        }
    }
}

/// A receipt that a post brings.
#[derive(Clone, Debug)]
pub(crate) struct NewReceipt {
    pub(crate) company_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) receipt_type: ReceiptType,
    pub(crate) body: String,
    pub(crate) app_id: Uuid,
    pub(crate) app_name: String,
    pub(crate) correlation_id: String,
    pub(crate) received_at: Micros,
    /// The picture that came with it.
    pub(crate) sent: Option<Picture>,
}

/// An image-only receipt that a post brings.
#[derive(Clone, Debug)]
pub(crate) struct NewImageReceipt {
    pub(crate) company_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) app_id: Uuid,
    pub(crate) app_name: String,
    pub(crate) correlation_id: String,
    pub(crate) received_at: Micros,
    pub(crate) sent: Picture,
}

/// A stored receipt.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its id; 32 hex digits on the wire.
    pub id: Uuid,
    /// The traveller.
    pub user_id: Uuid,
    /// `general-receipt` and the like.
    pub receipt_type: String,
    /// The JSON as it came.
    pub body: String,
    /// The app that sent it.
    pub(crate) app_id: Uuid,
    /// The name of the app that sent it.
    pub app_name: String,
    /// When it came.
    pub received_at: Micros,
    /// `ACCEPTED`, `PROCESSING`, `PROCESSED` or `FAILED`.
    /// Source: receipts/endpoints.markdown, "Get Receipt Status".
    pub status: String,
    /// The file with its picture, once there is one.
    pub image_blob: Option<String>,
    /// That file's media type.
    pub image_type: Option<String>,
    /// The file with its preview, once somebody has looked at it.
    pub preview_blob: Option<String>,
    /// The file that the partner sent, until the picture is made of it.
    pub(crate) sent_blob: Option<String>,
    /// That file's media type; it stays.
    pub(crate) sent_type: Option<String>,
    /// When the attempt that got through began.
    pub(crate) began_at: Option<Micros>,
    /// When it ended.
    pub(crate) ended_at: Option<Micros>,
}

impl Receipt {
    /// How far it is.
    pub(crate) fn progress(&self) -> Progress {
        Progress {
            id: self.id,
            received_at: self.received_at,
            status: self.status.clone(),
            generated: self.sent_type.is_none(),
            began_at: self.began_at,
            ended_at: self.ended_at,
        }
    }
}

/// A stored image-only receipt.
#[derive(Clone, Debug)]
pub(crate) struct ImageReceipt {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) received_at: Micros,
    pub(crate) status: String,
    pub(crate) sent_blob: Option<String>,
    pub(crate) sent_type: String,
    pub(crate) image_blob: Option<String>,
    pub(crate) image_type: Option<String>,
    pub(crate) began_at: Option<Micros>,
    pub(crate) ended_at: Option<Micros>,
}

impl ImageReceipt {
    /// How far it is.
    pub(crate) fn progress(&self) -> Progress {
        Progress {
            id: self.id,
            received_at: self.received_at,
            status: self.status.clone(),
            generated: false,
            began_at: self.began_at,
            ended_at: self.ended_at,
        }
    }
}

/// A receipt of either kind.
#[derive(Clone, Debug)]
pub(crate) enum AnyReceipt {
    Data(Receipt),
    ImageOnly(ImageReceipt),
}

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Data,
    ImageOnly,
}

impl AnyReceipt {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Data(_) => Kind::Data,
            Self::ImageOnly(_) => Kind::ImageOnly,
        }
    }

    /// What the partner sent, as long as the picture is not made of it.
    pub(crate) fn sent(&self) -> Option<(&str, &str)> {
        let (blob, media_type) = match self {
            Self::Data(receipt) => (&receipt.sent_blob, receipt.sent_type.as_deref()),
            Self::ImageOnly(receipt) => (&receipt.sent_blob, Some(receipt.sent_type.as_str())),
        };
        Some((blob.as_deref()?, media_type?))
    }

    pub(crate) fn user_id(&self) -> Uuid {
        match self {
            Self::Data(receipt) => receipt.user_id,
            Self::ImageOnly(receipt) => receipt.user_id,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        match self {
            Self::Data(receipt) => receipt.progress(),
            Self::ImageOnly(receipt) => receipt.progress(),
        }
    }
}

/// How far a receipt of either kind is.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) id: Uuid,
    pub(crate) received_at: Micros,
    pub(crate) status: String,
    /// Whether its picture is ours; else the partner's.
    generated: bool,
    began_at: Option<Micros>,
    ended_at: Option<Micros>,
}

impl Progress {
    /// What happened to the receipt, oldest first. `attempts` are those that did not get through.
    pub(crate) fn log(&self, attempts: Vec<Attempt>) -> Vec<LogEntry> {
        let mut log = vec![Event::Accepted.at(self.received_at)];
        for attempt in attempts {
            log.push(Event::Initiated.at(attempt.began_at));
            match attempt.outcome {
                Outcome::Stalled => {}
                Outcome::Again(at) => log.push(Event::ImageFailed.at(at)),
                Outcome::Failed(at, reason) => {
                    log.extend(why(reason, at));
                    log.push(Event::Failed.at(at));
                }
            }
        }
        if let (Some(began_at), Some(ended_at)) = (self.began_at, self.ended_at) {
            log.push(Event::Initiated.at(began_at));
            if self.generated {
                log.push(Event::ImageGenerated.at(ended_at));
            }
            log.push(Event::Finished.at(ended_at));
        }
        log
    }
}

/// `Choice:` the reason of a failure is an entry of its own, since the documented message has no
/// room for it.
fn why(reason: String, at: Micros) -> Option<LogEntry> {
    (!reason.is_empty()).then(|| LogEntry {
        level: "DEBUG".to_owned(),
        message: reason,
        at,
    })
}

/// Names a receipt in a job.
pub(crate) fn job_payload(company_id: Uuid, id: Uuid) -> String {
    format!("{}/{}", hex32(&company_id), hex32(&id))
}

/// Reads what [`job_payload`] wrote.
pub(crate) fn from_job_payload(payload: &str) -> Option<(Uuid, Uuid)> {
    let (company_id, id) = payload.split_once('/')?;
    Some((Uuid::try_parse(company_id).ok()?, Uuid::try_parse(id).ok()?))
}

/// Who sold what a receipt is for. An IC card receipt may say so under an older name.
pub fn seller(receipt: &Value) -> &Value {
    let seller = receipt.get("seller").or_else(|| receipt.get("merchant"));
    seller.unwrap_or(&Value::Null)
}

/// What an expense shows of a receipt's JSON. Its fields are required by every schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The seller's name; of a very long one the beginning.
    pub merchant: String,
    /// Date, time and offset, as written.
    pub date_time: String,
    /// The amount as decimal text, as written.
    pub total: String,
    /// ISO 4217.
    pub currency_code: String,
    /// The seller's own reference, if there is one.
    pub reference: Option<String>,
    /// Whether amounts do not add up.
    pub sums_differ: bool,
}

/// `Choice:` characters of a seller's name in lists; the receipt keeps them all.
const MERCHANT_MAX: usize = 200;

impl Facts {
    /// Reads them; what is missing is empty.
    pub fn of(receipt: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = seller(receipt)["name"].as_str().unwrap_or_default();
        Self {
            merchant: name.chars().take(MERCHANT_MAX).collect(),
            date_time: text(&receipt["dateTime"]),
            total: text(&receipt["total"]),
            currency_code: text(&receipt["currencyCode"]),
            reference: receipt["reference"].as_str().map(ToOwned::to_owned),
            sums_differ: !mismatches(receipt).is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_finds_its_receipt_again() {
        let ids = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(from_job_payload(&job_payload(ids.0, ids.1)), Some(ids));
        assert_eq!(from_job_payload("nonsense"), None);
    }
}
