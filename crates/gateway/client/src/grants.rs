//! Getting tokens. Source: authentication/apidoc.markdown; the e-receipts and quick expense guide.

use bursar_kernel::Micros;
use http::Method;
use http::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};

use crate::call::Success;
use crate::failure::{Failure, FailureKind};
use crate::token::{AccessToken, Granted, TokenBody};
use crate::trust::BaseUri;
use crate::{Client, Done, Exchange, Result};

const TOKEN: &str = "/oauth2/v0/token";
const OTP: &str = "/oauth2/v0/otp";
const CONNECTIONS: &str = "/app-mgmt/v0/connections";

/// More addresses are not tried: the platform sends us in circles.
const HOPS_MAX: usize = 4;

/// An authorization code, as a redirect brought it.
#[derive(Clone, Debug)]
pub struct CodeGrant {
    /// The code.
    pub code: SecretString,
    /// The address that it came to, as it was asked for.
    pub redirect_uri: String,
    /// The secret of PKCE.
    pub verifier: SecretString,
    /// `geolocation` of the redirect: where the user lives.
    pub geolocation: Option<String>,
}

impl Client {
    /// Exchanges what the App Center's redirect brought, for a user or a company.
    pub async fn request_token(&self, id: &str, request_token: &SecretString) -> Result<Granted> {
        let form = [
            ("grant_type", "password"),
            ("username", id),
            ("password", request_token.expose_secret()),
            ("credtype", "authtoken"),
        ];
        self.first_token(self.home().clone(), &form).await
    }

    /// The address that a browser is sent to, to ask for a code. `challenge` is the S256 of the
    /// verifier; `state` comes back.
    ///
    /// Source: the guide wants the `www-` name of a documented data center, whose certificate
    /// browsers take.
    pub fn authorize_url(&self, redirect_uri: &str, state: &str, challenge: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", self.client_id())
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("response_type", "code")
            .append_pair("state", state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let base = self.home().for_browsers();
        format!("{base}/oauth2/v0/authorize?{query}")
    }

    /// Exchanges a code.
    pub async fn code(&self, grant: &CodeGrant) -> Result<Granted> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", grant.code.expose_secret()),
            ("redirect_uri", &grant.redirect_uri),
            ("code_verifier", grant.verifier.expose_secret()),
        ];
        // What a redirect says may be forged: an address that is not trusted is as good as none.
        let told = grant.geolocation.as_deref();
        let told = told.and_then(|address| self.trust().base_uri(address).ok());
        let base = told.unwrap_or_else(|| self.home().clone());
        self.first_token(base, &form).await
    }

    /// Has a one-time password mailed to a user's primary address. `parameters` are the app's own,
    /// such as `link`, and have to come with [`Client::otp`] too.
    pub async fn send_otp(&self, email: &str, parameters: &[(&str, &str)]) -> Result<()> {
        let mut form = vec![("channel_type", "email"), ("channel_handle", email)];
        form.extend(parameters);
        let (success, exchanges) = self.follow(OTP, self.home().clone(), &form).await?;
        drop(success);
        Ok(Done {
            value: (),
            exchanges,
        })
    }

    /// Exchanges a one-time password.
    pub async fn otp(
        &self,
        otp: &SecretString,
        email: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Granted> {
        let mut form = vec![
            ("grant_type", "otp"),
            ("otp", otp.expose_secret()),
            ("channel_type", "email"),
            ("channel_handle", email),
        ];
        form.extend(parameters);
        self.first_token(self.home().clone(), &form).await
    }

    /// Gets a fresh access token at the geolocation of the last one. The answer may have another
    /// geolocation and another refresh token.
    pub async fn refresh(&self, token: &SecretString, geolocation: &BaseUri) -> Result<Granted> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose_secret()),
        ];
        self.first_token(geolocation.clone(), &form).await
    }

    /// Gets a token of the app for itself.
    pub async fn client_credentials(&self) -> Result<Granted> {
        let form = [("grant_type", "client_credentials")];
        self.first_token(self.home().clone(), &form).await
    }

    /// Ends all tokens of this app for whom the token is of.
    pub async fn revoke(&self, access: &AccessToken) -> Result<()> {
        let url = access.geolocation.join(CONNECTIONS);
        let call = self.call(Method::DELETE, url).bearer(&access.secret);
        let success = self.send(call).await?;
        Ok(Done {
            value: (),
            exchanges: vec![success.exchange],
        })
    }

    async fn first_token(&self, base: BaseUri, form: &[(&str, &str)]) -> Result<Granted> {
        let asked_at = self.0.clock.now();
        let (answer, exchanges) = self.follow(TOKEN, base, form).await?;
        match self.granted(&answer, asked_at) {
            Ok(value) => Ok(Done { value, exchanges }),
            Err(kind) => Err(Failure::new(kind, exchanges)),
        }
    }

    fn granted(
        &self,
        (success, base): &(Success, BaseUri),
        asked_at: Micros,
    ) -> std::result::Result<Granted, FailureKind> {
        let body: TokenBody = serde_json::from_slice(&success.body).map_err(|_| {
            let kind = success.headers.get(CONTENT_TYPE);
            FailureKind::Undocumented(format!("is no token answer but {kind:?}"))
        })?;
        Ok(body.granted(self.trust(), base, asked_at)?)
    }

    /// Posts the form, with the app's credentials, and again to where code 16 leads.
    ///
    /// Source: the guide, "Being Geo Aware": the address that comes with the code leads to the
    /// right endpoint, and is not the token's geolocation.
    async fn follow(
        &self,
        path: &str,
        mut base: BaseUri,
        form: &[(&str, &str)],
    ) -> std::result::Result<((Success, BaseUri), Vec<Exchange>), Failure> {
        let mut pairs = vec![
            ("client_id", self.client_id()),
            ("client_secret", self.0.client_secret.expose_secret()),
        ];
        pairs.extend(form);
        let mut exchanges = Vec::new();
        let mut seen = vec![base.clone()];
        loop {
            let call = self.call(Method::POST, base.join(path)).secret_form(&pairs);
            let mut failure = match self.send(call).await {
                Ok(success) => {
                    exchanges.push(success.exchange.clone());
                    return Ok(((success, base), exchanges));
                }
                Err(failure) => failure,
            };
            exchanges.append(&mut failure.exchanges);
            let next = match elsewhere(&failure.kind) {
                Some(address) => self.trust().base_uri(address),
                None => return Err(Failure::new(*failure.kind, exchanges)),
            };
            match next {
                Ok(next) if seen.len() < HOPS_MAX && !seen.contains(&next) => {
                    seen.push(next.clone());
                    base = next;
                }
                Ok(_) => return Err(Failure::new(*failure.kind, exchanges)),
                Err(untrusted) => return Err(Failure::new(untrusted.into(), exchanges)),
            }
        }
    }
}

/// Where the user lives, if that is why the call was refused.
fn elsewhere(kind: &FailureKind) -> Option<&str> {
    match kind {
        FailureKind::Refused(refusal) if refusal.has_code("16") => refusal.geolocation.as_deref(),
        _ => None,
    }
}
