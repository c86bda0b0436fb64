//! What operators decide about listings, and administrators about apps.
//!
//! Source: manage-apps/app-certification.markdown; manage-apps/go-market-docs/
//! apps-for-me-release-schedule.markdown (release on a date); app-center-client-faq.markdown
//! ("administrators can disable").

use std::collections::BTreeMap;

use bursar_db::{Isolation, Tx};
use bursar_directory::{Decision, Stamp, api as directory};
use bursar_kernel::Uuid;
use bursar_oauth::apps;
use serde_json::{Value, json};

use crate::api;
use crate::error::ActError;
use crate::fields::{self, Fault};
use crate::model::{Listing, Person, State};
use crate::partner::note;
use crate::state::AppCenter;
use crate::store;

impl AppCenter {
    /// Certifies what is in review.
    pub async fn certify(&self, operator: &Person, id: Uuid) -> Result<(), ActError> {
        let (from, to) = (State::InReview, State::Certified);
        self.decide(operator, id, (from, to), String::new(), "listing.certify")
            .await
    }

    /// Gives what is in review back to the partner, with words.
    pub async fn give_back(
        &self,
        operator: &Person,
        id: Uuid,
        words: &str,
    ) -> Result<(), ActError> {
        let words = fields::note(words).map_err(|fault| faulty("note", fault))?;
        let (from, to) = (State::InReview, State::Draft);
        self.decide(operator, id, (from, to), words, "listing.give_back")
            .await
    }

    /// Takes a certification back, with words to the partner. Choice: the listing leaves the App
    /// Center as when its partner withdraws it; connections stay until its apps are stopped.
    pub async fn take_back(
        &self,
        operator: &Person,
        id: Uuid,
        words: &str,
    ) -> Result<(), ActError> {
        let words = fields::note(words).map_err(|fault| faulty("note", fault))?;
        let (from, to) = (State::Certified, State::Draft);
        self.decide(operator, id, (from, to), words, "listing.take_back")
            .await
    }

    async fn decide(
        &self,
        operator: &Person,
        id: Uuid,
        states: (State, State),
        words: String,
        action: &'static str,
    ) -> Result<(), ActError> {
        let args = (id, states, words, action, self.stamp(operator));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (id, (from, to), words, action, stamp)| {
                    Box::pin(async move {
                        let listing = any(tx, id).await?;
                        if !store::set_state(tx, &listing, *from, *to, words).await? {
                            return Err(ActError::OtherState);
                        }
                        note(tx, stamp, &listing, action, json!({ "note": words })).await
                    })
                },
            )
            .await
    }

    /// Releases a certified listing in a region on a day.
    pub async fn release(
        &self,
        operator: &Person,
        id: Uuid,
        region: &str,
        day: &str,
    ) -> Result<(), ActError> {
        let on = match day.trim() {
            "" => return Err(faulty("released_on", Fault::Missing)),
            day => fields::day(day).map_err(|fault| faulty("released_on", fault))?,
        };
        self.set_release(operator, id, region, Some(on)).await
    }

    /// Takes a certified listing out of a region.
    pub async fn end_release(
        &self,
        operator: &Person,
        id: Uuid,
        region: &str,
    ) -> Result<(), ActError> {
        self.set_release(operator, id, region, None).await
    }

    async fn set_release(
        &self,
        operator: &Person,
        id: Uuid,
        region: &str,
        on: Option<String>,
    ) -> Result<(), ActError> {
        if self.data_centers.home(region).is_err() {
            return Err(faulty("region", Fault::NotOffered));
        }
        let args = (id, region.to_owned(), on, self.stamp(operator));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (id, region, on, stamp)| {
                    Box::pin(async move {
                        let listing = any(tx, id).await?;
                        if listing.state != State::Certified {
                            return Err(ActError::OtherState);
                        }
                        store::set_release(tx, &listing, region, on.as_deref()).await?;
                        let details = json!({ "region": region, "on": on });
                        note(tx, stamp, &listing, "listing.release", details).await
                    })
                },
            )
            .await
    }

    /// Stops the apps of a listing within a second, in whatever state it is, or ends that. Choice:
    /// the partner cannot undo it.
    pub async fn block(&self, operator: &Person, id: Uuid, blocked: bool) -> Result<(), ActError> {
        let args = (id, blocked, self.stamp(operator));
        let apps = self
            .db
            .write(Isolation::Serializable, args, |tx, (id, blocked, stamp)| {
                Box::pin(async move {
                    let listing = any(tx, id).await?;
                    let mut stopped = Vec::new();
                    for app in &listing.apps {
                        apps::set_blocked(tx, &app.app_id, *blocked).await?;
                        stopped.push(app.app_id);
                    }
                    let action = if *blocked { "app.block" } else { "app.unblock" };
                    note(tx, stamp, &listing, action, json!({ "apps": stopped })).await?;
                    Ok::<_, ActError>(stopped)
                })
            })
            .await?;
        for app_id in &apps {
            self.oauth.forget_app(app_id);
        }
        Ok(())
    }

    /// Lets an app act for the administrator's company, or stops that within a second: both apps of
    /// a listing that is released where the company lives.
    pub async fn enable(&self, admin: &Person, id: Uuid, enabled: bool) -> Result<(), ActError> {
        let args = (admin.clone(), id, enabled, self.today(), self.stamp(admin));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (admin, id, enabled, today, stamp)| {
                    Box::pin(async move {
                        let seen = api::view(tx, admin, id, None, today).await?;
                        let listing = seen.ok_or(ActError::NotFound)?.listing;
                        for app in &listing.apps {
                            let company_id = &admin.company_id;
                            apps::enable_for(tx, company_id, &app.app_id, *enabled).await?;
                        }
                        let details = json!({ "listing": listing.id });
                        let name = &listing.texts.name;
                        decided(tx, stamp, admin, *enabled, name, details).await
                    })
                },
            )
            .await
    }

    /// The same for one app that is connected for the company though the App Center does not show
    /// it; of others nothing is known.
    pub async fn enable_app(
        &self,
        admin: &Person,
        app_id: Uuid,
        enabled: bool,
    ) -> Result<(), ActError> {
        let today = self.today();
        let args = (admin.clone(), app_id, enabled, today, self.stamp(admin));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (admin, app_id, enabled, today, stamp)| {
                    Box::pin(async move {
                        let unlisted = api::company_apps(tx, admin, today).await?.unlisted;
                        let found = unlisted.into_iter().find(|app| app.id == *app_id);
                        let app = found.ok_or(ActError::NotFound)?;
                        apps::enable_for(tx, &admin.company_id, app_id, *enabled).await?;
                        let details = json!({ "app": app_id });
                        decided(tx, stamp, admin, *enabled, &app.name, details).await
                    })
                },
            )
            .await
    }
}

/// Appends to the log of the administrator's company.
async fn decided(
    tx: &mut Tx,
    stamp: &Stamp,
    admin: &Person,
    enabled: bool,
    subject: &str,
    details: Value,
) -> Result<(), ActError> {
    let decision = Decision {
        company_id: &admin.company_id,
        action: if enabled { "app.enable" } else { "app.disable" },
        subject,
        details,
    };
    Ok(directory::append_audit(tx, stamp, &decision).await?)
}

fn faulty(field: &'static str, fault: Fault) -> ActError {
    ActError::Faults(BTreeMap::from([(field, fault)]))
}

async fn any(tx: &mut Tx, id: &Uuid) -> Result<Listing, ActError> {
    store::listing(tx, id).await?.ok_or(ActError::NotFound)
}
