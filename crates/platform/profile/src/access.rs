//! Who may look up what.

use bursar_oauth::{Access, Kind, Refused};
use http::request::Parts;

use crate::error::ProfileError;

/// May look up users of its company. Source: v4.identity.md, "Scope Usage" and "Access Token
/// Usage" (company tokens only). Every product is listed there, so none is asked for.
pub(crate) struct Identity;

impl Access for Identity {
    const SCOPES: &'static [&'static str] =
        &[scope::IDS, scope::CORE, scope::SENSITIVE, scope::ENTERPRISE];
    const KINDS: &'static [Kind] = &[Kind::Company];
    const PRODUCT: Option<&'static str> = None;
    type Refusal = ProfileError;

    fn refuse(reason: Refused, _: &Parts) -> ProfileError {
        ProfileError::Refused(reason)
    }
}

/// The scopes of Identity v4 that show something the directory knows.
pub(crate) mod scope {
    pub(crate) const IDS: &str = "identity.user.ids.read";
    pub(crate) const CORE: &str = "identity.user.core.read";
    pub(crate) const SENSITIVE: &str = "identity.user.coresensitive.read";
    pub(crate) const ENTERPRISE: &str = "identity.user.enterprise.read";
}

/// May see itself.
pub(crate) struct Itself;

impl Access for Itself {
    const SCOPES: &'static [&'static str] = &[
        "user.read",
        "user.write",
        "user_read",
        "company.read",
        "company.write",
    ];
    const KINDS: &'static [Kind] = &[Kind::User, Kind::Company];
    const PRODUCT: Option<&'static str> = None;
    type Refusal = ProfileError;

    /// Source: v1.getting-started.md: "301-redirect that points to the right location".
    fn refuse(reason: Refused, parts: &Parts) -> ProfileError {
        match reason {
            Refused::OtherDataCenter {
                geolocation: Some(there),
            } => {
                let wanted = parts.uri.path_and_query();
                let wanted = wanted.map_or("/", |wanted| wanted.as_str());
                ProfileError::Elsewhere(format!("{there}{wanted}"))
            }
            reason => ProfileError::Refused(reason),
        }
    }
}

/// The scopes of which one is needed to see a principal of this kind. Source: v1.user.md and
/// v1.company.md, "Scope Usage". `Inferred:` `user_read` is among the scopes of the sample token
/// that authentication/getting-started.markdown calls this endpoint with.
pub(crate) fn scopes_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::User => &["user.read", "user.write", "user_read"],
        Kind::Company => &["company.read", "company.write"],
        Kind::App => &[],
    }
}
