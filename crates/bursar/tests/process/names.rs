//! `--tls real-names`: curl, which trusts nothing but the local authority, reaches the documented
//! names and walks through "Being Geo Aware" step by step.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use bursar_sandbox::cast;
use bursar_testkit::TestDb;
use serde_json::{Value, json};

use crate::process::{Ended, Process, bursar, run, with_data};

const US: &str = "https://us.api.concursolutions.com";
const US2: &str = "https://us2.api.concursolutions.com";
/// Of the seed; hosted in two data centers.
const DANA: (&str, &str) = ("dana@meridian.example.com", "dana-ships-it");
const DANA_ID: &str = "d5f719cb-3e40-4f61-828d-aebfc0314c81";

/// A sandbox under its real names, and curl on its way to it.
struct Named {
    process: Process,
    authority: PathBuf,
    /// What curl is told: where each name really is.
    connect_to: Vec<String>,
    printed: String,
}

impl Named {
    fn start(db: &TestDb) -> Self {
        let mut command = bursar(&[
            "sandbox",
            "--tls",
            "real-names",
            "--port",
            "0",
            "--log",
            "warn",
        ]);
        let mut process = Process::start(with_data(&mut command, db));
        let printed = process.printed("tls/ca.pem\n");
        let (_, lines) = printed
            .split_once("Lines for the hosts file\n")
            .expect("hosts lines");
        let lines = lines.lines().take_while(|line| !line.is_empty());
        let connect_to = lines.flat_map(|line| {
            let (hosts, port) = line.trim().split_once(" # port ").expect("a free port");
            let mut words = hosts.split(' ');
            let address = words.next().expect("an address").to_owned();
            let port = port.to_owned();
            words
                .map(move |name| format!("{name}:443:{address}:{port}"))
                .collect::<Vec<_>>()
        });
        let connect_to = connect_to.collect();
        let authority = db.folder().join("data/tls/ca.pem");
        Self {
            process,
            authority,
            connect_to,
            printed,
        }
    }

    fn curl(&self, trusting: bool, arguments: &[&str]) -> Ended {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--noproxy", "*"]);
        for place in &self.connect_to {
            command.args(["--connect-to", place]);
        }
        if trusting {
            command.arg("--cacert").arg(&self.authority);
        }
        run(command
            .args(["--write-out", "\n%{http_code}"])
            .args(arguments))
    }

    /// Status and JSON of an answer.
    fn json(&self, arguments: &[&str]) -> (String, Value) {
        let ended = self.curl(true, arguments);
        assert_eq!(
            ended.status.code(),
            Some(0),
            "{arguments:?}: {}",
            ended.stderr
        );
        let (body, status) = ended.stdout.rsplit_once('\n').expect("a status");
        let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
        (status.to_owned(), body)
    }

    fn token(&self, base: &str, form: &[(&str, &str)]) -> (String, Value) {
        let client = [
            ("client_id", cast::CLIENT_ID),
            ("client_secret", cast::CLIENT_SECRET),
        ];
        let fields: Vec<_> = client
            .iter()
            .chain(form)
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let url = format!("{base}/oauth2/v0/token");
        let mut arguments = vec![url.as_str()];
        for field in &fields {
            arguments.extend(["--data-urlencode", field]);
        }
        self.json(&arguments)
    }
}

#[test]
fn curl_walks_through_being_geo_aware() {
    let db = TestDb::sqlite();
    let named = Named::start(&db);
    let password = [
        ("grant_type", "password"),
        ("username", DANA.0),
        ("password", DANA.1),
    ];

    let mailbox = named.curl(
        true,
        &["https://us.api.concursolutions.com/_bursar/mailbox"],
    );
    assert!(mailbox.stdout.ends_with("\n200"), "{}", mailbox.stdout);

    // "If you make following API call to us2 by mistake …"
    let (status, mut refusal) = named.token(US2, &password);
    assert!(refusal["concur-correlationid"].take().is_string());
    assert_eq!(
        (status.as_str(), refusal),
        (
            "400",
            json!({
                "error": "invalid_request",
                "concur-correlationid": null,
                "error_description": "user lives elsewhere",
                "code": 16,
                "geolocation": US
            })
        )
    );
    // "You should make another call to" the address in the answer.
    let (status, granted) = named.token(US, &password);
    assert_eq!(
        (status.as_str(), &granted["geolocation"]),
        ("200", &json!(US2))
    );

    // The token's geolocation is the base URI of what follows.
    let refresh_token = granted["refresh_token"].as_str().expect("a token");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    let (status, refusal) = named.token(US, &refresh);
    assert_eq!(
        (status.as_str(), &refusal["geolocation"]),
        ("400", &json!(US2))
    );
    let (status, granted) = named.token(US2, &refresh);
    assert_eq!(status, "200");
    let bearer = format!(
        "Authorization: Bearer {}",
        granted["access_token"].as_str().expect("one")
    );
    for host in ["us2", "www-us2"] {
        let url = format!("https://{host}.api.concursolutions.com/receipts/v4/users/{DANA_ID}");
        let (status, list) = named.json(&["-H", &bearer, &url]);
        assert_eq!((status.as_str(), list), ("200", json!({"receipts": []})));
    }
    let url = format!("{US}/receipts/v4/users/{DANA_ID}");
    assert_eq!(named.json(&["-H", &bearer, &url]).0, "403");
    let (_, index) = named.json(&["-H", &bearer, &format!("{US2}/receipts/")]);
    assert_eq!(index["links"][0]["href"], format!("{US2}/receipts/v4"));
}

#[test]
fn china_has_names_of_its_own() {
    let db = TestDb::sqlite();
    let named = Named::start(&db);
    let wei = [
        ("grant_type", "password"),
        ("username", "wei@linghe.example.com"),
        ("password", "wei-keeps-receipts"),
    ];
    let (_, refusal) = named.token("https://glz.api.concursolutions.com", &wei);
    assert_eq!(refusal["geolocation"], "https://apa1.concurcdc.cn");
    for base in [
        "https://apa1.concurcdc.cn",
        "https://cn.api.concursolutions.com",
    ] {
        let (status, granted) = named.token(base, &wei);
        assert_eq!(
            (status.as_str(), &granted["geolocation"]),
            ("200", &json!("https://apa1.concurcdc.cn"))
        );
    }
}

#[test]
fn only_who_trusts_the_authority_is_served() {
    let db = TestDb::sqlite();
    let named = Named::start(&db);
    let health = format!("{US}/health");
    assert_eq!(
        named.json(&[&health]),
        ("200".to_owned(), json!({"status": "ok"}))
    );
    let ended = named.curl(false, &[&health]);
    assert_eq!(ended.status.code(), Some(60), "{}", ended.stderr);
    // Plain HTTP to the same door gets no answer.
    let ended = named.curl(true, &["http://us.api.concursolutions.com:443/health"]);
    assert_ne!(ended.status.code(), Some(0), "{}", ended.stdout);

    let key = db.folder().join("data/tls/ca.key");
    let mode = key.metadata().expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&key).expect("the key");
    let secret = text.lines().nth(1).expect("a line of it");
    assert!(!named.printed.contains(secret));

    // The authority is made once.
    let first = std::fs::read(&named.authority).expect("the certificate");
    named.process.terminate();
    assert_eq!(named.process.ended().status.code(), Some(0));
    let again = Named::start(&db);
    assert_eq!(
        std::fs::read(&again.authority).expect("the certificate"),
        first
    );
    assert_eq!(again.json(&[&health]).0, "200");
}
