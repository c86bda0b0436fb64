//! `bursar gateway migrate-legacy`: tokens of the time before OAuth 2 become connections.
//!
//! Source: authentication/migrationguide.markdown; the e-receipts recipe, "Migrating Tokens". Each
//! line of the file has a user and an old token. A user who is connected is passed over, so that a
//! run that was cut off is simply started again.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use bursar_gateway_client::{AccessToken, Failure};
use bursar_gateway_connect::{App, ConnectError, NewAccount, Vault};
use bursar_kernel::{Clock, Rng};
use secrecy::SecretString;

use super::open_vault;
use crate::StartError;
use crate::config::Config;

/// What to migrate.
#[derive(clap::Args, Clone, Debug)]
pub struct LegacyFlags {
    /// A file with a line for each user: the user, a comma, the old token
    pub file: PathBuf,
    /// The app that the tokens are to be for
    #[arg(long)]
    pub app: String,
    /// The old app's consumer key
    #[arg(long)]
    pub consumer_key: String,
}

/// What became of the lines.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Migrated {
    /// Connected now.
    pub connected: u64,
    /// Connected before.
    pub passed_over: u64,
    /// Refused, each with a line on standard error.
    pub refused: u64,
}

/// Why a user was not migrated.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("write it as: user, comma, token")]
    Form,
    #[error("{0}")]
    Platform(#[from] Failure),
    #[error("{0}")]
    Connect(#[from] ConnectError),
    #[error("{0}")]
    Db(#[from] bursar_db::DbError),
}

/// Exchanges every old token of the file.
pub async fn migrate(config: &Config, flags: &LegacyFlags) -> Result<Migrated, StartError> {
    let wrong = |text: String| StartError::Gateway(text);
    let vault = open_vault(config, &Clock::system()).await?;
    let app = vault.apps().get(&flags.app).cloned();
    let app = app.ok_or_else(|| wrong(format!("there is no app {}", flags.app)))?;
    let file = std::fs::File::open(&flags.file)
        .map_err(|error| wrong(format!("{}: {error}", flags.file.display())))?;
    let own = app.client.client_credentials().await;
    let own = own.map_err(|failure| wrong(format!("{}: {failure}", app.id)))?;
    let migration = Migration {
        vault: &vault,
        app: &app,
        access: own.value.access,
        consumer_key: &flags.consumer_key,
    };
    let mut migrated = Migrated::default();
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|error| wrong(format!("{}: {error}", flags.file.display())))?;
        if line.trim().is_empty() {
            continue;
        }
        match migration.line(&line).await {
            Ok(true) => migrated.connected += 1,
            Ok(false) => migrated.passed_over += 1,
            Err(error) => {
                migrated.refused += 1;
                eprintln!("line {number}: {error}");
            }
        }
    }
    vault.db().close().await;
    Ok(migrated)
}

struct Migration<'a> {
    vault: &'a Vault,
    app: &'a App,
    access: AccessToken,
    consumer_key: &'a str,
}

impl Migration<'_> {
    /// Whether the user was connected by this line, and not before.
    async fn line(&self, line: &str) -> Result<bool, LineError> {
        let (user, token) = line.split_once(',').ok_or(LineError::Form)?;
        let (user, token) = (user.trim(), token.trim());
        if user.is_empty() || token.is_empty() {
            return Err(LineError::Form);
        }
        if self.vault.of_ref(&self.app.id, user).await?.is_some() {
            return Ok(false);
        }
        let client = &self.app.client;
        let old: SecretString = token.into();
        let exchanged = client
            .exchange_legacy(&self.access, self.consumer_key, &old)
            .await;
        let exchanged = self.logged(exchanged).await?;
        // Whose the token is comes with the first refresh only.
        let refreshed = client
            .refresh(&exchanged.refresh_token, client.home())
            .await;
        let granted = match refreshed {
            Ok(granted) => granted,
            Err(failure) => return self.logged(Err(failure)).await,
        };
        let account = NewAccount {
            app_id: self.app.id.clone(),
            id: Rng::system().uuid(),
            user_ref: user.to_owned(),
            email: None,
            name: user.to_owned(),
            password_hash: None,
            at: Clock::system().now(),
        };
        let account = self.vault.account(account).await?;
        self.vault
            .connect(&self.app.id, Some(account.id), granted)
            .await?;
        Ok(true)
    }

    /// Keeps the exchanges of a call that leads to no connection by itself.
    async fn logged<T>(&self, called: bursar_gateway_client::Result<T>) -> Result<T, LineError> {
        let (exchanges, result) = match called {
            Ok(done) => (done.exchanges, Ok(done.value)),
            Err(mut failure) => (std::mem::take(&mut failure.exchanges), Err(failure)),
        };
        self.vault.log(&self.app.id, exchanges).await?;
        Ok(result?)
    }
}
