//! The page and its files, as HTTP sees them.

use http::Method;
use seaworthy_testkit::service::{Service, ask};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::setup::{nobody, web};

async fn alone() -> Service {
    web(&format!("http://{}", nobody().await))
        .start()
        .await
        .ready()
        .await
}

#[tokio::test]
async fn c_05_the_page_has_a_button_and_a_counter_and_a_strict_policy() {
    let web = alone().await;
    let page = web.get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("id=\"counter\"") && page.text().contains("<button"));
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    // Nothing inline that the policy would have to allow.
    for inline in [
        "<style",
        "style=",
        "onclick",
        "onload",
        "onerror",
        "javascript:",
    ] {
        assert!(!page.text().contains(inline), "{inline}");
    }
    assert!(page.text().contains("<script src="));
    for (path, kind) in [
        ("/counter.js", "text/javascript"),
        ("/counter.css", "text/css"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        assert!(page.text().contains(path), "{path}");
        let file = web.get(path).await;
        assert_eq!(file.status, 200, "{path}");
        assert!(file.header("content-type").starts_with(kind), "{path}");
        assert_eq!(file.header("x-content-type-options"), "nosniff", "{path}");
    }
    let script = web.get("/counter.js").await;
    assert!(script.text().contains(".textContent"));
    for unsafe_way in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ] {
        assert!(!script.text().contains(unsafe_way), "{unsafe_way}");
    }
}

#[tokio::test]
async fn c_05_files_are_asked_again_and_only_sent_when_they_changed() {
    let web = alone().await;
    let page = web.get("/").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    let tag = page.header("etag").to_owned();
    let again = ask(web.address(), Method::GET, "/", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status, 304);
    let changed = ask(
        web.address(),
        Method::GET,
        "/",
        &[("if-none-match", "\"x\"")],
    )
    .await;
    assert_eq!(changed.status, 200);
    let head = ask(web.address(), Method::HEAD, "/", &[]).await;
    assert_eq!(head.status, 200);
    let post = ask(web.address(), Method::POST, "/", &[]).await;
    assert_eq!(post.status, 405);
}

#[tokio::test]
async fn c_05_there_is_no_path_to_trick() {
    let web = alone().await;
    for path in [
        "/static/",
        "/static",
        "/index.html",
        "/page/index.html",
        "/../Cargo.toml",
        "/..%2fCargo.toml",
        "/%2e%2e/Cargo.toml",
        "/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/counter.js/",
        "/counter.js%00",
        "//counter.js",
        "/.",
        "/..",
        "/%00",
        "/\u{0}",
        "/etc/passwd",
        "/counter%2ejs/..",
    ] {
        let status = raw(&web, path).await;
        assert!(status == 404 || status == 400, "{path:?}: {status}");
    }
}

#[tokio::test]
async fn c_05_it_does_not_matter_where_it_is_started() {
    let folder = std::env::temp_dir();
    let web = web(&format!("http://{}", nobody().await)).folder(&folder);
    let web = web.start().await.ready().await;
    assert_eq!(web.get("/").await.status, 200);
}

/// As it stands: a client library would put the path right first.
async fn raw(web: &Service, path: &str) -> u16 {
    let mut stream = TcpStream::connect(web.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer[9..12].parse().unwrap()
}
