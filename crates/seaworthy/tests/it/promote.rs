//! `promote` and `rollback`: one digest, one commit, and nothing else.

use std::process::Command;

use crate::platform::{Platform, Printed};

const DEFINITION: &str = "platform: shop
repository: github.com/acme/shop
services:
  web:
    build: { dockerfile: Dockerfile }
    port: 8000
    migrate: [web, migrate]
  worker: { image: \"registry.example.com/worker:1\" }
jobs:
  report: { service: web, command: [web, report], schedule: \"0 6 * * *\" }
environments:
  development: { account: \"111111111111\", region: eu-west-3 }
  production: { account: \"222222222222\", region: eu-west-3 }
";

const IMAGE: &str = "222222222222.dkr.ecr.eu-west-3.amazonaws.com/shop/web";
const FILE: &str = "gitops/environments/production/images/kustomization.yaml";

fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

fn git(platform: &Platform, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=test", "-c", "user.email=test@example.com"])
        .args(arguments)
        .current_dir(&platform.folder)
        .output()
        .expect("git starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A platform in git, with a build in development.
fn shop(tag: &str, digit: char) -> Platform {
    let platform = Platform::with(&[("seaworthy.yaml", DEFINITION)]);
    platform.run(&["render"]).code(0);
    release(&platform, tag, digit);
    git(&platform, &["init", "--quiet", "--initial-branch=main"]);
    git(&platform, &["config", "user.name", "test"]);
    git(&platform, &["config", "user.email", "test@example.com"]);
    git(&platform, &["add", "."]);
    git(&platform, &["commit", "--quiet", "--message=begin"]);
    platform
}

fn release(platform: &Platform, tag: &str, digit: char) {
    let file = FILE.replace("production", "development");
    let text = format!(
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n- name: {IMAGE}\n  newTag: {tag}\n  digest: {}\n",
        digest(digit)
    );
    platform.write(&file, &text);
}

fn promote(platform: &Platform, more: &[&str]) -> Printed {
    let mut arguments = vec![
        "promote",
        "web",
        "--from",
        "development",
        "--to",
        "production",
    ];
    arguments.extend(more);
    platform.run(&arguments)
}

#[test]
fn a_promotion_is_one_commit_of_one_file_and_a_rollback_its_twin() {
    let platform = shop("v1.0.0", '1');
    let before = platform.read(FILE);
    let said = promote(&platform, &["--offline"]).code(0).stderr;
    assert!(
        said.contains("web in production: v1.0.0 (111111111111)"),
        "{said}"
    );
    assert!(
        said.contains("its migration runs first: web migrate"),
        "{said}"
    );
    assert!(said.contains("job report runs the same build"), "{said}");
    let changed = git(&platform, &["show", "--name-only", "--format=%s"]);
    assert_eq!(changed, format!("production: web v1.0.0\n\n{FILE}"));
    // The comments of the file are the team's.
    let first_lines = before.lines().take(3).collect::<Vec<_>>();
    assert_eq!(
        platform.read(FILE).lines().take(3).collect::<Vec<_>>(),
        first_lines
    );

    let again = promote(&platform, &["--offline"]).code(0).stderr;
    assert!(
        again.contains("production runs v1.0.0 (111111111111) already"),
        "{again}"
    );

    release(&platform, "v1.1.0", '2');
    git(
        &platform,
        &[
            "commit",
            "--quiet",
            "--all",
            "--message=development: web v1.1.0",
        ],
    );
    promote(&platform, &["--offline", "--digest", &digest('2')]).code(0);
    assert!(platform.read(FILE).contains(&digest('2')));

    let back = platform
        .run(&["rollback", "web", "--in", "production"])
        .code(0)
        .stderr;
    assert!(
        back.contains("v1.1.0 (222222222222) → v1.0.0 (111111111111)"),
        "{back}"
    );
    assert!(back.contains("migrations"), "{back}");
    assert!(platform.read(FILE).contains(&digest('1')));
    assert_eq!(
        git(&platform, &["log", "-1", "--format=%s"]),
        "production: web back to v1.0.0"
    );
}

#[test]
fn what_does_not_run_in_the_first_environment_is_refused() {
    let platform = shop("v1.0.0", '1');
    let refused = promote(&platform, &["--offline", "--digest", &digest('3')])
        .code(4)
        .stderr;
    assert!(
        refused.contains("development does not run that digest"),
        "{refused}"
    );
    let none = platform
        .run(&[
            "promote",
            "web",
            "--from",
            "production",
            "--to",
            "development",
            "--offline",
        ])
        .code(4)
        .stderr;
    assert!(
        none.contains("has not been released to production"),
        "{none}"
    );
    let fixed = platform
        .run(&[
            "promote",
            "worker",
            "--from",
            "development",
            "--to",
            "production",
        ])
        .code(4)
        .stderr;
    assert!(
        fixed.contains("`worker` runs an image that the definition names"),
        "{fixed}"
    );
    let unknown = platform
        .run(&[
            "promote",
            "wbe",
            "--from",
            "development",
            "--to",
            "production",
        ])
        .code(2)
        .stderr;
    assert!(unknown.contains("the services are"), "{unknown}");
    assert_eq!(git(&platform, &["status", "--porcelain"]), "");
}

#[test]
fn changes_that_are_not_committed_do_not_go_along() {
    let platform = shop("v1.0.0", '1');
    platform.write("notes.md", "mine\n");
    platform.write(FILE, &format!("{}# mine\n", platform.read(FILE)));
    let refused = promote(&platform, &["--offline"]).code(4).stderr;
    assert!(
        refused.contains("has changes that are not committed"),
        "{refused}"
    );
    promote(&platform, &["--offline", "--no-commit"]).code(0);
    assert!(
        platform.read(FILE).ends_with("# mine\n"),
        "{}",
        platform.read(FILE)
    );
}

#[test]
fn a_first_release_has_nothing_to_go_back_to() {
    let platform = shop("v1.0.0", '1');
    promote(&platform, &["--offline"]).code(0);
    let refused = platform
        .run(&["rollback", "web", "--in", "production"])
        .code(4)
        .stderr;
    assert!(
        refused.contains("`web` ran nothing else in production"),
        "{refused}"
    );
    let refused = platform
        .run(&["rollback", "web", "--in", "production", "--to", "v9"])
        .code(4)
        .stderr;
    assert!(refused.contains("did not run `v9`"), "{refused}");
}
