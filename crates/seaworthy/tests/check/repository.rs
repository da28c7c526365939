//! A small repository in a folder of its own, and the program run in it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use seaworthy_check::page::Example;
use serde_json::Value;
use tempfile::TempDir;

/// The rule whose page's example most tests use, and the place that its primary label marks.
pub(crate) const RULE: &str = "log-group-without-producer";
pub(crate) const FILE: &str = "logs.tf";

/// A folder of files.
pub(crate) struct Repository(TempDir);

/// What a finished command printed.
pub(crate) struct Printed {
    code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Repository {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self(tempfile::tempdir().expect("a folder can be made"));
        for (path, text) in files {
            repository.write(path, text);
        }
        repository
    }

    /// The files of [`RULE`]'s page that are found fault with.
    pub(crate) fn failing() -> Self {
        let repository = Self::new(&[]);
        for file in example(RULE, "Failing").files {
            repository.write(&file.path, &file.text);
        }
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect("the file is there")
    }

    /// Puts a line in front of the first line that starts so.
    pub(crate) fn insert_before(&self, path: &str, start: &str, line: &str) {
        let text = self.read(path);
        let at = text.find(start).expect("the line is there");
        self.write(path, &format!("{}{line}\n{}", &text[..at], &text[at..]));
    }

    /// Runs `seaworthy` in the folder. `check` looks at [`RULE`] only, unless the arguments select: what other rules
    /// come to say about its example is their business.
    pub(crate) fn run(&self, arguments: &[&str]) -> Printed {
        self.run_in("", arguments)
    }

    /// Runs `seaworthy` with this much time and 4 GB of address space.
    pub(crate) fn run_within(&self, seconds: u32, arguments: &[&str]) -> Printed {
        let output = Command::new("bash")
            .args(["-c", "ulimit -v 4000000; exec timeout \"$0\" \"$@\""])
            .arg(seconds.to_string())
            .arg(env!("CARGO_BIN_EXE_seaworthy"))
            .args(arguments)
            .current_dir(self.path())
            .output()
            .expect("bash starts");
        Printed::of(&output)
    }

    /// Runs `seaworthy` in a folder below.
    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str]) -> Printed {
        let checks = arguments.first() == Some(&"check") && !arguments.contains(&"--select");
        let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .args(arguments)
            .args(if checks { &["--select", RULE][..] } else { &[] })
            .current_dir(self.path().join(folder))
            .env_remove("NO_COLOR")
            .env_remove("GITHUB_ACTIONS")
            .output()
            .expect("the program starts");
        Printed::of(&output)
    }

    /// Runs `check --format json`, whatever it finds.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["check", "--format", "json", "--today", "2026-11-21"];
        all.extend(arguments);
        let printed = self.run(&all);
        serde_json::from_str(&printed.stdout)
            .unwrap_or_else(|error| panic!("{error}:\n{}\n{}", printed.stdout, printed.stderr))
    }

    /// The rules that are found, in order.
    pub(crate) fn rules(&self, arguments: &[&str]) -> Vec<String> {
        let report = self.json(arguments);
        let diagnostics = report["diagnostics"].as_array().expect("a list");
        diagnostics
            .iter()
            .map(|one| one["rule"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// Runs git.
    pub(crate) fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args([
                "-c",
                "init.defaultBranch=main",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {said}");
    }

    /// Makes it a repository with everything committed.
    pub(crate) fn commit(&self) {
        self.git(&["init", "-q"]);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "all"]);
    }
}

impl Printed {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Fails the test with everything that was printed, unless the exit code is this.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails the test unless stderr has this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "it does not say {text:?}:\n{}",
            self.stderr
        );
        self
    }
}

/// A section of a rule's page.
pub(crate) fn example(rule: &str, section: &str) -> Example {
    let rule = seaworthy_check::find(rule).expect("the rule is there");
    Example::of(rule.page, section).expect("its page has the section")
}
