//! `POST /oauth2/v0/otp`: mails a one-time password.
//!
//! Source: api-reference/authentication/apidoc.markdown, "One Time Password grant"; the e-receipts
//! integration guide, "Connect from the Partner App Using Email".

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use axum::{Extension, Json};
use bursar_db::{DbError, Isolation, Tx};
use bursar_directory::{EmailKey, Member, api as directory};
use bursar_kernel::{CorrelationId, Micros, Uuid};
use bursar_secrets::{Hash, ServerKey};
use bursar_web::{BodyError, DataCenter, Form, RawBody, WireError as _};
use http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

use crate::apps;
use crate::client::client;
use crate::letter::{self, Letter, Purpose};
use crate::model::{App, Grant};
use crate::presumed_home::Presumption;
use crate::secret::Secret;
use crate::state::Oauth;
use crate::store::otp as store;
use crate::token::{BODY_MAX, TokenRequest};
use crate::wire::{Code, ErrorBody, Fault, NOT_STORED, TokenError};

/// How long a one-time password works. Choice.
pub(crate) const LIFE: Duration = Duration::from_mins(15);
/// How many may be open for one address. Source: code 82; the number is our choice.
const OPEN_MAX: i64 = 5;
/// Wrong attempts that end all passwords of an address. Choice.
pub(crate) const ATTEMPTS_MAX: i64 = 5;
/// How many characters `name` and `company` may have: they stand in a mail. Choice.
const WORDS_MAX: usize = 100;
/// The parameters that the token service itself reads; all others are bound to the password.
///
/// Source: apidoc.markdown, "reserved words", `/token`.
const RESERVED: [&str; 7] = [
    "client_id",
    "client_secret",
    "channel_type",
    "channel_handle",
    "scope",
    "grant_type",
    "otp",
];
/// Reserved words that are no parameters of this endpoint: an app cannot bind them.
const RESERVED_LATER: [&str; 3] = ["scope", "grant_type", "otp"];

/// The parameters of a request for a one-time password. Others may be added, of the app's own: all
/// of them have to come back unchanged with grant `otp`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read by names")]
pub(crate) struct OtpRequest {
    /// The app's id.
    client_id: String,
    /// The app's secret.
    client_secret: String,
    /// Always `email`.
    channel_type: String,
    /// The user's primary address.
    channel_handle: String,
    /// How the mail addresses the user.
    name: Option<String>,
    /// Who the mail says is asking.
    company: Option<String>,
    /// Where the mail's button leads.
    link: Option<String>,
}

/// The answer, whether somebody has the address or not.
#[derive(Serialize, ToSchema)]
pub(crate) struct OtpAnswer {
    /// Always `otp sent`.
    #[schema(example = "otp sent")]
    message: &'static str,
}

/// Mails a one-time password.
#[utoipa::path(
    post,
    path = "/oauth2/v0/otp",
    request_body(content = OtpRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Mailed, if it is somebody's address", body = OtpAnswer),
        (status = 400, description = "Refused, with a documented code", body = ErrorBody),
        (status = 413, description = "The body is larger than 16 KiB", body = ErrorBody),
        (status = 500, description = "Our fault", body = ErrorBody),
        (status = 503, description = "Busy", body = ErrorBody),
    )
)]
pub(crate) async fn otp(
    State(oauth): State<Oauth>,
    Extension(here): Extension<Arc<DataCenter>>,
    Extension(correlation_id): Extension<CorrelationId>,
    RawQuery(query): RawQuery,
    body: Result<RawBody<BODY_MAX>, BodyError>,
) -> Response {
    match send(&oauth, &here, &correlation_id, query.as_deref(), body).await {
        // Source: apidoc.markdown; the guide's `opt sent` is a misprint.
        Ok(()) => {
            let answer = OtpAnswer {
                message: "otp sent",
            };
            (AppendHeaders(NOT_STORED), Json(answer)).into_response()
        }
        Err(fault) => TokenError {
            fault,
            correlation_id,
        }
        .answer(),
    }
}

async fn send(
    oauth: &Oauth,
    here: &DataCenter,
    correlation_id: &CorrelationId,
    query: Option<&str>,
    body: Result<RawBody<BODY_MAX>, BodyError>,
) -> Result<(), Fault> {
    // As at `/token`: others log addresses.
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(Code::UnsupportedFormat.into());
    }
    let request = TokenRequest::read(&body?)?;
    let form = &request.form;
    let app = client(oauth, &request).await.map_err(in_own_words)?;
    if !app.may(Grant::Otp) {
        return Err(Code::WrongGrant.into());
    }
    let handle = channel(form, Code::NoChannelTypeHere, Code::NoChannelHandleHere)?;
    let wanted = Wanted::read(oauth, here, app, handle, form, correlation_id)?;
    let opening = oauth
        .db()
        .write(Isolation::Serializable, wanted, |tx, wanted| {
            Box::pin(wanted.open(tx))
        });
    match opening.await.map_err(Fault::Db)? {
        Opened::Sent => Ok(()),
        Opened::TooMany => Err(Code::TooManyOtps.into()),
        Opened::Elsewhere(home) => {
            let home = crate::grants::data_center(oauth, &home)?;
            Err(Code::LivesElsewhere.at(home.base_uri()))
        }
    }
}

/// This endpoint's table describes some codes in words of its own.
fn in_own_words(fault: Fault) -> Fault {
    match fault {
        Fault::Refused {
            code: Code::ClientNotFound,
            ..
        } => Code::ClientNotFoundHere.into(),
        other => other,
    }
}

/// The address in `channel_handle`, once `channel_type` is right; both endpoints name what is
/// missing in words of their own.
pub(crate) fn channel(form: &Form, no_type: Code, no_handle: Code) -> Result<&str, Code> {
    let kind = form.get("channel_type").ok_or(no_type)?;
    if kind != "email" {
        return Err(Code::BadChannelType);
    }
    let handle = form.get("channel_handle").ok_or(no_handle)?;
    if bursar_mail::is_address(handle) {
        Ok(handle)
    } else {
        Err(Code::BadChannelHandle)
    }
}

/// The hash of an address, whose case does not matter: who finds the same person has the same hash.
pub(crate) fn handle_hash(server_key: &ServerKey, address: &str) -> Hash {
    server_key.hash(Secret::Address, EmailKey::of(address).as_str())
}

/// The hash of the parameters that a password is bound to.
pub(crate) fn facts(server_key: &ServerKey, form: &Form) -> Hash {
    let bound = form.pairs().filter(|(name, _)| !RESERVED.contains(name));
    server_key.hash(Secret::Facts, bursar_web::encode_form(bound))
}

/// A one-time password to be opened.
struct Wanted {
    id: Uuid,
    hash: Hash,
    handle: Hash,
    address: String,
    presumption: Presumption,
    app: App,
    facts: Hash,
    name: Option<String>,
    company: Option<String>,
    link: Option<String>,
    here: String,
    correlation_id: CorrelationId,
    now: Micros,
}

enum Opened {
    Sent,
    TooMany,
    Elsewhere(String),
}

impl Wanted {
    fn read(
        oauth: &Oauth,
        here: &DataCenter,
        app: App,
        address: &str,
        form: &Form,
        correlation_id: &CorrelationId,
    ) -> Result<Self, Code> {
        let unusable = |text: &str| text.contains(char::is_control);
        let reserved = form.names().any(|name| RESERVED_LATER.contains(&name));
        if reserved || form.pairs().any(|(_, value)| unusable(value)) {
            return Err(Code::UnsupportedFormat);
        }
        let words = ["name", "company"].map(|name| form.get(name).unwrap_or_default());
        if words.iter().any(|words| words.chars().count() > WORDS_MAX) {
            return Err(Code::UnsupportedFormat);
        }
        let link = form.get("link");
        if link.is_some_and(|link| !is_web_address(link)) {
            return Err(Code::UnsupportedFormat);
        }
        let (id, server_key) = (oauth.rng().uuid(), oauth.server_key());
        let text = |name| form.get(name).map(ToOwned::to_owned);
        Ok(Self {
            id,
            hash: letter::hash(server_key, Secret::OneTimePassword, &id),
            handle: handle_hash(server_key, address),
            address: address.to_owned(),
            presumption: Presumption::of(server_key, oauth.data_centers(), address),
            app,
            facts: facts(server_key, form),
            name: text("name"),
            company: text("company"),
            link: text("link"),
            here: here.id().to_owned(),
            correlation_id: correlation_id.clone(),
            now: oauth.clock().now(),
        })
    }

    /// Choice: an address that is nobody's has its home, its row and its limit like any other, so
    /// that nobody learns whose addresses are known. Who lives elsewhere is documented to be told.
    async fn open(&self, tx: &mut Tx) -> Result<Opened, DbError> {
        let member = directory::user_by_email(tx, &self.address).await?;
        // Presumed of known addresses too, so that it takes no other time.
        let presumed = self.presumption.home(tx).await?;
        let home = member.as_ref().map(|member| member.company.home.clone());
        if let Some(home) = home.or(presumed).filter(|home| *home != self.here) {
            return Ok(Opened::Elsewhere(home));
        }
        let member = self.unless_turned_off(tx, member).await?;
        store::forget(tx, self.now).await?;
        if store::open_otps(tx, &self.handle, self.now).await? >= OPEN_MAX {
            return Ok(Opened::TooMany);
        }
        let person = member
            .as_ref()
            .map(|member| (member.company.id, member.user.id));
        let expires_at = self.now + LIFE;
        let whose = (&self.handle, &self.app.id);
        store::insert_otp(tx, &self.hash, whose, person, &self.facts, expires_at).await?;
        if let Some(member) = member {
            letter::post(tx, &self.letter(member), &self.correlation_id, self.now).await?;
        }
        Ok(Opened::Sent)
    }

    /// A company that has turned the app off gets no letters from it, and the app does not learn
    /// whose company has.
    async fn unless_turned_off(
        &self,
        tx: &mut Tx,
        member: Option<Member>,
    ) -> Result<Option<Member>, DbError> {
        let Some(member) = member else {
            return Ok(None);
        };
        let enabled = apps::is_enabled_for(tx, &member.company.id, &self.app.id).await?;
        Ok(enabled.then_some(member))
    }

    fn letter(&self, member: Member) -> Letter {
        Letter {
            id: self.id,
            // As the directory has it, not as the app wrote it.
            to: member.user.email,
            name: self.name.clone().unwrap_or(member.user.given_name),
            locale: member.user.locale,
            expires_at: (self.now + LIFE).0,
            purpose: Purpose::OneTimePassword {
                app_name: self.app.name.clone(),
                company: self.company.clone(),
                link: self.link.clone(),
            },
        }
    }
}

/// Choice: what the mail's button may lead to.
fn is_web_address(link: &str) -> bool {
    let uri = link.parse::<Uri>().ok();
    uri.is_some_and(|uri| {
        let web = matches!(uri.scheme_str(), Some("https" | "http"));
        web && uri
            .authority()
            .is_some_and(|authority| !authority.as_str().contains('@'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_all_but_the_reserved_words() {
        let key = ServerKey::from_hex(&"01".repeat(32)).unwrap();
        let of = |text: &str| facts(&key, &Form::parse(text.as_bytes()).unwrap());
        let first = of("client_id=1&channel_type=email&name=W&link=https://a.example&x=1");
        assert_eq!(
            first,
            of("x=1&name=W&link=https%3A%2F%2Fa.example&otp=2&grant_type=otp")
        );
        assert_ne!(first, of("x=2&name=W&link=https://a.example"));
        assert_ne!(first, of("name=W&link=https://a.example"));
        assert_ne!(of("a=1&b=2"), of("a=1%26b=2"));
        assert_eq!(of("a="), of(""), "one without a value counts as absent");
    }

    #[test]
    fn a_button_leads_to_the_web_only() {
        for link in ["https://a.example/b?c=d#e", "http://127.0.0.1:8080/"] {
            assert!(is_web_address(link), "{link}");
        }
        for link in [
            "",
            "a.example",
            "javascript:alert(1)",
            "https://u@a.example/",
            "//a",
            "/a",
        ] {
            assert!(!is_web_address(link), "{link}");
        }
    }
}
