//! Why nothing was connected, in plain words.

use askama::Template;
use axum::http::StatusCode;
use bursar_pages::Frame;

use super::names;
use crate::Brand;

/// `GET /{app}/refused`.
#[derive(Template)]
#[template(path = "refused.html")]
pub struct RefusedPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The path that the app's pages are below.
    pub base: String,
    /// The two who would be connected.
    pub brand: Brand,
    /// Why.
    pub why: Refusal,
    /// Permissions that are missing, if that is why.
    pub scopes: Vec<String>,
    /// The request's correlation id, for whoever helps.
    pub correlation_id: String,
}

/// Why nothing was connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The address lacks what the platform sends along.
    Incomplete,
    /// The request is forged, used up or expired.
    Expired,
    /// It is another app's.
    OtherApp,
    /// The platform's user is connected with another account.
    Taken,
    /// The account is connected with another user of the platform.
    OtherUser,
    /// An earlier connection is being revoked right now.
    Ending,
    /// Another request is making the connection.
    UnderWay,
    /// The platform cannot be reached now; nothing is lost.
    Unreachable,
    /// The answer is not one to a question of this account.
    State,
    /// This account asked for no mail.
    NotAsked,
    /// The user said no.
    Declined,
    /// The user's company has turned the app off.
    TurnedOff,
    /// The user's account at the platform may not be used now.
    Disabled,
    /// Too many mails are under way.
    TooMany,
    /// Too many codes were asked for.
    TooManyCodes,
    /// Nobody makes an account here.
    Closed,
    /// The identity provider's answer is not one to a question of this browser.
    SignInState,
    /// The user did not sign in there.
    SignInDeclined,
    /// The identity provider cannot be reached now.
    SignInUnreachable,
    /// What it answered is no fault of the user's.
    SignInFault,
    /// It has not confirmed the user's address.
    Unverified,
    /// A company is connected by somebody else.
    Company,
    /// Permissions are missing.
    Scopes,
    /// What the platform answered is no fault of the user's.
    Fault,
}

impl Refusal {
    const ALL: [Self; 24] = [
        Self::Incomplete,
        Self::Expired,
        Self::OtherApp,
        Self::Taken,
        Self::OtherUser,
        Self::Ending,
        Self::UnderWay,
        Self::Unreachable,
        Self::State,
        Self::NotAsked,
        Self::Declined,
        Self::TurnedOff,
        Self::Disabled,
        Self::TooMany,
        Self::TooManyCodes,
        Self::Closed,
        Self::SignInState,
        Self::SignInDeclined,
        Self::SignInUnreachable,
        Self::SignInFault,
        Self::Unverified,
        Self::Company,
        Self::Scopes,
        Self::Fault,
    ];

    /// As addresses have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Expired => "expired",
            Self::OtherApp => "other-app",
            Self::Taken => "taken",
            Self::OtherUser => "other-user",
            Self::Ending => "ending",
            Self::UnderWay => "under-way",
            Self::Unreachable => "unreachable",
            Self::State => "state",
            Self::NotAsked => "not-asked",
            Self::Declined => "declined",
            Self::TurnedOff => "turned-off",
            Self::Disabled => "disabled",
            Self::TooMany => "too-many",
            Self::TooManyCodes => "too-many-codes",
            Self::Closed => "closed",
            Self::SignInState => "sign-in-state",
            Self::SignInDeclined => "sign-in-declined",
            Self::SignInUnreachable => "sign-in-unreachable",
            Self::SignInFault => "sign-in-fault",
            Self::Unverified => "unverified",
            Self::Company => "company",
            Self::Scopes => "scopes",
            Self::Fault => "fault",
        }
    }

    /// What an address says; a fault where it says nothing.
    pub fn parse(text: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|why| why.as_str() == text).unwrap_or(Self::Fault)
    }

    /// The status to answer with.
    pub fn status(self) -> StatusCode {
        match self {
            Self::UnderWay => StatusCode::ACCEPTED,
            Self::Unreachable | Self::SignInUnreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault | Self::SignInFault => StatusCode::BAD_GATEWAY,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// Each, for samples.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }
}

impl RefusedPage {
    fn heading(&self) -> String {
        let messages = &self.frame.messages;
        let names = names(&self.brand);
        match self.why {
            Refusal::Incomplete => messages.text("refused-incomplete"),
            Refusal::Expired => messages.text("refused-expired"),
            Refusal::OtherApp => messages.text("refused-other-app"),
            Refusal::Taken => messages.text_with("refused-taken", names),
            Refusal::OtherUser => messages.text_with("refused-other-user", names),
            Refusal::Ending => messages.text("refused-ending"),
            Refusal::UnderWay => messages.text("refused-under-way"),
            Refusal::Unreachable => messages.text_with("refused-unreachable", names),
            Refusal::State => messages.text("refused-state"),
            Refusal::NotAsked => messages.text("refused-not-asked"),
            Refusal::Declined => messages.text("refused-declined"),
            Refusal::TurnedOff => messages.text_with("refused-turned-off", names),
            Refusal::Disabled => messages.text_with("refused-disabled", names),
            Refusal::TooMany => messages.text("refused-too-many"),
            Refusal::TooManyCodes => messages.text("refused-too-many-codes"),
            Refusal::Closed => messages.text_with("refused-closed", names),
            Refusal::SignInState => messages.text("refused-sign-in-state"),
            Refusal::SignInDeclined => messages.text("refused-sign-in-declined"),
            Refusal::SignInUnreachable => messages.text_with("refused-sign-in-unreachable", names),
            Refusal::SignInFault => messages.text_with("refused-sign-in-fault", names),
            Refusal::Unverified => messages.text("refused-unverified"),
            Refusal::Company => messages.text_with("refused-company", names),
            Refusal::Scopes => messages.text("refused-scopes"),
            Refusal::Fault => messages.text_with("refused-fault", names),
        }
    }

    fn advice(&self) -> String {
        let messages = &self.frame.messages;
        let names = names(&self.brand);
        match self.why {
            Refusal::Incomplete => messages.text_with("refused-incomplete-advice", names),
            Refusal::Expired => messages.text_with("refused-expired-advice", names),
            Refusal::OtherApp => messages.text_with("refused-other-app-advice", names),
            Refusal::Taken => messages.text_with("refused-taken-advice", names),
            Refusal::OtherUser => messages.text_with("refused-other-user-advice", names),
            Refusal::Ending => messages.text_with("refused-ending-advice", names),
            Refusal::UnderWay => messages.text_with("refused-under-way-advice", names),
            Refusal::Unreachable => messages.text("refused-unreachable-advice"),
            Refusal::State => messages.text("refused-state-advice"),
            Refusal::NotAsked => messages.text("refused-not-asked-advice"),
            Refusal::Declined => messages.text_with("refused-declined-advice", names),
            Refusal::TurnedOff => messages.text_with("refused-turned-off-advice", names),
            Refusal::Disabled => messages.text_with("refused-disabled-advice", names),
            Refusal::TooMany => messages.text("refused-too-many-advice"),
            Refusal::TooManyCodes => messages.text("refused-too-many-codes-advice"),
            Refusal::Closed => messages.text_with("refused-closed-advice", names),
            Refusal::SignInState => messages.text("refused-sign-in-state-advice"),
            Refusal::SignInDeclined => messages.text("refused-sign-in-declined-advice"),
            Refusal::SignInUnreachable => messages.text("refused-sign-in-unreachable-advice"),
            Refusal::SignInFault => messages.text("refused-sign-in-fault-advice"),
            Refusal::Unverified => messages.text_with("refused-unverified-advice", names),
            Refusal::Company => messages.text_with("refused-company-advice", names),
            Refusal::Scopes => messages.text_with("refused-scopes-advice", names),
            Refusal::Fault => messages.text("refused-fault-advice"),
        }
    }

    fn again(&self) -> String {
        let messages = &self.frame.messages;
        match self.why {
            Refusal::Unreachable | Refusal::SignInUnreachable => messages.text("refused-try-again"),
            Refusal::UnderWay => messages.text("refused-see"),
            _ => messages.text("refused-back"),
        }
    }

    /// Where the button leads.
    fn path(&self) -> String {
        let page = match self.why {
            Refusal::UnderWay => "connected",
            _ => "connect",
        };
        format!("{}/{page}", self.base)
    }
}
