//! What a company's administrators see of its apps.

use askama::Template;
use bursar_appcenter::Card;

use super::{Frame, apps};

/// `GET /admin/apps`: what is released for the company, and whether the company lets it work.
#[derive(Template)]
#[template(path = "admin_apps.html")]
pub struct AdminAppsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The apps of both kinds.
    pub cards: Vec<Card>,
}

impl AdminAppsPage {
    fn kind(&self, card: &Card) -> String {
        apps::kind_text(&self.frame.messages, card.kind)
    }

    fn label(&self, card: &Card) -> String {
        let app = [("app", card.name.as_str().into())];
        let messages = &self.frame.messages;
        if card.enabled {
            messages.text_with("admin-turn-off-app", app)
        } else {
            messages.text_with("admin-turn-on-app", app)
        }
    }
}
