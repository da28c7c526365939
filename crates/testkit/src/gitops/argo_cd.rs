//! Argo CD's application controller and repo server, with the Redis between them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cluster::{ApiServer, free_ports};
use crate::process::Process;
use crate::tools;

/// The version of the controllers, in the program's name.
const PROGRAM: &str = "argocd-3.2";

/// A running Argo CD without its web server, its ApplicationSets and its notifications.
#[derive(Debug)]
pub struct ArgoCd {
    // Dropped in this order: who asks before who answers.
    controller: Process,
    repo_server: Process,
    _redis: Process,
    _folder: TempDir,
}

impl ArgoCd {
    /// Starts it with the configuration that an installation brings. Its namespace, `argocd`, and the config map
    /// `argocd-cm` in it are the caller's: they are rendered.
    ///
    /// It looks for new commits every few seconds, where an installation waits minutes or is called by a webhook.
    ///
    /// # Panics
    /// When a program is missing (the message names the command that gets it) or does not start.
    pub fn start(server: &ApiServer) -> Self {
        let said = server.apply(&configuration().to_string());
        assert!(said.success, "the configuration of Argo CD: {}", said.talk);
        let folder = tempfile::tempdir().expect("a folder for Argo CD");
        let path = folder.path();
        let kubeconfig = in_its_namespace(server.kubeconfig(), path);
        for name in ["gnupg", "tls", "ssh", "tmp"] {
            fs::create_dir(path.join(name)).expect("a folder");
        }
        let [redis, repo, repo_metrics, metrics] = free_ports();

        let mut command = Command::new(tools::program("redis-server"));
        command.current_dir(path).args([
            "--bind",
            "127.0.0.1",
            "--port",
            &redis.to_string(),
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        let redis_process = Process::start(command, &path.join("redis.log"));

        let common = |name: &str| {
            let mut command = Command::new(tools::program(PROGRAM));
            // One program, which does the work of the name that it is called by.
            command
                .env("ARGOCD_BINARY_NAME", name)
                .env("ARGOCD_FAKE_IN_CLUSTER", "true")
                .env("ARGOCD_GPG_ENABLED", "false")
                .env("ARGOCD_GNUPGHOME", path.join("gnupg"))
                .env("ARGOCD_TLS_DATA_PATH", path.join("tls"))
                .env("ARGOCD_SSH_DATA_PATH", path.join("ssh"))
                .env("ARGOCD_SYNC_WAVE_DELAY", "1")
                .env("TMPDIR", path.join("tmp"))
                .env("KUBECONFIG", &kubeconfig)
                .env("PATH", tools::path())
                .current_dir(path)
                .arg(format!("--redis=127.0.0.1:{redis}"));
            command
        };
        let mut command = common("argocd-repo-server");
        command.args([
            &format!("--port={repo}"),
            &format!("--metrics-port={repo_metrics}"),
            "--address=127.0.0.1",
            "--metrics-address=127.0.0.1",
            "--disable-tls",
            "--revision-cache-expiration=1s",
        ]);
        let repo_server = Process::start(command, &path.join("repo-server.log"));

        let mut command = common("argocd-application-controller");
        command.args([
            &format!("--repo-server=127.0.0.1:{repo}"),
            "--repo-server-plaintext",
            &format!("--kubeconfig={}", kubeconfig.display()),
            "--namespace=argocd",
            &format!("--metrics-port={metrics}"),
            "--app-resync=5",
            "--app-resync-jitter=0",
            "--self-heal-timeout-seconds=1",
            // An installation hides what it cannot build for three minutes, in case git was only out of reach.
            "--repo-error-grace-period-seconds=1",
        ]);
        let controller = Process::start(command, &path.join("controller.log"));
        Self {
            controller,
            repo_server,
            _redis: redis_process,
            _folder: folder,
        }
    }

    /// The ends of their logs, for the message of a test that fails.
    pub fn log(&self) -> String {
        format!(
            "controller:\n{}\nrepo server:\n{}",
            self.controller.log(),
            self.repo_server.log()
        )
    }
}

/// What an installation brings besides its workloads and `argocd-cm`.
fn configuration() -> Value {
    let labels = json!({ "app.kubernetes.io/part-of": "argocd" });
    let mut items = Vec::new();
    for name in [
        "argocd-rbac-cm",
        "argocd-cmd-params-cm",
        "argocd-ssh-known-hosts-cm",
        "argocd-tls-certs-cm",
        "argocd-gpg-keys-cm",
    ] {
        let metadata = json!({ "name": name, "namespace": "argocd", "labels": labels });
        items.push(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata }));
    }
    items.push(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "argocd-secret", "namespace": "argocd", "labels": labels },
        // Signs sessions of a web server that is not here.
        "stringData": { "server.secretkey": "not used" },
    }));
    items.push(json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": { "name": "default", "namespace": "argocd" },
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{ "namespace": "*", "server": "*" }],
            "clusterResourceWhitelist": [{ "group": "*", "kind": "*" }],
        },
    }));
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

/// The administrator's configuration with the namespace `argocd`, which Argo CD takes for its own.
fn in_its_namespace(kubeconfig: &Path, folder: &Path) -> PathBuf {
    let text = fs::read_to_string(kubeconfig).expect("the server wrote it");
    let mut value: Value = serde_json::from_str(&text).expect("it is JSON");
    value["contexts"][0]["context"]["namespace"] = json!("argocd");
    let path = folder.join("kubeconfig");
    fs::write(&path, value.to_string()).expect("a file");
    path
}
