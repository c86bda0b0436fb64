//! What operators decide about listings, and administrators about apps.
//!
//! Source: manage-apps/app-certification.markdown; manage-apps/go-market-docs/
//! apps-for-me-release-schedule.markdown (release on a date); app-center-client-faq.markdown
//! ("administrators can disable").

use std::collections::BTreeMap;

use bursar_db::{Isolation, Tx};
use bursar_directory::{Decision, api as directory};
use bursar_kernel::Uuid;
use bursar_oauth::apps;
use serde_json::json;

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
        let (to, action) = (State::Certified, "listing.certify");
        self.decide(operator, id, to, String::new(), action).await
    }

    /// Gives what is in review back to the partner, with words.
    pub async fn give_back(
        &self,
        operator: &Person,
        id: Uuid,
        words: &str,
    ) -> Result<(), ActError> {
        let words = fields::note(words).map_err(|fault| faulty("note", fault))?;
        let (to, action) = (State::Draft, "listing.give_back");
        self.decide(operator, id, to, words, action).await
    }

    async fn decide(
        &self,
        operator: &Person,
        id: Uuid,
        to: State,
        words: String,
        action: &'static str,
    ) -> Result<(), ActError> {
        let args = (id, to, words, action, self.stamp(operator));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (id, to, words, action, stamp)| {
                    Box::pin(async move {
                        let listing = any(tx, id).await?;
                        if !store::set_state(tx, &listing, State::InReview, *to, words).await? {
                            return Err(ActError::OtherState);
                        }
                        note(tx, stamp, &listing, action, json!({ "note": words })).await
                    })
                },
            )
            .await
    }

    /// Releases a certified listing in a region on a day, or takes it back there when the day is
    /// empty.
    pub async fn release(
        &self,
        operator: &Person,
        id: Uuid,
        region: &str,
        day: &str,
    ) -> Result<(), ActError> {
        if self.data_centers.home(region).is_err() {
            return Err(faulty("region", Fault::NotOffered));
        }
        let on = match day.trim() {
            "" => None,
            day => Some(fields::day(day).map_err(|fault| faulty("released_on", fault))?),
        };
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
                        let decision = Decision {
                            company_id: &admin.company_id,
                            action: if *enabled {
                                "app.enable"
                            } else {
                                "app.disable"
                            },
                            subject: &listing.texts.name,
                            details: json!({ "listing": listing.id }),
                        };
                        directory::append_audit(tx, stamp, &decision).await?;
                        Ok(())
                    })
                },
            )
            .await
    }
}

fn faulty(field: &'static str, fault: Fault) -> ActError {
    ActError::Faults(BTreeMap::from([(field, fault)]))
}

async fn any(tx: &mut Tx, id: &Uuid) -> Result<Listing, ActError> {
    store::listing(tx, id).await?.ok_or(ActError::NotFound)
}
