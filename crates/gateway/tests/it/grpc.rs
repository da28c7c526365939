//! gRPC: HTTP/2 on both sides, its status in trailers.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use seaworthy_gateway::{Drained, Timeouts};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Proxy, Server, full};

async fn call(proxy: &Proxy) -> Response<Incoming> {
    let io = TokioIo::new(TcpStream::connect(proxy.addr).await.expect("the gateway"));
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io)
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let request = Request::post("http://app.example/harbour.Pilot/Guide")
        .header("content-type", "application/grpc+proto")
        .header("te", "trailers")
        .body(Full::new(Bytes::from_static(b"\0\0\0\0\x02hi")))
        .expect("a request");
    sender.send_request(request).await.expect("an answer")
}

#[tokio::test]
async fn calls_pass_with_their_status() {
    let server = Server::http(|request: Request<Incoming>| async move {
        assert_eq!(request.version(), Version::HTTP_2);
        assert_eq!(
            request.uri().to_string(),
            "http://app.example/harbour.Pilot/Guide"
        );
        assert_eq!(request.headers()["te"], "trailers");
        assert_eq!(request.headers()["x-forwarded-for"], "127.0.0.1");
        let body = request
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        let body = Full::new(body).with_trailers(std::future::ready(Some(Ok(trailers))));
        Response::builder()
            .header("content-type", "application/grpc+proto")
            .body(body.boxed_unsync())
            .expect("a response")
    })
    .await;
    let proxy = Proxy::to(&server);
    for _ in 0..3 {
        let collected = call(&proxy)
            .await
            .into_body()
            .collect()
            .await
            .expect("a body");
        assert_eq!(collected.trailers().expect("trailers")["grpc-status"], "0");
        assert_eq!(collected.to_bytes(), &b"\0\0\0\0\x02hi"[..]);
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(proxy.pool.drain("web-1", PATIENCE).await, Drained::Clean);
}

#[tokio::test]
async fn errors_are_told_the_way_grpc_reads_them() {
    let proxy = Proxy::to_nobody(Timeouts::default());
    let response = call(&proxy).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/grpc");
    assert_eq!(response.headers()["grpc-status"], "14");
    assert_eq!(
        response.headers()["grpc-message"],
        "web: no replica is running"
    );
}

#[tokio::test]
async fn a_server_without_http2_is_named() {
    let server = Server::writing(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    let proxy = Proxy::to(&server);
    let response = call(&proxy).await;
    assert_eq!(response.headers()["grpc-status"], "14");
    let message = response.headers()["grpc-message"].to_str().expect("text");
    assert!(message.contains("did not answer over HTTP/2"), "{message}");
}

#[tokio::test]
async fn grpc_web_is_ordinary_http() {
    let server = Server::http(|request: Request<Incoming>| async move {
        assert_eq!(request.version(), Version::HTTP_11);
        Response::new(full("web"))
    })
    .await;
    let proxy = Proxy::to(&server);
    let request = Request::post("/").header("content-type", "application/grpc-web");
    assert_eq!(proxy.ask(request).await.body, "web");
}
