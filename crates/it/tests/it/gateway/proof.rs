//! Whose an address is: the code that is mailed, and what it opens.

use std::time::Duration;

use bursar_db::{DbError, Sql};
use bursar_gateway_connect::NewAccount;
use bursar_jobs::dead;
use bursar_kernel::Rng;
use bursar_testkit::{FakeSmtp, db_test};

use super::connect_site::{Browser, PASSWORD, Pages};
use crate::app::*;
use crate::signin::assert_page;

const ANA_HERE: &str = "ana@cafe.example";
const OTHER_PASSWORD: &str = "another dozen letters";
static STORED: Sql = Sql::new("SELECT sealed FROM connect_proof");

/// Another code than this one.
fn other(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:08}", (number + 1) % 100_000_000)
}

async fn has_account(pages: &Pages, email: &str) -> bool {
    pages
        .vault
        .find_account("cafe", email)
        .await
        .unwrap()
        .is_some()
}

/// Types a code that is not taken, and sees why.
async fn refused(browser: &Browser<'_>, code: &str, why: &str) {
    let answer = browser.post("signin/code", &[("code", code)]).await;
    assert_page(&answer, 422);
    assert!(answer.text().contains(why), "{why}: {}", answer.text());
}

async fn forgets(browser: &Browser<'_>, email: &str) -> String {
    browser.posts("signin/forgot", &[("email", email)]).await
}

db_test! {
    async fn an_account_is_there_once_its_address_is_proved(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.get(&pages.landing(ANA)).await;
        browser.ask_for_account("Ana@Cafe.example").await;
        let page = browser.page("signin/code").await;
        assert!(page.contains("Step 1 of 3") && page.contains(ANA_HERE), "{page}");
        let code = pages.code(ANA_HERE).await;
        let mail = pages.mails(ANA_HERE).await.remove(0);
        assert_eq!(mail.subject, "Bluebird Cafe: your code");
        assert!(mail.text.contains("There is none with it yet"), "{}", mail.text);
        assert!(!has_account(&pages, ANA_HERE).await);
        // Who has the code but not the browser has nothing.
        let eve = pages.browser("cafe");
        assert_eq!(eve.types(&code).await, "connect");
        eve.ask_for_account("eve@cafe.example").await;
        let of_eve = pages.code("eve@cafe.example").await;
        if of_eve != code {
            refused(&eve, &code, "That is not the code.").await;
        }
        refused(&browser, &other(&code), "That is not the code.").await;
        refused(&browser, "", "That is not the code.").await;
        assert!(!has_account(&pages, ANA_HERE).await);
        let spaced = format!(" {} {} ", &code[..4], &code[4..]);
        assert_eq!(browser.types(&spaced).await, "connect");
        // What waited to be connected waits still.
        assert_eq!(browser.confirm().await, "connected");
        assert!(pages.connection("cafe", ANA_HERE).await.is_some());
        // The code was used up.
        let late = pages.browser("cafe");
        assert_eq!(late.types(&code).await, "connect");
        assert_eq!(browser.leads("signin/code").await, "connect");
        pages.stop().await;
    }
}

db_test! {
    /// The Kelvin sign is a `K` to some, and another mailbox to a mail server.
    async fn nobody_proves_the_address_of_another_that_looks_alike(place: TestDb) {
        let pages = Pages::start(&place).await;
        let (owner, other) = ("kim@cafe.example", "\u{212a}im@cafe.example");
        pages.browser("cafe").sign_up(owner).await;
        let id = pages.vault.find_account("cafe", owner).await.unwrap().unwrap().id;
        assert_eq!(pages.mails(owner).await.len(), 1);
        let eve = pages.browser("cafe");
        assert_eq!(forgets(&eve, other).await, "signin/code");
        assert_eq!(eve.types(&pages.code(other).await).await, "signin/password");
        let form = [("name", "Eve"), ("password", OTHER_PASSWORD)];
        assert_eq!(eve.posts("signin/password", &form).await, "connect");
        assert_eq!(pages.mails(owner).await.len(), 1);
        assert_ne!(pages.vault.find_account("cafe", other).await.unwrap().unwrap().id, id);
        let kim = [("email", "Kim@cafe.example"), ("password", PASSWORD)];
        assert_eq!(pages.browser("cafe").posts("signin", &kim).await, "connect");
        pages.stop().await;
    }
}

db_test! {
    async fn codes_and_addresses_are_sealed_at_rest(place: TestDb) {
        let pages = Pages::start(&place).await;
        pages.browser("cafe").ask_for_account(ANA_HERE).await;
        let code = pages.code(ANA_HERE).await;
        let stored = pages.db.scan((), |tx, ()| {
            Box::pin(async move { tx.rows(&STORED, &[]).await })
        });
        let stored: Result<_, DbError> = stored.await;
        let [mut row] = <[_; 1]>::try_from(stored.unwrap()).ok().unwrap();
        let sealed: Vec<u8> = row.get(0).unwrap();
        for secret in [code.as_bytes(), ANA_HERE.as_bytes(), b"argon2".as_slice()] {
            assert!(!sealed.windows(secret.len()).any(|part| part == secret));
        }
        pages.stop().await;
    }
}

db_test! {
    async fn a_code_is_void_after_five_wrong_ones_and_after_a_while(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.ask_for_account(ANA_HERE).await;
        let first = pages.code(ANA_HERE).await;
        for _ in 0..4 {
            refused(&browser, &other(&first), "That is not the code.").await;
        }
        refused(&browser, &other(&first), "This code is void.").await;
        refused(&browser, &first, "This code is void.").await;
        pages.app.clock.advance(Duration::from_secs(1));
        assert_eq!(browser.posts("signin/code/again", &[]).await, "signin/code");
        let second = pages.code(ANA_HERE).await;
        pages.app.clock.advance(Duration::from_mins(15));
        refused(&browser, &second, "This code is void.").await;
        assert_eq!(browser.posts("signin/code/again", &[]).await, "signin/code");
        let third = pages.code(ANA_HERE).await;
        pages.app.clock.advance(Duration::from_secs(1));
        assert_eq!(browser.posts("signin/code/again", &[]).await, "signin/code");
        let fourth = pages.code(ANA_HERE).await;
        if third != fourth {
            refused(&browser, &third, "That is not the code.").await;
        }
        assert!(!has_account(&pages, ANA_HERE).await);
        assert_eq!(browser.types(&fourth).await, "connect");
        assert!(has_account(&pages, ANA_HERE).await);
        pages.stop().await;
    }
}

db_test! {
    async fn mails_are_few_for_an_address_and_for_a_session(place: TestDb) {
        let pages = Pages::start(&place).await;
        for _ in 0..5 {
            pages.browser("cafe").ask_for_account(ANA_HERE).await;
            pages.app.clock.advance(Duration::from_secs(1));
        }
        let form = [("name", "Ana"), ("email", "ANA@cafe.example"), ("password", PASSWORD)];
        let browser = pages.browser("cafe");
        let lead = browser.posts("signin/new", &form).await;
        browser.refused(&lead, 422, "Too many codes were asked for").await;
        assert_eq!(forgets(&browser, ANA_HERE).await, "refused?why=too-many-codes");
        assert_eq!(pages.mails(ANA_HERE).await.len(), 5);
        // Another app counts for itself.
        pages.browser("rival").ask_for_account(ANA_HERE).await;
        let browser = pages.browser("cafe");
        for number in 0..5 {
            browser.ask_for_account(&format!("u{number}@cafe.example")).await;
        }
        let again = browser.post("signin/code/again", &[]).await;
        assert_page(&again, 422);
        assert!(again.text().contains("No more codes for now."), "{}", again.text());
        // The last one works still.
        let code = pages.code("u4@cafe.example").await;
        assert_eq!(browser.types(&code).await, "connect");
        pages.app.clock.advance(Duration::from_hours(1));
        pages.browser("cafe").sign_up(ANA_HERE).await;
        pages.stop().await;
    }
}

db_test! {
    async fn a_code_that_a_mail_server_refuses_for_good_is_dropped(place: TestDb) {
        let pages = Pages::start(&place).await;
        let server = FakeSmtp::start(&["550 no such mailbox"]).await;
        let codes = pages.codes_by_smtp(server.address.port());
        pages.browser("cafe").ask_for_account(ANA_HERE).await;
        assert_eq!(codes.run_due().await.unwrap(), 1);
        pages.app.clock.advance(Duration::from_mins(5));
        assert_eq!(codes.run_due().await.unwrap(), 0);
        assert_eq!(dead(&pages.db, 9).await.unwrap(), []);
        assert_eq!(server.delivered(), []);
        pages.stop().await;
    }
}

db_test! {
    async fn a_mail_server_that_is_away_delays_a_code(place: TestDb) {
        let pages = Pages::start(&place).await;
        let away = pages.codes_by_smtp(1);
        for (minutes, mails) in [(14, 1), (15, 0)] {
            let browser = pages.browser("cafe");
            let email = format!("ana{minutes}@cafe.example");
            browser.ask_for_account(&email).await;
            for _ in 0..minutes * 6 {
                away.run_due().await.unwrap();
                pages.app.clock.advance(Duration::from_secs(10));
            }
            // It is back before the code has expired, and after that.
            pages.app.clock.advance(Duration::from_secs(55));
            assert_eq!(pages.mails(&email).await.len(), mails);
            assert_eq!(dead(&pages.db, 9).await.unwrap(), []);
        }
        pages.stop().await;
    }
}

db_test! {
    async fn nobody_learns_whether_an_address_has_an_account(place: TestDb) {
        let pages = Pages::start(&place).await;
        let owner = pages.browser("cafe");
        owner.sign_up(ANA_HERE).await;
        let (known, unknown) = (pages.browser("cafe"), pages.browser("cafe"));
        known.ask_for_account(ANA_HERE).await;
        unknown.ask_for_account("new@cafe.example").await;
        let pages_seen = [
            known.page("signin/code").await.replace(ANA_HERE, "X"),
            unknown.page("signin/code").await.replace("new@cafe.example", "X"),
        ];
        assert_eq!(pages_seen[0], pages_seen[1]);
        for (browser, email) in [(&known, ANA_HERE), (&unknown, "new@cafe.example")] {
            assert_eq!(forgets(browser, email).await, "signin/code");
        }
        pages.app.clock.advance(Duration::from_secs(1));
        known.ask_for_account(ANA_HERE).await;
        let code = pages.code(ANA_HERE).await;
        let mail = pages.mails(ANA_HERE).await.remove(0);
        assert!(mail.text.contains("There is one already"), "{}", mail.text);
        // The password that was typed before is not the account's.
        assert_eq!(known.types(&code).await, "signin/password");
        assert_eq!(known.leads("account").await, "connect");
        let page = known.page("signin/password").await;
        assert!(!page.contains("name=\"name\"") && page.contains(ANA_HERE), "{page}");
        let short = known.post("signin/password", &[("password", "short")]).await;
        assert_page(&short, 422);
        owner.page("account").await;
        let form = [("password", OTHER_PASSWORD)];
        assert_eq!(known.posts("signin/password", &form).await, "connect");
        known.page("account").await;
        assert_eq!(owner.leads("account").await, "connect", "signed out everywhere else");
        let old = [("email", ANA_HERE), ("password", PASSWORD)];
        assert_page(&owner.post("signin", &old).await, 422);
        let new = [("email", ANA_HERE), ("password", OTHER_PASSWORD)];
        assert_eq!(owner.posts("signin", &new).await, "connect");
        // The proof was used up.
        assert_eq!(known.posts("signin/password", &form).await, "signin/forgot");
        pages.stop().await;
    }
}

db_test! {
    async fn a_forgotten_password_is_set_anew(place: TestDb) {
        let pages = Pages::start(&place).await;
        pages.browser("cafe").sign_up(ANA_HERE).await;
        let id = pages.vault.find_account("cafe", ANA_HERE).await.unwrap().unwrap().id;
        let browser = pages.browser("cafe");
        browser.get(&pages.landing(ANA)).await;
        let wrong = [("email", ANA_HERE), ("password", "wrong")];
        for _ in 0..6 {
            assert_page(&browser.post("signin", &wrong).await, 422);
        }
        assert!(browser.page("connect").await.contains("Forgot your password?"));
        browser.page("signin/forgot").await;
        let faulty = browser.post("signin/forgot", &[("email", "no address")]).await;
        assert_page(&faulty, 422);
        pages.app.clock.advance(Duration::from_secs(1));
        assert_eq!(forgets(&browser, " ANA@cafe.example ").await, "signin/code");
        let code = pages.code(ANA_HERE).await;
        let planted = browser.cookie();
        assert_eq!(browser.types(&code).await, "signin/password");
        // Whoever planted the session before has nothing of it.
        let form = [("password", OTHER_PASSWORD)];
        let call = pages.site.post("/cafe/signin/password").cookie(&planted).form(&form);
        assert_eq!(call.send().await.header("location"), "/cafe/signin/forgot");
        assert_eq!(browser.posts("signin/password", &form).await, "connect");
        assert_eq!(browser.confirm().await, "connected");
        let account = pages.vault.find_account("cafe", ANA_HERE).await.unwrap().unwrap();
        assert_eq!(account.id, id);
        // The lock went with the old password.
        let elsewhere = pages.browser("cafe");
        let new = [("email", ANA_HERE), ("password", OTHER_PASSWORD)];
        assert_eq!(elsewhere.posts("signin", &new).await, "connect");
        // A password is set soon after the code, or not at all.
        assert_eq!(forgets(&elsewhere, "new@cafe.example").await, "signin/code");
        let code = pages.code("new@cafe.example").await;
        assert_eq!(elsewhere.types(&code).await, "signin/password");
        pages.app.clock.advance(Duration::from_mins(15));
        let new = [("name", "New"), ("password", OTHER_PASSWORD)];
        assert_eq!(elsewhere.posts("signin/password", &new).await, "signin/forgot");
        assert!(!has_account(&pages, "new@cafe.example").await);
        // An address without an account gets one, with a name.
        pages.app.clock.advance(Duration::from_secs(1));
        assert_eq!(forgets(&elsewhere, "new@cafe.example").await, "signin/code");
        let code = pages.code("new@cafe.example").await;
        assert_eq!(elsewhere.types(&code).await, "signin/password");
        assert_page(&elsewhere.post("signin/password", &form).await, 422);
        assert_eq!(elsewhere.posts("signin/password", &new).await, "connect");
        assert!(has_account(&pages, "new@cafe.example").await);
        pages.stop().await;
    }
}

db_test! {
    async fn accounts_of_a_file_are_claimed_by_their_address(place: TestDb) {
        let pages = Pages::start(&place).await;
        let of_file = |user_ref: &str, email: Option<&str>| NewAccount {
            app_id: "cafe".into(),
            id: Rng::system().uuid(),
            user_ref: user_ref.into(),
            email: email.map(str::to_owned),
            name: user_ref.into(),
            password_hash: None,
            at: NOW,
        };
        let ana = pages.vault.account(of_file(ANA_HERE, None)).await.unwrap();
        let employee = of_file("E-17", Some("ben@cafe.example"));
        let employee = pages.vault.account(employee).await.unwrap();
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        assert!(pages.mails(ANA_HERE).await[0].text.contains("There is none with it yet"));
        let claimed = pages.vault.find_account("cafe", ANA_HERE).await.unwrap().unwrap();
        assert_eq!((claimed.id, claimed.name.as_str()), (ana.id, "Ana Reyes"));
        browser.page("account").await;
        // Where the merchant's name of the user is another, the address opens nothing.
        pages.browser("cafe").sign_up("ben@cafe.example").await;
        let ben = pages.vault.find_account("cafe", "ben@cafe.example").await.unwrap().unwrap();
        assert_ne!(ben.id, employee.id);
        let same = pages.vault.find_account("cafe", "E-17").await.unwrap().unwrap();
        assert_eq!(same, employee);
        pages.stop().await;
    }
}

db_test! {
    async fn without_mail_nobody_makes_an_account(place: TestDb) {
        let pages = Pages::start_where(&place, false).await;
        let browser = pages.browser("cafe");
        let start = browser.page("connect").await;
        assert!(start.contains("Ask Bluebird Cafe for an account"), "{start}");
        assert!(!start.contains("signin/new") && !start.contains("signin/forgot"), "{start}");
        let heading = "Accounts are not made on this page";
        for page in ["signin/new", "signin/forgot"] {
            browser.refused(&browser.leads(page).await, 422, heading).await;
        }
        let form = [("name", "Ana"), ("email", ANA_HERE), ("password", PASSWORD), ("code", "1")];
        for page in ["signin/new", "signin/forgot", "signin/code", "signin/password"] {
            browser.refused(&browser.posts(page, &form).await, 422, heading).await;
        }
        assert!(!has_account(&pages, ANA_HERE).await);
        pages.stop().await;
    }
}

db_test! {
    async fn codes_that_race_count_one_by_one(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browser = pages.browser("cafe");
        browser.ask_for_account(ANA_HERE).await;
        let code = pages.code(ANA_HERE).await;
        let send = |code: &str| {
            let form = [("code", code)];
            browser.call("POST", "signin/code").form(&form).send()
        };
        let same = tokio::join!(send(&code), send(&code), send(&code));
        for answer in [&same.0, &same.1, &same.2] {
            assert_eq!(answer.status, 303, "{}", answer.text());
            assert_eq!(answer.header("location"), "/cafe/connect");
        }
        let given = [&same.0, &same.1, &same.2];
        let given = given.iter().filter(|answer| answer.maybe("set-cookie").is_some());
        assert_eq!(given.count(), 1, "one of them signs in");
        assert!(has_account(&pages, ANA_HERE).await);

        let guesser = pages.browser("cafe");
        guesser.ask_for_account("ben@cafe.example").await;
        let code = pages.code("ben@cafe.example").await;
        let wrong = other(&code);
        let guess = || {
            let form = [("code", wrong.as_str())];
            guesser.call("POST", "signin/code").form(&form).send()
        };
        let guesses = tokio::join!(guess(), guess(), guess(), guess(), guess(), guess(), guess());
        assert_eq!(guesses.0.status, 422);
        refused(&guesser, &code, "This code is void.").await;
        assert!(!has_account(&pages, "ben@cafe.example").await);
        pages.stop().await;
    }
}

db_test! {
    async fn mails_that_race_are_counted(place: TestDb) {
        let pages = Pages::start(&place).await;
        let browsers: Vec<_> = (0..8).map(|_| pages.browser("cafe")).collect();
        let ask = |browser: &Browser<'_>| {
            let form = [("email", ANA_HERE)];
            browser.call("POST", "signin/forgot").form(&form).send()
        };
        let asked = tokio::join!(
            ask(&browsers[0]),
            ask(&browsers[1]),
            ask(&browsers[2]),
            ask(&browsers[3]),
            ask(&browsers[4]),
            ask(&browsers[5]),
            ask(&browsers[6]),
            ask(&browsers[7])
        );
        assert_eq!(asked.0.status, 303);
        assert_eq!(pages.mails(ANA_HERE).await.len(), 5);
        pages.stop().await;
    }
}
