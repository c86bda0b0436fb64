//! Users on the wire, in the order of the documented samples. What the directory does not know is
//! left out: to SCIM that is the same as `null` (RFC 7643 section 2.5).

use bursar_directory::{Listed, User, UserState};
use bursar_kernel::Uuid;
use bursar_web::DataCenter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::scope;
use crate::attributes::{Attributes, CORE, ENTERPRISE};

/// A user of Identity v4. Each attribute shows with the scopes of v4.scope-mapping.md.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdentityUser {
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<IdentityMeta>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<PersonName>,
    /// BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "en-US")]
    preferred_language: Option<String>,
    schemas: [&'static str; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<[EmailAddress; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        skip_serializing_if = "Option::is_none"
    )]
    enterprise: Option<EnterpriseUser>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdentityMeta {
    #[schema(example = "User")]
    resource_type: &'static str,
    created: String,
    /// The URL of this user.
    location: String,
}

/// A person's name.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonName {
    family_name: String,
    given_name: String,
    #[schema(example = "Jensen, Barbara Jane")]
    formatted: String,
}

/// An e-mail address.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmailAddress {
    verified: bool,
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
    notifications: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EnterpriseUser {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    company_id: Option<Uuid>,
    /// The company's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    employee_number: Option<String>,
}

impl IdentityUser {
    pub(crate) fn new(listed: Listed, show: &Attributes<'_>, here: &DataCenter) -> Self {
        let core = |name| show.show(name, &[scope::CORE]);
        let enterprise = EnterpriseUser::new(&listed, show);
        let user = listed.member.user;
        let location = here.api_url(&format!("/profile/identity/v4/Users/{}", user.id));
        Self {
            meta: core("meta").then(|| IdentityMeta {
                resource_type: "User",
                created: listed.created_at.rfc3339(),
                location,
            }),
            display_name: core("displayName").then(|| display_name(&user)),
            name: core("name").then(|| PersonName::new(&user)),
            schemas: [CORE, ENTERPRISE],
            active: core("active").then_some(user.state == UserState::Active),
            id: show.show_id(&[scope::IDS, scope::CORE]).then_some(user.id),
            preferred_language: core("preferredLanguage").then_some(user.locale),
            emails: show
                .show("emails", &[scope::SENSITIVE])
                .then(|| [EmailAddress::new(user.email, "work")]),
            user_name: show
                .show("userName", &[scope::IDS])
                .then_some(user.user_name),
            enterprise,
        }
    }
}

impl EnterpriseUser {
    fn new(listed: &Listed, show: &Attributes<'_>) -> Option<Self> {
        let shown = |name| show.show(name, &[scope::ENTERPRISE]);
        let member = &listed.member;
        let number = member.user.employee_number.as_ref();
        let own = Self {
            company_id: shown("companyId").then_some(member.company.id),
            organization: shown("organization").then(|| member.company.name.clone()),
            employee_number: number.filter(|_| shown("employeeNumber")).cloned(),
        };
        let any =
            own.company_id.is_some() || own.organization.is_some() || own.employee_number.is_some();
        any.then_some(own)
    }
}

impl PersonName {
    pub(crate) fn new(user: &User) -> Self {
        Self {
            formatted: format!("{}, {}", user.family_name, user.given_name),
            family_name: user.family_name.clone(),
            given_name: user.given_name.clone(),
        }
    }
}

impl EmailAddress {
    /// Nobody has verified it, and no mail is sent to it unasked.
    pub(crate) fn new(value: String, kind: &'static str) -> Self {
        Self {
            verified: false,
            kind,
            value,
            notifications: false,
        }
    }
}

/// Source: v4.identity.md, `displayName`: given name and family name.
pub(crate) fn display_name(user: &User) -> String {
    let name = format!("{} {}", user.given_name, user.family_name);
    name.trim().to_owned()
}
