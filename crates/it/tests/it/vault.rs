//! The gateway's vault against a platform: no refresh token is ever lost.

use std::time::Duration;

use bursar::admin::Order;
use bursar_db::Db;
use bursar_gateway_client::{App as ClientApp, Client as PlatformClient, Http, Limits};
use bursar_gateway_connect::{
    Access, AccessError, App, Apps, Brand, ConnectError, Connected, ConnectionState, Environment,
    KeepAlive, NewAccount, Revoke, Sealing, Vault, calls,
};
use bursar_jobs::Workers;
use bursar_kernel::{Rng, Uuid};
use bursar_secrets::SealingKeys;
use bursar_testkit::{TestDb, db_test};
use tokio::task::JoinSet;

use crate::app::*;
use crate::receipts::sample::smallest;

const APP: &str = "cafe";
const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
const OTHER_KEY: &str = "0202020202020202020202020202020202020202020202020202020202020202";
const AHEAD: Duration = Duration::from_hours(24 * 30);

/// A gateway's vault beside a platform, on a database of its own.
struct Beside {
    app: TestApp,
    /// Gone when this is.
    _place: TestDb,
    db: Db,
    vault: Vault,
}

impl Beside {
    async fn start(place: &TestDb) -> Self {
        Self::on(place, TestApp::start(place).await).await
    }

    async fn on(place: &TestDb, app: TestApp) -> Self {
        let place = place.beside().await;
        let db = place.open().await;
        let vault = vault(&app, &db, KEY);
        Self {
            app,
            _place: place,
            db,
            vault,
        }
    }

    /// The same as another process has it: nothing in memory is shared.
    fn another(&self) -> Vault {
        vault(&self.app, &self.db, KEY)
    }

    async fn account(&self, user_ref: &str) -> Uuid {
        let new = NewAccount {
            app_id: APP.to_owned(),
            id: Rng::system().uuid(),
            user_ref: user_ref.to_owned(),
            email: None,
            name: user_ref.to_owned(),
            password_hash: None,
            at: self.app.clock.now(),
        };
        self.vault.account(new).await.unwrap().id
    }

    /// Connects an account with somebody on the platform.
    async fn connect(&self, account: Uuid, user: &str) -> Result<Connected, ConnectError> {
        let client = &self.vault.apps().get(APP).unwrap().client;
        let token = self.app.request_token(user).to_owned();
        let granted = client.request_token(user, &token.into()).await;
        let granted = granted.expect("a request token works");
        self.vault.connect(APP, Some(account), granted).await
    }

    async fn connected(&self, user: &str) -> Uuid {
        let account = self.account(user).await;
        self.connect(account, user).await.unwrap().id
    }

    async fn state(&self, id: Uuid) -> ConnectionState {
        self.vault.get(APP, id).await.unwrap().unwrap().state
    }

    /// Whether the platform takes a token.
    async fn works(&self, access: &Access) -> bool {
        let client = &self.vault.apps().get(APP).unwrap().client;
        let list = client.receipts(&access.token, &access.principal_id, None);
        list.await.is_ok()
    }
}

fn vault(app: &TestApp, db: &Db, keys: &str) -> Vault {
    let clock = app.clock.clone();
    let app = ClientApp {
        client_id: CAFE.0.to_owned(),
        client_secret: CAFE.1.into(),
        base_uri: app.us.base.clone(),
        trusted_domains: Vec::new(),
    };
    let (rng, http) = (Rng::system(), Http::new(Limits::default()));
    let client = PlatformClient::new(http, clock.clone(), rng.clone(), app).unwrap();
    let app = |id: &str| App {
        id: id.to_owned(),
        environment: Environment::Production,
        client: client.clone(),
        brand: Brand::default(),
        required_scopes: Vec::new(),
        company_operators: Vec::new(),
        openid: None,
    };
    let apps = Apps::new([app(APP), app("other")]);
    let keys = SealingKeys::from_lines(keys).unwrap();
    Vault::new(db.clone(), clock, rng, keys, apps, AHEAD)
}

db_test! {
    async fn a_connection_gives_fresh_tokens(place: TestDb) {
        let beside = Beside::start(&place).await;
        let id = beside.connected(ANA).await;
        let first = beside.vault.access(APP, id).await.unwrap();
        assert_eq!(first.principal_id, ANA);
        assert!(beside.works(&first).await);
        let again = beside.vault.access(APP, id).await.unwrap();
        assert!(again.token.is(&first.token), "it is kept in memory");

        beside.app.clock.advance(Duration::from_mins(59) + Duration::from_secs(30));
        let later = beside.vault.access(APP, id).await.unwrap();
        assert!(!later.token.is(&first.token), "it would expire on its way");
        assert!(beside.works(&later).await);

        let nobody = beside.vault.access("other", id).await.unwrap_err();
        assert!(matches!(nobody, AccessError::NotConnected), "another app's");
    }
}

db_test! {
    async fn a_user_of_another_data_center_is_followed(place: TestDb) {
        let beside = Beside::start(&place).await;
        // The request token is asked for in `us`, which says where she lives.
        let id = beside.connected(LARS).await;
        let access = beside.vault.access(APP, id).await.unwrap();
        assert_eq!(access.token.geolocation().as_str(), beside.app.emea.base);
        assert!(beside.works(&access).await);

        let move_her = Order::MoveCompany {
            company: LINDGREN.parse().unwrap(),
            data_center: "us".to_owned(),
        };
        beside.app.admin.carry_out(&move_her).await.unwrap();
        beside.vault.refused(id, &access.token).await;
        let access = beside.vault.access(APP, id).await.unwrap();
        assert_eq!(access.token.geolocation().as_str(), beside.app.us.base);
        assert!(beside.works(&access).await);
        let stored = beside.vault.get(APP, id).await.unwrap().unwrap();
        assert_eq!(stored.geolocation, beside.app.us.base, "stored before it was used");
    }
}

db_test! {
    async fn refreshes_that_race_lose_no_token(place: TestDb) {
        let beside = Beside::on(&place, TestApp::start_rotating(&place).await).await;
        // A replaced token that comes back ends all.
        let id = beside.connected(ANA).await;
        for _ in 0..3 {
            beside.app.clock.advance(Duration::from_hours(2));
            let mut racing = JoinSet::new();
            for _ in 0..5 {
                let (one, other) = (beside.another(), beside.another());
                for vault in [one.clone(), one, other] {
                    racing.spawn(async move { vault.access(APP, id).await });
                }
            }
            while let Some(access) = racing.join_next().await {
                let access = access.unwrap().unwrap();
                assert!(beside.works(&access).await);
            }
        }
        assert_eq!(beside.state(id).await, ConnectionState::Connected);
        beside.another().renew(APP, id).await.unwrap();
    }
}

db_test! {
    async fn what_the_platform_revoked_is_lost_and_comes_back(place: TestDb) {
        let beside = Beside::start(&place).await;
        let id = beside.connected(ANA).await;
        let access = beside.vault.access(APP, id).await.unwrap();
        let client = &beside.vault.apps().get(APP).unwrap().client;
        client.revoke(&access.token).await.unwrap();
        assert!(!beside.works(&access).await);

        beside.vault.refused(id, &access.token).await;
        let lost = beside.vault.access(APP, id).await.unwrap_err();
        assert!(matches!(lost, AccessError::Lost(_)), "{lost}");
        assert_eq!(beside.state(id).await, ConnectionState::Lost);
        let lost = beside.vault.access(APP, id).await.unwrap_err();
        assert!(matches!(lost, AccessError::Lost(_)), "it is remembered: {lost}");

        let told = beside.vault.get(APP, id).await.unwrap().unwrap().trouble;
        assert!(told.unwrap().contains("108"), "why is kept");
    }
}

db_test! {
    async fn nobody_is_connected_twice(place: TestDb) {
        let beside = Beside::start(&place).await;
        let (one, two) = (beside.account("one").await, beside.account("two").await);
        let first = beside.connect(one, ANA).await.unwrap();
        assert!(!first.again);
        let again = beside.connect(one, ANA).await.unwrap();
        assert!(again.again && again.id == first.id);
        let taken = beside.connect(two, ANA).await.unwrap_err();
        assert!(matches!(taken, ConnectError::TakenByAnother), "{taken}");
        let other = beside.connect(one, BEN).await.unwrap_err();
        assert!(matches!(other, ConnectError::OtherUser), "{other}");
        let deleted = Rng::system().uuid();
        let nobody = beside.connect(deleted, BEN).await.unwrap_err();
        assert!(matches!(nobody, ConnectError::NoAccount), "{nobody}");
        // Whose tokens are not to be revoked for it.
        let taken = beside.connect(deleted, ANA).await.unwrap_err();
        assert!(matches!(taken, ConnectError::TakenByAnother), "{taken}");
        let access = beside.vault.access(APP, first.id).await.unwrap();
        assert_eq!(access.principal_id, ANA);
    }
}

db_test! {
    async fn what_is_disconnected_is_revoked_and_forgotten(place: TestDb) {
        let beside = Beside::start(&place).await;
        let account = beside.account("ana").await;
        let id = beside.connect(account, ANA).await.unwrap().id;
        let access = beside.vault.access(APP, id).await.unwrap();
        let workers = Workers::start(
            beside.db.clone(),
            beside.app.clock.clone(),
            Rng::system(),
            vec![std::sync::Arc::new(Revoke::new(beside.vault.clone()))],
            1,
        );
        assert!(beside.vault.disconnect(APP, id).await.unwrap());
        assert!(!beside.vault.disconnect(APP, id).await.unwrap(), "once");
        until("the end", async || beside.state(id).await == ConnectionState::Ended).await;
        workers.stop().await;
        assert!(!beside.works(&access).await, "the platform knows");
        let gone = beside.vault.access(APP, id).await.unwrap_err();
        assert!(matches!(gone, AccessError::NotConnected), "{gone}");
        // What was revoked is not given again; who connects anew starts from the beginning.
        assert!(beside.vault.of_account(APP, account).await.unwrap().is_none());
    }
}

db_test! {
    async fn connections_that_nobody_uses_live_on(place: TestDb) {
        let beside = Beside::start(&place).await;
        let id = beside.connected(ANA).await;
        let keeper = KeepAlive::new(beside.vault.clone());
        assert_eq!(keeper.once().await.unwrap(), 0);
        // Three times as long as a refresh token lives.
        for _ in 0..20 {
            beside.app.clock.advance(Duration::from_hours(24 * 28));
            keeper.once().await.unwrap();
        }
        assert_eq!(beside.state(id).await, ConnectionState::Connected);
        let access = beside.vault.access(APP, id).await.unwrap();
        assert!(beside.works(&access).await);
    }
}

db_test! {
    async fn a_sealed_token_is_for_its_key_and_row(place: TestDb) {
        let beside = Beside::start(&place).await;
        let id = beside.connected(ANA).await;
        let foreign = vault(&beside.app, &beside.db, OTHER_KEY);
        let refused = foreign.access(APP, id).await.unwrap_err();
        assert!(matches!(refused, AccessError::Sealed), "{refused}");
        assert_eq!(beside.state(id).await, ConnectionState::Connected);
        let rotated = vault(&beside.app, &beside.db, &format!("{OTHER_KEY}\n{KEY}"));
        assert!(rotated.access(APP, id).await.is_ok());
        // It was sealed anew with the first key.
        beside.app.clock.advance(Duration::from_hours(2));
        assert!(foreign.access(APP, id).await.is_ok());
    }
}

db_test! {
    async fn after_a_new_key_the_old_one_can_go(place: TestDb) {
        let beside = Beside::start(&place).await;
        let (ana, ben) = (beside.connected(ANA).await, beside.connected(BEN).await);
        let both = vault(&beside.app, &beside.db, &format!("{OTHER_KEY}\n{KEY}"));
        let sealing = |first, older, closed| Sealing { first, older, closed };
        assert_eq!(both.sealing(APP).await.unwrap(), sealing(0, 2, 0));
        assert_eq!(both.reseal().await.unwrap(), 2);
        assert_eq!(both.reseal().await.unwrap(), 0);
        let new = vault(&beside.app, &beside.db, OTHER_KEY);
        for id in [ana, ben] {
            assert!(new.access(APP, id).await.is_ok());
        }
        // Nothing can be done without the key that sealed.
        let neither = vault(&beside.app, &beside.db, &"03".repeat(32));
        assert_eq!(neither.reseal().await.unwrap(), 0);
        assert_eq!(neither.sealing(APP).await.unwrap(), sealing(0, 0, 2));
        assert_eq!(new.sealing(APP).await.unwrap(), sealing(2, 0, 0));
    }
}

db_test! {
    async fn every_call_is_logged_without_secrets(place: TestDb) {
        let beside = Beside::start(&place).await;
        let id = beside.connected(ANA).await;
        let access = beside.vault.access(APP, id).await.unwrap();
        assert!(beside.works(&access).await);
        let listed = beside.db.scan((), |tx, ()| {
            Box::pin(calls::latest(tx, APP, Uuid::max(), 100))
        });
        let listed: Vec<calls::Call> = listed.await.unwrap();
        assert_eq!(listed.len(), 2, "the grant and the refresh: {listed:#?}");
        for call in &listed {
            assert_eq!(call.status, Some(200));
            assert_eq!(call.user_id.as_deref(), Some(ANA));
            assert_eq!(call.connection_id, Some(id));
            let request = String::from_utf8(call.request_body.clone().unwrap()).unwrap();
            let response = String::from_utf8(call.response_body.clone().unwrap()).unwrap();
            let text = format!("{request} {response}");
            for secret in [CAFE.1, beside.app.request_token(ANA), "eyJ"] {
                assert!(!text.contains(secret), "{text}");
            }
            let geolocation = format!("\"geolocation\":\"{}\"", beside.app.us.base);
            assert!(response.contains(&geolocation), "{response}");
            let found = beside.db.read(call.correlation_id.clone(), |tx, id| {
                Box::pin(calls::by_correlation(tx, APP, id, 10))
            });
            let found: Vec<calls::Call> = found.await.unwrap();
            assert_eq!(found.as_slice(), std::slice::from_ref(call));
        }
        let foreign = beside.db.scan((), |tx, ()| {
            Box::pin(calls::latest(tx, "other", Uuid::max(), 100))
        });
        let foreign: Vec<calls::Call> = foreign.await.unwrap();
        assert_eq!(foreign, []);
    }
}

db_test! {
    async fn receipts_and_quick_expenses_go_through_the_client(place: TestDb) {
        use bursar_gateway_client::{Image, ImageType, NewQuickExpense, NewReceipt, ReceiptType};
        let beside = Beside::start(&place).await;
        let id = beside.connected(ANA).await;
        let access = beside.vault.access(APP, id).await.unwrap();
        let client = &beside.vault.apps().get(APP).unwrap().client;
        let json = smallest().to_string();
        let receipt = |image| NewReceipt {
            receipt_type: ReceiptType::General,
            json: json.clone().into(),
            image,
        };
        let posted = client.post_receipt(&access.token, ANA, receipt(None)).await.unwrap();
        assert_eq!(posted.exchanges.len(), 2, "the index, and the post");
        assert_eq!(posted.exchanges[1].request_body, json);
        let image = Image {
            image_type: ImageType::Png,
            bytes: crate::pictures::png(40, 30).into(),
        };
        beside.app.clock.advance(Duration::from_millis(1));
        let pictured = client.post_receipt(&access.token, ANA, receipt(Some(image))).await;
        let pictured = pictured.unwrap();
        assert_eq!(pictured.exchanges.len(), 1, "the index is remembered");
        assert_eq!(pictured.exchanges[0].request_body, json);
        let page = client.receipts(&access.token, ANA, None).await.unwrap().value;
        let ids: Vec<_> = page.receipts.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, [pictured.value.id.as_str(), posted.value.id.as_str()]);
        assert_eq!(page.receipts[0].receipt.get(), json, "to the letter");
        let status_url = posted.value.status_url.unwrap();
        until("the picture", async || {
            let status = client.receipt_status(&access.token, &status_url).await;
            status.unwrap().value.status == "PROCESSED"
        })
        .await;

        let expense = NewQuickExpense {
            json: serde_json::json!({
                "expenseTypeId": "TAXIX", "transactionDate": "2026-11-20",
                "transactionAmount": {"currencyCode": "EUR", "value": 12.5},
            })
            .to_string()
            .into(),
            image: None,
        };
        let posted = client.post_quick_expense(&access.token, ANA, expense).await.unwrap();
        assert!(posted.value.uri.contains("/quickexpenses/"), "{posted:?}");

        let refused = client.post_receipt(&access.token, BEN, receipt(None)).await.unwrap_err();
        let refusal = refused.refusal().unwrap();
        assert_eq!(refusal.status.as_u16(), 401, "{refused}");
    }
}
