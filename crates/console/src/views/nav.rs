//! The one navigation, by role.

use bursar_directory::{Role, Roles};
use bursar_pages::{Link, Messages};

/// A part of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// A traveller's available expenses.
    Expenses,
    /// What waits for an approver.
    Approvals,
    /// What can be connected.
    Apps,
    /// What is connected.
    Connections,
    /// A company's apps, for its administrators.
    AdminApps,
    /// The audit log, for administrators and operators.
    Audit,
    /// A partner's listings.
    PartnerApps,
    /// What operators review and release.
    Review,
}

impl Section {
    /// All parts in the order of the navigation, each with those who have it.
    const ALL: [(Self, &'static [Role]); 8] = [
        (Self::Expenses, &[Role::Traveller]),
        (Self::Approvals, &[Role::Approver]),
        (Self::Apps, &[Role::Traveller, Role::CompanyAdmin]),
        (Self::Connections, &[Role::Traveller, Role::CompanyAdmin]),
        (Self::AdminApps, &[Role::CompanyAdmin]),
        (Self::PartnerApps, &[Role::Partner]),
        (Self::Review, &[Role::Operator]),
        (Self::Audit, &[Role::CompanyAdmin, Role::Operator]),
    ];

    /// The parts that somebody with these roles has, in order.
    fn of(roles: &Roles) -> impl Iterator<Item = Self> {
        let has = |wanted: &[Role]| wanted.iter().any(|role| roles.has(*role));
        let all = Self::ALL.into_iter();
        all.filter(move |(_, wanted)| has(wanted))
            .map(|(section, _)| section)
    }

    /// The first page of somebody with these roles.
    pub fn home(roles: &Roles) -> &'static str {
        // Everybody may see the App Center, be it empty.
        Self::of(roles).next().unwrap_or(Self::Apps).href()
    }

    /// Its first page.
    pub fn href(self) -> &'static str {
        match self {
            Self::Expenses => "/expenses",
            Self::Approvals => "/approvals",
            Self::Apps => "/apps",
            Self::Connections => "/connections",
            Self::AdminApps => "/admin/apps",
            Self::Audit => "/admin/audit",
            Self::PartnerApps => "/partner/apps",
            Self::Review => "/operator/apps",
        }
    }

    fn text(self, messages: &Messages) -> String {
        match self {
            Self::Expenses => messages.text("frame-expenses"),
            Self::Approvals => messages.text("frame-approvals"),
            Self::Apps => messages.text("frame-apps"),
            Self::Connections => messages.text("frame-connections"),
            Self::AdminApps => messages.text("frame-admin-apps"),
            Self::Audit => messages.text("frame-audit"),
            Self::PartnerApps => messages.text("frame-partner-apps"),
            Self::Review => messages.text("frame-review"),
        }
    }
}

/// What somebody with these roles can go to.
pub(super) fn links(messages: &Messages, roles: &Roles) -> Vec<Link> {
    let link = |section: Section| Link {
        href: section.href().into(),
        text: section.text(messages),
    };
    Section::of(roles).map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_parts() {
        let hrefs = |roles: &[Role]| {
            let roles = Roles::from(roles.to_vec());
            let hrefs: Vec<_> = Section::of(&roles).map(Section::href).collect();
            (Section::home(&roles), hrefs.join(" "))
        };
        let travels = "/expenses /apps /connections".to_owned();
        assert_eq!(hrefs(&[Role::Traveller]), ("/expenses", travels));
        assert_eq!(
            hrefs(&[Role::Traveller, Role::Approver]),
            (
                "/expenses",
                "/expenses /approvals /apps /connections".to_owned()
            )
        );
        let approver = "/approvals".to_owned();
        assert_eq!(hrefs(&[Role::Approver]), ("/approvals", approver));
        let admin = "/apps /connections /admin/apps /admin/audit".to_owned();
        assert_eq!(hrefs(&[Role::CompanyAdmin]), ("/apps", admin));
        assert_eq!(
            hrefs(&[Role::Partner]),
            ("/partner/apps", "/partner/apps".to_owned())
        );
        let operator = "/operator/apps /admin/audit".to_owned();
        assert_eq!(hrefs(&[Role::Operator]), ("/operator/apps", operator));
        assert_eq!(hrefs(&[]), ("/apps", String::new()));
    }
}
