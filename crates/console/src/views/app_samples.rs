//! The App Center's pages with made-up content, as those see them who connect its apps.

use askama::Template as _;
use bursar_appcenter::{
    Block, Card, CompanyApps, Kind, Listing, Release, Stage, StageApp, State, Texts, View,
};
use bursar_directory::{Audited, Role, Roles};
use bursar_kernel::{Micros, Uuid};
use bursar_oauth::apps::{AppSettings, CompanyApp, RegisteredApp};
use bursar_oauth::{Connection, Link, Scopes};
use bursar_pages::Frame;

use super::partner_samples::{registered, settings};
use super::samples::frame_for;
use super::{
    AdminAppsPage, AppPage, ApprovalsPage, AppsPage, AuditPage, ConnectionsPage, DisconnectPage,
    Section, TermsPage,
};

pub(super) const LONG: &str =
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltungsanwendung";

pub(super) fn frame(roles: &[Role], section: Section) -> Frame {
    frame_for(&Roles::from(roles.to_vec())).at(section.href())
}

pub(super) fn app_id(number: u128) -> Uuid {
    Uuid::from_u128(0x5f1c_2d3e_4a5b_4c6d_8e7f_901a_2b3c_4d00 + number)
}

pub(super) fn listing(number: u128, name: &str, kind: Kind, state: State) -> Listing {
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
            settings: AppSettings {
                scopes: Scopes::parse("openid receipts.writeonly travelrequest.write"),
                ..settings()
            },
            enabled: block != Some(Block::Stopped),
            ..registered()
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
            saved: true,
        }
    }

    /// Before the first.
    pub fn sample_empty() -> Self {
        Self {
            frame: frame(&[Role::Traveller], Section::Connections),
            sections: vec![(Kind::User, Vec::new())],
            saved: false,
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

impl AdminAppsPage {
    /// An app that is on and one that is off.
    pub fn sample() -> Self {
        Self {
            frame: frame(&[Role::CompanyAdmin], Section::AdminApps),
            apps: CompanyApps {
                listed: vec![
                    card(2, "Bluebird Cafe", Kind::User, true),
                    card(3, LONG, Kind::Enterprise, false),
                ],
                unlisted: vec![unlisted(true), unlisted(false)],
            },
            saved: true,
        }
    }

    /// Before anything is released or connected.
    pub fn sample_empty() -> Self {
        Self {
            apps: CompanyApps::default(),
            saved: false,
            ..Self::sample()
        }
    }
}

/// With its company's name, or without.
fn unlisted(enabled: bool) -> CompanyApp {
    let publisher = if enabled { "Bluebird Software" } else { "" };
    CompanyApp {
        id: app_id(20),
        name: "Bluebird Cafe (development)".into(),
        publisher: publisher.into(),
        enabled,
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

/// Every sample page of the App Center, rendered.
pub(super) fn all() -> Vec<(&'static str, askama::Result<String>)> {
    let blocked = AppPage::sample_blocked(Kind::Enterprise, Block::NotYourRole);
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
        ("admin-apps", AdminAppsPage::sample().render()),
        ("admin-apps-empty", AdminAppsPage::sample_empty().render()),
        ("audit", AuditPage::sample(false).render()),
        ("audit-all", AuditPage::sample(true).render()),
        ("audit-empty", AuditPage::sample_empty().render()),
    ]
}
