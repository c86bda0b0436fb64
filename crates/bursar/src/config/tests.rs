//! What the file may say, and what is made of it.

use super::*;

fn load(text: &str) -> Result<Config, ConfigError> {
    Config::layer(&Flags::default(), parse(Path::new("bursar.toml"), text)?)
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let file = parse(Path::new("x"), "data = '/a'\n[log]\nfilter = 'debug'").unwrap();
    let flags = Flags {
        data: Some("/b".into()),
        ..Flags::default()
    };
    let config = Config::layer(&flags, file).unwrap();
    assert_eq!(config.data, Path::new("/b"));
    assert_eq!(config.location, Location::Folder("/b".into()));
    assert_eq!(config.log_filter.as_deref(), Some("debug"));
    assert_eq!(config.brand, "Bursar");
}

#[test]
fn faults_say_where_and_what() {
    for (text, says) in [
        ("dta = 'x'", "unknown field `dta`"),
        ("data = ", "line 1"),
        (
            "[[datacenter]]\nid = 'us'\nlisten = '0.0.0.0:80'",
            "give a base_uri",
        ),
        (
            "[[datacenter]]\nid='us'\nlisten='0.0.0.0:80'\nbase_uri='https://us.example'",
            "tls_terminated_by_proxy",
        ),
        (
            "[[datacenter]]\nid='us'\nlisten='127.0.0.1:0'\n\
             [[datacenter]]\nid='us'\nlisten='127.0.0.1:0'",
            "given twice",
        ),
        (
            "[bootstrap]\ncompany='A'\nhome='us'\nuser_name='a'\nemail='a@a.example'",
            "is no [[datacenter]]",
        ),
        ("workers = 0", "workers must be 1"),
        (
            "[mail]\nhost='mail.example'\ntls='none'\nfrom='a@a.example'",
            "on this machine only",
        ),
        (
            "[mail]\nhost='mail.example'\nfrom='nobody'",
            "\"nobody\" is not an address",
        ),
        ("otp_parameter = 'code'", "unknown variant `code`"),
        (
            "strict = ['receipts-offset', 'receipts-ofset']",
            "strict: there is no switch \"receipts-ofset\"; there are: all, receipts-taxes-lenient,",
        ),
        ("strict = true", "strict is \"all\" or a list of ids"),
        (
            "database_url = 'mysql://a:hunter2@b/c'",
            "expected postgres://",
        ),
        ("log.filter = 'info,=='", "is not understood"),
        (
            "[[datacenter]]\nid='US'\nlisten='127.0.0.1:0'",
            "lower-case letters",
        ),
        (
            "[[datacenter]]\nid='us'\nlisten='127.0.0.1:0'\nbase_uri='us.example'",
            "write it as https://host",
        ),
        (
            "[[datacenter]]\nid='us'\nlisten='127.0.0.1:0'\nwww_uri='https://a/b'",
            "write it as https://host",
        ),
        (
            "[[datacenter]]\nid='us'\nlisten='127.0.0.1:8080'\n\
             [[datacenter]]\nid='emea'\nlisten='127.0.0.1:8080'",
            "share their id or their address",
        ),
        (
            "[bootstrap]\ncompany='A'\nhome='glz'\nuser_name='a'\nemail='a@a.example'\n\
             [[datacenter]]\nid='glz'\nlisten='127.0.0.1:0'",
            "nobody lives there",
        ),
    ] {
        let error = load(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn an_identity_provider_is_reached_safely_and_asked_for_a_token() {
    let app = "[[gateway.app]]\nid='a'\nenvironment='production'\nclient_id='c'\n\
        client_secret_file='/s'\nbase_uri='https://us.example'\n\
        [gateway.app.openid]\nclient_id='c'\nclient_secret_file='/s'\n";
    for (openid, says) in [
        (
            "issuer='http://id.example'",
            "openid.issuer: write it as https",
        ),
        (
            "issuer='https://id.example'\nscopes='email'",
            "openid.scopes: openid has to be among them",
        ),
        ("", "missing field `issuer`"),
    ] {
        let error = load(&format!("{app}{openid}")).unwrap_err().to_string();
        assert!(error.contains(says), "{openid}: {error}");
    }
    let config = load(&format!("{app}issuer='https://id.example'")).unwrap();
    let openid = config.gateway.unwrap().app.remove(0).openid.unwrap();
    assert_eq!(openid.user_claim, "sub");
}

/// The names that a table takes, from what it says to one that it does not take.
fn names(toml: &str) -> Option<Vec<String>> {
    let error = toml::from_str::<File>(toml).err()?;
    let (unknown, known) = error.message().split_once(", expected ")?;
    let named = || known.split('`').skip(1).step_by(2).map(str::to_owned);
    (unknown == "unknown field `zzz`").then(|| named().collect())
}

/// Every key, those of tables as `table.key`.
fn keys() -> Vec<String> {
    let names = names("zzz = 1").unwrap();
    names.iter().flat_map(|key| below(key)).collect()
}

/// The keys of a table, or the key itself.
fn below(key: &str) -> Vec<String> {
    let table = names(&format!("[{key}]\nzzz = 1"));
    let table = table.or_else(|| names(&format!("[[{key}]]\nzzz = 1")));
    // A table of an entry of a list.
    let below_list = |(list, _)| names(&format!("[[{list}]]\n[{key}]\nzzz = 1"));
    match table.or_else(|| key.rsplit_once('.').and_then(below_list)) {
        Some(inner) => inner
            .iter()
            .flat_map(|inner| below(&format!("{key}.{inner}")))
            .collect(),
        None => vec![key.to_owned()],
    }
}

/// The first column of the documented table.
fn documented() -> Vec<String> {
    let text = include_str!("../../../../docs/operations.md");
    let table = text.split_once("| key | flag |").unwrap().1;
    let rows = table
        .lines()
        .skip(2)
        .map_while(|row| row.strip_prefix("| "));
    let key = |row: &str| row.split('`').nth(1).unwrap().to_owned();
    rows.filter(|row| row.starts_with('`')).map(key).collect()
}

#[test]
fn every_key_is_documented_and_nothing_else() {
    let (mut keys, mut documented) = (keys(), documented());
    assert!(keys.len() > 20, "{keys:?}");
    keys.sort();
    documented.sort();
    assert_eq!(keys, documented);
}

#[test]
fn every_flag_and_variable_is_documented() {
    use clap::Args as _;
    let text = include_str!("../../../../docs/operations.md");
    let command = Flags::augment_args(clap::Command::new("bursar"));
    let mut wanted = vec![BOOTSTRAP_PASSWORD.to_owned(), MAIL_PASSWORD.to_owned()];
    for argument in command.get_arguments() {
        wanted.push(format!("--{}", argument.get_long().unwrap()));
        wanted.push(argument.get_env().unwrap().to_str().unwrap().to_owned());
    }
    assert!(wanted.len() > 10, "{wanted:?}");
    for name in wanted {
        assert!(
            text.contains(&format!("`{name}`")),
            "docs/operations.md lacks {name}"
        );
    }
}

#[test]
fn stricter_rules_are_named_in_the_file_or_by_a_flag() {
    let all = load("strict = 'all'").unwrap().strict;
    assert!(all.ids().eq({
        let mut known = switches();
        known.sort_unstable();
        known
    }));
    let flags = Flags {
        strict: Some(vec!["receipts-offset".into()]),
        ..Flags::default()
    };
    let file = parse(Path::new("x"), "strict = 'all'").unwrap();
    let config = Config::layer(&flags, file).unwrap();
    assert!(config.strict.ids().eq(["receipts-offset"]));
    assert_eq!(load("").unwrap().strict, Strict::default());
}

/// The rows that say so in their last column.
#[test]
fn the_switches_are_those_that_the_document_has() {
    let text = include_str!("../../../../docs/behaviours.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    let mut documented: Vec<_> = rows
        .filter_map(|row| {
            let (id, _) = row.split_once(" | ")?;
            let (_, how) = row.strip_suffix(" |")?.rsplit_once(" | ")?;
            how.starts_with("`strict`: ").then_some(id)
        })
        .collect();
    let mut known = switches();
    documented.sort_unstable();
    known.sort_unstable();
    assert_eq!(documented, known);
}

/// A gateway with one app of this id, and what follows.
fn gateway(id: &str, more: &str) -> Result<Config, ConfigError> {
    load(&format!(
        "[[gateway.app]]\nid = '{id}'\nenvironment = 'production'\nclient_id = 'c-1'\n\
         client_secret_file = '/s'\nbase_uri = 'https://us.api.example'\n{more}"
    ))
}

/// Of a password that nobody has.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$\
     4uJ1DTqZ1pSUL0Ev7ZEQ0r6tJVqgBVVsUIyIBjVjTc0";

#[test]
fn what_stands_before_the_apps_pages_is_no_apps_id() {
    assert!(gateway("cafe", "").is_ok());
    for taken in ["assets", "console", "health", "metrics", "ready", "v1"] {
        let error = gateway(taken, "").unwrap_err().to_string();
        assert!(error.contains("these addresses are taken"), "{error}");
    }
}

#[test]
fn operators_have_names_and_hashes() {
    let operator = |name: &str, hash: &str| {
        format!("[[gateway.operator]]\nname = '{name}'\npassword_hash = '{hash}'\n")
    };
    let ana = operator("ana", HASH);
    let config = gateway("cafe", &ana).unwrap().gateway.unwrap();
    assert_eq!(config.operator[0].name, "ana");
    assert!(!format!("{config:?}").contains("argon2"));
    for (faulty, says) in [
        (operator("ana", "secret"), "bursar gateway hash-password"),
        (operator("", HASH), "1 to 100 characters"),
        (operator(" ana", HASH), "1 to 100 characters"),
        (format!("{ana}{ana}"), "given twice"),
        (format!("{ana}password = 'hunter2'"), "unknown field"),
    ] {
        let error = gateway("cafe", &faulty).unwrap_err().to_string();
        assert!(error.contains(says), "{faulty}: {error}");
    }
}

/// Keys, values as the file has them, and values as they are shown.
const SHOWN: &[(&str, &str, &str)] = &[
    ("data", "'/a'", "/a"),
    (
        "database_url",
        "'postgres://b:hunter2@h/c'",
        "postgres://b@h/c",
    ),
    ("database_connections_max", "9", "9"),
    ("secret_key_file", "'/d'", "/d"),
    ("brand", "'Example'", "Example"),
    ("workers", "7", "7"),
    ("tls_terminated_by_proxy", "true", "true"),
    ("loopback_partners", "true", "true"),
    ("otp_parameter", "'otl'", "otl"),
    (
        "strict",
        "['receipts-offset', 'quick-key-case']",
        "quick-key-case, receipts-offset",
    ),
    ("log.filter", "'warn'", "warn"),
    ("log.format", "'json'", "json"),
    ("bootstrap.company", "'Travel'", "Travel"),
    ("bootstrap.home", "'us'", "us"),
    ("bootstrap.user_name", "'admin'", "admin"),
    (
        "bootstrap.email",
        "'admin@travel.example'",
        "admin@travel.example",
    ),
    ("bootstrap.password_file", "'/e'", "/e"),
    ("mail.host", "'mail.example'", "mail.example"),
    ("mail.port", "2525", "2525"),
    ("mail.tls", "'implicit'", "implicit"),
    ("mail.user_name", "'post'", "post"),
    ("mail.password_file", "'/f'", "/f"),
    ("mail.from", "'g@mail.example'", "g@mail.example"),
    ("gateway.listen", "'127.0.0.1:99'", "127.0.0.1:99"),
    (
        "gateway.base_uri",
        "'https://connect.example'",
        "https://connect.example",
    ),
    ("gateway.key_file", "'/k'", "/k"),
    ("gateway.authorities_file", "'/a'", "/a"),
    ("gateway.refresh_ahead_days", "11", "11"),
    ("gateway.call_log_days", "12", "12"),
    ("gateway.inactive_days", "14", "14"),
    ("gateway.inactive_warn_days", "13", "13"),
];

#[test]
fn every_key_is_shown() {
    let settings = SHOWN
        .iter()
        .map(|(key, value, _)| format!("{key} = {value}\n"));
    let mut text: String = settings.collect();
    text += "[[datacenter]]\nid = 'us'\nlisten = '10.0.0.5:80'\n\
             base_uri = 'https://us.example'\nwww_uri = 'https://pages.example'\n\
             [[gateway.app]]\nid = 'cafe'\nenvironment = 'production'\nclient_id = 'c-1'\n\
             client_secret_file = '/s'\nbase_uri = 'https://us.api.example'\n";
    let operator = format!("[[gateway.operator]]\nname = 'ana'\npassword_hash = '{HASH}'\n");
    text += &operator;
    let described = load(&text).unwrap().describe();
    for (key, _, value) in SHOWN {
        let line = described
            .lines()
            .find(|line| line.starts_with(&format!("{key} ")));
        let line = line.unwrap_or_else(|| panic!("no {key} in\n{described}"));
        assert!(line.ends_with(value), "{line}");
    }
    let places = "us 10.0.0.5:80, base_uri https://us.example, www_uri https://pages.example";
    assert!(described.contains(places), "{described}");
    let app = "cafe, c-1 at https://us.api.example";
    assert!(described.contains(app), "{described}");
    let operator = described
        .lines()
        .find(|line| line.starts_with("gateway.operator "));
    assert!(operator.unwrap().ends_with(" ana") && !described.contains("argon2"));
    let lists = ["datacenter.", "gateway.app.", "gateway.operator."];
    let of_a_list = |key: &String| lists.iter().any(|list| key.starts_with(list));
    let all = keys().into_iter().filter(|key| !of_a_list(key));
    let missing: Vec<_> = all
        .filter(|key| SHOWN.iter().all(|(known, ..)| known != key))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
    assert!(!described.contains("hunter2"));
}
