//! The files that are part of the repository, as git sees them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask stands in the root")
}

/// A tracked file, or one that is about to be: everything but what `.gitignore` names.
pub(crate) struct File {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// `path:line` of the first line that holds `needle`.
    pub(crate) fn find(&self, needle: &str) -> Option<String> {
        let line = self.text.lines().position(|line| line.contains(needle))?;
        Some(format!("{}:{}", self.path, line + 1))
    }
}

/// Every text file whose path `wanted` accepts.
pub(crate) fn files(wanted: impl Fn(&str) -> bool) -> Vec<File> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git is needed to know which files belong to the repository");
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let paths = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    let mut paths: Vec<&str> = paths
        .split('\0')
        .filter(|path| !path.is_empty() && wanted(path))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths
        .into_iter()
        .filter_map(|path| {
            Some(File {
                path: path.to_owned(),
                text: fs::read_to_string(root().join(path)).ok()?,
            })
        })
        .collect()
}

/// The Rust files of the repository.
pub(crate) fn rust_files() -> Vec<File> {
    files(|path| is(path, "rs"))
}

/// Whether a path has this extension.
pub(crate) fn is(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

/// Reads one file that must be there.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("`{path}` cannot be read: {error}"))
}

/// The folders directly in `folder`, sorted.
pub(crate) fn folders(folder: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .unwrap_or_else(|error| panic!("`{folder}` cannot be listed: {error}"))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// Fails with one line for each complaint.
#[track_caller]
pub(crate) fn none(complaints: &[String], advice: &str) {
    assert!(
        complaints.is_empty(),
        "{advice}:\n  {}",
        complaints.join("\n  ")
    );
}
