//! What a partner decides about its listings.

use bursar_db::{DbError, Isolation, Tx};
use bursar_directory::{Decision, Stamp, api as directory};
use bursar_kernel::{Uuid, hex32};
use bursar_oauth::RedirectUri;
use bursar_oauth::apps::{self, AppSettings, NewApp, RegisteredApp};
use serde_json::{Value, json};

use crate::api::own_listing;
use crate::error::{ActError, Part};
use crate::fields::{Entry, Settings, Texts};
use crate::logo;
use crate::model::{Listing, Person, Stage, StageApp, State};
use crate::state::AppCenter;
use crate::store;

/// A fresh app's credentials, to show once.
pub struct Created {
    /// The client id.
    pub client_id: Uuid,
    /// The client secret, which nobody can read again.
    pub client_secret: String,
    /// The app's name.
    pub name: String,
    /// The id of the data center that is its geolocation.
    pub home: String,
}

impl Created {
    fn of(app: &NewApp, name: String, home: String) -> Self {
        Self {
            client_id: app.id(),
            client_secret: app.secret().to_owned(),
            name,
            home,
        }
    }
}

impl AppCenter {
    /// Makes a listing with its development app.
    ///
    /// `id` was drawn with the form, so that a form that is sent twice makes one listing.
    pub async fn create(
        &self,
        person: &Person,
        id: Uuid,
        entry: Entry,
    ) -> Result<Created, ActError> {
        let Settings { app, connect_url } = entry.settings;
        let name = app.name.clone();
        let new = NewApp::draw(&self.oauth, person.company_id, &entry.home, app);
        let created = Created::of(&new, name.clone(), entry.home);
        let listing = Listing {
            id,
            company_id: person.company_id,
            partner_name: String::new(),
            kind: entry.kind,
            state: State::Draft,
            texts: Texts {
                name,
                ..Texts::default()
            },
            logo: None,
            preview_code: hex32(&self.rng.uuid()),
            note: String::new(),
            apps: vec![StageApp {
                stage: Stage::Development,
                app_id: new.id(),
                connect_url,
            }],
            releases: Vec::new(),
        };
        let args = (listing, new, self.stamp(person));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (listing, new, stamp)| {
                    Box::pin(async move {
                        if !store::insert_listing(tx, listing, stamp.at()).await? {
                            return Err(ActError::Exists);
                        }
                        apps::create(tx, new, stamp.at()).await?;
                        for app in &listing.apps {
                            store::insert_app(tx, &listing.company_id, &listing.id, app).await?;
                        }
                        let details = json!({ "listing": listing.id, "app": new.id() });
                        note(tx, stamp, listing, "app.create", details).await
                    })
                },
            )
            .await?;
        Ok(created)
    }

    /// Makes the production app of a listing, with the development app's settings.
    pub async fn create_production(&self, person: &Person, id: Uuid) -> Result<Created, ActError> {
        let (_, like) = self.stage_app(person, id, Stage::Development).await?;
        let (name, home) = (like.settings.name.clone(), like.home.clone());
        let new = NewApp::draw(&self.oauth, person.company_id, &home, like.settings);
        let created = Created::of(&new, name, home);
        let args = (person.clone(), id, new, self.stamp(person));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (person, id, new, stamp)| {
                    Box::pin(async move {
                        let listing = own(tx, person, id).await?;
                        let app = StageApp {
                            stage: Stage::Production,
                            app_id: new.id(),
                            connect_url: String::new(),
                        };
                        apps::create(tx, new, stamp.at()).await?;
                        if !store::insert_app(tx, &listing.company_id, id, &app).await? {
                            return Err(ActError::Exists);
                        }
                        let details = json!({ "app": new.id(), "stage": "production" });
                        note(tx, stamp, &listing, "app.create", details).await
                    })
                },
            )
            .await?;
        Ok(created)
    }

    /// A partner's listing, with one of its apps.
    pub async fn stage_app(
        &self,
        person: &Person,
        id: Uuid,
        stage: Stage,
    ) -> Result<(Listing, RegisteredApp), ActError> {
        self.db
            .read((person.clone(), id, stage), |tx, (person, id, stage)| {
                Box::pin(async move {
                    let listing = own(tx, person, id).await?;
                    let app_id = listing.app(*stage).map(|app| app.app_id);
                    let app = apps::find(tx, &app_id.ok_or(ActError::NotFound)?).await?;
                    Ok((listing, app.ok_or(ActError::NotFound)?))
                })
            })
            .await
    }

    /// Changes what a draft says.
    pub async fn set_texts(&self, person: &Person, id: Uuid, texts: Texts) -> Result<(), ActError> {
        let args = (person.clone(), id, texts, self.stamp(person));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (person, id, texts, stamp)| {
                    Box::pin(async move {
                        let listing = own(tx, person, id).await?;
                        if !store::set_texts(tx, &listing.company_id, id, texts).await? {
                            return Err(ActError::Locked);
                        }
                        note(tx, stamp, &listing, "listing.change", json!({})).await
                    })
                },
            )
            .await
    }

    /// Gives a draft its logo.
    pub async fn set_logo(&self, person: &Person, id: Uuid, file: Vec<u8>) -> Result<(), ActError> {
        // Off the request threads: a picture is decoded and encoded.
        let clean = tokio::task::spawn_blocking(move || logo::clean(&file)).await;
        let clean = clean.unwrap_or(Err(logo::LogoError::NotPng))?;
        let blob = self.blobs.put(clean).await?.to_string();
        let args = (person.clone(), id, blob, self.stamp(person));
        self.db
            .write(
                Isolation::Serializable,
                args,
                |tx, (person, id, blob, stamp)| {
                    Box::pin(async move {
                        let listing = own(tx, person, id).await?;
                        if !store::set_logo(tx, &listing.company_id, id, blob).await? {
                            return Err(ActError::Locked);
                        }
                        let details = json!({ "logo": blob });
                        note(tx, stamp, &listing, "listing.logo", details).await
                    })
                },
            )
            .await
    }

    /// Changes one of the apps. Choice: the production app changes with a draft only, for it is
    /// part of what is reviewed; the development app at any time.
    pub async fn set_settings(
        &self,
        person: &Person,
        id: Uuid,
        stage: Stage,
        settings: Settings,
    ) -> Result<(), ActError> {
        let args = (person.clone(), id, stage, settings, self.stamp(person));
        let app_id = self
            .db
            .write(
                Isolation::Serializable,
                args,
                |tx, (person, id, stage, settings, stamp)| {
                    Box::pin(async move {
                        let listing = own(tx, person, id).await?;
                        if *stage == Stage::Production && listing.state != State::Draft {
                            return Err(ActError::Locked);
                        }
                        let app_id = listing.app(*stage).ok_or(ActError::NotFound)?.app_id;
                        if !apps::change(tx, &person.company_id, &app_id, &settings.app).await? {
                            return Err(ActError::NotFound);
                        }
                        store::set_connect_url(tx, &listing, *stage, &settings.connect_url).await?;
                        let details = changed(&app_id, *stage, settings);
                        note(tx, stamp, &listing, "app.change", details).await?;
                        Ok::<_, ActError>(app_id)
                    })
                },
            )
            .await?;
        self.oauth.forget_app(&app_id);
        Ok(())
    }

    /// Lets one of the apps work, or stops it within a second, at any time.
    pub async fn set_enabled(
        &self,
        person: &Person,
        id: Uuid,
        stage: Stage,
        enabled: bool,
    ) -> Result<(), ActError> {
        let args = (person.clone(), id, stage, enabled, self.stamp(person));
        let app_id = self
            .db
            .write(
                Isolation::Serializable,
                args,
                |tx, (person, id, stage, enabled, stamp)| {
                    Box::pin(async move {
                        let listing = own(tx, person, id).await?;
                        let app_id = listing.app(*stage).ok_or(ActError::NotFound)?.app_id;
                        let owner = &person.company_id;
                        if !apps::set_enabled(tx, owner, &app_id, *enabled).await? {
                            return Err(ActError::NotFound);
                        }
                        let action = if *enabled { "app.start" } else { "app.stop" };
                        let details = json!({ "app": app_id, "stage": stage.word() });
                        note(tx, stamp, &listing, action, details).await?;
                        Ok::<_, ActError>(app_id)
                    })
                },
            )
            .await?;
        self.oauth.forget_app(&app_id);
        Ok(())
    }

    /// Hands a draft in for review, once it is complete.
    pub async fn submit(&self, person: &Person, id: Uuid) -> Result<(), ActError> {
        let args = (person.clone(), id, self.stamp(person));
        self.db
            .write(Isolation::Serializable, args, |tx, (person, id, stamp)| {
                Box::pin(async move {
                    let listing = own(tx, person, id).await?;
                    let missing = missing(&listing);
                    if !missing.is_empty() {
                        return Err(ActError::Incomplete(missing));
                    }
                    let (from, to) = (State::Draft, State::InReview);
                    if !store::set_state(tx, &listing, from, to, "").await? {
                        return Err(ActError::OtherState);
                    }
                    note(tx, stamp, &listing, "listing.submit", json!({})).await
                })
            })
            .await
    }

    /// Makes a listing a draft again, to change it. Choice: it leaves the App Center until it is
    /// certified anew; its connections and its release dates stay.
    pub async fn withdraw(&self, person: &Person, id: Uuid) -> Result<(), ActError> {
        let args = (person.clone(), id, self.stamp(person));
        self.db
            .write(Isolation::Serializable, args, |tx, (person, id, stamp)| {
                Box::pin(async move {
                    let listing = own(tx, person, id).await?;
                    let from = listing.state;
                    let moved = from != State::Draft
                        && store::set_state(tx, &listing, from, State::Draft, "").await?;
                    if !moved {
                        return Err(ActError::OtherState);
                    }
                    let details = json!({ "was": from.word() });
                    note(tx, stamp, &listing, "listing.withdraw", details).await
                })
            })
            .await
    }
}

/// What a listing lacks before it can be reviewed.
fn missing(listing: &Listing) -> Vec<Part> {
    let texts = &listing.texts;
    let production = listing.app(Stage::Production);
    let parts = [
        (texts.summary.is_empty(), Part::Summary),
        (texts.description.is_empty(), Part::Description),
        (texts.terms_url.is_empty(), Part::Terms),
        (texts.support_url.is_empty(), Part::Support),
        (listing.logo.is_none(), Part::Logo),
        (production.is_none(), Part::ProductionApp),
        (
            production.is_some_and(|app| app.connect_url.is_empty()),
            Part::ConnectUrl,
        ),
    ];
    let lacking = parts.into_iter().filter(|(lacks, _)| *lacks);
    lacking.map(|(_, part)| part).collect()
}

fn changed(app_id: &Uuid, stage: Stage, settings: &Settings) -> Value {
    let AppSettings {
        name,
        scopes,
        grants,
        redirect_uris,
        rotation,
    } = &settings.app;
    let grants: Vec<_> = grants.iter().map(|grant| grant.name()).collect();
    let redirect_uris: Vec<_> = redirect_uris.iter().map(RedirectUri::as_str).collect();
    json!({
        "app": app_id,
        "stage": stage.word(),
        "name": name,
        "scopes": scopes,
        "grants": grants,
        "redirectUris": redirect_uris,
        "rotation": rotation.name(),
        "connectUrl": settings.connect_url,
    })
}

pub(crate) async fn own(tx: &mut Tx, person: &Person, id: &Uuid) -> Result<Listing, ActError> {
    let found = own_listing(tx, person, id).await?;
    found.ok_or(ActError::NotFound)
}

/// Appends to the partner's audit log.
pub(crate) async fn note(
    tx: &mut Tx,
    stamp: &Stamp,
    listing: &Listing,
    action: &'static str,
    details: Value,
) -> Result<(), ActError> {
    let decision = Decision {
        company_id: &listing.company_id,
        action,
        subject: &listing.texts.name,
        details,
    };
    let appended: Result<(), DbError> = directory::append_audit(tx, stamp, &decision).await;
    appended.map_err(ActError::Db)
}
