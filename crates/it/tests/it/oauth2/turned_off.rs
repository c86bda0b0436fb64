//! An app that a company has turned off: no grant gives tokens (code 53), nobody is asked for
//! consent, no mail goes out, no old token is exchanged.

use bursar_testkit::db_test;
use serde_json::json;

use super::authorize::{self, BACK, CODE_GRANT};
use super::otp;
use crate::app::*;
use crate::people::Someone;
use crate::signin::{cookie, csrf_token};

/// Of Holm: travels, and signs in with this.
const EVA_SIGNS_IN: [(&str, &str); 2] = [
    ("user_name", "eva@holm.example.com"),
    ("password", "eva & friends"),
];
const EVA_MAIL: &str = EVA_SIGNS_IN[0].1;
/// The listing of CAFE.
const LISTING: &str = "c3000000-0000-4000-8000-000000000001";

const HOLM: &str = r#"
[[companies]]
id = "c1000000-0000-4000-8000-000000000001"
name = "Holm AS"
edition = "professional"
products = ["expense"]
home = "us"

[[companies.users]]
id = "c1000000-0000-4000-8000-000000000011"
user_name = "eva@holm.example.com"
password = "eva & friends"
email = "eva@holm.example.com"
given_name = "Eva"
family_name = "Holm"

[[companies.users]]
id = "c1000000-0000-4000-8000-000000000012"
user_name = "ole@holm.example.com"
password = "ole"
email = "ole@holm.example.com"
given_name = "Ole"
family_name = "Holm"
roles = ["company_admin"]

[[legacy_apps]]
consumer_key = "HolmsCafeKey"
client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51"

[[legacy_apps.tokens]]
token = "1_old-token-of-eva"
user = "c1000000-0000-4000-8000-000000000011"

[[listings]]
id = "c3000000-0000-4000-8000-000000000001"
partner = "c1000000-0000-4000-8000-000000000001"
kind = "user"
state = "certified"
name = "Cafe"
summary = "Coffee."
preview_code = "cafe-preview"
development = { client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d53", connect_url = "https://dev.cafe.example/" }
production = { client_id = "5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d51", connect_url = "https://cafe.example/" }
releases = { us = "2026-01-01" }
"#;

async fn switch(app: &TestApp, enabled: &str) {
    let ole = Someone::at(&app.us, ("ole@holm.example.com", "ole")).await;
    let path = format!("/admin/apps/{LISTING}/enabled");
    ole.done(&path, &[("enabled", enabled)]).await;
}

db_test! {
    async fn an_app_that_is_turned_off_gets_nothing(place: TestDb) {
        let app = TestApp::start_with(&place, &[], HOLM).await;
        let cookie = cookie(&app.us, &EVA_SIGNS_IN).await;
        let query = authorize::query(CAFE, BACK, "&state=7");
        let code = authorize::code(&app.us, &cookie, &query).await;
        otp::ask(&app.us, CAFE, EVA_MAIL, &[("link", otp::LINK)]).send().await;
        let password = otp::otp(&app.mails(EVA_MAIL, 1).await[0]);
        let page = authorize::ask(&app.us, &cookie, &query).send().await;
        let csrf = csrf_token(&page);
        let by_password = [("grant_type", "password"), ("username", EVA_SIGNS_IN[0].1),
            ("password", EVA_SIGNS_IN[1].1)];
        let by_code = [CODE_GRANT, ("code", &code), ("redirect_uri", BACK)];
        let by_otp = [("grant_type", "otp"), ("otp", &password), ("link", otp::LINK),
            ("channel_type", "email"), ("channel_handle", EVA_MAIL)];
        let grants = [&by_password[..], &by_code, &by_otp];

        switch(&app, "no").await;
        for fields in grants {
            let answer = authorize::exchange(&app.us, CAFE, fields).correlated("mine").send().await;
            assert_eq!((answer.status, answer.text()), (400,
                "{\"error\":\"invalid_client\",\"concur-correlationid\":\"mine\",\
                 \"error_description\":\"company is not enabled for this client\",\"code\":53}"
                .to_owned()));
        }
        let back = format!("{BACK}?error_code=53\
            &error_description=company%20is%20not%20enabled%20for%20this%20client\
            &error=unauthorized_client&state=7");
        let none = format!("{query}&prompt=none");
        for sent_back in [
            authorize::ask(&app.us, &cookie, &query),
            authorize::ask(&app.us, &cookie, &none),
            authorize::decide(&app.us, &cookie, &csrf, &query, "allow"),
        ] {
            let answer = sent_back.send().await;
            assert_eq!((answer.status, answer.header("location")), (303, back.as_str()));
        }
        // Answered like any other, and the next one's mail comes.
        for address in [EVA_MAIL, "ana@northwind.example.com"] {
            otp::assert_sent(&otp::ask(&app.us, CAFE, address, &[]).send().await);
        }
        app.mails("ana@northwind.example.com", 1).await;
        assert_eq!(app.mails(EVA_MAIL, 1).await.len(), 1);
        let old = json!({"token": "1_old-token-of-eva", "secret": CAFE.1}).to_string();
        let path = "/appmgmt/v0/legacyApps/HolmsCafeKey/exchangeRefreshToken/me";
        let exchange = async || {
            let call = app.us.post(path).bearer(&app.app_token().await).json(old.as_str());
            call.correlated("mine").send().await
        };
        let answer = exchange().await;
        assert_eq!((answer.status, answer.text()), (400,
            "{\"code\":\"INVALIDAPP\",\"message\":\"Application is invalid\",\
             \"concur-correlationid\":\"mine\"}".to_owned()));

        switch(&app, "yes").await;
        for fields in grants {
            let answer = authorize::exchange(&app.us, CAFE, fields).send().await;
            assert_eq!(answer.status, 200, "nothing was used up: {}", answer.text());
        }
        assert_eq!(exchange().await.status, 200);
        app.stop().await;
    }
}
