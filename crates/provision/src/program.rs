//! Which program plans and applies: `tofu`, else `terraform`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use semver::Version;
use serde_json::Value;

use crate::Error;

/// OpenTofu and Terraform lock states in S3 without a table from here on, and know every block that is rendered.
const OLDEST: Version = Version::new(1, 11, 0);

/// A program that was found and is new enough.
#[derive(Debug, Clone)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
}

impl Program {
    /// Looks for `tofu` in the folders, then for `terraform`.
    ///
    /// # Errors
    /// When there is neither, or what there is cannot be used.
    pub fn find(folders: &[PathBuf]) -> Result<Self, Error> {
        let candidates = ["tofu", "terraform"]
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        let path = candidates
            .into_iter()
            .find(|file| is_program(file))
            .ok_or(Error::FindProgram)?;
        let version = version(&path)?;
        // A pre-release of the oldest has everything, too.
        if Version::new(version.major, version.minor, version.patch) < OLDEST {
            return Err(Error::OldProgram {
                path,
                version,
                oldest: OLDEST,
            });
        }
        Ok(Self { path, version })
    }

    /// What people call it: `tofu`.
    pub fn name(&self) -> &str {
        let name = self.path.file_name().and_then(|name| name.to_str());
        name.unwrap_or("tofu")
    }
}

fn version(path: &Path) -> Result<Version, Error> {
    let failed = |why: String| Error::AskVersion {
        path: path.to_owned(),
        why,
    };
    let output = Command::new(path)
        .args(["version", "-json"])
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    // OpenTofu kept the name of the field.
    let said: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))?;
    let version = said["terraform_version"].as_str().unwrap_or_default();
    Version::parse(version).map_err(|error| failed(error.to_string()))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn fake(folder: &Path, name: &str, version: &str) {
        let file = folder.join(name);
        let text = format!("#!/bin/sh\necho '{{\"terraform_version\": \"{version}\"}}'\n");
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    #[test]
    fn tofu_is_taken_before_terraform_wherever_it_is() {
        let (first, second) = (tempfile::tempdir(), tempfile::tempdir());
        let (first, second) = (first.expect("a folder"), second.expect("a folder"));
        fake(first.path(), "terraform", "1.14.0");
        let folders = [first.path().to_owned(), second.path().to_owned()];
        let found = Program::find(&folders).expect("there is one");
        assert_eq!(found.name(), "terraform");
        fake(second.path(), "tofu", "1.12.6");
        let found = Program::find(&folders).expect("there are two");
        assert_eq!(
            (found.name(), &found.version),
            ("tofu", &Version::new(1, 12, 6))
        );
    }

    #[test]
    fn none_and_one_that_is_too_old_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = [folder.path().to_owned()];
        assert!(matches!(Program::find(&folders), Err(Error::FindProgram)));
        fake(folder.path(), "tofu", "1.10.9");
        let error = Program::find(&folders).expect_err("it is too old");
        assert!(error.to_string().contains("1.10.9"), "{error}");
    }
}
