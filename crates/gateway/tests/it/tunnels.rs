//! WebSocket and every other `Upgrade`.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use seaworthy_gateway::{Drained, Stopped};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async, client_async,
    tungstenite::{Message, protocol::Role},
};

use crate::support::{PATIENCE, Proxy, Server, eventually, full, hear_until, ms, read_head};

async fn echo() -> Server {
    Server::raw(|stream| async move {
        let mut socket = accept_async(stream).await.expect("a WebSocket");
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() || message.is_binary() {
                socket.send(message).await.expect("room");
            }
        }
    })
    .await
}

async fn open(proxy: &Proxy) -> WebSocketStream<TcpStream> {
    let stream = proxy.connect().await;
    let (socket, _) = client_async("ws://app.example/live", stream)
        .await
        .expect("an upgrade");
    socket
}

#[tokio::test]
async fn messages_echo_through() {
    let proxy = Proxy::to(&echo().await);
    let mut socket = open(&proxy).await;
    for text in ["ahoy", "", &"x".repeat(1_000_000)] {
        socket.send(Message::text(text)).await.expect("room");
        let echoed = socket.next().await.expect("a message").expect("whole");
        assert_eq!(echoed.into_text().expect("text").as_str(), text);
    }
    socket.close(None).await.expect("a close");
    while let Some(Ok(_)) = socket.next().await {}
    drop(socket);
    eventually("the tunnel is gone", || proxy.in_flight() == 0).await;
}

#[tokio::test]
async fn a_drain_waits_for_an_open_socket() {
    let proxy = Arc::new(Proxy::to(&echo().await));
    let mut socket = open(&proxy).await;
    assert_eq!(proxy.in_flight(), 1);
    assert_eq!(
        proxy.pool.drain("web-1", ms(100)).await,
        Drained::Late { in_flight: 1 }
    );
    // It goes on working while it drains.
    socket
        .send(Message::text("still here"))
        .await
        .expect("room");
    assert_eq!(
        socket
            .next()
            .await
            .expect("a message")
            .expect("whole")
            .into_text()
            .expect("text")
            .as_str(),
        "still here"
    );
    let draining = tokio::spawn(async move { proxy.pool.drain("web-1", PATIENCE).await });
    socket.close(None).await.expect("a close");
    // The client keeps its end open; that the service closed is enough.
    assert_eq!(draining.await.expect("no panic"), Drained::Clean);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_open_sockets() {
    let proxy = Proxy::to(&echo().await);
    let mut socket = open(&proxy).await;
    let began = std::time::Instant::now();
    assert_eq!(
        proxy.listener.shutdown(Duration::from_secs(10)).await,
        Stopped::Clean
    );
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(!matches!(socket.next().await, Some(Ok(_))));
}

#[tokio::test]
async fn when_the_service_dies_the_client_hears_it() {
    let server = echo().await;
    let proxy = Proxy::to(&server);
    let mut socket = open(&proxy).await;
    server.kill();
    let end = tokio::time::timeout(PATIENCE, socket.next())
        .await
        .expect("an end");
    assert!(!matches!(end, Some(Ok(_))), "{end:?}");
}

#[tokio::test]
async fn a_protocol_nobody_knows_is_bytes_both_ways() {
    let server = Server::raw(|mut stream| async move {
        let head = read_head(&mut stream).await;
        assert!(head.contains("connection: upgrade\r\n"), "{head}");
        assert!(head.contains("upgrade: morse/1\r\n"), "{head}");
        // The first bytes of the new protocol ride in the same packet as the answer.
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: morse/1\r\nx-more: 1\r\n\r\n-.-";
        stream.write_all(answer).await.expect("room");
        let mut got = [0; 4];
        stream.read_exact(&mut got).await.expect("bytes");
        assert_eq!(&got, b"...-");
        stream.write_all(b"over").await.expect("room");
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    let ask =
        b"GET / HTTP/1.1\r\nhost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: morse/1\r\n\r\n";
    client.write_all(ask).await.expect("room");
    let head = hear_until(&mut client, "-.-").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(
        head.contains("connection: upgrade\r\n") && head.contains("upgrade: morse/1\r\n"),
        "{head}"
    );
    assert!(head.contains("x-more: 1\r\n"), "{head}");
    client.write_all(b"...-").await.expect("room");
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.expect("an end");
    assert_eq!(rest, "over");
}

/// As `docker attach` does: nothing more to say, much more to hear.
#[tokio::test]
async fn a_client_may_close_its_direction_and_go_on_listening() {
    let server = Server::raw(|mut stream| async move {
        read_head(&mut stream).await;
        let answer =
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tcp\r\n\r\n";
        stream.write_all(answer).await.expect("room");
        let mut said = String::new();
        stream.read_to_string(&mut said).await.expect("an end");
        tokio::time::sleep(ms(200)).await;
        stream
            .write_all(format!("heard {said}").as_bytes())
            .await
            .expect("room");
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    let ask = b"POST /attach HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: tcp\r\n\r\n";
    client.write_all(ask).await.expect("room");
    hear_until(&mut client, "\r\n\r\n").await;
    client.write_all(b"everything").await.expect("room");
    client.shutdown().await.expect("half a close");
    assert_eq!(crate::support::hear(&mut client).await, "heard everything");
    eventually("the tunnel is gone", || proxy.in_flight() == 0).await;
}

#[tokio::test]
async fn a_service_may_refuse_to_switch() {
    let proxy = Proxy::to(&Server::saying("no sockets here").await);
    let request = Request::get("/")
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    let answer = proxy.ask(request).await;
    assert_eq!(
        (answer.status.as_u16(), &*answer.body),
        (200, "no sockets here")
    );
}

#[tokio::test]
async fn switching_unasked_is_an_error() {
    let server = Server::writing(
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    )
    .await;
    let answer = Proxy::to(&server).get("/").await;
    assert_eq!(answer.status, 502);
    assert!(
        answer.body.contains("web: the replica at"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn an_upgrade_that_connection_does_not_name_is_none() {
    let server = Server::echoing_heads().await;
    let proxy = Proxy::to(&server);
    let answer = proxy
        .ask(Request::get("/").header("upgrade", "websocket"))
        .await;
    assert_eq!(answer.echoed("upgrade"), "");
}

/// A server on hyper, to see that both ends may be hyper.
#[tokio::test]
async fn a_hyper_server_switches_too() {
    let (done, mut is_done) = mpsc::channel::<()>(1);
    let server = Server::http(move |mut request: Request<Incoming>| {
        let done = done.clone();
        async move {
            let switching = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let io = TokioIo::new(switching.await.expect("an upgrade"));
                let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
                socket.send(Message::text("hello")).await.expect("room");
                let _ = done.send(()).await;
            });
            Response::builder()
                .status(101)
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-accept", "ICX+Yqv66kxgM0FcWaLWlFLwTAI=")
                .body(full(""))
                .expect("a response")
        }
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    let ask = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    client.write_all(ask).await.expect("room");
    hear_until(&mut client, "hello").await;
    is_done.recv().await.expect("served");
}
