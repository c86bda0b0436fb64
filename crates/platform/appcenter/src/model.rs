//! Listings, the apps behind them, and who looks.

use bursar_directory::{Company, Role, Roles, User};
use bursar_kernel::{Micros, Uuid};
use bursar_oauth::apps::{CompanyApp, Links, RegisteredApp, SecretRow};

use crate::fields::Texts;

/// For whom an app acts, and so who connects it.
///
/// Source: manage-apps/go-market-docs/app-center-client-faq.markdown, "two sections".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A user connection: each traveller connects it for herself.
    User,
    /// An enterprise application: an administrator connects it for the company.
    Enterprise,
}

/// Where a listing is on its way into the App Center.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The partner works on it.
    Draft,
    /// An operator looks at it; nothing of it changes meanwhile.
    InReview,
    /// It is shown from its release dates on.
    Certified,
}

/// Which of the two apps behind a listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// For trying things out, by the deep link.
    Development,
    /// For everybody.
    Production,
}

macro_rules! words {
    ($type:ty { $($word:literal => $value:ident),* }) => {
        impl $type {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$value),*];

            /// As rows, paths and forms write it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }

            /// From what [`Self::word`] writes.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$value),)* _ => None }
            }
        }
    };
}

words!(Kind { "user" => User, "enterprise" => Enterprise });
words!(State { "draft" => Draft, "in_review" => InReview, "certified" => Certified });
words!(Stage { "development" => Development, "production" => Production });

impl Kind {
    /// Who may connect an app of this kind.
    pub fn connected_by(self) -> Role {
        match self {
            Self::User => Role::Traveller,
            Self::Enterprise => Role::CompanyAdmin,
        }
    }
}

/// One of the apps behind a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageApp {
    /// Which.
    pub stage: Stage,
    /// Its client id.
    pub app_id: Uuid,
    /// Its landing page; empty until the partner gives it.
    pub connect_url: String,
}

/// That a listing is shown in a region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// The id of the data center whose companies see it.
    ///
    /// Choice: the documents release by country; the directory knows a company's data center.
    pub region: String,
    /// From this day on: `YYYY-MM-DD`, in UTC.
    pub on: String,
}

/// A listing with everything behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Its id.
    pub id: Uuid,
    /// The partner.
    pub company_id: Uuid,
    /// The partner's name.
    pub partner_name: String,
    /// For whom it is.
    pub kind: Kind,
    /// How far it is.
    pub state: State,
    /// What it says.
    pub texts: Texts,
    /// The file's id; none until there is one.
    pub logo: Option<String>,
    /// Opens the test listing to whoever has it. Choice: kept readable, because the partner is
    /// shown it again; it opens a page, and the development app only.
    pub preview_code: String,
    /// What the reviewer said last.
    pub note: String,
    /// The apps, development first.
    pub apps: Vec<StageApp>,
    /// Where it is shown, and from when.
    pub releases: Vec<Release>,
}

impl Listing {
    /// The app of this stage.
    pub fn app(&self, stage: Stage) -> Option<&StageApp> {
        self.apps.iter().find(|app| app.stage == stage)
    }

    /// Whether it is shown in `region` on `today`.
    pub fn is_released(&self, region: &str, today: &str) -> bool {
        let shown = |release: &Release| release.region == region && *release.on <= *today;
        self.state == State::Certified && self.releases.iter().any(shown)
    }

    /// The page that opens before release. It leads to the development app.
    ///
    /// Source: manage-apps/partner-applications.markdown, "deep link to a test App Center listing".
    pub fn deep_link(&self) -> String {
        format!("/apps/{}?preview-code={}", self.id, self.preview_code)
    }
}

/// A listing in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    /// Its id.
    pub id: Uuid,
    /// For whom it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// One line about it.
    pub summary: String,
    /// The file's id.
    pub logo: Option<String>,
    /// The partner's name.
    pub partner_name: String,
    /// The production app.
    pub app_id: Uuid,
    /// Whether the reader's company lets it work.
    pub enabled: bool,
}

/// What an administrator can turn off and on.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CompanyApps {
    /// What the App Center shows the company, of both kinds.
    pub listed: Vec<Card>,
    /// What it does not show, but is connected or was decided about.
    pub unlisted: Vec<CompanyApp>,
}

/// One of a partner's apps, with what its page shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnApp {
    /// Which of the two.
    pub behind: StageApp,
    /// The app.
    pub app: RegisteredApp,
    /// Its secrets, oldest first.
    pub secrets: Vec<SecretRow>,
    /// Its connections.
    pub links: Links,
}

/// A listing with its apps, as operators see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reviewed {
    /// The listing.
    pub listing: Listing,
    /// Its apps, development first.
    pub apps: Vec<(Stage, RegisteredApp)>,
}

impl Reviewed {
    /// The app that everybody would connect.
    pub fn production(&self) -> Option<&RegisteredApp> {
        let found = self
            .apps
            .iter()
            .find(|(stage, _)| *stage == Stage::Production);
        found.map(|(_, app)| app)
    }

    /// Whether an operator has stopped its apps.
    pub fn is_blocked(&self) -> bool {
        self.apps.iter().any(|(_, app)| app.blocked)
    }
}

/// Who looks or decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The user.
    pub user_id: Uuid,
    /// The user's company.
    pub company_id: Uuid,
    /// The id of the data center where they live.
    pub region: String,
    /// What the user may do.
    pub roles: Roles,
}

impl Person {
    /// From the directory's rows.
    pub fn of(user: &User, company: &Company) -> Self {
        Self {
            user_id: user.id,
            company_id: company.id,
            region: company.home.clone(),
            roles: user.roles.clone(),
        }
    }
}

/// A listing as one person sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// The listing.
    pub listing: Listing,
    /// Which app Connect leads to.
    pub stage: Stage,
    /// That app.
    pub app: RegisteredApp,
    /// Its landing page.
    pub connect_url: String,
    /// Why this person cannot connect it, if so.
    pub block: Option<Block>,
}

/// Why somebody who sees a listing cannot connect it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    /// It takes a traveller, or an administrator.
    NotYourRole,
    /// The company has turned it off.
    TurnedOff,
    /// The partner has stopped the app.
    Stopped,
    /// There is no landing page yet.
    NoLandingPage,
}

/// The day of an instant, in UTC: `YYYY-MM-DD`.
pub fn today(now: Micros) -> String {
    let mut text = now.rfc3339();
    text.truncate(10);
    text
}
