//! Logs are JSON lines and hold no secret.
//!
//! The harness judges every line of every service in every test when the service ends. Here the services are as
//! talkative as they can be and see as much go wrong as possible.

use seaworthy_testkit::postgres::Postgres;
use seaworthy_testkit::service::ask;

use crate::proxy::Proxy;
use crate::setup::Counter;

#[tokio::test]
async fn c_40_no_line_holds_a_secret_whatever_happens() {
    let mut counter = Counter::empty(Postgres::start().await).await;
    let migration = counter.migration().variable("LOG_LEVEL", "trace");
    assert!(migration.run().await.status.success());
    let name = Proxy::start(counter.postgres.port()).await;
    let api = counter
        .api()
        .variable("DB_PORT", name.port())
        .variable("LOG_LEVEL", "trace")
        .variable("FAULT_INJECTION", true)
        .unspeakable("postgres://")
        .unspeakable("password=");
    let api = api.start().await.ready().await;
    assert_eq!(api.get("/").await.number(), 1);
    assert_eq!(api.get("/favicon.ico").await.status, 404);
    ask(
        api.address(),
        http::Method::POST,
        "/",
        &[("authorization", "Basic c2VjcmV0")],
    )
    .await;

    name.cut();
    let _ = api.get("/").await;
    api.until("/readiness", 200).await;
    let superuser = counter.postgres.connect_as_superuser().await;
    let rename = |from: &str, to: &str| format!("ALTER ROLE {from} RENAME TO {to}");
    let user = counter.database.user.clone();
    superuser
        .batch_execute(&rename(&user, "elsewhere"))
        .await
        .unwrap();
    name.cut();
    api.until("/readiness", 503).await;
    superuser
        .batch_execute(&rename("elsewhere", &user))
        .await
        .unwrap();
    counter.postgres.kill().await;
    assert_eq!(api.get("/").await.status, 503);

    let lines = api.logs();
    assert!(
        lines.iter().any(|line| line.contains("\"level\":\"WARN\"")),
        "{lines:#?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("\"level\":\"DEBUG\"")),
        "{lines:#?}"
    );
    assert!(api.stop().await.success());
}

#[tokio::test]
async fn c_40_every_line_has_a_time_a_level_and_a_message() {
    let counter = Counter::new().await;
    let api = counter.api().variable("LOG_LEVEL", "debug");
    let api = api.start().await.ready().await;
    api.get("/").await;
    api.log("\"request\"").await;
    for line in api.logs() {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        for field in ["timestamp", "level", "message", "target"] {
            assert!(line[field].is_string(), "{line}");
        }
    }
}
