//! Services that are images: run, and built, by Docker or Podman where one is present.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy_definition::model::{PlatformName, Service};
use tokio::process::Command;

use super::{Built, failed, run};
use crate::event::Step;
use crate::failure::Failure;
use crate::process::journal::Journal;

/// A Dockerfile and the stage to stop at.
pub(super) struct Recipe<'a> {
    pub(super) dockerfile: PathBuf,
    pub(super) target: Option<&'a str>,
}

/// A container engine that answers.
async fn engine(service: &Service) -> Result<&'static str, Failure> {
    let mut present = Vec::new();
    for engine in ["docker", "podman"] {
        // `info` asks the daemon; `--version` would be answered by a client alone.
        let mut command = Command::new(engine);
        command
            .args(["info", "--format", "{{.ID}}"])
            .stdin(std::process::Stdio::null());
        match command.output().await {
            Ok(output) if output.status.success() => return Ok(engine),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let line = said
                    .lines()
                    .find(|line| !line.trim().is_empty())
                    .unwrap_or("it gave no reason");
                present.push(format!(
                    "`{engine}` is installed and does not work: {}",
                    line.trim()
                ));
            }
            Err(_) => {}
        }
    }
    if present.is_empty() {
        present.push("neither `docker` nor `podman` is installed".to_owned());
    }
    let name = &service.name;
    let mut failure = Failure::new(
        name.as_str(),
        format!("`{name}` is an image, and no container engine runs here"),
    );
    failure.why = present;
    Err(failure.hint(format!(
        "start Docker or Podman, or say with `run:` how `{name}` starts on this machine without one"
    )))
}

pub(super) async fn image(service: &Service, image: &str) -> Result<Built, Failure> {
    let engine = engine(service).await?;
    Ok(built(engine, image, image.to_owned()))
}

pub(super) async fn build(
    platform: &PlatformName,
    service: &Service,
    context: &Path,
    recipe: &Recipe<'_>,
    journal: &Journal,
    step: &Step,
) -> Result<Built, Failure> {
    let engine = engine(service).await?;
    let tag = format!("seaworthy/{platform}-{}:local", service.name);
    let mut command = Command::new(engine);
    command
        .args(["build", "--tag", &tag, "--file"])
        .arg(&recipe.dockerfile);
    if let Some(target) = recipe.target {
        command.args(["--target", target]);
    }
    command.arg(context);
    let what = format!("the build of `{}`", service.name);
    let finished = run(command, &what, journal, step).await.map_err(|error| {
        Failure::new(
            service.name.as_str(),
            format!("{what} could not be started"),
        )
        .caused_by(&error)
    })?;
    if !finished.status.success() {
        return Err(failed(service.name.as_str(), &what, &finished));
    }
    let id = Command::new(engine)
        .args(["image", "inspect", "--format", "{{.Id}}", &tag])
        .output()
        .await;
    let id = id
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    Ok(built(engine, &tag, id))
}

fn built(engine: &str, image: &str, fingerprint: String) -> Built {
    Built {
        program: PathBuf::from(engine),
        programs: BTreeMap::new(),
        fingerprint,
        image: Some(image.to_owned()),
    }
}
