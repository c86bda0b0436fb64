//! The pages of partners and operators with made-up content.

use std::collections::BTreeMap;

use askama::Template as _;
use bursar_appcenter::{
    ActError, Created, Fault, Faults, Kind, Listing, LogoError, Part, Reviewed, Stage, StageApp,
    State,
};
use bursar_directory::Role;
use bursar_kernel::{Micros, Uuid};
use bursar_oauth::apps::{AppSettings, LINKS_MAX, Links, RegisteredApp, SecretError, SecretRow};
use bursar_oauth::{Grant, RedirectUri, Rotation, Scopes};

use super::app_samples::{LONG, app_id, frame, listing};
use super::{
    ConfirmPage, CredentialsPage, NewAppPage, Notice, OperatorAppsPage, PartnerAppPage,
    PartnerAppsPage, Question, ReviewNotice, Section, SettingsTyped, StageForm,
};

pub(super) fn settings() -> AppSettings {
    let uri = |text: &str| RedirectUri::try_from(text.to_owned()).ok();
    let uris = [
        "https://bluebird.example/back",
        "com.example.bluebird:/back",
    ];
    AppSettings {
        name: "Bluebird Cafe".into(),
        scopes: Scopes::parse("openid receipts.writeonly"),
        grants: vec![Grant::AuthorizationCode, Grant::RefreshToken],
        redirect_uris: uris.into_iter().filter_map(uri).collect(),
        rotation: Rotation::New,
    }
}

pub(super) fn registered() -> RegisteredApp {
    RegisteredApp {
        id: app_id(5),
        owner_id: Some(Uuid::from_u128(7)),
        settings: settings(),
        home: "us".into(),
        enabled: true,
        blocked: false,
    }
}

fn reviewed(listing: Listing, blocked: bool) -> Reviewed {
    let app = |behind: &StageApp| {
        let app = RegisteredApp {
            id: behind.app_id,
            blocked,
            ..registered()
        };
        (behind.stage, app)
    };
    Reviewed {
        apps: listing.apps.iter().map(app).collect(),
        listing,
    }
}

fn secret(number: u128, active: bool) -> SecretRow {
    SecretRow {
        id: Uuid::from_u128(0x9c1d_2e3f_4a5b_4c6d_8e7f_901a_2b3c_4d00 + number),
        active,
        created_at: Micros(1_795_000_000_000_000),
        updated_at: Micros(1_795_000_000_000_000),
    }
}

impl SettingsTyped {
    fn sample() -> Self {
        Self::of(settings(), "https://bluebird.example/connect".into())
    }
}

fn faults(all: &[(&'static str, Fault)]) -> Faults {
    all.iter().cloned().collect()
}

impl NewAppPage {
    /// As it is opened.
    pub fn sample() -> Self {
        let home = |id: &str| (id.to_owned(), format!("https://{id}.api.example.com"));
        Self {
            frame: frame(&[Role::Partner], Section::PartnerApps),
            id: Uuid::from_u128(9),
            kind: "user".into(),
            home: "us".into(),
            homes: vec![home("us"), home("emea")],
            typed: SettingsTyped::sample(),
            faults: Faults::new(),
        }
    }

    /// With a fault in every field.
    pub fn sample_failed() -> Self {
        Self {
            typed: SettingsTyped {
                connect_url: "http://bluebird.example".into(),
                scopes: "\"all\"".into(),
                redirect_uris: "https://bluebird.example/back\n/back".into(),
                ..SettingsTyped::default()
            },
            faults: faults(&[
                ("name", Fault::Missing),
                ("connect_url", Fault::NotHttps),
                ("scopes", Fault::NotAScope("\"all\"".into())),
                ("redirect_uris", Fault::NotARedirectUri("/back".into())),
                ("rotation", Fault::NotOffered),
                ("grants", Fault::Missing),
                ("kind", Fault::NotOffered),
                ("home", Fault::NotOffered),
            ]),
            ..Self::sample()
        }
    }
}

impl CredentialsPage {
    /// A fresh development app.
    pub fn sample() -> Self {
        Self {
            frame: frame(&[Role::Partner], Section::PartnerApps),
            listing_id: Uuid::from_u128(9),
            stage: Stage::Development,
            created: Created {
                client_id: app_id(4),
                client_secret: "a7d0c1e2-93f4-4b65-8c76-d7e8f9a0b151".into(),
                name: "Bluebird Cafe".into(),
                home: "us".into(),
            },
            geolocation: "https://us.api.example.com".into(),
            another: false,
        }
    }

    /// Another secret for a production app.
    pub fn sample_another() -> Self {
        Self {
            stage: Stage::Production,
            another: true,
            ..Self::sample()
        }
    }
}

impl ConfirmPage {
    /// Before anybody answers.
    pub fn sample(question: Question) -> Self {
        let (role, section) = match question {
            Question::StopApp(_) | Question::Withdraw => (Role::Partner, Section::PartnerApps),
            Question::BlockApps | Question::TakeBack => (Role::Operator, Section::Review),
        };
        Self {
            frame: frame(&[role], section),
            question,
            listing_id: Uuid::from_u128(9),
            name: "Bluebird Cafe".into(),
            note: String::new(),
            faults: Faults::new(),
        }
    }

    /// An operator said nothing to the partner.
    pub fn sample_wordless() -> Self {
        Self {
            faults: faults(&[("note", Fault::Missing)]),
            ..Self::sample(Question::TakeBack)
        }
    }
}

impl PartnerAppsPage {
    /// Listings in every state.
    pub fn sample() -> Self {
        Self {
            frame: frame(&[Role::Partner], Section::PartnerApps),
            listings: vec![
                listing(2, "Bluebird Cafe", Kind::User, State::Certified),
                listing(3, LONG, Kind::Enterprise, State::InReview),
                listing(4, "Bluebird Rides", Kind::User, State::Draft),
            ],
        }
    }

    /// Before the first.
    pub fn sample_empty() -> Self {
        Self {
            listings: Vec::new(),
            ..Self::sample()
        }
    }
}

impl PartnerAppPage {
    /// A listing in this state, with both apps.
    pub fn sample(state: State) -> Self {
        let listing = listing(2, "Bluebird Cafe", Kind::User, state);
        let form = |app: &StageApp| StageForm {
            stage: app.stage,
            client_id: app.app_id,
            geolocation: "https://us.api.example.com".into(),
            enabled: app.stage == Stage::Development,
            blocked: false,
            secrets: vec![secret(1, true), secret(2, false)],
            new_secret_id: Uuid::from_u128(3),
            links: Links {
                connected: 1_204,
                de_linked: 31,
                revoked: 7,
            },
            typed: SettingsTyped::sample(),
            faults: Faults::new(),
        };
        Self {
            frame: frame(&[Role::Partner], Section::PartnerApps),
            texts: (listing.texts.clone(), Faults::new()),
            stages: listing.apps.iter().map(form).collect(),
            deep_link: format!("https://www-us.api.example.com{}", listing.deep_link()),
            listing,
            notice: Some(Notice::Saved),
        }
    }

    /// A draft whose form was refused, given back by a reviewer, without a production app.
    pub fn sample_failed() -> Self {
        let mut page = Self::sample(State::Draft);
        page.listing.apps.truncate(1);
        page.listing.logo = None;
        page.listing.note = "Your support link leads nowhere.".into();
        page.stages.truncate(1);
        page.stages[0].faults = faults(&[
            ("connect_url", Fault::Reserved("requestToken")),
            (
                "redirect_uris",
                Fault::Repeated("https://bluebird.example/back".into()),
            ),
            ("grants", Fault::Missing),
        ]);
        page.texts.1 = faults(&[
            ("name", Fault::TooLong(60)),
            ("description", Fault::Invisible),
            ("terms_url", Fault::NotAnAddress),
            ("support_url", Fault::NotPlain),
        ]);
        page.notice = Some(Notice::Failed(ActError::Faults(Faults::new())));
        page
    }

    /// One that an operator has stopped, with more connections than are counted.
    pub fn sample_blocked() -> Self {
        let mut page = Self::sample(State::Certified);
        for stage in &mut page.stages {
            (stage.blocked, stage.links.connected) = (true, LINKS_MAX);
            stage.typed.redirect_uris.clear();
        }
        page
    }

    /// A draft after something else was refused.
    pub fn sample_refused(error: ActError) -> Self {
        Self {
            notice: Some(Notice::Failed(error)),
            ..Self::sample(State::Draft)
        }
    }
}

impl OperatorAppsPage {
    /// One to review, one to release.
    pub fn sample() -> Self {
        Self {
            frame: frame(&[Role::Operator], Section::Review),
            in_review: vec![reviewed(
                listing(3, LONG, Kind::Enterprise, State::InReview),
                false,
            )],
            certified: vec![reviewed(
                listing(2, "Bluebird Cafe", Kind::User, State::Certified),
                false,
            )],
            drafts: vec![reviewed(
                listing(4, "Bluebird Rides", Kind::User, State::Draft),
                true,
            )],
            regions: vec!["us".into(), "emea".into()],
            notice: None,
            saved: true,
        }
    }

    /// After a day that is none.
    pub fn sample_failed() -> Self {
        let page = Self::sample();
        let notice = ReviewNotice {
            listing_id: page.certified[0].listing.id,
            typed: "2026-02-30".into(),
            region: "emea".into(),
            faults: faults(&[("released_on", Fault::NotADay)]),
        };
        Self {
            notice: Some(notice),
            saved: false,
            ..page
        }
    }

    /// After somebody else was faster, and nothing is left.
    pub fn sample_overtaken() -> Self {
        Self {
            in_review: Vec::new(),
            certified: Vec::new(),
            drafts: Vec::new(),
            saved: false,
            notice: Some(ReviewNotice {
                listing_id: Uuid::nil(),
                typed: String::new(),
                region: String::new(),
                faults: BTreeMap::new(),
            }),
            ..Self::sample()
        }
    }
}

/// Every sample page of partners and operators, rendered.
pub(super) fn all() -> Vec<(&'static str, askama::Result<String>)> {
    let mut all = of_partners();
    all.extend(of_operators());
    all
}

fn of_partners() -> Vec<(&'static str, askama::Result<String>)> {
    let incomplete = ActError::Incomplete(vec![Part::Logo, Part::ProductionApp]);
    let logo = ActError::Logo(LogoError::Size {
        width: 640,
        height: 480,
    });
    let secret = ActError::Secret(SecretError::LastActive);
    vec![
        ("partner-apps", PartnerAppsPage::sample().render()),
        (
            "partner-apps-empty",
            PartnerAppsPage::sample_empty().render(),
        ),
        ("partner-new", NewAppPage::sample().render()),
        ("partner-new-failed", NewAppPage::sample_failed().render()),
        ("credentials", CredentialsPage::sample().render()),
        (
            "credentials-another",
            CredentialsPage::sample_another().render(),
        ),
        (
            "partner-app-blocked",
            PartnerAppPage::sample_blocked().render(),
        ),
        (
            "partner-app-secret",
            PartnerAppPage::sample_refused(secret).render(),
        ),
        ("partner-app", PartnerAppPage::sample(State::Draft).render()),
        (
            "partner-app-certified",
            PartnerAppPage::sample(State::Certified).render(),
        ),
        (
            "partner-app-failed",
            PartnerAppPage::sample_failed().render(),
        ),
        (
            "partner-app-incomplete",
            PartnerAppPage::sample_refused(incomplete).render(),
        ),
        (
            "partner-app-logo",
            PartnerAppPage::sample_refused(logo).render(),
        ),
    ]
}

fn of_operators() -> Vec<(&'static str, askama::Result<String>)> {
    let asked = |question| ConfirmPage::sample(question).render();
    vec![
        ("ask-stop", asked(Question::StopApp(Stage::Production))),
        ("ask-withdraw", asked(Question::Withdraw)),
        ("ask-block", asked(Question::BlockApps)),
        ("ask-take-back", asked(Question::TakeBack)),
        ("ask-wordless", ConfirmPage::sample_wordless().render()),
        ("operator-apps", OperatorAppsPage::sample().render()),
        (
            "operator-apps-failed",
            OperatorAppsPage::sample_failed().render(),
        ),
        (
            "operator-apps-overtaken",
            OperatorAppsPage::sample_overtaken().render(),
        ),
    ]
}
