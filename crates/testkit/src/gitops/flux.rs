//! Flux's kustomize controller, and a stand-in for its source controller, which cannot be built from published modules:
//! the caller publishes the archive of a commit, and it is put on every `GitRepository` as the source controller does.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::cluster::{ApiServer, free_ports};
use crate::process::Process;
use crate::tools;

/// A running kustomize controller, with the archives that it fetches.
#[derive(Debug)]
pub struct Flux {
    controller: Process,
    archives: TempDir,
    port: u16,
}

impl Flux {
    /// Starts it.
    ///
    /// It asks again after a second for what has to wait for something else, where an installation waits thirty.
    ///
    /// # Panics
    /// When the program is missing (the message names the command that gets it) or does not start.
    pub fn start(server: &ApiServer) -> Self {
        let archives = tempfile::tempdir().expect("a folder for archives");
        let port = serve(archives.path().to_owned());
        let [health, metrics] = free_ports();
        let mut command = Command::new(tools::program("flux-kustomize-controller-1.7"));
        command
            .env("RUNTIME_NAMESPACE", "flux-system")
            .env("KUBECONFIG", server.kubeconfig())
            .env("TMPDIR", archives.path())
            .args([
                "--enable-leader-election=false",
                "--events-addr=",
                &format!("--health-addr=127.0.0.1:{health}"),
                &format!("--metrics-addr=127.0.0.1:{metrics}"),
                "--requeue-dependency=1s",
                "--log-level=error",
            ]);
        let controller = Process::start(command, &archives.path().join("controller.log"));
        Self {
            controller,
            archives,
            port,
        }
    }

    /// Makes `commit` of the repository in `folder` what the `GitRepository` of this name holds.
    ///
    /// # Panics
    /// When git or the API server refuses.
    pub fn publish(&self, server: &ApiServer, name: &str, folder: &Path, commit: &str) {
        let file = format!("{commit}.tar.gz");
        let archive = self.archives.path().join(&file);
        let status = Command::new("git")
            .args(["archive", "--format=tar.gz", "--output"])
            .arg(&archive)
            .arg(commit)
            .current_dir(folder)
            .status()
            .expect("git starts");
        assert!(status.success(), "`git archive {commit}`: {status}");
        let bytes = fs::read(&archive).expect("git wrote it");

        let client = server.client();
        let sources = "/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories";
        let generation = client.get(&format!("{sources}/{name}"))["metadata"]["generation"].clone();
        let now = "2026-01-01T00:00:00Z";
        let status = json!({ "status": {
            "observedGeneration": generation,
            "artifact": {
                "digest": format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(&bytes))),
                "lastUpdateTime": now,
                "path": file,
                "revision": format!("main@sha1:{commit}"),
                "size": bytes.len(),
                "url": format!("http://127.0.0.1:{}/{file}", self.port),
            },
            "conditions": [{
                "type": "Ready",
                "status": "True",
                "reason": "Succeeded",
                "message": format!("stored artifact for revision 'main@sha1:{commit}'"),
                "lastTransitionTime": now,
                "observedGeneration": generation,
            }],
        }});
        let said = client.merge(&format!("{sources}/{name}/status"), &status);
        said.unwrap_or_else(|refusal| panic!("the artifact of {name}: {refusal}"));
    }

    /// The end of its log, for the message of a test that fails.
    pub fn log(&self) -> String {
        self.controller.log()
    }
}

/// Serves the files of a folder on loopback until the test's process ends, and gives the port.
fn serve(folder: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away asks again.
            let _ = answer(stream, &folder);
        }
    });
    port
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let length = stream.read(&mut request)?;
    let request = String::from_utf8_lossy(&request[..length]);
    let name = request.split_whitespace().nth(1).unwrap_or_default();
    let name = Path::new(name).file_name().unwrap_or_default();
    let (status, body) = match fs::read(folder.join(name)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}
