//! Clients that hang up, dawdle, or send too much.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use seaworthy_testkit::service::ask;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::setup::Counter;

#[tokio::test]
async fn c_31_callers_that_hang_up() {
    let counter = Counter::new().await;
    let mut api = counter.start().await;
    for address in [api.address(), api.admin()] {
        for bytes in [
            "",
            "G",
            "GET / HTTP/1.1\r\n",
            "GET /liveness HTTP/1.1\r\nhost: x\r\n\r\n",
            "\0\0\0",
            "\r\n\r\n\r\n",
        ] {
            for reset in [true, false] {
                let mut stream = TcpStream::connect(address).await.unwrap();
                if reset {
                    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
                }
                stream.write_all(bytes.as_bytes()).await.unwrap();
                drop(stream);
            }
        }
    }
    assert_eq!(api.get("/").await.status, 200);
    assert_eq!(api.probe("/liveness").await.status, 200);
    assert!(api.runs());
}

#[tokio::test]
async fn c_31_a_caller_that_hangs_up_before_its_statement_is_not_counted() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    let owner = counter.owner().await;
    owner
        .batch_execute("BEGIN; SELECT * FROM counters WHERE id = 0 FOR UPDATE")
        .await
        .unwrap();
    // The first one's statement waits for the row; the second has no statement yet.
    let mut first = TcpStream::connect(api.address()).await.unwrap();
    first
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    api.metrics_until(|now| now.sum("counter_batch_size_count", &[]) == 1.0)
        .await;
    let mut second = TcpStream::connect(api.address()).await.unwrap();
    second
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    api.metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 2.0)
        .await;
    drop(second);
    api.metrics_until(|now| now.sum("http_requests_in_flight", &[]) == 1.0)
        .await;
    owner.batch_execute("COMMIT").await.unwrap();
    let mut answer = [0; 12];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert_eq!(api.get("/").await.number(), 2);
}

#[tokio::test]
async fn c_32_slow_heads_are_ended_and_disturb_nobody() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    let address = api.address();
    let slow: Vec<_> = (0..50)
        .map(|_| tokio::spawn(dribble(address, "GET / HTTP/1.1\r\nhost: ")))
        .collect();
    for _ in 0..20 {
        let asked = Instant::now();
        assert_eq!(api.get("/").await.status, 200);
        assert!(asked.elapsed() < Duration::from_secs(1));
    }
    for slow in slow {
        let (answer, took) = slow.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!((9..15).contains(&took.as_secs()), "ended after {took:?}");
    }
    assert_eq!(counter.value().await, 20);
}

#[tokio::test]
async fn c_32_slow_bodies_are_not_waited_for() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n";
    let (answer, took) = dribble(api.address(), head).await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(took < Duration::from_secs(5), "ended after {took:?}");
    let head = "GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n";
    let (answer, took) = dribble(api.address(), head).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(took < Duration::from_secs(5), "ended after {took:?}");
}

#[tokio::test]
async fn c_32_too_much_is_refused() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    let long = "x".repeat(20_000);
    let answer = ask(api.address(), http::Method::GET, "/", &[("x-long", &long)]).await;
    assert_eq!(answer.status, 431);
    let many: Vec<(String, &str)> = (0..200).map(|n| (format!("x-{n}"), "1")).collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let answer = ask(api.address(), http::Method::GET, "/", &many).await;
    assert_eq!(answer.status, 431);
    let path = format!("/{long}");
    let answer = ask(api.address(), http::Method::GET, &path, &[]).await;
    assert!(
        [414, 431].contains(&answer.status.as_u16()),
        "{}",
        answer.status
    );

    let head = "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000000\r\n\r\n";
    let (answer, took) = dribble(api.address(), head).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(took < Duration::from_secs(5), "ended after {took:?}");
    assert_eq!(counter.value().await, 0);
}

#[tokio::test]
async fn c_33_the_main_port_shows_nothing_of_the_inside() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    for path in [
        "/metrics",
        "/liveness",
        "/readiness",
        "/startup",
        "/fault/hang",
    ] {
        assert_eq!(api.get(path).await.status, 404, "{path}");
    }
    let api = counter.api().variable("PROBES_ON_MAIN", true);
    let api = api.start().await.ready().await;
    for path in ["/liveness", "/readiness", "/startup"] {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    assert_eq!(api.get("/metrics").await.status, 404);
    assert_eq!(counter.value().await, 0);
}

#[tokio::test]
async fn c_34_a_hung_worker_is_not_alive() {
    let counter = Counter::new().await;
    let plain = counter.start().await;
    let hang = ask(plain.admin(), http::Method::POST, "/fault/hang", &[]).await;
    assert_eq!(hang.status, 404, "faults are for those who asked for them");

    let api = counter
        .api()
        .variable("FAULT_INJECTION", true)
        .variable("DB_TIMEOUT_MS", 200);
    let mut api = api.start().await.ready().await;
    assert_eq!(api.probe("/liveness").await.status, 200);
    let hang = ask(api.admin(), http::Method::POST, "/fault/hang", &[]).await;
    assert_eq!(hang.status, 200);
    let took = api.until("/liveness", 503).await;
    assert!(took < Duration::from_secs(15), "noticed after {took:?}");
    let reason = api.probe("/liveness").await;
    assert!(
        reason.text().contains("has not given a sign of life"),
        "{}",
        reason.text()
    );
    assert!(api.runs(), "restarting is the supervisor's");
}

/// Sends a head and then a byte now and then, until the other side ends it.
async fn dribble(address: SocketAddr, head: &str) -> (String, Duration) {
    let began = Instant::now();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    writing.write_all(head.as_bytes()).await.unwrap();
    let writer = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(250)).await;
            if writing.write_all(b"x").await.is_err() {
                return;
            }
        }
    });
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(30), async {
        let mut buffer = [0; 1024];
        // The end may come as a reset, since the other side did not read everything.
        while let Ok(count @ 1..) = reading.read(&mut buffer).await {
            answer.extend_from_slice(&buffer[..count]);
        }
    });
    read.await.expect("the other side ends it");
    writer.abort();
    (
        String::from_utf8_lossy(&answer).into_owned(),
        began.elapsed(),
    )
}
