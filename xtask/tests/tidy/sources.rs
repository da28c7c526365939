//! What must not stand in a file.

use crate::repository::{files, is, none, rust_files};

/// Written apart, so that this file does not hold what it looks for.
fn joined(parts: &[&[&str]]) -> Vec<String> {
    parts.iter().map(|parts| parts.concat()).collect()
}

#[test]
fn no_test_is_ignored_and_no_place_is_unfinished() {
    let forbidden = joined(&[
        &["#[", "ignore"],
        &["tod", "o!("],
        &["unimpl", "emented!("],
        &["FIX", "ME"],
    ]);
    let mut complaints = Vec::new();
    for file in rust_files() {
        complaints.extend(
            forbidden
                .iter()
                .filter_map(|word| Some(format!("{} has `{word}`", file.find(word)?))),
        );
    }
    none(&complaints, "finish it, or open an issue");
}

#[test]
fn no_path_of_a_machine_and_no_registry_host() {
    let forbidden = joined(&[
        &["/wo", "rk/"],
        &["/ro", "ot/"],
        &["/home", "/runner"],
        &["pypi", ".org"],
        &["python", "hosted.org"],
        &["registry.", "npmjs.org"],
        &["crates", ".io"],
        &["proxy.", "golang.org"],
        &["deb.", "debian.org"],
    ]);
    let lock = |path: &str| path == "Cargo.lock" || is(path, "lock") || path.ends_with("lock.json");
    let mut complaints = Vec::new();
    for file in files(|path| !lock(path)) {
        complaints.extend(
            forbidden
                .iter()
                .filter_map(|word| Some(format!("{} has `{word}`", file.find(word)?))),
        );
    }
    none(
        &complaints,
        "a reader's machine has other folders and other registries",
    );
}

#[test]
fn every_rust_file_says_what_lives_in_it() {
    let silent: Vec<String> = rust_files()
        .into_iter()
        .filter(|file| !file.text.trim_start().starts_with("//!"))
        .map(|file| file.path)
        .collect();
    none(
        &silent,
        "start the file with `//!`: what lives here, what does not, where to go next",
    );
}

#[test]
fn every_program_is_formatted_as_text() {
    let complaints: Vec<String> = files(|path| {
        ["rs", "md", "toml", "yaml", "json"]
            .iter()
            .any(|kind| is(path, kind))
    })
    .into_iter()
    // Fixtures may be wrong on purpose.
    .filter(|file| !file.path.contains("/tests/") && !file.path.contains("/fuzz/"))
    .filter(|file| {
        file.text.contains('\r') || (!file.text.is_empty() && !file.text.ends_with('\n'))
    })
    .map(|file| file.path)
    .collect();
    none(
        &complaints,
        "files end with a newline and have no carriage returns",
    );
}
