//! Fetching one package with its client, checking it, and unpacking it.
//!
//! No script of a package is ever run.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use sha2::{Digest, Sha512};
use tokio::process::Command;

use crate::packages::{Client, Package};

/// Puts the checked package into `unpacked`, which is made; `work` is for what comes up on the way.
///
/// What fails is told in words for the user: the last lines of the client, or why it could not be used.
pub(crate) async fn fetch(package: &Package, work: &Path, unpacked: &Path) -> Result<(), String> {
    match package.client {
        Client::Npm => npm(package, work, unpacked).await,
        Client::Pip => pip(package, work, unpacked).await,
    }
}

/// Fetches the tarball, checks it, and unpacks what `npm install` would have, without running its scripts.
async fn npm(package: &Package, work: &Path, unpacked: &Path) -> Result<(), String> {
    let spec = format!("{}@{}", package.name, package.version);
    run(Command::new("npm")
        .args(["pack", &spec, "--ignore-scripts", "--loglevel=error"])
        .current_dir(work))
    .await?;
    let tarball = fs::read_dir(work)
        .and_then(|mut entries| {
            entries
                .find_map(|entry| {
                    let path = entry.ok()?.path();
                    (path.extension()? == "tgz").then_some(Ok(path))
                })
                .unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::NotFound)))
        })
        .map_err(|error| format!("npm left no tarball behind: {error}"))?;

    let (unpacked, wanted) = (unpacked.to_owned(), package.checksum.clone());
    blocking(move || {
        let found = sha512(&tarball).map_err(|error| format!("could not read the tarball: {error}"))?;
        if found != wanted {
            return Err(format!(
                "refused: the tarball's SHA-512 is {found}, but this version of Seaworthy was built for {wanted}"
            ));
        }
        unpack_npm(&tarball, &unpacked).map_err(|error| format!("could not unpack the tarball: {error}"))
    })
    .await
}

/// pip and uv both check the hash themselves, and refuse everything else in this mode.
async fn pip(package: &Package, work: &Path, unpacked: &Path) -> Result<(), String> {
    let requirements = work.join("requirements.txt");
    fs::write(
        &requirements,
        format!(
            "{}=={} --hash=sha256:{}\n",
            package.name, package.version, package.checksum
        ),
    )
    .map_err(|error| format!("could not write `{}`: {error}", requirements.display()))?;
    let common = |command: &mut Command| {
        command
            .args([
                "--no-deps",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "--quiet",
                "--target",
            ])
            .arg(unpacked)
            .arg("--requirement")
            .arg(&requirements)
            .current_dir(work);
    };
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--no-compile",
        "--disable-pip-version-check",
        "--no-input",
    ]);
    common(&mut pip);
    let Err(with_pip) = run(&mut pip).await else {
        return Ok(());
    };

    let mut uv = Command::new("uv");
    uv.args(["pip", "install"]);
    common(&mut uv);
    run(&mut uv)
        .await
        .map_err(|with_uv| format!("{with_pip}\n`uv pip install`: {with_uv}"))
}

/// A name that stands for another file of the package; tarballs of the registry hold no symbolic links.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

fn unpack_npm(tarball: &Path, into: &Path) -> io::Result<()> {
    const PREFIX: &str = "package/native";
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(io::BufReader::new(
        File::open(tarball)?,
    )));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        // Only the programs are wanted. The crate's own unpacking refuses paths that lead outside; so must this.
        let Ok(inner) = path.strip_prefix(PREFIX) else {
            continue;
        };
        if inner
            .components()
            .any(|part| !matches!(part, std::path::Component::Normal(_)))
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the path `{}`", path.display()),
            ));
        }
        let target = into.join(inner);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        entry.unpack(&target)?;
    }

    let list = into.join("pg-symlinks.json");
    if !list.exists() {
        return Ok(());
    }
    let links: Vec<Link> = serde_json::from_slice(&fs::read(&list)?)?;
    for link in links {
        // Both stand in one folder, always: libraries under their shorter names.
        let (Ok(target), Some(name)) =
            (link.target.strip_prefix("native"), link.source.file_name())
        else {
            continue;
        };
        if link.source.parent() == link.target.parent()
            && target
                .components()
                .all(|part| matches!(part, std::path::Component::Normal(_)))
        {
            match std::os::unix::fs::symlink(name, into.join(target)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

fn sha512(path: &Path) -> io::Result<String> {
    use std::fmt::Write as _;

    let mut file = File::open(path)?;
    let mut hasher = Sha512::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .fold(String::with_capacity(128), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
}

async fn run(command: &mut Command) -> Result<(), String> {
    let program = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                format!("`{program}` is not installed")
            } else {
                format!("could not run `{program}`: {error}")
            }
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    Err(format!(
        "{}\n{}",
        output.status,
        lines[lines.len().saturating_sub(8)..].join("\n")
    ))
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .expect("the work does not panic")
}
