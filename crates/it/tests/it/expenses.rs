//! `/expenses`: what the traveller sees of what a merchant sent.

use bursar_testkit::db_test;

use crate::app::*;
use crate::receipts::sample::EACH_TYPE;
use crate::signin::{ANA_SIGNS_IN, cookie};

const BEN_SIGNS_IN: [(&str, &str); 2] = [
    ("user_name", "ben@northwind.example.com"),
    ("password", "ben"),
];

db_test! {
    async fn a_posted_receipt_is_an_available_expense(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let empty = app.us.get("/expenses").cookie(&ana).send().await;
        assert!(!empty.text().contains("<table"));
        let mut ids = Vec::new();
        for receipt in [bursar_sandbox::BOOKING_FEE, bursar_sandbox::TAX_ID] {
            let url = app.accepted(&token, ANA, receipt).await;
            app.processed(&token, &url).await;
            ids.push(url.rsplit('/').next().unwrap().to_owned());
        }

        let list = app.us.get("/expenses").cookie(&ana).send().await;
        assert_eq!(list.status, 200);
        let list = list.text();
        for text in ["Frosch", "333.00", "ABC Corporation", "180.0", "USD", "513.00",
            "Bluebird Cafe", "Undefined"]
        {
            assert!(list.contains(text), "{text}: {list}");
        }
        let place_of = |id: &str| list.find(&format!("href=\"/expenses/{id}\"")).unwrap();
        assert!(place_of(&ids[1]) < place_of(&ids[0]), "newest first");

        let page = app.us.get(&format!("/expenses/{}", ids[0])).cookie(&ana).send().await;
        assert_eq!(page.status, 200);
        let page = page.text();
        for text in ["Frosch", "333.00", "One Greenway Plaza, Suite 800", "Undefined",
            "Frosch Booking Fee", "Processing finished.", "Agency Record Locator", &ids[0]]
        {
            assert!(page.contains(text), "{text}: {page}");
        }

        let picture = format!("/expenses/{}/picture.png", ids[0]);
        let pictures = [app.us.get(&picture), app.us.get(&picture)];
        let mut seen = Vec::new();
        for picture in pictures {
            let picture = picture.cookie(&ana).send().await;
            assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
            assert!(picture.body.starts_with(b"\x89PNG\r\n\x1a\n"));
            seen.push(picture.body);
        }
        assert_eq!(seen[0], seen[1], "made once, then kept");
        let pdf = app.us.get(&format!("/expenses/{}/original", ids[0])).cookie(&ana);
        let pdf = pdf.send().await;
        assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        let name = format!("attachment; filename=\"receipt-{}.pdf\"; \
            filename*=UTF-8''2022-12-12-Frosch.pdf", ids[0]);
        assert_eq!(pdf.header("content-disposition"), name);
        assert_eq!(pdf.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(pdf.header("x-content-type-options"), "nosniff");
        let image = app.us.get(&format!("/receipts/v4/{}/image", ids[0])).bearer(&token);
        assert_eq!(pdf.body, image.send().await.body);
        app.stop().await;
    }
}

/// Northwind's people may not fly; what they rent is a miscellany.
const NORTHWIND_SPENDS: &str = r#"
[[expense_groups]]
company = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01"
name = "Sales"

[[expense_groups.policies]]
id = "sales"
name = "Sales"
expense_types = [{ code = "LODNG", name = "Inn" }, { code = "TRAIN", name = "Trams" }, { code = "MISCL", name = "Various" }]
receipt_types = { car-rental-receipt = "MISCL", general-receipt = "MISCL", hotel-receipt = "UNDEF" }
"#;

db_test! {
    async fn a_receipt_is_for_what_its_type_and_the_policy_say(place: TestDb) {
        for (seed, expected) in [
            ("", ["Undefined", "Taxi", "Airfare", "Car Rental", "Hotel", "Public Transport",
                "Train"]),
            (NORTHWIND_SPENDS, ["Various", "Undefined", "Undefined", "Various", "Undefined",
                "Trams", "Trams"]),
        ] {
            let app = TestApp::start_with(&place, &[], seed).await;
            let token = app.token(ANA).await;
            let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
            for ((schema, receipt), name) in EACH_TYPE.iter().zip(expected) {
                let link = GENERAL.replace("general-receipt", schema);
                let call = app.us.post(&format!("/receipts/v4/users/{ANA}")).bearer(&token);
                let posted = call.header("link", &link).json(*receipt).send().await;
                let url = posted.header("location");
                app.processed(&token, url).await;
                let page = format!("/expenses/{}", url.rsplit('/').next().unwrap());
                let page = app.us.get(&page).cookie(&ana).send().await.text();
                assert!(page.contains(&format!("<bdi>{name}</bdi>")), "{schema} {name}");
            }
            app.stop().await;
        }
    }
}

db_test! {
    async fn others_see_nothing_of_it(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let url = app.accepted(&token, ANA, bursar_sandbox::TAX_ID).await;
        app.processed(&token, &url).await;
        let own = format!("/expenses/{}", url.rsplit('/').next().unwrap());
        let paths = ["", "/picture.png", "/receipt", "/pages/1-800.png", "/original"].map(|suffix| format!("{own}{suffix}"));

        let ben = cookie(&app.us, &BEN_SIGNS_IN).await;
        let list = app.us.get("/expenses").cookie(&ben).send().await;
        assert!(!list.text().contains("ABC Corporation"));
        for path in &paths {
            let colleague = app.us.get(path).cookie(&ben).send().await;
            assert_eq!(colleague.status, 404, "{path}");
            assert!(!colleague.text().contains("ABC Corporation"));
            for stranger in [app.us.get(path), app.us.get(path).cookie(&app.us.planted("x")),
                app.us.get(path).bearer(&token)]
            {
                let answer = stranger.send().await;
                let sign_in = format!("/signin?next={path}");
                assert_eq!((answer.status, answer.header("location")), (303, sign_in.as_str()));
            }
        }
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        for path in ["/expenses/x", "/expenses/%00", "/expenses/x/picture.png",
            &format!("/expenses/{}", "f".repeat(32)), &own.to_uppercase().replace("/EXPENSES", "/expenses")[..40]]
        {
            let answer = app.us.get(path).cookie(&ana).send().await;
            assert_eq!(answer.status, 404, "{path}");
        }
        for query in ["after=%ff", "after=x&after=y", "before=x", "zzz", "%"] {
            let answer = app.us.get(&format!("/expenses?{query}")).cookie(&ana).send().await;
            assert_eq!(answer.status, 200, "{query}");
            let answer = app.us.get(&format!("/signin?{query}&next=a&next=b")).send().await;
            assert_eq!(answer.status, 200, "{query}");
        }
        // A form's empty fields make no address of their own.
        let tidied = app.us.get("/expenses?q=a+b&source=&from=&problems=1&sort=arrival-desc");
        let tidied = tidied.cookie(&ana).send().await;
        assert_eq!((tidied.status, tidied.header("location")), (303, "/expenses?q=a%20b&problems=1"));
        // Another data center's address shows the same people's pages to nobody else.
        for (path, to) in [
            ("/", "/signin?next=/"),
            ("/expenses", "/signin?next=/expenses"),
        ] {
            let answer = app.emea.get(path).send().await;
            assert_eq!((answer.status, answer.header("location")), (303, to));
        }
        app.stop().await;
    }
}

db_test! {
    async fn hostile_text_stays_text(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let hostile = "<script>alert(1)</script>\\\"'&amp;";
        let receipt = bursar_sandbox::TAX_ID.replace("ABC Corporation", hostile);
        let url = app.accepted(&token, ANA, receipt).await;
        app.processed(&token, &url).await;
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let own = format!("/expenses/{}", url.rsplit('/').next().unwrap());
        for path in ["/expenses", &own] {
            let page = app.us.get(path).cookie(&ana).send().await.text();
            assert!(!page.contains("<script") && !page.contains("\"'&amp;"), "{page}");
            assert!(page.contains("alert(1)"));
        }
        app.stop().await;
    }
}

db_test! {
    async fn a_huge_name_does_not_fill_the_list(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let name = "Ü".repeat(1 << 20);
        let receipt = bursar_sandbox::TAX_ID.replace("ABC Corporation", &name);
        let url = app.accepted(&token, ANA, receipt).await;
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        // Before it is processed, most likely, and after.
        for _ in 0..2 {
            let page = app.us.get("/expenses").cookie(&ana).send().await;
            assert!(page.text().contains(&"Ü".repeat(200)));
            assert!(page.body.len() < 20_000);
            app.processed(&token, &url).await;
        }
        assert!(app.us.get(&url).bearer(&token).send().await.text().contains(&name));
        app.stop().await;
    }
}

db_test! {
    async fn older_expenses_are_a_page_away(place: TestDb) {
        let app = TestApp::start_with_passwords(&place).await;
        let token = app.token(ANA).await;
        let mut urls = Vec::new();
        for number in 0..51 {
            let shop = format!("Shop {number:02}.");
            let receipt = bursar_sandbox::TAX_ID.replace("ABC Corporation", &shop);
            urls.push(app.accepted(&token, ANA, receipt).await);
        }
        for url in &urls {
            app.processed(&token, url).await;
        }
        let ana = cookie(&app.us, &ANA_SIGNS_IN).await;
        let link = |page: &str, rel: &str| -> Option<String> {
            let (_, rest) = page.split_once(&format!("rel=\"{rel}\" href=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        let shops = |page: &str| -> Vec<usize> {
            (0..51).filter(|number| page.contains(&format!("Shop {number:02}."))).collect()
        };
        let first = app.us.get("/expenses").cookie(&ana).send().await.text();
        assert_eq!(shops(&first), (1..51).collect::<Vec<_>>());
        assert_eq!(link(&first, "prev"), None);
        let older = link(&first, "next").unwrap();
        let second = app.us.get(&older).cookie(&ana).send().await.text();
        assert_eq!(shops(&second), [0]);
        assert_eq!(link(&second, "next"), None);
        // The totals are of all expenses on each page.
        for page in [&first, &second] {
            assert!(page.contains("9,180.0"), "{page}");
        }
        let newer = link(&second, "prev").unwrap();
        let back = app.us.get(&newer).cookie(&ana).send().await.text();
        assert_eq!(shops(&back), shops(&first));
        app.stop().await;
    }
}
