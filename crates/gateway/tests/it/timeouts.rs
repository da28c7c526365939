//! Limits on clients that are slow or too large, and on services that stall.

use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use seaworthy_gateway::{Limits, Outcome, Timeouts};
use tokio::io::AsyncWriteExt as _;

use crate::support::{Proxy, Server, full, hear, hear_until, ms, read_head};

fn impatient() -> Limits {
    Limits {
        head: ms(500),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_408() {
    let server = Server::saying("ok").await;
    let proxy = Proxy::with_limits(&server, impatient());
    for start in ["GET / HTTP/1.1\r\nhost: a\r\nx-slow", "P"] {
        let began = Instant::now();
        let mut client = proxy.connect().await;
        client.write_all(start.as_bytes()).await.expect("room");
        let heard = hear(&mut client).await;
        assert!(heard.starts_with("HTTP/1.1 408 "), "{start}: {heard}");
        assert!(
            heard.ends_with("\r\n\r\nthe request's head did not arrive within 500ms\n"),
            "{heard}"
        );
        assert!(
            (ms(450)..ms(3000)).contains(&began.elapsed()),
            "{:?}",
            began.elapsed()
        );
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn dripping_does_not_prolong_the_head() {
    let proxy = Proxy::with_limits(&Server::saying("ok").await, impatient());
    let mut client = proxy.connect().await;
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    hear_until(&mut client, "\r\n\r\nok").await;
    // The second request of a connection is limited as the first.
    let began = Instant::now();
    let (mut reading, mut writing) = client.into_split();
    let dripping = tokio::spawn(async move {
        writing
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nx: ")
            .await
            .expect("room");
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(ms(50)).await;
        }
    });
    let mut heard = String::new();
    let _ = tokio::io::AsyncReadExt::read_to_string(&mut reading, &mut heard).await;
    dripping.abort();
    assert!(heard.starts_with("HTTP/1.1 408 "), "{heard}");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn an_idle_connection_is_no_slow_head() {
    let proxy = Proxy::with_limits(&Server::saying("ok").await, impatient());
    let mut client = proxy.connect().await;
    for _ in 0..3 {
        tokio::time::sleep(ms(700)).await;
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .expect("room");
        hear_until(&mut client, "\r\n\r\nok").await;
    }
}

#[tokio::test]
async fn an_idle_connection_closes_in_the_end() {
    let limits = Limits {
        idle: ms(300),
        ..Limits::default()
    };
    let proxy = Proxy::with_limits(&Server::saying("ok").await, limits);
    let mut silent = proxy.connect().await;
    let mut client = proxy.connect().await;
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    let heard = hear(&mut client).await;
    assert!(heard.ends_with("\r\n\r\nok"), "{heard}");
    assert_eq!(hear(&mut silent).await, "");
}

#[tokio::test]
async fn huge_heads_are_431_and_the_client_can_read_it() {
    let server = Server::saying("ok").await;
    let proxy = Proxy::to(&server);
    for size in [70_000, 200_000, 3_000_000] {
        let heard = proxy
            .say(format!(
                "GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n",
                "x".repeat(size)
            ))
            .await;
        assert!(heard.starts_with("HTTP/1.1 431 "), "{size}: {heard}");
    }
    let many = "x: y\r\n".repeat(101);
    let heard = proxy
        .say(format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n"))
        .await;
    assert!(heard.starts_with("HTTP/1.1 431 "), "{heard}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn large_heads_pass() {
    let proxy = Proxy::to(&Server::saying("ok").await);
    let cookie = "x".repeat(50_000);
    let heard = proxy
        .say(format!(
            "GET / HTTP/1.1\r\nhost: a\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        ))
        .await;
    assert!(heard.starts_with("HTTP/1.1 200 "), "{heard}");
}

#[tokio::test]
async fn a_slow_upload_is_no_slow_service() {
    let server = Server::http(|request: Request<Incoming>| async move {
        let body = request
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        Response::new(full(body))
    })
    .await;
    let timeouts = Timeouts {
        response: ms(200),
        idle: ms(1000),
        ..Timeouts::default()
    };
    let proxy = Proxy::with_timeouts(&server, timeouts);
    let mut client = proxy.connect().await;
    let head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\nconnection: close\r\n\r\n";
    client.write_all(head).await.expect("room");
    for byte in *b"cargo!" {
        tokio::time::sleep(ms(120)).await;
        client.write_all(&[byte]).await.expect("room");
    }
    let heard = hear(&mut client).await;
    assert!(heard.ends_with("\r\n\r\ncargo!"), "{heard}");
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_of_its_body_is_408() {
    let server = Server::http(|request: Request<Incoming>| async move {
        let _ = request.into_body().collect().await;
        Response::new(full("whole"))
    })
    .await;
    let timeouts = Timeouts {
        idle: ms(300),
        ..Timeouts::default()
    };
    let proxy = Proxy::with_timeouts(&server, timeouts);
    let mut client = proxy.connect().await;
    let head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\ncar";
    client.write_all(head).await.expect("room");
    let heard = hear(&mut client).await;
    assert!(heard.starts_with("HTTP/1.1 408 "), "{heard}");
    assert!(
        heard.contains("the client sent nothing of the request's body for 300ms"),
        "{heard}"
    );
}

#[tokio::test]
async fn a_service_that_stops_reading_is_504() {
    let server = Server::raw(|mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let timeouts = Timeouts {
        response: ms(300),
        idle: ms(300),
        ..Timeouts::default()
    };
    let proxy = Proxy::with_timeouts(&server, timeouts);
    let body = http_body_util::Full::new(vec![b'x'; 50_000_000].into());
    let answer = proxy.ask_with(Request::post("/"), body).await;
    assert_eq!(answer.status, 504);
    assert!(
        answer
            .body
            .contains("took nothing of the request's body for 300ms"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn the_time_to_answer_begins_when_the_request_is_whole() {
    let server = Server::http(|request: Request<Incoming>| async move {
        let _ = request.into_body().collect().await;
        std::future::pending().await
    })
    .await;
    let timeouts = Timeouts {
        response: ms(300),
        ..Timeouts::default()
    };
    let proxy = Proxy::with_timeouts(&server, timeouts);
    let began = Instant::now();
    let answer = proxy
        .ask_with(Request::post("/"), http_body_util::Full::from("x"))
        .await;
    assert_eq!(answer.status, 504);
    assert!(
        answer.body.contains("did not answer within 300ms"),
        "{}",
        answer.body
    );
    assert!(
        (ms(300)..ms(900)).contains(&began.elapsed()),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn while_one_direction_moves_the_other_may_be_quiet() {
    for talker in ["client", "service"] {
        // Answers at once; then one side talks for longer than the limit, and the other listens.
        let server = Server::raw(move |mut stream| async move {
            read_head(&mut stream).await;
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head).await.expect("room");
            if talker == "service" {
                for _ in 0..8 {
                    tokio::time::sleep(ms(100)).await;
                    stream.write_all(b"1\r\nx\r\n").await.expect("room");
                }
            }
            hear_until(&mut stream, "0\r\n\r\n").await;
            stream
                .write_all(b"3\r\nend\r\n0\r\n\r\n")
                .await
                .expect("room");
        })
        .await;
        let timeouts = Timeouts {
            idle: ms(300),
            ..Timeouts::default()
        };
        let proxy = Proxy::with_timeouts(&server, timeouts);
        let mut client = proxy.connect().await;
        let head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n";
        client.write_all(head).await.expect("room");
        hear_until(&mut client, "200 OK").await;
        for _ in 0..8 {
            tokio::time::sleep(ms(100)).await;
            if talker == "client" {
                client.write_all(b"1\r\nx\r\n").await.expect("room");
            }
        }
        client.write_all(b"0\r\n\r\n").await.expect("room");
        hear_until(&mut client, "end\r\n0\r\n\r\n").await;
    }
}

#[tokio::test]
async fn an_answer_that_stalls_is_cut() {
    let server = Server::raw(|mut stream| async move {
        read_head(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            .await
            .expect("room");
        std::future::pending::<()>().await;
    })
    .await;
    let timeouts = Timeouts {
        idle: ms(300),
        ..Timeouts::default()
    };
    let proxy = Proxy::with_timeouts(&server, timeouts);
    let mut events = proxy.gateway.events();
    let heard = proxy.say("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(heard.ends_with("half"), "{heard}");
    let event = events.recv().await.expect("an event");
    assert_eq!(
        event.outcome,
        Outcome::BrokeOff("sent nothing for 300ms in the middle of its answer".to_owned())
    );
}
