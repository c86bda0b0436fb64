//! Accounts of an identity provider: a relying party of OpenID Connect.
//!
//! Authorization code with PKCE, `state` and `nonce`. What the provider says of itself and its keys
//! is asked for when it is first needed and then kept for a while: a provider that is away hinders
//! sign-in and nothing else.
//!
//! Sources: OpenID Connect Core 1.0, Discovery 1.0; RFC 7636 (PKCE), RFC 9207 (`iss`).

mod id_token;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bursar_kernel::{Clock, CorrelationId, Micros, Rng};
use bursar_outbound::{Client, OutboundError, Request, Response};
use bursar_web::encode_form;
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::{Host, Url};

pub(crate) use id_token::Identity;
pub use id_token::TokenError;
use id_token::{Expected, identity, verify};

/// How long what the provider said is kept.
const KEPT: Duration = Duration::from_hours(1);
/// Keys that are not known yet are asked for at most this often.
const KEYS_AGAIN: Duration = Duration::from_mins(1);
/// How long it is not asked again after it failed.
const FAILED_FOR: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";

/// An app's identity provider, as configured.
#[derive(Clone, Debug)]
pub struct OpenIdApp {
    /// Its address, as its tokens name it.
    pub issuer: String,
    /// Who the app is there.
    pub client_id: String,
    /// A file with its secret; read each time, so that it may change.
    pub client_secret_file: PathBuf,
    /// The claim that is an account's `user_ref`.
    pub user_claim: String,
    /// What is asked for, with blanks between.
    pub scopes: String,
    /// What the button says; without it, that one signs in.
    pub label: Option<String>,
}

/// An app's identity provider. Clones share what it said.
#[derive(Clone, Debug)]
pub struct OpenId(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: OpenIdApp,
    http: Client,
    clock: Clock,
    rng: Rng,
    said: Mutex<Said>,
}

/// What the provider said, and when.
#[derive(Debug, Default)]
struct Said {
    of_itself: Option<(Micros, Provider)>,
    keys: Option<(Micros, JwkSet)>,
    /// Why it did not, the last time that it was asked.
    failed: Option<(Micros, OpenIdError)>,
}

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
struct Provider {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Why nobody was signed in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenIdError {
    /// The provider cannot be reached now, or is in trouble.
    #[error("the identity provider does not answer: {0}")]
    Unreachable(String),
    /// What it says cannot be used.
    #[error("the identity provider's answer cannot be used: {0}")]
    Unusable(String),
    /// The code is worth nothing: it was used before, or has expired.
    #[error("the identity provider does not take the code")]
    Code,
    /// Its token is forged, or not for this sign-in.
    #[error("the id token is refused: {0}")]
    Token(#[from] TokenError),
}

/// The secrets of one sign-in.
pub(crate) struct Secrets<'a> {
    pub(crate) state: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) verifier: &'a str,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

type Result<T> = std::result::Result<T, OpenIdError>;

impl OpenId {
    /// `http` is how the provider is reached.
    pub fn new(app: OpenIdApp, http: Client, clock: Clock, rng: Rng) -> Self {
        Self(Arc::new(Inner {
            app,
            http,
            clock,
            rng,
            said: Mutex::default(),
        }))
    }

    /// What the button says, if that is configured.
    pub fn label(&self) -> Option<&str> {
        self.0.app.label.as_deref()
    }

    /// Asks the provider for what a sign-in needs, and looks for the secret.
    pub async fn examine(&self) -> Result<()> {
        self.keys(true).await?;
        self.secret().map(drop)
    }

    /// Where somebody is sent to sign in.
    pub(crate) async fn sign_in_url(
        &self,
        secrets: &Secrets<'_>,
        redirect_uri: &str,
    ) -> Result<String> {
        let provider = self.provider().await?;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, secrets.verifier.as_bytes()));
        let mut url = endpoint(&provider.authorization_endpoint)?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.0.app.client_id),
            ("redirect_uri", redirect_uri),
            ("scope", &self.0.app.scopes),
            ("state", secrets.state),
            ("nonce", secrets.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        Ok(url.into())
    }

    /// Whether an answer says that it is this provider's, where it has to. Source: RFC 9207.
    pub(crate) async fn is_own(&self, iss: Option<&str>) -> Result<bool> {
        let provider = self.provider().await?;
        Ok(match iss {
            Some(iss) => iss == provider.issuer,
            None => !provider.authorization_response_iss_parameter_supported,
        })
    }

    /// Exchanges a code, and says whose it was.
    pub(crate) async fn identity(
        &self,
        code: &str,
        secrets: &Secrets<'_>,
        redirect_uri: &str,
    ) -> Result<Identity> {
        let provider = self.provider().await?;
        let tokens = self.tokens(&provider, code, secrets, redirect_uri).await?;
        let expected = Expected {
            issuer: &provider.issuer,
            client_id: &self.0.app.client_id,
            nonce: secrets.nonce,
            now: self.0.clock.now(),
        };
        let keys = self.keys(false).await?;
        let claims = match verify(&tokens.id_token, &keys, &expected) {
            Err(TokenError::Key) => verify(&tokens.id_token, &self.keys(true).await?, &expected),
            verified => verified,
        };
        let claims = self.all_claims(&provider, claims?, &tokens).await?;
        Ok(identity(&claims, &self.0.app.user_claim)?)
    }

    async fn tokens(
        &self,
        provider: &Provider,
        code: &str,
        secrets: &Secrets<'_>,
        redirect_uri: &str,
    ) -> Result<Tokens> {
        let (client_id, secret) = (&self.0.app.client_id, self.secret()?);
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", secrets.verifier),
        ];
        let request = self.request(Method::POST, &provider.token_endpoint)?;
        let request = match &provider.token_endpoint_auth_methods_supported {
            Some(ways) if !ways.iter().any(|way| way == "client_secret_basic") => {
                if !ways.iter().any(|way| way == "client_secret_post") {
                    let what = "it takes a secret neither as header nor in a form";
                    return Err(OpenIdError::Unusable(what.into()));
                }
                form.extend([
                    ("client_id", client_id.as_str()),
                    ("client_secret", &secret),
                ]);
                request
            }
            // Each is encoded like a form's value before. Source: RFC 6749 section 2.3.1.
            _ => {
                let [id, secret] = [client_id, &secret].map(|part| encoded(part));
                let pair = STANDARD.encode(format!("{id}:{secret}"));
                request.header(AUTHORIZATION, secret_value(&format!("Basic {pair}"))?)
            }
        };
        let answer = self.send(request.body(FORM, encode_form(form))).await?;
        if answer.status != StatusCode::OK {
            let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Err(match said["error"].as_str() {
                Some("invalid_grant") => OpenIdError::Code,
                Some(error) => OpenIdError::Unusable(format!("{error} from the token endpoint")),
                None => OpenIdError::Unusable(format!("{} for a code", answer.status)),
            });
        }
        read(&answer)
    }

    /// The claims of the token, and what it lacks from the provider's answer about the same user.
    /// Source: OpenID Connect Core 1.0, section 5.3.
    async fn all_claims(
        &self,
        provider: &Provider,
        claims: Map<String, Value>,
        tokens: &Tokens,
    ) -> Result<Map<String, Value>> {
        let lacks = |name: &str| !claims.contains_key(name);
        let user_claim = self.0.app.user_claim.as_str();
        let unsure = user_claim == "email" && lacks("email_verified");
        let needed = lacks(user_claim) || unsure;
        let (true, Some(url), Some(token)) = (
            needed || lacks("name"),
            &provider.userinfo_endpoint,
            &tokens.access_token,
        ) else {
            return Ok(claims);
        };
        let mut more = match self.userinfo(url, token).await {
            // It would have been nicer with a name.
            Err(_) if !needed => return Ok(claims),
            answered => answered?,
        };
        if more.get("sub") != claims.get("sub") {
            return Err(TokenError::Subject.into());
        }
        if claims
            .get("email")
            .is_some_and(|email| more.get("email") != Some(email))
        {
            // It is of another address.
            more.remove("email_verified");
        }
        more.extend(claims);
        Ok(more)
    }

    async fn userinfo(&self, url: &str, token: &str) -> Result<Map<String, Value>> {
        let request = self.request(Method::GET, url)?;
        let bearer = secret_value(&format!("Bearer {token}"))?;
        let answer = self.send(request.header(AUTHORIZATION, bearer)).await?;
        if answer.status != StatusCode::OK {
            let what = format!("{} for claims of the user", answer.status);
            return Err(OpenIdError::Unusable(what));
        }
        read(&answer)
    }

    fn secret(&self) -> Result<String> {
        let path = &self.0.app.client_secret_file;
        let secret = std::fs::read_to_string(path);
        let secret = secret
            .map_err(|error| OpenIdError::Unusable(format!("{}: {error}", path.display())))?;
        Ok(secret.trim_end().to_owned())
    }

    /// What the provider says of itself. Source: OpenID Connect Discovery 1.0, section 4.
    async fn provider(&self) -> Result<Provider> {
        let mut said = self.0.said.lock().await;
        self.provider_of(&mut said).await
    }

    async fn provider_of(&self, said: &mut Said) -> Result<Provider> {
        let now = self.0.clock.now();
        if let Some((_, known)) = fresh(said.of_itself.as_ref(), now, KEPT) {
            return Ok(known.clone());
        }
        let issuer = &self.0.app.issuer;
        let path = ".well-known/openid-configuration";
        let url = format!("{}/{path}", issuer.trim_end_matches('/'));
        let provider: Provider = self.ask(said, &url).await?;
        if provider.issuer != *issuer {
            let what = format!("it calls itself {}", provider.issuer);
            return Err(OpenIdError::Unusable(what));
        }
        said.of_itself = Some((now, provider.clone()));
        Ok(provider)
    }

    /// The provider's keys; `again` asks even where they are known.
    async fn keys(&self, again: bool) -> Result<JwkSet> {
        let mut said = self.0.said.lock().await;
        let now = self.0.clock.now();
        let kept = if again { KEYS_AGAIN } else { KEPT };
        if let Some((_, keys)) = fresh(said.keys.as_ref(), now, kept) {
            return Ok(keys.clone());
        }
        let provider = self.provider_of(&mut said).await?;
        let keys: Keys = self.ask(&mut said, &provider.jwks_uri).await?;
        let keys = keys.usable();
        said.keys = Some((now, keys.clone()));
        Ok(keys)
    }

    /// Asks, unless that has failed just now: of all who wait, one waits for the time-out.
    async fn ask<T: serde::de::DeserializeOwned>(&self, said: &mut Said, url: &str) -> Result<T> {
        let clock = &self.0.clock;
        if let Some((_, why)) = fresh(said.failed.as_ref(), clock.now(), FAILED_FOR) {
            return Err(why.clone());
        }
        let answer = self.fetch(url).await;
        let failed = answer.as_ref().err();
        said.failed = failed.map(|why| (clock.now(), why.clone()));
        answer
    }

    async fn fetch<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T> {
        let answer = self.send(self.request(Method::GET, url)?).await?;
        if answer.status != StatusCode::OK {
            let what = format!("{} at {url}", answer.status);
            return Err(OpenIdError::Unusable(what));
        }
        read(&answer)
    }

    fn request(&self, method: Method, url: &str) -> Result<Request> {
        let url = endpoint(url)?;
        let correlation_id = CorrelationId::new(&self.0.rng);
        Ok(Request::new(method, url, correlation_id))
    }

    async fn send(&self, request: Request) -> Result<Response> {
        let unreachable = |error: OutboundError| OpenIdError::Unreachable(error.to_string());
        let answer = self.0.http.request(request).await.map_err(unreachable)?;
        let later = answer.status.is_server_error();
        if later || answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(OpenIdError::Unreachable(answer.status.to_string()));
        }
        Ok(answer)
    }
}

/// A set of keys, of which some may be of kinds that nobody here knows.
#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

impl Keys {
    fn usable(self) -> JwkSet {
        let keys = self.keys.into_iter();
        let keys = keys.filter_map(|key| serde_json::from_value(key).ok());
        JwkSet {
            keys: keys.collect(),
        }
    }
}

fn fresh<T>(said: Option<&(Micros, T)>, now: Micros, kept: Duration) -> Option<&(Micros, T)> {
    said.filter(|(at, _)| *at + kept > now)
}

/// Whether an issuer may be configured, or an endpoint called: by `https`, or on this machine.
pub fn is_safe_address(url: &str) -> bool {
    endpoint(url).is_ok()
}

fn endpoint(text: &str) -> Result<Url> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        ("http", Some(Host::Domain(name))) => name == "localhost",
        _ => false,
    });
    url.ok_or_else(|| OpenIdError::Unusable(format!("{text} is no https address")))
}

fn read<T: serde::de::DeserializeOwned>(answer: &Response) -> Result<T> {
    let body = serde_json::from_slice(&answer.body);
    // The error names no value: it may be a secret.
    body.map_err(|error| OpenIdError::Unusable(format!("its JSON fails ({:?})", error.classify())))
}

fn encoded(text: &str) -> String {
    let pair = encode_form([("", text)]);
    pair.trim_start_matches('=').to_owned()
}

fn secret_value(text: &str) -> Result<HeaderValue> {
    let value = HeaderValue::from_str(text);
    let mut value = value.map_err(|_| OpenIdError::Unusable("no header value".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_by_https_or_stay_on_this_machine() {
        for safe in [
            "https://id.example/tenant",
            "http://127.0.0.1:3000",
            "http://localhost:1/x",
            "http://[::1]:1",
        ] {
            assert!(is_safe_address(safe), "{safe}");
        }
        for unsafe_one in [
            "",
            "id.example",
            "http://id.example",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
        ] {
            assert!(!is_safe_address(unsafe_one), "{unsafe_one}");
        }
    }

    #[test]
    fn a_secret_is_encoded_before_it_is_a_header() {
        assert_eq!(encoded("a=b:c d%"), "a%3Db%3Ac%20d%25");
    }
}
