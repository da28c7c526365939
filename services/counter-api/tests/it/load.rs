//! A steady load, and a rollout under it.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use seaworthy_gateway::{Gateway, Pool, Routes, Timeouts};
use seaworthy_testkit::load::{OpenLoop, Target, open_loop};
use seaworthy_testkit::service::{Service, try_ask};
use tokio::task::JoinHandle;

use crate::setup::Counter;

/// What the two replicas and their balancer are asked, in requests a second.
const RATE: f64 = 300.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c_45_a_rollout_under_load_fails_nobody() {
    let counter = Counter::new().await;
    let pool = Pool::new("api");
    let gateway = Gateway::new();
    let routes = Routes::Service(Arc::clone(&pool), Timeouts::default());
    let listener = gateway.bind(([127, 0, 0, 1], 0).into(), routes).unwrap();
    let mut old = vec![
        Followed::start(&counter, &pool, "old-1").await,
        Followed::start(&counter, &pool, "old-2").await,
    ];

    let target = Target::get(listener.local_addr(), "/");
    let load = tokio::spawn(async move {
        open_loop(&target, OpenLoop::new(RATE, Duration::from_secs(15))).await
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut new = Vec::new();
    for number in 1..=2 {
        new.push(Followed::start(&counter, &pool, &format!("new-{number}")).await);
        let mut leaving = old.remove(0);
        // Nobody tells the balancer: it follows readiness, as in a cluster.
        leaving.api.signal(Signal::TERM);
        assert_eq!(leaving.api.wait().await.code(), Some(0));
        pool.remove(&leaving.id);
    }
    let mut report = load.await.unwrap();
    let (p95, p99) = (report.percentile(95.0), report.percentile(99.0));
    println!("rollout at {RATE}/s: {report}; p95 {p95:?}, p99 {p99:?}");
    assert_eq!(report.failed(), 0, "{report}");
    assert!(report.succeeded() >= 4500, "{report}");
    assert_eq!(
        counter.value().await,
        i64::try_from(report.succeeded()).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c_44_a_steady_load_without_an_error() {
    let counter = Counter::new().await;
    let (one, two) = (counter.start().await, counter.start().await);
    let target = Target::get(one.address(), "/").and(two.address());
    let plan = OpenLoop::new(RATE, Duration::from_secs(20));
    let mut report = open_loop(&target, plan).await;
    let (p95, p99) = (report.percentile(95.0), report.percentile(99.0));
    // Written down, not judged: a machine that is busy with something else spoils a measure of time, never one of
    // errors. The benchmark compares latencies side by side.
    println!("api at {RATE}/s: {report}; p95 {p95:?}, p99 {p99:?}");
    assert_eq!(report.failed(), 0, "{report}");
}

/// A replica and somebody who follows its readiness into the pool.
struct Followed {
    id: String,
    api: Service,
    follower: JoinHandle<()>,
}

impl Followed {
    async fn start(counter: &Counter, pool: &Arc<Pool>, id: &str) -> Self {
        let api = counter
            .api()
            .variable("SHUTDOWN_DELAY_MS", 1000)
            .start()
            .await;
        pool.add(id, api.address());
        let admin = api.admin();
        let (pool, name) = (Arc::clone(pool), id.to_owned());
        let follower = tokio::spawn(async move {
            loop {
                let answer = try_ask(admin, http::Method::GET, "/readiness", &[]).await;
                pool.set_ready(&name, answer.is_ok_and(|answer| answer.status == 200));
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        let api = api.ready().await;
        // The balancer's turn to notice.
        tokio::time::sleep(Duration::from_millis(400)).await;
        Self {
            id: id.to_owned(),
            api,
            follower,
        }
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.follower.abort();
    }
}
