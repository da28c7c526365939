//! `plan`, `apply` and `destroy` as they are typed: what is refused, and with which exit code. The journeys themselves
//! are tested where they are made, in `seaworthy-provision`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use seaworthy_testkit::emulator::{Account, Emulator};
use seaworthy_testkit::tofu;
use tempfile::TempDir;

const DEFINITION: &str = r#"platform: counter
services:
  web:
    image: example.com/web@sha256:0000000000000000000000000000000000000000000000000000000000000000
    run: [web]
    port: 8080
environments:
  staging: { account: "700000000099", region: eu-west-3 }
  production: { account: "700000000099", region: eu-west-3 }
  later: {}
"#;

fn platform() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("seaworthy.yaml"), DEFINITION).expect("a file");
    folder
}

fn seaworthy(folder: &Path, account: &Account, region: &str, arguments: &[&str]) -> Output {
    let programs = seaworthy_testkit::tools::cached_programs();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path)));
    Command::new(env!("CARGO_BIN_EXE_seaworthy"))
        .args(arguments)
        .arg(folder)
        .envs(tofu::variables())
        .envs(account.variables(region))
        .env("PATH", path.expect("no folder has a colon"))
        .env_remove("AWS_CA_BUNDLE")
        .output()
        .expect("it starts")
}

fn refused(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[test]
fn the_wrong_account_and_the_wrong_region_are_refused() {
    let folder = platform();
    let emulator = Emulator::shared();
    let other = emulator.account();
    for verb in [&["plan", "staging"][..], &["apply", "staging", "--yes"]] {
        let said = refused(&seaworthy(folder.path(), &other, "eu-west-3", verb), 4);
        assert!(
            said.contains(other.id()) && said.contains("700000000099"),
            "{said}"
        );
        let right = emulator.account_with_id("700000000099");
        let said = refused(&seaworthy(folder.path(), &right, "us-east-1", verb), 4);
        assert!(
            said.contains("`AWS_REGION` says region us-east-1"),
            "{said}"
        );
    }
    assert!(
        !folder.path().join(".seaworthy").exists(),
        "nothing was written"
    );
}

#[test]
fn files_that_are_not_rendered_are_not_applied() {
    let folder = platform();
    let account = Emulator::shared().account_with_id("700000000099");
    let output = seaworthy(folder.path(), &account, "eu-west-3", &["plan", "staging"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("seaworthy render"), "{said}");
}

#[test]
fn a_protected_environment_is_not_destroyed_and_one_that_is_not_there_is_named() {
    let folder = platform();
    let account = Emulator::shared().account_with_id("700000000099");
    let run = |arguments: &[&str]| seaworthy(folder.path(), &account, "eu-west-3", arguments);
    let rendered = run(&["render"]);
    assert!(
        rendered.status.success(),
        "{}",
        String::from_utf8_lossy(&rendered.stderr)
    );
    let said = refused(
        &run(&["destroy", "production", "--confirm", "production"]),
        4,
    );
    assert!(said.contains("`production` is protected"), "{said}");
    let said = refused(&run(&["destroy", "staging", "--confirm", "production"]), 4);
    assert!(said.contains("nothing was destroyed"), "{said}");
    let said = refused(&run(&["plan", "stagging"]), 2);
    assert!(
        said.contains("there is no environment `stagging`"),
        "{said}"
    );
    let said = refused(&run(&["plan", "later"]), 2);
    assert!(said.contains("no `account` or no `region`"), "{said}");
}
