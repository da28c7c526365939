//! A configuration that is not usable ends it with code 2 and one line, before anything listens.

use seaworthy_testkit::service::ServiceOptions;

use crate::setup::API;

fn api() -> ServiceOptions {
    ServiceOptions::new(API)
        .variable("DB_HOST", "db.example.com")
        .variable("DB_NAME", "counter")
        .variable("DB_USERNAME", "api")
        .secret("DB_PASSWORD", "correct-horse")
        .variable("DB_SSLMODE", "disable")
}

async fn refused(options: ServiceOptions, expected: &str) {
    let ended = options.run().await;
    assert_eq!(ended.status.code(), Some(2), "{:#?}", ended.lines);
    assert_eq!(ended.lines.len(), 1, "{:#?}", ended.lines);
    let line: serde_json::Value = serde_json::from_str(&ended.lines[0]).unwrap();
    let message = line["message"].as_str().unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(message.contains(expected), "{message}");
}

#[tokio::test]
async fn missing_values_are_named_all_at_once() {
    let bare = ServiceOptions::new(API);
    refused(bare.clone(), "`DB_HOST` is not set").await;
    refused(bare.clone(), "`DB_NAME` is not set").await;
    refused(
        bare.clone(),
        "neither `DB_USERNAME` nor `DB_USERNAME_FILE` is set",
    )
    .await;
    refused(bare, "neither `DB_PASSWORD` nor `DB_PASSWORD_FILE` is set").await;
}

#[tokio::test]
async fn bad_values_are_named_with_what_is_expected() {
    for (name, value, expected) in [
        (
            "DB_PORT",
            "0x1538",
            "expected a whole number from 1 to 65535",
        ),
        (
            "DB_PORT",
            "65536",
            "expected a whole number from 1 to 65535",
        ),
        (
            "DB_TIMEOUT_MS",
            "2s",
            "expected a whole number from 10 to 60000",
        ),
        ("DB_POOL_MAX", "1", "expected a whole number from 2 to 100"),
        ("DB_SSLMODE", "prefer", "expected `verify-full`"),
        (
            "DB_HOST",
            "api:correct-horse@db",
            "`DB_HOST` is not a host name",
        ),
        ("DB_URL", "db", "both `DB_HOST` and `DB_URL` are set"),
        ("LISTEN_ADDR", "3030", "expected an address and a port"),
        (
            "ADMIN_ADDR",
            "localhost:9090",
            "expected an address and a port",
        ),
        ("LOG_LEVEL", "verbose", "expected `error`, `warn`"),
        ("SHUTDOWN_GRACE_MS", "-1", "expected a whole number"),
        (
            "SHUTDOWN_DELAY_MS",
            "60000",
            "is more than `SHUTDOWN_GRACE_MS`",
        ),
        ("PROBES_ON_MAIN", "yes", "expected `true` or `false`"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://collector",
            "is not an `http://host:port`",
        ),
        (
            "DB_PASSWORD_FILE",
            "/nonexistent",
            "both `DB_PASSWORD` and `DB_PASSWORD_FILE` are set",
        ),
    ] {
        refused(api().variable(name, value), expected).await;
    }
    let file = api()
        .without("DB_PASSWORD")
        .variable("DB_PASSWORD_FILE", "/nonexistent/file");
    refused(
        file,
        "`DB_PASSWORD_FILE` names `/nonexistent/file`, which cannot be read",
    )
    .await;
    let authority = api().without("DB_SSLMODE");
    refused(authority.clone(), "`DB_SSLROOTCERT` is not set").await;
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    refused(
        authority.variable("DB_SSLROOTCERT", here),
        "holds no certificate in PEM",
    )
    .await;
}

#[tokio::test]
async fn the_migration_judges_its_variables_too() {
    refused(
        api().argument("migrate").without("DB_NAME"),
        "`DB_NAME` is not set",
    )
    .await;
    refused(api().argument("migrat"), "usage: ").await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_no_matter_of_configuration() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ended = api().variable("LISTEN_ADDR", address).run().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.lines[0].contains(&format!("cannot listen on `{address}`")),
        "{:#?}",
        ended.lines
    );
}
