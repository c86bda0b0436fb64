//! Companies and users.

use bursar_kernel::{Micros, Uuid};
use serde::Deserialize;

/// A customer of the platform.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Company {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Which edition it bought.
    pub edition: Edition,
    /// Which products it bought.
    pub products: Products,
    /// The id of the data center where it lives.
    pub home: String,
    /// The id of a second data center that hosts it, for the few that have one.
    pub second_home: Option<String>,
}

/// The two editions, which differ in what some APIs offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    /// For large companies.
    Professional,
    /// For small ones.
    Standard,
}

/// The names of products, such as `expense`, `request`, `invoice`.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(transparent)]
pub struct Products(Vec<String>);

/// A person at a company.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// The id, unique over the platform.
    pub id: Uuid,
    /// The company.
    pub company_id: Uuid,
    /// What the user signs in with.
    pub user_name: String,
    /// The primary e-mail address.
    pub email: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// BCP 47: `en-US`.
    pub locale: String,
    /// The company's own number for this person.
    pub employee_number: Option<String>,
    /// What the user may do.
    pub roles: Roles,
    /// Whether the user may do anything.
    pub state: UserState,
    /// Whether the user is for trying things out.
    /// Source: api-guides/preproduction-testing.markdown.
    pub is_test_user: bool,
}

/// One thing that a user may be. A user has any number of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Has receipts and expenses, and connects user apps.
    Traveller,
    /// Decides on what travellers submit.
    Approver,
    /// Administers the company: its apps, its audit log.
    CompanyAdmin,
    /// Makes apps for the company's own product.
    Partner,
    /// Runs the platform: reviews listings, sees every audit log.
    Operator,
}

/// What a user may be, each once.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(from = "Vec<Role>")]
pub struct Roles(Vec<Role>);

impl Default for Roles {
    /// Whom nobody gave a role travels.
    fn default() -> Self {
        Self(vec![Role::Traveller])
    }
}

impl From<Vec<Role>> for Roles {
    fn from(mut roles: Vec<Role>) -> Self {
        roles.sort_unstable();
        roles.dedup();
        Self(roles)
    }
}

impl Roles {
    /// Whether `role` is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// All of them, in the order of [`Role`].
    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }

    /// From names separated by spaces; none when one is unknown.
    pub(crate) fn from_words(words: &str) -> Option<Self> {
        let roles = words.split_ascii_whitespace().map(Role::from_word);
        roles.collect::<Option<Vec<_>>>().map(Self::from)
    }
}

/// Whether a user may do anything.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserState {
    /// Yes.
    #[default]
    Active,
    /// No: neither signs in nor is acted for.
    Disabled,
}

/// How a user may sign in.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SignIn {
    /// By password.
    #[default]
    Password,
    /// By the company's single sign-on only.
    Sso,
}

/// What a user signs in with.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// Of the password; none for a user who has none.
    pub(crate) hash: Option<String>,
    pub(crate) sign_in: SignIn,
    /// Whether the password has to be changed before it is good for anything else.
    pub(crate) must_change: bool,
}

/// A user together with the company.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The user.
    pub user: User,
    /// The user's company.
    pub company: Company,
}

/// A user as look-ups find one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// The user and the company.
    pub member: Member,
    /// Since when there is this user.
    pub created_at: Micros,
}

/// By what a company's users are found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finder {
    /// The id.
    Id(Uuid),
    /// The user name, whose case does not matter.
    UserName(String),
    /// The company's own number for the person.
    EmployeeNumber(String),
    /// The primary e-mail address, whose case does not matter.
    Email(String),
}

/// A company on its way to another data center.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// The move's own id.
    pub id: Uuid,
    /// The company.
    pub company_id: Uuid,
    /// The id of the data center where it will live.
    pub to_home: String,
    /// When.
    pub at: Micros,
}

/// A closed set of words, as rows keep it.
pub(crate) trait Word: Sized {
    fn word(&self) -> &'static str;
    fn from_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($type:ty { $($word:literal => $value:ident),* }) => {
        impl Word for $type {
            fn word(&self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$value),)* _ => None }
            }
        }
    };
}

words!(Edition { "professional" => Professional, "standard" => Standard });
words!(Role {
    "traveller" => Traveller,
    "approver" => Approver,
    "company_admin" => CompanyAdmin,
    "partner" => Partner,
    "operator" => Operator
});
words!(SignIn { "password" => Password, "sso" => Sso });
words!(UserState { "active" => Active, "disabled" => Disabled });

impl Products {
    /// From names; each is one word.
    pub fn new<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// Whether the product was bought.
    pub fn has(&self, product: &str) -> bool {
        self.0.iter().any(|name| name == product)
    }

    pub(crate) fn from_words(words: &str) -> Self {
        Self::new(words.split_ascii_whitespace())
    }

    pub(crate) fn words(&self) -> String {
        self.0.join(" ")
    }
}
