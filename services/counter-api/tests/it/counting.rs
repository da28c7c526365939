//! Many callers, several replicas, the end of the numbers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use seaworthy_testkit::load::{OpenLoop, Target, open_loop_with};
use seaworthy_testkit::postgres::Postgres;
use seaworthy_testkit::service::{Answer, get};
use tokio::task::JoinSet;

use crate::setup::Counter;

#[tokio::test]
async fn c_10_thousand_gets_fifty_at_a_time_over_two_replicas() {
    let counter = Counter::new().await;
    let (one, two) = (counter.start().await, counter.start().await);
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&numbers);
    let plan = OpenLoop {
        // Faster than they come: fifty are always under way.
        rate: 1e6,
        total: 1000,
        connections: 50,
        timeout: std::time::Duration::from_secs(30),
    };
    let target = Target::get(one.address(), "/").and(two.address());
    let report = open_loop_with(&target, plan, move |outcome| {
        if let Ok(answer) = &outcome.result {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            seen.lock().unwrap().push(text);
        }
    })
    .await;
    assert_eq!(report.succeeded(), 1000, "{report}");
    let mut numbers: Vec<i64> = numbers
        .lock()
        .unwrap()
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=1000).collect::<Vec<_>>());
    assert_eq!(counter.value().await, 1000);
    // They really did share statements.
    let metrics = one.metrics().await;
    let statements = metrics.sum("counter_batch_size_count", &[]);
    assert!(
        statements < metrics.sum("counter_batch_size_sum", &[]),
        "{statements}"
    );
}

#[tokio::test]
async fn c_11_five_migrations_and_five_replicas_start_at_once() {
    let counter = Counter::empty(Postgres::start().await).await;
    let mut replicas = JoinSet::new();
    let mut migrations = JoinSet::new();
    for _ in 0..5 {
        let (api, migration) = (counter.api(), counter.migration());
        replicas.spawn(async move { api.start().await.ready().await });
        migrations.spawn(async move { migration.run().await });
    }
    for ended in migrations.join_all().await {
        assert_eq!(ended.status.code(), Some(0), "{:#?}", ended.lines);
    }
    let mut replicas = replicas.join_all().await;
    let mut numbers = BTreeSet::new();
    for replica in &mut replicas {
        assert!(replica.runs());
        numbers.insert(replica.get("/").await.number());
    }
    assert_eq!(numbers, (1..=5).collect());
    let rows = counter.owner().await;
    let rows = rows.query("SELECT * FROM counters", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn c_12_counts_beyond_32_bits() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    counter.set(2_147_483_647).await;
    assert_eq!(api.get("/").await.text(), "2147483648");
}

#[tokio::test]
async fn c_12_ends_at_64_bits_without_a_wrap() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    counter.set(i64::MAX).await;
    let answer = api.get("/").await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.text(), "the counter is at its end\n");
    api.log("the counter is at its end").await;
    assert_eq!(counter.value().await, i64::MAX);
    // That is the counter's end, not the api's.
    assert_eq!(api.probe("/readiness").await.status, 200);
}

#[tokio::test]
async fn c_12_the_last_numbers_go_to_those_who_still_fit() {
    let counter = Counter::new().await;
    // Time for forty callers to arrive, also on a busy machine.
    let api = counter
        .api()
        .variable("DB_TIMEOUT_MS", 30_000)
        .start()
        .await
        .ready()
        .await;
    counter.set(i64::MAX - 10).await;
    // A statement that fits waits for who holds the row; one that does not fit is refused at once, as it is.
    let owner = counter.owner().await;
    owner
        .batch_execute("BEGIN; SELECT * FROM counters WHERE id = 0 FOR UPDATE")
        .await
        .unwrap();
    let address = api.address();
    let mut callers: JoinSet<Answer> = (0..40).map(|_| get(address, "/")).collect();
    api.metrics_until(|now| now.sum("received_request_total", &[]) >= 40.0)
        .await;
    owner.batch_execute("COMMIT").await.unwrap();

    let mut numbers = Vec::new();
    let mut refused = 0;
    while let Some(answer) = callers.join_next().await {
        let answer = answer.unwrap();
        match answer.status.as_u16() {
            200 => numbers.push(answer.number()),
            500 => refused += 1,
            other => panic!("{other}: {}", answer.text()),
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (i64::MAX - 9..=i64::MAX).collect::<Vec<_>>());
    assert_eq!(refused, 30);
}
