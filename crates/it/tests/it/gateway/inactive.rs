//! Users who are long inactive are warned, then revoked.

use std::sync::Arc;
use std::time::Duration;

use bursar_gateway_connect::pages::Warnings;
use bursar_gateway_connect::{ConnectionState, Inactive, InactiveLimits, KeepAlive};
use bursar_jobs::Worker;
use bursar_kernel::Rng;
use bursar_mail::{Mail, Mailbox, Mailer};
use bursar_testkit::{TestDb, db_test};

use super::connect_site::{Browser, Pages};
use crate::app::*;

const ANA_HERE: &str = "ana@cafe.example";
const DAY: Duration = Duration::from_hours(24);
const LIMITS: InactiveLimits = InactiveLimits {
    revoked_after: Duration::from_hours(24 * 365),
    warned_ahead: Duration::from_hours(24 * 30),
};

/// What looks for inactive users, and mails.
struct Watch<'a> {
    pages: &'a Pages,
    looking: Inactive,
    warnings: Worker,
    mailbox: Mailbox,
}

impl<'a> Watch<'a> {
    fn new(pages: &'a Pages) -> Self {
        let mailbox = Mailbox::new(pages.db.clone());
        Self::mailing(pages, Mailer::Mailbox(mailbox))
    }

    fn mailing(pages: &'a Pages, mailer: Mailer) -> Self {
        let vault = &pages.vault;
        let mailers = [("cafe".to_owned(), mailer)].into();
        let base = &pages.site.base;
        let warnings = Warnings::new(vault.clone(), LIMITS, mailers, base);
        Self {
            pages,
            looking: Inactive::new(vault.clone(), LIMITS),
            warnings: Worker::new(
                pages.db.clone(),
                pages.app.clock.clone(),
                Rng::system(),
                vec![Arc::new(warnings)],
            ),
            mailbox: Mailbox::new(pages.db.clone()),
        }
    }

    /// Days pass; the gateway does what it does meanwhile.
    async fn days(&self, days: u32) {
        let keeper = KeepAlive::new(self.pages.vault.clone());
        for _ in 0..days / 5 {
            self.pages.app.clock.advance(DAY * 5);
            keeper.once().await.unwrap();
        }
        self.pages.app.clock.advance(DAY * (days % 5));
        self.look().await;
    }

    async fn look(&self) {
        self.looking.once().await.unwrap();
        self.warnings.run_due().await.unwrap();
        self.pages.revoker().run_due().await.unwrap();
    }

    /// The warnings to Ana, newest first.
    async fn mails(&self) -> Vec<Mail> {
        let mails = self.mailbox.latest(Some(ANA_HERE)).await.unwrap();
        let warning = |mail: &Mail| mail.subject.contains("will end");
        mails.into_iter().filter(warning).collect()
    }

    async fn state(&self) -> Option<ConnectionState> {
        let connection = self.pages.connection("cafe", ANA_HERE).await;
        connection.map(|one| one.state)
    }
}

async fn connected(place: &TestDb) -> Pages {
    let pages = Pages::start(place).await;
    connect(&pages, &pages.browser("cafe")).await;
    pages
}

async fn connect(pages: &Pages, browser: &Browser<'_>) {
    browser.get(&pages.landing(ANA)).await;
    browser.sign_up(ANA_HERE).await;
    assert_eq!(browser.confirm().await, "connected");
}

db_test! {
    async fn who_is_long_inactive_is_warned_then_revoked(place: TestDb) {
        let pages = connected(&place).await;
        let watch = Watch::new(&pages);
        watch.days(334).await;
        assert!(watch.mails().await.is_empty());
        watch.days(1).await;
        let mails = watch.mails().await;
        let [mail] = mails.as_slice() else {
            panic!("one mail: {mails:?}");
        };
        assert_eq!(mail.subject, "Your connection of Bluebird Cafe with Bursar will end");
        let page = format!("{}/cafe/account", pages.site.base);
        for text in [&mail.text, &mail.html] {
            assert!(text.contains(&page) && text.contains("Nov 21, 2027"), "{text}");
        }
        watch.days(29).await;
        assert_eq!(watch.mails().await.len(), 1, "once");
        let there = pages.connection("cafe", ANA_HERE).await.unwrap();
        assert_eq!(there.state, ConnectionState::Connected);
        watch.days(1).await;
        assert_eq!(watch.state().await, None);
        let account = pages.vault.find_account("cafe", ANA_HERE).await.unwrap();
        assert!(account.is_some(), "it can connect again");
        let calls = pages.calls("cafe").await;
        assert!(calls.iter().any(|call| (call.method.as_str(), call.status) == ("DELETE", Some(200))));
        pages.stop().await;
    }
}

db_test! {
    async fn who_is_active_again_is_kept(place: TestDb) {
        let pages = connected(&place).await;
        let watch = Watch::new(&pages);
        watch.days(340).await;
        assert_eq!(watch.mails().await.len(), 1);
        // Something is sent for the user.
        let there = pages.connection("cafe", ANA_HERE).await.unwrap();
        pages.vault.access("cafe", there.id).await.unwrap();
        watch.days(334).await;
        assert_eq!(watch.state().await, Some(ConnectionState::Connected));
        assert_eq!(watch.mails().await.len(), 1);
        watch.days(1).await;
        assert_eq!(watch.mails().await.len(), 2, "warned anew");
        // The user signs in.
        pages.browser("cafe").sign_in(ANA_HERE).await;
        watch.days(334).await;
        assert_eq!(watch.state().await, Some(ConnectionState::Connected));
        assert_eq!(watch.mails().await.len(), 2);
        pages.stop().await;
    }
}

db_test! {
    async fn nobody_is_revoked_before_the_warning_is_out(place: TestDb) {
        let pages = connected(&place).await;
        let elsewhere = place.beside().await;
        let closed = elsewhere.open().await;
        closed.close().await;
        let broken = Watch::mailing(&pages, Mailer::Mailbox(Mailbox::new(closed)));
        broken.days(400).await;
        assert_eq!(broken.state().await, Some(ConnectionState::Connected));
        let watch = Watch::new(&pages);
        watch.days(1).await;
        let mails = watch.mails().await;
        assert_eq!(mails.len(), 1);
        // 30 days from then, not from a day that is over.
        assert!(mails[0].text.contains("Jan 26, 2028"), "{}", mails[0].text);
        watch.days(29).await;
        assert_eq!(watch.state().await, Some(ConnectionState::Connected));
        watch.days(1).await;
        assert_eq!(watch.state().await, None);
        pages.stop().await;
    }
}

db_test! {
    async fn who_cannot_be_warned_is_revoked_all_the_same(place: TestDb) {
        let pages = connected(&place).await;
        let watch = Watch::mailing(&pages, Mailer::Nowhere);
        watch.days(336).await;
        watch.days(28).await;
        assert_eq!(watch.state().await, Some(ConnectionState::Connected));
        watch.days(2).await;
        assert_eq!(watch.state().await, None);
        pages.stop().await;
    }
}
