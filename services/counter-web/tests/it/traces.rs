//! One trace from the page's request to the statement in PostgreSQL.

use seaworthy_testkit::collector::{CollectedSpan, Collector};
use seaworthy_testkit::service::ask;

use crate::setup::{Counter, FakeApi, web};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CONTEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test]
async fn c_43_one_trace_from_the_page_to_the_statement() {
    let collector = Collector::start().await;
    let endpoint = collector.endpoint();
    let counter =
        Counter::start_with(|api| api.variable("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)).await;
    let web = web(&counter.api.url()).variable("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
    let web = web.start().await.ready().await;
    let headers = [("traceparent", CONTEXT)];
    let answer = ask(web.address(), http::Method::POST, "/send", &headers).await;
    assert_eq!(answer.number(), 1);
    assert!(web.stop().await.success());
    assert!(counter.api.stop().await.success());

    let spans = collector.trace(TRACE, 4).await;
    assert_eq!(spans.len(), 4, "{spans:#?}");
    let find = |service: &str, kind: i32| -> CollectedSpan {
        spans
            .iter()
            .find(|span| span.service == service && span.kind == kind)
            .unwrap_or_else(|| panic!("{service} {kind}: {spans:#?}"))
            .clone()
    };
    let (server, client) = (2, 3);
    let page = find("counter-web", server);
    let call = find("counter-web", client);
    let request = find("counter-api", server);
    let statement = find("counter-api", client);
    assert_eq!(page.parent, "b7ad6b7169203331");
    assert_eq!(call.parent, page.id);
    assert_eq!(request.parent, call.id);
    assert_eq!(statement.parent, request.id);
}

#[tokio::test]
async fn c_43_the_context_goes_on_where_no_spans_are_sent() {
    use axum::response::IntoResponse as _;
    let (seen, mut context) = tokio::sync::mpsc::unbounded_channel();
    let api = FakeApi::start(move |request: axum::extract::Request| {
        let header = request.headers().get("traceparent").cloned();
        seen.send(header).unwrap();
        async { "1".into_response() }
    })
    .await;
    let web = web(&api.url()).start().await.ready().await;
    let headers = [("traceparent", CONTEXT)];
    ask(web.address(), http::Method::GET, "/send", &headers).await;
    assert_eq!(context.recv().await.unwrap().unwrap(), CONTEXT);
    web.get("/send").await;
    assert_eq!(context.recv().await.unwrap(), None);
}
