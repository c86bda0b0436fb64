//! What operators review and release.

use askama::Template;
use bursar_appcenter::{Faults, Listing, Reviewed, Stage};
use bursar_kernel::Uuid;
use bursar_oauth::RedirectUri;
use bursar_oauth::apps::RegisteredApp;
use bursar_pages::{Field, Frame};

use super::apps;
use super::authorize::permission;
use super::faults::Checked as _;
use super::partner::releases_text;
use super::settings::{grants_text, rotation_text};

/// `GET /operator/apps`: what waits for review, what is certified, and the rest.
#[derive(Template)]
#[template(path = "operator_apps.html")]
pub struct OperatorAppsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// What waits, by name.
    pub in_review: Vec<Reviewed>,
    /// What is certified, by name.
    pub certified: Vec<Reviewed>,
    /// What partners work on, by name: it may have been certified before, and be connected.
    pub drafts: Vec<Reviewed>,
    /// The data centers that a listing can be released in, by id.
    pub regions: Vec<String>,
    /// What was just refused, if anything.
    pub notice: Option<ReviewNotice>,
    /// Whether a decision was just stored.
    pub saved: bool,
}

/// What was refused of a form about one listing.
pub struct ReviewNotice {
    /// The listing.
    pub listing_id: Uuid,
    /// The words, or the day, that were typed.
    pub typed: String,
    /// The region that was chosen.
    pub region: String,
    /// What is wrong; empty when somebody else was faster.
    pub faults: Faults,
}

impl OperatorAppsPage {
    fn title(&self) -> String {
        let messages = &self.frame.messages;
        if self.notice.is_some() {
            messages.text("review-title-failed")
        } else {
            messages.text("review-title")
        }
    }

    fn notice_of(&self, listing: &Listing) -> Option<&ReviewNotice> {
        self.notice
            .as_ref()
            .filter(|notice| notice.listing_id == listing.id)
    }

    /// Whether a decision came too late.
    fn overtaken(&self) -> bool {
        self.notice
            .as_ref()
            .is_some_and(|notice| notice.faults.is_empty())
    }

    fn note_field(&self, listing: &Listing) -> Field {
        let notice = self.notice_of(listing);
        let typed = notice.map_or("", |notice| notice.typed.as_str());
        let faults = notice
            .map(|notice| notice.faults.clone())
            .unwrap_or_default();
        let messages = &self.frame.messages;
        let form = format!("note-{}", listing.id);
        Field::line(&form, "note", messages.text("review-note"), typed)
            .hint(messages.text("review-note-hint"))
            .checked(messages, &faults)
    }

    fn day_field(&self, listing: &Listing) -> Field {
        let notice = self.notice_of(listing);
        let typed = notice.map_or("", |notice| notice.typed.as_str());
        let faults = notice
            .map(|notice| notice.faults.clone())
            .unwrap_or_default();
        let messages = &self.frame.messages;
        let form = format!("release-{}", listing.id);
        Field::line(&form, "released_on", messages.text("review-day"), typed)
            .day()
            .hint(messages.text("review-day-hint"))
            .checked(messages, &faults)
    }

    fn is_chosen(&self, listing: &Listing, region: &str) -> bool {
        self.notice_of(listing)
            .is_some_and(|notice| notice.region == region)
    }

    fn released(&self, listing: &Listing) -> String {
        releases_text(&self.frame.messages, listing)
    }

    fn kind(&self, listing: &Listing) -> String {
        apps::kind_text(&self.frame.messages, listing.kind)
    }

    fn landing(listing: &Listing) -> &str {
        listing
            .app(Stage::Production)
            .map_or("", |app| app.connect_url.as_str())
    }

    /// What a button that stands here for each listing says, and of which.
    fn label(&self, button: &str, listing: &Listing) -> String {
        self.frame.label(button, &listing.texts.name)
    }

    /// Each permission in plain words, with its name.
    fn scopes<'a>(&self, app: &'a RegisteredApp) -> Vec<(String, &'a str)> {
        let scopes = app.settings.scopes.names();
        scopes
            .map(|scope| (permission(&self.frame.messages, scope), scope))
            .collect()
    }

    fn grants(&self, app: &RegisteredApp) -> String {
        grants_text(&self.frame.messages, &app.settings.grants)
    }

    fn rotation(&self, app: &RegisteredApp) -> String {
        rotation_text(&self.frame.messages, app.settings.rotation)
    }

    fn redirect_uris(app: &RegisteredApp) -> Vec<&str> {
        let uris = app.settings.redirect_uris.iter();
        uris.map(RedirectUri::as_str).collect()
    }

    /// The text of the button that ends the release in a region.
    fn end_release(&self, region: &str) -> String {
        let region = ("region", region.into());
        self.frame
            .messages
            .text_with("review-end-release", [region])
    }
}
