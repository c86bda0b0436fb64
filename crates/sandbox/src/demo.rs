//! The main job, played step by step: a merchant's e-receipts reach the traveller.

mod browser;
pub mod guests;
mod mailbox;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_kernel::{CorrelationId, Rng};
use bursar_outbound::{Client, Limits, OutboundError, Request, Response};
use http::header::{AUTHORIZATION, LINK, LOCATION};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use browser::Browser;

use crate::timeline::{Call, heading, line};
use crate::{BOOKING_FEE, TAX_ID};

const SCHEMA: &str = "<http://schema.concursolutions.com/general-receipt.schema.json>; \
                      rel=\"describedBy\"";
const FORM: &str = "application/x-www-form-urlencoded";
/// How long something may take before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long is waited before it is asked for again.
const PAUSE: Duration = Duration::from_millis(50);

/// Whom the demo plays, and where. Taken from the seed, so that printed credentials work.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The base URI of `us`.
    pub us: String,
    /// The address of the pages of `us`.
    pub us_pages: String,
    /// The address of the pages of `emea`.
    pub emea_pages: String,
    /// The merchant's app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// A traveller who lives in `us`.
    pub traveller: Login,
    /// A colleague of that traveller.
    pub colleague: Login,
    /// A traveller who lives in `emea`.
    pub european: Login,
}

/// A user name and its password.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user name.
    pub user_name: String,
    /// The password.
    pub password: String,
}

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A call had no answer.
    #[error("{step}: {source}")]
    Call {
        /// The step.
        step: &'static str,
        /// Why.
        source: OutboundError,
    },
    /// An answer is not what the documentation promises.
    #[error("{step}: {problem}")]
    Unexpected {
        /// The step.
        step: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Plays steps over TCP, and prints a line for each.
pub struct Demo<'a> {
    cast: &'a Cast,
    rng: &'a Rng,
    client: Client,
}

/// What a token answer gives a partner.
struct Token {
    bearer: HeaderValue,
    user_id: String,
    geolocation: String,
}

impl<'a> Demo<'a> {
    /// `rng` draws correlation ids.
    pub fn new(cast: &'a Cast, rng: &'a Rng) -> Self {
        Self {
            cast,
            rng,
            client: Client::new(Limits::default()),
        }
    }

    /// Plays a merchant's app: two receipts reach their traveller.
    ///
    /// # Errors
    /// The first step that fails.
    pub async fn play(&self) -> Result<(), DemoError> {
        println!("{}", heading());
        let token = self.connect().await?;
        self.look_around(&token).await?;
        for (step, receipt) in [
            ("Post the booking fee", BOOKING_FEE),
            ("Post the tax-id receipt", TAX_ID),
        ] {
            self.send_receipt(&token, step, receipt).await?;
        }
        self.see_as_traveller().await?;
        self.follow_geolocation().await
    }

    /// Gets a token as a partner's app does, and refreshes it.
    async fn connect(&self) -> Result<Token, DemoError> {
        let us = &self.cast.us;
        let step = "Get a token for the traveller";
        let answer = self
            .token(step, us, &self.password_form(&self.cast.traveller))
            .await?;
        expect(step, &answer, StatusCode::OK)?;
        let granted = json(step, &answer)?;
        let refresh_token = text(step, &granted, "refresh_token")?;
        let step = "Refresh it, as before every use";
        let form = format!(
            "grant_type=refresh_token&refresh_token={refresh_token}&{}",
            self.app()
        );
        let answer = self
            .token(step, text(step, &granted, "geolocation")?, &form)
            .await?;
        expect(step, &answer, StatusCode::OK)?;
        read_token(step, &json(step, &answer)?)
    }

    /// Reads the service index and the schema that the receipts follow.
    async fn look_around(&self, token: &Token) -> Result<(), DemoError> {
        for (step, path) in [
            ("Ask the service index", "/receipts/"),
            (
                "Read the receipt's schema",
                "/receipts/schemas/general-receipt.schema.json",
            ),
        ] {
            let url = format!("{}{path}", token.geolocation);
            expect(step, &self.get(step, &url, token).await?, StatusCode::OK)?;
        }
        Ok(())
    }

    /// Posts a receipt, follows it until it is processed, and fetches it and its picture.
    async fn send_receipt(
        &self,
        token: &Token,
        step: &'static str,
        receipt: &'static str,
    ) -> Result<(), DemoError> {
        let url = format!("{}/receipts/v4/users/{}", token.geolocation, token.user_id);
        let request = self
            .request(Method::POST, &url)
            .header(AUTHORIZATION, token.bearer.clone())
            .header(LINK, HeaderValue::from_static(SCHEMA))
            .body("application/json", receipt);
        let answer = self
            .call(step, request, "POST /receipts/v4/users/{userId}")
            .await?;
        expect(step, &answer, StatusCode::CREATED)?;
        let location = header(step, &answer, &LOCATION)?;
        self.wait_until_processed(token, &status_link(step, &answer)?)
            .await?;

        let step = "Fetch the receipt";
        let answer = self.get(step, &location, token).await?;
        expect(step, &answer, StatusCode::OK)?;
        let sent: Value = serde_json::from_str(receipt).unwrap_or_default();
        check(
            step,
            json(step, &answer)?["receipt"] == sent,
            "it is not the receipt that was sent",
        )?;
        let step = "Fetch its picture";
        let answer = self.get(step, &format!("{location}/image"), token).await?;
        expect(step, &answer, StatusCode::OK)?;
        check(step, answer.body.starts_with(b"%PDF-"), "it is not a PDF")
    }

    async fn wait_until_processed(&self, token: &Token, url: &str) -> Result<(), DemoError> {
        let step = "Follow its processing";
        let path = url.strip_prefix(&token.geolocation).unwrap_or(url);
        let ask = || {
            let request = self.request(Method::GET, url);
            Ok(request.header(AUTHORIZATION, token.bearer.clone()))
        };
        self.until(step, &format!("GET {path}"), ask, |answer| {
            match text(step, &json(step, answer)?, "status")? {
                "PROCESSED" => Ok(Some(())),
                "FAILED" => unexpected(step, "processing failed"),
                _ => Ok(None),
            }
        })
        .await
    }

    /// Signs in where people do, and finds both receipts among the available expenses.
    async fn see_as_traveller(&self) -> Result<(), DemoError> {
        let mut browser = Browser::new(self, &self.cast.us_pages);
        let step = "Sign in as the traveller";
        browser.sign_in(step, &self.cast.traveller, "").await?;
        let step = "See the available expenses";
        let answer = browser.get(step, "/expenses", StatusCode::OK).await?;
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        for text in ["Frosch", "333.00", "ABC Corporation", "180.0", "Undefined"] {
            check(
                step,
                page.contains(text),
                &format!("the page does not show {text:?}"),
            )?;
        }
        note("Frosch 333.00 USD and ABC Corporation 180.0 USD, type Undefined");
        Ok(())
    }

    /// A company that lives elsewhere: the first data center says where, and the partner follows.
    async fn follow_geolocation(&self) -> Result<(), DemoError> {
        let step = "Ask for one who lives elsewhere";
        let form = self.password_form(&self.cast.european);
        let answer = self.token(step, &self.cast.us, &form).await?;
        expect(step, &answer, StatusCode::BAD_REQUEST)?;
        let refusal = json(step, &answer)?;
        check(
            step,
            refusal["code"] == 16,
            "the code is not 16 (user lives elsewhere)",
        )?;
        let step = "Follow the geolocation";
        let answer = self
            .token(step, text(step, &refusal, "geolocation")?, &form)
            .await?;
        expect(step, &answer, StatusCode::OK)
    }

    fn app(&self) -> String {
        let Cast {
            client_id,
            client_secret,
            ..
        } = self.cast;
        format!(
            "client_id={}&client_secret={}",
            encode(client_id),
            encode(client_secret)
        )
    }

    fn password_form(&self, login: &Login) -> String {
        let (user_name, password) = (encode(&login.user_name), encode(&login.password));
        format!(
            "grant_type=password&username={user_name}&password={password}&{}",
            self.app()
        )
    }

    async fn token(
        &self,
        step: &'static str,
        base: &str,
        form: &str,
    ) -> Result<Response, DemoError> {
        let request = self.request(Method::POST, &format!("{base}/oauth2/v0/token"));
        self.call(
            step,
            request.body(FORM, form.to_owned()),
            "POST /oauth2/v0/token",
        )
        .await
    }

    async fn get(
        &self,
        step: &'static str,
        url: &str,
        token: &Token,
    ) -> Result<Response, DemoError> {
        let path = url.strip_prefix(&token.geolocation).unwrap_or(url);
        let request = self
            .request(Method::GET, url)
            .header(AUTHORIZATION, token.bearer.clone());
        self.call(step, request, &format!("GET {path}")).await
    }

    fn request(&self, method: Method, url: &str) -> Request {
        Request::new(method, url, CorrelationId::new(self.rng))
    }

    async fn call(
        &self,
        step: &'static str,
        request: Request,
        what: &str,
    ) -> Result<Response, DemoError> {
        let (answer, took) = self.send(step, request).await?;
        show(step, what, &answer, took);
        Ok(answer)
    }

    async fn send(
        &self,
        step: &'static str,
        request: Request,
    ) -> Result<(Response, Duration), DemoError> {
        let began = Instant::now();
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|source| DemoError::Call { step, source })?;
        Ok((answer, began.elapsed()))
    }

    /// Asks until `read` finds something in an answer of 200; shows the last call alone.
    async fn until<T>(
        &self,
        step: &'static str,
        what: &str,
        ask: impl Fn() -> Result<Request, DemoError>,
        read: impl Fn(&Response) -> Result<Option<T>, DemoError>,
    ) -> Result<T, DemoError> {
        let began = Instant::now();
        loop {
            let (answer, took) = self.send(step, ask()?).await?;
            expect(step, &answer, StatusCode::OK)?;
            if let Some(found) = read(&answer)? {
                show(step, what, &answer, took);
                return Ok(found);
            }
            if began.elapsed() > PATIENCE {
                return unexpected(step, &format!("nothing came of it in {PATIENCE:?}"));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Prints a call's line.
fn show(step: &str, what: &str, answer: &Response, took: Duration) {
    let call = Call {
        step,
        what,
        answer,
        took,
    };
    println!("{}", line(&call));
}

/// Prints what the calls above it came to.
fn note(text: &str) {
    println!("{:<40} {text}", "");
}

/// What a partner stores: the token, the traveller's id from the `id_token`, the geolocation.
fn read_token(step: &'static str, granted: &Value) -> Result<Token, DemoError> {
    let bearer = format!("Bearer {}", text(step, granted, "access_token")?);
    let mut bearer = HeaderValue::from_str(&bearer)
        .or_else(|_| unexpected(step, "the access token is not printable"))?;
    bearer.set_sensitive(true);
    let id_token = text(step, granted, "id_token")?;
    let claims = id_token.split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD
        .decode(claims)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        .map_or_else(|| unexpected(step, "the id_token is no JWT"), Ok)?;
    Ok(Token {
        bearer,
        user_id: text(step, &claims, "sub")?.to_owned(),
        geolocation: text(step, granted, "geolocation")?.to_owned(),
    })
}

/// The processing-status URL of a `Link` header.
fn status_link(step: &'static str, answer: &Response) -> Result<String, DemoError> {
    let link = header(step, answer, &LINK)?;
    let status = link
        .split(", ")
        .find(|part| part.contains("processing-status"));
    let url = status.and_then(|part| part.strip_prefix('<')?.split('>').next());
    url.map_or_else(
        || unexpected(step, "no processing-status link"),
        |url| Ok(url.to_owned()),
    )
}

fn header(step: &'static str, answer: &Response, name: &HeaderName) -> Result<String, DemoError> {
    let value = answer
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok());
    let missing = || unexpected(step, &format!("the answer has no {name} header"));
    value.map_or_else(missing, |value| Ok(value.to_owned()))
}

fn json(step: &'static str, answer: &Response) -> Result<Value, DemoError> {
    serde_json::from_slice(&answer.body).or_else(|_| unexpected(step, "the answer is not JSON"))
}

fn text<'a>(step: &'static str, value: &'a Value, field: &str) -> Result<&'a str, DemoError> {
    let found = value[field].as_str();
    found.map_or_else(
        || unexpected(step, &format!("the answer has no {field}")),
        Ok,
    )
}

fn expect(step: &'static str, answer: &Response, status: StatusCode) -> Result<(), DemoError> {
    let body = String::from_utf8_lossy(&answer.body);
    let problem = format!("expected {status}, got {}: {body}", answer.status);
    check(step, answer.status == status, &problem)
}

fn check(step: &'static str, holds: bool, problem: &str) -> Result<(), DemoError> {
    if holds {
        Ok(())
    } else {
        unexpected(step, problem)
    }
}

fn unexpected<T>(step: &'static str, problem: &str) -> Result<T, DemoError> {
    Err(DemoError::Unexpected {
        step,
        problem: problem.to_owned(),
    })
}

/// Percent-encodes a form value.
fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes any text");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_values_are_encoded() {
        assert_eq!(encode("a b&c=é"), "a%20b%26c%3D%C3%A9");
    }
}
