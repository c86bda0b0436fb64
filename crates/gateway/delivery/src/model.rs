//! What a merchant hands over, and what becomes of it.

use bursar_gateway_client::ReceiptType;
use bursar_kernel::{Micros, Uuid};
use bytes::Bytes;

/// The type of quick expenses.
const QUICK_EXPENSE: &str = "quick-expense";

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemType {
    /// An e-receipt of this type.
    Receipt(ReceiptType),
    /// A quick expense.
    QuickExpense,
}

impl ItemType {
    /// Its name in the API: `general`, `car-rental`, …, or `quick-expense`.
    pub fn name(self) -> &'static str {
        self.receipt_type().map_or(QUICK_EXPENSE, ReceiptType::name)
    }

    /// The type of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == QUICK_EXPENSE {
            return Some(Self::QuickExpense);
        }
        ReceiptType::from_name(name).map(Self::Receipt)
    }

    /// The type of the receipt, if it is one.
    pub fn receipt_type(self) -> Option<ReceiptType> {
        match self {
            Self::Receipt(receipt_type) => Some(receipt_type),
            Self::QuickExpense => None,
        }
    }

    /// As rows keep it beside the receipt's type.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Receipt(_) => "receipt",
            Self::QuickExpense => QUICK_EXPENSE,
        }
    }

    pub(crate) fn from_row(kind: &str, receipt_type: Option<&str>) -> Option<Self> {
        match (kind, receipt_type) {
            (QUICK_EXPENSE, None) => Some(Self::QuickExpense),
            ("receipt", Some(name)) => ReceiptType::from_name(name).map(Self::Receipt),
            _ => None,
        }
    }
}

/// How an item stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It waits for its turn, or for its next attempt.
    Waiting,
    /// A request may be on its way.
    Sending,
    /// The platform has it.
    Delivered,
    /// It was given up, with a reason; it can be replayed.
    Parked,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sending, Self::Delivered, Self::Parked];

    /// As rows and the API have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Parked => "parked",
        }
    }

    /// The state of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// An item to accept.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// The merchant's own name of it: with the same one nothing is accepted twice.
    pub key: String,
    /// The merchant's own name of the user.
    pub user: String,
    /// What it is.
    pub item_type: ItemType,
    /// The JSON. It is kept and sent to the letter.
    pub body: String,
    /// Its picture.
    pub image: Option<Bytes>,
}

/// An item that is kept durably.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// Its id.
    pub id: i64,
    /// How it stands.
    pub state: State,
    /// Whether it was there before.
    pub again: bool,
}

/// An item as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Its id.
    pub id: i64,
    /// The connection that it goes out for.
    pub connection_id: Uuid,
    /// The merchant's own name of the user.
    pub user_ref: String,
    /// The merchant's own name of it.
    pub key: String,
    /// What it is.
    pub item_type: ItemType,
    /// How it stands.
    pub state: State,
    /// How often it was sent.
    pub attempts: i64,
    /// Whether the platform may have it though it is not known to.
    pub doubtful: bool,
    /// When it was first sent.
    pub first_attempt_at: Option<Micros>,
    /// When it is sent next; none: as soon as its turn comes.
    pub due_at: Option<Micros>,
    /// When it is parked if it is not delivered.
    pub give_up_at: Micros,
    /// Its id on the platform.
    pub remote_id: Option<String>,
    /// Its address on the platform.
    pub location: Option<String>,
    /// The platform's correlation id of the post that delivered it.
    pub correlation_id: Option<String>,
    /// Why it waits, or is parked.
    pub reason: Option<String>,
    /// When it was accepted.
    pub accepted_at: Micros,
    /// When it was delivered or parked.
    pub ended_at: Option<Micros>,
}

/// A fault of an item, in words that tell how to mend it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = DeliveryFault)]
pub struct Fault {
    /// JSON pointer to the value at fault, within `body`; empty for the body as a whole.
    pub path: String,
    /// What would be accepted there.
    pub expected: String,
    /// What was there, shortened.
    pub got: String,
}

/// Why an item is not accepted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// Its content breaks rules: all of them at once.
    #[error("the item has faults; mend them and send it again with the same key")]
    Invalid(Vec<Fault>),
    /// Nobody of this name is known.
    #[error(
        "there is no user {0:?}; import the user, or have them sign in at the landing page, first"
    )]
    UnknownUser(String),
    /// The user is known, but not connected with the platform.
    #[error("the user {0:?} is not connected; have them connect at the landing page first")]
    NotConnected(String),
    /// Another item has the key.
    #[error("the key {0:?} was used for an item with other content; use a key of its own")]
    KeyReused(String),
    /// The body or the image is too large.
    #[error("the {what} is larger than {max} bytes")]
    TooLarge {
        /// `body` or `image`.
        what: &'static str,
        /// What is taken, in bytes.
        max: usize,
    },
    /// The image is of a format that is not taken.
    #[error("the image is none of {0}")]
    ImageFormat(&'static str),
    /// There is no such item.
    #[error("there is no such item")]
    NoItem,
    /// Only parked items are replayed.
    #[error("the item is {}; only parked items are replayed", .0.as_str())]
    NotParked(State),
}

/// Why the outbox cannot be asked now.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] bursar_db::DbError),
    /// An image could not be kept or read.
    #[error(transparent)]
    Blobs(#[from] bursar_blobs::BlobError),
}

impl OutboxError {
    /// Whether there was no room: what was not kept will be once there is.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Db(error) => matches!(error, bursar_db::DbError::Full),
            Self::Blobs(error) => error.is_full(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_names() {
        let receipts = ReceiptType::ALL.into_iter().map(ItemType::Receipt);
        for item_type in receipts.chain([ItemType::QuickExpense]) {
            assert_eq!(ItemType::from_name(item_type.name()), Some(item_type));
            let receipt_type = item_type.receipt_type().map(ReceiptType::name);
            let row = ItemType::from_row(item_type.kind(), receipt_type);
            assert_eq!(row, Some(item_type));
        }
        assert_eq!(ItemType::from_name("receipt"), None);
        assert!(
            State::ALL
                .iter()
                .all(|state| State::parse(state.as_str()) == Some(*state))
        );
    }
}
