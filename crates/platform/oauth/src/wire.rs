//! Answers of the token service, exactly as documented.
//!
//! Sources: the e-receipts integration guide (order and types of the fields, code 16), and
//! api-reference/authentication/apidoc.markdown and company-auth.markdown ("Response Codes").

use bursar_db::DbError;
use bursar_directory::PasswordError;
use bursar_kernel::CorrelationId;
use bursar_web::{BodyError, Kind, WireBody, WireError};
use http::header::{CACHE_CONTROL, PRAGMA};
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

use crate::keys::KeyError;

/// A token answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// Seconds that the access token works, as text.
    #[schema(example = "3600")]
    pub(crate) expires_in: String,
    /// The access token's scopes, separated by spaces.
    pub(crate) scope: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub(crate) token_type: &'static str,
    /// The access token, a JWT.
    pub(crate) access_token: String,
    /// What refreshes it; none for the app itself and for apps that may not refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
    /// When the refresh token expires: seconds since 1970, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_expires_in: Option<String>,
    /// Who the token is for, a JWT; none for the app itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_token: Option<String>,
    /// The base URI where the token works.
    pub(crate) geolocation: String,
}

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenAnswer")
    }
}

/// A public key (RFC 7517).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Jwk {
    /// The kind of key.
    #[schema(example = "RSA")]
    pub(crate) kty: &'static str,
    /// What it is for.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    pub(crate) usage: &'static str,
    /// The algorithm.
    #[schema(example = "RS256")]
    pub(crate) alg: &'static str,
    /// Its id, as in the header of tokens.
    pub(crate) kid: String,
    /// The modulus.
    pub(crate) n: String,
    /// The exponent.
    #[schema(example = "AQAB")]
    pub(crate) e: String,
}

/// Public keys (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(crate) struct Jwks {
    /// The keys.
    pub(crate) keys: Vec<Jwk>,
}

impl Jwks {
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).expect("keys are plain JSON")
    }
}

/// The documented refusals that a request can reach; `docs/api/oauth.md` has the whole table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    IncorrectCredentials,
    AccountDisabled,
    AccountLocked,
    LivesElsewhere,
    SsoOnly,
    NoUsername,
    NoPassword,
    CompanyNotEnabled,
    ScopeExceeded,
    ClientDisabled,
    WrongGrant,
    ClientNotFound,
    NoClientId,
    NoClientSecret,
    WrongClientSecret,
    NoGrantType,
    NotYourGrant,
    NoRefreshToken,
    RefreshDisallowed,
    BadRefreshToken,
    BadCredtype,
    PrincipalDisabled,
    UnsupportedFormat,
    NotYourAuthtoken,
    NoOtp,
    NoChannelType,
    NoChannelHandle,
    BadChannelType,
    BadChannelHandle,
    OtpNotFound,
    FactsFailed,
    OtpFailed,
    MissingAuthorization,
    NoRedirectUri,
    BadAuthorization,
    WrongRedirectUri,
    BadDisplay,
    BadPrompt,
    PromptWithoutConsent,
    /// The table of `/otp` has words of its own for these, and one code that no other has.
    NoChannelTypeHere,
    NoChannelHandleHere,
    ClientNotFoundHere,
    TooManyOtps,
    PasswordExpired,
}

const REQUEST: &str = "invalid_request";
const GRANT: &str = "invalid_grant";
const CLIENT: &str = "invalid_client";

impl Code {
    /// Number, error and description as the tables write them.
    pub(crate) const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::IncorrectCredentials => (5, GRANT, "Incorrect credentials. Please Retry"),
            Self::AccountDisabled => (10, GRANT, "Account is disabled. Please contact support"),
            Self::AccountLocked => (14, GRANT, "Account Locked. Please contact support"),
            Self::LivesElsewhere => (16, REQUEST, "user lives elsewhere"),
            Self::SsoOnly => (
                21,
                REQUEST,
                "Incorrect credentials. SSO-only client attempted a password login.",
            ),
            Self::NoUsername => (51, REQUEST, "username was not supplied"),
            Self::NoPassword => (52, REQUEST, "password was not supplied"),
            Self::CompanyNotEnabled => (53, CLIENT, "company is not enabled for this client"),
            Self::ScopeExceeded => (54, "invalid_scope", "requested scope exceeds granted scope"),
            Self::ClientDisabled => (59, "access_denied", "client disabled"),
            Self::WrongGrant => (60, GRANT, "these are not the grants you are looking for"),
            Self::ClientNotFound => (61, CLIENT, "client not found"),
            Self::NoClientId => (62, REQUEST, "client_id was not supplied"),
            Self::NoClientSecret => (63, REQUEST, "client_secret was not supplied"),
            Self::WrongClientSecret => (64, CLIENT, "Incorrect credentials. Please Retry"),
            Self::NoGrantType => (65, REQUEST, "grant_type was not supplied"),
            Self::NotYourGrant => (105, GRANT, "this grant was not issued to you!"),
            Self::NoRefreshToken => (106, REQUEST, "refresh_token was not supplied"),
            Self::RefreshDisallowed => (107, REQUEST, "refresh disallowed for app"),
            Self::BadRefreshToken => (108, GRANT, "bad or expired refresh token"),
            Self::BadCredtype => (120, REQUEST, "credtype is invalid"),
            Self::PrincipalDisabled => (123, REQUEST, "principal is disabled"),
            Self::UnsupportedFormat => (135, REQUEST, "unsupported request format"),
            Self::NotYourAuthtoken => (136, REQUEST, "Authtoken was not issued for you"),
            Self::NoOtp => (56, REQUEST, "otp was not supplied"),
            Self::NoChannelType => (57, REQUEST, "channel_type missing"),
            Self::NoChannelHandle => (58, REQUEST, "channel_handle missing"),
            Self::BadChannelType => (80, REQUEST, "invalid channel type"),
            Self::BadChannelHandle => (81, REQUEST, "bad channel handle"),
            Self::OtpNotFound => (83, REQUEST, "otp not found"),
            Self::FactsFailed => (84, REQUEST, "fact verification failed"),
            Self::OtpFailed => (85, REQUEST, "otp verification failed"),
            Self::MissingAuthorization => (101, REQUEST, "code was not supplied"),
            Self::NoRedirectUri => (102, REQUEST, "redirect_uri was not supplied"),
            Self::BadAuthorization => (103, REQUEST, "code is bad or expired"),
            Self::WrongRedirectUri => {
                (104, GRANT, "redirect_uri does not match the previous grant")
            }
            Self::BadDisplay => (118, REQUEST, "display is invalid"),
            Self::BadPrompt => (119, REQUEST, "prompt is invalid"),
            Self::PromptWithoutConsent => (
                119,
                REQUEST,
                "prompt must be set to consent for offline_access",
            ),
            Self::NoChannelTypeHere => (57, REQUEST, "channel_type was not supplied"),
            Self::NoChannelHandleHere => (58, REQUEST, "channel_handle was not supplied"),
            Self::ClientNotFoundHere => (61, CLIENT, "client_id is not known to us"),
            Self::TooManyOtps => (
                82,
                REQUEST,
                "the number of open otp requests has been exceeded",
            ),
            Self::PasswordExpired => (
                139,
                REQUEST,
                "Logon Denied. Password must be changed to meet company policy.",
            ),
        }
    }
}

/// An error answer. The integration guide shows the order, and the correlation id in the body.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody<'a> {
    /// The error's name.
    #[schema(example = "invalid_request")]
    error: &'a str,
    /// The same as in the header.
    #[serde(rename = "concur-correlationid")]
    correlation_id: &'a str,
    /// A sentence.
    #[schema(example = "user lives elsewhere")]
    error_description: &'a str,
    /// The number in the documented table; none for our own faults.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 16)]
    code: Option<u16>,
    /// Where to ask instead, or where the principal lives, when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    geolocation: Option<&'a str>,
}

impl<'a> ErrorBody<'a> {
    /// Without a number and a place.
    pub(crate) fn plain(error: &'a str, correlation_id: &'a str, description: &'a str) -> Self {
        Self {
            error,
            correlation_id,
            error_description: description,
            code: None,
            geolocation: None,
        }
    }
}

/// Why no token is issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("refused with {code:?}")]
    Refused {
        code: Code,
        /// A base URI.
        geolocation: Option<String>,
    },
    #[error("the body was not taken")]
    Body(#[from] BodyError),
    #[error("no token was issued")]
    Db(#[from] DbError),
    #[error("no token was issued")]
    Password(#[from] PasswordError),
    #[error("no token was issued")]
    Key(#[from] KeyError),
    #[error("the data center {0:?} is not configured, or has no signing key")]
    NoDataCenter(String),
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self::Refused {
            code,
            geolocation: None,
        }
    }
}

impl Code {
    /// A refusal that says where the principal lives.
    pub(crate) fn at(self, base_uri: &str) -> Fault {
        Fault::Refused {
            code: self,
            geolocation: Some(base_uri.to_owned()),
        }
    }
}

/// A fault on its way to the caller.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub(crate) struct TokenError {
    pub(crate) fault: Fault,
    pub(crate) correlation_id: CorrelationId,
}

impl WireError for TokenError {
    /// Inferred: 400 for every code. The page lists 401, 403 and 404 but gives them to no code,
    /// and each printed example that has a status has this one.
    fn kind(&self) -> Kind {
        match &self.fault {
            Fault::Body(BodyError::TooLarge { .. }) => Kind::TooLarge,
            Fault::Body(BodyError::TooSlow) => Kind::TooSlow,
            Fault::Refused { .. } | Fault::Body(_) => Kind::Invalid,
            Fault::Db(
                DbError::Contended { .. }
                | DbError::Pool(_)
                | DbError::Full
                | DbError::Closed
                | DbError::Unknown,
            ) => Kind::Busy,
            Fault::Db(_) | Fault::Password(_) | Fault::Key(_) | Fault::NoDataCenter(_) => {
                Kind::Internal
            }
        }
    }

    fn body(&self) -> WireBody {
        let (code, error, description) = match (&self.fault, self.kind()) {
            (Fault::Refused { code, .. }, _) => numbered(*code),
            (Fault::Body(_), _) => numbered(Code::UnsupportedFormat),
            (_, Kind::Busy) => (None, "temporarily_unavailable", "busy; try again"),
            _ => (None, "server_error", "the token service failed; try again"),
        };
        let geolocation = match &self.fault {
            Fault::Refused { geolocation, .. } => geolocation.as_deref(),
            _ => None,
        };
        WireBody::json(&ErrorBody {
            error,
            correlation_id: self.correlation_id.as_str(),
            error_description: description,
            code,
            geolocation,
        })
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        NOT_STORED.to_vec()
    }
}

fn numbered(code: Code) -> (Option<u16>, &'static str, &'static str) {
    let (number, error, description) = code.row();
    (Some(number), error, description)
}

/// What token answers and refusals carry (RFC 6749 section 5.1).
pub(crate) const NOT_STORED: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (PRAGMA, HeaderValue::from_static("no-cache")),
];
