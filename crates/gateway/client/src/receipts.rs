//! Receipts v4. Source: receipts/endpoints.markdown, supported-receipt-types.markdown.

use bytes::Bytes;
use http::header::{LINK, LOCATION};
use http::{HeaderValue, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::call::{Call, Success};
use crate::exchange::text;
use crate::failure::{Failure, FailureKind};
use crate::media::{Image, json_part};
use crate::{AccessToken, Client, Done, Exchange, Result};

/// The documented types of receipts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReceiptType {
    /// Flights.
    Air,
    /// A rented car.
    CarRental,
    /// Anything.
    General,
    /// A ride on the ground.
    GroundTransport,
    /// A stay.
    Hotel,
    /// A Japanese IC card.
    JptIcCard,
    /// Trains.
    Rail,
}

impl ReceiptType {
    /// Every type.
    pub const ALL: [Self; 7] = [
        Self::Air,
        Self::CarRental,
        Self::General,
        Self::GroundTransport,
        Self::Hotel,
        Self::JptIcCard,
        Self::Rail,
    ];

    /// Its short name: `car-rental`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Air => "air",
            Self::CarRental => "car-rental",
            Self::General => "general",
            Self::GroundTransport => "ground-transport",
            Self::Hotel => "hotel",
            Self::JptIcCard => "jpt-ic-card",
            Self::Rail => "rail",
        }
    }

    /// The type of this short name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The id of its schema.
    pub fn schema(self) -> String {
        format!(
            "http://schema.concursolutions.com/{}-receipt.schema.json",
            self.name()
        )
    }
}

/// A receipt to post.
#[derive(Clone)]
pub struct NewReceipt {
    /// Its type.
    pub receipt_type: ReceiptType,
    /// The receipt, as JSON. It is sent to the letter.
    pub json: Bytes,
    /// Its picture; the platform makes one where there is none. At most 25 MB.
    pub image: Option<Image>,
}

/// A receipt that the platform has. Keep the id and the correlation id: support asks for them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostedReceipt {
    /// Its id, the last segment of the location.
    pub id: String,
    /// Its address.
    pub location: String,
    /// The address of its status.
    pub status_url: Option<String>,
    /// The platform's correlation id, or the one sent.
    pub correlation_id: String,
}

/// A receipt in a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedReceipt {
    /// Its id.
    pub id: String,
    /// When the platform received it: ISO 8601.
    pub date_time_received: String,
    /// The receipt, as JSON.
    pub receipt: Box<RawValue>,
    /// The id of its schema.
    pub validation_schema: String,
    /// Its address.
    #[serde(default, rename = "self")]
    pub location: Option<String>,
}

/// Some of a user's receipts, newest first.
#[derive(Clone, Debug, Deserialize)]
pub struct ReceiptPage {
    /// The receipts.
    pub receipts: Vec<ListedReceipt>,
    /// Where older ones are.
    pub next: Option<String>,
}

/// How far a receipt is.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    /// `ACCEPTED`, `PROCESSING`, `PROCESSED` or `FAILED`.
    pub status: String,
}

impl Client {
    /// Posts a receipt for a user.
    pub async fn post_receipt(
        &self,
        access: &AccessToken,
        user_id: &str,
        receipt: NewReceipt,
    ) -> Result<PostedReceipt> {
        let (url, mut exchanges) = self.endpoint(access, "receipt-post", user_id).await?;
        let link = format!("<{}>; rel=\"describedBy\"", receipt.receipt_type.schema());
        let link = HeaderValue::from_str(&link).expect("schema ids are constants");
        let call = self.call(Method::POST, url).bearer(&access.secret);
        let call = with_image(call.header(LINK, link), receipt);
        let success = self.after(&mut exchanges, call).await?;
        let Some(value) = posted(&success) else {
            return Err(Failure::undocumented("has no Location", exchanges));
        };
        Ok(Done { value, exchanges })
    }

    /// The newest receipts of a user, or those at the `next` of an earlier page.
    pub async fn receipts(
        &self,
        access: &AccessToken,
        user_id: &str,
        next: Option<&str>,
    ) -> Result<ReceiptPage> {
        let (url, exchanges) = match next {
            Some(next) => (self.linked(next)?, Vec::new()),
            None => self.endpoint(access, "receipts-get-user", user_id).await?,
        };
        self.read(access, url, exchanges).await
    }

    /// A receipt by its id.
    pub async fn receipt(&self, access: &AccessToken, id: &str) -> Result<ListedReceipt> {
        let (url, exchanges) = self.endpoint(access, "receipt-get", id).await?;
        self.read(access, url, exchanges).await
    }

    /// How far a receipt is, at the address that came with its post.
    pub async fn receipt_status(&self, access: &AccessToken, status_url: &str) -> Result<Status> {
        let url = self.linked(status_url)?;
        self.read(access, url, Vec::new()).await
    }

    /// An address that an answer gave, if a token may go there.
    fn linked(&self, address: &str) -> std::result::Result<String, Failure> {
        match self.trust().base_uri(address) {
            Ok(_) => Ok(address.to_owned()),
            Err(untrusted) => Err(Failure::new(untrusted.into(), Vec::new())),
        }
    }

    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        access: &AccessToken,
        url: String,
        mut exchanges: Vec<Exchange>,
    ) -> Result<T> {
        let call = self.call(Method::GET, url).bearer(&access.secret);
        let success = self.after(&mut exchanges, call).await?;
        match serde_json::from_slice(&success.body) {
            Ok(value) => Ok(Done { value, exchanges }),
            Err(error) => {
                let kind = FailureKind::Undocumented(format!("is not as documented: {error}"));
                Err(Failure::new(kind, exchanges))
            }
        }
    }

    /// Makes a call whose exchange follows others.
    pub(crate) async fn after(
        &self,
        exchanges: &mut Vec<Exchange>,
        call: Call,
    ) -> std::result::Result<Success, Failure> {
        match self.send(call).await {
            Ok(success) => {
                exchanges.push(success.exchange.clone());
                Ok(success)
            }
            Err(mut failure) => {
                exchanges.append(&mut failure.exchanges);
                failure.exchanges = std::mem::take(exchanges);
                Err(failure)
            }
        }
    }
}

fn with_image(call: Call, receipt: NewReceipt) -> Call {
    match receipt.image {
        None => call.json(receipt.json),
        Some(image) => call.multipart(json_part("receipt", receipt.json), image.part("image")),
    }
}

fn posted(success: &Success) -> Option<PostedReceipt> {
    let location = text(&success.headers, &LOCATION)?;
    let path = location.split(['?', '#']).next()?.trim_end_matches('/');
    let id = path.rsplit('/').next().filter(|id| !id.is_empty())?;
    Some(PostedReceipt {
        id: id.to_owned(),
        status_url: status_url(success),
        correlation_id: success.exchange.correlation_id().to_owned(),
        location: location.clone(),
    })
}

/// The `processing-status` of the `Link` header.
fn status_url(success: &Success) -> Option<String> {
    let link = text(&success.headers, &LINK)?;
    let status = link
        .split(',')
        .find(|part| part.contains("processing-status"))?;
    let url = status.trim().strip_prefix('<')?.split('>').next()?;
    Some(url.to_owned())
}
