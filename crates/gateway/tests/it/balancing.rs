//! Who gets the next request.

use std::{collections::HashMap, sync::Arc};

use http::Response;
use tokio::sync::Semaphore;

use crate::support::{Proxy, Server, eventually, full};
use seaworthy_gateway::{ReplicaState, Timeouts};

#[tokio::test]
async fn equals_take_turns() {
    let servers = [
        Server::saying("a").await,
        Server::saying("b").await,
        Server::saying("c").await,
    ];
    let proxy = Proxy::to_nobody(Timeouts::default());
    for (id, server) in servers.iter().enumerate() {
        proxy.add(&id.to_string(), server.addr);
    }
    let mut answers: HashMap<String, u32> = HashMap::new();
    for _ in 0..30 {
        *answers.entry(proxy.get("/").await.body).or_default() += 1;
    }
    assert_eq!(
        answers,
        ["a", "b", "c"].map(|name| (name.to_owned(), 10)).into()
    );
}

#[tokio::test]
async fn the_busy_one_gets_no_more() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let slow = Server::http(move |_| {
        let held = Arc::clone(&held);
        async move {
            let _opened = held.acquire().await.expect("open");
            Response::new(full("slow"))
        }
    })
    .await;
    let quick = Server::saying("quick").await;
    let proxy = Arc::new(Proxy::to(&slow));
    let first = tokio::spawn({
        let proxy = Arc::clone(&proxy);
        async move { proxy.get("/").await }
    });
    eventually("one in flight", || proxy.in_flight() == 1).await;
    proxy.add("web-2", quick.addr);
    for _ in 0..10 {
        assert_eq!(proxy.get("/").await.body, "quick");
    }
    gate.add_permits(1);
    assert_eq!(first.await.expect("no panic").body, "slow");
}

#[tokio::test]
async fn only_ready_ones_are_asked() {
    let (a, b) = (Server::saying("a").await, Server::saying("b").await);
    let proxy = Proxy::to(&a);
    proxy.pool.add("web-2", b.addr);
    for _ in 0..4 {
        assert_eq!(proxy.get("/").await.body, "a");
    }
    proxy.pool.set_ready("web-2", true);
    proxy.pool.set_ready("web-1", false);
    for _ in 0..4 {
        assert_eq!(proxy.get("/").await.body, "b");
    }
    proxy.pool.remove("web-2");
    assert_eq!(proxy.get("/").await.status, 503);
    assert!(!proxy.pool.set_ready("web-2", true));
}

#[tokio::test]
async fn a_late_probe_does_not_call_a_leaving_replica_back() {
    let server = Server::saying("a").await;
    let proxy = Proxy::to(&server);
    proxy.pool.drain("web-1", std::time::Duration::ZERO).await;
    proxy.pool.set_ready("web-1", true);
    assert_eq!(
        proxy.pool.snapshot().replicas[0].state,
        ReplicaState::Draining
    );
    assert_eq!(proxy.get("/").await.status, 503);
    // Under the same id, but a new process.
    proxy.add("web-1", server.addr);
    assert_eq!(proxy.get("/").await.body, "a");
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let server = Server::saying("a").await;
    let proxy = Proxy::to(&server);
    for _ in 0..20 {
        proxy.get("/").await;
    }
    assert_eq!(server.connections(), 1);
}
