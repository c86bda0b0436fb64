//! What people type into forms: read once, every fault named by its field.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use bursar_directory::DataCenters;
use bursar_oauth::apps::AppSettings;
use bursar_oauth::{Grant, Scopes};
use url::{Host, Url};

use crate::model::Kind;

/// Our own limits, in characters. Choice.
const NAME_MAX: usize = 60;
const SUMMARY_MAX: usize = 140;
const DESCRIPTION_MAX: usize = 4000;
const URL_MAX: usize = 2000;
const SCOPES_MAX: usize = 100;
const SCOPE_MAX: usize = 80;

/// What Connect adds to a landing page's address.
///
/// Sources: the e-receipts integration guide (`id`, `requestToken`), the funds management guide
/// (`userId`).
pub(crate) const RESERVED: [&str; 3] = ["id", "requestToken", "userId"];

/// What is wrong with a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is empty.
    Missing,
    /// It has more characters, or names, than this.
    TooLong(usize),
    /// It has characters that cannot be seen.
    Invisible,
    /// It is no address.
    NotAnAddress,
    /// It is not `https`.
    NotHttps,
    /// It has a user name, a password or a fragment.
    NotPlain,
    /// It has a parameter that Connect adds itself.
    Reserved(&'static str),
    /// A word that is no scope.
    NotAScope(String),
    /// It is none of what can be chosen.
    NotOffered,
    /// It is no day.
    NotADay,
}

/// Faults by the name of their field.
pub type Faults = BTreeMap<&'static str, Fault>;

/// Which addresses may be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Urls {
    /// `https` only.
    Https,
    /// Also `http` to this machine: for a sandbox whose partners run beside it.
    HttpsOrLoopback,
}

/// What a listing says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Texts {
    /// The product's name.
    pub name: String,
    /// One line about it.
    pub summary: String,
    /// The whole story; paragraphs end with a line feed.
    pub description: String,
    /// The partner's terms; empty until given.
    pub terms_url: String,
    /// Where people get help; empty until given.
    pub support_url: String,
}

/// [`Texts`] as they were typed.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields of Texts")]
pub struct TextsForm<'a> {
    pub name: &'a str,
    pub summary: &'a str,
    pub description: &'a str,
    pub terms_url: &'a str,
    pub support_url: &'a str,
}

impl Texts {
    /// Reads a form. A draft may leave out all but the name; what is missing is asked for when it
    /// is submitted.
    pub fn parse(form: TextsForm<'_>, urls: Urls) -> Result<Self, Faults> {
        let mut check = Check::new(urls);
        let texts = Self {
            name: check.line("name", form.name, NAME_MAX, true),
            summary: check.line("summary", form.summary, SUMMARY_MAX, false),
            description: check.paragraphs("description", form.description, DESCRIPTION_MAX),
            terms_url: check.address("terms_url", form.terms_url),
            support_url: check.address("support_url", form.support_url),
        };
        check.end(texts)
    }
}

/// What the maker of an app decides, with its landing page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The app's own.
    pub app: AppSettings,
    /// The landing page; empty until given.
    pub connect_url: String,
}

/// [`Settings`] as they were typed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields of Settings")]
pub struct SettingsForm<'a> {
    pub name: &'a str,
    pub connect_url: &'a str,
    pub scopes: &'a str,
    pub grants: Vec<Grant>,
}

impl Settings {
    /// Reads a form.
    pub fn parse(form: SettingsForm<'_>, urls: Urls) -> Result<Self, Faults> {
        let mut check = Check::new(urls);
        let settings = check.settings(form);
        check.end(settings)
    }
}

/// A new listing and its development app.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// For whom it is.
    pub kind: Kind,
    /// The id of the data center that is the app's geolocation.
    pub home: String,
    /// What the development app is; the listing takes its name.
    pub settings: Settings,
}

/// [`Entry`] as it was typed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields of Entry")]
pub struct EntryForm<'a> {
    pub kind: &'a str,
    pub home: &'a str,
    pub settings: SettingsForm<'a>,
}

impl Entry {
    /// Reads a form.
    pub fn parse(
        form: EntryForm<'_>,
        urls: Urls,
        data_centers: &DataCenters,
    ) -> Result<Self, Faults> {
        let mut check = Check::new(urls);
        let kind = Kind::from_word(form.kind);
        if kind.is_none() {
            check.fault("kind", Fault::NotOffered);
        }
        if data_centers.home(form.home).is_err() {
            check.fault("home", Fault::NotOffered);
        }
        let entry = Self {
            kind: kind.unwrap_or(Kind::User),
            home: form.home.to_owned(),
            settings: check.settings(form.settings),
        };
        check.end(entry)
    }
}

/// A day as `<input type="date">` sends it.
pub(crate) fn day(text: &str) -> Result<String, Fault> {
    // Parsed and written again: other spellings of a day would not sort as text.
    let day = text.parse::<jiff::civil::Date>();
    let day = day.map_err(|_| Fault::NotADay)?.to_string();
    if day.len() == 10 {
        Ok(day)
    } else {
        Err(Fault::NotADay)
    }
}

/// A reviewer's words to the partner.
pub(crate) fn note(text: &str) -> Result<String, Fault> {
    let mut check = Check::new(Urls::Https);
    let note = check.line("note", text, 1000, true);
    check.faults.remove("note").map_or(Ok(note), Err)
}

/// Collects faults while a form is read.
struct Check {
    urls: Urls,
    faults: Faults,
}

impl Check {
    fn new(urls: Urls) -> Self {
        let faults = Faults::new();
        Self { urls, faults }
    }

    fn fault(&mut self, field: &'static str, fault: Fault) {
        self.faults.entry(field).or_insert(fault);
    }

    fn end<T>(self, value: T) -> Result<T, Faults> {
        if self.faults.is_empty() {
            Ok(value)
        } else {
            Err(self.faults)
        }
    }

    fn line(&mut self, field: &'static str, text: &str, max: usize, required: bool) -> String {
        let text = text.trim();
        if required && text.is_empty() {
            self.fault(field, Fault::Missing);
        }
        if text.chars().any(char::is_control) {
            self.fault(field, Fault::Invisible);
        }
        self.bounded(field, text, max)
    }

    fn paragraphs(&mut self, field: &'static str, text: &str, max: usize) -> String {
        let text = text.replace("\r\n", "\n");
        if text.chars().any(|c| c.is_control() && c != '\n') {
            self.fault(field, Fault::Invisible);
        }
        self.bounded(field, text.trim(), max)
    }

    fn bounded(&mut self, field: &'static str, text: &str, max: usize) -> String {
        if text.chars().count() > max {
            self.fault(field, Fault::TooLong(max));
        }
        text.to_owned()
    }

    fn address(&mut self, field: &'static str, text: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            return String::new();
        }
        match address(text, self.urls) {
            Ok(url) => url.into(),
            Err(fault) => {
                self.fault(field, fault);
                String::new()
            }
        }
    }

    fn settings(&mut self, form: SettingsForm<'_>) -> Settings {
        let connect_url = self.address("connect_url", form.connect_url);
        if let Ok(url) = Url::parse(&connect_url) {
            let mut names = url.query_pairs().map(|(name, _)| name);
            let taken = names.find_map(|name| RESERVED.into_iter().find(|known| *known == name));
            if let Some(name) = taken {
                self.fault("connect_url", Fault::Reserved(name));
            }
        }
        if form.grants.is_empty() {
            self.fault("grants", Fault::Missing);
        }
        let app = AppSettings {
            name: self.line("name", form.name, NAME_MAX, true),
            scopes: self.scopes(form.scopes),
            grants: form.grants,
        };
        Settings { app, connect_url }
    }

    /// Source: authentication/oauth2-app-mgmt-tool.md: scopes that are not listed can be requested.
    /// So every well-formed name is taken; what no API knows opens nothing.
    fn scopes(&mut self, text: &str) -> Scopes {
        let scopes = Scopes::parse(text);
        if scopes.names().next().is_none() {
            self.fault("scopes", Fault::Missing);
        }
        if scopes.names().count() > SCOPES_MAX {
            self.fault("scopes", Fault::TooLong(SCOPES_MAX));
        }
        let well_formed = |name: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
            name.len() <= SCOPE_MAX && name.bytes().all(allowed)
        };
        if let Some(name) = scopes.names().find(|name| !well_formed(name)) {
            let name = name.chars().take(SCOPE_MAX).collect();
            self.fault("scopes", Fault::NotAScope(name));
        }
        scopes
    }
}

/// An address that a browser is sent to, or that stands in a link.
fn address(text: &str, urls: Urls) -> Result<Url, Fault> {
    if text.chars().count() > URL_MAX {
        return Err(Fault::TooLong(URL_MAX));
    }
    // The parser would drop some of these, and show another address than was typed.
    if text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
    {
        return Err(Fault::NotAnAddress);
    }
    let url = Url::parse(text).map_err(|_| Fault::NotAnAddress)?;
    let here = urls == Urls::HttpsOrLoopback && url.scheme() == "http" && is_loopback(&url);
    if url.scheme() != "https" && !here {
        return Err(Fault::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Fault::NotPlain);
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> SettingsForm<'static> {
        SettingsForm {
            name: "Bluebird",
            connect_url: "https://bluebird.example/connect?from=app",
            scopes: "openid receipts.write",
            grants: vec![Grant::Password],
        }
    }

    fn faults(form: SettingsForm<'_>) -> Faults {
        Settings::parse(form, Urls::Https).unwrap_err()
    }

    #[test]
    fn addresses_are_https_and_plain() {
        for (text, fault) in [
            ("bluebird.example", Fault::NotAnAddress),
            ("https://", Fault::NotAnAddress),
            ("https://a b.example", Fault::NotAnAddress),
            ("https://a.example\\b", Fault::NotAnAddress),
            ("http://bluebird.example", Fault::NotHttps),
            ("javascript:alert(1)", Fault::NotHttps),
            ("data:text/html,x", Fault::NotHttps),
            ("http://127.0.0.1:9/", Fault::NotHttps),
            ("https://me@bluebird.example", Fault::NotPlain),
            ("https://bluebird.example/#there", Fault::NotPlain),
        ] {
            assert_eq!(address(text, Urls::Https), Err(fault), "{text}");
        }
        let long = format!("https://bluebird.example/{}", "a".repeat(URL_MAX));
        assert_eq!(address(&long, Urls::Https), Err(Fault::TooLong(URL_MAX)));
    }

    #[test]
    fn a_sandbox_takes_this_machine_and_no_other() {
        for text in [
            "http://127.0.0.1:9/c",
            "http://localhost:9/",
            "http://[::1]:9/",
        ] {
            assert!(address(text, Urls::HttpsOrLoopback).is_ok(), "{text}");
        }
        for text in [
            "http://10.0.0.1/",
            "http://localhost.evil.example/",
            "ftp://127.0.0.1/",
        ] {
            assert!(address(text, Urls::HttpsOrLoopback).is_err(), "{text}");
        }
    }

    #[test]
    fn settings_name_each_fault_by_its_field() {
        assert!(Settings::parse(form(), Urls::Https).is_ok());
        let found = faults(SettingsForm {
            name: " ",
            connect_url: "ftp://x",
            scopes: "openid \"quoted\"",
            grants: Vec::new(),
        });
        let fields: Vec<_> = found.keys().copied().collect();
        assert_eq!(fields, ["connect_url", "grants", "name", "scopes"]);
        assert_eq!(found["scopes"], Fault::NotAScope("\"quoted\"".into()));
        let taken = "https://bluebird.example/?requestToken=1";
        let found = faults(SettingsForm {
            connect_url: taken,
            ..form()
        });
        assert_eq!(found["connect_url"], Fault::Reserved("requestToken"));
        let huge = "x".repeat(100_000);
        let found = faults(SettingsForm {
            name: &huge,
            scopes: &huge,
            ..form()
        });
        assert_eq!(found["name"], Fault::TooLong(NAME_MAX));
        let found = faults(SettingsForm {
            name: "a\u{7}b",
            ..form()
        });
        assert_eq!(found["name"], Fault::Invisible);
    }

    #[test]
    fn a_draft_needs_a_name_only() {
        let form = TextsForm {
            name: "Bluebird",
            summary: "",
            description: " one\r\ntwo ",
            terms_url: "",
            support_url: "",
        };
        let texts = Texts::parse(form, Urls::Https).unwrap();
        assert_eq!(texts.description, "one\ntwo");
        let found = Texts::parse(TextsForm { name: "", ..form }, Urls::Https).unwrap_err();
        assert_eq!(found["name"], Fault::Missing);
    }

    #[test]
    fn days_exist() {
        assert_eq!(day("2026-11-21").as_deref(), Ok("2026-11-21"));
        for text in [
            "",
            "2026-02-30",
            "21.11.2026",
            "2026-11-21T00:00",
            "+002026-11-21",
        ] {
            assert!(
                day(text).is_err() || day(text).unwrap().len() == 10,
                "{text}"
            );
        }
        assert_eq!(day("2026-02-30"), Err(Fault::NotADay));
    }
}
