//! Debian's packages, installed for the machine or unpacked into the cache.

use std::fs;
use std::path::Path;

use seaworthy_testkit::tools::find;

use crate::Failure;
use crate::command::{command, output, run};

/// Installs packages for the whole machine.
pub(super) fn install(packages: &[&str]) -> Result<(), Failure> {
    if find("apt-get").is_none() {
        return Err(
            "this machine has no `apt-get`; install them with its own package manager".into(),
        );
    }
    let prefix: &[&str] = if rustix::process::geteuid().is_root() {
        &[]
    } else if output(&mut command("sudo", &["-n", "true"])).is_ok() {
        &["sudo", "-n"]
    } else {
        return Err("it needs root, and `sudo` would ask for a password; run it yourself".into());
    };
    let apt = |arguments: &[&str]| {
        let words: Vec<&str> = [
            prefix,
            &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
            arguments,
        ]
        .concat();
        run(&mut command(words[0], &words[1..]))
    };
    let wanted = [
        &["install", "--yes", "--quiet", "--no-install-recommends"],
        packages,
    ]
    .concat();
    // A fresh machine has no lists, an old one has lists of versions that are gone.
    apt(&wanted).or_else(|_| apt(&["update", "--quiet"]).and_then(|()| apt(&wanted)))
}

/// Unpacks one program of a package to `to`, without installing the package or what it depends on.
pub(super) fn unpack(package: &str, path: &str, to: &Path) -> Result<(), Failure> {
    for program in ["apt-get", "dpkg-deb"] {
        if find(program).is_none() {
            return Err(format!("this machine has no `{program}`").into());
        }
    }
    let folder = tempfile::tempdir()?;
    let download =
        || run(command("apt-get", &["download", "--quiet", package]).current_dir(folder.path()));
    download().or_else(|failure| {
        if !rustix::process::geteuid().is_root() {
            return Err(failure);
        }
        run(&mut command("apt-get", &["update", "--quiet"])).and_then(|()| download())
    })?;
    let archive = fs::read_dir(folder.path())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|file| file.extension().is_some_and(|extension| extension == "deb"))
        .ok_or("`apt-get download` left no package")?;
    let unpacked = folder.path().join("unpacked");
    run(command("dpkg-deb", &["--extract"])
        .arg(&archive)
        .arg(&unpacked))?;
    fs::create_dir_all(to.parent().ok_or("the cache has no folder")?)?;
    // Renamed into place, so that a program is there whole or not at all.
    let partial = to.with_extension("partial");
    fs::copy(unpacked.join(path), &partial)?;
    fs::rename(&partial, to)?;
    Ok(())
}
