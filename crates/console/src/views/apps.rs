//! The App Center: the list, a listing, and its terms.

use askama::Template;
use bursar_appcenter::{Block, Card, Kind, Stage, View};
use bursar_pages::{Frame, Messages};

use super::authorize::permission;

/// `GET /apps`: what the reader can connect.
#[derive(Template)]
#[template(path = "apps.html")]
pub struct AppsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What there is of each kind that the reader may connect.
    pub sections: Vec<(Kind, Vec<Card>)>,
}

/// `GET /apps/{id}`: a listing.
#[derive(Template)]
#[template(path = "app.html")]
pub struct AppPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The listing as the reader sees it.
    pub view: View,
    /// The deep link's code, handed on.
    pub code: Option<String>,
    /// Whether the app is connected, for the reader or for the company.
    pub connected: bool,
}

/// `GET /apps/{id}/terms`: what connecting means, and "I Agree".
#[derive(Template)]
#[template(path = "terms.html")]
pub struct TermsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The listing as the reader sees it.
    pub view: View,
    /// The deep link's code, handed on.
    pub code: Option<String>,
    /// The name of the reader's company.
    pub company_name: String,
}

pub(super) fn kind_text(messages: &Messages, kind: Kind) -> String {
    match kind {
        Kind::User => messages.text("app-kind-user"),
        Kind::Enterprise => messages.text("app-kind-enterprise"),
    }
}

/// Where the listing's pages are, with the deep link's code if there is one.
fn path(view: &View, code: Option<&str>, page: &str) -> String {
    let query = code.map_or_else(String::new, |code| format!("?preview-code={code}"));
    format!("/apps/{}{page}{query}", view.listing.id)
}

impl AppsPage {
    fn section_title(&self, kind: Kind) -> String {
        match kind {
            Kind::User => self.frame.messages.text("apps-user"),
            Kind::Enterprise => self.frame.messages.text("apps-enterprise"),
        }
    }

    fn section_lead(&self, kind: Kind) -> String {
        match kind {
            Kind::User => self.frame.messages.text("apps-user-lead"),
            Kind::Enterprise => self.frame.messages.text("apps-enterprise-lead"),
        }
    }

    fn by(&self, card: &Card) -> String {
        by(&self.frame.messages, &card.partner_name)
    }
}

fn by(messages: &Messages, partner: &str) -> String {
    messages.text_with("app-by", [("partner", partner.into())])
}

impl AppPage {
    fn terms_path(&self) -> String {
        path(&self.view, self.code.as_deref(), "/terms")
    }

    fn is_test(&self) -> bool {
        self.view.stage == Stage::Development
    }

    fn by(&self) -> String {
        by(&self.frame.messages, &self.view.listing.partner_name)
    }

    fn kind(&self) -> String {
        kind_text(&self.frame.messages, self.view.listing.kind)
    }

    fn block_text(&self) -> Option<String> {
        let messages = &self.frame.messages;
        Some(match (self.view.block?, self.view.listing.kind) {
            (Block::NotYourRole, Kind::User) => messages.text("app-block-not-traveller"),
            (Block::NotYourRole, Kind::Enterprise) => messages.text("app-block-not-admin"),
            (Block::TurnedOff, _) => messages.text("app-block-turned-off"),
            (Block::Stopped, _) => messages.text("app-block-stopped"),
            (Block::NoLandingPage, _) => messages.text("app-block-no-landing-page"),
        })
    }
}

impl TermsPage {
    fn form_path(&self) -> String {
        path(&self.view, self.code.as_deref(), "/terms")
    }

    fn listing_path(&self) -> String {
        path(&self.view, self.code.as_deref(), "")
    }

    fn title(&self) -> String {
        let name = self.view.listing.texts.name.as_str();
        let messages = &self.frame.messages;
        messages.text_with("terms-title", [("app", name.into())])
    }

    fn lead(&self) -> String {
        let partner = ("partner", self.view.listing.partner_name.as_str().into());
        let messages = &self.frame.messages;
        match self.view.listing.kind {
            Kind::User => messages.text_with("terms-lead-user", [partner]),
            Kind::Enterprise => {
                let company = ("company", self.company_name.as_str().into());
                messages.text_with("terms-lead-enterprise", [partner, company])
            }
        }
    }

    /// Each permission in plain words, with its name.
    fn scopes(&self) -> Vec<(String, &str)> {
        let scopes = self.view.app.settings.scopes.names();
        scopes
            .map(|scope| (permission(&self.frame.messages, scope), scope))
            .collect()
    }

    fn after(&self) -> String {
        match self.view.listing.kind {
            Kind::User => self.frame.messages.text("terms-after-user"),
            Kind::Enterprise => self.frame.messages.text("terms-after-enterprise"),
        }
    }
}
