//! `kubectl`, as the user has it: the program on `PATH`, with the user's own kubeconfig, on one context.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::exit::CommandError;

/// `kubectl` on one context, started in the platform's folder.
pub(crate) struct Kubectl {
    folder: PathBuf,
    /// The context's name.
    pub(crate) context: String,
    /// The name that the kubeconfig gives to the context's cluster. `aws eks update-kubeconfig` gives its ARN.
    pub(crate) cluster: String,
}

impl Kubectl {
    /// On a context, or on the current one.
    pub(crate) fn open(folder: &Path, context: Option<&str>) -> Result<Self, CommandError> {
        let mut arguments = vec!["config", "view", "--minify", "--output=json"];
        arguments.extend(context.map(|_| "--context"));
        arguments.extend(context);
        let config = run(folder, &arguments)?;
        let config: Value = serde_json::from_str(&config)
            .map_err(|error| CommandError::system("the kubeconfig could not be read", &error))?;
        let one = &config["contexts"][0];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (Some(context), Some(cluster)) = (text(&one["name"]), text(&one["context"]["cluster"]))
        else {
            return Err(CommandError::refused(
                "the kubeconfig has no current context",
                "name one with `--context`",
            ));
        };
        Ok(Self {
            folder: folder.to_owned(),
            context,
            cluster,
        })
    }

    /// Runs `kubectl` and gives what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, CommandError> {
        let arguments = ["--context", &self.context]
            .into_iter()
            .chain(arguments.iter().copied());
        run(&self.folder, &arguments.collect::<Vec<_>>())
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Result<String, CommandError> {
    let output = Command::new("kubectl")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                return CommandError::refused("there is no `kubectl` on PATH", "install it");
            }
            CommandError::system("`kubectl` could not be started", &error)
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(CommandError::failed(
        format!("`kubectl {}` failed", arguments.join(" ")),
        said.lines().map(str::to_owned).collect(),
    ))
}
