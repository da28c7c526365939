//! The generator judged against servers of a few lines.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server of one line of script: `answer` decides, by the number of the request on its connection.
async fn server<F, A>(answer: F) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Fn(usize) -> A + Clone + Send + 'static,
    A: Future<Output = Option<&'static [u8]>> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await?;
            count.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut stream = stream;
                let mut buffer = [0; 4096];
                for number in 0.. {
                    if stream.read(&mut buffer).await? == 0 {
                        break;
                    }
                    let Some(bytes) = answer(number).await else {
                        break;
                    };
                    stream.write_all(bytes).await?;
                    if bytes.windows(5).any(|word| word == b"close") {
                        break;
                    }
                }
                io::Result::Ok(())
            });
        }
        #[expect(unreachable_code, reason = "it names the type of the errors above")]
        io::Result::Ok(())
    });
    (address, connections)
}

#[tokio::test]
async fn keeps_connections_alive_and_counts_what_was_answered() {
    let (address, connections) = server(|_| async { Some(OK) }).await;
    let plan = ClosedLoop::new(4, Duration::from_millis(200));
    let report = closed_loop(&Target::get(address, "/"), plan).await;
    assert!(report.succeeded() > 20, "{report}");
    assert_eq!(report.failed(), 0, "{report}");
    assert_eq!(connections.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_stall_is_seen_by_every_request_that_should_have_run_meanwhile() {
    let started = Instant::now();
    let (address, _) = server(move |_| async move {
        let stall = Duration::from_millis(300)..Duration::from_millis(600);
        if stall.contains(&started.elapsed()) {
            tokio::time::sleep(Duration::from_millis(600).saturating_sub(started.elapsed())).await;
        }
        Some(OK)
    })
    .await;
    // One connection only: in a closed loop a single request would have met the stall.
    let plan = OpenLoop {
        connections: 1,
        ..OpenLoop::new(200.0, Duration::from_secs(1))
    };
    let mut report = open_loop(&Target::get(address, "/"), plan).await;
    assert_eq!(report.requests(), 200);
    assert_eq!(report.failed(), 0, "{report}");
    assert!(
        report.percentile(50.0) < Duration::from_millis(100),
        "median {:?}",
        report.percentile(50.0)
    );
    assert!(
        report.percentile(80.0) > Duration::from_millis(50),
        "80th {:?}",
        report.percentile(80.0)
    );
    assert!(
        report.percentile(99.0) > Duration::from_millis(200),
        "99th {:?}",
        report.percentile(99.0)
    );
}

#[tokio::test]
async fn an_unanswered_request_is_a_failure_and_is_not_sent_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    let (address, _) = server(move |number| {
        seen.fetch_add(1, Ordering::SeqCst);
        async move { (number != 1).then_some(OK) }
    })
    .await;
    let plan = OpenLoop {
        connections: 1,
        ..OpenLoop::new(100.0, Duration::from_millis(40))
    };
    let report = open_loop(&Target::get(address, "/"), plan).await;
    assert_eq!(
        report.failures.get(&FailureKind::NoAnswer),
        Some(&2),
        "{report}"
    );
    assert_eq!(report.succeeded(), 2, "{report}");
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn tells_refused_cut_late_and_refusing_answers_apart() {
    let kind = |report: &Report| report.failures.keys().copied().collect::<Vec<_>>();
    let once = OpenLoop {
        timeout: Duration::from_millis(200),
        ..OpenLoop::new(1.0, Duration::from_secs(1))
    };

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let closed = listener.local_addr().expect("it is bound");
    drop(listener);
    assert_eq!(
        kind(&open_loop(&Target::get(closed, "/"), once).await),
        [FailureKind::Connect]
    );

    let (cut, _) = server(|_| async {
        Some(&b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\no"[..])
    })
    .await;
    assert_eq!(
        kind(&open_loop(&Target::get(cut, "/"), once).await),
        [FailureKind::CutAnswer]
    );

    let (late, _) = server(|_| async { Some(&OK[..OK.len() - 1]) }).await;
    assert_eq!(
        kind(&open_loop(&Target::get(late, "/"), once).await),
        [FailureKind::TimedOut]
    );

    let (refusing, _) = server(|_| async {
        Some(&b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy"[..])
    })
    .await;
    let report = open_loop(&Target::get(refusing, "/"), once).await;
    assert_eq!(report.statuses, BTreeMap::from([(503, 1)]));
    assert_eq!(report.examples, ["503 Service Unavailable: busy"]);
}

#[test]
fn percentiles_are_of_answers_that_were_measured() {
    let mut report = Report::default();
    report.latencies = (1..=100).rev().map(Duration::from_millis).collect();
    assert_eq!(report.percentile(50.0), Duration::from_millis(50));
    assert_eq!(report.percentile(99.0), Duration::from_millis(99));
    assert_eq!(report.percentile(100.0), Duration::from_millis(100));
    assert_eq!(Report::default().percentile(99.0), Duration::ZERO);
}
