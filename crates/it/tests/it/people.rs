//! People of `appcenter.toml` at their browsers.

use crate::app::TestApp;
use crate::http::{Answer, Call, Site};
use crate::signin::{cookie, csrf_token};

/// A user name and a password.
pub(crate) type Login = (&'static str, &'static str);
/// Of Fjord, in `us`: travels.
pub(crate) const TIA: Login = ("tia@fjord.example.com", "tia");
/// Of Fjord: administers it, and does not travel.
pub(crate) const ADAM: Login = ("adam@fjord.example.com", "adam");
/// Of Gully, in `emea`: travels.
pub(crate) const GUS: Login = ("gus@gully.example.com", "gus");
/// Of Bluebird: a partner.
pub(crate) const PIA: Login = ("pia@bluebird.example.com", "pia");
/// Of Rival: another partner, and its administrator.
pub(crate) const REX: Login = ("rex@rival.example.com", "rex");
/// Of Fjord: travels, and decides on what others submit.
pub(crate) const AMY: Login = ("amy@fjord.example.com", "amy");
/// Runs the platform.
pub(crate) const OTTO: Login = ("otto@operations.example.com", "otto");

pub(crate) const TIA_ID: &str = "a1000000-0000-4000-8000-000000000011";
pub(crate) const ADAM_ID: &str = "a1000000-0000-4000-8000-000000000012";
pub(crate) const FJORD: &str = "a1000000-0000-4000-8000-000000000001";
/// A user app, released in `us`: id, and the code of its deep link.
pub(crate) const RIDES: &str = "a3000000-0000-4000-8000-000000000001";
pub(crate) const RIDES_CODE: &str = "rides-preview";
/// An enterprise app, released in `us`.
pub(crate) const LEDGER: &str = "a3000000-0000-4000-8000-000000000002";
/// The apps behind them: id and secret.
pub(crate) const RIDES_APP: (&str, &str) = ("a2000000-0000-4000-8000-000000000001", "rides-secret");
pub(crate) const RIDES_DEV: (&str, &str) =
    ("a2000000-0000-4000-8000-000000000002", "rides-dev-secret");
pub(crate) const LEDGER_APP: (&str, &str) =
    ("a2000000-0000-4000-8000-000000000003", "ledger-secret");

/// A form's fields.
pub(crate) type Fields<'a> = [(&'a str, &'a str)];

/// Somebody who is signed in.
pub(crate) struct Someone<'a> {
    site: &'a Site,
    cookie: String,
    pub(crate) csrf: String,
}

impl<'a> Someone<'a> {
    pub(crate) async fn at(site: &'a Site, (user_name, password): Login) -> Self {
        let form = [("user_name", user_name), ("password", password)];
        let cookie = cookie(site, &form).await;
        let page = site.get("/apps").cookie(&cookie).send().await;
        let csrf = csrf_token(&page);
        Self { site, cookie, csrf }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.site.get(path).cookie(&self.cookie).send().await
    }

    /// A page that is there, as text.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// A form of this session.
    pub(crate) async fn post(&self, path: &str, fields: &Fields<'_>) -> Answer {
        let fields = [&[("csrf_token", self.csrf.as_str())], fields].concat();
        self.call(path).form(&fields).send().await
    }

    /// A form that is taken.
    pub(crate) async fn done(&self, path: &str, fields: &Fields<'_>) -> Answer {
        let answer = self.post(path, fields).await;
        assert!(
            matches!(answer.status, 201 | 303),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
        answer
    }

    /// A post of this session, still without its body.
    pub(crate) fn call(&self, path: &str) -> Call {
        let call = self.call_bare(path);
        call.header("origin", &self.site.base)
    }

    /// The same from nowhere in particular.
    pub(crate) fn call_bare(&self, path: &str) -> Call {
        self.site.post(path).cookie(&self.cookie)
    }

    /// Sends a file as browsers do.
    pub(crate) async fn upload(&self, path: &str, csrf: &str, file: &[u8]) -> Answer {
        let mut body = format!(
            "--xyz\r\ncontent-disposition: form-data; name=\"csrf_token\"\r\n\r\n{csrf}\r\n--xyz\r\n\
             content-disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\n\
             content-type: image/png\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--xyz--\r\n");
        let call = self
            .call(path)
            .header("content-type", "multipart/form-data; boundary=xyz");
        call.body(body).send().await
    }
}

/// The parameter of a redirect's address.
pub(crate) fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let (_, query) = answer.header("location").split_once('?').unwrap();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(known, _)| *known == name);
    let value = found.next().map(|(_, value)| value.to_owned());
    assert!(found.next().is_none(), "{query}");
    value
}

/// Exchanges what Connect handed over, as the partner does.
pub(crate) async fn exchange(app: &TestApp, client: (&str, &str), id: &str, token: &str) -> Answer {
    let form = [
        ("client_id", client.0),
        ("client_secret", client.1),
        ("grant_type", "password"),
        ("credtype", "authtoken"),
        ("username", id),
        ("password", token),
    ];
    app.glz.post("/oauth2/v0/token").form(&form).send().await
}
