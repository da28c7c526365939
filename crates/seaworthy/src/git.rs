//! Git, as the user has it: the program on `PATH`, with the user's own settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::exit::CommandError;

/// Git in a folder.
pub(crate) struct Git {
    folder: PathBuf,
}

impl Git {
    /// Git in a folder, which must be in a repository.
    pub(crate) fn open(folder: &Path) -> Result<Self, CommandError> {
        let git = Self {
            folder: folder.to_owned(),
        };
        match git.run(&["rev-parse", "--is-inside-work-tree"]) {
            Ok(_) => Ok(git),
            Err(CommandError::Failure(_)) => Err(CommandError::refused(
                format!("{} is in no git repository", folder.display()),
                "a release is a commit: begin one with `git init`, or use `--no-commit`",
            )),
            Err(error) => Err(error),
        }
    }

    /// Whether a file differs from the last commit, or is not in it.
    pub(crate) fn is_changed(&self, path: &str) -> Result<bool, CommandError> {
        Ok(!self.run(&["status", "--porcelain", "--", path])?.is_empty())
    }

    /// Commits one file and nothing else, and gives the commit's short name.
    pub(crate) fn commit(&self, path: &str, message: &str) -> Result<String, CommandError> {
        self.run(&["add", "--", path])?;
        self.run(&[
            "commit",
            "--quiet",
            "--message",
            message,
            "--only",
            "--",
            path,
        ])?;
        self.run(&["rev-parse", "--short", "HEAD"])
    }

    /// The texts that a file had, newest first, each with its commit.
    pub(crate) fn history(
        &self,
        path: &str,
    ) -> Result<impl Iterator<Item = (String, String)>, CommandError> {
        let commits = self.run(&["log", "--format=%h", "--", path])?;
        let commits: Vec<String> = commits.lines().map(str::to_owned).collect();
        Ok(commits.into_iter().filter_map(move |commit| {
            // `./` is what makes the path relative to the folder.
            let text = self.run(&["show", &format!("{commit}:./{path}")]).ok()?;
            Some((commit, text))
        }))
    }

    /// Runs git and gives what it printed, without the line's end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, CommandError> {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| CommandError::system("`git` could not be started", &error))?;
        if output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            return Ok(text.trim_end_matches('\n').to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(CommandError::failed(
            format!("`git {}` failed", arguments.first().unwrap_or(&"")),
            said.lines().map(str::to_owned).collect(),
        ))
    }
}
