//! Apps, principals and scopes.

use std::time::Duration;

use bursar_kernel::{Micros, Uuid};
use serde::{Deserialize, Serialize};

/// A partner's application.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) grants: Vec<Grant>,
    /// The id of the data center that is its geolocation.
    pub(crate) home: String,
    pub(crate) enabled: bool,
    pub(crate) rotation: Rotation,
}

/// What a refresh gives back.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The same refresh token.
    #[default]
    Same,
    /// A new one each time.
    New,
}

impl Rotation {
    /// Every policy.
    pub const ALL: [Self; 2] = [Self::Same, Self::New];

    /// As rows, seeds and forms name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::New => "new",
        }
    }

    /// From what [`Self::name`] answers.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|rotation| rotation.name() == name)
    }
}

impl App {
    pub(crate) fn may(&self, grant: Grant) -> bool {
        self.grants.contains(&grant)
    }
}

/// The grants that are served.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// A user's password, or a request token of a user or a company.
    Password,
    /// A refresh token.
    RefreshToken,
    /// The app's own credentials.
    ClientCredentials,
    /// A code that a person's consent gave.
    AuthorizationCode,
    /// A token from a mail.
    Otp,
}

impl Grant {
    /// Every grant.
    pub const ALL: [Self; 5] = [
        Self::Password,
        Self::AuthorizationCode,
        Self::Otp,
        Self::RefreshToken,
        Self::ClientCredentials,
    ];

    /// As `grant_type` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::Otp => "otp",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.name() == name)
    }

    /// From names separated by spaces; none when one is unknown.
    pub(crate) fn from_names(names: &str) -> Option<Vec<Self>> {
        let names = names.split_ascii_whitespace();
        names.map(Self::from_name).collect()
    }

    /// Their names, separated by spaces.
    pub(crate) fn names(grants: &[Self]) -> String {
        let names: Vec<_> = grants.iter().map(|grant| grant.name()).collect();
        names.join(" ")
    }
}

/// What kind of principal a token stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A user.
    User,
    /// A company as a whole.
    Company,
    /// The application itself.
    App,
}

/// For whom an app acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Principal {
    /// A user of a company.
    User {
        /// The user.
        id: Uuid,
        /// The user's company.
        company_id: Uuid,
    },
    /// A company as a whole.
    Company {
        /// The company.
        id: Uuid,
    },
}

impl Principal {
    /// The id of the user or the company: the `sub` of its tokens.
    pub fn id(&self) -> Uuid {
        match *self {
            Self::User { id, .. } | Self::Company { id } => id,
        }
    }

    /// The user, if it is one.
    pub fn user_id(&self) -> Option<Uuid> {
        match *self {
            Self::User { id, .. } => Some(id),
            Self::Company { .. } => None,
        }
    }

    /// The company, of the user too.
    pub fn company_id(&self) -> Uuid {
        match *self {
            Self::User { company_id, .. } => company_id,
            Self::Company { id } => id,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::User { .. } => Kind::User,
            Self::Company { .. } => Kind::Company,
        }
    }

    /// Company and user, as rows keep it.
    pub(crate) fn ids(&self) -> (Uuid, Option<Uuid>) {
        (self.company_id(), self.user_id())
    }

    pub(crate) fn from_ids(company_id: Uuid, user_id: Option<Uuid>) -> Self {
        match user_id {
            Some(id) => Self::User { id, company_id },
            None => Self::Company { id: company_id },
        }
    }

    /// From the company and the principal's own id, as connections keep it.
    pub(crate) fn from_keys(company_id: Uuid, id: Uuid) -> Self {
        Self::from_ids(company_id, Some(id).filter(|id| *id != company_id))
    }
}

/// What connects an app with a principal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnectionId {
    /// For whom the app acts.
    pub principal: Principal,
    /// The app.
    pub app_id: Uuid,
}

impl ConnectionId {
    /// Company, principal and app, as rows keep it.
    pub(crate) fn keys(&self) -> (Uuid, Uuid, Uuid) {
        (
            self.principal.company_id(),
            self.principal.id(),
            self.app_id,
        )
    }
}

/// That an app acts, or acted, for somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// The app.
    pub app_id: Uuid,
    /// The app's name, as people know it.
    pub app_name: String,
    /// When it got its first tokens since the last revocation.
    pub connected_at: Micros,
    /// When it last got tokens, to the hour.
    pub last_used_at: Micros,
    /// Whether it can act now.
    pub link: Link,
}

/// Whether a connected app can act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// It has tokens that work.
    Connected,
    /// Its last refresh token has expired: the principal has to connect anew.
    DeLinked,
    /// Its tokens were revoked.
    Revoked,
}

/// How long access and id tokens work.
///
/// Source: api-reference/authentication/apidoc.markdown, "Token Lifetime".
pub(crate) const ACCESS_LIFE: Duration = Duration::from_hours(1);

impl Link {
    /// Source: the e-receipts recipe, "Refreshing Tokens": with the refresh token the link ends.
    /// Inferred: an app that may not refresh is linked as long as its access token works.
    pub(crate) fn of(
        revoked_at: Option<Micros>,
        refresh_expires_at: Option<Micros>,
        last_used_at: Micros,
        now: Micros,
    ) -> Self {
        let access = refresh_expires_at.is_none() && now < last_used_at + ACCESS_LIFE;
        if revoked_at.is_some() {
            Self::Revoked
        } else if access || refresh_expires_at.is_some_and(|expires| now < expires) {
            Self::Connected
        } else {
            Self::DeLinked
        }
    }
}

/// For whom a token's app acts, and in which generation of their connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Acting {
    pub(crate) principal: Principal,
    pub(crate) generation: i64,
}

/// Scope names, each once, in order.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads names separated by spaces (RFC 6749 section 3.3).
    pub fn parse(text: &str) -> Self {
        let mut names = Vec::<String>::new();
        for name in text.split_ascii_whitespace() {
            if names.iter().all(|known| known != name) {
                names.push(name.to_owned());
            }
        }
        Self(names)
    }

    /// The names, separated by spaces.
    pub fn text(&self) -> String {
        self.0.join(" ")
    }

    /// The names, one by one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether `name` is among them.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }

    /// Those that are among `other` too.
    pub(crate) fn within(&self, other: &Self) -> Self {
        let both = self.0.iter().filter(|name| other.has(name));
        Self(both.cloned().collect())
    }

    /// What is requested, or all when nothing is; none when more is requested than there is.
    pub(crate) fn narrowed(self, requested: Option<&str>) -> Option<Self> {
        let requested = requested.map(Self::parse);
        // Of blanks alone: nothing is asked for.
        let Some(requested) = requested.filter(|requested| !requested.0.is_empty()) else {
            return Some(self);
        };
        let wider = requested.0.iter().any(|name| !self.has(name));
        (!wider).then_some(requested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_narrow_and_never_widen() {
        let granted = Scopes::parse("openid  receipts.read openid receipts.write");
        assert_eq!(granted.text(), "openid receipts.read receipts.write");
        let narrowed = |text| granted.clone().narrowed(text).map(|scopes| scopes.text());
        for nothing in [None, Some(""), Some(" "), Some(" \t ")] {
            assert_eq!(narrowed(nothing), Some(granted.text()));
        }
        assert_eq!(
            narrowed(Some("receipts.read")),
            Some("receipts.read".into())
        );
        assert_eq!(narrowed(Some("receipts.read RECEIPTS.WRITE")), None);
        assert_eq!(narrowed(Some("receipts")), None);
        let left = granted.within(&Scopes::parse("receipts.write user_read"));
        assert_eq!(left.text(), "receipts.write");
    }
}
