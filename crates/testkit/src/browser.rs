//! A headless Chromium, driven over WebDriver as a person would use it: open, click, read.
//!
//! Each has a profile of its own, and everything it started ends with it. Where the programs are is
//! [`tools`]' to know.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal};
use serde_json::json;
use tempfile::TempDir;

use crate::tools;

/// How long the browser may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running browser with one window.
pub struct Browser {
    client: Client,
    driver: Driver,
    profile: TempDir,
}

impl Browser {
    /// Starts a browser.
    ///
    /// # Panics
    /// When Chromium or its driver is missing (the message names the command that gets them) or does not start.
    pub async fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let driver = Driver::start();
        let arguments = [
            "--headless",
            // Chromium's sandbox refuses root, and tests open nothing but our own pages.
            "--no-sandbox",
            "--disable-gpu",
            // A container's /dev/shm is often too small for it.
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-breakpad",
            "--window-size=1000,700",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let options = json!({ "args": arguments, "binary": tools::program("chromium") });
        let capabilities = json!({ "goog:chromeOptions": options });
        let capabilities = capabilities
            .as_object()
            .expect("it was written as an object")
            .clone();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url)
            .await
            .unwrap_or_else(|error| panic!("Chromium does not start: {error}"));
        Self {
            client,
            driver,
            profile,
        }
    }

    /// Opens a page.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn open(&self, url: &str) {
        self.client
            .goto(url)
            .await
            .unwrap_or_else(|error| panic!("{url} cannot be opened: {error}"));
    }

    /// Clicks on an element.
    ///
    /// # Panics
    /// When there is none, or it cannot be clicked.
    pub async fn click(&self, css: &str) {
        let element = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await;
        let element =
            element.unwrap_or_else(|error| panic!("there is no `{css}` on the page: {error}"));
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("`{css}` cannot be clicked: {error}"));
    }

    /// The text of an element as a person sees it, once it is what `expected` accepts.
    ///
    /// # Panics
    /// When it does not become so: the message holds what was seen instead.
    pub async fn text(&self, css: &str, expected: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let seen = match self.client.find(Locator::Css(css)).await {
                Ok(element) => element.text().await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match seen {
                Ok(text) if expected(&text) => return text,
                seen => assert!(
                    start.elapsed() < PATIENCE,
                    "`{css}` does not show what it should, but {seen:?}"
                ),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Keeps a picture of the window.
    ///
    /// # Panics
    /// When it cannot be made or written.
    pub async fn screenshot(&self, file: &Path) {
        let picture = self
            .client
            .screenshot()
            .await
            .expect("the browser makes a picture");
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).expect("a folder for the picture");
        }
        fs::write(file, picture)
            .unwrap_or_else(|error| panic!("{} cannot be written: {error}", file.display()));
    }

    /// Ends the browser; dropping it does as well, less politely.
    pub async fn close(self) {
        let Self {
            client,
            driver,
            profile,
        } = self;
        let _ = client.close().await;
        drop(driver);
        // Last, since the browser writes into it until its end.
        drop(profile);
    }
}

/// `chromedriver`, and below it the browser.
struct Driver {
    process: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let program = tools::program("chromedriver");
        let process = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let mut driver = Self {
            process,
            url: String::new(),
        };
        let stdout = driver.process.stdout.take().expect("it was piped");
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // "ChromeDriver was started successfully on port 41231."
            if let Some((_, port)) = line.split_once("successfully on port ") {
                driver.url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
                return driver;
            }
        }
        panic!("{} ended without naming its port", program.display());
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The browser is in a group of its own and would outlive its driver.
        for pid in with_descendants(Pid::from_child(&self.process)) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
        let _ = self.process.wait();
    }
}

/// A process and all below it.
fn with_descendants(root: Pid) -> Vec<Pid> {
    let mut pids = vec![root];
    let mut next = 0;
    while let Some(pid) = pids.get(next).copied() {
        let tasks = fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero()));
        for task in tasks.into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            pids.extend(
                children
                    .split_whitespace()
                    .filter_map(|child| Pid::from_raw(child.parse().ok()?)),
            );
        }
        next += 1;
    }
    pids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reads_what_a_page_shows_after_a_click_and_leaves_nothing_behind() {
        let browser = Browser::start().await;
        let root = Pid::from_child(&browser.driver.process);
        browser
            .open("data:text/html,<button onclick=\"this.textContent='clicked'\">here</button>")
            .await;
        assert_eq!(
            browser.text("button", |text| text != "clicked").await,
            "here"
        );
        browser.click("button").await;
        browser.text("button", |text| text == "clicked").await;
        let started = with_descendants(root);
        assert!(
            started.len() > 2,
            "the browser is below its driver: {started:?}"
        );
        drop(browser);
        let deadline = Instant::now() + PATIENCE;
        for pid in started {
            while fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
                .is_ok_and(|stat| !stat.contains(") Z"))
            {
                assert!(Instant::now() < deadline, "process {pid:?} is left");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}
