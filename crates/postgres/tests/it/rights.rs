//! Databases, their owners, groups and services.

use seaworthy_postgres::{DatabaseSpec, Server, ServiceRole};
use seaworthy_testkit::postgres::Postgres;
use tokio_postgres::error::SqlState;

use crate::{Place, fifteen};

fn code(error: &tokio_postgres::Error) -> Option<&SqlState> {
    error.code()
}

#[tokio::test]
async fn a_service_reads_and_changes_but_does_not_define() {
    let postgres = Postgres::start().await;
    let database = postgres.create_database("counter").await;
    let owner = postgres.connect_as_owner(&database).await;
    owner
        .batch_execute(
            "CREATE TABLE counter (id bigserial PRIMARY KEY, n int NOT NULL);
             CREATE SCHEMA extra; CREATE TABLE extra.notes (text text)",
        )
        .await
        .unwrap();

    let service = postgres.connect_as_service(&database).await;
    service
        .batch_execute(
            "INSERT INTO counter (n) VALUES (1), (2); UPDATE counter SET n = n + 1; DELETE FROM counter WHERE n = 2;
             SELECT * FROM counter; INSERT INTO extra.notes VALUES ('x'); CREATE TEMPORARY TABLE t (n int)",
        )
        .await
        .unwrap();
    for forbidden in [
        "CREATE TABLE mine (n int)",
        "CREATE TABLE extra.mine (n int)",
        "CREATE SCHEMA mine",
        "DROP TABLE counter",
        "ALTER TABLE counter ADD COLUMN m int",
        "TRUNCATE counter",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "SET ROLE counter_owner",
    ] {
        let refused = service.batch_execute(forbidden).await;
        let error = refused.expect_err(forbidden);
        assert_eq!(
            code(&error),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{forbidden}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_service_sees_no_database_but_its_own() {
    let postgres = Postgres::start().await;
    let (mine, other) = (
        postgres.create_database("mine").await,
        postgres.create_database("other").await,
    );
    for (user, password) in [
        (&mine.user, &mine.password),
        (&mine.owner, &mine.owner_password),
    ] {
        for database in [other.name.as_str(), "postgres", "template1"] {
            let config = postgres.config(database, user, password);
            let error = postgres
                .server()
                .connect(&config)
                .await
                .expect_err(database);
            let cause = std::error::Error::source(&error)
                .unwrap()
                .downcast_ref::<tokio_postgres::Error>()
                .unwrap();
            assert_eq!(
                code(cause),
                Some(&SqlState::INSUFFICIENT_PRIVILEGE),
                "{user} in {database}: {cause:?}"
            );
        }
    }
    postgres.connect_as_service(&mine).await;
}

#[tokio::test]
async fn everything_can_be_repeated_and_narrowed_rights_stay_narrow() {
    let postgres = Postgres::start().await;
    let database = postgres.create_database("counter").await;
    let owner = postgres.connect_as_owner(&database).await;
    owner
        .batch_execute(
            "CREATE TABLE counter (n int); REVOKE INSERT, DELETE ON counter FROM counter_readwrite",
        )
        .await
        .unwrap();
    let again = postgres.create_database("counter").await;
    let service = postgres.connect_as_service(&again).await;
    service
        .batch_execute("UPDATE counter SET n = 1")
        .await
        .unwrap();
    let error = service
        .batch_execute("INSERT INTO counter VALUES (1)")
        .await
        .unwrap_err();
    assert_eq!(code(&error), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn a_changed_password_counts_at_once() {
    let postgres = Postgres::start().await;
    let database = postgres.create_database("counter").await;
    let role = ServiceRole {
        name: &database.user,
        password: "another p@ss'word \\ ü",
        group: &database.group,
    };
    postgres.server().ensure_service_role(&role).await.unwrap();
    let connect = async |password: &str| {
        postgres
            .server()
            .connect(&postgres.config(&database.name, &database.user, password))
            .await
    };
    connect(role.password).await.unwrap();
    connect(&database.password).await.unwrap_err();
}

#[tokio::test]
async fn hostile_names_are_only_names() {
    let postgres = Postgres::start().await;
    let spec = DatabaseSpec {
        name: "a\"; DROP DATABASE b; --",
        owner: "own'er\"; --",
        owner_password: "p",
        group: "gr\"ou'p $$",
    };
    let role = ServiceRole {
        name: "ser\"vice'; --",
        password: "p",
        group: spec.group,
    };
    for _ in 0..2 {
        postgres.server().ensure_database(&spec).await.unwrap();
        postgres.server().ensure_service_role(&role).await.unwrap();
    }
    let owner = postgres
        .server()
        .connect(&postgres.config(spec.name, spec.owner, "p"))
        .await
        .unwrap();
    owner.batch_execute("CREATE TABLE t (n int)").await.unwrap();
    let service = postgres
        .server()
        .connect(&postgres.config(spec.name, role.name, "p"))
        .await
        .unwrap();
    service
        .batch_execute("INSERT INTO t VALUES (1)")
        .await
        .unwrap();
}

#[tokio::test]
async fn the_server_stores_verifiers_and_logs_no_password() {
    let place = Place::with_cluster(&crate::eighteen().await).await;
    let server = Server::start(place.options(&crate::eighteen().await))
        .await
        .unwrap();
    let spec = DatabaseSpec {
        name: "counter",
        owner: "o",
        owner_password: "open-sesame",
        group: "g",
    };
    server.ensure_database(&spec).await.unwrap();
    let client = server.connect(&server.superuser_config()).await.unwrap();
    let stored: String = client
        .query_one("SELECT rolpassword FROM pg_authid WHERE rolname = 'o'", &[])
        .await
        .unwrap()
        .get(0);
    assert!(stored.starts_with("SCRAM-SHA-256$4096:"), "{stored}");
    // A group of that name cannot be made, because it is the owner: the error must not tell more than that.
    let clash = ServiceRole {
        name: "pg_not_allowed",
        password: "open-sesame",
        group: "g",
    };
    let error = server.ensure_service_role(&clash).await.unwrap_err();
    assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
    drop(server);
    assert!(
        !place.log().contains("sesame") && !place.log().contains("SCRAM"),
        "{}",
        place.log()
    );
}

/// Before version 15 everybody might create tables in `public`; 15 is where it changed, and the oldest one here.
#[tokio::test]
async fn rights_are_the_same_on_an_older_version() {
    let place = Place::with_cluster(&fifteen().await).await;
    let server = Server::start(place.options(&fifteen().await))
        .await
        .unwrap();
    let spec = DatabaseSpec {
        name: "counter",
        owner: "o",
        owner_password: "p",
        group: "g",
    };
    server.ensure_database(&spec).await.unwrap();
    server
        .ensure_service_role(&ServiceRole {
            name: "s",
            password: "p",
            group: "g",
        })
        .await
        .unwrap();
    let owner = server
        .connect(&server.config("counter", "o", "p"))
        .await
        .unwrap();
    owner.batch_execute("CREATE TABLE t (n int)").await.unwrap();
    let service = server
        .connect(&server.config("counter", "s", "p"))
        .await
        .unwrap();
    service
        .batch_execute("INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    let error = service
        .batch_execute("CREATE TABLE u (n int)")
        .await
        .unwrap_err();
    assert_eq!(code(&error), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}
