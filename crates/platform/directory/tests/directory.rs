//! Seeds, bootstrap and sign-in on both engines.

#![expect(clippy::unwrap_used, reason = "a helper that fails, fails its test")]

use bursar_db::{Db, DbError, Isolation, MIGRATIONS, args, statements};
use bursar_directory::{
    Audited, Bootstrap, BootstrapError, DataCenters, Decision, Edition, Finder, Member, Move,
    Passwords, Products, Role, Roles, Seed, SeedError, SignInError, Stamp, UserState, api,
    bootstrap, seed, sign_in,
};
use bursar_kernel::{Clock, Micros, Rng, Uuid};
use bursar_testkit::db_test;
use bursar_web::DataCenter;
use secrecy::SecretString;

statements! {
    SET_PASSWORD = "UPDATE directory_user SET password_hash = $2 WHERE id = $1";
    MOVES = "SELECT from_home, to_home, moved_at FROM directory_move ORDER BY moved_at";
    COUNT = "SELECT (SELECT COUNT(*) FROM directory_company), (SELECT COUNT(*) FROM directory_user)";
    OLD_COMPANY = "INSERT INTO directory_company (id, name, edition, products, home, created_at)
                   VALUES ($1, 'Old', 'standard', '', 'us', 0)";
    OLD_USER = "INSERT INTO directory_user (company_id, id, user_name, user_name_key, email,
                    given_name, family_name, locale, role, state, created_at)
                VALUES ($1, $2, $3, $3, $3, '', '', 'en', $4, 'active', 0)";
}

const SEED: &str = r#"
[[companies]]
id = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01"
name = "One"
edition = "professional"
products = ["expense", "travel"]
home = "us"

[[companies.users]]
id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c11"
user_name = "Ana@One.example.com"
password = "ana-travels-light"
email = "ana@one.example.com"
given_name = "Ana"
family_name = "Ünal"
roles = ["company_admin", "traveller"]

[[companies.users]]
id = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c12"
user_name = "off@one.example.com"
password = "off"
email = "off@one.example.com"
given_name = "Off"
family_name = "Duty"
locale = "de-DE"
state = "disabled"

[[companies]]
id = "4d8a9b3c-52e7-4f1d-b6c0-9e2f7a1d8c02"
name = "Two"
edition = "standard"
products = []
home = "emea"
second_home = "us"

[[companies.users]]
id = "c3e5d7f9-1b2a-4c4d-9e8f-5a6b7c8d9e21"
user_name = "lars@two.example.com"
email = "lars@two.example.com"
given_name = "Lars"
family_name = "Lind"
employee_number = "1"
is_test_user = true
"#;

const ONE: &str = "0c2f6d5e-3f0a-4a86-9d2b-6a1c5b7e9f01";
const TWO: &str = "4d8a9b3c-52e7-4f1d-b6c0-9e2f7a1d8c02";
const ANA: &str = "7b1f0a52-6a43-4d0e-8a6c-2f5d9e3b4c11";

fn data_centers() -> DataCenters {
    let center = |id: &str| DataCenter::new(id, &format!("https://{id}.test"), "https://www.test");
    DataCenters::new(["us", "emea", "glz"].map(|id| center(id).unwrap())).unwrap()
}

fn passwords() -> Passwords {
    Passwords::new(Rng::seeded(1))
}

async fn apply(db: &Db, text: &str) -> Result<(), SeedError> {
    let clock = Clock::fake(Micros(1));
    let mut file = Seed::parse(text)?;
    seed(db, &clock, &passwords(), &data_centers(), &mut file).await?;
    file.finish()
}

async fn enter(db: &Db, name: &str, password: &str) -> Result<Member, SignInError> {
    let clock = Clock::fake(Micros(1));
    sign_in(
        db,
        &clock,
        &passwords(),
        name,
        &SecretString::from(password),
    )
    .await
}

async fn counts(db: &Db) -> (i64, i64) {
    let counts = db.read((), |tx, ()| {
        Box::pin(async move {
            let mut row = tx.row(&COUNT, &[]).await?.ok_or(DbError::Closed)?;
            Ok::<_, DbError>((row.get(0)?, row.get(1)?))
        })
    });
    counts.await.unwrap()
}

db_test! {
    async fn every_statement_prepares(place: TestDb) {
        let db = place.open().await;
        for sql in bursar_directory::statements() {
            db.prepare(sql).await.unwrap_or_else(|error| panic!("{}: {error}", sql.postgres()));
        }
    }
}

db_test! {
    async fn a_seed_creates_what_is_missing_and_changes_nothing_else(place: TestDb) {
        let db = place.open().await;
        apply(&db, SEED).await.unwrap();
        assert_eq!(counts(&db).await, (2, 3));

        let ana: Uuid = ANA.parse().unwrap();
        let new = passwords().hash(&SecretString::from("changed since")).await.unwrap();
        db.write(Isolation::Append, (ana, new), |tx, (id, hash)| Box::pin(async move {
            tx.execute(&SET_PASSWORD, args![id, hash]).await
        })).await.unwrap_or_else(|error: DbError| panic!("{error}"));
        apply(&db, &SEED.replace("Ünal", "Other")).await.unwrap();
        assert_eq!(counts(&db).await, (2, 3));

        let member = enter(&db, "ana@one.EXAMPLE.com", "changed since").await.unwrap();
        assert_eq!(member.user.family_name, "Ünal");
        assert!(matches!(
            enter(&db, "ana@one.example.com", "ana-travels-light").await,
            Err(SignInError::Incorrect)
        ));
    }
}

db_test! {
    async fn what_was_seeded_is_read_back(place: TestDb) {
        let db = place.open().await;
        apply(&db, SEED).await.unwrap();
        let ana: Uuid = ANA.parse().unwrap();
        let member = db.read(ana, |tx, id| Box::pin(api::user(tx, id))).await.unwrap().unwrap();
        assert_eq!(member.user.user_name, "Ana@One.example.com");
        let admin = Roles::from(vec![Role::Traveller, Role::CompanyAdmin]);
        assert_eq!((&member.user.roles, member.user.state), (&admin, UserState::Active));
        assert_eq!(member.user.locale, "en-US");
        assert_eq!(member.company.name, "One");
        assert_eq!(member.company.edition, Edition::Professional);
        assert!(member.company.products.has("travel") && !member.company.products.has("trav"));

        let id = member.company.id;
        let company = db.read(id, |tx, id| Box::pin(api::company(tx, id))).await.unwrap();
        assert_eq!(company, Some(member.company));
        let none = db.read(id, |tx, id| Box::pin(api::user(tx, id))).await.unwrap();
        assert_eq!(none, None);
    }
}

/// Who a look-up finds.
async fn find(db: &Db, company: Uuid, finder: Finder) -> Vec<String> {
    let found = db.read((company, finder), |tx, (company, finder)| {
        Box::pin(api::users_by(tx, company, finder))
    });
    let found: Result<Vec<_>, DbError> = found.await;
    let names = found
        .unwrap()
        .into_iter()
        .map(|listed| listed.member.user.user_name);
    names.collect()
}

db_test! {
    async fn look_ups_find_a_companys_own_users(place: TestDb) {
        let db = place.open().await;
        apply(&db, SEED).await.unwrap();
        let [one, two] = [ONE, TWO].map(|id| id.parse::<Uuid>().unwrap());
        let lars: Uuid = "c3e5d7f9-1b2a-4c4d-9e8f-5a6b7c8d9e21".parse().unwrap();
        for finder in [
            Finder::Id(lars),
            Finder::UserName("LARS@two.example.com".into()),
            Finder::EmployeeNumber("1".into()),
            Finder::Email("lars@two.example.com".into()),
            // Source: RFC 7643 section 8.7.1: emails.value has caseExact false.
            Finder::Email("LARS@Two.example.com".into()),
        ] {
            assert_eq!(find(&db, two, finder.clone()).await, ["lars@two.example.com"]);
            assert_eq!(find(&db, one, finder).await, [""; 0]);
        }
        let page = async |offset, limit| {
            let page = db.read((one, offset, limit), |tx, (company, offset, limit)| {
                Box::pin(api::users_page(tx, company, *offset, *limit))
            });
            let (total, users) = page.await.unwrap_or_else(|error: DbError| panic!("{error}"));
            assert!(users.iter().all(|listed| listed.created_at == Micros(1)));
            assert!(users.iter().all(|listed| !listed.member.user.is_test_user));
            (total, users.into_iter().map(|listed| listed.member.user.given_name).collect::<Vec<_>>())
        };
        assert_eq!(page(0, 1).await, (2, vec!["Ana".to_owned()]));
        assert_eq!(page(1, 9).await, (2, vec!["Off".to_owned()]));
        assert_eq!(page(2, 9).await, (2, vec![]));
        let test = db.read(lars, |tx, id| Box::pin(api::user(tx, id))).await.unwrap().unwrap();
        assert!(test.user.is_test_user);
    }
}

db_test! {
    async fn a_move_changes_the_home_and_is_written_down(place: TestDb) {
        let db = place.open().await;
        apply(&db, SEED).await.unwrap();
        let company_id: Uuid = TWO.parse().unwrap();
        let go = async |company_id, to: &str, at| {
            let going = Move {
                id: Rng::system().uuid(),
                company_id,
                to_home: to.to_owned(),
                at: Micros(at),
            };
            let moved = db.write(Isolation::Serializable, going, |tx, going| {
                Box::pin(api::move_company(tx, going))
            });
            moved.await.unwrap_or_else(|error: DbError| panic!("{error}")).map(|before| before.home)
        };
        let homes = async || {
            let company = db.read(company_id, |tx, id| Box::pin(api::company(tx, id)));
            let company = company.await.unwrap().unwrap();
            (company.home, company.second_home)
        };
        assert_eq!(go(ANA.parse().unwrap(), "us", 1).await, None);
        assert_eq!(go(company_id, "emea", 2).await.as_deref(), Some("emea"));
        assert_eq!(homes().await, ("emea".to_owned(), Some("us".to_owned())));
        assert_eq!(go(company_id, "us", 3).await.as_deref(), Some("emea"));
        // It was hosted there already: now there only.
        assert_eq!(homes().await, ("us".to_owned(), None));
        assert_eq!(go(company_id, "emea", 4).await.as_deref(), Some("us"));
        let moves = db.read((), |tx, ()| Box::pin(async move {
            let mut moves = Vec::new();
            for mut row in tx.rows(&MOVES, &[]).await? {
                moves.push((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<i64>(2)?));
            }
            Ok::<_, DbError>(moves)
        }));
        let expected = [("emea", "us", 3), ("us", "emea", 4)];
        let expected = expected.map(|(from, to, at)| (from.to_owned(), to.to_owned(), at));
        assert_eq!(moves.await.unwrap(), expected);
    }
}

db_test! {
    async fn a_seed_that_cannot_be_is_refused(place: TestDb) {
        let db = place.open().await;
        let taken = SEED.replace("lars@two.example.com", "ANA@one.example.com");
        assert!(matches!(apply(&db, &taken).await, Err(SeedError::Taken(_))));
        let typo = SEED.replace("given_name", "givenname");
        assert!(matches!(apply(&db, &typo).await, Err(SeedError::Syntax(_))));
        let section = format!("{SEED}\n[[compannies]]\n");
        assert!(matches!(apply(&db, &section).await, Err(SeedError::Unknown(name)) if name == "compannies"));
        let nowhere = SEED.replace("\"us\"", "\"glz\"");
        assert!(matches!(apply(&db, &nowhere).await, Err(SeedError::Home(_))));
        for second in ["glz", "emea", "mars"] {
            let twice = SEED.replace("second_home = \"us\"", &format!("second_home = \"{second}\""));
            assert!(matches!(apply(&db, &twice).await, Err(SeedError::Home(_))), "{second}");
        }
    }
}

db_test! {
    async fn sign_in_tells_nothing_to_who_has_no_password(place: TestDb) {
        let db = place.open().await;
        apply(&db, SEED).await.unwrap();
        for name in ["ana@one.example.com", ANA, &ANA.to_uppercase()] {
            assert_eq!(enter(&db, name, "ana-travels-light").await.unwrap().user.given_name, "Ana");
        }
        let refused = [
            ("ana@one.example.com", "ana-travels-ligh"),
            ("off@one.example.com", "wrong"),
            ("lars@two.example.com", ""),
            ("nobody@one.example.com", "x"),
            ("ana@one.example.com\0", "ana-travels-light"),
            ("", ""),
        ];
        for (name, password) in refused {
            let answer = enter(&db, name, password).await;
            assert!(matches!(answer, Err(SignInError::Incorrect)), "{name:?}");
        }
        let disabled = enter(&db, "off@one.example.com", "off").await;
        assert!(matches!(disabled, Err(SignInError::Disabled)));
    }
}

db_test! {
    async fn the_first_administrator_is_created_once(place: TestDb) {
        let db = place.open().await;
        let (clock, rng) = (Clock::fake(Micros(1)), Rng::seeded(3));
        let wanted = Bootstrap {
            company: "First".into(),
            edition: Edition::Standard,
            products: Products::new(["expense"]),
            home: "emea".into(),
            user_name: "root@first.example.com".into(),
            email: "root@first.example.com".into(),
            password: SecretString::from("long enough to hold"),
        };
        let weak = Bootstrap { password: SecretString::from("short"), ..wanted.clone() };
        let start = async |wanted: &Bootstrap| {
            bootstrap(&db, &clock, &rng, &passwords(), &data_centers(), wanted).await
        };
        assert!(matches!(start(&weak).await, Err(BootstrapError::WeakPassword)));
        assert_eq!(counts(&db).await, (0, 0));

        // Two nodes start together: one creates.
        let (one, other) = tokio::join!(start(&wanted), start(&wanted));
        let created: Vec<_> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
        assert_eq!(created.len(), 1);
        assert_eq!(counts(&db).await, (1, 1));
        assert_eq!(start(&wanted).await.unwrap(), None);

        let admin = enter(&db, "root@first.example.com", "long enough to hold").await.unwrap();
        assert!(admin.user.roles.has(Role::CompanyAdmin) && admin.user.roles.has(Role::Operator));
        assert_eq!(admin.company.id, created[0].company_id);
        assert_eq!(admin.user.id, created[0].user_id);
    }
}

db_test! {
    async fn old_rows_keep_what_their_users_may_do(place: TestDb) {
        let before = MIGRATIONS.iter().filter(|migration| migration.number < 25);
        let before: Vec<_> = before.copied().collect();
        let db = Db::open(place.options(), &before).await.unwrap();
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let stored = db.write(Isolation::Append, ids, |tx, [company, one, two]| {
            Box::pin(async move {
                tx.execute(&OLD_COMPANY, args![company]).await?;
                tx.execute(&OLD_USER, args![company, one, "one", "traveller"]).await?;
                tx.execute(&OLD_USER, args![company, two, "two", "admin"]).await
            })
        });
        let stored: Result<_, DbError> = stored.await;
        stored.unwrap();
        db.close().await;
        drop(db);
        let db = place.open().await;
        for (id, roles) in [
            (ids[1], vec![Role::Traveller]),
            (ids[2], vec![Role::Traveller, Role::CompanyAdmin]),
        ] {
            let user = db.read(id, |tx, id| Box::pin(api::user(tx, id))).await;
            let member: Option<Member> = user.unwrap_or_else(|error: DbError| panic!("{error}"));
            assert_eq!(member.unwrap().user.roles, Roles::from(roles));
        }
        db.close().await;
    }
}

db_test! {
    async fn the_audit_log_is_read_backwards_by_company(place: TestDb) {
        let db = place.open().await;
        apply(&db, SEED).await.unwrap();
        let rng = Rng::seeded(3);
        let (ana, one): (Uuid, Uuid) = (ANA.parse().unwrap(), ONE.parse().unwrap());
        let two: Uuid = TWO.parse().unwrap();
        for (at, company_id) in [(1_000, one), (2_000, two), (3_000, one)] {
            let stamp = Stamp::draw(&rng, Micros(at * 1_000), ana);
            let written: Result<(), DbError> = db
                .write(Isolation::Append, (stamp, company_id), |tx, (stamp, company_id)| {
                    Box::pin(async move {
                        let decision = Decision {
                            company_id,
                            action: "test",
                            subject: "It",
                            details: serde_json::json!({ "at": stamp.at().0 }),
                        };
                        api::append_audit(tx, stamp, &decision).await
                    })
                })
                .await;
            written.unwrap();
        }
        let read = async |company: Option<Uuid>, before: Uuid| {
            let found = db.read((company, before), |tx, (company, before)| {
                Box::pin(api::audit(tx, company.as_ref(), before, 2))
            });
            let found: Vec<Audited> = found.await.unwrap_or_else(|error: DbError| panic!("{error}"));
            found
        };
        let all = read(None, Uuid::max()).await;
        let times: Vec<_> = all.iter().map(|entry| entry.at.0).collect();
        assert_eq!(times, [3_000_000, 2_000_000]);
        assert_eq!(all[0].actor_name, "Ana@One.example.com");
        assert_eq!((all[1].company_name.as_str(), all[1].details.as_str()), ("Two", r#"{"at":2000000}"#));
        let own = read(Some(one), all[0].id).await;
        assert_eq!(own.iter().map(|entry| entry.at.0).collect::<Vec<_>>(), [1_000_000]);
        db.close().await;
    }
}
