//! What a company's administrators see of its apps, and the audit log.

use askama::Template;
use bursar_appcenter::{Card, CompanyApps};
use bursar_directory::Audited;
use bursar_kernel::hex32;

use super::{Frame, apps};

/// `GET /admin/apps`: what is released for the company or connected with it, and whether the
/// company lets it work.
#[derive(Template)]
#[template(path = "admin_apps.html")]
pub struct AdminAppsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The apps.
    pub apps: CompanyApps,
    /// Whether a decision was just stored.
    pub saved: bool,
}

/// `GET /admin/audit`: who decided what, the newest first.
#[derive(Template)]
#[template(path = "audit.html")]
pub struct AuditPage {
    /// What surrounds it.
    pub frame: Frame,
    /// One page of the log.
    pub entries: Vec<Audited>,
    /// Whether it is the log of all companies.
    pub all: bool,
    /// Whether there are older entries.
    pub older: bool,
}

impl AdminAppsPage {
    fn kind(&self, card: &Card) -> String {
        apps::kind_text(&self.frame.messages, card.kind)
    }

    fn label(&self, name: &str, enabled: bool) -> String {
        let app = [("app", name.into())];
        let messages = &self.frame.messages;
        if enabled {
            messages.text_with("admin-turn-off-app", app)
        } else {
            messages.text_with("admin-turn-on-app", app)
        }
    }
}

impl AuditPage {
    /// Where older entries are.
    fn older_path(&self) -> Option<String> {
        let last = self.entries.last().filter(|_| self.older)?;
        Some(format!("/admin/audit?before={}", hex32(&last.id)))
    }

    fn lead(&self) -> String {
        if self.all {
            self.frame.messages.text("audit-lead-all")
        } else {
            self.frame.messages.text("audit-lead")
        }
    }
}
