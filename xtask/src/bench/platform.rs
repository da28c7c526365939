//! A platform driven as a user would drive it: with the `seaworthy` program, in a data folder of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use seaworthy_testkit::load::Target;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::output;
use crate::{Failure, root};

/// A platform's folder and where its data goes. What runs of it ends with this value, and its data with it.
pub(super) struct Platform {
    folder: PathBuf,
    data: TempDir,
    cache: TempDir,
    postgres: PathBuf,
}

impl Platform {
    /// Nothing is started yet; the data folder and the cache are empty, and PostgreSQL is the one in `postgres`.
    pub(super) fn new(folder: &Path, postgres: &Path) -> Result<Self, Failure> {
        let place = || -> Result<TempDir, Failure> {
            let place = tempfile::Builder::new()
                .prefix("seaworthy-bench-")
                .tempdir()?;
            // PostgreSQL runs as another user when we are root, and must get in.
            fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755))?;
            Ok(place)
        };
        Ok(Self {
            folder: folder.to_owned(),
            data: place()?,
            cache: place()?,
            postgres: postgres.to_owned(),
        })
    }

    /// `seaworthy up --detach`, and how long it took until the first 200 from `path` through the gateway.
    pub(super) fn up_until_answer(&self, path: &str) -> Result<Duration, Failure> {
        let start = Instant::now();
        self.seaworthy(&["up", "--detach"])?;
        let up = start.elapsed();
        // Asking for the address is ours, not the user's, who has it on the screen.
        let public = self.public()?;
        let start = Instant::now();
        while get(&public, path)? != 200 {
            if start.elapsed() > Duration::from_secs(30) {
                return Err(format!("`up` returned, but {path} does not answer 200").into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(up + start.elapsed())
    }

    /// `seaworthy down`, data kept.
    pub(super) fn down(&self) -> Result<(), Failure> {
        self.seaworthy(&["down"]).map(drop)
    }

    /// `seaworthy down --wipe`, and an empty cache.
    pub(super) fn wipe(&self) -> Result<(), Failure> {
        self.seaworthy(&["down", "--wipe"])?;
        for entry in fs::read_dir(self.cache.path())? {
            fs::remove_dir_all(entry?.path())?;
        }
        Ok(())
    }

    /// `seaworthy ps`.
    pub(super) fn status(&self) -> Result<Value, Failure> {
        let text = self.seaworthy(&["ps", "--format", "json"])?;
        serde_json::from_str(&text)
            .map_err(|error| format!("`seaworthy ps --format json` is no JSON: {error}").into())
    }

    /// The replicas of a service, in `seaworthy ps`.
    pub(super) fn replicas(&self, service: &str) -> Result<Vec<Value>, Failure> {
        let status = self.status()?;
        let services = status["services"]
            .as_array()
            .ok_or("`ps` names no services")?;
        let found = services.iter().find(|found| found["name"] == service);
        Ok(found
            .and_then(|found| found["replicas"].as_array())
            .ok_or("`ps` names no such service")?
            .clone())
    }

    /// The names of the services.
    pub(super) fn services(&self) -> Result<Vec<String>, Failure> {
        let status = self.status()?;
        let services = status["services"]
            .as_array()
            .ok_or("`ps` names no services")?;
        Ok(services
            .iter()
            .filter_map(|service| service["name"].as_str().map(str::to_owned))
            .collect())
    }

    /// Where one replica of a service listens, without anything between.
    pub(super) fn replica(&self, service: &str) -> Result<SocketAddr, Failure> {
        let replicas = self.replicas(service)?;
        let address = replicas
            .first()
            .and_then(|replica| replica["address"].as_str())
            .ok_or("it has no replica")?;
        let address = address.trim_start_matches("http://").trim_end_matches('/');
        address
            .parse()
            .map_err(|error| format!("`{address}` is no address: {error}").into())
    }

    /// The public address: where to connect, and the host to ask for.
    pub(super) fn public(&self) -> Result<(SocketAddr, String), Failure> {
        let status = self.status()?;
        let addresses = status["addresses"]
            .as_array()
            .ok_or("`ps` names no addresses")?;
        let public = addresses
            .iter()
            .find(|address| address["kind"] == "public")
            .ok_or("nothing is public")?;
        let url = public["url"].as_str().ok_or("an address has a URL")?;
        let host = url
            .trim_start_matches("http://")
            .split('/')
            .next()
            .unwrap_or_default();
        let port = host
            .rsplit_once(':')
            .map_or(Ok(80), |(_, port)| port.parse())?;
        Ok((
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
            host.to_owned(),
        ))
    }

    /// A load through the gateway.
    pub(super) fn public_target(&self, path: &str) -> Result<Target, Failure> {
        let (address, host) = self.public()?;
        Ok(Target::get(address, path).host(&host))
    }

    /// `seaworthy env`: the variables of a service, secrets shown.
    pub(super) fn variables(&self, service: &str) -> Result<Vec<(String, String)>, Failure> {
        let variables: Value =
            serde_json::from_str(&self.seaworthy(&["env", service, "--format", "json"])?)?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let pairs = variables.as_array().into_iter().flatten();
        Ok(pairs
            .filter_map(|pair| Some((text(&pair["name"])?, text(&pair["value"])?)))
            .collect())
    }

    /// Runs one verb on this platform.
    fn seaworthy(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(root().join("target/release/seaworthy"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("SEAWORTHY_DATA", self.data.path())
            .env("SEAWORTHY_CACHE", self.cache.path())
            .env("SEAWORTHY_POSTGRES", &self.postgres);
        output(&mut command)
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if let Err(failure) = self.seaworthy(&["down", "--wipe"]) {
            eprintln!("the platform of the benchmark was not ended: {failure}");
        }
    }
}

/// The status of one `GET`, 0 when there was no answer.
fn get((address, host): &(SocketAddr, String), path: &str) -> Result<u16, Failure> {
    use std::io::{Read, Write};
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    let Ok(answer) = ask() else { return Ok(0) };
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer
        .split_whitespace()
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| format!("`{answer}` is no HTTP").into())
}
