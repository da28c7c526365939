//! An emulator of AWS on a loopback port: moto, with what it lacks added (`emulator/moto_plus.py`).
//!
//! Start one per test binary ([`Emulator::shared`]) and give each test an account of its own ([`Emulator::account`]):
//! an account is empty, and nothing of one is seen from another, bucket names apart. The emulator proves that a
//! configuration is accepted by the provider, ordered and convergent. It does not prove permissions, quotas or that
//! AWS has such a version or machine: it accepts almost anything.
//!
//! `cargo xtask tools` installs it. Running OpenTofu against it is [`tofu`](crate::tofu)'s work.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::tools::python_environment;

/// The version of moto that our additions fit.
pub const MOTO: &str = "5.2.1";

/// How long it may take to answer, on a slow machine under load.
const PATIENCE: Duration = Duration::from_mins(1);

/// The Python that has moto.
pub fn python() -> PathBuf {
    python_environment("moto", MOTO).join("bin").join("python")
}

/// A running emulator; ends with the value.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    /// The emulator ends when this is closed, so that it does not outlive a test process that is killed either.
    stdin: Option<ChildStdin>,
    endpoint: String,
    folder: TempDir,
    n_accounts: AtomicU64,
}

/// An account of an emulator.
#[derive(Debug, Clone)]
pub struct Account {
    id: String,
    endpoint: String,
}

impl Emulator {
    /// The one of this test process. It ends with the process.
    ///
    /// # Panics
    /// As [`start`](Self::start) does.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts one on a free port of 127.0.0.1, and waits until it answers.
    ///
    /// # Panics
    /// When it is not installed (the message names the command that does it) or does not start.
    pub fn start() -> Self {
        let python = python();
        assert!(
            python.exists(),
            "{} is missing: run `cargo xtask tools`",
            python.display()
        );
        let folder = tempfile::tempdir().expect("a folder for the emulator");
        let log = File::create(folder.path().join("log")).expect("a file for its log");
        let server = concat!(env!("CARGO_MANIFEST_DIR"), "/emulator/moto_plus.py");
        let mut child = Command::new(&python)
            .args([server, "-H", "127.0.0.1", "-p", "0"])
            // Policies of AWS that roles attach by name exist only so, and certificates are valid at once.
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .env("MOTO_ACM_VALIDATION_WAIT", "1")
            .env("PYTHONUNBUFFERED", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("MOTO_PORT")
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", python.display()));
        let mut emulator = Self {
            stdin: child.stdin.take(),
            child,
            endpoint: String::new(),
            folder,
            n_accounts: AtomicU64::new(0),
        };
        let port = emulator.wait_for_port();
        emulator.endpoint = format!("http://127.0.0.1:{port}");
        emulator
    }

    /// Its address, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// An account that nobody has used.
    pub fn account(&self) -> Account {
        let number = self.n_accounts.fetch_add(1, Ordering::Relaxed);
        self.account_with_id(&format!("{}", 700_000_000_001 + number))
    }

    /// The account of an id that a definition names; with a shared emulator it may be in use.
    ///
    /// # Panics
    /// When the id has not twelve digits.
    pub fn account_with_id(&self, id: &str) -> Account {
        assert!(
            id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()),
            "`{id}` is no account id"
        );
        Account {
            id: id.to_owned(),
            endpoint: self.endpoint.clone(),
        }
    }

    /// What it wrote: a line per request, and what it does not implement as an error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The server names its port once it listens.
    fn wait_for_port(&mut self) -> u16 {
        let start = Instant::now();
        loop {
            let log = self.log();
            let port = log
                .split_once("Running on http://127.0.0.1:")
                .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next())
                .and_then(|port| port.parse().ok());
            if let Some(port) = port {
                return port;
            }
            let ended = self.child.try_wait().expect("its state can be asked");
            assert!(
                ended.is_none() && start.elapsed() < PATIENCE,
                "the emulator does not start ({ended:?}):\n{log}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Account {
    /// An account of an emulator that another process has started.
    pub fn at(endpoint: &str, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            endpoint: endpoint.to_owned(),
        }
    }

    /// The address of its emulator.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Twelve digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A key that the emulator takes for the account's, see `moto_plus.py`.
    pub fn access_key(&self) -> String {
        format!("AKIAMOTO{}", self.id)
    }

    /// The variables with which every client of AWS reaches this account, and nothing else of this machine's settings.
    pub fn variables(&self, region: &str) -> Vec<(String, String)> {
        let nothing = "/dev/null";
        let key = self.access_key();
        [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", &key),
            ("AWS_SECRET_ACCESS_KEY", "emulated"),
            ("AWS_REGION", region),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", nothing),
            ("AWS_SHARED_CREDENTIALS_FILE", nothing),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    /// Who the emulator takes the holder of an access key for.
    fn caller(emulator: &Emulator, key: &str) -> String {
        let address = emulator.endpoint().trim_start_matches("http://");
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        let mut stream = TcpStream::connect(address).expect("it listens");
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: sts.eu-west-3.amazonaws.com\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={key}/20261121/eu-west-3/sts/aws4_request\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    #[test]
    fn accounts_are_told_apart_and_the_server_ends_with_the_value() {
        let emulator = Emulator::start();
        let accounts = [emulator.account(), emulator.account()];
        assert_ne!(accounts[0].id(), accounts[1].id());
        for account in &accounts {
            let answer = caller(&emulator, &account.access_key());
            let element = format!("<Account>{}</Account>", account.id());
            assert!(answer.contains(&element), "{answer}\n{}", emulator.log());
        }
        let address = emulator.endpoint().trim_start_matches("http://").to_owned();
        drop(emulator);
        assert!(TcpStream::connect(address).is_err(), "it still listens");
    }
}
