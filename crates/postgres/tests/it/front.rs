//! A PostgreSQL that was built without TLS, with TLS in front of it.

use std::process::Command;

use seaworthy_postgres::{Installation, Server, Settings, StartError, connect};
use seaworthy_testkit::postgres::Postgres;

use crate::{Place, eighteen};

/// The package with the whole tool set happens to be such a build.
async fn without_tls() -> Installation {
    let psql = eighteen().await.obtain_tool("psql", &|_| {}).await.unwrap();
    let settings = Settings {
        folder: psql.parent().map(Into::into),
        cache: seaworthy_testkit::cache(),
    };
    let installation = Installation::find(18, &settings).await.unwrap().unwrap();
    assert!(
        !installation.serves_tls(),
        "the package has TLS now: take another build for this test"
    );
    installation
}

#[tokio::test]
async fn clients_find_verified_tls_all_the_same() {
    let place = Place::with_cluster(&without_tls().await).await;
    let server = Server::start(place.options(&without_tls().await))
        .await
        .unwrap();
    let other = Postgres::start().await;
    let client = connect(&server.superuser_config(), server.ca_file())
        .await
        .unwrap();
    // More than any buffer on the way holds.
    let row = client
        .query_one("SELECT repeat('x', 5000000)", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, &str>(0).len(), 5_000_000);
    let error = connect(&server.superuser_config(), other.ca_file())
        .await
        .unwrap_err();
    assert!(
        format!("{error:?}").contains("InvalidCertificate"),
        "{error:?}"
    );

    // A query is cancelled through a connection of its own.
    let cancel = client.cancel_token();
    let sleeping = tokio::spawn(async move { client.batch_execute("SELECT pg_sleep(60)").await });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    cancel
        .cancel_query(seaworthy_postgres::tls(server.ca_file()).unwrap())
        .await
        .unwrap();
    let error = sleeping.await.unwrap().unwrap_err();
    assert_eq!(
        error.code(),
        Some(&tokio_postgres::error::SqlState::QUERY_CANCELED),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_without_tls_come_through_as_well() {
    let place = Place::with_cluster(&without_tls().await).await;
    let installation = without_tls().await;
    let server = Server::start(place.options(&installation)).await.unwrap();
    let config = server.superuser_config();
    // This psql has no TLS either.
    let output = Command::new(installation.tool("psql").unwrap())
        .args([
            "-XAtc",
            "SELECT 6 * 7",
            "-h",
            "localhost",
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-p",
        ])
        .arg(server.port().to_string())
        .env(
            "PGPASSWORD",
            std::str::from_utf8(config.get_password().unwrap()).unwrap(),
        )
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "42",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn a_taken_port_is_named_here_too() {
    let place = Place::with_cluster(&without_tls().await).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = place.options(&without_tls().await);
    options.port = Some(taken.local_addr().unwrap().port());
    let error = Server::start(options).await.unwrap_err();
    assert!(matches!(error, StartError::PortTaken { .. }), "{error:?}");
}
