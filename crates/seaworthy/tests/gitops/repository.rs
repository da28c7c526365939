//! The counter's repository: rendered, everything released, in git.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The digest of a build, by a letter or digit of hexadecimal.
pub(crate) fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// A clone in which somebody works.
pub(crate) struct Repository {
    folder: TempDir,
}

impl Repository {
    /// The counter, rendered for one way of delivery (`argo-cd`, `flux`), both services at build 1 in both environments.
    pub(crate) fn counter(gitops: &str) -> Self {
        let definition =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/counter/seaworthy.yaml");
        let definition = fs::read_to_string(definition).expect("the example is there");
        assert!(definition.contains("gitops: argo-cd"), "{definition}");
        let repository = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        repository.write(
            "seaworthy.yaml",
            &definition.replace("gitops: argo-cd", &format!("gitops: {gitops}")),
        );
        repository.seaworthy(&["render"]);
        for environment in ["development", "production"] {
            repository.release(environment, '1');
        }
        // What follows the images files.
        repository.seaworthy(&["render"]);
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&["config", "user.name", "test"]);
        repository.git(&["config", "user.email", "test@example.com"]);
        repository
    }

    /// What a pipeline does after a build: its digest in an environment's images file, for both services.
    pub(crate) fn release(&self, environment: &str, digit: char) {
        let registry = "222222222222.dkr.ecr.eu-west-3.amazonaws.com/counter";
        let mut text =
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n".to_owned();
        for service in ["api", "web"] {
            writeln!(
                text,
                "- name: {registry}/{service}\n  newTag: v{digit}.0.0\n  digest: {}",
                digest(digit)
            )
            .expect("a string takes everything");
        }
        self.write(&images_file(environment), &text);
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it is below")).expect("a folder");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.folder.path().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every file below a folder of the repository, by its path in the repository.
    pub(crate) fn files(&self, below: &str) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![PathBuf::from(below)];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(self.folder.path().join(&folder)).expect("it is a folder");
            for entry in entries {
                let entry = entry.expect("it can be read");
                let path = folder.join(entry.file_name());
                if entry.path().is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.display().to_string());
                }
            }
        }
        files
    }

    /// Commits everything, and gives the commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.head()
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("git starts");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {talk}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs the program in the repository.
    pub(crate) fn seaworthy(&self, arguments: &[&str]) {
        let output = Command::new(env!("CARGO_BIN_EXE_seaworthy"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("seaworthy starts");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "seaworthy {arguments:?}: {talk}");
    }
}

/// Where an environment's builds stand.
pub(crate) fn images_file(environment: &str) -> String {
    format!("gitops/environments/{environment}/images/kustomization.yaml")
}
