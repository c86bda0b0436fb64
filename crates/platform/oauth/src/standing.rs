//! What a token's parties are now: enabled, active, with which products.

use std::sync::Arc;
use std::time::Instant;

use bursar_db::{Db, DbError, Tx};
use bursar_directory::{Products, UserState, api as directory};
use bursar_kernel::Uuid;

use crate::apps;
use crate::cache::Fresh;
use crate::model::{ConnectionId, Principal};
use crate::store;

/// Looks up standings, at most twice a second for the same parties.
pub(crate) struct Standings {
    known: Fresh<Parties, Option<Arc<Standing>>>,
}

/// An app, and for whom it acts.
type Parties = (Uuid, Option<Uuid>, Option<Uuid>);

/// What an app and its principal are now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    pub(crate) app_name: String,
    /// The company's products; none for an app that acts for itself.
    pub(crate) products: Option<Products>,
    /// The id of the data center where the principal, or else the app, lives now.
    pub(crate) home: String,
    /// Access tokens of an earlier generation were revoked.
    pub(crate) generation: i64,
}

impl Standings {
    pub(crate) fn new() -> Self {
        Self {
            known: Fresh::new(),
        }
    }

    /// The standing of an app and its principal; none when either is disabled or gone.
    pub(crate) async fn of(
        &self,
        db: &Db,
        app_id: Uuid,
        principal: Option<Principal>,
        now: Instant,
    ) -> Result<Option<Arc<Standing>>, DbError> {
        match self.known.get(&parties(app_id, principal), now) {
            Some(standing) => Ok(standing),
            None => self.read(db, app_id, principal, now).await,
        }
    }

    /// The same, whatever is remembered.
    pub(crate) async fn read(
        &self,
        db: &Db,
        app_id: Uuid,
        principal: Option<Principal>,
        now: Instant,
    ) -> Result<Option<Arc<Standing>>, DbError> {
        let read = db.read((app_id, principal), |tx, (app_id, principal)| {
            Box::pin(read(tx, app_id, principal.as_ref()))
        });
        let standing = read.await?.map(Arc::new);
        let parties = parties(app_id, principal);
        self.known.put(parties, now, standing.clone());
        Ok(standing)
    }

    /// Asks the database again for a connection that was revoked on this node.
    pub(crate) fn forget(&self, connection: &ConnectionId) {
        let (company_id, user_id) = connection.principal.ids();
        self.known
            .remove(&(connection.app_id, Some(company_id), user_id));
    }
}

fn parties(app_id: Uuid, principal: Option<Principal>) -> Parties {
    let company_id = principal.map(|principal| principal.company_id());
    let user_id = principal.and_then(|principal| principal.user_id());
    (app_id, company_id, user_id)
}

async fn read(
    tx: &mut Tx,
    app_id: &Uuid,
    principal: Option<&Principal>,
) -> Result<Option<Standing>, DbError> {
    let Some(app) = store::app(tx, app_id).await?.filter(|app| app.enabled) else {
        return Ok(None);
    };
    let Some(principal) = principal else {
        return Ok(Some(Standing {
            app_name: app.name,
            products: None,
            home: app.home,
            generation: 0,
        }));
    };
    // Source: guide-to-enabling-app-center-solutions-basic.markdown: as soon as it is turned off,
    // the integration stops.
    if !apps::is_enabled_for(tx, &principal.company_id(), app_id).await? {
        return Ok(None);
    }
    let Some(residence) = residence(tx, principal).await? else {
        return Ok(None);
    };
    let connection = ConnectionId {
        principal: *principal,
        app_id: *app_id,
    };
    Ok(Some(Standing {
        app_name: app.name,
        products: Some(residence.products),
        home: residence.home,
        generation: store::connection::generation(tx, &connection).await?,
    }))
}

/// Where an active principal lives, and what its company bought.
#[derive(Debug)]
pub(crate) struct Residence {
    pub(crate) home: String,
    pub(crate) hosted_twice: bool,
    pub(crate) products: Products,
}

/// The residence of a principal; none when it is disabled or gone.
pub(crate) async fn residence(
    tx: &mut Tx,
    principal: &Principal,
) -> Result<Option<Residence>, DbError> {
    let company = match principal {
        Principal::Company { id } => directory::company(tx, id).await?,
        Principal::User { id, company_id } => directory::user(tx, id)
            .await?
            .filter(|member| member.user.state == UserState::Active)
            .map(|member| member.company)
            .filter(|company| company.id == *company_id),
    };
    Ok(company.map(|company| Residence {
        home: company.home,
        hosted_twice: company.second_home.is_some(),
        products: company.products,
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bursar_db::{Isolation, args, statements};
    use bursar_directory::{DataCenters, Passwords, Seed};
    use bursar_kernel::{Clock, Micros, Rng};
    use bursar_testkit::db_test;
    use bursar_web::DataCenter;

    use super::*;
    use crate::api::revoke_connection;
    use crate::model::{App, Rotation, Scopes};

    statements! {
        DISABLE = "UPDATE oauth_app SET enabled = 0 WHERE id = $1";
    }

    const NOW: Micros = Micros(0);
    const COMPANY: &str = r#"
        [[companies]]
        id = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01"
        name = "Northwind"
        edition = "standard"
        products = []
        home = "us""#;

    /// An app, a company, and their connection.
    async fn connect(db: &Db) -> ConnectionId {
        let us = DataCenter::new("us", "https://us.test", "https://www.test").unwrap();
        let data_centers = DataCenters::new([us]).unwrap();
        let (clock, passwords) = (Clock::fake(NOW), Passwords::new(Rng::seeded(1)));
        let mut seed = Seed::parse(COMPANY).unwrap();
        bursar_directory::seed(db, &clock, &passwords, &data_centers, &mut seed)
            .await
            .unwrap();
        let id = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01".parse().unwrap();
        let app = App {
            id: Uuid::from_u128(1),
            name: "App".into(),
            scopes: Scopes::default(),
            grants: Vec::new(),
            home: "us".into(),
            enabled: true,
            rotation: Rotation::Same,
        };
        let connection = ConnectionId {
            principal: Principal::Company { id },
            app_id: app.id,
        };
        let made = db.write(Isolation::Append, app, move |tx, app| {
            Box::pin(async move {
                store::insert_app(tx, app, NOW).await?;
                store::connection::connect(tx, &connection, NOW).await
            })
        });
        assert_eq!(
            made.await
                .unwrap_or_else(|error: DbError| panic!("{error}")),
            0
        );
        connection
    }

    db_test! {
        async fn what_is_disabled_is_refused_within_a_second(place: TestDb) {
            let db = place.open().await;
            let id = connect(&db).await.app_id;
            let (standings, start) = (Standings::new(), Instant::now());
            let at = async |millis| {
                let now = start + Duration::from_millis(millis);
                standings.of(&db, id, None, now).await.unwrap().is_some()
            };
            assert!(at(0).await);
            db.write(Isolation::Append, id, |tx, id| Box::pin(async move {
                tx.execute(&DISABLE, args![id]).await
            })).await.unwrap_or_else(|error: DbError| panic!("{error}"));
            assert!(at(499).await, "remembered: the database is asked twice a second");
            assert!(!at(500).await);
            assert!(!at(900).await);
        }
    }

    db_test! {
        async fn what_is_revoked_is_refused_within_a_second_everywhere(place: TestDb) {
            let db = place.open().await;
            let connection = connect(&db).await;
            let (here, there, start) = (Standings::new(), Standings::new(), Instant::now());
            let at = async |node: &Standings, millis| {
                let now = start + Duration::from_millis(millis);
                let principal = Some(connection.principal);
                let standing = node.of(&db, connection.app_id, principal, now).await;
                standing.unwrap().unwrap().generation
            };
            assert_eq!((at(&here, 0).await, at(&there, 0).await), (0, 0));
            let revoked = db.write(Isolation::Serializable, connection, |tx, connection| {
                Box::pin(revoke_connection(tx, connection, NOW))
            });
            assert!(revoked.await.unwrap());
            here.forget(&connection);
            assert_eq!(at(&here, 1).await, 1, "at once where it was asked for");
            assert_eq!(at(&there, 499).await, 0);
            assert_eq!(at(&there, 500).await, 1);
        }
    }
}
