//! The files with which other repositories use `check`: the action's script is run as a runner would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use seaworthy_diagnostics::{FileId, SourceFile};
use seaworthy_facts::{Value, yaml};

use crate::repository::{RULE, Repository};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(top().join(path)).expect("the file is there");
    let documents = yaml::read(&SourceFile::new(FileId(0), path, text));
    assert!(
        documents.broken.is_empty(),
        "{path}: {:?}",
        documents.broken
    );
    let document = documents.documents.into_iter().next();
    document.expect("it has a document").value
}

const DENY_ALL: &str = "--deny all --select log-group-without-producer";

/// Runs the last step of the action with these inputs.
fn action(repository: &Repository, inputs: &[(&str, &str)]) -> Output {
    let action = read("action.yml");
    let steps = action.at("runs.steps").expect("it has steps").items();
    let step = steps.last().expect("it has a step");
    let script = step
        .get("run")
        .and_then(Value::str)
        .expect("it is a script");
    let mut command = Command::new("bash");
    // As runners do.
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
    for variable in step.get("env").expect("it has variables").entries() {
        let name: &str = &variable.key;
        let text = variable.value.str().expect("a text");
        let value = match text.strip_prefix("${{ inputs.") {
            Some(rest) => {
                let input = rest.trim_end_matches(" }}");
                let default = action.at(&format!("inputs.{input}.default"));
                let default = default
                    .and_then(Value::str)
                    .expect("every input has a default");
                let given = inputs.iter().find(|(name, _)| *name == input);
                given.map_or(default, |(_, value)| *value)
            }
            None => env!("CARGO_BIN_EXE_seaworthy"),
        };
        command.env(name, value);
    }
    command.current_dir(repository.path());
    command.output().expect("bash starts")
}

#[test]
fn the_action_annotates_and_fails_by_severity() {
    let repository = Repository::failing();
    let output = action(&repository, &[("arguments", DENY_ALL)]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("::") && said.contains(RULE), "{said}");
    let output = action(
        &repository,
        &[
            (
                "arguments",
                "--deny none --select log-group-without-producer",
            ),
            ("sarif", "out.sarif"),
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(repository.read("out.sarif").contains(RULE));
    repository.commit();
    let inputs = [
        ("arguments", DENY_ALL),
        ("since", "HEAD"),
        ("sarif", "out.sarif"),
    ];
    let output = action(&repository, &inputs);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn the_action_does_not_run_what_an_input_says() {
    let repository = Repository::failing();
    let evil = "$(touch evil); touch evil; `touch evil`";
    for input in ["paths", "since", "arguments", "sarif"] {
        let _ = action(&repository, &[(input, evil)]);
    }
    assert!(!repository.path().join("evil").exists());
}

#[test]
fn the_hook_runs_check() {
    let hooks = read(".pre-commit-hooks.yaml");
    let hook = &hooks.items()[0];
    assert_eq!(
        hook.get("entry").and_then(Value::str),
        Some("seaworthy check")
    );
    assert_eq!(
        hook.get("pass_filenames").and_then(Value::bool),
        Some(false)
    );
}
