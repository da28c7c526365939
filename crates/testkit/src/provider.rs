//! OpenTofu's provider for AWS, started once and used by run after run, where each run would else start a program of
//! 700 MB for itself: a plan costs half the processor time so.
//!
//! The provider says by itself how it is reached, in the form of `TF_REATTACH_PROVIDERS`. It holds one configuration at a
//! time: one root after another, never two at once, and no root with the provider in a second region.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::emulator::Account;
use crate::tofu::{AWS_PROVIDER, REGISTRIES, mirror, platform};

const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the provider and waits for the end of its input, so that it does not outlive a test that is killed.
const SCRIPT: &str = r#""$0" -debug & cat > /dev/null; kill $!; wait $!"#;

/// A running provider; ends with the value.
#[derive(Debug)]
pub struct Provider {
    child: Child,
    reattach: String,
    _folder: TempDir,
}

impl Provider {
    /// Starts one for an account of the emulator.
    ///
    /// # Panics
    /// When it is not in the mirror, or does not start.
    pub fn start(account: &Account, region: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the provider");
        let log = folder.path().join("log");
        let file = File::create(&log).expect("a file for its log");
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT])
            .arg(program())
            .env_clear()
            .envs(
                std::env::vars()
                    .filter(|(name, _)| ["PATH", "HOME", "TMPDIR"].contains(&name.as_str())),
            )
            .envs(account.variables(region))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(file.try_clone().expect("a second handle of the log"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("sh does not start: {error}"));
        let start = Instant::now();
        let reattach = loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if let Some(reattach) = reattach(&said) {
                break reattach;
            }
            let ended = child.try_wait().expect("its state can be asked");
            assert!(
                ended.is_none() && start.elapsed() < PATIENCE,
                "the provider does not start ({ended:?}):\n{said}"
            );
            std::thread::sleep(Duration::from_millis(50));
        };
        Self {
            child,
            reattach,
            _folder: folder,
        }
    }

    /// What OpenTofu reaches it by.
    pub fn variable(&self) -> (&'static str, &str) {
        ("TF_REATTACH_PROVIDERS", &self.reattach)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // The shell and the provider are one group.
        let _ = rustix::process::kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

/// What the provider prints for a shell, under the name by which OpenTofu knows it.
fn reattach(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("TF_REATTACH_PROVIDERS='")?;
    let (value, _) = rest.split_once('\'')?;
    Some(value.replace(REGISTRIES[1], REGISTRIES[0]))
}

fn program() -> PathBuf {
    let folder = mirror()
        .join(REGISTRIES[0])
        .join("hashicorp/aws")
        .join(AWS_PROVIDER)
        .join(platform());
    let found = fs::read_dir(&folder).ok().and_then(|entries| {
        let mut files = entries.flatten().map(|entry| entry.path());
        files.find(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("terraform-provider-aws"))
        })
    });
    found.unwrap_or_else(|| {
        panic!(
            "no provider in {}: run `cargo xtask tools`",
            folder.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_turned_to_the_registry_of_opentofu() {
        let said = "Provider started.\n\n\tTF_REATTACH_PROVIDERS='{\"registry.terraform.io/hashicorp/aws\":{\"Pid\":1}}'\n";
        let reattach = reattach(said).expect("it is there");
        assert_eq!(
            reattach,
            r#"{"registry.opentofu.org/hashicorp/aws":{"Pid":1}}"#
        );
        assert_eq!(super::reattach("Provider started."), None);
    }
}
