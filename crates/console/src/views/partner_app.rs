//! One of a partner's listings, with its apps.

use askama::Template;
use bursar_appcenter::{ActError, Faults, Listing, LogoError, Part, Stage, State, Texts};
use bursar_kernel::Uuid;
use bursar_oauth::Rotation;
use bursar_oauth::apps::{LINKS_MAX, Links, SecretError, SecretRow};
use bursar_pages::{Field, Frame, Messages};

use super::faults::Checked as _;
use super::partner::{releases_text, state_class, state_text};
use super::settings::{SettingsTyped, Tick, grants_text, rotation_text, stage_text};
use super::{apps, faults};

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
    /// Whether its maker lets it work.
    pub enabled: bool,
    /// Whether an operator has stopped it.
    pub blocked: bool,
    /// Its secrets, oldest first.
    pub secrets: Vec<SecretRow>,
    /// The next secret's id, drawn with the form: sent twice, it makes one secret.
    pub new_secret_id: Uuid,
    /// Its connections.
    pub links: Links,
    /// What stands in the form.
    pub typed: SettingsTyped,
    /// What is wrong with it.
    pub faults: Faults,
}

/// What has just happened to a listing.
pub enum Notice {
    /// It was stored.
    Saved,
    /// It was not, because of this.
    Failed(ActError),
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
        faults::error(&self.frame.messages, &form.faults, "grants")
    }

    /// Grants in words, for an app that cannot be changed now.
    fn grants_text(&self, form: &StageForm) -> String {
        grants_text(&self.frame.messages, &form.typed.grants)
    }

    /// The same for what a refresh gives back.
    fn rotation_text(&self, form: &StageForm) -> String {
        let rotation = Rotation::from_name(&form.typed.rotation).unwrap_or_default();
        rotation_text(&self.frame.messages, rotation)
    }

    /// What a button that stands here for each app says, and of which.
    fn label(&self, button: &str, stage: Stage) -> String {
        let of = self.stage(stage);
        self.frame.label(button, &of)
    }

    /// The same for each secret.
    fn secret_label(&self, button: &str, secret: &SecretRow, stage: Stage) -> String {
        let of = format!("{}, {}", secret.id, self.stage(stage));
        self.frame.label(button, &of)
    }

    fn links(&self, links: &Links) -> String {
        let counts = [
            ("connected", links.connected.into()),
            ("delinked", links.de_linked.into()),
            ("revoked", links.revoked.into()),
        ];
        let messages = &self.frame.messages;
        let text = messages.text_with("app-links-counts", counts);
        if links.is_capped() {
            let max = ("max", LINKS_MAX.into());
            format!("{text} {}", messages.text_with("app-links-capped", [max]))
        } else {
            text
        }
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
            ActError::Secret(error) => (secret_text(messages, error), Vec::new()),
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

fn secret_text(messages: &Messages, error: &SecretError) -> String {
    match error {
        SecretError::TooMany(max) => {
            messages.text_with("secret-too-many", [("max", (*max).into())])
        }
        SecretError::LastActive => messages.text("secret-last-active"),
        SecretError::StillActive => messages.text("secret-still-active"),
        _ => messages.text("listing-other-state"),
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
