//! Clients of every age and manner.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use seaworthy_gateway::{Outcome, Timeouts};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::{Proxy, Server, eventually, full, hear, hear_until, ms, reset};

async fn http2_client(proxy: &Proxy) -> http2::SendRequest<Full<Bytes>> {
    let io = TokioIo::new(TcpStream::connect(proxy.addr).await.expect("the gateway"));
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io)
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn http2_with_prior_knowledge() {
    let server = Server::http(|request: Request<Incoming>| async move {
        assert_eq!(request.version(), Version::HTTP_11);
        let host = request.headers()["host"].to_str().expect("text").to_owned();
        let path = request.uri().to_string();
        let body = request
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        Response::new(full(format!("{host} {path} {}", body.len())))
    })
    .await;
    let proxy = Proxy::to(&server);
    let sender = http2_client(&proxy).await;
    let asking = (0..50).map(|n| {
        let mut sender = sender.clone();
        async move {
            let request = Request::post(format!("http://app.example/%2e/{n}?x"))
                .body(Full::from(vec![0; n * 1000]))
                .expect("a request");
            let response = sender.send_request(request).await.expect("an answer");
            let body = response
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes();
            assert_eq!(body, format!("app.example /%2e/{n}?x {}", n * 1000));
        }
    });
    futures_util::future::join_all(asking).await;
    drop(sender);
}

#[tokio::test]
async fn the_crumbs_of_an_http2_cookie_become_one() {
    let server = Server::echoing_heads().await;
    let proxy = Proxy::to(&server);
    let request = Request::get("http://app.example/")
        .header("cookie", "a=1")
        .header("cookie", "b=2; c=3")
        .body(Full::default())
        .expect("a request");
    let response = http2_client(&proxy)
        .await
        .send_request(request)
        .await
        .expect("an answer");
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let body = String::from_utf8(body.to_vec()).expect("text");
    assert!(body.contains("\ncookie: a=1; b=2; c=3\n"), "{body}");
}

#[tokio::test]
async fn who_names_no_host_asks_for_the_gateway() {
    let proxy = Proxy::to(&Server::echoing_heads().await);
    let heard = proxy.say("GET / HTTP/1.0\r\n\r\n").await;
    assert!(
        heard.contains(&format!("\nhost: {}\n", proxy.addr)),
        "{heard}"
    );
}

#[tokio::test]
async fn http2_gets_the_gateways_own_answers_too() {
    let proxy = Proxy::to_nobody(Timeouts::default());
    let mut sender = http2_client(&proxy).await;
    let request = Request::get("http://app.example/")
        .body(Full::default())
        .expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    assert_eq!(response.status(), 503);
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert!(body.starts_with(b"web: no replica is running"));
}

#[tokio::test]
async fn http_1_0_without_host_and_with_chunked_answers() {
    let server = Server::writing(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\ncargo\r\n0\r\n\r\n",
    )
    .await;
    let proxy = Proxy::to(&server);
    let heard = proxy.say("GET / HTTP/1.0\r\n\r\n").await;
    assert!(heard.starts_with("HTTP/1.0 200 OK\r\n"), "{heard}");
    assert!(!heard.contains("transfer-encoding"), "{heard}");
    assert!(heard.ends_with("\r\n\r\ncargo"), "{heard}");
}

#[tokio::test]
async fn http_1_0_may_keep_its_connection() {
    let proxy = Proxy::to(&Server::saying("ok").await);
    let mut client = proxy.connect().await;
    for _ in 0..2 {
        client
            .write_all(b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
            .await
            .expect("room");
        let heard = hear_until(&mut client, "\r\n\r\nok").await;
        assert!(heard.contains("connection: keep-alive"), "{heard}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::http(|request: Request<_>| async move {
        // The first is the slowest.
        let n: u64 = request.uri().path()[1..].parse().expect("a number");
        tokio::time::sleep(ms(60 - 20 * n)).await;
        Response::new(full(format!("answer {n}")))
    })
    .await;
    let proxy = Proxy::to(&server);
    let heard = proxy
        .say("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\nGET /3 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    let at = |n| {
        heard
            .find(&format!("answer {n}"))
            .unwrap_or_else(|| panic!("{n} in {heard}"))
    };
    assert!(at(1) < at(2) && at(2) < at(3), "{heard}");
}

#[tokio::test]
async fn who_hangs_up_before_the_answer_frees_the_replica_and_is_nobodys_error() {
    let server = Server::http(|_| async { std::future::pending().await }).await;
    let proxy = Proxy::to(&server);
    let mut events = proxy.gateway.events();
    for hang_up in [drop, reset] {
        let mut client = proxy.connect().await;
        client
            .write_all(b"GET /slow?secret HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .expect("room");
        eventually("in flight", || proxy.in_flight() == 1).await;
        hang_up(client);
        eventually("free again", || proxy.in_flight() == 0).await;
        let event = events.recv().await.expect("an event");
        assert_eq!(event.outcome, Outcome::ClientGone);
        assert_eq!((event.status, &*event.path), (499, "/slow"));
    }
    let totals = proxy.pool.snapshot().totals;
    assert_eq!(
        (totals.failures, totals.abandoned, totals.by_class[4]),
        (0, 2, 0)
    );
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_of_the_answer_too() {
    let server = Server::raw(|mut stream| async move {
        crate::support::read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 10_000]).await.is_ok() {}
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut events = proxy.gateway.events();
    let mut client = proxy.connect().await;
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    hear_until(&mut client, "xxxx").await;
    drop(client);
    eventually("free again", || proxy.in_flight() == 0).await;
    let event = events.recv().await.expect("an event");
    assert_eq!((&event.outcome, event.status), (&Outcome::ClientGone, 200));
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_of_an_upload_too() {
    let server = Server::http(|request: Request<Incoming>| async move {
        let _ = request.into_body().collect().await;
        Response::new(full("whole"))
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut events = proxy.gateway.events();
    let mut client = proxy.connect().await;
    client
        .write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\npart")
        .await
        .expect("room");
    eventually("in flight", || proxy.in_flight() == 1).await;
    drop(client);
    let event = events.recv().await.expect("an event");
    assert_eq!(event.outcome, Outcome::ClientGone);
}

#[tokio::test]
async fn who_connects_and_says_nothing_disturbs_nobody() {
    let proxy = Proxy::to(&Server::saying("ok").await);
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(proxy.connect().await);
    }
    assert_eq!(proxy.get("/").await.body, "ok");
    silent.drain(..100).for_each(reset);
    assert_eq!(proxy.get("/").await.body, "ok");
}

#[tokio::test]
async fn connect_is_refused() {
    let proxy = Proxy::to(&Server::saying("ok").await);
    let heard = proxy
        .say("CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\nconnection: close\r\n\r\n")
        .await;
    assert!(heard.starts_with("HTTP/1.1 405 "), "{heard}");
}

#[tokio::test]
async fn a_request_without_sense_is_400() {
    let server = Server::saying("ok").await;
    let proxy = Proxy::to(&server);
    for nonsense in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "hello there\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let heard = proxy.say(nonsense).await;
        assert!(heard.starts_with("HTTP/1.1 400 "), "{nonsense:?}: {heard}");
    }
    // What a browser says to a port that it takes for TLS.
    let mut client = proxy.connect().await;
    client
        .write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        .await
        .expect("room");
    let heard = tokio::time::timeout(Duration::from_secs(2), hear(&mut client)).await;
    assert!(
        heard
            .expect("an answer at once")
            .starts_with("HTTP/1.1 400 ")
    );
    assert_eq!(server.connections(), 0);
}
