//! A steady load through the pair.

use std::time::Duration;

use seaworthy_testkit::load::{OpenLoop, Target, open_loop};

use crate::setup::{Counter, web};

/// Clicks a second.
const RATE: f64 = 300.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c_44_clicks_at_a_steady_rate_without_an_error() {
    let counter = Counter::start().await;
    let web = web(&counter.api.url()).start().await.ready().await;
    let target = Target::get(web.address(), "/send");
    let plan = OpenLoop::new(RATE, Duration::from_secs(20));
    let mut report = open_loop(&target, plan).await;
    let (p95, p99) = (report.percentile(95.0), report.percentile(99.0));
    // Written down, not judged, as in counter-api's.
    println!("web and api at {RATE}/s: {report}; p95 {p95:?}, p99 {p99:?}");
    assert_eq!(report.failed(), 0, "{report}");
}
