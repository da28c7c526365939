//! What one caller sees.

use http::Method;
use seaworthy_testkit::service::ask;

use crate::setup::Counter;

#[tokio::test]
async fn c_01_counts_from_one() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    for number in ["1", "2", "3"] {
        let answer = api.get("/").await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").starts_with("text/plain"));
        assert_eq!(answer.text(), number);
    }
}

#[tokio::test]
async fn c_02_no_answer_may_be_kept() {
    let mut counter = Counter::new().await;
    let api = counter.start().await;
    assert_eq!(api.get("/").await.header("cache-control"), "no-store");
    counter.postgres.kill().await;
    let refused = api.get("/").await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("cache-control"), "no-store");
}

#[tokio::test]
async fn c_03_other_paths_are_not_found_and_do_not_count() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    for path in ["/favicon.ico", "/x", "//", "/?/x", "/%2f", "/index.html"] {
        let expected = if path == "/?/x" { 200 } else { 404 };
        assert_eq!(api.get(path).await.status.as_u16(), expected, "{path}");
    }
    // The one with a query is `/`.
    assert_eq!(counter.value().await, 1);
}

#[tokio::test]
async fn c_04_other_methods_are_not_allowed_and_do_not_count() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    for method in ["POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "BREW"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = ask(api.address(), method.clone(), "/", &[]).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "GET", "{method}");
    }
    assert_eq!(counter.value().await, 0);
}

#[tokio::test]
async fn c_07_goes_on_counting_after_a_restart() {
    let counter = Counter::new().await;
    let api = counter.start().await;
    assert_eq!(api.get("/").await.number(), 1);
    assert!(api.stop().await.success());
    let api = counter.start().await;
    assert_eq!(api.get("/").await.number(), 2);
    let api = api.kill_and_restart().await.ready().await;
    assert_eq!(api.get("/").await.number(), 3);
}
