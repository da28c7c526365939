//! OpenTofu (and Terraform, where a machine has it) on a folder, as a test needs it: with the provider out of the
//! cache, in an account of the [emulator](crate::emulator), with nothing of this machine's settings, and not for ever.
//!
//! Roots are copied before they are run ([`Root::copy_of`]), since a run leaves files. `cargo xtask tools` gets the
//! programs and the provider.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use rustix::process::{Pid, Signal};
use serde_json::Value;
use tempfile::TempDir;

use crate::emulator::Account;
use crate::tools::{cache, program};

/// The version of the provider `hashicorp/aws` that tests run with.
pub const AWS_PROVIDER: &str = "5.100.0";

/// Under which hosts OpenTofu and Terraform look for it.
pub const REGISTRIES: [&str; 2] = ["registry.opentofu.org", "registry.terraform.io"];

/// How many runs a machine bears at once: each takes 0.8 GB and a processor.
const SLOTS: usize = 2;

/// How long one command may take. The slowest thing that tests create, a database, takes three minutes.
const PATIENCE: Duration = Duration::from_mins(15);

/// The folder that holds the provider for both programs.
pub fn mirror() -> PathBuf {
    cache().join("tools").join("providers")
}

/// The file for `TF_CLI_CONFIG_FILE` that names only the mirror.
pub fn cli_config() -> PathBuf {
    cache().join("tools").join("providers.tfrc")
}

/// What providers call this machine: `linux_amd64`.
pub fn platform() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    format!("{system}_{architecture}")
}

/// The variables that make either program find the provider, ask nothing and call home to nobody.
///
/// # Panics
/// When the mirror is missing: the message names the command that fills it.
pub fn variables() -> Vec<(String, String)> {
    let config = cli_config();
    assert!(
        config.exists(),
        "{} is missing: run `cargo xtask tools`",
        config.display()
    );
    [
        ("TF_CLI_CONFIG_FILE", config.to_string_lossy().as_ref()),
        ("TF_IN_AUTOMATION", "1"),
        ("TF_INPUT", "0"),
        ("CHECKPOINT_DISABLE", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// A turn among all the tests of this machine that run OpenTofu; given back with the value.
///
/// [`Root::run`] takes one by itself. Take one around a program that runs OpenTofu.
#[derive(Debug)]
pub struct Slot {
    _lock: File,
}

impl Slot {
    /// Waits for a turn.
    ///
    /// # Panics
    /// When the cache cannot be written.
    pub fn take() -> Self {
        let folder = cache().join("tools");
        fs::create_dir_all(&folder).expect("the cache can be written");
        loop {
            for number in 0..SLOTS {
                let lock = File::create(folder.join(format!("tofu-{number}.lock")))
                    .expect("the cache can be written");
                if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
                    return Self { _lock: lock };
                }
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// A root to run commands in.
#[derive(Debug)]
pub struct Root {
    folder: PathBuf,
    program: PathBuf,
    variables: BTreeMap<String, String>,
    /// Goes with the value.
    _copy: Option<TempDir>,
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Root {
    /// A root that is run where it is, by `tofu`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            program: program("tofu"),
            variables: variables().into_iter().collect(),
            _copy: None,
        }
    }

    /// The root `below` a tree, in a copy of the whole tree, so that its modules are found.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn copy_of(tree: &Path, below: &str) -> Self {
        let copy = tempfile::tempdir().expect("a folder for the copy");
        copy_tree(tree, copy.path());
        let folder = copy.path().join(below);
        Self {
            _copy: Some(copy),
            ..Self::new(folder)
        }
    }

    /// The same root, run by another program of the same command line: `terraform`.
    #[must_use]
    pub fn by(mut self, program: PathBuf) -> Self {
        self.program = program;
        self
    }

    /// The same root in an account of the emulator.
    ///
    /// It gets a file that overrides one thing of its provider: how often a request that the emulator does not know is
    /// sent again, which would else take minutes.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[must_use]
    pub fn in_account(mut self, account: &Account, region: &str) -> Self {
        give_up_early(&self.folder);
        self.variables.extend(account.variables(region));
        self
    }

    /// The same root with one more variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command when it is its turn, and waits for its end.
    ///
    /// # Panics
    /// When it does not start, or takes too long; then it is ended.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let _slot = Slot::take();
        let child = Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(
                std::env::vars()
                    .filter(|(name, _)| ["PATH", "HOME", "TMPDIR"].contains(&name.as_str())),
            )
            .envs(&self.variables)
            // One id ends it together with its providers.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.program.display()));
        Running(child).wait(arguments)
    }

    /// Runs a command that must succeed, and gives its standard output.
    ///
    /// # Panics
    /// When it fails: the message holds what it said.
    #[track_caller]
    pub fn expect(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert!(
            ran.status.success(),
            "`{} {}` in {}: {}\n{}\n{}",
            self.program.display(),
            arguments.join(" "),
            self.folder.display(),
            ran.status,
            ran.stdout,
            ran.stderr
        );
        ran.stdout
    }

    /// `init`, with the state kept where the root says.
    #[track_caller]
    pub fn init(&self) {
        self.expect(&["init", "-no-color"]);
    }

    /// `init` for a root that is only looked at: its state stays unread.
    #[track_caller]
    pub fn init_without_state(&self) {
        self.expect(&["init", "-no-color", "-backend=false"]);
    }

    /// Plans, and gives the plan as `show -json` prints it.
    ///
    /// # Panics
    /// When it cannot be planned.
    #[track_caller]
    pub fn plan(&self) -> Value {
        self.expect(&["plan", "-no-color", "-out=plan.tfplan"]);
        let shown = self.expect(&["show", "-json", "plan.tfplan"]);
        serde_json::from_str(&shown).expect("`show -json` prints JSON")
    }
}

/// Lets the provider of a root give up early on what an emulator does not know.
///
/// # Panics
/// When the file cannot be written.
pub fn give_up_early(root: &Path) {
    fs::write(
        root.join("emulator_override.tf"),
        "provider \"aws\" {\n  max_retries = 2\n}\n",
    )
    .unwrap_or_else(|error| panic!("{} cannot be written: {error}", root.display()));
}

/// A command under way; it ends with the value.
struct Running(Child);

impl Running {
    fn wait(mut self, arguments: &[&str]) -> Ran {
        let mut stdout = self.0.stdout.take().expect("it was piped");
        let mut stderr = self.0.stderr.take().expect("it was piped");
        let read = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stdout.read_to_string(&mut text);
            text
        });
        let read_errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.0.try_wait().expect("its state can be asked") {
                break status;
            }
            assert!(
                Instant::now() < until,
                "`{}` is not done after {PATIENCE:?}",
                arguments.join(" ")
            );
            std::thread::sleep(Duration::from_millis(20));
        };
        let said = "its output is read to the end";
        Ran {
            status,
            stdout: read.join().expect(said),
            stderr: read_errors.join().expect(said),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        let _ = rustix::process::kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap_or_else(|error| panic!("{}: {error}", to.display()));
    let entries = fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        // What an earlier run left is not part of the tree.
        if entry.file_name() == ".terraform" {
            continue;
        }
        if entry.file_type().expect("it has a type").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target)
                .unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::Emulator;

    const ROOT: &str = r#"
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

provider "aws" {
  default_tags {
    tags = { platform = "counter" }
  }
}

resource "aws_sns_topic" "this" {
  name = "alerts"
}

output "account" {
  value = split(":", aws_sns_topic.this.arn)[4]
}
"#;

    #[test]
    fn a_root_is_applied_in_an_account_of_the_emulator_and_then_has_nothing_to_change() {
        let tree = tempfile::tempdir().expect("a folder");
        fs::create_dir(tree.path().join("topic")).expect("a folder");
        fs::write(tree.path().join("topic/main.tf"), ROOT).expect("a file");
        let account = Emulator::shared().account();
        let root = Root::copy_of(tree.path(), "topic").in_account(&account, "eu-west-3");
        root.init();
        let plan = root.plan();
        assert_eq!(
            plan["resource_changes"][0]["change"]["actions"][0],
            "create"
        );
        root.expect(&["apply", "-no-color", "plan.tfplan"]);
        let seen = root.expect(&["output", "-raw", "account"]);
        assert_eq!(seen, account.id());
        let again = root.run(&["plan", "-no-color", "-detailed-exitcode"]);
        assert!(again.status.success(), "{}{}", again.stdout, again.stderr);
        assert!(
            !tree.path().join("topic/.terraform").exists(),
            "it was copied"
        );
    }

    #[test]
    fn a_failing_command_tells_what_it_said() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("main.tf"), "resource {").expect("a file");
        let ran = Root::new(folder.path()).run(&["validate", "-no-color"]);
        assert!(!ran.status.success());
        assert!(ran.stderr.contains("main.tf line 1"), "{}", ran.stderr);
    }
}
