//! What a caller of `/send` sees.

use http::Method;
use rustix::process::Signal;
use seaworthy_testkit::service::ask;

use crate::setup::{Counter, FakeApi, web};

#[tokio::test]
async fn c_06_send_answers_the_number_and_is_never_kept() {
    let counter = Counter::start().await;
    let web = web(&counter.api.url()).start().await.ready().await;
    for number in ["1", "2"] {
        let answer = web.get("/send").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text(), number);
        assert!(answer.header("content-type").starts_with("text/plain"));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let clicked = ask(web.address(), Method::POST, "/send", &[]).await;
    assert_eq!(clicked.text(), "3");
    for method in [Method::HEAD, Method::PUT, Method::DELETE] {
        let answer = ask(web.address(), method, "/send", &[]).await;
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), "GET, POST");
    }
    assert_eq!(web.get("/send").await.text(), "4");
}

#[tokio::test]
async fn c_06_a_number_of_64_bits_passes_unchanged() {
    use axum::response::IntoResponse as _;
    let api = FakeApi::start(|_| async { "9223372036854775807".into_response() }).await;
    let web = web(&api.url()).start().await.ready().await;
    assert_eq!(web.get("/send").await.text(), "9223372036854775807");
}

#[tokio::test]
async fn c_31_callers_that_hang_up_on_the_page() {
    use tokio::io::AsyncWriteExt as _;
    let counter = Counter::start().await;
    let mut web = web(&counter.api.url()).start().await.ready().await;
    for address in [web.address(), web.admin()] {
        for bytes in ["", "GET /send HT", "GET /send HTTP/1.1\r\nhost: x\r\n\r\n"] {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.write_all(bytes.as_bytes()).await.unwrap();
        }
    }
    assert_eq!(web.get("/send").await.status, 200);
    assert!(web.runs());
    web.signal(Signal::TERM);
    assert!(web.wait().await.success());
}

#[tokio::test]
async fn c_33_the_main_port_of_the_page_shows_nothing_of_the_inside() {
    let api = FakeApi::start(|_| async { axum::response::Response::default() }).await;
    let web = web(&api.url()).start().await.ready().await;
    for path in ["/metrics", "/liveness", "/readiness", "/startup"] {
        assert_eq!(web.get(path).await.status, 404, "{path}");
        assert_eq!(web.probe(path).await.status, 200, "{path}");
    }
    assert_eq!(api.asked(), 0);
}

#[tokio::test]
async fn bad_configuration_ends_it_with_one_line() {
    for (url, expected) in [
        ("", "`API_URL` is not set"),
        ("api:3030", "`API_URL` is not an `http://host:port`"),
        ("https://api:3030", "`API_URL` is not an `http://host:port`"),
        (
            "http://me:secret@api:3030",
            "credentials do not belong into an address",
        ),
    ] {
        let ended = web(url).unspeakable("me:secret").run().await;
        assert_eq!(ended.status.code(), Some(2), "{:#?}", ended.lines);
        assert_eq!(ended.lines.len(), 1, "{:#?}", ended.lines);
        assert!(ended.lines[0].contains(expected), "{}", ended.lines[0]);
    }
}
