//! The audit log.

use askama::Template;
use bursar_directory::Audited;
use bursar_kernel::hex32;
use bursar_pages::{Frame, Messages};
use serde_json::Value;

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

    fn action(&self, entry: &Audited) -> String {
        action(&self.frame.messages, &entry.action)
    }

    /// Who did it.
    fn actor(&self, entry: &Audited) -> String {
        if entry.actor_name.is_empty() {
            self.frame.messages.text("audit-actor-server")
        } else {
            entry.actor_name.clone()
        }
    }

    /// More, as names and values.
    fn details(&self, entry: &Audited) -> Vec<(String, String)> {
        let messages = &self.frame.messages;
        match serde_json::from_str(&entry.details) {
            Ok(Value::Object(fields)) => fields
                .iter()
                .map(|(field, value)| (name(messages, field), shown(value)))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// What was done, in words; its code where there are none.
pub(super) fn action(messages: &Messages, action: &str) -> String {
    match action {
        "app.block" => messages.text("audit-app-block"),
        "app.change" => messages.text("audit-app-change"),
        "app.connect" => messages.text("audit-app-connect"),
        "app.create" => messages.text("audit-app-create"),
        "app.disable" => messages.text("audit-app-disable"),
        "app.disconnect" => messages.text("audit-app-disconnect"),
        "app.enable" => messages.text("audit-app-enable"),
        "app.secret.activate" => messages.text("audit-app-secret-activate"),
        "app.secret.create" => messages.text("audit-app-secret-create"),
        "app.secret.deactivate" => messages.text("audit-app-secret-deactivate"),
        "app.secret.delete" => messages.text("audit-app-secret-delete"),
        "app.start" => messages.text("audit-app-start"),
        "app.stop" => messages.text("audit-app-stop"),
        "app.unblock" => messages.text("audit-app-unblock"),
        "company.move" => messages.text("audit-company-move"),
        "keys.rotate" => messages.text("audit-keys-rotate"),
        "listing.certify" => messages.text("audit-listing-certify"),
        "listing.change" => messages.text("audit-listing-change"),
        "listing.give_back" => messages.text("audit-listing-give-back"),
        "listing.logo" => messages.text("audit-listing-logo"),
        "listing.release" => messages.text("audit-listing-release"),
        "listing.submit" => messages.text("audit-listing-submit"),
        "listing.take_back" => messages.text("audit-listing-take-back"),
        "listing.withdraw" => messages.text("audit-listing-withdraw"),
        "password.change" => messages.text("audit-password-change"),
        other => other.to_owned(),
    }
}

/// What a field of the details is called; its own name where there is no better one.
fn name(messages: &Messages, field: &str) -> String {
    match field {
        "app" => messages.text("audit-field-app"),
        "connectUrl" => messages.text("audit-field-connect-url"),
        "for" => messages.text("audit-field-for"),
        "from" => messages.text("audit-field-from"),
        "grants" => messages.text("audit-field-grants"),
        "kid" => messages.text("audit-field-kid"),
        "listing" => messages.text("audit-field-listing"),
        "logo" => messages.text("audit-field-logo"),
        "name" => messages.text("audit-field-name"),
        "note" => messages.text("audit-field-note"),
        "on" => messages.text("audit-field-on"),
        "redirectUris" => messages.text("audit-field-redirect-uris"),
        "region" => messages.text("audit-field-region"),
        "rotation" => messages.text("audit-field-rotation"),
        "scopes" => messages.text("audit-field-scopes"),
        "secret" => messages.text("audit-field-secret"),
        "stage" => messages.text("audit-field-stage"),
        "to" => messages.text("audit-field-to"),
        "was" => messages.text("audit-field-was"),
        other => other.to_owned(),
    }
}

/// A value as a line of text.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
