//! Accounts, and connecting them with somebody on the platform.

use bursar_db::{DbError, Isolation, Tx};
use bursar_gateway_client::{Done, Granted};
use bursar_kernel::Uuid;

use crate::calls::{self, NewCall, Purpose};
use crate::store::{self, NewConnection, NewToken};
use crate::{Account, Connected, Connection, Kind, NewAccount, Vault};

/// Why nobody was connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The grant gave no refresh token, or does not say whose it is.
    #[error("the platform's answer lacks {0}")]
    Lacking(&'static str),
    /// The platform's user is connected with another account of this app.
    #[error("that user is connected with another account")]
    TakenByAnother,
    /// The account is connected with another user of the platform.
    #[error("the account is connected with another user")]
    OtherUser,
    /// There is no such app.
    #[error("there is no such app")]
    NoApp,
    /// The token cannot be sealed.
    #[error("the token cannot be sealed")]
    Sealed,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Vault {
    /// Makes an account, unless the app has one of this `user_ref`: that one is answered then.
    pub async fn account(&self, new: NewAccount) -> Result<Account, DbError> {
        let make = self.db().write(Isolation::Serializable, new, |tx, new| {
            Box::pin(async move {
                store::insert_account(tx, new).await?;
                let found = store::account_by_ref(tx, &new.app_id, &new.user_ref).await?;
                found.ok_or(DbError::Decode { column: 0 })
            })
        });
        make.await
    }

    /// The app's account of this `user_ref`.
    pub async fn find_account(
        &self,
        app_id: &str,
        user_ref: &str,
    ) -> Result<Option<Account>, DbError> {
        let args = (app_id.to_owned(), user_ref.to_owned());
        let find = self.db().read(args, |tx, (app_id, user_ref)| {
            Box::pin(store::account_by_ref(tx, app_id, user_ref))
        });
        find.await
    }

    /// The account of this id.
    pub async fn get_account(&self, app_id: &str, id: Uuid) -> Result<Option<Account>, DbError> {
        let args = (app_id.to_owned(), id);
        let find = self.db().read(args, |tx, (app_id, id)| {
            Box::pin(store::get_account(tx, app_id, *id))
        });
        find.await
    }

    /// Keeps what a grant gave, for a user's account or for a company (no account). A connection
    /// that is there already, be it lost, gets the new token.
    pub async fn connect(
        &self,
        app_id: &str,
        account_id: Option<Uuid>,
        granted: Done<Granted>,
    ) -> Result<Connected, ConnectError> {
        let Done { value, exchanges } = granted;
        if self.apps().get(app_id).is_none() {
            return Err(ConnectError::NoApp);
        }
        let principal_id = value
            .user_id
            .clone()
            .ok_or(ConnectError::Lacking("an id token"))?;
        let refresh = value.refresh_token.as_ref();
        let refresh = refresh.ok_or(ConnectError::Lacking("a refresh token"))?;
        let now = self.clock().now();
        let new = NewConnection {
            app_id: app_id.to_owned(),
            id: self.rng().uuid_at(now),
            kind: account_id.map_or(Kind::Company, |_| Kind::User),
            account_id,
            principal_id,
            company_id: value.company_id.clone(),
            scopes: value.scopes.join(" "),
        };
        // A connection that is there has an id of its own, which its token is sealed for.
        let id = match self.there(&new).await? {
            Some(there) => there.id,
            None => new.id,
        };
        let token = self.token(app_id, id, refresh, &value, now)?;
        let new = NewConnection { id, ..new };
        let calls = calls::new_calls(self.rng(), exchanges);
        let args = (new, token, calls);
        let stored = self.db().write(
            Isolation::Serializable,
            args,
            |tx, (new, token, calls): &(NewConnection, NewToken, Vec<NewCall>)| {
                Box::pin(store_connection(tx, new, token, calls))
            },
        );
        let connected = stored.await?;
        self.renewed(connected.id);
        Ok(connected)
    }

    async fn there(&self, new: &NewConnection) -> Result<Option<Connection>, ConnectError> {
        let look = self.db().read(new.clone(), |tx, new| {
            Box::pin(async move { find(tx, new).await })
        });
        look.await
    }
}

async fn store_connection(
    tx: &mut Tx,
    new: &NewConnection,
    token: &NewToken,
    calls: &[NewCall],
) -> Result<Connected, ConnectError> {
    let there = find(tx, new).await?;
    let again = there.is_some();
    match there {
        Some(there) if there.id != new.id => {
            // Made by a concurrent call: its token is as good.
            let id = there.id;
            return Ok(Connected { id, again });
        }
        Some(there) => {
            let key = (new.app_id.as_str(), there.id);
            store::reconnect(tx, key, &new.scopes, token).await?;
        }
        None => store::insert(tx, new, token).await?,
    }
    let purpose = Purpose {
        app_id: new.app_id.clone(),
        connection_id: Some(new.id),
        item_id: None,
        user_id: Some(new.principal_id.clone()),
    };
    calls::keep(tx, &purpose, calls, |_| false).await?;
    Ok(Connected { id: new.id, again })
}

/// The connection that a grant belongs to, or why it may not be made.
async fn find(tx: &mut Tx, new: &NewConnection) -> Result<Option<Connection>, ConnectError> {
    let of_principal = store::of_principal(tx, &new.app_id, &new.principal_id).await?;
    if let Some(there) = of_principal {
        if there.account_id == new.account_id {
            return Ok(Some(there));
        }
        return Err(ConnectError::TakenByAnother);
    }
    let Some(account_id) = new.account_id else {
        return Ok(None);
    };
    match store::of_account(tx, &new.app_id, account_id).await? {
        Some(_) => Err(ConnectError::OtherUser),
        None => Ok(None),
    }
}
