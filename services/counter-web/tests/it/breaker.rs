//! An api that is down is not called for ever, and no click is ever sent twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::response::IntoResponse as _;
use http::StatusCode;

use crate::setup::{Counter, FakeApi, nobody, web};

const OPEN: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn c_23_opens_after_the_stated_failures_and_closes_when_the_api_is_back() {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let api = FakeApi::start(move |_| {
        let well = is_well.load(Ordering::SeqCst);
        async move {
            if well {
                "7".into_response()
            } else {
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    })
    .await;
    let web = web(&api.url())
        .variable("API_BREAKER_FAILURES", 5)
        .variable("API_BREAKER_OPEN_MS", OPEN.as_millis());
    let web = web.start().await.ready().await;
    let mut bad = 0;
    for click in 0..100 {
        let answer = web.get("/send").await;
        match answer.status.as_u16() {
            502 => bad += 1,
            503 => assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1),
            other => panic!("click {click}: {other}"),
        }
    }
    // Five opened it; of the rest only probes went through, one for each time it was half-open.
    assert!((5..=8).contains(&bad), "{bad} reached the api");
    assert_eq!(api.asked(), bad);
    let metrics = web.metrics().await;
    assert_eq!(metrics.sum("api_breaker_state", &[]), 2.0);
    assert!(
        metrics.sum(
            "request_errors_total",
            &[("error_type", "api_breaker_open")]
        ) >= 90.0
    );

    // Half-open: one probe, and it fails.
    tokio::time::sleep(OPEN + Duration::from_millis(100)).await;
    assert_eq!(web.get("/send").await.status, 502);
    assert_eq!(web.get("/send").await.status, 503);
    assert_eq!(api.asked(), bad + 1);

    well.store(true, Ordering::SeqCst);
    tokio::time::sleep(OPEN + Duration::from_millis(100)).await;
    for _ in 0..10 {
        assert_eq!(web.get("/send").await.status, 200);
    }
    assert_eq!(web.metrics().await.sum("api_breaker_state", &[]), 0.0);
    assert_eq!(api.asked(), bad + 11);
}

#[tokio::test]
async fn c_23_an_api_that_is_not_there_at_all() {
    let address = nobody().await;
    let web = web(&format!("http://{address}"))
        .variable("API_BREAKER_FAILURES", 5)
        .variable("API_BREAKER_OPEN_MS", 300);
    let web = web.start().await.ready().await;
    for _ in 0..100 {
        let answer = web.get("/send").await;
        assert_eq!(answer.status, 503);
        assert!(!answer.header("retry-after").is_empty());
    }
    web.log("not calling it for a while").await;
    let api = FakeApi::start_on(address, |_| async { "1".into_response() }).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(web.get("/send").await.status, 200);
    assert_eq!(api.asked(), 1);
    web.log("the api answers again").await;
}

#[tokio::test]
async fn c_23_a_click_counts_at_most_once_whatever_happens_to_its_answer() {
    let counter = Counter::start().await;
    let web = web(&counter.api.url()).start().await.ready().await;
    let mut clicks = 0;
    let mut good = 0;
    let mut last = 0;
    let Counter {
        mut api,
        postgres: _postgres,
    } = counter;
    for round in 0..30 {
        clicks += 1;
        let answer = web.get("/send").await;
        if answer.status == 200 {
            good += 1;
            let number = answer.number();
            assert!(
                number > last && number <= clicks,
                "{number} after {clicks} clicks"
            );
            last = number;
        }
        if round % 10 == 5 {
            api = api.kill_and_restart().await.ready().await;
            // What the restart made of the breaker and of kept connections passes.
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
    }
    assert!(good >= 20, "{good} of {clicks}");
}

#[tokio::test]
async fn c_23_a_mistake_is_no_illness() {
    let api = FakeApi::start(|_| async { StatusCode::NOT_FOUND.into_response() }).await;
    let web = web(&api.url()).variable("API_BREAKER_FAILURES", 2);
    let web = web.start().await.ready().await;
    for _ in 0..10 {
        assert_eq!(web.get("/send").await.status, 502);
    }
    assert_eq!(api.asked(), 10);
}
