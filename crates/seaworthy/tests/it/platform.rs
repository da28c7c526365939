//! A platform in a folder of its own, run by the real program as a user would, and ended whatever happens.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use seaworthy_testkit::cache;
use seaworthy_testkit::postgres::world_readable_tempdir;
use serde_json::Value;
use tempfile::TempDir;

/// A platform's folder and data folder.
pub(crate) struct Platform {
    pub(crate) folder: PathBuf,
    data: TempDir,
    own: Option<TempDir>,
}

/// What a finished command printed.
pub(crate) struct Printed {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Printed {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test with everything that was printed, unless the exit code is this.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Fails the test unless stderr has this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "it does not say {text:?}:\n{}",
            self.stderr
        );
        self
    }
}

impl Platform {
    /// A new platform with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let own = world_readable_tempdir();
        let platform = Self {
            folder: own.path().to_owned(),
            data: world_readable_tempdir(),
            own: Some(own),
        };
        for (path, text) in files {
            platform.write(path, text);
        }
        platform
    }

    /// A platform of this repository, with data of its own.
    pub(crate) fn example(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples")
            .join(name);
        let folder = folder.canonicalize().expect("the example exists");
        Self {
            folder,
            data: world_readable_tempdir(),
            own: None,
        }
    }

    /// The same, in a folder below.
    pub(crate) fn in_folder(mut outer: Self, folder: &str) -> Self {
        let data = std::mem::replace(&mut outer.data, world_readable_tempdir());
        let own = outer.own.take();
        Self {
            folder: outer.folder.join(folder),
            data,
            own,
        }
    }

    /// A copy of a folder beside these tests.
    pub(crate) fn copy_of(name: &str) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/folders")
            .join(name);
        let platform = Self::with(&[]);
        for entry in fs::read_dir(&source).expect("the folder exists") {
            let entry = entry.expect("it can be read");
            fs::copy(entry.path(), platform.folder.join(entry.file_name()))
                .expect("it can be copied");
        }
        platform
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
    }

    pub(crate) fn make_executable(&self, path: &str) {
        fs::set_permissions(self.folder.join(path), fs::Permissions::from_mode(0o755))
            .expect("a file");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).expect("a file")
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// `seaworthy` with its settings for this platform, in its folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("SEAWORTHY_DATA", self.data.path())
            .env("SEAWORTHY_CACHE", cache())
            .env_remove("SEAWORTHY_POSTGRES")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Printed {
        Self::finish(self.command(arguments))
    }

    /// Runs a command to its end.
    pub(crate) fn finish(mut command: Command) -> Printed {
        Printed::of(&command.output().expect("seaworthy starts"))
    }

    /// `seaworthy up --detach` on a free port, which must work.
    #[track_caller]
    pub(crate) fn up(&self, arguments: &[&str]) -> Printed {
        self.try_up(arguments).code(0)
    }

    /// `seaworthy up --detach` on a free port.
    pub(crate) fn try_up(&self, arguments: &[&str]) -> Printed {
        let port = free_port().to_string();
        let mut all = vec!["up", "--detach"];
        if !self.data.path().join("port-chosen").exists() {
            all.extend(["--port", &port]);
            fs::write(self.data.path().join("port-chosen"), &port).expect("a file");
        }
        all.extend(arguments);
        self.run(&all)
    }

    /// `seaworthy up` in the foreground.
    pub(crate) fn up_in_foreground(&self, arguments: &[&str]) -> Child {
        let mut all = vec!["up"];
        all.extend(arguments);
        self.command(&all)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("seaworthy starts")
    }

    /// What `ps` knows.
    #[track_caller]
    pub(crate) fn status(&self) -> Value {
        let printed = self.run(&["ps", "--format", "json"]).code(0);
        serde_json::from_str(&printed.stdout).expect("ps prints JSON")
    }

    /// The host and port of the public gateway.
    #[track_caller]
    pub(crate) fn gateway(&self) -> String {
        self.address("public")
    }

    /// Host and port of the first address of a kind.
    #[track_caller]
    pub(crate) fn address(&self, kind: &str) -> String {
        let status = self.status();
        let addresses = status["addresses"].as_array().expect("a list");
        let found = addresses
            .iter()
            .find(|address| address["kind"] == kind)
            .expect("an address of that kind");
        let url = found["url"].as_str().expect("a text");
        let rest = url.split_once("://").expect("a URL").1;
        rest.split('/')
            .next()
            .expect("a host")
            .replace("localhost", "127.0.0.1")
    }

    /// The processes of a service, in order.
    #[track_caller]
    pub(crate) fn processes(&self, service: &str) -> Vec<u64> {
        let status = self.status();
        let services = status["services"].as_array().expect("a list").clone();
        services
            .iter()
            .filter(|known| known["name"] == service)
            .flat_map(|known| known["replicas"].as_array().expect("a list").clone())
            .filter_map(|replica| replica["pid"].as_u64())
            .collect()
    }

    /// GET through the gateway: status and body.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(&self.gateway(), path)
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if !self.folder.join("seaworthy.yaml").exists() {
            return;
        }
        let down = self.run(&["down", "--wipe"]);
        if !std::thread::panicking() {
            assert_eq!(down.code, 0, "down failed:\n{}", down.stderr);
        } else if let Some(own) = self.own.take() {
            // What is needed to understand the failure stays.
            eprintln!("the platform's folder is kept: {}", own.keep().display());
        }
    }
}

/// GET without any client's cleverness: one connection, one request, status and body.
#[track_caller]
pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    try_get(address, path).unwrap_or_else(|error| panic!("GET http://{address}{path}: {error}"))
}

pub(crate) fn try_get(address: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(70)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .ok_or_else(|| std::io::Error::other(format!("no head: {text}")))?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other(format!("no status: {head}")))?;
    let chunked = head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked");
    Ok((
        status,
        if chunked {
            unchunk(body)
        } else {
            body.to_owned()
        },
    ))
}

fn unchunk(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else {
            break;
        };
        if size == 0 || rest.len() < size {
            break;
        }
        text.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    text
}

/// Waits until something holds, or fails the test.
#[track_caller]
pub(crate) fn until(what: &str, patience: Duration, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < patience,
            "after {patience:?} still not: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port that was free a moment ago, below those of outgoing connections.
pub(crate) fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 6_000).expect("small");
    loop {
        let port = 13_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 6_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether a process lives (one that waits to be reaped does not).
pub(crate) fn lives(pid: u64) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat[stat.rfind(')').unwrap_or(0)..].starts_with(") Z"))
}

/// Sends a signal by its name.
pub(crate) fn signal(pid: u64, signal: &str) {
    let status = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success(), "kill -s {signal} {pid}");
}
