//! Where a request's time went, as spans. The whole chain from the page is in counter-web's tests.

use seaworthy_testkit::collector::Collector;
use seaworthy_testkit::service::ask;

use crate::setup::Counter;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

#[tokio::test]
async fn c_43_the_statement_is_a_child_of_the_request_and_the_request_of_its_caller() {
    let counter = Counter::new().await;
    let collector = Collector::start().await;
    let api = counter
        .api()
        .variable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let api = api.start().await.ready().await;
    let context = format!("00-{TRACE}-{PARENT}-01");
    let answer = ask(
        api.address(),
        http::Method::GET,
        "/",
        &[("traceparent", &context)],
    )
    .await;
    assert_eq!(answer.number(), 1);
    // What was not sent yet is sent at the end.
    assert!(api.stop().await.success());
    let spans = collector.trace(TRACE, 2).await;
    let server = spans.iter().find(|span| span.kind == 2).unwrap();
    let statement = spans.iter().find(|span| span.kind == 3).unwrap();
    assert_eq!(server.parent, PARENT);
    assert_eq!(server.name, "GET /");
    assert_eq!(server.service, "counter-api");
    assert_eq!(statement.parent, server.id);
    assert_eq!(statement.name, "UPDATE counters");
}

#[tokio::test]
async fn c_43_a_collector_that_is_away_delays_nobody() {
    let counter = Counter::new().await;
    let api = counter
        .api()
        .variable("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    let api = api.start().await.ready().await;
    for number in 1..=50 {
        assert_eq!(api.get("/").await.number(), number);
    }
    assert!(api.stop().await.success());
}
