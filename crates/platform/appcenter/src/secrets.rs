//! What a partner decides about the secrets of its apps.
//!
//! Source: api-reference/authentication/rotating-secrets.markdown, which has it for the app
//! itself: one that has lost its last secret cannot ask for another.

use bursar_db::Isolation;
use bursar_kernel::Uuid;
use bursar_oauth::apps::{self, DrawnSecret};
use serde_json::json;

use crate::error::ActError;
use crate::model::{Person, Stage};
use crate::partner::{Created, note, own};
use crate::state::AppCenter;

/// What happens to a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretChange {
    /// It works.
    Activate,
    /// It does not work any more.
    Deactivate,
    /// It is gone for good.
    Delete,
}

impl SecretChange {
    /// From what a form's button says.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "activate" => Some(Self::Activate),
            "deactivate" => Some(Self::Deactivate),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Activate => "app.secret.activate",
            Self::Deactivate => "app.secret.deactivate",
            Self::Delete => "app.secret.delete",
        }
    }
}

impl AppCenter {
    /// Adds a secret to one of the apps, and answers it with the rest of the credentials.
    ///
    /// Choice: it works at once, whereas one that the app itself makes waits: the page is where
    /// people come who have no secret left that they know. `secret_id` was drawn with the form, so
    /// that a form that is sent twice makes one secret.
    pub async fn add_secret(
        &self,
        person: &Person,
        id: Uuid,
        stage: Stage,
        secret_id: Uuid,
    ) -> Result<Created, ActError> {
        let new = DrawnSecret::draw(&self.oauth, secret_id, true);
        let client_secret = new.text().to_owned();
        let args = (person.clone(), id, stage, new, self.stamp(person));
        let app = self.db.write(
            Isolation::Serializable,
            args,
            |tx, (person, id, stage, new, stamp)| {
                Box::pin(async move {
                    let listing = own(tx, person, id).await?;
                    let app_id = listing.app(*stage).ok_or(ActError::NotFound)?.app_id;
                    apps::add_secret(tx, &person.company_id, &app_id, new).await?;
                    let details = json!({
                        "app": app_id, "stage": stage.word(), "secret": new.id(),
                    });
                    note(tx, stamp, &listing, "app.secret.create", details).await?;
                    let app = apps::find(tx, &app_id).await?;
                    app.ok_or(ActError::NotFound)
                })
            },
        );
        let app = app.await?;
        Ok(Created {
            client_id: app.id,
            client_secret,
            name: app.settings.name,
            home: app.home,
        })
    }

    /// Changes a secret of one of the apps.
    pub async fn change_secret(
        &self,
        person: &Person,
        (id, stage): (Uuid, Stage),
        secret_id: Uuid,
        change: SecretChange,
    ) -> Result<(), ActError> {
        let which = (id, stage, secret_id, change);
        let args = (person.clone(), which, self.stamp(person));
        let app_id = self
            .db
            .write(
                Isolation::Serializable,
                args,
                |tx, (person, (id, stage, secret_id, change), stamp)| {
                    Box::pin(async move {
                        let listing = own(tx, person, id).await?;
                        let app_id = listing.app(*stage).ok_or(ActError::NotFound)?.app_id;
                        let (owner, secret) = (&person.company_id, (&app_id, secret_id));
                        if *change == SecretChange::Delete {
                            apps::delete_secret(tx, owner, secret).await?;
                        } else {
                            let active = *change == SecretChange::Activate;
                            apps::switch_secret(tx, owner, secret, active, stamp.at()).await?;
                        }
                        let details = json!({
                            "app": app_id, "stage": stage.word(), "secret": secret_id,
                        });
                        note(tx, stamp, &listing, change.action(), details).await?;
                        Ok::<_, ActError>(app_id)
                    })
                },
            )
            .await?;
        self.oauth.forget_app(&app_id);
        Ok(())
    }
}
