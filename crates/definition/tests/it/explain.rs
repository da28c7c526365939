//! `explain`: value, origin, reason.

use seaworthy_definition::{Definition, ExplainError, Explanation, Origin};

const TEXT: &str = "\
platform: harbour
services:
  orders:
    run: [python3, app.py]
    ports: { http: 8080, admin: 9090 }
    env:
      LOG_LEVEL: info
      TOKEN: Bearer ${token.value}
      HOST: ${ledger.host}
    scale: { min: 2, max: 20, cpu: 70% }
    slo: { latency: { p99.9: 1s } }
    probes: { readiness: /ready }
secrets:
  token: {}
databases:
  ledger: {}
environments:
  staging: {}
  production:
    override:
      services: { orders: { scale: { min: 3 }, env: { LOG_LEVEL: debug } } }
";

fn definition() -> Definition {
    let (definition, diagnostics) = Definition::read("seaworthy.yaml", TEXT.as_bytes());
    assert_eq!(diagnostics, []);
    definition
}

fn explain(path: &str, environment: Option<&str>) -> Explanation {
    definition()
        .explain(path, environment)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `value | origin | reason`.
fn line(path: &str, environment: Option<&str>) -> String {
    let explanation = explain(path, environment);
    assert_eq!(explanation.path, path);
    let origin = explanation
        .origin
        .map_or("nowhere".to_owned(), |origin| origin.to_string());
    format!(
        "{} | {origin} | {}",
        explanation.value.as_deref().unwrap_or("nothing"),
        explanation.reason
    )
}

#[test]
fn a_value_has_its_place_and_reason() {
    for (path, environment, expected) in [
        (
            "services.orders.scale.min",
            None,
            "2 | seaworthy.yaml:10 | At least this many.",
        ),
        (
            "services.orders.scale.min",
            Some("staging"),
            "2 | seaworthy.yaml:10 | At least this many.",
        ),
        (
            "services.orders.scale.min",
            Some("production"),
            "3 | seaworthy.yaml:21 | changed for `production`. At least this many.",
        ),
        (
            "services.orders.stop_grace",
            None,
            "30s | default | default. How long it may take after SIGTERM to finish what it is doing, before SIGKILL.",
        ),
        (
            "services.orders.probes.readiness.path",
            None,
            "/ready | seaworthy.yaml:12 | The path asked for. A status of 200 to 399 is a success.",
        ),
        (
            "services.orders.probes.readiness.port",
            None,
            "http | default | default: the main port. The name of the port asked at.",
        ),
        (
            "services.orders.resources.memory",
            None,
            "128Mi | default | default. Memory requested, and the limit.",
        ),
        (
            "services.orders.slo.latency.p99.9",
            None,
            "1s | seaworthy.yaml:11 | Per percentile, the time within which that share of requests is answered: `{ p99: 300ms }`.",
        ),
        (
            "services.orders.run",
            None,
            "[python3, app.py] | seaworthy.yaml:4 | How it starts on this machine: program and arguments.",
        ),
        (
            "services.orders.env.TOKEN",
            None,
            "Bearer ${token.value} | seaworthy.yaml:8 | Refers to the secret `token`.",
        ),
        (
            "services.orders.env.HOST",
            None,
            "${ledger.host} | seaworthy.yaml:9 | Refers to the host of the database `ledger`.",
        ),
        (
            "databases.ledger.version",
            None,
            "18 | default | default: the newest that was offered on 2026-11-21. The major version, here and in the cloud.",
        ),
        (
            "environments.production.protected",
            None,
            "true | default | default: true for the environment named `production`. Destroying it is refused, and deletion protection is on.",
        ),
        (
            "environments.staging.zones",
            None,
            "2 | default | default: 3 where protected, else 2. How many availability zones are used.",
        ),
        (
            "environments.staging.budget",
            None,
            "nothing | nowhere | What it may cost. Without it there is no budget.",
        ),
        (
            "environments.production.override.services.orders.scale.min",
            None,
            "3 | seaworthy.yaml:21 | At least this many.",
        ),
    ] {
        assert_eq!(
            line(path, environment),
            expected,
            "{path} in {environment:?}"
        );
    }
}

#[test]
fn secrets_are_marked_and_never_shown() {
    let token = explain("services.orders.env.TOKEN", None);
    assert!(token.secret);
    assert_eq!(token.value.as_deref(), Some("Bearer ${token.value}"));
    assert!(!explain("services.orders.env.HOST", None).secret);
}

#[test]
fn a_map_lists_what_is_below() {
    let scale = explain("services.orders.scale", Some("production"));
    assert_eq!(scale.value, None);
    let below: Vec<(&str, Option<&str>)> = scale
        .below
        .iter()
        .map(|e| (e.path.as_str(), e.value.as_deref()))
        .collect();
    assert_eq!(
        below,
        [
            ("services.orders.scale.min", Some("3")),
            ("services.orders.scale.max", Some("20")),
            ("services.orders.scale.cpu", Some("70%")),
            ("services.orders.scale.memory", None),
            ("services.orders.scale.requests", None),
        ]
    );
    let whole = explain("", None);
    assert!(
        whole
            .below
            .iter()
            .any(|e| e.path == "services" && e.below.len() == 1)
    );
    // `port` in short is the port named `http`.
    let port = definition()
        .explain("services.orders.port", None)
        .expect("a path in short is a path");
    assert_eq!(
        (port.path.as_str(), port.value.as_deref()),
        ("services.orders.ports.http", Some("8080"))
    );
}

#[test]
fn what_does_not_exist_is_answered_with_what_does() {
    let nearest = |path: &str| match definition().explain(path, None) {
        Err(ExplainError::FindPath { nearest, .. }) => nearest,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(
        nearest("services.orders.scael.min").as_deref(),
        Some("services.orders.scale.min")
    );
    assert_eq!(
        nearest("services.order.scale").as_deref(),
        Some("services.orders.scale")
    );
    assert_eq!(
        nearest("orders.scale.min").as_deref(),
        Some("services.orders.scale.min")
    );
    assert_eq!(nearest("weather"), None);
    assert_eq!(nearest("platform.name"), None);
    assert_eq!(
        definition().explain("services", Some("prod")),
        Err(ExplainError::FindEnvironment {
            name: "prod".into(),
            nearest: Some("production".into()),
            known: vec!["staging".into(), "production".into()],
        })
    );
    let error = definition()
        .explain("services.orders.weather", None)
        .expect_err("there is none");
    assert_eq!(
        error.to_string(),
        "`services.orders.weather` does not exist: a service has no `weather`"
    );
}

#[test]
fn everything_in_a_broken_definition_can_still_be_asked() {
    let text = "platform: harbour\nservices:\n  orders:\n    run: [app]\n    port: 99999\n    stop_grace: soon\n";
    let (definition, diagnostics) = Definition::read("seaworthy.yaml", text.as_bytes());
    assert_eq!(diagnostics.len(), 2);
    let grace = definition
        .explain("services.orders.stop_grace", None)
        .expect("the key exists");
    assert_eq!(
        (grace.value.as_deref(), grace.origin),
        (Some("30s"), Some(Origin::Default))
    );
}

#[test]
fn declared_paths_are_what_is_written() {
    let declared: Vec<String> = definition().declared().collect();
    for path in [
        "services",
        "services.orders",
        "services.orders.slo",
        "services.orders.slo.latency.p99.9",
        "environments.production.override",
    ] {
        assert!(
            declared.iter().any(|declared| declared == path),
            "{path} is missing in {declared:?}"
        );
    }
    assert!(!declared.iter().any(|path| path.contains("stop_grace")));
}
