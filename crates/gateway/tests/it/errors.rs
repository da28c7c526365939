//! What a developer reads when a service does not answer.

use http::Request;
use http_body_util::Full;
use seaworthy_gateway::{Outcome, Pool, Route, RouteTable, Routes, Timeouts};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use crate::support::{ANY_PORT, Proxy, Server, hear_until, ms, read_head, reset};

const LOGS: &str = "see its output with `seaworthy logs web`";

#[tokio::test]
async fn nothing_listens() {
    let free = TcpListener::bind(ANY_PORT)
        .await
        .expect("a port")
        .local_addr()
        .expect("an address");
    let proxy = Proxy::to_addr(free);
    let answer = proxy.get("/").await;
    assert_eq!(answer.status, 502);
    assert_eq!(
        answer.body,
        format!(
            "web: the replica at {free} refused the connection: nothing listens there; {LOGS}\n"
        )
    );
}

#[tokio::test]
async fn closes_before_it_answers() {
    let server = Server::writing(b"").await;
    let proxy = Proxy::to(&server);
    let answer = proxy.get("/").await;
    assert_eq!(answer.status, 502);
    assert_eq!(
        answer.body,
        format!(
            "web: the replica at {} closed the connection before it answered; {LOGS}\n",
            server.addr
        )
    );
    // Sent once. A second attempt could do twice what the first one did.
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn closes_without_reading() {
    let server = Server::raw(|stream| async move { drop(stream) }).await;
    let answer = Proxy::to(&server).get("/").await;
    assert_eq!(answer.status, 502);
    assert!(
        answer.body.contains("the connection before it answered"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn resets() {
    let server = Server::raw(|mut stream| async move {
        read_head(&mut stream).await;
        reset(stream);
    })
    .await;
    let proxy = Proxy::to(&server);
    let answer = proxy
        .ask_with(Request::post("/"), Full::from("cargo"))
        .await;
    assert_eq!(answer.status, 502);
    assert!(
        answer
            .body
            .contains("reset the connection before it answered"),
        "{}",
        answer.body
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn answers_garbage() {
    for garbage in [
        &b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..],
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"\0\x01\x02\x03\x04\x05\x06\x07\r\n\r\n",
    ] {
        let server = Server::writing(garbage).await;
        let answer = Proxy::to(&server).get("/").await;
        assert_eq!(answer.status, 502, "{garbage:?}");
        assert!(
            answer.body.contains("sent an answer that is not HTTP"),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn stops_in_the_middle_of_the_head() {
    let server = Server::writing(b"HTTP/1.1 200 OK\r\ncontent-le").await;
    let answer = Proxy::to(&server).get("/").await;
    assert_eq!(answer.status, 502);
    assert!(
        answer
            .body
            .contains("closed the connection before it answered"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn sends_a_head_without_end() {
    let server = Server::raw(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"x-more: of the same\r\n").await.is_ok() {}
    })
    .await;
    let answer = Proxy::to(&server).get("/").await;
    assert_eq!(answer.status, 502);
    assert!(
        answer.body.contains("headers are too large"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn never_answers() {
    let server = Server::raw(|mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let timeouts = Timeouts {
        response: ms(150),
        ..Timeouts::default()
    };
    let proxy = Proxy::with_timeouts(&server, timeouts);
    let answer = proxy.get("/").await;
    assert_eq!(answer.status, 504);
    assert_eq!(
        answer.body,
        format!(
            "web: the replica at {} did not answer within 150ms; {LOGS}\n",
            server.addr
        )
    );
    crate::support::eventually("nothing in flight", || proxy.in_flight() == 0).await;
}

#[tokio::test]
async fn breaks_off_in_the_middle_of_the_body() {
    let server = Server::writing(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this").await;
    let proxy = Proxy::to(&server);
    let mut events = proxy.gateway.events();
    let heard = proxy.say("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    // The client can tell: the length does not fit.
    assert!(heard.ends_with("only this"), "{heard}");
    let event = events.recv().await.expect("an event");
    let Outcome::BrokeOff(reason) = &event.outcome else {
        panic!("{event:?}")
    };
    assert!(
        reason.contains("closed the connection in the middle"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_chunked_body_that_breaks_off_is_not_finished_for_the_client() {
    let server =
        Server::writing(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nonly\r\n")
            .await;
    let heard = Proxy::to(&server)
        .say("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await;
    assert!(heard.contains("only"), "{heard}");
    assert!(!heard.contains("\r\n0\r\n"), "{heard}");
}

#[tokio::test]
async fn nobody_is_ready_and_the_reason_is_known() {
    let proxy = Proxy::to_nobody(Timeouts::default());
    let answer = proxy.get("/").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.body, format!("web: no replica is running; {LOGS}\n"));

    proxy.pool.add("web-1", ([127, 0, 0, 1], 1).into());
    let answer = proxy.get("/").await;
    assert_eq!(
        answer.body,
        format!("web: its replica is not ready; {LOGS}\n")
    );

    for reason in [
        "web: starting, startup probe /startup answers 503",
        "starting, startup probe /startup answers 503",
    ] {
        proxy.pool.set_reason(reason);
        let answer = proxy.get("/").await;
        assert_eq!(
            answer.body,
            format!("web: starting, startup probe /startup answers 503; {LOGS}\n")
        );
    }
    proxy.pool.clear_reason();
    proxy.pool.set_hint("it runs in your editor");
    let answer = proxy.get("/").await;
    assert_eq!(
        answer.body,
        "web: its replica is not ready; it runs in your editor\n"
    );
}

#[tokio::test]
async fn no_route() {
    let pool = Pool::new("web");
    let table = RouteTable::builder()
        .route(Route::to(&pool).host("app.example"))
        .route(Route::to(&pool).host("*.b.example").path_prefix("/x"));
    let proxy = Proxy::serving(pool, Routes::Table(table.build().expect("a table")));
    let answer = proxy
        .ask(Request::get("/secret?token=1").header("host", "other.example"))
        .await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.body,
        "no route takes `other.example` with the path `/secret`; routes: *.b.example/x/, app.example/\n"
    );
}

#[tokio::test]
async fn a_browser_gets_a_page() {
    let proxy = Proxy::to_nobody(Timeouts::default());
    proxy.pool.set_reason("<b>starting</b>");
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let answer = proxy.ask(Request::get("/").header("accept", accept)).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(
        answer.body.contains("web: &lt;b&gt;starting&lt;/b&gt;"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("<code>seaworthy logs web</code>"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("http-equiv=\"refresh\""),
        "{}",
        answer.body
    );
    for outside in [
        "http://", "https://", "src=", "{status}", "{hint}", "{detail}",
    ] {
        assert!(
            !answer.body.contains(outside),
            "{outside} in {}",
            answer.body
        );
    }
    // A form that was sent must not be sent again by the page itself.
    let answer = proxy.ask(Request::post("/").header("accept", accept)).await;
    assert!(
        !answer.body.contains("http-equiv=\"refresh\""),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_program_gets_a_problem() {
    let server = Server::writing(b"").await;
    let proxy = Proxy::to(&server);
    let request = Request::get("/")
        .header("accept", "application/json")
        .header("x-request-id", "7");
    let answer = proxy.ask(request).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("x-request-id"), "7");
    let problem: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(
        problem,
        serde_json::json!({
            "type": "about:blank",
            "title": "Bad Gateway",
            "status": 502,
            "detail": format!("web: the replica at {} closed the connection before it answered", server.addr),
            "hint": LOGS,
            "service": "web",
            "replica": server.addr.to_string(),
            "request_id": "7",
        })
    );
}

#[tokio::test]
async fn a_head_request_gets_no_body() {
    let proxy = Proxy::to_nobody(Timeouts::default());
    let heard = proxy
        .say("HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    assert!(heard.starts_with("HTTP/1.1 503"), "{heard}");
    assert!(heard.ends_with("\r\n\r\n"), "{heard}");
}

#[tokio::test]
async fn the_next_request_on_the_connection_is_served_after_an_error() {
    let server = Server::saying("ok").await;
    let proxy = Proxy::to_nobody(Timeouts::default());
    let mut stream = proxy.connect().await;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    hear_until(&mut stream, "no replica is running").await;
    proxy.add("web-1", server.addr);
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    hear_until(&mut stream, "\r\n\r\nok").await;
}

/// A server that closes every connection behind its answer without having announced it. What
/// was closed before the next request came must be noticed before that is written.
#[tokio::test]
async fn a_server_that_closes_behind_each_answer_loses_no_request() {
    let (closed, mut is_closed) = tokio::sync::mpsc::channel(1);
    let server = Server::raw(move |mut stream| {
        let closed = closed.clone();
        async move {
            read_head(&mut stream).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            stream.write_all(answer).await.expect("room");
            drop(stream);
            closed.send(()).await.expect("a test");
        }
    })
    .await;
    let proxy = Proxy::to(&server);
    let mut client = proxy.connect().await;
    for _ in 0..300 {
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .expect("room");
        let heard = hear_until(&mut client, "\r\n\r\nok").await;
        assert!(heard.starts_with("HTTP/1.1 200 OK\r\n"), "{heard}");
        is_closed.recv().await.expect("a server");
    }
    assert_eq!(server.connections(), 300);
}

#[tokio::test]
async fn an_old_server_ends_its_body_by_closing() {
    for answer in [
        &b"HTTP/1.0 200 OK\r\nserver: BaseHTTP/0.6 Python/3.11\r\n\r\nold but good"[..],
        b"HTTP/1.1 200 OK\r\n\r\nold but good",
        b"HTTP/1.0 200 OK\r\ncontent-length: 12\r\n\r\nold but good",
    ] {
        let server = Server::writing(answer).await;
        let proxy = Proxy::to(&server);
        for _ in 0..2 {
            let answer = proxy.get("/").await;
            assert_eq!(
                (answer.status.as_u16(), &*answer.body),
                (200, "old but good")
            );
        }
        assert_eq!(server.connections(), 2);
    }
}
