//! A real Kubernetes API server for one test: it validates, admits and stores, and nothing runs.
//!
//! etcd and kube-apiserver on loopback, with certificates made for them, ready in about three seconds. They end with
//! the value, also when the test fails. What judges objects is the server itself: unknown fields are refused, and
//! custom resources are held against the CRDs that [`ApiServer::install_crds`] loads. There is no controller: a
//! Deployment makes no pods, and no namespace has a default service account.

mod certificates;
mod client;

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use self::certificates::Keys;
pub use self::client::Client;
use crate::process::Process;
use crate::tools;

/// How long the server may take to become ready; a loaded machine needs more than its usual three seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// The version of Kubernetes that objects are rendered for and judged by.
pub const VERSION: &str = "1.36";

/// A running API server with its store.
#[derive(Debug)]
pub struct ApiServer {
    // Dropped in this order: the server before its store, and both before their files.
    server: Process,
    store: Process,
    port: u16,
    kubeconfig: PathBuf,
    keys: Keys,
    folder: TempDir,
}

/// What `kubectl` said.
#[derive(Debug)]
pub struct Said {
    /// Whether it succeeded.
    pub success: bool,
    /// Its standard output.
    pub output: String,
    /// Its standard error: refusals and warnings.
    pub talk: String,
}

impl ApiServer {
    /// Starts a server with nothing in it.
    ///
    /// # Panics
    /// When a program is missing (the message names the command that gets it) or does not become ready; the
    /// message holds the end of its log.
    pub fn start() -> Self {
        // Somebody else may take a port between the choice and the use.
        for _ in 0..3 {
            if let Some(server) = Self::try_start() {
                return server;
            }
        }
        panic!("no free port for the API server in three attempts");
    }

    /// `None`: a port was taken meanwhile.
    fn try_start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder for the API server");
        let path = folder.path();
        let [client, peer, port] = free_ports();
        let keys = certificates::write(path);

        let mut etcd = Command::new(tools::program("etcd"));
        etcd.arg("--data-dir").arg(path.join("etcd")).args([
            "--unsafe-no-fsync",
            "--log-level=warn",
            &format!("--listen-client-urls=http://127.0.0.1:{client}"),
            &format!("--advertise-client-urls=http://127.0.0.1:{client}"),
            &format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
            &format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
            &format!("--initial-cluster=default=http://127.0.0.1:{peer}"),
        ]);
        let store = Process::start(etcd, &path.join("etcd.log"));

        let mut server = Command::new(tools::program(&format!("kube-apiserver-{VERSION}")));
        let file = |flag: &str, file: &Path| format!("--{flag}={}", file.display());
        server.args([
            format!("--etcd-servers=http://127.0.0.1:{client}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--advertise-address=127.0.0.1".to_owned(),
            format!("--secure-port={port}"),
            file("tls-cert-file", &keys.server_certificate),
            file("tls-private-key-file", &keys.server_key),
            file("client-ca-file", &keys.ca),
            file("service-account-key-file", &keys.service_account_public_key),
            file(
                "service-account-signing-key-file",
                &keys.service_account_key,
            ),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            "--authorization-mode=Node,RBAC".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
            "--allow-privileged".to_owned(),
            file("cert-dir", path),
        ]);
        let server = Process::start(server, &path.join("apiserver.log"));

        let kubeconfig = path.join("kubeconfig");
        fs::write(&kubeconfig, keys.kubeconfig(port)).expect("the kubeconfig is written");
        let mut started = Self {
            server,
            store,
            port,
            kubeconfig,
            keys,
            folder,
        };
        started.wait_until_ready().then_some(started)
    }

    /// Whether it became ready; not so when one of its ports was taken.
    fn wait_until_ready(&mut self) -> bool {
        let start = Instant::now();
        loop {
            for process in [&mut self.store, &mut self.server] {
                if let Some(end) = process.ended() {
                    assert!(
                        end.contains("address already in use"),
                        "the API server does not start:\n{end}"
                    );
                    return false;
                }
            }
            let said = self.kubectl(&["get", "--raw=/readyz", "--request-timeout=2s"]);
            if said.success {
                return true;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "the API server is not ready after {PATIENCE:?}: {}\n{}",
                said.talk,
                self.server.log()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The port that it listens on, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How a client reaches it as administrator (`system:masters`).
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Runs `kubectl` with these arguments as administrator.
    ///
    /// # Panics
    /// When it does not start.
    pub fn kubectl(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).stdin(Stdio::null()).output();
        Said::from(output.expect("kubectl starts"))
    }

    /// Gives `kubectl apply` these objects, server-side and with unknown fields refused.
    ///
    /// # Panics
    /// When it does not start.
    pub fn apply(&self, yaml: &str) -> Said {
        let arguments = [
            "apply",
            "--server-side",
            "--force-conflicts",
            "--validate=strict",
            "--filename=-",
        ];
        let mut child = self
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl starts");
        let mut input = child.stdin.take().expect("it was asked for");
        let yaml = yaml.to_owned();
        // In a thread: kubectl may answer before it has read everything.
        let writer = std::thread::spawn(move || input.write_all(yaml.as_bytes()));
        let output = child.wait_with_output().expect("kubectl ends");
        // A refusal may end kubectl before the end of its input: what it said tells why.
        let _ = writer.join();
        Said::from(output)
    }

    /// Loads the CRDs of these projects (folders of the cache that `cargo xtask tools` fills) and waits until the
    /// server serves them.
    ///
    /// # Panics
    /// When they are missing or refused.
    pub fn install_crds(&self, projects: &[&str]) {
        let folders: Vec<_> = projects
            .iter()
            .map(|project| format!("--filename={}", tools::crds(project).display()))
            .collect();
        let mut arguments = vec!["apply", "--server-side"];
        arguments.extend(folders.iter().map(String::as_str));
        let said = self.kubectl(&arguments);
        assert!(said.success, "the CRDs of {projects:?}: {}", said.talk);

        let said = self.kubectl(&["get", "customresourcedefinitions", "--output=name"]);
        let wanted: Vec<_> = said
            .output
            .lines()
            .filter_map(|line| line.split_once('/'))
            .map(|(_, name)| name)
            .collect();
        // What is established is listed for clients only a moment later.
        let start = Instant::now();
        loop {
            let said = self.kubectl(&["api-resources", "--cached=false", "--output=name"]);
            let served: Vec<_> = said.output.lines().collect();
            let missing: Vec<_> = wanted
                .iter()
                .filter(|name| !served.contains(name))
                .collect();
            if !wanted.is_empty() && missing.is_empty() {
                return;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "CRDs are not served after {PATIENCE:?}: {missing:?} {}",
                said.talk
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// A client for what is asked often.
    pub fn client(&self) -> Client {
        Client::new(&self.keys, self.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(tools::program("kubectl"));
        command
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            // What it learns about this server is of no use to any other.
            .env("KUBECACHEDIR", self.folder.path().join("kubectl"));
        command
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            success: output.status.success(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            talk: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Ports that were free a moment ago, all different.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("it listens").port())
}
