//! Numbers and events.

use std::time::Duration;

use http::{Request, Response};
use seaworthy_gateway::{Outcome, ReplicaState};

use crate::support::{Proxy, Server, eventually, full, ms};

#[tokio::test]
async fn every_answer_is_counted_once_in_its_class() {
    let server = Server::http(|request: Request<_>| async move {
        let status: u16 = request.uri().path()[1..].parse().expect("a status");
        tokio::time::sleep(ms(20)).await;
        Response::builder()
            .status(status)
            .body(full(""))
            .expect("a response")
    })
    .await;
    let proxy = Proxy::to(&server);
    for status in [200, 201, 204, 301, 404, 404, 500] {
        proxy.get(&format!("/{status}")).await;
    }
    let pool = proxy.pool.snapshot();
    let replica = &pool.replicas[0];
    assert_eq!(
        (&*pool.name, &*replica.id, replica.addr),
        ("web", "web-1", server.addr)
    );
    assert_eq!(replica.state, ReplicaState::Ready);
    for totals in [&pool.totals, &replica.totals] {
        assert_eq!(totals.requests, 7);
        assert_eq!(totals.by_class, [0, 3, 1, 2, 1]);
        assert_eq!((totals.failures, totals.abandoned), (0, 0));
        assert_eq!(totals.latency.count(), 7);
        let median = totals.latency.quantile(0.5).expect("values");
        assert!((ms(20)..ms(200)).contains(&median), "{median:?}");
    }
    eventually("nothing in flight", || proxy.in_flight() == 0).await;
}

#[tokio::test]
async fn numbers_of_the_pool_outlive_its_replicas() {
    let server = Server::saying("ok").await;
    let proxy = Proxy::to(&server);
    proxy.get("/").await;
    proxy.pool.remove("web-1");
    proxy.get("/").await;
    let totals = proxy.pool.snapshot().totals;
    assert_eq!(
        (
            totals.requests,
            totals.by_class[1],
            totals.by_class[4],
            totals.failures
        ),
        (2, 1, 1, 1)
    );
}

#[tokio::test]
async fn an_event_tells_what_happened_but_not_the_query() {
    let server = Server::saying("ok").await;
    let proxy = Proxy::to(&server);
    let mut events = proxy.gateway.events();
    proxy
        .ask(Request::delete("/orders/7?token=secret").header("host", "app.example:80"))
        .await;
    let event = events.recv().await.expect("an event");
    assert_eq!(
        (
            event.method.as_str(),
            &*event.host,
            &*event.path,
            event.status
        ),
        ("DELETE", "app.example:80", "/orders/7", 200)
    );
    assert_eq!(
        (event.pool.as_deref(), event.replica.as_deref()),
        (Some("web"), Some("web-1"))
    );
    assert_eq!(event.outcome, Outcome::Answered);
    assert!(event.to_head.expect("a head") <= event.duration);
    assert!(event.duration < Duration::from_secs(5));
    assert!(!format!("{event:?}").contains("secret"));
}

#[tokio::test]
async fn an_answer_in_the_services_place_says_why() {
    let proxy = Proxy::to(&Server::writing(b"").await);
    let mut events = proxy.gateway.events();
    proxy.get("/").await;
    let event = events.recv().await.expect("an event");
    let Outcome::Refused(reason) = &event.outcome else {
        panic!("{event:?}")
    };
    assert!(
        reason.contains("closed the connection before it answered"),
        "{reason}"
    );
    assert_eq!(event.status, 502);
}
