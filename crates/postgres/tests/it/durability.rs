//! What the server is told about durability and logging, as the server sees it.

use seaworthy_postgres::{Durability, Server};

use crate::{Place, eighteen};

async fn settings(server: &Server, names: &[&str]) -> Vec<String> {
    let client = server.connect(&server.superuser_config()).await.unwrap();
    let mut values = Vec::new();
    for name in names {
        let row = client
            .query_one("SELECT current_setting($1)", &[name])
            .await
            .unwrap();
        values.push(row.get(0));
    }
    values
}

#[tokio::test]
async fn a_durable_server_waits_for_the_disk() {
    let place = Place::new();
    let mut options = place.options(&eighteen().await);
    options.durability = Durability::Durable;
    let server = Server::start(options).await.unwrap();
    // Not even a session that asks for less may turn these off for the whole server.
    let client = server.connect(&server.superuser_config()).await.unwrap();
    client
        .batch_execute("ALTER SYSTEM SET fsync = off")
        .await
        .unwrap();
    client
        .batch_execute("ALTER SYSTEM SET synchronous_commit = off")
        .await
        .unwrap();
    client
        .query_one("SELECT pg_reload_conf()", &[])
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let names = [
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "data_checksums",
        "server_encoding",
    ];
    assert_eq!(
        settings(&server, &names).await,
        ["on", "on", "on", "on", "UTF8"]
    );
    server.synced().await;
}

#[tokio::test]
async fn a_throwaway_server_still_writes_before_it_answers() {
    let place = Place::with_cluster(&eighteen().await).await;
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    assert_eq!(
        settings(&server, &["fsync", "synchronous_commit"]).await,
        ["off", "on"]
    );
}

#[tokio::test]
async fn text_sorts_and_folds_the_same_everywhere() {
    let place = Place::with_cluster(&eighteen().await).await;
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    let client = server.connect(&server.superuser_config()).await.unwrap();
    let row = client
        .query_one("SELECT datlocprovider::text, datlocale, upper('é') FROM pg_database WHERE datname = 'template1'", &[])
        .await
        .unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2)), ("b", "C.UTF-8", "É"));
}

#[tokio::test]
async fn no_statement_reaches_the_log() {
    let place = Place::with_cluster(&eighteen().await).await;
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    let client = server.connect(&server.superuser_config()).await.unwrap();
    client
        .batch_execute("ALTER ROLE nobody_here PASSWORD 'sesame-1'")
        .await
        .unwrap_err();
    client
        .batch_execute("SELECT 1/0 AS \"sesame-2\"")
        .await
        .unwrap_err();
    client
        .query("SELECT 1 / length($1)", &[&"sesame-3"])
        .await
        .unwrap();
    client
        .query("SELECT $1::text::int", &[&"sesame-4"])
        .await
        .unwrap_err();
    client
        .batch_execute("CREATE TABLE t (n int CHECK (n > 0)); INSERT INTO t SELECT 'sesame-5'::int")
        .await
        .unwrap_err();
    drop(server);
    let log = place.log();
    assert!(log.contains("division by zero"), "{log}");
    for secret in ["sesame-1", "sesame-2", "sesame-3"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    assert!(
        !log.contains("STATEMENT") && !log.contains("parameter"),
        "{log}"
    );
}
