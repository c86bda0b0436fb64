//! A partner's listings and apps.

use askama::Template;
use bursar_appcenter::{Created, Faults, Kind, Listing, Stage, State};
use bursar_kernel::Uuid;
use bursar_pages::{Field, Frame, Messages};

use super::settings::{SettingsTyped, Tick, stage_text};
use super::{apps, faults};

/// `GET /partner/apps`: the company's listings.
#[derive(Template)]
#[template(path = "partner_apps.html")]
pub struct PartnerAppsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The listings, by name.
    pub listings: Vec<Listing>,
}

/// `GET /partner/apps/new`, and the answer to a form with faults.
#[derive(Template)]
#[template(path = "partner_new.html")]
pub struct NewAppPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The listing's id, drawn with the form: sent twice, it makes one listing.
    pub id: Uuid,
    /// The kind chosen.
    pub kind: String,
    /// The geolocation chosen, by the data center's id.
    pub home: String,
    /// All geolocations: id and base URI.
    pub homes: Vec<(String, String)>,
    /// What was typed.
    pub typed: SettingsTyped,
    /// What is wrong with it.
    pub faults: Faults,
}

/// The answer to making an app, or a secret for it: the only page that ever shows the secret.
#[derive(Template)]
#[template(path = "credentials.html")]
pub struct CredentialsPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The listing.
    pub listing_id: Uuid,
    /// Which of its apps.
    pub stage: Stage,
    /// The credentials.
    pub created: Created,
    /// The base URI of the app's geolocation.
    pub geolocation: String,
    /// Whether the app had secrets before, which still work.
    pub another: bool,
}

pub(super) fn state_text(messages: &Messages, state: State) -> String {
    match state {
        State::Draft => messages.text("listing-draft"),
        State::InReview => messages.text("listing-in-review"),
        State::Certified => messages.text("listing-certified"),
    }
}

pub(super) fn state_class(state: State) -> &'static str {
    match state {
        State::Draft => "pill",
        State::InReview => "pill pill-warn",
        State::Certified => "pill pill-good",
    }
}

impl PartnerAppsPage {
    fn state(&self, state: State) -> String {
        state_text(&self.frame.messages, state)
    }

    fn kind(&self, kind: Kind) -> String {
        apps::kind_text(&self.frame.messages, kind)
    }

    fn released(&self, listing: &Listing) -> String {
        releases_text(&self.frame.messages, listing)
    }
}

/// Where a listing is released and from when, on one line.
pub(super) fn releases_text(messages: &Messages, listing: &Listing) -> String {
    if listing.releases.is_empty() {
        return messages.text("listing-not-released");
    }
    let one = |release: &bursar_appcenter::Release| {
        let region = ("region", release.region.as_str().into());
        let date = ("date", messages.date(&release.on).into());
        messages.text_with("listing-released", [region, date])
    };
    let all: Vec<_> = listing.releases.iter().map(one).collect();
    all.join(" · ")
}

impl NewAppPage {
    fn fields(&self) -> Vec<Field> {
        self.typed.fields(&self.frame.messages, "new", &self.faults)
    }

    fn ticks(&self) -> Vec<Tick> {
        self.typed.ticks(&self.frame.messages, "new")
    }

    fn error(&self, field: &str) -> String {
        faults::error(&self.frame.messages, &self.faults, field)
    }

    fn title(&self) -> String {
        let messages = &self.frame.messages;
        if self.faults.is_empty() {
            messages.text("new-app-title")
        } else {
            messages.text("new-app-title-failed")
        }
    }

    /// Value, label, and whether it is chosen.
    fn kinds(&self) -> Vec<(&'static str, String, bool)> {
        let kind = |kind: &Kind| {
            let text = apps::kind_text(&self.frame.messages, *kind);
            (kind.word(), text, kind.word() == self.kind)
        };
        Kind::ALL.iter().map(kind).collect()
    }
}

impl CredentialsPage {
    fn stage(&self) -> String {
        stage_text(&self.frame.messages, self.stage)
    }

    fn title(&self) -> String {
        let messages = &self.frame.messages;
        if self.another {
            messages.text("credentials-title-another")
        } else {
            messages.text("credentials-title")
        }
    }
}
