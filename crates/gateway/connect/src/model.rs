//! Accounts and connections.

use bursar_kernel::{Micros, Uuid};

/// One of a merchant's users.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its id here.
    pub id: Uuid,
    /// The merchant's own name of the user.
    pub user_ref: String,
    /// The mail address, if known.
    pub email: Option<String>,
    /// The name for reading.
    pub name: String,
    /// The password's hash, for accounts that sign in here.
    pub password_hash: Option<String>,
}

/// An account to make.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its app.
    pub app_id: String,
    /// Its id.
    pub id: Uuid,
    /// The merchant's own name of the user.
    pub user_ref: String,
    /// The mail address, if known.
    pub email: Option<String>,
    /// The name for reading.
    pub name: String,
    /// The password's hash, for accounts that sign in here.
    pub password_hash: Option<String>,
    /// Now.
    pub at: Micros,
}

/// The `user_ref` of an account that is named by its mail address.
///
/// ASCII letters alone are made small: of others two could become one that are two to a mail
/// server, as the Kelvin sign becomes a `k`.
pub(crate) fn user_ref(address: &str) -> String {
    // Neither engine has texts with NUL, and one refuses to look for them.
    let address = address.trim().replace('\0', "\u{fffd}");
    address.to_ascii_lowercase()
}

/// Who is connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One of the merchant's users.
    User,
    /// A company.
    Company,
}

impl Kind {
    /// As rows keep it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Company => "company",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Company]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// How a connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionState {
    /// Its token works, as far as is known.
    Connected,
    /// The platform takes its token no more: revoked or expired there. Its user has to reconnect.
    Lost,
    /// To be revoked at the platform, then forgotten.
    Ending,
    /// Forgotten.
    Ended,
}

impl ConnectionState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Connected, Self::Lost, Self::Ending, Self::Ended];

    /// As rows keep it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Lost => "lost",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }

    /// The state of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A connection, without its token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Its app.
    pub app_id: String,
    /// Its id.
    pub id: Uuid,
    /// Whose it is; none for a company's.
    pub account_id: Option<Uuid>,
    /// Who that is on the platform.
    pub principal_id: String,
    /// Where its token works.
    pub geolocation: String,
    /// How it stands.
    pub state: ConnectionState,
    /// When its refresh token expires, if the platform said so.
    pub refresh_expires_at: Option<Micros>,
    /// When it was made.
    pub connected_at: Micros,
    /// When its token last came.
    pub refreshed_at: Micros,
    /// The last trouble with its token, until a refresh succeeds.
    pub trouble: Option<String>,
}

/// What connecting did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connected {
    /// The connection.
    pub id: Uuid,
    /// Whether it was there before: the new token replaced its own.
    pub again: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_name_however_it_is_written() {
        assert_eq!(user_ref(" Ana@Cafe.Example "), "ana@cafe.example");
        assert_eq!(user_ref("a\0@x"), "a\u{fffd}@x");
    }

    #[test]
    fn two_addresses_are_two_names() {
        for other in [
            "\u{212a}im@cafe.example",
            "\u{130}@x.test",
            "kim@CAF\u{c9}.test",
        ] {
            assert_eq!(user_ref(other), other.replace("CAF", "caf"));
        }
    }
}
