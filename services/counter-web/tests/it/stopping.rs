//! Ending without cutting anybody off.

use std::time::Duration;

use axum::response::IntoResponse as _;
use rustix::process::Signal;
use seaworthy_testkit::service::{Answer, get};
use tokio::task::JoinSet;

use crate::setup::{FakeApi, web};

#[tokio::test]
async fn c_30_a_hundred_clicks_in_flight_are_answered() {
    let api = FakeApi::start(|_| async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        "1".into_response()
    })
    .await;
    let mut web = web(&api.url()).start().await.ready().await;
    let address = web.address();
    let clicks: JoinSet<Answer> = (0..100).map(|_| get(address, "/send")).collect();
    web.metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 100.0)
        .await;
    web.signal(Signal::TERM);
    web.until("/readiness", 503).await;
    for answer in clicks.join_all().await {
        assert_eq!(answer.status, 200);
    }
    assert_eq!(web.wait().await.code(), Some(0));
    assert_eq!(api.asked(), 100);
}
