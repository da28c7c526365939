//! An api that fails in each of the ways it can.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use http::StatusCode;
use seaworthy_testkit::service::{Service, get};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::setup::{FakeApi, nobody, web};

async fn failed(web: &Service, status: u16, kind: &str, retry: bool) {
    let answer = web.get("/send").await;
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(!answer.header("retry-after").is_empty(), retry);
    assert!(!answer.text().contains("127.0.0.1"), "{}", answer.text());
    let labels = [("endpoint", "/send"), ("error_type", kind)];
    let metrics = web
        .metrics_until(|now| now.sum("request_errors_total", &labels) >= 1.0)
        .await;
    assert_eq!(metrics.sum("request_errors_total", &labels), 1.0);
    assert_eq!(
        metrics.sum("request_errors_total", &[]),
        1.0,
        "{}",
        metrics.text
    );
}

async fn before(answer: fn() -> Response) -> (FakeApi, Service) {
    let api = FakeApi::start(move |_| async move { answer() }).await;
    let web = web(&api.url()).start().await.ready().await;
    (api, web)
}

#[tokio::test]
async fn c_24_unavailable_stays_503_with_a_time_to_retry() {
    let (api, web) =
        before(|| (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "7")]).into_response()).await;
    failed(&web, 503, "api_unavailable", true).await;
    assert_eq!(api.asked(), 1);
    let metrics = web.metrics().await;
    assert_eq!(
        metrics.sum("api_call_errors_total", &[("error_type", "status_503")]),
        1.0
    );
    assert_eq!(
        metrics.sum("api_response_status_total", &[("status_code", "503")]),
        1.0
    );
}

#[tokio::test]
async fn c_24_unavailable_that_may_have_counted_invites_nobody_to_retry() {
    let (_api, web) = before(|| StatusCode::SERVICE_UNAVAILABLE.into_response()).await;
    failed(&web, 503, "api_unavailable", false).await;
}

#[tokio::test]
async fn c_24_an_error_of_the_api_is_a_bad_gateway() {
    let (_api, web) = before(|| StatusCode::INTERNAL_SERVER_ERROR.into_response()).await;
    failed(&web, 502, "api_non_ok_status", false).await;
}

#[tokio::test]
async fn c_24_a_redirect_is_not_followed() {
    let (api, web) = before(|| axum::response::Redirect::temporary("/").into_response()).await;
    failed(&web, 502, "api_non_ok_status", false).await;
    assert_eq!(api.asked(), 1);
}

#[tokio::test]
async fn c_24_garbage_is_a_bad_gateway() {
    for garbage in ["", "<b>1</b>", "-1", "1 2", "9223372036854775808", "\u{0}"] {
        let api = FakeApi::start(move |_| async move { garbage.into_response() }).await;
        let web = web(&api.url()).start().await.ready().await;
        failed(&web, 502, "response_not_a_number", false).await;
    }
}

#[tokio::test]
async fn c_24_a_huge_answer_is_not_read() {
    let (_api, web) = before(|| Body::from(vec![b'1'; 10_000_000]).into_response()).await;
    failed(&web, 502, "response_too_large", false).await;
    let memory = web
        .metrics()
        .await
        .sum("process_resident_memory_bytes", &[]);
    assert!(memory < 100e6, "{memory}");
}

#[tokio::test]
async fn c_24_an_answer_that_breaks_off_is_a_bad_gateway() {
    let (url, _serving) = scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n12").await;
    let web = web(&url).start().await.ready().await;
    failed(&web, 502, "response_read_failed", false).await;
}

#[tokio::test]
async fn c_24_what_is_no_http_is_a_bad_gateway() {
    let (url, _serving) = scripted(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    let web = web(&url).start().await.ready().await;
    failed(&web, 502, "api_call_failed", false).await;
}

#[tokio::test]
async fn c_24_nobody_there_is_unavailable() {
    let web = web(&format!("http://{}", nobody().await))
        .start()
        .await
        .ready()
        .await;
    failed(&web, 503, "api_call_failed", true).await;
    let metrics = web.metrics().await;
    assert_eq!(
        metrics.sum(
            "api_call_errors_total",
            &[("error_type", "connection_error")]
        ),
        1.0
    );
}

#[tokio::test]
async fn c_22_an_api_that_never_answers() {
    let api = FakeApi::start(|_| std::future::pending::<Response>()).await;
    let web = web(&api.url())
        .variable("API_TIMEOUT_MS", 500)
        .variable("API_BREAKER_FAILURES", 1000);
    let web = web.start().await.ready().await;
    let address = web.address();
    let mut clicks = JoinSet::new();
    for _ in 0..50 {
        clicks.spawn(async move {
            let asked = Instant::now();
            (get(address, "/send").await, asked.elapsed())
        });
    }
    let busy = web
        .metrics_until(|now| now.sum("api_calls_in_flight", &[]) == 50.0)
        .await;
    assert_eq!(busy.sum("http_requests_in_flight", &[]), 50.0);
    // Nobody else waits for it.
    let asked = Instant::now();
    assert_eq!(web.get("/").await.status, 200);
    assert!(asked.elapsed() < Duration::from_millis(400));
    while let Some(answered) = clicks.join_next().await {
        let (answer, took) = answered.unwrap();
        assert_eq!(answer.status, 504, "{}", answer.text());
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
    let metrics = web
        .metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 0.0)
        .await;
    assert_eq!(metrics.sum("api_calls_in_flight", &[]), 0.0);
    assert_eq!(
        metrics.sum("request_errors_total", &[("error_type", "api_timeout")]),
        50.0
    );
    assert_eq!(
        metrics.sum("api_call_duration_seconds_count", &[("status", "0")]),
        50.0
    );
    assert_eq!(api.asked(), 50, "a click is one call");
}

#[tokio::test]
async fn c_22_an_answer_that_dribbles() {
    let api = FakeApi::start(|_| async {
        let first = futures_util::stream::once(async { Ok::<_, std::io::Error>("1") });
        Body::from_stream(first.chain(futures_util::stream::pending())).into_response()
    })
    .await;
    let web = web(&api.url()).variable("API_TIMEOUT_MS", 300);
    let web = web.start().await.ready().await;
    failed(&web, 504, "api_timeout", false).await;
}

#[tokio::test]
async fn c_22_a_caller_that_goes_away_ends_the_call() {
    let api = FakeApi::start(|_| std::future::pending::<Response>()).await;
    let web = web(&api.url()).variable("API_TIMEOUT_MS", 20_000);
    let web = web.start().await.ready().await;
    let mut caller = tokio::net::TcpStream::connect(web.address()).await.unwrap();
    caller
        .write_all(b"GET /send HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    web.metrics_until(|now| now.sum("api_calls_in_flight", &[]) == 1.0)
        .await;
    drop(caller);
    web.metrics_until(|now| now.sum("api_calls_in_flight", &[]) == 0.0)
        .await;
}

/// A server that answers every connection with these bytes and closes it.
async fn scripted(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer).await;
        }
    });
    (url, serving)
}
