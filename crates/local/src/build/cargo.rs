//! Building with cargo.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use seaworthy_definition::model::{Service, ServiceName};
use serde::Deserialize;
use tokio::process::Command;

use super::{Built, failed, fingerprint, run};
use crate::event::Step;
use crate::failure::Failure;
use crate::process::journal::Journal;

/// The parts of cargo's messages that we read:
/// <https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>.
#[derive(Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds packages of one workspace for release, as production's image does.
pub(super) async fn build(
    folder: &Path,
    packages: &[(&Service, &str)],
    journal: &Journal,
    step: &Step,
) -> Result<BTreeMap<ServiceName, Built>, Failure> {
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--release",
            "--bins",
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(folder);
    for (_, package) in packages {
        command.args(["--package", package]);
    }
    // When we were started by `cargo run`, its variables about *our* package must not reach this call: they would
    // change what build scripts see, and so rebuild things.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text == "CARGO"
            || [
                "CARGO_PKG_",
                "CARGO_MANIFEST_",
                "CARGO_BIN_",
                "CARGO_CRATE_",
            ]
            .iter()
            .any(|p| text.starts_with(p))
        {
            command.env_remove(&name);
        }
    }
    let names: Vec<&str> = packages
        .iter()
        .map(|(service, _)| service.name.as_str())
        .collect();
    let what = format!("the build of `{}`", names.join("`, `"));
    let finished =
        run(command, &what, journal, step)
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound if folder.is_dir() => Failure::new(
                    names[0],
                    "cargo is not installed, and it builds this service",
                )
                .hint(
                    "install Rust (https://rustup.rs), or name a program that is there with `run:`",
                ),
                ErrorKind::NotFound => {
                    Failure::new(names[0], format!("{} is no folder", folder.display()))
                        .because("it is the `context` of the build")
                        .hint("`context` is relative to the folder of the definition")
                }
                _ => Failure::new(names[0], "cargo could not be started").caused_by(&error),
            })?;
    if !finished.status.success() {
        return Err(failed(names[0], &what, &finished));
    }
    let programs = executables(&finished.stdout);
    packages
        .iter()
        .map(|(service, package)| {
            let wanted = service.run.first().map_or(*package, String::as_str);
            let program = programs
                .get(wanted)
                .or_else(|| programs.get(*package))
                .cloned()
                .ok_or_else(|| {
                    let made: Vec<&str> = programs.keys().map(String::as_str).collect();
                    Failure::new(
                        service.name.as_str(),
                        format!("the package `{package}` has no program `{wanted}`"),
                    )
                    .because(format!("cargo made: {}", made.join(", ")))
                    .hint(format!(
                        "name one of them with `run:` of `{}`",
                        service.name
                    ))
                })?;
            let built = Built {
                fingerprint: fingerprint(&program),
                program,
                programs: programs.clone(),
                image: None,
            };
            Ok((service.name.clone(), built))
        })
        .collect()
}

fn executables(messages: &[u8]) -> BTreeMap<String, PathBuf> {
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect()
}
