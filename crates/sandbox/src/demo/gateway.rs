//! The same job as a merchant has it done: its user connects by the gateway's pages, a file is
//! imported, and everything in it arrives.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bursar_outbound::Response;
use http::header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::{
    Cast, Demo, DemoError, FORM, Login, PATIENCE, check, encode, expect, header, json, unexpected,
};
use crate::cast::LISTING_ID;

/// What the traveller is called at the merchant's.
pub const USER: &str = "ana@bluebird.example.com";
/// The password there. Everything in the sandbox is public.
const PASSWORD: &str = "ana-likes-her-coffee";

/// How long is waited before something is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// The merchant's gateway.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// Its address.
    pub address: String,
    /// The app's id there.
    pub app: String,
    /// A key of its API.
    pub api_key: String,
}

/// The traveller connects the merchant's account by the App Center.
///
/// # Errors
/// The first step that fails.
pub async fn connect(cast: &Cast, merchant: &Merchant, rng: &bursar_kernel::Rng) -> Played {
    let demo = Demo::new(cast, rng);
    let mut platform = Browser::new(&demo, &cast.us_pages);
    platform
        .sign_in("Sign in at the App Center", &cast.traveller)
        .await?;
    let terms = format!("/apps/{LISTING_ID}/terms");
    platform
        .get("Read the app's terms", &terms, StatusCode::OK)
        .await?;
    let step = "Agree";
    let answer = platform.post(step, &terms, &[], StatusCode::FOUND).await?;
    let target = header(step, &answer, &LOCATION)?;
    // The listing leads to whatever partner listens on this machine; here that is the gateway.
    let query = target.split_once('?').map_or("", |(_, query)| query);

    let mut pages = Browser::new(&demo, &merchant.address);
    let page = |name: &str| format!("/{}/{name}", merchant.app);
    let landing = page(&format!("landing?{query}"));
    let step = "Land at the merchant";
    pages.get(step, &landing, StatusCode::SEE_OTHER).await?;
    pages.make_account(&demo, &merchant.app).await?;
    let step = "Confirm";
    let confirm = page("connect");
    pages.get(step, &confirm, StatusCode::OK).await?;
    let answer = pages
        .post(step, &confirm, &[], StatusCode::SEE_OTHER)
        .await?;
    let lead = header(step, &answer, &LOCATION)?;
    check(
        step,
        lead == page("connected"),
        &format!("it leads to {lead}"),
    )?;
    pages
        .get("See that it worked", &lead, StatusCode::OK)
        .await?;
    Ok(())
}

/// Waits until the platform has every item that is in the outbox.
///
/// # Errors
/// An item that is parked, or that does not arrive in time.
pub async fn arrive(cast: &Cast, merchant: &Merchant, rng: &bursar_kernel::Rng) -> Played {
    let demo = Demo::new(cast, rng);
    let step = "Ask the outbox how they stand";
    let began = Instant::now();
    loop {
        let url = format!("{}/v1/items?limit=100", merchant.address);
        let request = demo.request(Method::GET, &url).header(
            AUTHORIZATION,
            secret(step, &format!("Bearer {}", merchant.api_key))?,
        );
        let answer = demo.call(step, request, "GET /v1/items").await?;
        expect(step, &answer, StatusCode::OK)?;
        let listed = json(step, &answer)?;
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        if let Some(parked) = items.iter().find(|item| item["state"] == "parked") {
            return unexpected(step, &format!("an item is parked: {}", parked["reason"]));
        }
        if !items.is_empty() && items.iter().all(|item| item["state"] == "delivered") {
            println!("{:<40} {} items, each delivered once", "", items.len());
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return unexpected(step, "they are not delivered");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The traveller disconnects at the merchant's; the platform takes the merchant's token no more.
///
/// # Errors
/// The first step that fails.
pub async fn disconnect(cast: &Cast, merchant: &Merchant, rng: &bursar_kernel::Rng) -> Played {
    let demo = Demo::new(cast, rng);
    let mut pages = Browser::new(&demo, &merchant.address);
    let page = |name: &str| format!("/{}/{name}", merchant.app);
    pages.sign_in_there(&merchant.app).await?;
    let step = "Disconnect";
    let ask = page("account/disconnect");
    pages.get(step, &ask, StatusCode::OK).await?;
    pages.post(step, &ask, &[], StatusCode::SEE_OTHER).await?;

    let step = "See that the platform knows";
    let mut platform = Browser::new(&demo, &cast.us_pages);
    platform.sign_in(step, &cast.traveller).await?;
    let connected = format!("/connections/user/{}/disconnect", cast.client_id);
    let began = Instant::now();
    loop {
        let answer = platform.get(step, "/connections", StatusCode::OK).await?;
        if !String::from_utf8_lossy(&answer.body).contains(&connected) {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return unexpected(step, "the app is connected still");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What a part of the demo came to.
pub type Played = Result<(), DemoError>;

/// Somebody's browser: keeps cookies, and the token of the last form that it saw.
struct Browser<'d> {
    demo: &'d Demo<'d>,
    base: &'d str,
    cookies: BTreeMap<String, String>,
    csrf_token: String,
}

impl<'d> Browser<'d> {
    fn new(demo: &'d Demo<'d>, base: &'d str) -> Self {
        Self {
            demo,
            base,
            cookies: BTreeMap::new(),
            csrf_token: String::new(),
        }
    }

    /// Signs in at the platform.
    async fn sign_in(&mut self, step: &'static str, login: &Login) -> Played {
        let Login {
            user_name,
            password,
        } = login;
        let form = [("user_name", user_name.as_str()), ("password", password)];
        self.post(step, "/signin", &form, StatusCode::SEE_OTHER)
            .await
            .map(drop)
    }

    /// Signs in at the merchant's.
    async fn sign_in_there(&mut self, app: &str) -> Played {
        let step = "Sign in at the merchant's";
        self.get(step, &format!("/{app}/connect"), StatusCode::OK)
            .await?;
        let form = [("email", USER), ("password", PASSWORD)];
        let path = format!("/{app}/signin");
        self.post(step, &path, &form, StatusCode::SEE_OTHER)
            .await
            .map(drop)
    }

    /// Makes an account at the merchant's, with the code that is mailed. Where an earlier demo on
    /// the same data made it, the code sets its password.
    async fn make_account(&mut self, demo: &Demo<'_>, app: &str) -> Played {
        let step = "Make an account there";
        let new = format!("/{app}/signin/new");
        self.get(step, &new, StatusCode::OK).await?;
        let form = [
            ("name", "Ana Reyes"),
            ("email", USER),
            ("password", PASSWORD),
        ];
        let before = mails(demo).await?;
        self.post(step, &new, &form, StatusCode::SEE_OTHER).await?;
        let code = mailed_code(demo, before.len()).await?;
        let step = "Type the code from the mail";
        let form = [("code", code.as_str())];
        let path = format!("/{app}/signin/code");
        let answer = self.post(step, &path, &form, StatusCode::SEE_OTHER).await?;
        let lead = header(step, &answer, &LOCATION)?;
        if lead.ends_with("/signin/password") {
            let step = "Set a new password";
            self.get(step, &lead, StatusCode::OK).await?;
            let form = [("password", PASSWORD)];
            self.post(step, &lead, &form, StatusCode::SEE_OTHER).await?;
        }
        Ok(())
    }

    async fn get(
        &mut self,
        step: &'static str,
        path: &str,
        status: StatusCode,
    ) -> Result<Response, DemoError> {
        let answer = self.send(step, Method::GET, path, None).await?;
        expect(step, &answer, status)?;
        Ok(answer)
    }

    async fn post(
        &mut self,
        step: &'static str,
        path: &str,
        fields: &[(&str, &str)],
        status: StatusCode,
    ) -> Result<Response, DemoError> {
        let answer = self.submit(step, path, fields).await?;
        expect(step, &answer, status)?;
        Ok(answer)
    }

    /// Posts a form with the token of the last page, whatever the answer is.
    async fn submit(
        &mut self,
        step: &'static str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<Response, DemoError> {
        let token = [("csrf_token", self.csrf_token.as_str())];
        let pairs = token.iter().chain(fields);
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encode(value)));
        let form: Vec<_> = pairs.collect();
        let form = Some(form.join("&"));
        self.send(step, Method::POST, path, form).await
    }

    async fn send(
        &mut self,
        step: &'static str,
        method: Method,
        path: &str,
        form: Option<String>,
    ) -> Result<Response, DemoError> {
        // Queries have secrets of this demo.
        let shown = path.split('?').next().unwrap_or(path);
        let what = format!("{method} {shown}");
        let url = format!("{}{path}", self.base);
        let mut request = self.demo.request(method, &url);
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, secret(step, &cookies.join("; "))?);
        }
        if let Some(form) = form {
            let origin = secret(step, self.base)?;
            let name = HeaderName::from_static("origin");
            request = request.header(name, origin).body(FORM, form);
        }
        let answer = self.demo.call(step, request, &what).await?;
        self.remember(&answer);
        Ok(answer)
    }

    fn remember(&mut self, answer: &Response) {
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap_or_default();
            let pair = cookie
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let text = String::from_utf8_lossy(&answer.body);
        if let Some((_, rest)) = text.split_once("name=\"csrf_token\" value=\"") {
            rest.split('"')
                .next()
                .unwrap_or_default()
                .clone_into(&mut self.csrf_token);
        }
    }
}

/// The user's mails in the sandbox's mailbox, the newest first.
async fn mails(demo: &Demo<'_>) -> Result<Vec<Value>, DemoError> {
    let step = "Look into the mailbox";
    let path = "/_bursar/mailbox/messages";
    let url = format!("{}{path}?to={}", demo.cast.us_pages, encode(USER));
    let request = demo.request(Method::GET, &url);
    let answer = demo.call(step, request, &format!("GET {path}")).await?;
    expect(step, &answer, StatusCode::OK)?;
    let listed = json(step, &answer)?;
    Ok(listed["messages"].as_array().cloned().unwrap_or_default())
}

/// The code of the mail that comes after `before` others.
async fn mailed_code(demo: &Demo<'_>, before: usize) -> Result<String, DemoError> {
    let began = Instant::now();
    loop {
        let mails = mails(demo).await?;
        if let Some(mail) = mails.first().filter(|_| mails.len() > before) {
            let text = mail["text"].as_str().unwrap_or_default();
            let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|b| b.is_ascii_digit());
            let code = text.lines().map(str::trim).find(is_code);
            let code = code.map(ToOwned::to_owned);
            return code.map_or_else(|| unexpected("Look into the mailbox", "no code"), Ok);
        }
        if began.elapsed() > PATIENCE {
            return unexpected("Look into the mailbox", "no mail came");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn secret(step: &'static str, text: &str) -> Result<HeaderValue, DemoError> {
    let value = HeaderValue::from_str(text);
    let mut value = value.or_else(|_| unexpected(step, "it is no header value"))?;
    value.set_sensitive(true);
    Ok(value)
}
