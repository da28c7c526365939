//! The numbers that dashboards and alerts stand on.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use seaworthy_testkit::tools;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::setup::Counter;

#[tokio::test]
async fn c_41_requests_add_up() {
    let mut counter = Counter::new().await;
    let api = counter.start().await;
    for _ in 0..90 {
        assert_eq!(api.get("/").await.status, 200);
    }
    counter.postgres.kill().await;
    for _ in 0..7 {
        assert_eq!(api.get("/").await.status, 503);
    }
    counter.postgres.restart().await;
    api.until("/readiness", 200).await;
    let owner = counter.owner().await;
    owner
        .batch_execute("BEGIN; SELECT * FROM counters WHERE id = 0 FOR UPDATE")
        .await
        .unwrap();
    let mut callers = Vec::new();
    for _ in 0..3 {
        let mut caller = TcpStream::connect(api.address()).await.unwrap();
        caller
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        callers.push(caller);
    }
    let before = api
        .metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 3.0)
        .await;
    assert_eq!(before.sum("received_request_total", &[]), 100.0);
    drop(callers);
    let now = api
        .metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 0.0)
        .await;
    owner.batch_execute("COMMIT").await.unwrap();

    assert_eq!(now.sum("received_request_total", &[]), 100.0);
    assert_eq!(now.sum("processed_request_total", &[]), 90.0);
    let errors = |kind| now.sum("request_errors_total", &[("error_type", kind)]);
    assert_eq!(errors("db_update_failed"), 7.0);
    assert_eq!(errors("response_write_failed"), 3.0);
    assert_eq!(now.sum("request_errors_total", &[]), 10.0);
    let timed = |status| {
        now.sum(
            "http_request_duration_seconds_count",
            &[("endpoint", "/"), ("status", status)],
        )
    };
    assert_eq!((timed("200"), timed("503"), timed("499")), (90.0, 7.0, 3.0));
    assert_eq!(now.sum("http_request_duration_seconds_count", &[]), 100.0);
    assert!(
        now.sum(
            "db_operation_duration_seconds_count",
            &[("operation", "update_counter")]
        ) >= 90.0
    );
}

#[tokio::test]
async fn c_41_names_types_and_labels_are_what_dashboards_expect() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    api.get("/").await;
    let metrics = api
        .metrics_until(|now| now.sum("processed_request_total", &[]) == 1.0)
        .await;
    for (name, kind, labels) in [
        ("received_request_total", "counter", &[][..]),
        ("processed_request_total", "counter", &[]),
        ("request_errors_total", "counter", &["error_type"]),
        (
            "http_request_duration_seconds",
            "histogram",
            &["endpoint", "status"],
        ),
        ("db_operation_duration_seconds", "histogram", &["operation"]),
        ("http_requests_in_flight", "gauge", &[]),
        ("db_connection_status", "gauge", &[]),
    ] {
        let line = format!("# TYPE {name} {kind}");
        assert!(
            metrics.text.lines().any(|is| is == line),
            "`{line}` is not there"
        );
        let sample = if kind == "histogram" {
            format!("{name}_count")
        } else {
            name.to_owned()
        };
        let has = metrics.labels(&sample);
        for label in labels {
            assert!(has.iter().any(|is| is == label), "{name} has {has:?}");
        }
    }
    for operation in ["init_table", "update_counter", "get_counter"] {
        assert!(
            metrics.text.contains(&format!("operation=\"{operation}\"")),
            "{operation}"
        );
    }
    for bound in [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10",
    ] {
        let sample = [("le", bound), ("endpoint", "/"), ("status", "200")];
        assert!(metrics.text.contains(&format!("le=\"{bound}\"")), "{bound}");
        assert!(metrics.sum("http_request_duration_seconds_bucket", &sample) <= 1.0);
    }
}

#[tokio::test]
async fn c_42_the_exposition_is_valid_and_tells_of_the_process_and_the_pool() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    api.get("/").await;
    api.get("/nothing").await;
    let metrics = api.metrics().await;
    for name in [
        "build_info",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
        "db_pool_connections_max",
        "db_operations_total",
        "db_operation_duration_seconds_count",
    ] {
        assert!(metrics.has(name), "{name}");
    }
    assert!(metrics.sum("process_resident_memory_bytes", &[]) > 1e6);
    for state in ["idle", "in_use"] {
        assert!(
            metrics
                .text
                .contains(&format!("db_pool_connections{{state=\"{state}\"}}"))
        );
    }
    check(&metrics.text);
}

/// Lets the real promtool judge.
fn check(text: &str) {
    let promtool = std::env::var_os("SEAWORTHY_PROMTOOL")
        .map_or_else(|| tools::program("promtool"), PathBuf::from);
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool can be started");
    child
        .stdin
        .take()
        .expect("it is piped")
        .write_all(text.as_bytes())
        .expect("promtool reads");
    let output = child.wait_with_output().expect("promtool ends");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
