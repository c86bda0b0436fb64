//! A typed client for the partner APIs of a spend platform: the token service, Receipts v4 and
//! Quick Expense v4, as SAP Concur documents them and Bursar serves them.
//!
//! It knows where to call. A token is obtained at the app's own base URI, and where the answer is
//! code 16 ("user lives elsewhere"), at the address that it names; everything after that goes to
//! the token's own geolocation. Source: the e-receipts and quick expense guide, "Base URI". Since a
//! platform's answer decides where secrets go next, an address is followed only if it is
//! [trusted](Trust).
//!
//! Every call gives its [`Exchange`]s, success or not: what was sent and what came back, without
//! secrets, as certification wants them logged. A [`Failure`] says whether the platform can have
//! acted. Nothing here is retried: only the caller knows what may happen twice.
//!
//! ```no_run
//! use bursar_gateway_client::{App, Client, Http, Limits, NewReceipt, ReceiptType};
//! use bursar_kernel::{Clock, Rng};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App {
//!     client_id: "5d1f0c3e-…".into(),
//!     client_secret: "…".into(),
//!     base_uri: "https://us.api.concursolutions.com".into(),
//!     trusted_domains: Vec::new(),
//! };
//! let http = Http::new(Limits::default());
//! let client = Client::new(http, Clock::system(), Rng::system(), app)?;
//!
//! // What the App Center's redirect brought.
//! let granted = client.request_token("8568a4cd-…", &"5185ae5a-…".into()).await?.value;
//! let user_id = granted.user_id.ok_or("no id_token")?;
//! let receipt = NewReceipt {
//!     receipt_type: ReceiptType::General,
//!     json: r#"{"dateTime":"2026-11-21T09:30:00+01:00", …}"#.into(),
//!     image: None,
//! };
//! let posted = client.post_receipt(&granted.access, &user_id, receipt).await?.value;
//! println!("{} {}", posted.id, posted.correlation_id);
//! # Ok(())
//! # }
//! ```

mod call;
mod exchange;
mod failure;
mod grants;
mod index;
mod legacy;
mod media;
mod quick_expense;
mod receipts;
mod redact;
#[cfg(test)]
mod tests;
mod token;
mod trust;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bursar_kernel::{Clock, Rng};
use secrecy::SecretString;

pub use bursar_outbound::{CertificateError, Client as Http, Limits};
pub use exchange::{Answer, Done, Exchange};
pub use failure::{Failure, FailureKind, Refusal};
pub use grants::CodeGrant;
pub use legacy::Exchanged;
pub use media::{Image, ImageType};
pub use quick_expense::{NewQuickExpense, PostedQuickExpense};
pub use receipts::{ListedReceipt, NewReceipt, PostedReceipt, ReceiptPage, ReceiptType, Status};
pub use token::{AccessToken, Granted};
pub use trust::{BaseUri, Trust, UntrustedError};

/// What a call returns.
pub type Result<T> = std::result::Result<Done<T>, Failure>;

/// A partner's app at a platform.
#[derive(Clone)]
pub struct App {
    /// Its client id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// The base URI of the app's geolocation, where tokens are asked for first.
    pub base_uri: String,
    /// Domains below which the platform's other data centers are; see [`Trust`].
    pub trusted_domains: Vec<String>,
}

/// The client of one app. Clones share its connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: Http,
    clock: Clock,
    rng: Rng,
    client_id: String,
    client_secret: SecretString,
    home: BaseUri,
    trust: Trust,
    indexes: Mutex<HashMap<BaseUri, index::Kept>>,
}

impl Client {
    /// A client of `app`. Refuses a base URI that is no `https` address, or plain `http` on this
    /// machine.
    pub fn new(
        http: Http,
        clock: Clock,
        rng: Rng,
        app: App,
    ) -> std::result::Result<Self, UntrustedError> {
        let trust = Trust::new(&app.base_uri, &app.trusted_domains)?;
        Ok(Self(Arc::new(Inner {
            http,
            clock,
            rng,
            client_id: app.client_id,
            client_secret: app.client_secret,
            home: trust.home().clone(),
            trust,
            indexes: Mutex::default(),
        })))
    }

    /// The app's client id.
    pub fn client_id(&self) -> &str {
        &self.0.client_id
    }

    /// The base URI of the app's geolocation.
    pub fn home(&self) -> &BaseUri {
        &self.0.home
    }

    /// Which addresses this client calls.
    pub fn trust(&self) -> &Trust {
        &self.0.trust
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({} at {})", self.0.client_id, self.0.home)
    }
}
