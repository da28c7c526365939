//! Who may do what: the schema is made by its owner, the service only reads and updates its row.

use tokio_postgres::error::SqlState;

use crate::setup::{API, Counter};
use seaworthy_testkit::postgres::Postgres;
use seaworthy_testkit::service::ServiceOptions;

#[tokio::test]
async fn c_15_the_service_can_only_read_and_update_its_row() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    assert_eq!(api.get("/").await.number(), 1);

    let service = counter.postgres.connect_as_service(&counter.database).await;
    for allowed in [
        "SELECT counter FROM counters",
        "UPDATE counters SET counter = counter",
    ] {
        service.batch_execute(allowed).await.expect(allowed);
    }
    for denied in [
        "INSERT INTO counters (id) VALUES (0)",
        "DELETE FROM counters",
        "TRUNCATE counters",
        "DROP TABLE counters",
        "ALTER TABLE counters ADD COLUMN x integer",
        "CREATE TABLE own (x integer)",
        "CREATE SCHEMA own",
        "SELECT * FROM schema_migrations",
        "INSERT INTO schema_migrations (number, name) VALUES (9, 'x')",
        "UPDATE schema_migrations SET name = name",
    ] {
        let error = service.batch_execute(denied).await.expect_err(denied);
        assert_eq!(
            error.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{denied}: {error}"
        );
    }
}

#[tokio::test]
async fn c_15_the_service_makes_nothing_and_says_what_is_missing() {
    let counter = Counter::empty(Postgres::start().await).await;
    // Even under a role that could.
    let api = counter
        .api()
        .variable("DB_USERNAME", &counter.database.owner)
        .secret("DB_PASSWORD", &counter.database.owner_password);
    let api = api.start().await;
    let expected = "the table `counters` is missing: run `counter-api migrate`";
    api.log(expected).await;
    let answer = api.probe("/readiness").await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().trim_end()),
        (503, expected)
    );
    assert_eq!(api.probe("/liveness").await.status, 200);
    assert_eq!(api.get("/").await.status, 503);
    let tables = counter.owner().await;
    let tables = tables
        .query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", &[])
        .await
        .unwrap();
    assert!(tables.is_empty());

    // And goes on by itself once it is there.
    counter.migrated().await;
    api.until("/readiness", 200).await;
    assert_eq!(api.get("/").await.number(), 1);
}

#[tokio::test]
async fn c_15_migrations_are_recorded_and_do_nothing_the_second_time() {
    let counter = Counter::empty(Postgres::start().await).await;
    let first = counter.migrated().await;
    assert!(
        first
            .lines
            .iter()
            .any(|line| line.contains("applied migration 1"))
    );
    counter.set(41).await;
    let second = counter.migrated().await;
    assert!(
        !second
            .lines
            .iter()
            .any(|line| line.contains("applied migration"))
    );
    let owner = counter.owner().await;
    let recorded: Vec<i32> = owner
        .query("SELECT number FROM schema_migrations ORDER BY number", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(recorded, [1, 2, 3]);
    assert_eq!(counter.start().await.get("/").await.number(), 42);
}

#[tokio::test]
async fn c_15_a_newer_schema_is_left_as_it_is() {
    let counter = Counter::new().await;
    let owner = counter.owner().await;
    owner
        .batch_execute(
            "INSERT INTO schema_migrations (number, name) VALUES (99, 'from_the_future')",
        )
        .await
        .unwrap();
    let ended = counter.migrated().await;
    assert!(
        ended
            .lines
            .iter()
            .any(|line| line.contains("the schema is at 99"))
    );
}

#[tokio::test]
async fn c_15_the_table_of_the_first_version_is_taken_over() {
    let counter = Counter::empty(Postgres::start().await).await;
    let owner = counter.owner().await;
    owner
        .batch_execute(
            "CREATE TABLE counters (id integer PRIMARY KEY, counter integer NOT NULL DEFAULT 0);
             INSERT INTO counters VALUES (0, 2147483647)",
        )
        .await
        .unwrap();
    counter.migrated().await;
    assert_eq!(counter.start().await.get("/").await.text(), "2147483648");
}

#[tokio::test]
async fn c_15_without_a_group_it_works_and_a_named_one_is_narrowed() {
    let postgres = Postgres::start().await;
    let superuser = postgres.connect_as_superuser().await;
    for statement in [
        "CREATE ROLE single LOGIN PASSWORD 'of-the-single-role'",
        "CREATE ROLE \"Other Group\"",
        "CREATE DATABASE single OWNER single",
    ] {
        superuser.batch_execute(statement).await.unwrap();
    }
    let program = ServiceOptions::new(API)
        .variable("DB_HOST", "127.0.0.1")
        .variable("DB_PORT", postgres.port())
        .variable("DB_NAME", "single")
        .variable("DB_USERNAME", "single")
        .secret("DB_PASSWORD", "of-the-single-role")
        .variable("DB_SSLROOTCERT", postgres.ca_file().display());
    let ended = program.clone().argument("migrate").run().await;
    assert!(ended.status.success(), "{:#?}", ended.lines);
    let api = program.clone().start().await.ready().await;
    assert_eq!(api.get("/").await.number(), 1);

    let named = program
        .clone()
        .argument("migrate")
        .variable("DB_APP_ROLE", "Other Group");
    assert!(named.run().await.status.success());
    let mut config = postgres.server().superuser_config();
    config.dbname("single");
    let superuser = postgres.server().connect(&config).await.unwrap();
    let rights = superuser
        .query_one(
            "SELECT string_agg(privilege_type, ',' ORDER BY privilege_type) FROM information_schema.table_privileges
             WHERE grantee = 'Other Group'",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(rights.get::<_, String>(0), "SELECT,UPDATE");

    let missing = program
        .argument("migrate")
        .variable("DB_APP_ROLE", "nobody_here")
        .run()
        .await;
    assert!(missing.status.success());
    assert!(
        missing
            .lines
            .iter()
            .any(|line| line.contains("`nobody_here` of `DB_APP_ROLE` does not exist"))
    );
}

#[tokio::test]
async fn c_15_a_migration_that_cannot_connect_fails_with_one_line() {
    let mut counter = Counter::empty(Postgres::start().await).await;
    counter.postgres.kill().await;
    let ended = counter.migration().run().await;
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(ended.lines.len(), 1, "{:#?}", ended.lines);
    assert!(ended.lines[0].contains("cannot connect to the database"));
}

#[tokio::test]
async fn c_15_an_update_that_the_database_swallows_is_refused() {
    let counter = Counter::new().await;
    let owner = counter.owner().await;
    owner
        .batch_execute(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TRIGGER swallow BEFORE UPDATE ON counters FOR EACH ROW EXECUTE FUNCTION swallow()",
        )
        .await
        .unwrap();
    let api = counter.start().await;
    let answer = api.get("/").await;
    assert_eq!(answer.status, 503);
    api.log("an update changes nothing").await;
    owner
        .batch_execute("DROP TRIGGER swallow ON counters")
        .await
        .unwrap();
    assert_eq!(api.get("/").await.number(), 1);
}
