//! The database goes away, comes back, moves, and gets slow; the api stays.

use std::io::Write as _;
use std::time::{Duration, Instant};

use seaworthy_testkit::service::{Answer, get};
use tokio::task::JoinSet;

use crate::proxy::Proxy;
use crate::setup::Counter;

/// From the moment the database accepts connections again to readiness: what the documentation states.
const BACK: Duration = Duration::from_secs(2);

#[tokio::test]
async fn c_20_planted_fault_26_a_database_that_is_down_at_the_start() {
    let mut counter = Counter::new().await;
    counter.postgres.kill().await;
    let mut api = counter.api().start().await;
    api.until("/startup", 200).await;
    assert_eq!(api.probe("/liveness").await.status, 200);
    let readiness = api.probe("/readiness").await;
    assert_eq!(readiness.status, 503);
    assert!(
        readiness.text().contains("no connection to the database"),
        "{}",
        readiness.text()
    );
    let metrics = api.metrics().await;
    assert!(metrics.has("db_connection_status"));
    assert_eq!(metrics.sum("db_connection_status", &[]), 0.0);
    let refused = api.get("/").await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), "1");

    counter.postgres.restart().await;
    let took = api.until("/readiness", 200).await;
    assert!(took < BACK, "ready {took:?} after the database");
    assert_eq!(api.get("/").await.number(), 1);
    assert!(api.runs());
}

#[tokio::test]
async fn c_21_planted_fault_26_a_database_that_dies_and_returns() {
    let mut counter = Counter::new().await;
    let mut api = counter.start().await;
    for number in 1..=5 {
        assert_eq!(api.get("/").await.number(), number);
    }
    counter.postgres.kill().await;
    // Nobody asks: it is the look every half second that notices.
    let took = api.until("/readiness", 503).await;
    assert!(took < Duration::from_secs(2), "noticed after {took:?}");
    assert_eq!(api.metrics().await.sum("db_connection_status", &[]), 0.0);
    assert_eq!(api.probe("/liveness").await.status, 200);
    assert_eq!(api.get("/").await.status, 503);

    counter.postgres.restart().await;
    let took = api.until("/readiness", 200).await;
    assert!(took < BACK, "ready {took:?} after the database");
    assert_eq!(api.metrics().await.sum("db_connection_status", &[]), 1.0);
    assert_eq!(api.get("/").await.number(), 6);
    assert!(api.runs());
}

#[tokio::test]
async fn c_21_a_failover_to_another_address_behind_the_same_name() {
    let (one, two) = (Counter::new().await, Counter::new().await);
    let mut authorities = tempfile::NamedTempFile::new().unwrap();
    for counter in [&one, &two] {
        let authority = std::fs::read(counter.postgres.ca_file()).unwrap();
        authorities.write_all(&authority).unwrap();
    }
    let name = Proxy::start(one.postgres.port()).await;
    let api = one
        .api()
        .variable("DB_PORT", name.port())
        .variable("DB_SSLROOTCERT", authorities.path().display());
    let mut api = api.start().await.ready().await;
    assert_eq!(api.get("/").await.number(), 1);

    // What the other has been sent so far; then the name leads there, and the first is gone.
    two.set(one.value().await).await;
    name.lead_to(two.postgres.port());
    name.cut();
    drop(one.postgres);
    let took = api.until("/readiness", 200).await;
    assert!(took < BACK, "ready {took:?} after the failover");
    let mut answer = api.get("/").await;
    if answer.status == 503 {
        // The connection that was cut may be found out by this very request.
        api.until("/readiness", 200).await;
        answer = api.get("/").await;
    }
    assert_eq!(answer.number(), 2);
    assert_eq!(two.value().await, 2);
    assert!(api.runs());
}

#[tokio::test]
async fn c_21_a_connection_that_goes_silent() {
    let counter = Counter::new().await;
    let name = Proxy::start(counter.postgres.port()).await;
    let api = counter
        .api()
        .variable("DB_PORT", name.port())
        .variable("DB_TIMEOUT_MS", 500);
    let api = api.start().await.ready().await;
    name.stall(true);
    let asked = Instant::now();
    let answer = api.get("/").await;
    assert_eq!(answer.status, 503);
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "answered after {:?}",
        asked.elapsed()
    );
    api.until("/readiness", 503).await;
    assert_eq!(api.probe("/liveness").await.status, 200);

    name.stall(false);
    let took = api.until("/readiness", 200).await;
    assert!(took < BACK, "ready after {took:?}");
    assert_eq!(api.get("/").await.status, 200);
}

#[tokio::test]
async fn c_21_an_unknown_outcome_is_never_a_number_and_never_sent_again() {
    let counter = Counter::new().await;
    let name = Proxy::start(counter.postgres.port()).await;
    let api = counter.api().variable("DB_PORT", name.port());
    let api = api.start().await.ready().await;
    // The statement is with the server and waits for the row when its connection is cut.
    let owner = counter.owner().await;
    owner
        .batch_execute("BEGIN; SELECT * FROM counters WHERE id = 0 FOR UPDATE")
        .await
        .unwrap();
    let address = api.address();
    let caller = tokio::spawn(async move { get(address, "/").await });
    until_waiting(&counter).await;
    name.cut();
    let answer = caller.await.unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.header("retry-after"),
        "",
        "nobody is invited to count twice"
    );
    assert!(
        answer.text().contains("may have been counted or not"),
        "{}",
        answer.text()
    );
    owner.batch_execute("COMMIT").await.unwrap();

    api.until("/readiness", 200).await;
    let number = loop {
        let answer = api.get("/").await;
        if answer.status == 200 {
            break answer.number();
        }
    };
    // Counted once at most, and whatever it is, the next number is beyond it.
    assert!((1..=2).contains(&number), "{number}");
    assert_eq!(counter.value().await, number);
}

#[tokio::test]
async fn c_25_a_slow_database_is_bounded_and_passes() {
    const LIMIT: Duration = Duration::from_millis(500);
    let counter = Counter::new().await;
    let owner = counter.owner().await;
    owner
        .batch_execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_sleep(2); RETURN NEW; END';
             CREATE TRIGGER slow BEFORE UPDATE ON counters FOR EACH ROW EXECUTE FUNCTION slow()",
        )
        .await
        .unwrap();
    let api = counter
        .api()
        .variable("DB_TIMEOUT_MS", LIMIT.as_millis())
        .variable("DB_POOL_MAX", 2);
    let api = api.start().await.ready().await;
    let address = api.address();
    let mut callers: JoinSet<(Duration, Answer)> = JoinSet::new();
    for _ in 0..60 {
        callers.spawn(async move {
            let asked = Instant::now();
            let answer = get(address, "/").await;
            (asked.elapsed(), answer)
        });
    }
    api.metrics_until(|now| {
        now.sum("http_requests_in_flight", &[]) > 10.0
            && now.sum("db_pool_connections", &[("state", "in_use")]) > 0.0
    })
    .await;
    while let Some(answered) = callers.join_next().await {
        let (took, answer) = answered.unwrap();
        assert_eq!(answer.status, 503);
        // The statement before one's own, then one's own, then the look that both must not wait for.
        assert!(
            took < LIMIT * 2 + Duration::from_secs(1),
            "answered after {took:?}"
        );
    }
    let metrics = api.metrics().await;
    assert!(
        metrics.sum(
            "db_operations_total",
            &[("operation", "update_counter"), ("outcome", "error")]
        ) > 0.0
    );
    assert_eq!(metrics.sum("db_pool_connections_max", &[]), 2.0);

    owner
        .batch_execute("DROP TRIGGER slow ON counters")
        .await
        .unwrap();
    api.until("/readiness", 200).await;
    assert_eq!(api.get("/").await.status, 200);
    let metrics = api
        .metrics_until(|now| now.sum("counter_waiting_callers", &[]) == 0.0)
        .await;
    assert!(metrics.sum("db_pool_connections", &[]) <= 2.0);
}

#[tokio::test]
async fn c_25_a_locked_row_does_not_pile_up() {
    let counter = Counter::new().await;
    let api = counter.api().variable("DB_TIMEOUT_MS", 300);
    let api = api.start().await.ready().await;
    let owner = counter.owner().await;
    owner
        .batch_execute("BEGIN; SELECT * FROM counters WHERE id = 0 FOR UPDATE")
        .await
        .unwrap();
    for _ in 0..5 {
        assert_eq!(api.get("/").await.status, 503);
    }
    // The server gives up together with its client.
    let superuser = counter.postgres.connect_as_superuser().await;
    let until = Instant::now() + Duration::from_secs(5);
    while waiting(&superuser).await > 0 {
        assert!(Instant::now() < until, "statements wait on for nobody");
    }
    owner.batch_execute("COMMIT").await.unwrap();
    api.until("/readiness", 200).await;
    let number = api.get("/").await.number();
    assert_eq!(
        number, 1,
        "a statement whose callers were refused counted after all"
    );
}

async fn until_waiting(counter: &Counter) {
    let superuser = counter.postgres.connect_as_superuser().await;
    let until = Instant::now() + Duration::from_secs(10);
    while waiting(&superuser).await == 0 {
        assert!(Instant::now() < until, "no statement waits for the row");
    }
}

async fn waiting(superuser: &tokio_postgres::Client) -> i64 {
    let row = superuser
        .query_one(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE counters%'",
            &[],
        )
        .await
        .unwrap();
    row.get(0)
}
