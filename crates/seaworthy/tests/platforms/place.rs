//! A checkout of a platform that is taken to AWS: its folder, its account, and the provider that is kept alive for it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use seaworthy_aws::Client;
use seaworthy_testkit::emulator::Account;
use seaworthy_testkit::provider::Provider;
use seaworthy_testkit::{tofu, tools};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const REGION: &str = "eu-west-3";

/// How long one verb may take. A machine that does nothing else needs four minutes for the longest.
const PATIENCE: Duration = Duration::from_mins(40);

pub(crate) struct Place {
    pub(crate) account: Account,
    pub(crate) environment: String,
    folder: TempDir,
    provider: Provider,
}

/// How a verb ended, and what it said.
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// Renders the definition into a folder of its own.
    pub(crate) fn new(definition: &str, environment: &str, account: Account) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("seaworthy.yaml"), definition).expect("a file");
        let place = Self {
            provider: Provider::start(&account, REGION),
            account,
            environment: environment.to_owned(),
            folder,
        };
        place.expect(&["render"]);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// AWS, as OpenTofu sees it.
    pub(crate) fn client(&self) -> Client {
        let settings = seaworthy_aws::Settings::new(self.account.variables(REGION), None);
        Client::new(settings, REGION).expect("the settings are good")
    }

    pub(crate) fn apply(&self) {
        self.expect(&["apply", &self.environment, "--yes"]);
    }

    /// Waits until an apply is past what the account shares, or has ended.
    pub(crate) fn wait_for_own_roots(&self, ended: impl Fn() -> bool) {
        let log = self.log("apply", "stderr");
        while !ended() {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains("network: applying") {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What the roots of the environment and of its account would change now.
    pub(crate) fn plan(&self) -> Value {
        let said = self.run(&["plan", &self.environment, "--format", "json"]);
        // 5 is drift, which is judged by whoever asks.
        assert!(
            matches!(said.status.code(), Some(0 | 5)),
            "plan: {}\n{}",
            said.status,
            said.stderr
        );
        serde_json::from_str(&said.stdout).expect("it prints JSON")
    }

    /// Destroys the environment, and holds what is told against what was planted.
    pub(crate) fn destroy(&self, planted: &[(&str, String)]) {
        let said = self.expect(&["destroy", &self.environment, "--confirm", &self.environment]);
        for (kind, name) in planted {
            for line in [
                format!("made by a controller: {kind} {name}"),
                format!("removing {kind} {name}"),
            ] {
                assert!(said.stderr.contains(&line), "no `{line}`:\n{}", said.stderr);
            }
        }
        // Planted fault 25: what holds the network goes before it.
        let at = |line: &str| said.stderr.find(line);
        let (balancer, network) = (at("removing load balancer"), at("network: destroying"));
        assert!(balancer.is_some() && balancer < network, "{}", said.stderr);
        let proof = format!("nothing of {} is left", self.environment);
        assert!(said.stdout.contains(&proof), "{}", said.stdout);
        assert!(said.stdout.contains("looked at "), "{}", said.stdout);
    }

    /// Runs the program, which must succeed.
    pub(crate) fn expect(&self, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert!(
            said.status.success(),
            "`seaworthy {}`: {}\n{}\n{}",
            arguments.join(" "),
            said.status,
            said.stdout,
            said.stderr
        );
        said
    }

    /// Runs the program in this account, with nothing of this machine's settings.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let [stdout, stderr] = ["stdout", "stderr"].map(|stream| self.log(arguments[0], stream));
        let file = |path: &PathBuf| File::create(path).expect("a file for what it says");
        let child = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| ["HOME", "TMPDIR"].contains(&name.as_str())))
            .env("PATH", path())
            .envs(tofu::variables())
            .envs(self.account.variables(REGION))
            .envs([self.provider.variable()])
            .stdin(Stdio::null())
            .stdout(file(&stdout))
            .stderr(file(&stderr))
            .spawn()
            .expect("it starts");
        let status = wait(child, arguments);
        let read = |path: &PathBuf| fs::read_to_string(path).unwrap_or_default();
        Said {
            status,
            stdout: read(&stdout),
            stderr: read(&stderr),
        }
    }

    /// Where a verb's words go.
    fn log(&self, verb: &str, stream: &str) -> PathBuf {
        self.path().join(format!(".{verb}.{stream}"))
    }
}

/// The programs of the cache before any other.
fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools::cached_programs()];
    std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&path)))
        .expect("no folder has a colon")
}

fn wait(mut child: Child, arguments: &[&str]) -> ExitStatus {
    let start = Instant::now();
    let mut asked = false;
    loop {
        if let Some(status) = child.try_wait().expect("its state can be asked") {
            return status;
        }
        if start.elapsed() > PATIENCE && !asked {
            // It passes this on to OpenTofu, which ends what is under way.
            let _ = rustix::process::kill_process(Pid::from_child(&child), Signal::TERM);
            asked = true;
        }
        if start.elapsed() > PATIENCE + Duration::from_mins(2) {
            let _ = child.kill();
            let _ = child.wait();
            panic!("`{}` is not done after {PATIENCE:?}", arguments.join(" "));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
