//! Replacing a replica under traffic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::Response;
use seaworthy_gateway::{Drained, Timeouts};
use tokio::{io::AsyncReadExt as _, sync::Semaphore};

use crate::{
    load::open_loop,
    support::{Proxy, Server, eventually, full, ms},
};

/// Answers after `delay`, or when `gate` opens.
async fn held_back(gate: &Arc<Semaphore>) -> Server {
    let gate = Arc::clone(gate);
    Server::http(move |_| {
        let gate = Arc::clone(&gate);
        async move {
            let _opened = gate.acquire().await.expect("open");
            Response::new(full("held back"))
        }
    })
    .await
}

#[tokio::test]
async fn waits_for_what_is_in_flight() {
    let gate = Arc::new(Semaphore::new(0));
    let proxy = Arc::new(Proxy::to(&held_back(&gate).await));
    let other = Arc::clone(&proxy);
    let asking = tokio::spawn(async move { other.get("/").await });
    eventually("one in flight", || proxy.in_flight() == 1).await;

    assert_eq!(
        proxy.pool.drain("web-1", ms(50)).await,
        Drained::Late { in_flight: 1 }
    );
    let other = Arc::clone(&proxy);
    let draining =
        tokio::spawn(async move { other.pool.drain("web-1", Duration::from_secs(10)).await });
    gate.add_permits(1);
    assert_eq!(asking.await.expect("an answer").body, "held back");
    assert_eq!(draining.await.expect("an end"), Drained::Clean);
}

#[tokio::test]
async fn an_idle_replica_drains_at_once_and_its_connections_close() {
    let closed = Arc::new(Semaphore::new(0));
    let told = Arc::clone(&closed);
    let server = Server::raw(move |mut stream| {
        let told = Arc::clone(&told);
        async move {
            crate::support::read_head(&mut stream).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            tokio::io::AsyncWriteExt::write_all(&mut stream, answer)
                .await
                .expect("room");
            assert_eq!(stream.read(&mut [0]).await.expect("an end"), 0);
            told.add_permits(1);
        }
    })
    .await;
    let proxy = Proxy::to(&server);
    assert_eq!(proxy.get("/").await.body, "ok");
    let began = Instant::now();
    assert_eq!(
        proxy.pool.drain("web-1", Duration::from_secs(10)).await,
        Drained::Clean
    );
    let _closed = closed.acquire().await.expect("open");
    assert!(
        began.elapsed() < ms(500),
        "closed after {:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn nobody_is_known_by_that_name() {
    let proxy = Proxy::to_nobody(Timeouts::default());
    assert_eq!(proxy.pool.drain("web-9", ms(1)).await, Drained::Unknown);
}

/// The rolling restart of the local run: a new replica, then the old one drained and killed,
/// again and again, under 500 requests a second of which none may fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_replacement_under_load_fails_no_request() {
    static ANSWERED: AtomicU64 = AtomicU64::new(0);
    async fn replica() -> Server {
        Server::http(|_| async {
            // 0 to 15 ms: some are always in flight when a replica leaves.
            let n = ANSWERED.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(ms(n * 7 % 16)).await;
            Response::new(full("ok"))
        })
        .await
    }
    let proxy = Proxy::to_nobody(Timeouts::default());
    let pool = Arc::clone(&proxy.pool);
    let mut running = Vec::new();
    for id in ["first", "second"] {
        let server = replica().await;
        proxy.add(id, server.addr);
        running.push((id.to_owned(), server));
    }
    let load = tokio::spawn(open_loop(proxy.addr, 500, 10_000));

    let mut replaced = 0;
    while !load.is_finished() {
        let (old, server) = running.remove(0);
        let new = replica().await;
        let id = format!("replica-{replaced}");
        pool.add(&id, new.addr);
        pool.set_ready(&id, true);
        running.push((id, new));
        assert_eq!(
            pool.drain(&old, Duration::from_mins(1)).await,
            Drained::Clean
        );
        server.kill();
        pool.remove(&old);
        replaced += 1;
        tokio::time::sleep(ms(80)).await;
    }
    let failed = load.await.expect("no panic");
    assert!(replaced > 20, "only {replaced} replacements");
    assert_eq!(
        failed,
        Vec::<String>::new(),
        "after {replaced} replacements"
    );
    assert_eq!(ANSWERED.load(Ordering::Relaxed), 10_000);
}
