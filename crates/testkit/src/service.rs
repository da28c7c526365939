//! A service of ours as a black box: the built program, its ports, its answers, its metrics, its logs.
//!
//! It listens on free ports of 127.0.0.1 and ends with the value, also when the test fails. Its whole output is kept
//! and judged at the end: every line must be JSON, and none may hold a secret that it was given or tell of a panic.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpStream;

/// How long anything a test waits for may take, on a slow machine under load.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How a service is to be started.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    program: PathBuf,
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    secrets: Vec<String>,
    folder: Option<PathBuf>,
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    options: ServiceOptions,
    child: Child,
    output: Output,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    ended: Option<ExitStatus>,
}

/// An answer that arrived in full.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// What a program wrote, and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// Its lines, of both streams.
    pub lines: Vec<String>,
}

/// One scrape.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// The exposition as it came.
    pub text: String,
    samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

#[derive(Clone, Debug, Default)]
struct Output(Arc<Mutex<Vec<String>>>);

impl ServiceOptions {
    /// Starts `program`, on free ports, with no variable but those of the test.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: BTreeMap::from([
                ("LISTEN_ADDR".to_owned(), "127.0.0.1:0".to_owned()),
                ("ADMIN_ADDR".to_owned(), "127.0.0.1:0".to_owned()),
            ]),
            secrets: Vec::new(),
            folder: None,
        }
    }

    /// Adds or replaces a variable.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts read best without a reference"
    )]
    pub fn variable(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.insert(name.to_owned(), value.to_string());
        self
    }

    /// Takes a variable away again.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Adds a variable that must never be seen in the output.
    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push(value.to_owned());
        self.variable(name, value)
    }

    /// Names a text that must never be seen in the output.
    #[must_use]
    pub fn unspeakable(mut self, text: &str) -> Self {
        self.secrets.push(text.to_owned());
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts it in a folder.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Starts it and waits until it listens.
    ///
    /// # Panics
    /// When it ends instead, with what it wrote.
    pub async fn start(self) -> Service {
        let (mut child, output) = self.spawn();
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = output.find("listening on ") {
                let line: serde_json::Value =
                    serde_json::from_str(&line).expect("the start line is JSON");
                let address = |name: &str| line[name].as_str().and_then(|text| text.parse().ok());
                return Service {
                    address: address("address").expect("the start line names the address"),
                    admin: address("admin"),
                    options: self,
                    child,
                    output,
                    ended: None,
                };
            }
            if let Ok(Some(status)) = child.try_wait() {
                panic!("it does not start ({status}):\n{}", output.text());
            }
            if Instant::now() > until {
                let _ = child.kill();
                let _ = child.wait();
                panic!("it does not listen:\n{}", output.text());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs it to its end, for commands and for configurations that must be refused.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn run(self) -> Ended {
        let (mut child, output) = self.spawn();
        let status = wait(&mut child).await.unwrap_or_else(|| {
            let _ = child.kill();
            let _ = child.wait();
            panic!("it does not end:\n{}", output.text())
        });
        output.settle().await;
        output.judge(&self.secrets);
        Ended {
            status,
            lines: output.lines().clone(),
        }
    }

    fn spawn(&self) -> (Child, Output) {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("`{}` cannot be started: {error}", self.program.display())
        });
        let output = Output::default();
        output.collect(child.stdout.take().expect("it is piped"));
        output.collect(child.stderr.take().expect("it is piped"));
        (child, output)
    }
}

impl Service {
    /// The address of the main port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the admin port.
    ///
    /// # Panics
    /// When the service has none.
    pub fn admin(&self) -> SocketAddr {
        self.admin.expect("this service has an admin port")
    }

    /// The address of the main port as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process id; the same for as long as nobody restarted it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the main port.
    ///
    /// # Panics
    /// When no whole answer arrives.
    pub async fn get(&self, path: &str) -> Answer {
        get(self.address, path).await
    }

    /// Asks the admin port.
    ///
    /// # Panics
    /// When no whole answer arrives.
    pub async fn probe(&self, path: &str) -> Answer {
        get(self.admin(), path).await
    }

    /// Waits until a probe answers with this status, and tells how long it took.
    ///
    /// # Panics
    /// When it does not within [`PATIENCE`].
    pub async fn until(&self, path: &str, status: u16) -> Duration {
        let began = Instant::now();
        loop {
            let answer = self.probe(path).await;
            if answer.status.as_u16() == status {
                return began.elapsed();
            }
            assert!(
                began.elapsed() < PATIENCE,
                "`{path}` still answers {} ({}):\n{}",
                answer.status,
                answer.text(),
                self.output.text()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until it is ready.
    ///
    /// # Panics
    /// When it does not get ready.
    pub async fn ready(self) -> Self {
        self.until("/readiness", 200).await;
        self
    }

    /// Scrapes its metrics.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn metrics(&self) -> Scrape {
        let answer = self.probe("/metrics").await;
        assert_eq!(answer.status, 200);
        Scrape::read(answer.text())
    }

    /// Waits until the metrics are as they should be, and gives them.
    ///
    /// # Panics
    /// When they do not get there.
    pub async fn metrics_until(&self, good: impl Fn(&Scrape) -> bool) -> Scrape {
        let until = Instant::now() + PATIENCE;
        loop {
            let scrape = self.metrics().await;
            if good(&scrape) {
                return scrape;
            }
            assert!(
                Instant::now() < until,
                "the metrics stay at:\n{}",
                scrape.text
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When there is no such process.
    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_child(&self.child);
        kill_process(id, signal).expect("the process is there");
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// When the system cannot tell.
    pub fn runs(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("the process is ours");
        }
        self.ended.is_none()
    }

    /// Waits for its end, and tells how it ended.
    ///
    /// # Panics
    /// When it does not end within [`PATIENCE`].
    pub async fn wait(&mut self) -> ExitStatus {
        if let Some(status) = self.ended {
            return status;
        }
        let status = wait(&mut self.child)
            .await
            .unwrap_or_else(|| panic!("it does not end:\n{}", self.output.text()));
        self.output.settle().await;
        self.ended = Some(status);
        status
    }

    /// Sends SIGTERM and waits for its end.
    ///
    /// # Panics
    /// When it does not end within [`PATIENCE`].
    pub async fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait().await
    }

    /// Kills it at once and starts it anew, with the same options on the same ports, as a supervisor would.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn kill_and_restart(self) -> Self {
        let mut options = self.options.clone().variable("LISTEN_ADDR", self.address);
        if let Some(admin) = self.admin {
            options = options.variable("ADMIN_ADDR", admin);
        }
        drop(self);
        options.start().await
    }

    /// Its lines so far.
    pub fn logs(&self) -> Vec<String> {
        self.output.lines().clone()
    }

    /// Waits for a line that holds `text`.
    ///
    /// # Panics
    /// When none comes within [`PATIENCE`].
    pub async fn log(&self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.output.find(text) {
                return line;
            }
            assert!(
                Instant::now() < until,
                "no line says `{text}`:\n{}",
                self.output.text()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            // libtest shows this with the failed test.
            #[expect(clippy::print_stderr, reason = "the way a test says what it saw")]
            {
                eprintln!(
                    "what `{}` wrote:\n{}",
                    self.options.program.display(),
                    self.output.text()
                );
            }
        } else {
            self.output.judge(&self.options.secrets);
        }
    }
}

impl Answer {
    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the answer is text")
    }

    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The body as the counter's number.
    ///
    /// # Panics
    /// When it is not a number.
    pub fn number(&self) -> i64 {
        self.text()
            .parse()
            .unwrap_or_else(|_| panic!("{}: {}", self.status, self.text()))
    }
}

impl Scrape {
    /// Reads Prometheus' text format.
    ///
    /// # Panics
    /// When it is not that.
    pub fn read(text: &str) -> Self {
        let samples = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| {
                let (series, value) = line.rsplit_once(' ').expect("a sample has a value");
                let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
                let labels = labels.trim_end_matches('}');
                let labels = labels
                    .split("\",")
                    .filter(|label| !label.is_empty())
                    .map(|label| {
                        let (name, value) = label.split_once("=\"").expect("a label has a value");
                        (name.to_owned(), value.trim_end_matches('"').to_owned())
                    })
                    .collect();
                let value = value.parse().expect("a sample's value is a number");
                (name.to_owned(), labels, value)
            })
            .collect();
        Self {
            text: text.to_owned(),
            samples,
        }
    }

    /// The sum of all series of `name` that carry these labels; 0 when there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples
            .iter()
            .filter(|(sample, has, _)| {
                sample == name
                    && labels
                        .iter()
                        .all(|(label, value)| has.get(*label).is_some_and(|is| is == value))
            })
            .map(|(_, _, value)| value)
            .sum()
    }

    /// Whether there is a series of `name`.
    pub fn has(&self, name: &str) -> bool {
        self.samples.iter().any(|(sample, _, _)| sample == name)
    }

    /// The names of the labels of `name`.
    pub fn labels(&self, name: &str) -> Vec<String> {
        self.samples
            .iter()
            .find(|(sample, _, _)| sample == name)
            .map(|(_, labels, _)| labels.keys().cloned().collect())
            .unwrap_or_default()
    }
}

impl Output {
    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collect(&self, stream: impl std::io::Read + Send + 'static) {
        let output = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                output.lines().push(line);
            }
        });
    }

    /// The last lines are on their way through the pipe when the process has ended.
    async fn settle(&self) {
        while Arc::strong_count(&self.0) > 1 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn find(&self, text: &str) -> Option<String> {
        self.lines()
            .iter()
            .find(|line| line.contains(text))
            .cloned()
    }

    fn text(&self) -> String {
        self.lines().join("\n")
    }

    fn judge(&self, secrets: &[String]) {
        for line in self.lines().iter() {
            assert!(
                serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line.is_object()),
                "a line of the log is not JSON: {line}"
            );
            assert!(!line.contains("panicked"), "a task panicked: {line}");
            for secret in secrets {
                assert!(
                    !line.contains(secret),
                    "a line of the log holds a secret: {line}"
                );
            }
        }
    }
}

/// Asks `GET path` over a connection of its own.
///
/// # Panics
/// When no whole answer arrives.
pub async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, Method::GET, path, &[]).await
}

/// Asks over a connection of its own.
///
/// # Panics
/// When no whole answer arrives.
pub async fn ask(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let asked = format!("{method} {path}");
    match try_ask(address, method, path, headers).await {
        Ok(answer) => answer,
        Err(error) => panic!("`{asked}` of {address} was not answered: {error}"),
    }
}

/// Asks over a connection of its own; an error when no whole answer arrives within [`PATIENCE`].
pub async fn try_ask(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::<Bytes>::default())?;
    tokio::time::timeout(PATIENCE, async move {
        let stream = TcpStream::connect(address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        connection.abort();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    })
    .await?
}

/// The program of another crate of this workspace, built now if it has to be, in the profile of the running test.
///
/// # Panics
/// When it cannot be built.
pub fn program(package: &str) -> PathBuf {
    static BUILT: OnceLock<Mutex<BTreeMap<String, PathBuf>>> = OnceLock::new();
    let mut built = BUILT
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = built.get(package) {
        return program.clone();
    }
    // The test runs as `target/<profile>/deps/<name>-<hash>`.
    let test = std::env::current_exe().expect("the test knows its own file");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("the test lies in the target folder");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let target = folder
        .parent()
        .expect("a profile lies in the target folder");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let result = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .args([
            "build",
            "--quiet",
            "--package",
            package,
            "--profile",
            profile,
        ])
        .arg("--target-dir")
        .arg(target)
        .output()
        .expect("cargo can be started");
    assert!(
        result.status.success(),
        "`{package}` cannot be built:\n{}",
        String::from_utf8_lossy(&result.stderr)
    );
    let program = folder.join(package);
    built.insert(package.to_owned(), program.clone());
    program
}

async fn wait(child: &mut Child) -> Option<ExitStatus> {
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => {}
            Ok(None) => return None,
            Err(error) => panic!("the process cannot be waited for: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
