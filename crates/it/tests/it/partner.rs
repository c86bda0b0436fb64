//! `/partner`: making apps and listings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bursar_testkit::db_test;

use crate::app::*;
use crate::http::Answer;
use crate::people::*;
use crate::signin::assert_page;

/// 100 x 100 pixels.
pub(crate) const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAAGQAAABkCAMAAABHPGVmAAAACVBMVEUSVpb/xD3////kqtnJAAAAo0lEQVR42u2XQRLDIAzEWP//0Tnl1AstY4US6QFozGB7GUNERETkCHJDOBotSb8l6bfkA0TSoEkATQJoHqvkkNc1/lWCdDwzu5gpzOwTEXmWmuEcyaqpCtAUYSnCMnn4mmW+gAXLF7eESH63vFMyvK7dJESfdHc8MruYKQzuk713/ADCyoyFyHdEiiSyKpGIidxNpHs/PXv+stBErwSRiIi8mwsjhQxDxl2IegAAAABJRU5ErkJggg==";
/// One pixel.
const DOT: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
pub(crate) const LISTING_ID: &str = "a3000000-0000-4000-8000-0000000000aa";

pub(crate) const NEW: [(&str, &str); 8] = [
    ("listing_id", LISTING_ID),
    ("name", "Bluebird Scooters"),
    ("connect_url", "http://127.0.0.1:9/connect"),
    ("scopes", "openid receipts.writeonly"),
    ("grant_password", "on"),
    ("grant_client_credentials", "on"),
    ("kind", "user"),
    ("home", "emea"),
];

fn logo() -> Vec<u8> {
    STANDARD.decode(LOGO).unwrap()
}

/// What stands in an element of the page that shows credentials.
pub(crate) fn shown(page: &Answer, id: &str) -> String {
    let page = page.text();
    let (_, rest) = page
        .split_once(&format!("<code id=\"{id}\">"))
        .expect("it is shown");
    rest.split('<').next().unwrap().to_owned()
}

/// `NEW` with one field changed.
fn but<'a>(name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let fields = NEW
        .iter()
        .map(|(known, old)| (*known, if *known == name { value } else { *old }));
    fields.collect()
}

pub(crate) async fn as_itself(app: &TestApp, id: &str, secret: &str) -> Answer {
    let form = [
        ("client_id", id),
        ("client_secret", secret),
        ("grant_type", "client_credentials"),
    ];
    app.us.post("/oauth2/v0/token").form(&form).send().await
}

/// A draft of Pia's with everything that a review wants.
pub(crate) async fn complete_draft(pia: &Someone<'_>) -> String {
    pia.done("/partner/apps", &NEW).await;
    let path = format!("/partner/apps/{LISTING_ID}");
    pia.done(&format!("{path}/production"), &[]).await;
    let texts = [
        ("name", "Bluebird Scooters"),
        ("summary", "Scooters with receipts."),
        ("description", "Ride."),
        ("terms_url", "https://bluebird.example.com/terms"),
        ("support_url", "https://bluebird.example.com/help"),
    ];
    pia.done(&format!("{path}/listing"), &texts).await;
    let uploaded = pia
        .upload(&format!("{path}/logo"), &pia.csrf, &logo())
        .await;
    assert_eq!(uploaded.status, 303, "{}", uploaded.text());
    let settings = [
        ("name", "Bluebird Scooters"),
        ("connect_url", "https://bluebird.example.com/scooters"),
        ("scopes", "openid receipts.writeonly"),
        ("grant_password", "on"),
    ];
    pia.done(&format!("{path}/settings/production"), &settings)
        .await;
    LISTING_ID.to_owned()
}

db_test! {
    async fn a_new_app_shows_its_secret_once(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        let form = pia.page("/partner/apps/new").await;
        assert!(form.contains("name=\"listing_id\"") && form.contains(&app.emea.base), "{form}");
        let page = pia.post("/partner/apps", &NEW).await;
        assert_page(&page, 201);
        let (id, secret) = (shown(&page, "client-id"), shown(&page, "client-secret"));
        assert_eq!(shown(&page, "geolocation"), app.emea.base);
        assert_eq!((id.len(), secret.len()), (36, 36));
        let granted = as_itself(&app, &id, &secret).await;
        assert_eq!(granted.status, 200, "{}", granted.text());
        assert_eq!(granted.field("geolocation"), app.emea.base);
        assert_eq!(granted.field("scope"), "openid receipts.writeonly");

        let path = format!("/partner/apps/{LISTING_ID}");
        let twice = pia.post("/partner/apps", &NEW).await;
        assert_eq!((twice.status, twice.header("location")), (303, path.as_str()));
        let kept = pia.page(&path).await;
        assert!(kept.contains(&id) && !kept.contains(&secret), "{kept}");
        assert_eq!(pia.page("/partner/apps").await.matches("Bluebird Scooters").count(), 1);

        let page = pia.post(&format!("{path}/production"), &[]).await;
        assert_page(&page, 201);
        let (production, other) = (shown(&page, "client-id"), shown(&page, "client-secret"));
        assert_ne!(id, production);
        assert_eq!(as_itself(&app, &production, &other).await.status, 200);
        assert_eq!(as_itself(&app, &production, &secret).await.json()["code"], 64);
        let again = pia.post(&format!("{path}/production"), &[]).await;
        assert_eq!(again.status, 303, "there is one already");
        app.stop().await;
    }
}

db_test! {
    async fn what_is_wrong_is_said_beside_the_field_and_nothing_is_made(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        let long = "x".repeat(61);
        for (field, value, says) in [
            ("name", "", "This is needed."),
            ("name", &long, "At most 60"),
            ("name", "a\u{0}b", "cannot be seen"),
            ("connect_url", "nowhere", "no web address"),
            ("connect_url", "http://partner.example/", "begin with https"),
            ("connect_url", "javascript:alert(1)", "begin with https"),
            ("connect_url", "https://a:b@partner.example/", "Leave out"),
            ("connect_url", "https://partner.example/?id=1", "parameter id"),
            ("scopes", "", "This is needed."),
            ("scopes", "openid <b>", "&#60;b&#62; is no scope"),
            ("kind", "both", "Choose one"),
            ("home", "glz", "Choose one"),
            ("home", "", "Choose one"),
        ] {
            let answer = pia.post("/partner/apps", &but(field, value)).await;
            assert_page(&answer, 422);
            let page = answer.text();
            assert!(page.contains(says) && page.contains("<title>Error: "), "{field} {value}: {page}");
            let kept = if field == "name" { "openid receipts.writeonly" } else { "Bluebird Scooters" };
            assert!(page.contains(&format!("value=\"{kept}\"")), "{field}: {page}");
        }
        let grantless: Vec<_> = NEW.into_iter().filter(|(name, _)| !name.starts_with("grant")).collect();
        assert_page(&pia.post("/partner/apps", &grantless).await, 422);
        for id in ["", "x", "'; DROP TABLE"] {
            assert_page(&pia.post("/partner/apps", &but("listing_id", id)).await, 400);
        }
        // An id of somebody else's listing gives nothing away.
        let theirs = pia.post("/partner/apps", &but("listing_id", LEDGER)).await;
        assert_eq!(theirs.status, 303);
        assert!(!pia.page("/partner/apps").await.contains("Bluebird Scooters"));
        app.stop().await;
    }
}

db_test! {
    async fn a_refused_change_changes_nothing(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        pia.done("/partner/apps", &NEW).await;
        let path = format!("/partner/apps/{LISTING_ID}");
        let long = "y".repeat(4001);
        for (field, value, says) in [
            ("name", "", "This is needed."),
            ("summary", &long, "At most 140"),
            ("description", &long, "At most 4000"),
            ("terms_url", "ftp://x.example", "begin with https"),
            ("support_url", "https://x.example/#a", "Leave out"),
        ] {
            let answer = pia.post(&format!("{path}/listing"), &[("name", "Changed"), (field, value)]
                .into_iter().filter(|(name, _)| field != "name" || *name != "name").collect::<Vec<_>>()).await;
            assert_page(&answer, 422);
            assert!(answer.text().contains(says), "{field}: {}", answer.text());
        }
        let settings = [("name", "Changed"), ("scopes", "openid"), ("connect_url", "x")];
        let answer = pia.post(&format!("{path}/settings/development"), &settings).await;
        assert_page(&answer, 422);
        for text in ["value=\"Changed\"", "no web address", "This is needed."] {
            assert!(answer.text().contains(text), "{text}");
        }
        assert!(!pia.page(&path).await.contains("Changed"));
        for (page, fields) in [
            ("settings/test", &settings[..]),
            ("settings/production", &settings[..]),
            ("enabled/production", &[("enabled", "no")]),
        ] {
            let fields = [fields, &[("grant_password", "on"), ("connect_url", "")]].concat();
            let fields: Vec<_> = fields.into_iter().filter(|(_, value)| *value != "x").collect();
            assert_page(&pia.post(&format!("{path}/{page}"), &fields).await, 404);
        }
        assert_page(&pia.post(&format!("{path}/enabled/development"), &[]).await, 400);
        assert_page(&pia.post(&format!("{path}/state"), &[("action", "win")]).await, 400);
        let incomplete = pia.post(&format!("{path}/state"), &[("action", "submit")]).await;
        assert_page(&incomplete, 422);
        for part in ["a summary", "a description", "a logo", "a production app"] {
            assert!(incomplete.text().contains(&format!("<li>{part}</li>")), "{part}");
        }
        app.stop().await;
    }
}

db_test! {
    async fn a_logo_is_a_small_png_of_the_right_size(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        pia.done("/partner/apps", &NEW).await;
        let path = format!("/partner/apps/{LISTING_ID}/logo");
        let dot = STANDARD.decode(DOT).unwrap();
        let mut bomb = logo();
        bomb[16..24].copy_from_slice(&[0, 2, 0, 0, 0, 2, 0, 0]);
        let cut = logo()[..150].to_vec();
        for (file, says) in [
            (&b""[..], "no file was chosen"),
            (b"GIF89a", "no PNG"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "no PNG"),
            (&dot, "1 x 1 pixels"),
            (&bomb, "Nothing was saved"),
            (&cut, "no PNG"),
        ] {
            let answer = pia.upload(&path, &pia.csrf, file).await;
            assert_page(&answer, 422);
            assert!(answer.text().contains(says), "{says}: {}", answer.text());
        }
        assert_page(&pia.upload(&path, &pia.csrf, &vec![0; 600 << 10]).await, 413);
        assert_page(&pia.upload(&path, "x", &logo()).await, 403);
        assert_page(&pia.post(&path, &[]).await, 400);
        assert!(!pia.page(&format!("/partner/apps/{LISTING_ID}")).await.contains("/logos/"));

        assert_eq!(pia.upload(&path, &pia.csrf, &logo()).await.status, 303);
        let page = pia.page(&format!("/partner/apps/{LISTING_ID}")).await;
        let (_, file) = page.split_once("src=\"/logos/").unwrap();
        let file = format!("/logos/{}", file.split('"').next().unwrap());
        let shown = pia.get(&file).await;
        assert_eq!((shown.status, shown.header("content-type")), (200, "image/png"));
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        assert!(shown.body.starts_with(b"\x89PNG"));
        assert_eq!(app.us.get(&file).send().await.status, 303, "not for strangers");
        for other in ["/logos/x.png", &format!("/logos/{}.png", "0".repeat(64)), &file[..20]] {
            assert_page(&pia.get(other).await, 404);
        }
        app.stop().await;
    }
}

db_test! {
    async fn what_is_reviewed_stays_as_it_was_reviewed(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let pia = Someone::at(&app.us, PIA).await;
        let path = format!("/partner/apps/{}", complete_draft(&pia).await);
        let state = format!("{path}/state");
        assert_page(&pia.post(&state, &[("action", "withdraw")]).await, 409);
        assert_page(&pia.get(&state).await, 409);
        pia.done(&state, &[("action", "submit")]).await;
        let asked = pia.page(&state).await;
        assert!(asked.contains("Withdraw Bluebird Scooters?") && asked.contains("value=\"withdraw\""));
        let page = pia.page(&path).await;
        assert!(page.contains("In review") && page.contains(&format!("href=\"{state}\"")), "{page}");
        let texts = [("name", "Swapped")];
        assert_page(&pia.post(&format!("{path}/listing"), &texts).await, 409);
        let upload = pia.upload(&format!("{path}/logo"), &pia.csrf, &logo()).await;
        assert_page(&upload, 409);
        let settings = [
            ("name", "Swapped"),
            ("connect_url", "https://evil.example/"),
            ("scopes", "openid"),
            ("grant_password", "on"),
        ];
        assert_page(&pia.post(&format!("{path}/settings/production"), &settings).await, 409);
        assert!(!pia.page(&path).await.contains("Swapped"));
        pia.done(&format!("{path}/settings/development"), &settings).await;
        pia.done(&state, &[("action", "withdraw")]).await;
        pia.done(&format!("{path}/listing"), &texts).await;
        app.stop().await;
    }
}

db_test! {
    async fn others_listings_do_not_exist(place: TestDb) {
        let app = TestApp::start_app_center(&place).await;
        let (rex, tia) = (Someone::at(&app.us, REX).await, Someone::at(&app.us, TIA).await);
        assert!(!rex.page("/partner/apps").await.contains("Bluebird"));
        let path = format!("/partner/apps/{RIDES}");
        let settings = [("name", "Mine"), ("scopes", "openid"), ("grant_password", "on")];
        for other in [&rex, &tia] {
            for page in ["", "/state", "/enabled/production"] {
                assert_page(&other.get(&format!("{path}{page}")).await, 404);
            }
            for (page, fields) in [
                ("listing", &[("name", "Mine")][..]),
                ("settings/development", &settings),
                ("enabled/production", &[("enabled", "no")]),
                ("production", &[]),
                ("state", &[("action", "withdraw")]),
            ] {
                assert_page(&other.post(&format!("{path}/{page}"), fields).await, 404);
            }
            assert_page(&other.upload(&format!("{path}/logo"), &other.csrf, &logo()).await, 404);
        }
        for page in ["/partner/apps", "/partner/apps/new"] {
            assert_page(&tia.get(page).await, 404);
            assert_eq!(app.us.get(page).send().await.status, 303);
        }
        assert_page(&tia.post("/partner/apps", &NEW).await, 404);
        let pia = Someone::at(&app.us, PIA).await;
        let forged = pia.call("/partner/apps").form(&NEW);
        assert_page(&forged.send().await, 403);
        assert!(!pia.page("/partner/apps").await.contains("Scooters"));
        let kept = tia.page(&format!("/apps/{RIDES}")).await;
        assert!(kept.contains("Bluebird Rides") && !kept.contains("Mine"));
        app.stop().await;
    }
}
