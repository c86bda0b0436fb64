//! Every page with made-up content: what tests check and what previews show.

use askama::Template as _;
use bursar_gateway_connect::ConnectionState;
use bursar_gateway_delivery::{Fault, ItemType, State};
use bursar_kernel::Micros;
use bursar_pages::{ErrorKind, ErrorPage, Field, Frame, json_text};

use super::{
    Alert, AppStanding, CallPage, CallRow, CallsPage, CaseLinks, ConnectionPage, ConnectionRow,
    ConnectionsPage, Correction, DisconnectPage, ItemPage, ItemRow, ItemsPage, Mistake,
    OverviewPage, Pill, ReplayPage, SignInPage, SignInProblem, Text, Tile, Trouble, When,
};
use crate::messages::CATALOGUES;

/// A page's name and its HTML.
type Sample = (String, askama::Result<String>);

const ITEM: &str = "/console/items/cafe/1204";
const CONNECTION: &str = "/console/connections/cafe/0193a1b2-0000-7000-8000-000000000001";
const CALL: &str = "/console/calls/cafe/0193a1b2-0000-7000-8000-000000000002";
const UUID: &str = "08bdda1e-0d4f-4261-9f1b-f9b8d9f817d6";
const CORRELATION: &str = "c559ab36-7ff8-436d-9d0c-4ffe917664a3";
const REASON: &str =
    "400: schema validation failed; [{\"path\":\"/seller\",\"message\":\"is missing\"}]";
const BODY: &str = r#"{"reference":"A-1204","dateTime":"2026-11-20T12:31:00-0500","total":"12.50","currencyCode":"EUR","seller":{"name":"Bluebird Cafe","location":{"address":{"addressLocality":"Vienna","addressCountry":"AT"}}},"taxes":[]}"#;

fn frame_signed_out() -> Frame {
    super::frame(CATALOGUES.for_accept_language(Some("en-US")), None)
}

fn frame() -> Frame {
    let frame = frame_signed_out();
    let signed_in = super::signed_in(&frame.messages, "ana", "c2FtcGxlLXRva2Vu");
    Frame {
        signed_in: Some(signed_in),
        ..frame
    }
}

fn when(minutes: i64) -> When {
    let at = Micros(1_795_253_400_000_000 - minutes * 60_000_000);
    When::at(&frame().messages, at)
}

fn app_field() -> Field {
    let apps = vec![
        ("cafe", "Bluebird Cafe (cafe)".to_owned()),
        ("dev", "dev".to_owned()),
    ];
    Field::line("find", "app", "App".to_owned(), "cafe").choice(apps)
}

fn field(name: &'static str, label: &str, value: &str) -> Field {
    Field::line("find", name, label.to_owned(), value)
}

fn tile(label: &str, count: &str, bad: bool) -> Tile {
    Tile {
        label: label.into(),
        count: count.into(),
        href: "/console/items?app=cafe".into(),
        bad,
    }
}

impl OverviewPage {
    /// With these alerts.
    pub fn sample(alerts: Vec<Alert>) -> Self {
        let frame = frame().at(super::OVERVIEW);
        let bad = !alerts.is_empty();
        let app = |id: &str, name: &str, environment| AppStanding {
            id: id.into(),
            name: name.into(),
            environment: Pill::environment(&frame.messages, environment),
            groups: vec![
                (
                    "Outbox".into(),
                    vec![
                        tile("waiting", "12", false),
                        tile("sending", "4", false),
                        tile("delivered, 24 h", "10,000+", false),
                        tile("parked", if bad { "57" } else { "0" }, bad),
                    ],
                ),
                (
                    "Connections".into(),
                    vec![
                        tile("connected", "1,204", false),
                        tile("at risk", if bad { "2" } else { "0" }, bad),
                        tile("lost", if bad { "3" } else { "0" }, bad),
                        tile("ending", "0", false),
                    ],
                ),
            ],
            oldest: Some(("3 hours".into(), when(180))),
        };
        let apps = vec![
            app(
                "cafe",
                "Bluebird Cafe (cafe)",
                bursar_gateway_connect::Environment::Production,
            ),
            app(
                "dev",
                "dev",
                bursar_gateway_connect::Environment::Development,
            ),
        ];
        Self {
            frame,
            alerts,
            apps,
        }
    }
}

/// One of each kind.
fn alerts() -> Vec<Alert> {
    let alert = |trouble, count| Alert {
        at_least: matches!(trouble, Trouble::ParkedElse),
        trouble,
        count,
        app: "Bluebird Cafe (cafe)".into(),
        href: "/console/items?app=cafe&state=parked".into(),
    };
    vec![
        alert(Trouble::Failing("https://eu2.api.example".into()), 23),
        alert(Trouble::Lost, 3),
        alert(Trouble::Parked(REASON.into()), 41),
        alert(Trouble::ParkedElse, 16),
        alert(Trouble::Overdue, 10_001),
        alert(Trouble::AtRisk, 1),
    ]
}

fn item_rows() -> Vec<ItemRow> {
    let messages = frame().messages;
    let row = |key: &str, user: &str, state, reason: &str, ago| ItemRow {
        href: ITEM.into(),
        key: key.into(),
        user: user.into(),
        item_type: "general",
        state: Pill::item(&messages, state),
        reason: reason.into(),
        accepted: when(ago),
    };
    vec![
        row(
            "order-1205",
            "bo@northwind.example",
            State::Waiting,
            "429: too many",
            1,
        ),
        row(
            "order-1204",
            "ana@northwind.example",
            State::Parked,
            REASON,
            65,
        ),
        row(
            "order-1203",
            "ana@northwind.example",
            State::Sending,
            "",
            66,
        ),
        row(
            "order-1202",
            "cleo@northwind.example",
            State::Delivered,
            "",
            70,
        ),
    ]
}

fn call_rows() -> Vec<CallRow> {
    let messages = frame().messages;
    let row = |status, error: &str, ago| CallRow {
        href: CALL.into(),
        started: when(ago),
        method: "POST".into(),
        url: format!("https://us.api.example/receipts/v4/users/{UUID}"),
        status: Pill::status(&messages, status),
        error: error.into(),
        correlation_id: CORRELATION.into(),
    };
    vec![
        row(Some(400), "schema validation failed", 2),
        row(Some(503), "the service is not available", 30),
        row(
            None,
            "no whole answer came; what was sent may have arrived",
            31,
        ),
        row(Some(201), "", 40),
    ]
}

impl ItemsPage {
    /// Those of a reason.
    pub fn sample() -> Self {
        let states = vec![
            ("", "any state".to_owned()),
            ("parked", "parked".to_owned()),
        ];
        Self {
            frame: frame().at(super::ITEMS),
            fields: vec![
                app_field(),
                field("state", "State", "").choice(states),
                field("user", "User, by your own name", ""),
                field("key", "Key", ""),
                field("reason", "Reason of parked items", REASON),
            ],
            filtered: true,
            mistake: None,
            rows: item_rows(),
            newest: Some("/console/items?app=cafe".into()),
            older: Some("/console/items?app=cafe&before=1202".into()),
            replay: Some("/console/items/replay?app=cafe&reason=400".into()),
        }
    }
}

impl ItemPage {
    /// A parked one.
    pub fn sample() -> Self {
        let frame = frame().at(super::ITEMS);
        Self {
            href: ITEM.into(),
            list: "/console/items?app=cafe".into(),
            key: "order-1204".into(),
            state: Pill::item(&frame.messages, State::Parked),
            item_type: ItemType::from_name("general").unwrap_or(ItemType::QuickExpense),
            user: "ana@northwind.example".into(),
            user_href: "/console/items?app=cafe&user=ana".into(),
            connection_href: CONNECTION.into(),
            reason: REASON.into(),
            attempts: 1,
            times: vec![("Accepted".into(), when(65)), ("Ended".into(), when(64))],
            remote: Vec::new(),
            image: Some("image/png".into()),
            body: Text::of(BODY.as_bytes()),
            correction: Some(Correction {
                body: json_text::pretty(BODY),
                doubtful: false,
                refused: String::new(),
                faults: Vec::new(),
            }),
            replayed: false,
            calls: call_rows(),
            frame,
        }
    }
}

impl ReplayPage {
    /// Before the first form.
    pub fn sample() -> Self {
        Self {
            frame: frame().at(super::ITEMS),
            app: "cafe".into(),
            app_name: "Bluebird Cafe (cafe)".into(),
            reason: REASON.into(),
            list: "/console/items?app=cafe&reason=400".into(),
            after: 0,
            left: 4_100,
            at_once: 2_000,
            done: None,
            stopped: false,
        }
    }
}

impl ConnectionsPage {
    /// In each state.
    pub fn sample() -> Self {
        let frame = frame().at(super::CONNECTIONS);
        let row = |who: &str, state, troubled| ConnectionRow {
            href: CONNECTION.into(),
            who: who.into(),
            principal: UUID.into(),
            state: Pill::connection(&frame.messages, state, troubled),
            place: "https://us.api.example".into(),
            connected: when(100_000),
            expires: Some(when(-260_000)),
        };
        let rows = vec![
            row("ana@northwind.example", ConnectionState::Connected, false),
            row("bo@northwind.example", ConnectionState::Connected, true),
            row("cleo@northwind.example", ConnectionState::Lost, false),
            row("dan@northwind.example", ConnectionState::Ending, false),
            row("A deleted account", ConnectionState::Ended, false),
        ];
        let states = vec![("", "any state".to_owned()), ("lost", "lost".to_owned())];
        Self {
            fields: vec![
                app_field(),
                field("state", "State", "").choice(states),
                field("q", "Who", "").hint("Whole: a name, an address, or a UUID.".into()),
            ],
            filtered: false,
            mistake: None,
            rows,
            newest: None,
            older: None,
            frame,
        }
    }
}

impl ConnectionPage {
    /// In this state.
    pub fn sample(state: ConnectionState) -> Self {
        let frame = frame().at(super::CONNECTIONS);
        let fact = |label: &str, text: &str| (label.to_owned(), text.to_owned());
        let lost = state == ConnectionState::Lost;
        Self {
            href: CONNECTION.into(),
            list: "/console/connections?app=cafe".into(),
            who: "ana@northwind.example".into(),
            state: Pill::connection(&frame.messages, state, false),
            facts: vec![
                fact("Of", "a user"),
                fact("Name", "Ana Reyes"),
                fact("UUID at the platform", UUID),
                fact("Data center", "https://us.api.example"),
            ],
            scopes: ["openid", "receipts.writeonly"]
                .map(ToOwned::to_owned)
                .into(),
            times: vec![
                ("Connected".into(), when(100_000)),
                ("Token expires".into(), when(-260_000)),
                ("Last delivery".into(), when(70)),
            ],
            trouble: if lost {
                "400, code 108: bad or expired token".into()
            } else {
                String::new()
            },
            lost,
            can_end: true,
            items: item_rows(),
            items_href: "/console/items?app=cafe&user=ana".into(),
            calls: call_rows(),
            calls_href: "/console/calls?app=cafe".into(),
            frame,
        }
    }
}

fn case() -> CaseLinks {
    let file = |ending| format!("/console/calls/cafe/case.{ending}?correlation={CORRELATION}");
    CaseLinks {
        text: file("txt"),
        json: file("json"),
    }
}

impl CallsPage {
    /// Found by a correlation id.
    pub fn sample() -> Self {
        let outcomes = vec![("", "any".to_owned()), ("4xx", "refused: 4xx".to_owned())];
        Self {
            frame: frame().at(super::CALLS),
            fields: vec![
                app_field(),
                field("correlation", "Correlation id", CORRELATION),
                field("user", "User’s UUID", ""),
                field("item", "Item’s number", ""),
                field("outcome", "Outcome", "").choice(outcomes),
                field("from", "From (UTC)", "").moment(),
                field("until", "Until (UTC)", "").moment(),
            ],
            connection: None,
            filtered: true,
            faulty: false,
            mistake: None,
            rows: call_rows(),
            newest: None,
            older: Some("/console/calls?app=cafe&before=1".into()),
            case: Some(case()),
        }
    }
}

impl CallPage {
    /// That was refused.
    pub fn sample() -> Self {
        let frame = frame().at(super::CALLS);
        let fact = |label: &str, text: &str| (label.to_owned(), text.to_owned());
        let answer = r#"{"error":"invalid_request","validationErrors":[{"path":"/seller"}]}"#;
        Self {
            href: CALL.into(),
            list: "/console/calls?app=cafe".into(),
            method: "POST".into(),
            url: format!("https://us.api.example/receipts/v4/users/{UUID}"),
            status: Pill::status(&frame.messages, Some(400)),
            started: when(2),
            took: "84 ms".into(),
            facts: vec![
                fact("Error description", "schema validation failed"),
                fact("Correlation id", CORRELATION),
                fact("User’s UUID", UUID),
            ],
            item: Some(ITEM.into()),
            connection: Some(CONNECTION.into()),
            request: Some(Text::of(BODY.as_bytes())),
            is_items: true,
            headers: format!("content-type: application/json\nconcur-correlationid: {CORRELATION}"),
            response: Some(Text::of(answer.as_bytes())),
            case: case(),
            frame,
        }
    }
}

/// Every sample page under the name that a preview shows it at, rendered.
pub fn all() -> Vec<Sample> {
    let mut all: Vec<Sample> = Vec::new();
    let mut add = |name: &str, html| all.push((name.to_owned(), html));
    signing_in(&mut add);
    add("overview", OverviewPage::sample(alerts()).render());
    add("overview-fine", OverviewPage::sample(Vec::new()).render());
    outbox(&mut add);
    add("connections", ConnectionsPage::sample().render());
    let nobody = ConnectionsPage {
        rows: Vec::new(),
        ..ConnectionsPage::sample()
    };
    add("connections-none", nobody.render());
    let connected = ConnectionPage::sample(ConnectionState::Connected);
    add("connection", connected.render());
    let lost = ConnectionPage {
        items: Vec::new(),
        calls: Vec::new(),
        ..ConnectionPage::sample(ConnectionState::Lost)
    };
    add("connection-lost", lost.render());
    let disconnect = DisconnectPage {
        frame: frame().at(super::CONNECTIONS),
        href: CONNECTION.into(),
        who: "ana@northwind.example".into(),
    };
    add("disconnect", disconnect.render());
    log(&mut add);
    let error = ErrorPage {
        frame: frame(),
        kind: ErrorKind::NotFound,
        correlation_id: CORRELATION.into(),
    };
    add("error-not-found", error.render());
    all
}

fn signing_in(add: &mut impl FnMut(&str, askama::Result<String>)) {
    let page = |problem: Option<SignInProblem>, nobody| SignInPage {
        frame: frame_signed_out(),
        name: if problem.is_some() {
            "ana".into()
        } else {
            String::new()
        },
        next: "/console/items?app=cafe".into(),
        problem,
        nobody,
    };
    add("signin", page(None, false).render());
    add("signin-nobody", page(None, true).render());
    let incorrect = page(Some(SignInProblem::Incorrect), false);
    add("signin-incorrect", incorrect.render());
    add(
        "signin-locked",
        page(Some(SignInProblem::Locked), false).render(),
    );
}

fn outbox(add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("items", ItemsPage::sample().render());
    for (name, filtered) in [("items-none", false), ("items-none-found", true)] {
        let page = ItemsPage {
            rows: Vec::new(),
            filtered,
            newest: None,
            older: None,
            replay: None,
            ..ItemsPage::sample()
        };
        add(name, page.render());
    }
    let mistaken = ItemsPage {
        rows: Vec::new(),
        mistake: Some(Mistake::Reason),
        newest: None,
        older: None,
        replay: None,
        ..ItemsPage::sample()
    };
    add("items-mistaken", mistaken.render());
    add("item", ItemPage::sample().render());
    let fault = |path: &str, expected: &str, got: &str| Fault {
        path: path.into(),
        expected: expected.into(),
        got: got.into(),
    };
    let faulty = ItemPage {
        correction: Some(Correction {
            body: "{\"total\": 12}".into(),
            doubtful: true,
            refused: "the item has faults; mend them and send it again with the same key".into(),
            faults: vec![
                fault("/total", "a text", "12"),
                fault("/seller", "a value", "nothing"),
                fault("", "an object", "a list of 2"),
            ],
        }),
        item_type: ItemType::QuickExpense,
        ..ItemPage::sample()
    };
    add("item-faulty", faulty.render());
    let item = ItemPage::sample();
    let delivered = ItemPage {
        state: Pill::item(&item.frame.messages, State::Delivered),
        reason: String::new(),
        remote: vec![(
            "Id at the platform".into(),
            "eed70d8a344e4b8c9d8ad2b7b37c34e2".into(),
        )],
        image: None,
        correction: None,
        replayed: true,
        calls: Vec::new(),
        ..item
    };
    add("item-delivered", delivered.render());
    replays(add);
}

fn replays(add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("replay", ReplayPage::sample().render());
    let more = ReplayPage {
        done: Some((1_990, 10)),
        stopped: true,
        left: 2_100,
        ..ReplayPage::sample()
    };
    add("replay-more", more.render());
    let done = ReplayPage {
        done: Some((100, 0)),
        left: 0,
        ..ReplayPage::sample()
    };
    add("replay-done", done.render());
}

fn log(add: &mut impl FnMut(&str, askama::Result<String>)) {
    add("calls", CallsPage::sample().render());
    let sample = CallsPage::sample();
    let faulty = CallsPage {
        fields: vec![
            app_field(),
            field("item", "Item’s number", "x").error("Type the number of an item.".into()),
        ],
        connection: Some(UUID.into()),
        faulty: true,
        mistake: Some(Mistake::Outcome),
        filtered: false,
        rows: Vec::new(),
        case: None,
        older: None,
        ..sample
    };
    add("calls-faulty", faulty.render());
    add("call", CallPage::sample().render());
    let unanswered = CallPage {
        status: Pill::status(&frame().messages, None),
        request: None,
        headers: String::new(),
        response: None,
        item: None,
        ..CallPage::sample()
    };
    add("call-unanswered", unanswered.render());
}
