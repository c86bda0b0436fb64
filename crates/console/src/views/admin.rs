//! What a company's administrators see of its apps.

use askama::Template;
use bursar_appcenter::{Card, CompanyApps};
use bursar_pages::Frame;

use super::apps;

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
