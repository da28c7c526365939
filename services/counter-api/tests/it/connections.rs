//! How the api connects: awkward passwords, other ports, and certificates that are really checked.

use std::io::Write as _;

use seaworthy_testkit::postgres::Postgres;
use seaworthy_testkit::service::{Service, ServiceOptions};

use crate::setup::Counter;

const AWKWARD: &str = r#"p@ss:w/o%rd?# '"\ =&;ü"#;

async fn with_awkward_password() -> Counter {
    let counter = Counter::new().await;
    let superuser = counter.postgres.connect_as_superuser().await;
    superuser
        .batch_execute(&format!(
            "ALTER ROLE {} PASSWORD '{}'",
            counter.database.user,
            AWKWARD.replace('\'', "''")
        ))
        .await
        .unwrap();
    counter
}

#[tokio::test]
async fn c_13_any_password_and_any_port() {
    let counter = with_awkward_password().await;
    // The server is on a free port, never on 5432.
    assert_ne!(counter.postgres.port(), 5432);
    let api = counter.api().secret("DB_PASSWORD", AWKWARD);
    let api = api.start().await.ready().await;
    assert_eq!(api.get("/").await.number(), 1);
}

#[tokio::test]
async fn c_13_the_password_from_a_file() {
    let counter = with_awkward_password().await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{AWKWARD}").unwrap();
    let api = counter
        .api()
        .without("DB_PASSWORD")
        .unspeakable(AWKWARD)
        .variable("DB_PASSWORD_FILE", file.path().display());
    assert_eq!(api.start().await.ready().await.get("/").await.number(), 1);
}

#[tokio::test]
async fn c_13_a_wrong_password_is_named_and_not_shown() {
    let counter = Counter::new().await;
    let api = counter.api().secret("DB_PASSWORD", AWKWARD);
    refused(api, "password authentication failed").await;
}

#[tokio::test]
async fn c_14_a_wrong_authority_is_refused() {
    let counter = Counter::new().await;
    let other = Postgres::start().await;
    let api = counter
        .api()
        .variable("DB_SSLROOTCERT", other.ca_file().display());
    refused(api, "invalid peer certificate").await;
    let connections = encrypted(&counter).await;
    assert_eq!(connections, Vec::<bool>::new(), "somebody got in");
}

#[tokio::test]
async fn c_14_a_wrong_host_name_is_refused() {
    let counter = Counter::new().await;
    // The same machine by an address that its certificate does not have.
    let api = counter.api().variable("DB_HOST", "127.0.0.2");
    let server = counter.postgres.port();
    let _relay = crate::proxy::Proxy::start_on(([127, 0, 0, 2], server).into(), server).await;
    refused(api, "invalid peer certificate").await;
}

#[tokio::test]
async fn c_14_a_server_without_tls_is_refused() {
    let counter = Counter::new().await;
    let name = crate::proxy::Proxy::start(counter.postgres.port()).await;
    name.deny_tls();
    refused(
        counter.api().variable("DB_PORT", name.port()),
        "server does not support TLS",
    )
    .await;
    assert_eq!(
        encrypted(&counter).await,
        Vec::<bool>::new(),
        "somebody got in"
    );
    let require = counter
        .api()
        .variable("DB_PORT", name.port())
        .variable("DB_SSLMODE", "require");
    refused(require, "server does not support TLS").await;
    assert_eq!(
        encrypted(&counter).await,
        Vec::<bool>::new(),
        "somebody got in"
    );

    // Plain text only when somebody says so.
    let plain = counter
        .api()
        .without("DB_SSLROOTCERT")
        .variable("DB_SSLMODE", "disable");
    let plain = plain.start().await.ready().await;
    assert_eq!(plain.get("/").await.number(), 1);
    assert!(encrypted(&counter).await.iter().all(|encrypted| !encrypted));
}

#[tokio::test]
async fn c_14_require_encrypts_whatever_the_certificate_says() {
    let counter = Counter::new().await;
    let api = counter
        .api()
        .without("DB_SSLROOTCERT")
        .variable("DB_SSLMODE", "require");
    let api = api.start().await.ready().await;
    assert_eq!(api.get("/").await.number(), 1);
    let connections = encrypted(&counter).await;
    assert!(!connections.is_empty() && connections.iter().all(|encrypted| *encrypted));
}

/// It lives, is not ready, and says why; its password is nowhere (which the harness checks).
async fn refused(api: ServiceOptions, reason: &str) -> Service {
    let mut api = api.start().await;
    api.log(reason).await;
    assert_eq!(api.probe("/readiness").await.status, 503);
    assert_eq!(api.probe("/liveness").await.status, 200);
    assert_eq!(api.get("/").await.status, 503);
    assert!(api.runs());
    api
}

/// For each connection of the api, whether it is encrypted.
async fn encrypted(counter: &Counter) -> Vec<bool> {
    let superuser = counter.postgres.connect_as_superuser().await;
    superuser
        .query(
            "SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.usename = $1",
            &[&counter.database.user],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}
