//! An app asks a person for access.

use askama::Template;
use bursar_pages::{Frame, Messages};

/// `GET /oauth2/v0/authorize` for a signed-in reader. The form posts `request`, `decision` and the
/// session's token.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The app.
    pub app_name: String,
    /// The company behind it; empty when it is not known.
    pub publisher: String,
    /// What it asks for, by name.
    pub scopes: Vec<String>,
    /// The query that the app sent the reader with.
    pub request: String,
}

/// An app's request that nobody can decide on.
#[derive(Template)]
#[template(path = "not-asked.html")]
pub struct NotAskedPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The documented code, for the app's makers.
    pub code: u16,
    /// Its documented description.
    pub description: &'static str,
    /// The request's correlation id, for whoever helps.
    pub correlation_id: String,
}

impl ConsentPage {
    /// What the reader would allow, in plain words, each once.
    fn permissions(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for scope in &self.scopes {
            let text = permission(&self.frame.messages, scope);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    fn heading(&self) -> String {
        let args = [("app", self.app_name.as_str().into())];
        self.frame.messages.text_with("consent-heading", args)
    }

    fn lead(&self) -> String {
        let messages = &self.frame.messages;
        let brand = ("brand", self.frame.brand.as_str().into());
        let app = ("app", self.app_name.as_str().into());
        if self.publisher.is_empty() {
            return messages.text_with("consent-lead", [app, brand]);
        }
        let publisher = ("publisher", self.publisher.as_str().into());
        messages.text_with("consent-lead-publisher", [app, publisher, brand])
    }
}

/// Source: api-reference/authentication/scopes.markdown and the pages of the APIs.
pub(super) fn permission(messages: &Messages, scope: &str) -> String {
    match scope {
        "openid" => messages.text("scope-openid"),
        "offline_access" => messages.text("scope-offline-access"),
        "identity.user.ids.read" => messages.text("scope-identity-ids"),
        "identity.user.core.read" => messages.text("scope-identity-core"),
        "identity.user.coresensitive.read" => messages.text("scope-identity-sensitive"),
        "identity.user.enterprise.read" => messages.text("scope-identity-enterprise"),
        "user_read" | "user.read" => messages.text("scope-user-read"),
        "user.write" => messages.text("scope-user-write"),
        "company.read" => messages.text("scope-company-read"),
        "company.write" => messages.text("scope-company-write"),
        "receipts.read" => messages.text("scope-receipts-read"),
        "receipts.write" => messages.text("scope-receipts-write"),
        "receipts.writeonly" => messages.text("scope-receipts-writeonly"),
        "quickexpense.writeonly" => messages.text("scope-quickexpense-writeonly"),
        "CONFIG" => messages.text("scope-config"),
        "expense.report.read" => messages.text("scope-expense-report-read"),
        "expense.report.readwrite" => messages.text("scope-expense-report-readwrite"),
        "travelrequest.write" => messages.text("scope-travelrequest-write"),
        other => messages.text_with("scope-other", [("scope", other.into())]),
    }
}
