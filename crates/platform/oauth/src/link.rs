//! "Send a link to my email": a mailed link that signs a person in at the pages, once.
//!
//! Source: the e-receipts integration guide, "Handling the email option"; apidoc.markdown,
//! "Authorization grant", third way to sign in.

use std::time::Duration;

use bursar_db::{DbError, Tx};
use bursar_directory::{Member, UserState, api as directory};
use bursar_kernel::{CorrelationId, Micros, Uuid};
use bursar_secrets::Hash;

use crate::letter::{self, Letter, Purpose};
use crate::otp::handle_hash;
use crate::secret::Secret;
use crate::state::Oauth;
use crate::store::otp as store;

/// How long a link works. Choice.
const LIFE: Duration = Duration::from_mins(15);
/// How many may be open for one address. Choice: as for apps.
const OPEN_MAX: i64 = 5;

/// A link that is asked for. It works once it is sent.
#[derive(Debug)]
pub struct SignInLink {
    id: Uuid,
    hash: Hash,
    handle: Hash,
    email: String,
    next: String,
    correlation_id: CorrelationId,
    now: Micros,
}

impl SignInLink {
    /// Draws a link for whoever has the address, to go on at the path `next`.
    pub fn draw(oauth: &Oauth, email: &str, next: &str, correlation_id: &CorrelationId) -> Self {
        let id = oauth.rng().uuid();
        let server_key = oauth.server_key();
        Self {
            id,
            hash: letter::hash(server_key, Secret::Link, &id),
            handle: handle_hash(server_key, email),
            email: email.to_owned(),
            next: next.to_owned(),
            correlation_id: correlation_id.clone(),
            now: oauth.clock().now(),
        }
    }
}

/// Mails a drawn link, if it is somebody's primary address and not too many are open. Nobody is
/// told whether. `page` gives the address of the page that the link leads to, for a person's home.
pub async fn send_link(
    tx: &mut Tx,
    link: &SignInLink,
    page: impl Fn(&str) -> String,
) -> Result<(), DbError> {
    store::forget(tx, link.now).await?;
    if store::open_links(tx, &link.handle, link.now).await? >= OPEN_MAX {
        return Ok(());
    }
    let member = directory::user_by_email(tx, &link.email).await?;
    let person = member
        .as_ref()
        .map(|member| (member.company.id, member.user.id));
    let expires_at = link.now + LIFE;
    store::insert_link(tx, &link.hash, &link.handle, person, &link.next, expires_at).await?;
    let Some(member) = member else {
        return Ok(());
    };
    let letter = Letter {
        id: link.id,
        to: member.user.email,
        name: member.user.given_name,
        locale: member.user.locale,
        expires_at: expires_at.0,
        purpose: Purpose::SignIn {
            page: page(&member.company.home),
        },
    };
    letter::post(tx, &letter, &link.correlation_id, link.now).await
}

/// What a link's secret is stored as.
pub fn link_hash(oauth: &Oauth, secret: &str) -> Hash {
    oauth.server_key().hash(Secret::Link, secret)
}

/// Whom a link signs in, and the path to go on with; none when it is unknown, used or expired.
/// The link stays as it is: readers of mail open links by themselves.
pub async fn peek_link(
    tx: &mut Tx,
    hash: &Hash,
    now: Micros,
) -> Result<Option<(Member, String)>, DbError> {
    let Some((Some(principal), next)) = store::link(tx, hash, now).await? else {
        return Ok(None);
    };
    let member = directory::user(tx, &principal.id()).await?;
    let active = member.filter(|member| member.user.state == UserState::Active);
    Ok(active.map(|member| (member, next)))
}

/// The same, and uses the link up.
pub async fn use_link(
    tx: &mut Tx,
    hash: &Hash,
    now: Micros,
) -> Result<Option<(Member, String)>, DbError> {
    let found = peek_link(tx, hash, now).await?;
    if found.is_some() && store::use_link(tx, hash, now).await? {
        return Ok(found);
    }
    Ok(None)
}
