//! Running other programs: echoed, in the root of the repository, with an error that names the command.

use std::ffi::OsStr;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::{Failure, root};

/// A command in the root of the repository that reads nothing.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    command
}

/// The cargo that runs this chore.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(
        std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        arguments,
    )
}

/// Runs a command with its output shown; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = start(command)?.wait()?;
    succeeded(command, status)
}

/// Echoes and starts a command.
pub(crate) fn start(command: &mut Command) -> Result<Child, Failure> {
    let shown = shown(command);
    println!("$ {shown}");
    command
        .spawn()
        .map_err(|error| format!("`{shown}` did not start: {error}").into())
}

/// Turns the end of a command into a result.
pub(crate) fn succeeded(command: &Command, status: ExitStatus) -> Result<(), Failure> {
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` failed: {status}", shown(command)).into())
    }
}

/// Runs a command and gives its standard output; anything but success is an error with its standard error.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let shown = shown(command);
    let output = command
        .output()
        .map_err(|error| format!("`{shown}` did not start: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let talk = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{shown}` failed: {}\n{}", output.status, talk.trim_end()).into())
}

fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
