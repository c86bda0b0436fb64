//! The first company and its administrator, in a new installation.

use bursar_db::{Db, DbError, Isolation};
use bursar_kernel::{Clock, Rng, Uuid};
use bursar_secrets::{PASSWORD_MIN, is_long_enough};
use secrecy::SecretString;

use crate::model::Credentials;
use crate::{
    Company, DataCenters, DataCentersError, Edition, PasswordError, Passwords, Products, Role,
    Roles, User, UserState, store,
};

/// What to create.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// The company's name.
    pub company: String,
    /// Its edition.
    pub edition: Edition,
    /// Its products.
    pub products: Products,
    /// The id of its data center.
    pub home: String,
    /// What the administrator signs in with.
    pub user_name: String,
    /// The administrator's e-mail address.
    pub email: String,
    /// The administrator's password, from a file or the environment.
    pub password: SecretString,
}

/// What was created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Created {
    /// The company.
    pub company_id: Uuid,
    /// Its administrator.
    pub user_id: Uuid,
}

/// Why nothing was created.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// Nobody can live there.
    #[error(transparent)]
    Home(#[from] DataCentersError),
    /// The password is too short to protect a company.
    #[error(
        "the administrator's password has fewer than {} characters",
        PASSWORD_MIN
    )]
    WeakPassword,
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Whether there is a company, so that [`bootstrap`] would do nothing.
pub async fn any_company(db: &Db) -> Result<bool, BootstrapError> {
    let any = db.read((), |tx, ()| Box::pin(store::any_company(tx)));
    Ok(any.await?)
}

/// Creates the first company and its administrator, and says what it created. Does nothing when
/// there is any company already. Nodes that start together create one.
pub async fn bootstrap(
    db: &Db,
    clock: &Clock,
    rng: &Rng,
    passwords: &Passwords,
    data_centers: &DataCenters,
    wanted: &Bootstrap,
) -> Result<Option<Created>, BootstrapError> {
    if any_company(db).await? {
        return Ok(None);
    }
    let home = data_centers.home(&wanted.home)?;
    if !is_long_enough(&wanted.password) {
        return Err(BootstrapError::WeakPassword);
    }
    let company = Company {
        id: rng.uuid(),
        name: wanted.company.clone(),
        edition: wanted.edition,
        products: wanted.products.clone(),
        home: home.id().to_owned(),
        second_home: None,
    };
    let user = User {
        id: rng.uuid(),
        company_id: company.id,
        user_name: wanted.user_name.clone(),
        email: wanted.email.clone(),
        given_name: String::new(),
        family_name: wanted.user_name.clone(),
        locale: "en".to_owned(),
        employee_number: None,
        // Whoever sets up an installation also runs it.
        roles: Roles::from(vec![Role::Traveller, Role::CompanyAdmin, Role::Operator]),
        state: UserState::Active,
        is_test_user: false,
    };
    let created = Created {
        company_id: company.id,
        user_id: user.id,
    };
    let credentials = Credentials {
        hash: Some(passwords.hash(&wanted.password).await?),
        ..Credentials::default()
    };
    let now = clock.now();
    let first = db
        .write(
            Isolation::Serializable,
            (company, user, credentials),
            move |tx, (company, user, credentials)| {
                Box::pin(async move {
                    if store::any_company(tx).await? {
                        return Ok::<_, DbError>(false);
                    }
                    store::insert_company(tx, company, now).await?;
                    store::insert_user(tx, user, credentials, now).await
                })
            },
        )
        .await?;
    Ok(first.then_some(created))
}
