//! Accounts, and connecting them with somebody on the platform.

use bursar_db::{DbError, Isolation, Tx};
use bursar_gateway_client::{Done, Granted};
use bursar_kernel::{Micros, Uuid};

use crate::calls::{self, NewCall, Purpose};
use crate::store::{self, NewConnection, NewToken};
use crate::{Account, Connected, ConnectionState, Kind, NewAccount, Vault};

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
    /// The user's tokens may have been revoked since this one was asked for.
    #[error("an earlier connection of that user is being revoked")]
    Ending,
    /// There is no such app.
    #[error("there is no such app")]
    NoApp,
    /// There is no such account: it may have been deleted since the grant was asked for.
    #[error("there is no such account")]
    NoAccount,
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
        let asked_at = exchanges.first().map_or(now, |first| first.started_at);
        // A connection that is there has an id of its own, which its token is sealed for.
        let id = match self.place(&new, asked_at).await? {
            Place::There(there) => there,
            Place::New { .. } => new.id,
        };
        let token = self.token(app_id, id, refresh, &value, now)?;
        let new = NewConnection { id, ..new };
        let calls = calls::new_calls(self.rng(), exchanges);
        let args = (new, asked_at, token, calls);
        let stored = self.db().write(
            Isolation::Serializable,
            args,
            |tx, (new, asked_at, token, calls): &(_, Micros, NewToken, Vec<NewCall>)| {
                Box::pin(store_connection(tx, new, *asked_at, token, calls))
            },
        );
        let connected = stored.await?;
        self.renewed(connected.id);
        Ok(connected)
    }

    async fn place(&self, new: &NewConnection, asked_at: Micros) -> Result<Place, ConnectError> {
        let look = self
            .db()
            .read((new.clone(), asked_at), |tx, (new, asked_at)| {
                Box::pin(async move { place(tx, new, *asked_at).await })
            });
        look.await
    }

    /// Whether an account's connection is being revoked right now, so that it had better wait.
    pub(crate) async fn is_revoking(
        &self,
        app_id: &str,
        account_id: Uuid,
    ) -> Result<bool, DbError> {
        let args = (app_id.to_owned(), account_id, self.clock().now());
        let look = self.db().read(args, |tx, (app_id, account_id, now)| {
            Box::pin(store::is_revoking(tx, app_id, *account_id, *now))
        });
        look.await
    }
}

/// Where the token of a grant goes.
enum Place {
    /// To a connection that is there.
    There(Uuid),
    /// To a new one. What is ending makes way for it: the user's, which another account had, and
    /// the account's, which is another user's.
    New {
        of_user: Option<Uuid>,
        of_account: Option<Uuid>,
    },
}

async fn store_connection(
    tx: &mut Tx,
    new: &NewConnection,
    asked_at: Micros,
    token: &NewToken,
    calls: &[NewCall],
) -> Result<Connected, ConnectError> {
    let place = place(tx, new, asked_at).await?;
    let again = matches!(place, Place::There(_));
    match place {
        // Made by a concurrent call: its token is as good.
        Place::There(id) if id != new.id => return Ok(Connected { id, again }),
        Place::There(id) => {
            store::reconnect(tx, (&new.app_id, id), &new.scopes, token).await?;
        }
        Place::New {
            of_user,
            of_account,
        } => {
            if let Some(id) = of_user {
                store::superseded(tx, &new.app_id, id).await?;
            }
            if let Some(id) = of_account {
                store::left(tx, &new.app_id, id).await?;
            }
            store::insert(tx, new, token).await?;
        }
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

/// Where a grant that was asked for then belongs, or why it may not be kept.
///
/// A revocation ends every token of a user, whoever has it. So what was asked for before one was
/// over is refused. One that is still to come is given up: it looks for what is ending, and finds
/// it connected again, or gone.
async fn place(tx: &mut Tx, new: &NewConnection, asked_at: Micros) -> Result<Place, ConnectError> {
    let (app_id, ending) = (&new.app_id, ConnectionState::Ending);
    let of_user = store::of_principal(tx, app_id, &new.principal_id).await?;
    let (own, others) = match of_user {
        Some(there) if there.account_id == new.account_id => (Some(there.id), None),
        Some(there) if there.state == ending => (None, Some(there.id)),
        // First of all: for the other reasons the user's tokens are revoked, this one's among them.
        Some(_) => return Err(ConnectError::TakenByAnother),
        None => (None, None),
    };
    let of_account = match new.account_id {
        Some(account_id) => {
            let account = store::get_account(tx, app_id, account_id).await?;
            account.ok_or(ConnectError::NoAccount)?;
            store::of_account(tx, app_id, account_id).await?
        }
        None => None,
    };
    if store::revoked_since(tx, app_id, &new.principal_id, asked_at).await? {
        return Err(ConnectError::Ending);
    }
    if let Some(id) = own {
        return Ok(Place::There(id));
    }
    match of_account {
        Some(there) if there.state != ending => Err(ConnectError::OtherUser),
        there => Ok(Place::New {
            of_user: others,
            of_account: there.map(|there| there.id),
        }),
    }
}
