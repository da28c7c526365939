//! The README's first command as a person sees it: a page in a browser, and a number that stays.

use std::path::Path;

use seaworthy_testkit::browser::Browser;

use crate::platform::{Platform, lives, signal};

const NUMBER: &str = "#counter";
const BUTTON: &str = "#increment";
const ERROR: &str = "#error";

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_counts_in_a_browser() {
    let platform = Platform::example("counter");
    platform.up(&[]);
    let page = format!("http://{}/", platform.gateway());
    let browser = Browser::start().await;

    browser.open(&page).await;
    browser.click(BUTTON).await;
    let first = number(&browser, |_| true).await;
    browser.click(BUTTON).await;
    let second = number(&browser, |seen| seen != first).await;
    assert_eq!(second, first + 1, "a click adds one");
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    browser.screenshot(&pictures.join("counter.png")).await;

    // The api hangs: the page says so in words, and goes on when it is back.
    let api = platform.processes("api")[0];
    signal(api, "STOP");
    browser.click(BUTTON).await;
    let said = browser.text(ERROR, |text| !text.is_empty()).await;
    browser
        .screenshot(&pictures.join("counter-error.png"))
        .await;
    signal(api, "CONT");
    assert!(said.contains(' '), "a sentence, not a code: {said}");
    assert!(lives(api), "it was only asleep");
    // The click that got no answer may have counted or not.
    browser.click(BUTTON).await;
    let second = number(&browser, |seen| seen > second).await;

    platform.run(&["down"]).code(0);
    platform.up(&[]);
    assert_eq!(
        format!("http://{}/", platform.gateway()),
        page,
        "the public address stays the same"
    );
    browser.open(&page).await;
    browser.click(BUTTON).await;
    assert_eq!(
        number(&browser, |_| true).await,
        second + 1,
        "the number was kept over a restart of everything"
    );
    browser
        .screenshot(&pictures.join("counter-after-restart.png"))
        .await;
    browser.close().await;
}

/// The number on the page, once there is one that `expected` accepts.
async fn number(browser: &Browser, expected: impl Fn(u64) -> bool) -> u64 {
    let shown = browser
        .text(NUMBER, |text| text.parse().is_ok_and(&expected))
        .await;
    shown.parse().expect("it was accepted as a number")
}
