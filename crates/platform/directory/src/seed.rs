//! Companies, users and more from a TOML file.

use std::fmt;

use bursar_db::{Db, DbError, Isolation};
use bursar_kernel::{Clock, Uuid};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::{Credentials, SignIn};
use crate::{
    Company, DataCenters, DataCentersError, Edition, PasswordError, Passwords, Products, Roles,
    User, UserState, api, store,
};

/// A seed file that slices take their sections from. `Debug` shows no secret.
pub struct Seed(toml::Table);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why a seed file cannot be applied. Nothing of the failing section was stored.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The text is not TOML, or a section is not as the slice wants it.
    #[error("the seed file cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A section that no slice knows.
    #[error("the seed file has a section {0:?} that nothing reads")]
    Unknown(String),
    /// Something that is named, but neither in the file nor in the database.
    #[error("the seed file names {0}, which is not there")]
    NotThere(String),
    /// The id or the name of something new is taken by something else.
    #[error("the seed file's {0} is taken: its id or its name belongs to another")]
    Taken(String),
    /// A value that makes no sense.
    #[error("the seed file's {0} cannot be used")]
    Unusable(String),
    /// Nobody can live there.
    #[error("the seed file: {0}")]
    Home(#[from] DataCentersError),
    /// A password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Seed {
    /// Parses a seed file.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        Ok(Self(text.parse()?))
    }

    /// Takes a section out; empty when the file has none.
    pub fn take<T: DeserializeOwned>(&mut self, section: &str) -> Result<Vec<T>, SeedError> {
        match self.0.remove(section) {
            Some(value) => Ok(value.try_into()?),
            None => Ok(Vec::new()),
        }
    }

    /// Checks that nothing is left, such as a misspelt section.
    pub fn finish(self) -> Result<(), SeedError> {
        match self.0.into_iter().next() {
            Some((section, _)) => Err(SeedError::Unknown(section)),
            None => Ok(()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompanySeed {
    id: Uuid,
    name: String,
    edition: Edition,
    products: Products,
    home: String,
    second_home: Option<String>,
    #[serde(default)]
    users: Vec<UserSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserSeed {
    id: Uuid,
    user_name: String,
    password: Option<String>,
    email: String,
    given_name: String,
    family_name: String,
    #[serde(default = "english")]
    locale: String,
    employee_number: Option<String>,
    #[serde(default)]
    roles: Roles,
    #[serde(default)]
    state: UserState,
    #[serde(default)]
    sign_in: SignIn,
    #[serde(default)]
    must_change_password: bool,
    #[serde(default)]
    is_test_user: bool,
}

fn english() -> String {
    "en-US".to_owned()
}

/// Applies the section `companies`: creates what is not there yet, and leaves what is there as it
/// has become. So a start with the same file changes nothing, not even a changed password.
pub async fn seed(
    db: &Db,
    clock: &Clock,
    passwords: &Passwords,
    data_centers: &DataCenters,
    seed: &mut Seed,
) -> Result<(), SeedError> {
    for company in seed.take::<CompanySeed>("companies")? {
        data_centers.home(&company.home)?;
        if let Some(second) = &company.second_home {
            data_centers.second_home(&company.home, second)?;
        }
        let (company, users) = split(company);
        let missing = hashed(passwords, missing(db, users).await?).await?;
        let now = clock.now();
        db.write(
            Isolation::Serializable,
            (company, missing),
            move |tx, (company, missing)| {
                Box::pin(async move {
                    store::insert_company(tx, company, now).await?;
                    for (user, credentials) in missing {
                        let new = store::insert_user(tx, user, credentials, now).await?;
                        // Another node may have been faster.
                        let known = new || api::user(tx, &user.id).await?.is_some();
                        if !known {
                            return Err(SeedError::Taken(format!("user {}", user.user_name)));
                        }
                    }
                    Ok(())
                })
            },
        )
        .await?;
    }
    Ok(())
}

/// A new user, the password in plain text, and how the user signs in.
type Newcomer = (User, Option<SecretString>, Credentials);

/// Those of `users` that are not there yet.
async fn missing(db: &Db, users: Vec<Newcomer>) -> Result<Vec<Newcomer>, DbError> {
    let mut missing = Vec::new();
    for newcomer in users {
        let found = db.read(newcomer.0.id, |tx, id| Box::pin(api::user(tx, id)));
        if found.await?.is_none() {
            missing.push(newcomer);
        }
    }
    Ok(missing)
}

/// The same with hashes in place of passwords, made as many at a time as [`Passwords`] allows.
async fn hashed(
    passwords: &Passwords,
    users: Vec<Newcomer>,
) -> Result<Vec<(User, Credentials)>, PasswordError> {
    let hash = |(user, password, mut credentials): Newcomer| {
        let passwords = passwords.clone();
        tokio::spawn(async move {
            if let Some(password) = password {
                credentials.hash = Some(passwords.hash(&password).await?);
            }
            Ok::<_, PasswordError>((user, credentials))
        })
    };
    let mut hashed = Vec::new();
    for hashing in users.into_iter().map(hash).collect::<Vec<_>>() {
        hashed.push(hashing.await.map_err(|_| PasswordError)??);
    }
    Ok(hashed)
}

fn split(seed: CompanySeed) -> (Company, Vec<Newcomer>) {
    let company = Company {
        id: seed.id,
        name: seed.name,
        edition: seed.edition,
        products: seed.products,
        home: seed.home,
        second_home: seed.second_home,
    };
    let user = |seed: UserSeed| {
        let password = seed.password.map(SecretString::from);
        let credentials = Credentials {
            hash: None,
            sign_in: seed.sign_in,
            must_change: seed.must_change_password,
        };
        let user = User {
            id: seed.id,
            company_id: company.id,
            user_name: seed.user_name,
            email: seed.email,
            given_name: seed.given_name,
            family_name: seed.family_name,
            locale: seed.locale,
            employee_number: seed.employee_number,
            roles: seed.roles,
            state: seed.state,
            is_test_user: seed.is_test_user,
        };
        (user, password, credentials)
    };
    let users = seed.users.into_iter().map(user).collect();
    (company, users)
}
