//! Ending without cutting anybody off.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use seaworthy_testkit::service::{Answer, Service, get, try_ask};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::setup::Counter;

const DELAY: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn c_30_a_hundred_requests_in_flight_are_answered() {
    let counter = Counter::new().await;
    let api = counter
        .api()
        .variable("SHUTDOWN_DELAY_MS", DELAY.as_millis())
        .variable("SHUTDOWN_GRACE_MS", 10_000)
        .variable("DB_TIMEOUT_MS", 9_000);
    let mut api = api.start().await.ready().await;
    let (owner, callers) = hundred_in_flight(&counter, &api).await;

    let told = Instant::now();
    api.signal(Signal::TERM);
    let took = api.until("/readiness", 503).await;
    assert!(
        took < Duration::from_millis(300),
        "not ready {took:?} after the signal"
    );
    assert_eq!(api.probe("/readiness").await.text(), "stopping\n");
    assert_eq!(api.probe("/liveness").await.status, 200);
    // During the delay a balancer that has not noticed yet is served, and asked to go elsewhere next time.
    let late = api.get("/not-a-page").await;
    assert!(told.elapsed() < DELAY);
    assert_eq!(late.status, 404);
    assert_eq!(late.header("connection"), "close");

    // The listener closes after the delay, with the hundred still in flight.
    tokio::time::sleep_until((told + DELAY + Duration::from_millis(500)).into()).await;
    assert!(
        TcpStream::connect(api.address()).await.is_err(),
        "it still accepts"
    );
    assert!(api.runs());
    owner.batch_execute("COMMIT").await.unwrap();
    let mut numbers: Vec<i64> = callers
        .join_all()
        .await
        .iter()
        .map(Answer::number)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
    assert_eq!(api.wait().await.code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn c_30_the_grace_time_is_the_end() {
    let counter = Counter::new().await;
    let api = counter
        .api()
        .variable("SHUTDOWN_GRACE_MS", 1_000)
        .variable("DB_TIMEOUT_MS", 20_000);
    let mut api = api.start().await.ready().await;
    let (_owner, mut callers) = hundred_in_flight(&counter, &api).await;
    callers.abort_all();
    let stuck = tokio::spawn(try_ask(api.address(), http::Method::GET, "/", &[]));
    api.metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 1.0)
        .await;
    let told = Instant::now();
    api.signal(Signal::TERM);
    // Something was cut off, and the exit code says so.
    assert_eq!(api.wait().await.code(), Some(1));
    assert!(
        told.elapsed() < Duration::from_secs(2),
        "ended after {:?}",
        told.elapsed()
    );
    api.log("stopped before everything was answered").await;
    assert!(stuck.await.unwrap().is_err());
}

#[tokio::test]
async fn c_30_idle_connections_do_not_hold_it_up() {
    let counter = Counter::new().await;
    let mut api = counter.start().await;
    let idle = TcpStream::connect(api.address()).await.unwrap();
    let told = Instant::now();
    api.signal(Signal::TERM);
    assert_eq!(api.wait().await.code(), Some(0));
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "ended after {:?}",
        told.elapsed()
    );
    drop(idle);
}

#[tokio::test]
async fn c_30_somebody_at_a_terminal_does_not_wait_for_balancers() {
    let counter = Counter::new().await;
    let api = counter.api().variable("SHUTDOWN_DELAY_MS", 10_000);
    let mut api = api.start().await.ready().await;
    let told = Instant::now();
    api.signal(Signal::INT);
    assert_eq!(api.wait().await.code(), Some(0));
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "ended after {:?}",
        told.elapsed()
    );
}

#[tokio::test]
async fn c_30_a_second_signal_ends_it_at_once() {
    let counter = Counter::new().await;
    let api = counter
        .api()
        .variable("SHUTDOWN_DELAY_MS", 10_000)
        .variable("DB_TIMEOUT_MS", 20_000);
    let mut api = api.start().await.ready().await;
    let (_owner, mut callers) = hundred_in_flight(&counter, &api).await;
    let told = Instant::now();
    api.signal(Signal::TERM);
    api.until("/readiness", 503).await;
    api.signal(Signal::TERM);
    assert_eq!(api.wait().await.code(), Some(1));
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "ended after {:?}",
        told.elapsed()
    );
    callers.abort_all();
}

/// Somebody holds the row, and a hundred callers wait for it.
async fn hundred_in_flight(
    counter: &Counter,
    api: &Service,
) -> (tokio_postgres::Client, JoinSet<Answer>) {
    let owner = counter.owner().await;
    owner
        .batch_execute("BEGIN; SELECT * FROM counters WHERE id = 0 FOR UPDATE")
        .await
        .unwrap();
    let address = api.address();
    let callers = (0..100).map(|_| get(address, "/")).collect();
    api.metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 100.0)
        .await;
    (owner, callers)
}
