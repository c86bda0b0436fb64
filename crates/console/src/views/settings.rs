//! What the maker of an app decides, as forms show it.

use bursar_appcenter::{Faults, Stage};
use bursar_oauth::{Grant, RedirectUri, Rotation, apps::AppSettings};
use bursar_pages::{Field, Messages};

use super::faults::Checked as _;

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
    /// Redirect URIs, one a line.
    pub redirect_uris: String,
    /// What a refresh gives back, by its name.
    pub rotation: String,
}

impl SettingsTyped {
    /// What stands in the form before anybody types.
    pub fn of(settings: AppSettings, connect_url: String) -> Self {
        let uris = settings.redirect_uris.iter().map(RedirectUri::as_str);
        let uris: Vec<_> = uris.collect();
        Self {
            connect_url,
            scopes: settings.scopes.text(),
            redirect_uris: uris.join("\n"),
            rotation: settings.rotation.name().to_owned(),
            name: settings.name,
            grants: settings.grants,
        }
    }
}

pub(super) fn stage_text(messages: &Messages, stage: Stage) -> String {
    match stage {
        Stage::Development => messages.text("stage-development"),
        Stage::Production => messages.text("stage-production"),
    }
}

pub(super) fn grant_text(messages: &Messages, grant: Grant) -> String {
    match grant {
        Grant::Password => messages.text("grant-password"),
        Grant::AuthorizationCode => messages.text("grant-authorization-code"),
        Grant::Otp => messages.text("grant-otp"),
        Grant::RefreshToken => messages.text("grant-refresh-token"),
        Grant::ClientCredentials => messages.text("grant-client-credentials"),
    }
}

pub(super) fn rotation_text(messages: &Messages, rotation: Rotation) -> String {
    match rotation {
        Rotation::Same => messages.text("rotation-same"),
        Rotation::New => messages.text("rotation-new"),
    }
}

/// Grants in words, on one line.
pub(super) fn grants_text(messages: &Messages, grants: &[Grant]) -> String {
    let all: Vec<_> = grants
        .iter()
        .map(|grant| grant_text(messages, *grant))
        .collect();
    all.join(", ")
}

/// A box to tick: its id, name, label, and whether it is ticked.
pub(super) type Tick = (String, String, String, bool);

impl SettingsTyped {
    pub(super) fn fields(&self, messages: &Messages, form: &str, faults: &Faults) -> Vec<Field> {
        let field = |name, label, value: &str| Field::line(form, name, label, value);
        let name = field("name", messages.text("app-name"), &self.name);
        let connect = field(
            "connect_url",
            messages.text("app-connect-url"),
            &self.connect_url,
        );
        let scopes = field("scopes", messages.text("app-scopes"), &self.scopes);
        let rotations = Rotation::ALL
            .iter()
            .map(|rotation| (rotation.name(), rotation_text(messages, *rotation)))
            .collect();
        let all = [
            name.hint(messages.text("app-name-hint")),
            connect
                .address()
                .hint(messages.text("app-connect-url-hint")),
            scopes.hint(messages.text("app-scopes-hint")),
            field(
                "redirect_uris",
                messages.text("app-redirect-uris"),
                &self.redirect_uris,
            )
            .addresses()
            .hint(messages.text("app-redirect-uris-hint")),
            field("rotation", messages.text("app-rotation"), &self.rotation)
                .choice(rotations)
                .hint(messages.text("app-rotation-hint")),
        ];
        all.map(|field| field.checked(messages, faults)).into()
    }

    pub(super) fn ticks(&self, messages: &Messages, form: &str) -> Vec<Tick> {
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
