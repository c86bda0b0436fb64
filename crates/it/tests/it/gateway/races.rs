//! What happens at the same time as a connection is made.

use std::sync::Arc;
use std::time::Duration;

use bursar_gateway_connect::{ConnectionState, Revoke};
use bursar_jobs::Worker;
use bursar_kernel::{Rng, Uuid};
use bursar_testkit::db_test;

use super::connect::decide;
use super::connect_site::{Browser, Pages};
use super::proxy::{Fate, Proxy};
use super::{APP, Gateway};
use crate::app::*;

const ANA_HERE: &str = "ana@cafe.example";
const ENDING: &str = "An earlier connection is being ended";
const UNDER_WAY: &str = "It is under way";
const REVOCATION: &str = "DELETE /app-mgmt/v0/connections";

/// Signs up, and connects with Ana.
async fn connect(pages: &Pages, browser: &Browser<'_>, email: &str) {
    browser.get(&pages.landing(ANA)).await;
    browser.sign_up(email).await;
    assert_eq!(browser.confirm().await, "connected");
}

async fn disconnect(browser: &Browser<'_>) {
    browser.page("account/disconnect").await;
    assert_eq!(browser.posts("account/disconnect", &[]).await, "account");
}

async fn delete(browser: &Browser<'_>) {
    browser.page("account/delete").await;
    assert_eq!(browser.posts("account/delete", &[]).await, "connect");
}

/// Connects by signing in at the platform: a revocation there ends request tokens, too.
async fn sign_in_there(pages: &Pages, browser: &Browser<'_>) -> String {
    browser.page("connect").await;
    let sent = browser.post("connect/web", &[]).await;
    let back = decide(pages, &sent, "allow").await;
    browser.leads(&back).await
}

async fn connect_anew(pages: &Pages, browser: &Browser<'_>) {
    assert_eq!(sign_in_there(pages, browser).await, "connected");
    assert!(lives(pages, ANA_HERE).await);
}

/// Whether an account is connected, with a token that the platform takes.
async fn lives(pages: &Pages, email: &str) -> bool {
    let connection = pages.connection("cafe", email).await.unwrap();
    connection.state == ConnectionState::Connected && pages.works(&connection).await
}

/// A revocation that the platform fails to make; after a minute it is on its way no more.
async fn revocation_fails(pages: &Pages, proxy: &Proxy) {
    proxy.next("DELETE", Fate::Answer(500, None));
    assert_eq!(pages.revoker().run_due().await.unwrap(), 1);
    pages.app.clock.advance(Duration::from_secs(61));
}

/// A browser with an account, at the page that asks whether to connect with Ana.
async fn about_to_connect(pages: &Pages) -> Browser<'_> {
    let browser = pages.browser("cafe");
    land(pages, &browser).await;
    browser.sign_up(ANA_HERE).await;
    browser.page("connect").await;
    browser
}

async fn land(pages: &Pages, browser: &Browser<'_>) {
    assert_eq!(browser.leads(&pages.landing(ANA)).await, "connect");
}

db_test! {
    /// The revocation ends every token of the user at the platform, whenever it arrives there.
    async fn a_reconnect_waits_for_a_revocation_under_way(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = pages.browser("cafe");
        connect(&pages, &browser, ANA_HERE).await;
        disconnect(&browser).await;
        proxy.next("DELETE", Fate::Stall);
        let revoker = pages.revoker();
        let again = async {
            proxy.held().await;
            land(&pages, &browser).await;
            browser.refused(&browser.confirm().await, 422, ENDING).await;
            // What came is kept.
            assert!(browser.page("connect").await.contains(">Connect</button>"));
            proxy.release();
        };
        let (ran, ()) = tokio::join!(revoker.run_due(), again);
        assert_eq!(ran.unwrap(), 1);
        assert!(pages.connection("cafe", ANA_HERE).await.is_none());
        pages.app.clock.advance(Duration::from_secs(2));
        let expired = "This request is not valid any more";
        browser.refused(&browser.confirm().await, 422, expired).await;
        connect_anew(&pages, &browser).await;
        pages.stop().await;
    }
}

db_test! {
    /// The token was given before the revocation, and comes after it.
    async fn a_token_that_a_revocation_overtook_is_not_kept(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = pages.browser("cafe");
        connect(&pages, &browser, ANA_HERE).await;
        disconnect(&browser).await;
        land(&pages, &browser).await;
        browser.page("connect").await;
        proxy.next("POST", Fate::Late);
        let revoker = pages.revoker();
        let revoke = async {
            proxy.held().await;
            assert_eq!(revoker.run_due().await.unwrap(), 1);
            proxy.release();
        };
        let (lead, ()) = tokio::join!(browser.posts("connect", &[]), revoke);
        browser.refused(&lead, 422, ENDING).await;
        assert!(pages.connection("cafe", ANA_HERE).await.is_none());
        pages.app.clock.advance(Duration::from_secs(2));
        connect_anew(&pages, &browser).await;
        pages.stop().await;
    }
}

db_test! {
    /// Whoever connects again wants no revocation any more, whatever became of its job.
    async fn a_revocation_that_waits_or_died_is_given_up_by_a_reconnect(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = pages.browser("cafe");
        connect(&pages, &browser, ANA_HERE).await;
        let first = pages.connection("cafe", ANA_HERE).await.unwrap();
        for dies in [false, true] {
            disconnect(&browser).await;
            let revoker = pages.revoker();
            proxy.next("DELETE", Fate::Answer(500, None));
            assert_eq!(revoker.run_due().await.unwrap(), 1);
            if dies {
                for _ in 1..60 {
                    pages.app.clock.advance(Duration::from_hours(1));
                    proxy.next("DELETE", Fate::Answer(500, None));
                    assert_eq!(revoker.run_due().await.unwrap(), 1);
                }
                pages.app.clock.advance(Duration::from_hours(1));
                assert_eq!(revoker.run_due().await.unwrap(), 0, "it is dead");
                browser.sign_in(ANA_HERE).await;
            }
            pages.app.clock.advance(Duration::from_secs(61));
            assert!(browser.page("account").await.contains("The connection is being ended."));
            assert_eq!(sign_in_there(&pages, &browser).await, "connected");
            pages.app.clock.advance(Duration::from_mins(5));
            let left = usize::from(!dies);
            assert_eq!(revoker.run_due().await.unwrap(), left, "it finds nothing to do");
            let connection = pages.connection("cafe", ANA_HERE).await.unwrap();
            assert_eq!((connection.id, connection.state), (first.id, ConnectionState::Connected));
            assert!(pages.works(&connection).await);
        }
        pages.stop().await;
    }
}

db_test! {
    async fn the_user_of_a_deleted_account_connects_with_another(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = pages.browser("cafe");
        connect(&pages, &browser, ANA_HERE).await;
        delete(&browser).await;
        // The revocation is to come, or failed.
        revocation_fails(&pages, &proxy).await;
        let other = pages.browser("cafe");
        connect(&pages, &other, "ana.reyes@cafe.example").await;
        pages.app.clock.advance(Duration::from_mins(5));
        let ran = pages.revoker().run_due().await;
        assert_eq!(ran.unwrap(), 1, "it finds nothing to do");
        assert!(lives(&pages, "ana.reyes@cafe.example").await);
        pages.stop().await;
    }
}

db_test! {
    async fn an_account_that_is_deleted_while_it_connects_leaves_no_connection(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = about_to_connect(&pages).await;
        proxy.next("POST", Fate::Late);
        let deletion = async {
            proxy.held().await;
            delete(&browser).await;
            proxy.release();
        };
        let (lead, ()) = tokio::join!(browser.posts("connect", &[]), deletion);
        assert_eq!(lead, "connect");
        assert!(pages.vault.list("cafe", Uuid::max(), 9).await.unwrap().is_empty());
        assert_eq!(proxy.passed(REVOCATION), 1, "what the platform gave is taken back");
        pages.stop().await;
    }
}

db_test! {
    /// Without anything that says which comes first.
    async fn whoever_deletes_and_connects_at_once_is_not_connected(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        for round in 1..=6 {
            let browser = pages.browser("cafe");
            browser.sign_up(&format!("ana{round}@cafe.example")).await;
            browser.page("connect").await;
            let sent = browser.post("connect/web", &[]).await;
            let back = decide(&pages, &sent, "allow").await;
            browser.page("account/delete").await;
            proxy.next("POST", Fate::Late);
            let deletion = async {
                proxy.held().await;
                proxy.release();
                assert_eq!(browser.posts("account/delete", &[]).await, "connect");
            };
            let (lead, ()) = tokio::join!(browser.leads(&back), deletion);
            assert!(["connect", "connected"].contains(&lead.as_str()), "{lead}");
            pages.revoker().run_due().await.unwrap();
            for connection in pages.vault.list("cafe", Uuid::max(), 99).await.unwrap() {
                assert_eq!(connection.state, ConnectionState::Ended, "{connection:?}");
            }
            assert_eq!(proxy.passed(REVOCATION), round);
            pages.app.clock.advance(Duration::from_secs(61));
        }
        pages.stop().await;
    }
}

db_test! {
    async fn an_account_that_disconnected_one_user_connects_another(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = pages.browser("cafe");
        connect(&pages, &browser, ANA_HERE).await;
        let of_ana = pages.connection("cafe", ANA_HERE).await.unwrap();
        disconnect(&browser).await;
        revocation_fails(&pages, &proxy).await;
        browser.get(&pages.landing(BEN)).await;
        assert_eq!(browser.confirm().await, "connected");
        pages.app.clock.advance(Duration::from_mins(5));
        assert_eq!(pages.revoker().run_due().await.unwrap(), 1);
        // Ana's is revoked all the same, and Ben's lives.
        let ended = pages.vault.get("cafe", of_ana.id).await.unwrap().unwrap();
        assert_eq!(ended.state, ConnectionState::Ended);
        let of_ben = pages.connection("cafe", ANA_HERE).await.unwrap();
        assert_eq!(of_ben.principal_id, BEN);
        assert!(pages.works(&of_ben).await);
        pages.stop().await;
    }
}

db_test! {
    /// It finds nothing to do, and ends at the same time as another one is asked for.
    async fn a_revocation_that_is_given_up_takes_no_other_one_with_it(place: TestDb) {
        let gateway = Gateway::start(&place, 71, 12).await;
        let vault = gateway.outbox.vault();
        let handler = Arc::new(Revoke::new(vault.clone()));
        let (db, clock) = (gateway.db.clone(), gateway.clock.clone());
        let revoker = Worker::new(db, clock, Rng::system(), vec![handler]);
        for number in 0..12 {
            let id = gateway.connection(number).await;
            assert!(vault.disconnect(APP, id).await.unwrap());
            assert_eq!(gateway.connect(number).await, id);
            let (ran, ended) = tokio::join!(revoker.run_due(), vault.disconnect(APP, id));
            assert!(ran.is_ok() && ended.unwrap());
            gateway.pass(Duration::from_secs(61));
            revoker.run_due().await.unwrap();
            let connection = vault.get(APP, id).await.unwrap().unwrap();
            assert_eq!(connection.state, ConnectionState::Ended, "driver {number}");
        }
        gateway.stop().await;
    }
}

db_test! {
    /// The platform refuses the token that was, while its user brings another and ends that too.
    async fn a_token_that_is_lost_ends_no_newer_one(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = pages.browser("cafe");
        connect(&pages, &browser, ANA_HERE).await;
        let id = pages.connection("cafe", ANA_HERE).await.unwrap().id;
        let access = pages.vault.access("cafe", id).await.unwrap();
        let client = &pages.vault.apps().get("cafe").unwrap().client;
        client.revoke(&access.token).await.unwrap();
        pages.vault.refused(id, &access.token).await;
        pages.app.clock.advance(Duration::from_secs(2));
        disconnect(&browser).await;
        proxy.next("POST", Fate::Stall);
        let revoker = pages.revoker();
        let again = async {
            proxy.held().await;
            assert_eq!(sign_in_there(&pages, &browser).await, "connected");
            disconnect(&browser).await;
            proxy.release();
        };
        let (ran, ()) = tokio::join!(revoker.run_due(), again);
        assert_eq!(ran.unwrap(), 1);
        let state = async || pages.vault.get("cafe", id).await.unwrap().unwrap().state;
        assert_eq!(state().await, ConnectionState::Ending);
        pages.app.clock.advance(Duration::from_secs(10));
        assert_eq!(revoker.run_due().await.unwrap(), 1);
        assert_eq!(state().await, ConnectionState::Ended);
        assert_eq!(proxy.passed(REVOCATION), 2);
        pages.stop().await;
    }
}

db_test! {
    async fn two_confirms_are_one(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = about_to_connect(&pages).await;
        proxy.next("POST", Fate::Late);
        let second = async {
            proxy.held().await;
            assert_eq!(browser.posts("connect", &[]).await, "connected");
            for page in ["connected", "connect"] {
                let lead = browser.leads(page).await;
                browser.refused(&lead, 202, UNDER_WAY).await;
            }
            proxy.release();
        };
        let (first, ()) = tokio::join!(browser.posts("connect", &[]), second);
        assert_eq!(first, "connected");
        assert!(browser.page("connected").await.contains("are connected"));
        assert_eq!(pages.calls("cafe").await.len(), 1, "the platform was asked once");
        // Without anything that holds them apart.
        let browser = pages.browser("cafe");
        browser.get(&pages.landing(BEN)).await;
        browser.sign_up("ben@cafe.example").await;
        browser.page("connect").await;
        let post = || browser.posts("connect", &[]);
        let leads = tokio::join!(post(), post(), post(), post());
        for lead in [leads.0, leads.1, leads.2, leads.3] {
            assert_eq!(lead, "connected");
        }
        until("the connection", async || {
            browser.get("connected").await.status == 200
        }).await;
        assert_eq!(pages.calls("cafe").await.len(), 2);
        pages.stop().await;
    }
}

db_test! {
    async fn two_answers_are_one(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = pages.browser("cafe");
        browser.sign_up(ANA_HERE).await;
        browser.page("connect").await;
        let sent = browser.post("connect/web", &[]).await;
        let back = decide(&pages, &sent, "allow").await;
        proxy.next("POST", Fate::Late);
        let second = async {
            proxy.held().await;
            assert_eq!(browser.leads(&back).await, "connected");
            browser.refused(&browser.leads("connected").await, 202, UNDER_WAY).await;
            proxy.release();
        };
        let (first, ()) = tokio::join!(browser.leads(&back), second);
        assert_eq!(first, "connected");
        assert!(browser.page("connected").await.contains("are connected"));
        // Nothing is left to confirm.
        assert_eq!(browser.leads("connect").await, "account");
        pages.stop().await;
    }
}

db_test! {
    /// A browser that is asked twice drops the first request: the token comes all the same.
    async fn a_confirm_outlives_its_browser(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = about_to_connect(&pages).await;
        proxy.next("POST", Fate::Late);
        tokio::select! {
            answer = browser.post("connect", &[]) => panic!("{}", answer.text()),
            () = proxy.held() => {}
        }
        proxy.release();
        until("the connection", async || browser.get("connected").await.status == 200).await;
        assert!(pages.connection("cafe", ANA_HERE).await.is_some());
        pages.stop().await;
    }
}

db_test! {
    async fn what_was_not_exchanged_is_put_back(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = pages.browser("cafe");
        land(&pages, &browser).await;
        browser.sign_up(ANA_HERE).await;
        proxy.next("POST", Fate::Refuse);
        browser.refused(&browser.confirm().await, 503, "Bursar does not answer").await;
        assert_eq!(browser.confirm().await, "connected");
        pages.stop().await;
    }
}

db_test! {
    async fn what_is_put_back_replaces_nothing_newer(place: TestDb) {
        let (pages, proxy) = Pages::start_behind_proxy(&place).await;
        let browser = about_to_connect(&pages).await;
        proxy.next("POST", Fate::Hold);
        let newer = async {
            proxy.held().await;
            assert_eq!(browser.leads(&pages.landing(BEN)).await, "connect");
            proxy.release();
        };
        let (lead, ()) = tokio::join!(browser.posts("connect", &[]), newer);
        browser.refused(&lead, 503, "Bursar does not answer").await;
        assert_eq!(browser.confirm().await, "connected");
        assert_eq!(pages.connection("cafe", ANA_HERE).await.unwrap().principal_id, BEN);
        pages.stop().await;
    }
}
