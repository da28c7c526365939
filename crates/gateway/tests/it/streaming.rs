//! Bodies pass as they come, in both directions.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Incoming;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
};

use crate::support::{Body, PATIENCE, Proxy, Server, full, hear_until, ms, read_head};

/// A body that the test feeds frame by frame.
fn fed() -> (mpsc::Sender<Frame<Bytes>>, Body) {
    let (feed, frames) = mpsc::channel(1);
    let frames = stream::unfold(frames, |mut frames| async {
        let frame = frames.recv().await?;
        Some((Ok::<_, Infallible>(frame), frames))
    });
    (feed, StreamBody::new(frames).boxed_unsync())
}

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

#[tokio::test]
async fn each_event_arrives_before_the_next_is_sent() {
    let (said, mut says) = mpsc::channel::<&'static str>(1);
    let (out, outs) = mpsc::channel::<&'static str>(1);
    let outs = Arc::new(tokio::sync::Mutex::new(outs));
    let server = Server::raw(move |mut stream| {
        let outs = Arc::clone(&outs);
        async move {
            read_head(&mut stream).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                        transfer-encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await.expect("room");
            while let Some(event) = outs.lock().await.recv().await {
                let chunk = format!("{:x}\r\n{event}\r\n", event.len());
                stream.write_all(chunk.as_bytes()).await.expect("room");
            }
        }
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    client
        .write_all(b"GET /events HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    // The head is there although no event is.
    hear_until(&mut client, "text/event-stream").await;
    drop(said);
    assert!(says.recv().await.is_none());
    for event in ["data: one\n\n", "data: two\n\n", "data: three\n\n"] {
        let began = Instant::now();
        out.send(event).await.expect("a listening server");
        hear_until(&mut client, event).await;
        assert!(
            began.elapsed() < ms(500),
            "{event:?} took {:?}",
            began.elapsed()
        );
    }
}

#[tokio::test]
async fn an_upload_goes_no_faster_than_the_service_reads() {
    const CHUNK: usize = 64 * 1024;
    // Reads a little, then nothing until told.
    let (go, gone) = tokio::sync::watch::channel(false);
    let server = Server::http(move |request: Request<Incoming>| {
        let mut gone = gone.clone();
        async move {
            gone.wait_for(|go| *go).await.expect("a test");
            let got = request
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes()
                .len();
            Response::new(full(got.to_string()))
        }
    })
    .await;
    let proxy = Proxy::to(&server);
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let chunk = Bytes::from(vec![b'x'; CHUNK]);
    let chunks = stream::iter(0..1600).map(move |_| {
        counted.fetch_add(CHUNK, Ordering::Relaxed);
        Ok::<_, Infallible>(Frame::data(chunk.clone()))
    });
    let request = Request::post("/");
    let asking = proxy.ask_with(request, StreamBody::new(chunks));
    let watching = async {
        // Until it stands still.
        let mut before = usize::MAX;
        while before != sent.load(Ordering::Relaxed) || before == 0 {
            before = sent.load(Ordering::Relaxed);
            tokio::time::sleep(ms(150)).await;
        }
        go.send(true).expect("a server");
        before
    };
    let (answer, stood_at) = tokio::join!(asking, watching);
    // 100 MB to send; what the kernel and hyper hold along the way is a fraction of it.
    assert!(
        stood_at < 24 * 1024 * 1024,
        "{stood_at} bytes were taken unread"
    );
    assert_eq!(answer.body, (1600 * CHUNK).to_string());
}

#[tokio::test]
async fn a_download_goes_no_faster_than_the_client_reads() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let server = Server::raw(move |mut stream| {
        let counted = Arc::clone(&counted);
        async move {
            read_head(&mut stream).await;
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n")
                .await
                .expect("room");
            let chunk = vec![b'x'; 50_000];
            for _ in 0..2000 {
                stream.write_all(&chunk).await.expect("room");
                counted.fetch_add(chunk.len(), Ordering::Relaxed);
            }
        }
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await
        .expect("room");
    let mut before = usize::MAX;
    while before != sent.load(Ordering::Relaxed) || before == 0 {
        before = sent.load(Ordering::Relaxed);
        tokio::time::sleep(ms(150)).await;
    }
    assert!(
        before < 32 * 1024 * 1024,
        "{before} bytes were taken unread"
    );
    let mut all = Vec::new();
    client.read_to_end(&mut all).await.expect("the rest");
    assert!(all.len() > 100_000_000, "{}", all.len());
}

#[tokio::test]
async fn both_directions_at_once() {
    // Echoes each frame as it comes: an answer that is under way before the request is over.
    let server = Server::http(|request: Request<Incoming>| async move {
        let body = request
            .into_body()
            .map_err(|_| unreachable!("a whole request"));
        Response::new(body.boxed_unsync())
    })
    .await;
    let proxy = Proxy::to(&server);
    let (feed, body) = fed();
    feed.send(data("one")).await.expect("room");
    let mut echo = proxy.begin(Request::post("/"), body).await.into_body();
    for (sent, next) in [("one", "two"), ("two", "three"), ("three", "")] {
        let frame = tokio::time::timeout(PATIENCE, echo.frame())
            .await
            .expect("in time");
        assert_eq!(
            frame
                .expect("a frame")
                .expect("whole")
                .into_data()
                .expect("data"),
            sent
        );
        if !next.is_empty() {
            feed.send(data(next)).await.expect("room");
        }
    }
    drop(feed);
    assert!(echo.frame().await.is_none());
}

#[tokio::test]
async fn continue_is_said_when_the_service_wants_the_body() {
    let server = Server::http(|request: Request<Incoming>| async move {
        if request.uri().path() == "/no" {
            return Response::builder()
                .status(413)
                .body(full("no"))
                .expect("a response");
        }
        let expects = request.headers().contains_key("expect");
        let body = request
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        assert!(!expects, "the gateway has answered this already");
        Response::new(full(body))
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    let head = b"PUT / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";
    client.write_all(head).await.expect("room");
    let heard = hear_until(&mut client, "\r\n\r\n").await;
    assert!(heard.starts_with("HTTP/1.1 100 Continue\r\n"), "{heard}");
    client.write_all(b"cargo").await.expect("room");
    hear_until(&mut client, "\r\n\r\ncargo").await;
}

#[tokio::test]
async fn an_early_answer_reaches_a_client_that_is_still_sending() {
    let server = Server::http(|_| async {
        Response::builder()
            .status(413)
            .body(full("too large"))
            .expect("a response")
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    let head = b"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nfirst part";
    client.write_all(head).await.expect("room");
    let heard = hear_until(&mut client, "too large").await;
    assert!(heard.starts_with("HTTP/1.1 413"), "{heard}");
}

/// Closing a connection on unread bytes resets it, and the answer is lost with it.
#[tokio::test]
async fn an_early_answer_survives_a_client_that_sends_everything_first() {
    let server = Server::http(|_| async {
        Response::builder()
            .status(413)
            .body(full("too large"))
            .expect("a response")
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    let head = b"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 30000000\r\n\r\n";
    client.write_all(head).await.expect("room");
    for _ in 0..300 {
        client
            .write_all(&[b'x'; 10_000])
            .await
            .expect("nobody resets");
        tokio::task::yield_now().await;
    }
    let heard = hear_until(&mut client, "too large").await;
    assert!(heard.starts_with("HTTP/1.1 413"), "{heard}");
}

#[tokio::test]
async fn trailers_pass_both_ways() {
    let server = Server::http(|request: Request<Incoming>| async move {
        assert_eq!(
            request.headers().get("te").map(HeaderValue::as_bytes),
            Some(&b"trailers"[..])
        );
        let collected = request.into_body().collect().await.expect("a body");
        let checksum = collected
            .trailers()
            .and_then(|t| t.get("checksum"))
            .cloned();
        let mut trailers = HeaderMap::new();
        trailers.insert("status", HeaderValue::from_static("done"));
        let frames = [
            Frame::data(Bytes::from(format!("{checksum:?}"))),
            Frame::trailers(trailers),
        ];
        let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
        Response::builder()
            .header("trailer", "status")
            .body(body.boxed_unsync())
            .expect("a response")
    })
    .await;
    let proxy = Proxy::to(&server);
    let (feed, body) = fed();
    feed.send(data("cargo")).await.expect("room");
    let mut trailers = HeaderMap::new();
    trailers.insert("checksum", HeaderValue::from_static("abc"));
    let feeding = tokio::spawn(async move { feed.send(Frame::trailers(trailers)).await });
    let request = Request::post("/")
        .header("te", "trailers")
        .header("trailer", "checksum");
    let answer = proxy.ask_with(request, body).await;
    feeding.await.expect("no panic").expect("room");
    assert_eq!(answer.body, "Some(\"abc\")");
    assert_eq!(answer.trailers.expect("trailers")["status"], "done");
}
