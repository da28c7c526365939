//! hello as a black box. Tests are named after the rows of the specification, section 7.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_cmp,
    reason = "a test says so by failing, prints what it measured, and counts in the floats of Prometheus"
)]

use rustix::process::Signal;
use seaworthy_testkit::service::{Service, ServiceOptions, get};

const HELLO: &str = env!("CARGO_BIN_EXE_hello");

async fn hello() -> Service {
    ServiceOptions::new(HELLO)
        .variable("SHUTDOWN_DELAY_MS", 0)
        .start()
        .await
}

#[tokio::test]
async fn h_01_ready() {
    let answer = hello().await.get("/").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "ok"));
}

#[tokio::test]
async fn h_02_alive() {
    let hello = hello().await;
    let answer = hello.get("/hello").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "world"));
    assert_eq!(hello.get("/other").await.status, 404);
}

#[tokio::test]
async fn h_03_a_start_line_with_its_address_and_one_line_per_request() {
    let mut hello = hello().await;
    hello
        .log(&format!("listening on {}", hello.address()))
        .await;
    hello.get("/").await;
    hello.get("/hello").await;
    hello.get("/missing").await;
    hello.signal(Signal::TERM);
    assert_eq!(hello.wait().await.code(), Some(0));
    let mut requests: Vec<(String, String)> = hello
        .logs()
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["message"] == "request")
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("path"), text("status"))
        })
        .collect();
    // A line is written when its answer has left, and each connection leaves at its own time.
    requests.sort();
    let expected = [("/", "200"), ("/hello", "200"), ("/missing", "404")];
    assert_eq!(
        requests,
        expected.map(|(path, status)| (path.to_owned(), status.to_owned()))
    );
}

#[tokio::test]
async fn h_03_listens_where_port_says() {
    // A free port: bound and let go again just before.
    let port = {
        let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let hello = ServiceOptions::new(HELLO)
        .without("LISTEN_ADDR")
        .variable("PORT", port)
        .start()
        .await;
    assert_eq!(hello.address().to_string(), format!("0.0.0.0:{port}"));
    assert_eq!(get(([127, 0, 0, 1], port).into(), "/").await.text(), "ok");
}
