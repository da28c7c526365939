//! Where the outside tools are that tests judge us with: on `PATH`, or in the cache that `cargo xtask tools` fills.
//!
//! What is missing is a failure that says what to do, never a skipped test. Getting tools is `xtask`'s work.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder of things that can be fetched again: `SEAWORTHY_CACHE`, else `/var/cache/seaworthy` for root,
/// else `seaworthy` in the user's cache folder.
///
/// # Panics
/// When there is neither `SEAWORTHY_CACHE` nor a home folder.
pub fn cache() -> PathBuf {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(folder) = set("SEAWORTHY_CACHE") {
        return folder;
    }
    if rustix::process::geteuid().is_root() {
        // Servers that refuse to run as root read it too, and they cannot enter root's home.
        return PathBuf::from("/var/cache/seaworthy");
    }
    set("XDG_CACHE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .expect("set `SEAWORTHY_CACHE`: there is no `HOME` to keep a cache in")
        .join("seaworthy")
}

/// The folder of programs in the cache.
pub fn cached_programs() -> PathBuf {
    cache().join("tools").join("bin")
}

/// The folder of the environment that holds one pinned Python package.
pub fn python_environment(package: &str, version: &str) -> PathBuf {
    cache()
        .join("tools")
        .join("python")
        .join(format!("{package}-{version}"))
}

/// The folder of a project's custom resource definitions in the cache.
pub fn cached_crds(project: &str) -> PathBuf {
    cache().join("tools").join("crds").join(project)
}

/// Looks for a program on `PATH` first, then in the cache.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([cached_programs()])
        .map(|folder| folder.join(program))
        .find(|file| is_program(file))
}

/// A `PATH` on which a program finds the tools itself.
///
/// # Panics
/// When the cache's folder has a colon in its name.
pub fn path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    env::join_paths(env::split_paths(&path).chain([cached_programs()]))
        .expect("the cache's folder has no colon in its name")
}

/// Finds a program that a test needs.
///
/// # Panics
/// When it is nowhere: the message says how to get it.
#[track_caller]
pub fn program(name: &str) -> PathBuf {
    find(name).unwrap_or_else(|| {
        panic!(
            "`{name}` is neither on PATH nor in {}: run `cargo xtask tools`",
            cached_programs().display()
        )
    })
}

/// Finds the folder of a project's custom resource definitions that a test needs.
///
/// # Panics
/// When it is not there: the message says how to get it.
#[track_caller]
pub fn crds(project: &str) -> PathBuf {
    let folder = cached_crds(project);
    assert!(
        folder.join("VERSION").is_file(),
        "the CRDs of `{project}` are not in {}: run `cargo xtask tools`",
        folder.display()
    );
    folder
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
