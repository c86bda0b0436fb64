//! Connect, from "I Agree" to the partner's landing page, and Disconnect.
//!
//! Sources: the e-receipts integration guide, "Connect from the App Center" (`id`,
//! `requestToken`); the funds management guide, "Activation / Connection" (also `userId`).

use bursar_db::{DbError, Isolation};
use bursar_directory::{Decision, api as directory};
use bursar_kernel::Uuid;
use bursar_oauth::api::{issue_request_token, revoke_connection};
use bursar_oauth::{ConnectionId, Principal, RequestToken, apps};
use serde_json::json;
use url::Url;

use crate::api;
use crate::fields::RESERVED;
use crate::model::{Block, Kind, Person, View};
use crate::state::AppCenter;

/// Why nobody is sent to the partner.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is no such listing for this person.
    #[error("there is no such listing")]
    NotFound,
    /// It is there, but cannot be connected.
    #[error("the app cannot be connected: {0:?}")]
    Blocked(Block),
    /// The landing page's address cannot be read.
    #[error("the landing page's address is damaged")]
    Address,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl AppCenter {
    /// The person has agreed: issues a request token to the app that the person sees, and answers
    /// the landing page's address with what the partner needs.
    ///
    /// Each call issues a token of its own, which works for 24 hours: two at once are two tokens,
    /// and connect one and the same principal.
    pub async fn connect(
        &self,
        person: &Person,
        listing_id: Uuid,
        code: Option<&str>,
    ) -> Result<String, ConnectError> {
        let today = self.today();
        let sought = (
            person.clone(),
            listing_id,
            code.map(ToOwned::to_owned),
            today,
        );
        let seen: Option<View> = self
            .db
            .read(sought.clone(), |tx, (person, id, code, today)| {
                Box::pin(api::view(tx, person, id, code.as_deref(), today))
            })
            .await?;
        let seen = open(seen)?;
        // Drawn before the operation, which looks again whether all is still as it was seen.
        let principal = principal(seen.listing.kind, person);
        let token = RequestToken::draw(&self.oauth, seen.app.id, principal);
        let stamp = self.stamp(person);
        let args = (sought, token, stamp, seen.app.id);
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (sought, token, stamp, app_id)| {
                    Box::pin(async move {
                        let (person, id, code, today) = sought;
                        let now = api::view(tx, person, id, code.as_deref(), today).await?;
                        let view = open(now.filter(|view| view.app.id == *app_id))?;
                        issue_request_token(tx, token).await?;
                        let decision = Decision {
                            company_id: &person.company_id,
                            action: "app.connect",
                            subject: &view.listing.texts.name,
                            details: json!({
                                "app": view.app.id,
                                "stage": view.stage.word(),
                                "for": view.listing.kind.word(),
                            }),
                        };
                        directory::append_audit(tx, stamp, &decision).await?;
                        landing(&view, person, token.text())
                    })
                },
            )
            .await
    }
}

impl AppCenter {
    /// Ends a connection of the person, or of the company: its tokens are refused everywhere
    /// within a second, and the app has to be connected anew. Answers whether there was one.
    ///
    /// Source: guide-to-enabling-app-center-solutions-basic.markdown, "Disabling an App".
    pub async fn disconnect(
        &self,
        person: &Person,
        kind: Kind,
        app_id: Uuid,
    ) -> Result<bool, DbError> {
        let connection = ConnectionId {
            principal: principal(kind, person),
            app_id,
        };
        let args = (connection, person.company_id, self.stamp(person));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (connection, company_id, stamp)| {
                    Box::pin(async move {
                        if !revoke_connection(tx, connection, stamp.at()).await? {
                            return Ok(false);
                        }
                        let app = apps::find(tx, &connection.app_id).await?;
                        let decision = Decision {
                            company_id,
                            action: "app.disconnect",
                            subject: app.as_ref().map_or("", |app| app.settings.name.as_str()),
                            details: json!({
                                "app": connection.app_id,
                                "for": connection.principal.id(),
                            }),
                        };
                        directory::append_audit(tx, stamp, &decision).await?;
                        Ok(true)
                    })
                },
            )
            .await
    }
}

fn open(view: Option<View>) -> Result<View, ConnectError> {
    let view = view.ok_or(ConnectError::NotFound)?;
    match view.block {
        Some(block) => Err(ConnectError::Blocked(block)),
        None => Ok(view),
    }
}

/// A user app acts for the user, an enterprise app for the company.
pub(crate) fn principal(kind: Kind, person: &Person) -> Principal {
    match kind {
        Kind::User => Principal::User {
            id: person.user_id,
            company_id: person.company_id,
        },
        Kind::Enterprise => Principal::Company {
            id: person.company_id,
        },
    }
}

fn landing(view: &View, person: &Person, token: &str) -> Result<String, ConnectError> {
    let mut url = Url::parse(&view.connect_url).map_err(|_| ConnectError::Address)?;
    let [id, request_token, user_id] = RESERVED;
    let principal = principal(view.listing.kind, person).id();
    let mut query = url.query_pairs_mut();
    query.append_pair(id, &principal.to_string());
    query.append_pair(request_token, token);
    if view.listing.kind == Kind::Enterprise {
        query.append_pair(user_id, &person.user_id.to_string());
    }
    drop(query);
    Ok(url.into())
}
