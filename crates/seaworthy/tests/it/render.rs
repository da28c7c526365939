//! `render`: what it writes, leaves and removes.

use std::fs;
use std::process::Command;

use crate::platform::Platform;

const DEFINITION: &str = "platform: shop
services:
  web: { run: [python3, app.py], port: 8000 }
environments:
  development: { account: \"111111111111\", region: eu-west-3 }
  production: { account: \"222222222222\", region: eu-west-3 }
";

fn shop() -> Platform {
    Platform::with(&[("seaworthy.yaml", DEFINITION)])
}

/// A file of the first root, which every definition with an account has.
const PROVIDERS: &str = "infra/accounts/111111111111/eu-west-3/state/providers.tf";

#[test]
fn writes_what_differs_and_says_when_it_is_stale() {
    let platform = shop();
    platform.run(&["render", "--check"]).code(1);
    assert!(
        !platform.folder.join("infra").exists(),
        "`--check` writes nothing"
    );

    let diff = platform.run(&["render", "--diff"]).code(0).stdout;
    assert!(diff.contains(&format!("+++ b/{PROVIDERS}")), "{diff}");
    assert!(
        !platform.folder.join("infra").exists(),
        "`--diff` writes nothing"
    );

    platform.run(&["render"]).code(0);
    assert!(
        platform
            .read(PROVIDERS)
            .contains("allowed_account_ids = [\"111111111111\"]")
    );
    platform.run(&["render", "--check"]).code(0);
    let again = platform.run(&["render"]).code(0).stderr;
    assert!(again.contains("0 written"), "{again}");

    // An environment that goes takes its files with it, and no others.
    let one = DEFINITION.replace(
        "  development: { account: \"111111111111\", region: eu-west-3 }\n",
        "",
    );
    platform.write("seaworthy.yaml", &one);
    platform.write("infra/accounts/111111111111/notes.md", "ours\n");
    platform.run(&["render"]).code(0);
    assert!(!platform.folder.join(PROVIDERS).exists());
    assert_eq!(
        platform.read("infra/accounts/111111111111/notes.md"),
        "ours\n"
    );
}

#[test]
fn an_edited_file_is_left_until_it_is_named() {
    let platform = shop();
    platform.run(&["render"]).code(0);
    platform.write(PROVIDERS, "mine\n");
    platform.write(
        "seaworthy.yaml",
        &DEFINITION.replace("eu-west-3", "eu-west-1"),
    );

    let told = platform.run(&["render"]).code(4).stderr;
    assert!(
        told.contains(&format!("`{PROVIDERS}` was left as it is")),
        "{told}"
    );
    assert_eq!(platform.read(PROVIDERS), "mine\n");
    // The rest is written all the same, and the edit is told again.
    let moved = PROVIDERS.replace("eu-west-3", "eu-west-1");
    assert!(platform.read(&moved).contains("eu-west-1"));
    platform.run(&["render", "--check"]).code(4);

    platform.run(&["render", "--overwrite", PROVIDERS]).code(0);
    assert!(!platform.folder.join(PROVIDERS).exists());
    platform.run(&["render", "--check"]).code(0);
}

#[test]
fn patches_are_applied_last() {
    let platform = shop();
    let patch = "patches/infra/accounts/111111111111/eu-west-3/state/keep.tf";
    platform.write(patch, "module \"state\" {\n  noncurrent_days = 365\n}\n");
    platform.run(&["render"]).code(0);
    let copied = platform.read("infra/accounts/111111111111/eu-west-3/state/keep_override.tf");
    assert!(copied.contains("noncurrent_days = 365"), "{copied}");
}

#[test]
fn a_definition_with_errors_writes_nothing() {
    let platform = Platform::with(&[("seaworthy.yaml", "platform: shop\nservicse: {}\n")]);
    let told = platform.run(&["render"]).code(3).stderr;
    assert!(told.contains("did you mean `services`"), "{told}");
    assert!(!platform.folder.join("infra").exists());
}

/// `seaworthy render examples/<name>` brings a tree up to date.
#[test]
fn the_trees_of_the_examples_are_what_is_rendered() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let anywhere = shop();
    for entry in std::fs::read_dir(&examples).expect("the folder exists") {
        let folder = entry.expect("it can be read").path();
        if folder.join("seaworthy.yaml").exists() {
            let folder = folder.to_str().expect("a path of ours is text");
            anywhere.run(&["render", "--check", folder]).code(0);
            // What we render is what we would say nothing about, also where no folder says that it is an example.
            let copied = Command::new("cp")
                .args(["-r", folder, "own"])
                .current_dir(&anywhere.folder)
                .status();
            assert!(copied.is_ok_and(|status| status.success()));
            let said = anywhere.run(&["check", "own"]).code(0);
            fs::remove_dir_all(anywhere.folder.join("own")).expect("it is ours");
            let said = format!("{}{}", said.stdout, said.stderr);
            assert!(said.contains("nothing found"), "{said}");
        }
    }
}
