//! A database with its schema, and replicas of the api on it.

use seaworthy_testkit::postgres::{Postgres, TestDatabase};
use seaworthy_testkit::service::{Ended, Service, ServiceOptions};
use tokio_postgres::Client;

pub(crate) const API: &str = env!("CARGO_BIN_EXE_counter-api");

/// A PostgreSQL with one database, and what it takes to start the api on it.
pub(crate) struct Counter {
    pub(crate) postgres: Postgres,
    pub(crate) database: TestDatabase,
}

impl Counter {
    /// With the schema made.
    pub(crate) async fn new() -> Self {
        let counter = Self::empty(Postgres::start().await).await;
        counter.migrated().await;
        counter
    }

    /// Without a schema.
    pub(crate) async fn empty(postgres: Postgres) -> Self {
        let database = postgres.create_database("counter").await;
        Self { postgres, database }
    }

    /// How the api is configured here.
    pub(crate) fn api(&self) -> ServiceOptions {
        self.program(&self.database.user, &self.database.password)
            // The balancer of these tests needs no time to follow.
            .variable("SHUTDOWN_DELAY_MS", 200)
    }

    /// A ready api.
    pub(crate) async fn start(&self) -> Service {
        self.api().start().await.ready().await
    }

    /// How the migration is configured here.
    pub(crate) fn migration(&self) -> ServiceOptions {
        self.program(&self.database.owner, &self.database.owner_password)
            .argument("migrate")
    }

    pub(crate) async fn migrated(&self) -> Ended {
        let ended = self.migration().run().await;
        assert!(ended.status.success(), "{:#?}", ended.lines);
        ended
    }

    fn program(&self, user: &str, password: &str) -> ServiceOptions {
        ServiceOptions::new(API)
            .variable("DB_HOST", "127.0.0.1")
            .variable("DB_PORT", self.postgres.port())
            .variable("DB_NAME", &self.database.name)
            .variable("DB_USERNAME", user)
            .secret("DB_PASSWORD", password)
            .variable("DB_SSLROOTCERT", self.postgres.ca_file().display())
    }

    pub(crate) async fn owner(&self) -> Client {
        self.postgres.connect_as_owner(&self.database).await
    }

    /// What the row says.
    pub(crate) async fn value(&self) -> i64 {
        let row = self
            .owner()
            .await
            .query_one("SELECT counter FROM counters WHERE id = 0", &[])
            .await
            .expect("the row can be read");
        row.get(0)
    }

    pub(crate) async fn set(&self, value: i64) {
        self.owner()
            .await
            .execute("UPDATE counters SET counter = $1 WHERE id = 0", &[&value])
            .await
            .expect("the row can be set");
    }
}
