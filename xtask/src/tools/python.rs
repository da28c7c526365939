//! Programs of Python packages, each in an environment of its own, so that none of them meets another's versions.

use std::os::unix::fs::symlink;
use std::path::Path;

use seaworthy_testkit::tools::{cached_programs, find, python_environment};

use crate::Failure;
use crate::command::{command, run};

/// Installs one package at a pinned version, and puts its program among the others.
pub(super) fn install(package: &str, version: &str, program: &str) -> Result<(), Failure> {
    let folder = python_environment(package, version);
    environment(&folder, &format!("{package}=={version}"))?;
    std::fs::create_dir_all(cached_programs())?;
    let link = cached_programs().join(program);
    if link.symlink_metadata().is_ok() {
        std::fs::remove_file(&link)?;
    }
    symlink(folder.join("bin").join(program), link)?;
    Ok(())
}

/// Makes an environment that holds what `wanted` names.
pub(super) fn environment(folder: &Path, wanted: &str) -> Result<(), Failure> {
    let Some(python) = find("python3") else {
        return Err("this machine has no `python3`".into());
    };
    let folder_name = folder.to_str().ok_or("the cache's path is not UTF-8")?;
    run(&mut command(python, &["-m", "venv", folder_name]))?;
    run(&mut command(
        folder.join("bin").join("pip"),
        &["install", "--quiet", "--no-input", wanted],
    ))
}
