//! Our modules, judged by OpenTofu itself: formatted, valid, and with tests of their own that pass. And what is rendered
//! around them is formatted as well.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use hcl_edit::structure::{Body, Structure};
use seaworthy_testkit::tofu::Root;

use crate::platforms::all;

/// How many are tested side by side: as many as OpenTofu gets turns.
const WORKERS: usize = 2;

#[test]
fn are_formatted() {
    Root::new(folder()).expect(&["fmt", "-check", "-diff", "-recursive", "-no-color"]);
}

#[test]
fn are_valid_and_pass_their_tests() {
    let waiting = Mutex::new(VecDeque::from(names()));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("nobody panics with it").pop_front();
                    let Some(name) = next else { return };
                    if let Err(said) = judge(&name) {
                        let mut failures = failures.lock().expect("nobody panics with it");
                        failures.push(format!("{name}:\n{said}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("nobody panicked with it");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn their_readmes_name_every_input_and_output() {
    for name in names() {
        let folder = folder().join(&name);
        let readme = fs::read_to_string(folder.join("README.md"))
            .unwrap_or_else(|error| panic!("{name} has no README: {error}"));
        assert!(readme.contains("```hcl\nmodule \""), "{name}: no example");
        for (file, kind) in [("variables.tf", "variable"), ("outputs.tf", "output")] {
            for label in labels(&folder.join(file), kind) {
                assert!(
                    readme.contains(&format!("`{label}`")),
                    "{name}: the README does not name the {kind} `{label}`"
                );
            }
        }
    }
}

#[test]
fn what_is_rendered_is_formatted() {
    for platform in all() {
        let folder = tempfile::tempdir().expect("a folder for the tree");
        for (path, file) in platform.render().tree.iter() {
            if Path::new(path).extension().is_none_or(|end| end != "tf") {
                continue;
            }
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it is in the folder")).expect("it is ours");
            fs::write(path, &file.text).expect("it is ours");
        }
        Root::new(folder.path()).expect(&["fmt", "-check", "-diff", "-recursive", "-no-color"]);
    }
}

/// `validate`, then `test`, in a copy of all modules, since some call others.
fn judge(name: &str) -> Result<(), String> {
    let root = Root::copy_of(&folder(), name);
    for arguments in [
        &["init", "-no-color", "-backend=false"][..],
        &["validate", "-no-color"],
        &["test", "-no-color"],
    ] {
        let ran = root.run(arguments);
        if !ran.status.success() {
            return Err(format!("{}\n{}", ran.stdout, ran.stderr));
        }
        if arguments[0] == "test" && ran.stdout.contains("Success! 0 passed") {
            return Err("it has no tests".to_owned());
        }
    }
    Ok(())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../modules/aws")
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the folder exists")
        .map(|entry| entry.expect("it can be read"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() > 10, "only {names:?}");
    names
}

fn labels(file: &Path, kind: &str) -> Vec<String> {
    let Ok(text) = fs::read_to_string(file) else {
        return Vec::new();
    };
    let body: Body = text
        .parse()
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    body.iter()
        .filter_map(Structure::as_block)
        .filter(|block| block.ident.as_str() == kind)
        .filter_map(|block| Some(block.labels.first()?.as_str().to_owned()))
        .collect()
}
