//! The numbers that dashboards and alerts stand on.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use seaworthy_testkit::tools;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::setup::{Counter, FakeApi, web};

#[tokio::test]
async fn c_41_pages_and_clicks_add_up_and_probes_are_in_none() {
    let counter = Counter::start().await;
    let web = web(&counter.api.url()).start().await.ready().await;
    for _ in 0..10 {
        web.get("/").await;
        web.get("/send").await;
        web.probe("/liveness").await;
        web.get("/nothing-here").await;
    }
    let now = web
        .metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 0.0)
        .await;
    assert_eq!(now.sum("received_request_total", &[]), 30.0);
    assert_eq!(now.sum("processed_request_total", &[]), 30.0);
    assert_eq!(now.sum("request_errors_total", &[]), 0.0);
    assert_eq!(now.sum("http_requests_total", &[]), 30.0);
    assert_eq!(now.sum("http_request_duration_seconds_count", &[]), 30.0);
    assert_eq!(
        now.sum(
            "http_requests_total",
            &[("endpoint", "other"), ("status", "404")]
        ),
        10.0
    );
    assert_eq!(
        now.sum("http_response_size_bytes_count", &[("endpoint", "/")]),
        10.0
    );
    assert_eq!(
        now.sum("api_response_status_total", &[("status_code", "200")]),
        10.0
    );
    assert_eq!(
        now.sum("api_call_duration_seconds_count", &[("status", "200")]),
        10.0
    );
}

#[tokio::test]
async fn c_41_a_click_that_was_cut_off_is_no_success() {
    let api = FakeApi::start(|_| std::future::pending()).await;
    let web = web(&api.url()).variable("API_TIMEOUT_MS", 20_000);
    let web = web.start().await.ready().await;
    let mut caller = TcpStream::connect(web.address()).await.unwrap();
    caller
        .write_all(b"POST /send HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    web.metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 1.0)
        .await;
    drop(caller);
    let now = web
        .metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 0.0)
        .await;
    assert_eq!(now.sum("processed_request_total", &[]), 0.0);
    let labels = [
        ("endpoint", "/send"),
        ("error_type", "response_write_failed"),
    ];
    assert_eq!(now.sum("request_errors_total", &labels), 1.0);
    assert_eq!(now.sum("http_requests_total", &[("status", "499")]), 1.0);
}

#[tokio::test]
async fn c_41_names_types_and_labels_are_what_dashboards_expect_of_web() {
    let counter = Counter::start().await;
    let web = web(&counter.api.url()).start().await.ready().await;
    web.get("/send").await;
    let metrics = web
        .metrics_until(|now| now.sum("processed_request_total", &[]) == 1.0)
        .await;
    for (name, kind, labels) in [
        ("received_request_total", "counter", &[][..]),
        ("processed_request_total", "counter", &[]),
        (
            "request_errors_total",
            "counter",
            &["endpoint", "error_type"],
        ),
        (
            "http_request_duration_seconds",
            "histogram",
            &["endpoint", "status"],
        ),
        ("http_requests_in_flight", "gauge", &[]),
        ("http_requests_total", "counter", &["endpoint", "status"]),
        ("api_call_errors_total", "counter", &["error_type"]),
        ("api_call_duration_seconds", "histogram", &["status"]),
        ("api_calls_in_flight", "gauge", &[]),
        ("api_response_status_total", "counter", &["status_code"]),
        ("http_response_size_bytes", "histogram", &["endpoint"]),
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
    for bound in ["100", "1000", "10000", "100000", "1000000"] {
        assert!(metrics.text.contains(&format!(
            "http_response_size_bytes_bucket{{endpoint=\"/send\",le=\"{bound}\"}}"
        )));
    }
}

#[tokio::test]
async fn c_42_the_exposition_of_web_is_valid() {
    let counter = Counter::start().await;
    let web = web(&counter.api.url()).start().await.ready().await;
    web.get("/send").await;
    let metrics = web.metrics().await;
    assert!(metrics.has("build_info") && metrics.has("process_cpu_seconds_total"));
    let promtool = std::env::var_os("SEAWORTHY_PROMTOOL")
        .map_or_else(|| tools::program("promtool"), PathBuf::from);
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool can be started");
    let mut input = child.stdin.take().expect("it is piped");
    input
        .write_all(metrics.text.as_bytes())
        .expect("promtool reads");
    drop(input);
    let output = child.wait_with_output().expect("promtool ends");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
