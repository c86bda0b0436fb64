//! The App Center's pages with made-up content.

use std::collections::BTreeMap;

use askama::Template as _;
use bursar_appcenter::{
    ActError, Block, Card, Created, Fault, Faults, Kind, Listing, LogoError, Part, Release, Stage,
    StageApp, State, Texts, View,
};
use bursar_directory::{Audited, Role, Roles};
use bursar_kernel::{Micros, Uuid};
use bursar_oauth::apps::{AppSettings, RegisteredApp};
use bursar_oauth::{Connection, Grant, Link, Scopes};

use super::{
    AdminAppsPage, AppPage, ApprovalsPage, AppsPage, AuditPage, ConnectionsPage, CredentialsPage,
    DisconnectPage, Frame, NewAppPage, Notice, OperatorAppsPage, PartnerAppPage, PartnerAppsPage,
    ReviewNotice, Section, SettingsTyped, StageForm, TermsPage,
};

const LONG: &str = "Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltungsanwendung";

fn frame(roles: &[Role], section: Section) -> Frame {
    let mut frame = Frame::sample().at(section);
    if let Some(signed_in) = &mut frame.signed_in {
        signed_in.roles = Roles::from(roles.to_vec());
    }
    frame
}

fn app_id(number: u128) -> Uuid {
    Uuid::from_u128(0x5f1c_2d3e_4a5b_4c6d_8e7f_901a_2b3c_4d00 + number)
}

fn listing(number: u128, name: &str, kind: Kind, state: State) -> Listing {
    let app = |stage, offset, connect_url: &str| StageApp {
        stage,
        app_id: app_id(number * 2 + offset),
        connect_url: connect_url.into(),
    };
    let release = |region: &str, on: &str| Release {
        region: region.into(),
        on: on.into(),
    };
    Listing {
        id: Uuid::from_u128(0x1b2c_3d4e_5f60_4718_8293_a4b5_c6d7_e800 + number),
        company_id: Uuid::from_u128(7),
        partner_name: "Bluebird Software".into(),
        kind,
        state,
        texts: Texts {
            name: name.into(),
            summary: "Receipts from every cup, in your expenses before it is empty.".into(),
            description: "Pay as always.\nThe receipt follows by itself, with its taxes.".into(),
            terms_url: "https://bluebird.example/terms".into(),
            support_url: "https://bluebird.example/help".into(),
        },
        logo: number.is_multiple_of(2).then(|| "ab".repeat(32)),
        preview_code: "0b7f3f4e5a434d0e9f0c3f8a1d2b6c55".into(),
        note: String::new(),
        apps: vec![
            app(Stage::Development, 0, "http://127.0.0.1:9000/connect"),
            app(Stage::Production, 1, "https://bluebird.example/connect"),
        ],
        releases: match state {
            State::Certified => vec![release("emea", "2026-12-01"), release("us", "2026-11-19")],
            State::Draft | State::InReview => Vec::new(),
        },
    }
}

fn card(number: u128, name: &str, kind: Kind, enabled: bool) -> Card {
    let listing = listing(number, name, kind, State::Certified);
    Card {
        id: listing.id,
        kind,
        name: listing.texts.name,
        summary: listing.texts.summary,
        logo: listing.logo,
        partner_name: listing.partner_name,
        app_id: app_id(number * 2 + 1),
        enabled,
    }
}

fn view(kind: Kind, stage: Stage, block: Option<Block>) -> View {
    let listing = listing(2, "Bluebird Cafe", kind, State::Certified);
    View {
        stage,
        app: RegisteredApp {
            id: app_id(5),
            owner_id: Some(listing.company_id),
            settings: AppSettings {
                name: "Bluebird Cafe".into(),
                scopes: Scopes::parse("openid receipts.writeonly travelrequest.write"),
                grants: vec![Grant::Password, Grant::RefreshToken],
            },
            home: "us".into(),
            enabled: block != Some(Block::Stopped),
        },
        connect_url: "https://bluebird.example/connect".into(),
        listing,
        block,
    }
}

impl AppsPage {
    /// What an administrator who travels sees.
    pub fn sample() -> Self {
        let user = vec![
            card(2, "Bluebird Cafe", Kind::User, true),
            card(3, LONG, Kind::User, true),
        ];
        let enterprise = vec![card(4, "Ledgerline ERP", Kind::Enterprise, false)];
        Self {
            frame: frame(&[Role::Traveller, Role::CompanyAdmin], Section::Apps),
            sections: vec![(Kind::User, user), (Kind::Enterprise, enterprise)],
        }
    }

    /// Before anything is released.
    pub fn sample_empty() -> Self {
        Self {
            frame: frame(&[Role::Traveller], Section::Apps),
            sections: vec![(Kind::User, Vec::new())],
        }
    }
}

impl AppPage {
    /// A released listing.
    pub fn sample() -> Self {
        Self {
            frame: frame(&[Role::Traveller], Section::Apps),
            view: view(Kind::User, Stage::Production, None),
            code: None,
            connected: false,
        }
    }

    /// By the deep link, connected already.
    pub fn sample_test() -> Self {
        Self {
            view: view(Kind::User, Stage::Development, None),
            code: Some("0b7f3f4e5a434d0e9f0c3f8a1d2b6c55".into()),
            connected: true,
            ..Self::sample()
        }
    }

    /// One that the reader cannot connect.
    pub fn sample_blocked(kind: Kind, block: Block) -> Self {
        Self {
            view: view(kind, Stage::Production, Some(block)),
            ..Self::sample()
        }
    }
}

impl TermsPage {
    /// Terms of an app of this kind.
    pub fn sample(kind: Kind) -> Self {
        Self {
            frame: frame(&[Role::Traveller, Role::CompanyAdmin], Section::Apps),
            view: view(kind, Stage::Production, None),
            code: None,
            company_name: "Northwind Trading".into(),
        }
    }
}

fn connection(number: u128, name: &str, link: Link) -> Connection {
    Connection {
        app_id: app_id(number),
        app_name: name.into(),
        connected_at: Micros(1_790_000_000_000_000),
        last_used_at: Micros(1_795_253_400_000_000),
        link,
    }
}

impl ConnectionsPage {
    /// One in each state.
    pub fn sample() -> Self {
        let user = vec![
            connection(5, "Bluebird Cafe", Link::Connected),
            connection(7, LONG, Link::DeLinked),
        ];
        let enterprise = vec![connection(9, "Ledgerline ERP", Link::Revoked)];
        Self {
            frame: frame(&[Role::Traveller, Role::CompanyAdmin], Section::Connections),
            sections: vec![(Kind::User, user), (Kind::Enterprise, enterprise)],
        }
    }

    /// Before the first.
    pub fn sample_empty() -> Self {
        Self {
            frame: frame(&[Role::Traveller], Section::Connections),
            sections: vec![(Kind::User, Vec::new())],
        }
    }
}

impl DisconnectPage {
    /// One of the reader's own.
    pub fn sample() -> Self {
        Self {
            frame: frame(&[Role::Traveller], Section::Connections),
            kind: Kind::User,
            connection: connection(5, "Bluebird Cafe", Link::Connected),
        }
    }
}

impl SettingsTyped {
    fn sample() -> Self {
        Self {
            name: "Bluebird Cafe".into(),
            connect_url: "https://bluebird.example/connect".into(),
            scopes: "openid receipts.writeonly".into(),
            grants: vec![Grant::Password, Grant::RefreshToken],
        }
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
                ..SettingsTyped::default()
            },
            faults: faults(&[
                ("name", Fault::Missing),
                ("connect_url", Fault::NotHttps),
                ("scopes", Fault::NotAScope("\"all\"".into())),
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

    /// A draft after something else was refused.
    pub fn sample_refused(error: ActError) -> Self {
        Self {
            notice: Some(Notice::Failed(error)),
            ..Self::sample(State::Draft)
        }
    }
}

impl AdminAppsPage {
    /// An app that is on and one that is off.
    pub fn sample() -> Self {
        Self {
            frame: frame(&[Role::CompanyAdmin], Section::AdminApps),
            cards: vec![
                card(2, "Bluebird Cafe", Kind::User, true),
                card(3, LONG, Kind::Enterprise, false),
            ],
        }
    }
}

impl ApprovalsPage {
    /// As it always is, so far.
    pub fn sample() -> Self {
        let frame = frame(&[Role::Traveller, Role::Approver], Section::Approvals);
        Self { frame }
    }
}

impl AuditPage {
    /// A busy morning, as an administrator or an operator sees it.
    pub fn sample(all: bool) -> Self {
        let entry = |number: u128, action: &str, subject: &str, details: &str| Audited {
            id: Uuid::from_u128(number),
            company_id: Uuid::from_u128(7),
            company_name: "Northwind Trading".into(),
            at: Micros(1_795_253_400_000_000),
            actor_name: "admin@northwind.example.com".into(),
            action: action.into(),
            subject: subject.into(),
            details: details.into(),
        };
        let role = if all {
            Role::Operator
        } else {
            Role::CompanyAdmin
        };
        Self {
            frame: frame(&[role], Section::Audit),
            entries: vec![
                entry(
                    3,
                    "app.disable",
                    "Bluebird Cafe",
                    r#"{"listing":"1b2c3d4e"}"#,
                ),
                entry(
                    2,
                    "app.connect",
                    LONG,
                    r#"{"for":"user","stage":"production"}"#,
                ),
                Audited {
                    actor_name: String::new(),
                    ..entry(
                        1,
                        "company.move",
                        "Northwind Trading",
                        r#"{"from":"us","to":"emea"}"#,
                    )
                },
            ],
            all,
            older: true,
        }
    }

    /// Before anything was decided.
    pub fn sample_empty() -> Self {
        Self {
            entries: Vec::new(),
            older: false,
            ..Self::sample(false)
        }
    }
}

impl OperatorAppsPage {
    /// One to review, one to release.
    pub fn sample() -> Self {
        Self {
            frame: frame(&[Role::Operator], Section::Review),
            in_review: vec![listing(3, LONG, Kind::Enterprise, State::InReview)],
            certified: vec![listing(2, "Bluebird Cafe", Kind::User, State::Certified)],
            regions: vec!["us".into(), "emea".into()],
            notice: None,
        }
    }

    /// After a day that is none.
    pub fn sample_failed() -> Self {
        let page = Self::sample();
        let notice = ReviewNotice {
            listing_id: page.certified[0].id,
            typed: "2026-02-30".into(),
            region: "emea".into(),
            faults: faults(&[("released_on", Fault::NotADay)]),
        };
        Self {
            notice: Some(notice),
            ..page
        }
    }

    /// After somebody else was faster, and nothing is left.
    pub fn sample_overtaken() -> Self {
        Self {
            in_review: Vec::new(),
            certified: Vec::new(),
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

/// Every sample page of the App Center, rendered.
pub(super) fn all() -> Vec<(&'static str, askama::Result<String>)> {
    let blocked = AppPage::sample_blocked(Kind::Enterprise, Block::NotYourRole);
    let incomplete = ActError::Incomplete(vec![Part::Logo, Part::ProductionApp]);
    let logo = ActError::Logo(LogoError::Size {
        width: 640,
        height: 480,
    });
    vec![
        ("approvals", ApprovalsPage::sample().render()),
        ("apps", AppsPage::sample().render()),
        ("apps-empty", AppsPage::sample_empty().render()),
        ("app", AppPage::sample().render()),
        ("app-test", AppPage::sample_test().render()),
        ("app-blocked", blocked.render()),
        ("terms", TermsPage::sample(Kind::User).render()),
        (
            "terms-enterprise",
            TermsPage::sample(Kind::Enterprise).render(),
        ),
        ("connections", ConnectionsPage::sample().render()),
        (
            "connections-empty",
            ConnectionsPage::sample_empty().render(),
        ),
        ("disconnect", DisconnectPage::sample().render()),
        ("partner-apps", PartnerAppsPage::sample().render()),
        (
            "partner-apps-empty",
            PartnerAppsPage::sample_empty().render(),
        ),
        ("partner-new", NewAppPage::sample().render()),
        ("partner-new-failed", NewAppPage::sample_failed().render()),
        ("credentials", CredentialsPage::sample().render()),
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
        ("admin-apps", AdminAppsPage::sample().render()),
        ("audit", AuditPage::sample(false).render()),
        ("audit-all", AuditPage::sample(true).render()),
        ("audit-empty", AuditPage::sample_empty().render()),
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
