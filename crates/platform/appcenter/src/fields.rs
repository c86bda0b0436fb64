//! What people type into forms: read once, every fault named by its field.

use std::collections::BTreeMap;

use bursar_directory::DataCenters;
use bursar_oauth::apps::AppSettings;
use bursar_oauth::{Grant, RedirectUri, Rotation, Scopes};
use url::Url;

use crate::addresses::{address, redirect_uris};
use crate::model::Kind;

/// Our own limits, in characters. Choice.
const NAME_MAX: usize = 60;
const SUMMARY_MAX: usize = 140;
const DESCRIPTION_MAX: usize = 4000;
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
    /// A line that is no redirect URI.
    NotARedirectUri(String),
    /// A line that stands there twice.
    Repeated(String),
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
    pub redirect_uris: &'a str,
    pub rotation: &'a str,
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
        if text.chars().any(|c| c.is_control() || is_invisible(c)) {
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
            redirect_uris: self.redirect_uris(form.redirect_uris, &form.grants),
            rotation: self.rotation(form.rotation),
            grants: form.grants,
        };
        Settings { app, connect_url }
    }

    /// Who is sent through the browser has to be sent back.
    fn redirect_uris(&mut self, text: &str, grants: &[Grant]) -> Vec<RedirectUri> {
        let uris = redirect_uris(text).unwrap_or_else(|fault| {
            self.fault("redirect_uris", fault);
            Vec::new()
        });
        if uris.is_empty() && grants.contains(&Grant::AuthorizationCode) {
            self.fault("redirect_uris", Fault::Missing);
        }
        uris
    }

    /// Choice: the same token where nothing is chosen.
    fn rotation(&mut self, name: &str) -> Rotation {
        if name.is_empty() {
            return Rotation::default();
        }
        Rotation::from_name(name).unwrap_or_else(|| {
            self.fault("rotation", Fault::NotOffered);
            Rotation::default()
        })
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

/// Characters that take no room, or turn the order of others round: a name with them looks like
/// another name.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
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
            redirect_uris: "",
            rotation: "same",
        }
    }

    fn faults(form: SettingsForm<'_>) -> Faults {
        Settings::parse(form, Urls::Https).unwrap_err()
    }

    #[test]
    fn settings_name_each_fault_by_its_field() {
        assert!(Settings::parse(form(), Urls::Https).is_ok());
        let found = faults(SettingsForm {
            name: " ",
            connect_url: "ftp://x",
            scopes: "openid \"quoted\"",
            grants: Vec::new(),
            redirect_uris: "/back",
            rotation: "each",
        });
        let fields: Vec<_> = found.keys().copied().collect();
        let all = [
            "connect_url",
            "grants",
            "name",
            "redirect_uris",
            "rotation",
            "scopes",
        ];
        assert_eq!(fields, all);
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
        let unseen = "\u{7}\u{200b}\u{200f}\u{202a}\u{202e}\u{2060}\u{206f}\u{feff}";
        for unseen in unseen.chars() {
            let name = format!("a{unseen}b");
            let found = faults(SettingsForm {
                name: &name,
                ..form()
            });
            assert_eq!(found["name"], Fault::Invisible, "{unseen:?}");
        }
    }

    #[test]
    fn the_code_grant_needs_a_redirect_uri() {
        let coded = |redirect_uris| SettingsForm {
            grants: vec![Grant::AuthorizationCode],
            redirect_uris,
            rotation: "new",
            ..form()
        };
        let found = faults(coded(" \r\n "));
        assert_eq!(found["redirect_uris"], Fault::Missing);
        let settings = Settings::parse(coded("https://a.example/b"), Urls::Https).unwrap();
        let uris: Vec<_> = settings
            .app
            .redirect_uris
            .iter()
            .map(RedirectUri::as_str)
            .collect();
        assert_eq!(uris, ["https://a.example/b"]);
        assert_eq!(settings.app.rotation, Rotation::New);
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
