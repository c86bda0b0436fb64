//! A partner's listings and apps.

use askama::Template;
use bursar_appcenter::{
    ActError, Created, Faults, Kind, Listing, LogoError, Part, Stage, State, Texts,
};
use bursar_kernel::Uuid;
use bursar_oauth::Grant;

use super::{Field, Frame, apps, fields};
use crate::messages::Messages;

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

/// The answer to making an app: the only page that ever shows its secret.
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
}

/// `GET /partner/apps/{id}`: a listing, its apps, and how far it is.
#[derive(Template)]
#[template(path = "partner_app.html")]
pub struct PartnerAppPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The listing as it is stored.
    pub listing: Listing,
    /// What stands in the form of texts, and what is wrong with it.
    pub texts: (Texts, Faults),
    /// The apps, development first.
    pub stages: Vec<StageForm>,
    /// The deep link, absolute.
    pub deep_link: String,
    /// What has just happened, if anything.
    pub notice: Option<Notice>,
}

/// One of the apps, with its form.
pub struct StageForm {
    /// Which.
    pub stage: Stage,
    /// The client id.
    pub client_id: Uuid,
    /// The base URI of its geolocation.
    pub geolocation: String,
    /// Whether it works.
    pub enabled: bool,
    /// What stands in the form.
    pub typed: SettingsTyped,
    /// What is wrong with it.
    pub faults: Faults,
}

/// An app's settings, as they were typed.
#[derive(Clone, Default)]
pub struct SettingsTyped {
    /// The name.
    pub name: String,
    /// The landing page.
    pub connect_url: String,
    /// Scopes, separated by white space.
    pub scopes: String,
    /// The grants chosen.
    pub grants: Vec<Grant>,
}

/// What has just happened to a listing.
pub enum Notice {
    /// It was stored.
    Saved,
    /// It was not, because of this.
    Failed(ActError),
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

fn stage_text(messages: &Messages, stage: Stage) -> String {
    match stage {
        Stage::Development => messages.text("stage-development"),
        Stage::Production => messages.text("stage-production"),
    }
}

fn grant_text(messages: &Messages, grant: Grant) -> String {
    match grant {
        Grant::Password => messages.text("grant-password"),
        Grant::AuthorizationCode => messages.text("grant-authorization-code"),
        Grant::Otp => messages.text("grant-otp"),
        Grant::RefreshToken => messages.text("grant-refresh-token"),
        Grant::ClientCredentials => messages.text("grant-client-credentials"),
    }
}

/// A box to tick: its id, name, label, and whether it is ticked.
type Tick = (String, String, String, bool);

impl SettingsTyped {
    fn fields(&self, messages: &Messages, form: &str, faults: &Faults) -> Vec<Field> {
        let field = |name, label, value: &str| Field::line(form, name, label, value);
        let name = field("name", messages.text("app-name"), &self.name);
        let connect = field(
            "connect_url",
            messages.text("app-connect-url"),
            &self.connect_url,
        );
        let scopes = field("scopes", messages.text("app-scopes"), &self.scopes);
        let all = [
            name.hint(messages.text("app-name-hint")),
            connect
                .address()
                .hint(messages.text("app-connect-url-hint")),
            scopes.hint(messages.text("app-scopes-hint")),
        ];
        all.map(|field| field.checked(messages, faults)).into()
    }

    fn ticks(&self, messages: &Messages, form: &str) -> Vec<Tick> {
        let tick = |grant: Grant| {
            let name = format!("grant_{}", grant.name());
            let id = format!("{form}-{name}").replace('_', "-");
            (
                id,
                name,
                grant_text(messages, grant),
                self.grants.contains(&grant),
            )
        };
        Grant::ALL.into_iter().map(tick).collect()
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
        fields::error(&self.frame.messages, &self.faults, field)
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
}

impl PartnerAppPage {
    fn title(&self) -> String {
        let name = self.listing.texts.name.as_str();
        let faulty = self.stages.iter().any(|stage| !stage.faults.is_empty());
        if faulty || !self.texts.1.is_empty() || matches!(self.notice, Some(Notice::Failed(_))) {
            let messages = &self.frame.messages;
            messages.text_with("listing-title-failed", [("listing", name.into())])
        } else {
            name.to_owned()
        }
    }

    fn state(&self) -> String {
        state_text(&self.frame.messages, self.listing.state)
    }

    fn state_class(&self) -> &'static str {
        state_class(self.listing.state)
    }

    fn kind(&self) -> String {
        apps::kind_text(&self.frame.messages, self.listing.kind)
    }

    fn is_draft(&self) -> bool {
        self.listing.state == State::Draft
    }

    fn released(&self) -> String {
        releases_text(&self.frame.messages, &self.listing)
    }

    fn has_production(&self) -> bool {
        self.listing.app(Stage::Production).is_some()
    }

    fn is_locked(&self, stage: Stage) -> bool {
        stage == Stage::Production && !self.is_draft()
    }

    fn state_lead(&self) -> String {
        let messages = &self.frame.messages;
        match self.listing.state {
            State::Draft => messages.text("listing-draft-lead"),
            State::InReview => messages.text("listing-in-review-lead"),
            State::Certified => messages.text("listing-certified-lead"),
        }
    }

    fn stage(&self, stage: Stage) -> String {
        stage_text(&self.frame.messages, stage)
    }

    fn stage_lead(&self, stage: Stage) -> String {
        match stage {
            Stage::Development => self.frame.messages.text("stage-development-lead"),
            Stage::Production => self.frame.messages.text("stage-production-lead"),
        }
    }

    fn text_fields(&self) -> Vec<Field> {
        let messages = &self.frame.messages;
        let (texts, faults) = &self.texts;
        let field = |name, label, value: &str| Field::line("listing", name, label, value);
        let summary = field("summary", messages.text("listing-summary"), &texts.summary);
        let all = [
            field("name", messages.text("listing-name"), &texts.name),
            summary.hint(messages.text("listing-summary-hint")),
            field(
                "description",
                messages.text("listing-description"),
                &texts.description,
            )
            .paragraphs(),
            field(
                "terms_url",
                messages.text("listing-terms"),
                &texts.terms_url,
            )
            .address(),
            field(
                "support_url",
                messages.text("listing-support"),
                &texts.support_url,
            )
            .address(),
        ];
        all.map(|field| field.checked(messages, faults)).into()
    }

    fn stage_fields(&self, form: &StageForm) -> Vec<Field> {
        form.typed
            .fields(&self.frame.messages, form.stage.word(), &form.faults)
    }

    fn stage_ticks(&self, form: &StageForm) -> Vec<Tick> {
        form.typed.ticks(&self.frame.messages, form.stage.word())
    }

    fn grants_error(&self, form: &StageForm) -> String {
        fields::error(&self.frame.messages, &form.faults, "grants")
    }

    /// Grants in words, for an app that cannot be changed now.
    fn grants_text(&self, form: &StageForm) -> String {
        let text = |grant: &Grant| grant_text(&self.frame.messages, *grant);
        let all: Vec<_> = form.typed.grants.iter().map(text).collect();
        all.join(", ")
    }

    fn saved(&self) -> bool {
        matches!(self.notice, Some(Notice::Saved))
    }

    /// What went wrong, and its parts.
    fn failure(&self) -> Option<(String, Vec<String>)> {
        let messages = &self.frame.messages;
        let Some(Notice::Failed(error)) = &self.notice else {
            return None;
        };
        Some(match error {
            ActError::Incomplete(parts) => {
                let parts = parts.iter().map(|part| part_text(messages, *part));
                (messages.text("listing-incomplete"), parts.collect())
            }
            ActError::Logo(error) => (logo_text(messages, *error), Vec::new()),
            ActError::Locked => (messages.text("listing-locked"), Vec::new()),
            ActError::Faults(_) => (messages.text("listing-faults"), Vec::new()),
            _ => (messages.text("listing-other-state"), Vec::new()),
        })
    }
}

fn part_text(messages: &Messages, part: Part) -> String {
    match part {
        Part::Summary => messages.text("part-summary"),
        Part::Description => messages.text("part-description"),
        Part::Terms => messages.text("part-terms"),
        Part::Support => messages.text("part-support"),
        Part::Logo => messages.text("part-logo"),
        Part::ProductionApp => messages.text("part-production-app"),
        Part::ConnectUrl => messages.text("part-connect-url"),
    }
}

fn logo_text(messages: &Messages, error: LogoError) -> String {
    match error {
        LogoError::Missing => messages.text("logo-missing"),
        LogoError::TooLarge => messages.text("logo-too-large"),
        LogoError::NotPng => messages.text("logo-not-png"),
        LogoError::Size { width, height } => {
            let sides = [("width", width.into()), ("height", height.into())];
            messages.text_with("logo-size", sides)
        }
    }
}
