//! What an app asks a person for: the parameters of `GET /oauth2/v0/authorize`, checked.
//!
//! Source: api-reference/authentication/apidoc.markdown, "Authorization grant"; RFC 6749 section
//! 4.1; RFC 7636 (PKCE). The pages themselves are the console's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_db::DbError;
use bursar_kernel::{Uuid, uuid_from_text};
use bursar_web::Form;

use crate::apps;
use crate::model::{App, Grant, Scopes};
use crate::redirect_uri::RedirectUri;
use crate::state::Oauth;
use crate::store;
use crate::wire::Code;

/// A request that a person may decide on.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// The app's name.
    pub app_name: String,
    /// The company behind it; empty when it is not known.
    pub publisher: String,
    /// What the app would get.
    pub scopes: Scopes,
    /// Whether the person must sign in anew, or may not be asked at all.
    pub prompt: Prompt,
    pub(crate) app_id: Uuid,
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) nonce: Option<String>,
    state: Option<String>,
}

/// SHA-256 of a verifier that only the app knows (RFC 7636).
pub(crate) type Challenge = [u8; 32];

/// How far a person may be bothered. Source: `OpenID` Connect Core section 3.1.2.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prompt {
    /// Sign-in only where there is no session; consent always.
    Usual,
    /// Sign-in in any case.
    SignIn,
    /// No page at all.
    Nothing,
}

/// Why no person is asked.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// Shown to the person. Nobody is redirected: the address is not known to be the app's.
    #[error("{0}: {1}")]
    Shown(u16, &'static str),
    /// The address to send the person back to, with the refusal.
    #[error("the app is refused")]
    SentBack(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<Code> for NotAsked {
    fn from(code: Code) -> Self {
        let (number, _, description) = code.row();
        Self::Shown(number, description)
    }
}

/// A refusal that goes back to the app: number, name in RFC 6749 or `OpenID` Connect, and text.
struct SentBack(Code, &'static str, &'static str);

impl SentBack {
    fn of(code: Code, error: &'static str) -> Self {
        Self(code, error, code.row().2)
    }
}

/// Checks a query. Who asks and where the answer goes come first: until both are known to belong
/// together, nobody is redirected.
pub async fn authorization(oauth: &Oauth, query: &str) -> Result<Authorization, NotAsked> {
    let form = Form::parse(query.as_bytes()).map_err(|_| Code::UnsupportedFormat)?;
    if form
        .pairs()
        .any(|(_, value)| value.contains(char::is_control))
    {
        return Err(Code::UnsupportedFormat.into());
    }
    let client_id = form.get("client_id").ok_or(Code::NoClientId)?;
    let client_id = uuid_from_text(client_id).map_err(|_| Code::ClientNotFound)?;
    let asking = asking(oauth, client_id).await?;
    let (app, publisher, redirect_uris) = asking.ok_or(Code::ClientNotFound)?;
    let asked = form.get("redirect_uri").ok_or(Code::NoRedirectUri)?;
    let mut known = redirect_uris.into_iter();
    let redirect_uri = known.find(|uri| uri.as_str() == asked);
    let redirect_uri = redirect_uri.ok_or(Code::WrongRedirectUri)?;
    let state = form.get("state");
    let read = read(&form, app, publisher, &redirect_uri);
    read.map_err(|SentBack(code, error, description)| {
        let number = code.row().0.to_string();
        NotAsked::SentBack(sent_back(&redirect_uri, &number, error, description, state))
    })
}

type Asking = (App, String, Vec<RedirectUri>);

async fn asking(oauth: &Oauth, id: Uuid) -> Result<Option<Asking>, DbError> {
    let reading = oauth.db().read(id, |tx, id| {
        Box::pin(async move {
            let Some(app) = store::app(tx, id).await? else {
                return Ok(None);
            };
            let publisher = store::apps::publisher(tx, id).await?;
            let redirect_uris = store::apps::redirect_uris(tx, id).await?;
            Ok(Some((app, publisher, redirect_uris)))
        })
    });
    reading.await
}

fn read(
    form: &Form,
    app: App,
    publisher: String,
    redirect_uri: &RedirectUri,
) -> Result<Authorization, SentBack> {
    if !app.enabled {
        return Err(SentBack::of(Code::ClientDisabled, "unauthorized_client"));
    }
    if !app.may(Grant::AuthorizationCode) {
        return Err(SentBack::of(Code::WrongGrant, "unauthorized_client"));
    }
    if form.get("response_type") != Some("code") {
        let error = "unsupported_response_type";
        return Err(SentBack::of(Code::UnsupportedFormat, error));
    }
    let display = form.get("display").unwrap_or("page");
    if !["page", "popup", "touch", "wap"].contains(&display) {
        return Err(SentBack::of(Code::BadDisplay, "invalid_request"));
    }
    let prompt = prompt(form)?;
    let scopes = app.scopes.narrowed(form.get("scope"));
    Ok(Authorization {
        app_name: app.name,
        publisher,
        scopes: scopes.ok_or(SentBack::of(Code::ScopeExceeded, "invalid_scope"))?,
        prompt,
        app_id: app.id,
        challenge: challenge(form, redirect_uri)?,
        redirect_uri: redirect_uri.clone(),
        nonce: form.get("nonce").map(ToOwned::to_owned),
        state: form.get("state").map(ToOwned::to_owned),
    })
}

/// Source: apidoc.markdown, codes 119; the values are those of `OpenID` Connect.
fn prompt(form: &Form) -> Result<Prompt, SentBack> {
    let asked = form.get("prompt").unwrap_or_default();
    let words: Vec<&str> = asked.split_ascii_whitespace().collect();
    let known = ["none", "login", "consent", "select_account"];
    let alone = words.len() == 1 || !words.contains(&"none");
    if !alone || words.iter().any(|word| !known.contains(word)) {
        return Err(SentBack::of(Code::BadPrompt, "invalid_request"));
    }
    let scope = Scopes::parse(form.get("scope").unwrap_or_default());
    if scope.has("offline_access") && !words.contains(&"consent") {
        return Err(SentBack::of(Code::PromptWithoutConsent, "invalid_request"));
    }
    Ok(match words.as_slice() {
        ["none"] => Prompt::Nothing,
        words if words.contains(&"login") || words.contains(&"select_account") => Prompt::SignIn,
        _ => Prompt::Usual,
    })
}

/// Choice, after RFC 9700 section 2.1.1: only S256, and never without it where other apps of the
/// device may receive the answer.
fn challenge(form: &Form, redirect_uri: &RedirectUri) -> Result<Option<Challenge>, SentBack> {
    let refused = |text| SentBack(Code::UnsupportedFormat, "invalid_request", text);
    let method = form.get("code_challenge_method");
    let Some(challenge) = form.get("code_challenge") else {
        if redirect_uri.is_of_a_device() {
            return Err(refused("this redirect_uri requires code_challenge (PKCE)"));
        }
        if method.is_some() {
            return Err(refused("code_challenge was not supplied"));
        }
        return Ok(None);
    };
    if method != Some("S256") {
        return Err(refused("code_challenge_method must be S256"));
    }
    let decoded = URL_SAFE_NO_PAD.decode(challenge).unwrap_or_default();
    let decoded: Result<Challenge, _> = decoded.try_into();
    decoded
        .map(Some)
        .map_err(|_| refused("code_challenge is invalid"))
}

impl Authorization {
    /// The app's id.
    pub fn app_id(&self) -> Uuid {
        self.app_id
    }

    /// The address that the person goes back to with a code; `geolocation` is where the person's
    /// data is.
    ///
    /// Source: the e-receipts integration guide, "Web Flow": geolocation, then code.
    pub fn granted(&self, code: &str, geolocation: &str) -> String {
        let parameters = [("geolocation", geolocation), ("code", code)];
        let state = self.state.as_deref().map(|state| ("state", state));
        self.redirect_uri.with(parameters.into_iter().chain(state))
    }

    /// The address that the person goes back to after saying no.
    ///
    /// Choice: the documents have no number for it; `error_code` is the name in RFC 6749.
    pub fn declined(&self) -> String {
        self.sent_back("access_denied", "the user did not allow access")
    }

    /// The address that the person goes back to when [`Prompt::Nothing`] was asked: consent is
    /// always asked for.
    pub fn not_without_a_page(&self, signed_in: bool) -> String {
        if signed_in {
            self.sent_back("consent_required", "the user has to allow access")
        } else {
            self.sent_back("login_required", "the user has to sign in")
        }
    }

    /// The address that the person goes back to at once when the person's company has turned the
    /// app off: there is nothing to decide. None when it may act.
    ///
    /// Source: company-auth.markdown, code 53.
    pub async fn turned_off(
        &self,
        oauth: &Oauth,
        company_id: Uuid,
    ) -> Result<Option<String>, DbError> {
        let parties = (company_id, self.app_id);
        let enabled = oauth.db().read(parties, |tx, (company_id, app_id)| {
            Box::pin(apps::is_enabled_for(tx, company_id, app_id))
        });
        if enabled.await? {
            return Ok(None);
        }
        let (number, _, description) = Code::CompanyNotEnabled.row();
        let (number, error) = (number.to_string(), "unauthorized_client");
        let state = self.state.as_deref();
        let target = sent_back(&self.redirect_uri, &number, error, description, state);
        Ok(Some(target))
    }

    fn sent_back(&self, error: &str, description: &str) -> String {
        let state = self.state.as_deref();
        sent_back(&self.redirect_uri, error, error, description, state)
    }

    /// Where the answer's form leads, as a source in a content security policy.
    pub fn form_target(&self) -> String {
        self.redirect_uri.source()
    }
}

/// Source: apidoc.markdown, "/authorize". Choice: `error` comes besides, for clients that know
/// RFC 6749 only.
fn sent_back(
    redirect_uri: &RedirectUri,
    error_code: &str,
    error: &str,
    description: &str,
    state: Option<&str>,
) -> String {
    let parameters = [
        ("error_code", error_code),
        ("error_description", description),
        ("error", error),
    ];
    let state = state.map(|state| ("state", state));
    redirect_uri.with(parameters.into_iter().chain(state))
}
