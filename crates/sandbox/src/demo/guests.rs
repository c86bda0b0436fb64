//! The same job as a merchant has it done by a gateway: guests connect by its pages, each in a way
//! of their own, a file is imported, and everything in it arrives.

use bursar_outbound::Response;
use http::header::{AUTHORIZATION, LOCATION};
use http::{Method, StatusCode};

use super::browser::{Browser, secret};
use super::mailbox::Mailbox;
use super::{Demo, DemoError, Login, check, header, json, note, unexpected};
use crate::WEEK;
use crate::cast::LISTING_ID;

/// The guests' password at the merchant's. Everything in the sandbox is public.
const PASSWORD: &str = "likes-good-coffee";

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

/// What a part of the demo came to.
pub type Played = Result<(), DemoError>;

/// Somebody who buys at the merchant's, with a browser at the merchant's and one at the platform.
pub struct Guest<'d> {
    demo: &'d Demo<'d>,
    name: &'static str,
    /// What they sign in with at the merchant's. Items name them so.
    email: &'static str,
    login: &'d Login,
    merchant: &'d Merchant,
    there: Browser<'d>,
    platform: Browser<'d>,
}

/// Three guests connect, by the three flows of the integration guide.
///
/// # Errors
/// The first step that fails.
pub async fn connect<'d>(
    demo: &'d Demo<'d>,
    merchant: &'d Merchant,
) -> Result<Vec<Guest<'d>>, DemoError> {
    let cast = demo.cast;
    let guest = |name, email, login, pages| Guest {
        demo,
        name,
        email,
        login,
        merchant,
        there: Browser::new(demo, &merchant.address),
        platform: Browser::new(demo, pages),
    };
    let ana = ("Ana Reyes", "ana@bluebird.example.com");
    let mut ana = guest(ana.0, ana.1, &cast.traveller, cast.us_pages.as_str());
    println!("\nAna connects from the App Center");
    ana.connect_from_app_center().await?;
    let ben = ("Ben Okafor", "ben@bluebird.example.com");
    let mut ben = guest(ben.0, ben.1, &cast.colleague, &cast.us_pages);
    println!("\nBen connects from the merchant's web page");
    ben.connect_from_web_page().await?;
    let lars = ("Lars Lindgren", "lars@bluebird.example.com");
    let mut lars = guest(lars.0, lars.1, &cast.european, &cast.emea_pages);
    println!("\nLars, who lives in emea, connects by a mailed link");
    lars.connect_by_mail().await?;
    Ok(vec![ana, ben, lars])
}

/// Waits until the outbox has delivered every item, and the platform shows each of them once.
///
/// # Errors
/// An item that is parked, that does not arrive in time, or that arrives twice.
pub async fn arrive(demo: &Demo<'_>, merchant: &Merchant, guests: &mut [Guest<'_>]) -> Played {
    let step = "Ask the outbox how they stand";
    let url = format!("{}/v1/items?limit=100", merchant.address);
    let key = secret(step, &format!("Bearer {}", merchant.api_key))?;
    let ask = || {
        let request = demo.request(Method::GET, &url);
        Ok(request.header(AUTHORIZATION, key.clone()))
    };
    let read = |answer: &Response| delivered(step, answer);
    let items = demo.until(step, "GET /v1/items", ask, read).await?;
    for guest in guests {
        guest.see_each_once().await?;
    }
    note(&format!("{items} items, each delivered once"));
    Ok(())
}

/// How many items there are, once all are delivered.
fn delivered(step: &'static str, answer: &Response) -> Result<Option<usize>, DemoError> {
    let listed = json(step, answer)?;
    let items = listed["items"].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(parked) = items.iter().find(|item| item["state"] == "parked") {
        return unexpected(step, &format!("an item is parked: {}", parked["reason"]));
    }
    let all = items.iter().all(|item| item["state"] == "delivered");
    Ok((all && !items.is_empty()).then_some(items.len()))
}

/// The guests disconnect at the merchant's; the platform takes the merchant's tokens no more.
///
/// # Errors
/// The first step that fails.
pub async fn disconnect(demo: &Demo<'_>, guests: &mut [Guest<'_>]) -> Played {
    println!();
    let connected = format!("/connections/user/{}/disconnect", demo.cast.client_id);
    for guest in guests {
        let (step, ask) = ("Disconnect", guest.page("account/disconnect"));
        let there = &mut guest.there;
        there.get(step, &ask, StatusCode::OK).await?;
        there.post(step, &ask, &[], StatusCode::SEE_OTHER).await?;
        let step = "See that the platform knows";
        let gone = |page: &str| Ok(!page.contains(&connected));
        guest
            .platform
            .look_until(step, "/connections", gone)
            .await?;
    }
    Ok(())
}

impl Guest<'_> {
    /// A page of the merchant's.
    fn page(&self, name: &str) -> String {
        format!("/{}/{name}", self.merchant.app)
    }

    async fn connect_from_app_center(&mut self) -> Played {
        let step = "Sign in at the App Center";
        self.platform.sign_in(step, self.login, "").await?;
        let terms = format!("/apps/{LISTING_ID}/terms");
        let step = "Read the app's terms";
        self.platform.get(step, &terms, StatusCode::OK).await?;
        let step = "Agree";
        let agreed = self.platform.post(step, &terms, &[], StatusCode::FOUND);
        let target = header(step, &agreed.await?, &LOCATION)?;
        // A partner may have led the listing elsewhere on this machine; here it is the gateway.
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let landing = self.page(&format!("landing?{query}"));
        let step = "Land at the merchant";
        let landed = self.there.get(step, &landing, StatusCode::SEE_OTHER);
        landed.await?;
        self.make_account().await?;
        self.confirm().await
    }

    async fn connect_from_web_page(&mut self) -> Played {
        self.make_account().await?;
        self.choose().await?;
        let step = "Go to the platform";
        let (leave, site) = (self.page("connect/web"), self.demo.cast.us_pages.as_str());
        let authorize = self.there.leave(step, &leave, &[], site).await?;
        let step = "Sign in there";
        self.platform.sign_in(step, self.login, &authorize).await?;
        let step = "Read what the app may do";
        self.platform.get(step, &authorize, StatusCode::OK).await?;
        let step = "Allow it";
        let (path, request) = authorize.split_once('?').unwrap_or_default();
        let form = [("request", request), ("decision", "allow")];
        let site = &self.merchant.address;
        let back = self.platform.leave(step, path, &form, site).await?;
        let step = "Come back with a code";
        let answer = self.there.get(step, &back, StatusCode::SEE_OTHER).await?;
        self.see_that_it_worked(step, &answer).await
    }

    async fn connect_by_mail(&mut self) -> Played {
        self.make_account().await?;
        self.choose().await?;
        let address = &self.login.user_name;
        let mailbox = Mailbox::open(self.demo, address).await?;
        let step = "Ask for a link by mail";
        let ask = self.page("connect/mail");
        let form = [("email", address.as_str())];
        let asked = self.there.post(step, &ask, &form, StatusCode::SEE_OTHER);
        asked.await?;
        let site = self.merchant.address.as_str();
        let link = mailbox.next(|line| line.strip_prefix(site)).await?;
        let step = "Open the link";
        self.there.get(step, &link, StatusCode::SEE_OTHER).await?;
        self.confirm().await
    }

    /// Makes an account at the merchant's, with the code that is mailed. Where an earlier demo on
    /// the same data made it, the code sets its password.
    async fn make_account(&mut self) -> Played {
        let step = "Make an account there";
        let mailbox = Mailbox::open(self.demo, self.email).await?;
        let form = [
            ("name", self.name),
            ("email", self.email),
            ("password", PASSWORD),
        ];
        let new = self.page("signin/new");
        let asked = self.there.post(step, &new, &form, StatusCode::SEE_OTHER);
        asked.await?;
        let is_code = |line: &str| line.len() == 8 && line.bytes().all(|b| b.is_ascii_digit());
        let code = mailbox.next(|line| is_code(line).then_some(line)).await?;
        let step = "Type the code from the mail";
        let (path, form) = (self.page("signin/code"), [("code", code.as_str())]);
        let typed = self.there.post(step, &path, &form, StatusCode::SEE_OTHER);
        let lead = header(step, &typed.await?, &LOCATION)?;
        if lead.ends_with("/signin/password") {
            let (step, form) = ("Set a new password", [("password", PASSWORD)]);
            let set = self.there.post(step, &lead, &form, StatusCode::SEE_OTHER);
            set.await?;
        }
        Ok(())
    }

    /// Sees the ways to connect.
    async fn choose(&mut self) -> Played {
        let (step, connect) = ("See the ways to connect", self.page("connect"));
        self.there.get(step, &connect, StatusCode::OK).await?;
        Ok(())
    }

    /// Confirms what the platform's redirect or mail began.
    async fn confirm(&mut self) -> Played {
        let (step, connect) = ("Confirm", self.page("connect"));
        self.there.get(step, &connect, StatusCode::OK).await?;
        let confirmed = self
            .there
            .post(step, &connect, &[], StatusCode::SEE_OTHER)
            .await?;
        self.see_that_it_worked(step, &confirmed).await
    }

    async fn see_that_it_worked(&mut self, step: &'static str, answer: &Response) -> Played {
        let (lead, connected) = (header(step, answer, &LOCATION)?, self.page("connected"));
        check(step, lead == connected, &format!("it leads to {lead}"))?;
        let step = "See that it worked";
        self.there.get(step, &connected, StatusCode::OK).await?;
        Ok(())
    }

    /// Finds what the week's file has for this guest among the available expenses, each once.
    async fn see_each_once(&mut self) -> Played {
        if !self.platform.has_cookies() {
            let step = "Sign in at the platform";
            self.platform.sign_in(step, self.login, "").await?;
        }
        let step = "See the purchases, each once";
        let sent = WEEK.matches(&format!(",{},", self.email)).count();
        let look = self
            .platform
            .look_until(step, "/expenses?q=Bluebird+Cafe", |page| {
                let shown = page.matches("merchant-name\">Bluebird Cafe").count();
                let problem = format!("{shown} of {sent} are there");
                check(step, shown <= sent, &problem)?;
                Ok(shown == sent)
            });
        look.await
    }
}
