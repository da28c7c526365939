//! Addresses, and the end of listening on them.

use std::{sync::Arc, time::Duration};

use http::Response;
use seaworthy_gateway::{BindError, Gateway, Pool, Routes, Stopped, Timeouts};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::Semaphore};

use crate::support::{Proxy, Server, eventually, full, hear, hear_until, ms};

fn nobody() -> Routes {
    Routes::Service(Pool::new("web"), Timeouts::default())
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = holder.local_addr().expect("an address");
    match Gateway::new().bind(addr, nobody()) {
        Err(BindError::Taken(taken)) => assert_eq!(taken, addr),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("two listeners on one port"),
    }
}

#[tokio::test]
async fn other_machines_are_not_served() {
    for addr in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let bound = Gateway::new().bind(addr.parse().expect("an address"), nobody());
        assert!(matches!(bound, Err(BindError::NotLoopback(_))), "{addr}");
    }
}

#[tokio::test]
async fn several_listeners_share_a_process_and_its_events() {
    let gateway = Gateway::new();
    let mut events = gateway.events();
    let mut listeners = Vec::new();
    for name in ["web", "api"] {
        let routes = Routes::Service(Pool::new(name), Timeouts::default());
        let addr = "127.0.0.1:0".parse().expect("an address");
        listeners.push((name, gateway.bind(addr, routes).expect("a port")));
    }
    for (name, listener) in &listeners {
        let mut client = TcpStream::connect(listener.local_addr())
            .await
            .expect("the gateway");
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .expect("room");
        hear_until(&mut client, &format!("{name}: no replica is running")).await;
        assert_eq!(
            events.recv().await.expect("an event").pool.as_deref(),
            Some(*name)
        );
    }
}

#[tokio::test]
async fn a_shutdown_lets_requests_end_and_frees_the_port() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::http(move |_| {
        let held = Arc::clone(&held);
        async move {
            let _opened = held.acquire().await.expect("open");
            Response::new(full("done"))
        }
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut idle = proxy.connect().await;
    let mut busy = proxy.connect().await;
    busy.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    eventually("in flight", || proxy.in_flight() == 1).await;

    let addr = proxy.addr;
    let stopping = tokio::spawn(proxy.listener.shutdown(Duration::from_secs(10)));
    assert_eq!(hear(&mut idle).await, "");
    eventually("nobody accepts", || {
        std::net::TcpStream::connect(addr).is_err()
    })
    .await;
    gate.add_permits(1);
    let heard = hear(&mut busy).await;
    assert!(
        heard.contains("connection: close") && heard.ends_with("done"),
        "{heard}"
    );
    assert_eq!(stopping.await.expect("no panic"), Stopped::Clean);
    let again = Gateway::new().bind(addr, nobody());
    assert!(again.is_ok(), "{:?}", again.err());
}

#[tokio::test]
async fn a_shutdown_has_a_deadline() {
    let server = Server::http(|_| async { std::future::pending().await }).await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    eventually("in flight", || proxy.in_flight() == 1).await;
    assert_eq!(
        proxy.listener.shutdown(ms(100)).await,
        Stopped::Cut { connections: 1 }
    );
    assert_eq!(hear(&mut client).await, "");
}

#[tokio::test]
async fn an_idle_keep_alive_connection_does_not_hold_a_shutdown_up() {
    let proxy = Proxy::to(&Server::saying("ok").await);
    let mut client = proxy.connect().await;
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    hear_until(&mut client, "\r\n\r\nok").await;
    let began = std::time::Instant::now();
    assert_eq!(
        proxy.listener.shutdown(Duration::from_secs(10)).await,
        Stopped::Clean
    );
    assert!(began.elapsed() < ms(1000), "{:?}", began.elapsed());
}
