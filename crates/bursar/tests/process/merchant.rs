//! A merchant with a gateway of its own, before a sandbox.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use bursar_sandbox::cast;
use bursar_testkit::TestDb;

use crate::process::{Ended, Process, Sandbox, bursar, run, with_data};

/// What the traveller is called at the merchant's.
pub(crate) const USER: &str = "ana";
/// A key of the gateway's API, and its hash.
pub(crate) const KEY: &str = "secret";
const KEY_HASH: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
/// Of the sandbox's seed.
pub(crate) const CONSUMER_KEY: &str = "BluebirdOldConsumerKey";
pub(crate) const OLD_TOKEN: &str = "1_old-token-of-ana";

/// The gateway's place, and the platform that it is for.
pub(crate) struct Merchant {
    pub(crate) db: TestDb,
    pub(crate) sandbox: Sandbox,
    /// Gone when this is.
    _platform: TestDb,
}

impl Merchant {
    /// On the engine that `db` has.
    pub(crate) async fn start(db: &TestDb) -> Self {
        let platform = db.beside().await;
        let merchant = Self {
            db: db.beside().await,
            sandbox: Sandbox::start(&platform),
            _platform: platform,
        };
        fs::write(merchant.file("client-secret"), cast::CLIENT_SECRET).expect("a file");
        merchant.configure(&merchant.sandbox.us);
        merchant
    }

    /// Has the configuration name this platform.
    pub(crate) fn configure(&self, base_uri: &str) {
        let secret = self.file("client-secret");
        let config = format!(
            "[mail]\nhost = \"127.0.0.1\"\ntls = \"none\"\nfrom = \"cafe@bluebird.example.com\"\n\
             [gateway]\nlisten = \"127.0.0.1:0\"\n[[gateway.app]]\nid = \"cafe\"\n\
             environment = \"development\"\nclient_id = \"{}\"\n\
             client_secret_file = \"{}\"\nbase_uri = \"{base_uri}\"\n\
             api_key_hashes = [\"{KEY_HASH}\"]\n",
            cast::CLIENT_ID,
            secret.display()
        );
        fs::write(self.file("bursar.toml"), config).expect("a file");
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.db.folder().join(name)
    }

    /// Where the gateway keeps its own.
    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.db.folder().join("data").join(name)
    }

    /// `bursar gateway …`
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bursar(&[&["gateway"], arguments].concat());
        with_data(&mut command, &self.db);
        command.env("BURSAR_CONFIG", self.file("bursar.toml"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        run(&mut self.command(arguments))
    }

    /// Turns a file of old tokens into connections.
    pub(crate) fn migrate(&self, lines: impl AsRef<[u8]>) -> Ended {
        let file = self.file("tokens.csv");
        fs::write(&file, lines).expect("a file");
        let file = file.to_str().expect("a path");
        let flags = ["--app", "cafe", "--consumer-key", CONSUMER_KEY];
        self.run(&[&["migrate-legacy", file], flags.as_slice()].concat())
    }

    /// Connects the traveller.
    pub(crate) fn connect(&self) {
        let ended = self.migrate(format!("{USER},{OLD_TOKEN}\n"));
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    }

    /// Starts the gateway; answers its address, too.
    pub(crate) fn serve(&self) -> (Process, String) {
        let mut gateway = Process::start(&mut self.command(&[]));
        let log = gateway.logged("address=");
        let (_, address) = log.rsplit_once("address=").expect("an address");
        let address = address.trim().trim_matches('"').to_owned();
        (gateway, address)
    }
}

/// Ends a gateway as a service manager does.
pub(crate) fn stop(gateway: Process) {
    gateway.terminate();
    let ended = gateway.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}
