//! `seaworthy env`: the variables of a service, to run it by hand.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;
use seaworthy_local::ServiceVariables;

use super::block_on;
use crate::arguments::Format;
use crate::exit::{CommandError, CommandResult};
use crate::platform::{PlatformFolder, split_targets};
use crate::printer;

/// Print the variables that a service gets, or run a command with them
///
/// With `seaworthy up --without api`, `seaworthy env api -- cargo run` runs the service by hand while the rest of the
/// platform runs here. The ports are those on which its traffic arrives then. Values of secrets are hidden when
/// printed to a terminal.
#[derive(Debug, Args)]
pub(crate) struct EnvArgs {
    /// The service, and the platform's folder if not the current one
    #[arg(value_name = "SERVICE [DIR]", required = true, num_args = 1..=2)]
    targets: Vec<String>,

    /// A command to run with the variables
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,

    /// Print secrets to a terminal, too
    #[arg(long)]
    reveal: bool,

    /// How it is printed: text is `NAME='value'`, as shells and `.env` files read it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &EnvArgs) -> CommandResult {
    let (names, folder) = split_targets(&args.targets)?;
    let [service] = names.as_slice() else {
        return Err(CommandError::usage(
            "no service is named",
            "for example `seaworthy env api`",
        ));
    };
    let platform = PlatformFolder::find(folder)?;
    let variables = block_on(async { Ok(platform.client().variables(service).await?) })?;
    if let [program, arguments @ ..] = args.command.as_slice() {
        return Err(execute(program, arguments, &variables));
    }
    print(args, variables)
}

/// Becomes the command; returns only if that failed.
fn execute(program: &str, arguments: &[String], variables: &ServiceVariables) -> CommandError {
    let mut command = Command::new(program);
    command.args(arguments);
    for variable in &variables.variables {
        command.env(&variable.name, &variable.value);
    }
    CommandError::system(format!("`{program}` could not be run"), &command.exec())
}

fn print(args: &EnvArgs, mut variables: ServiceVariables) -> CommandResult {
    let hide = !args.reveal && std::io::stdout().is_terminal();
    let mut n_hidden = 0;
    for variable in &mut variables.variables {
        if hide && variable.secret {
            n_hidden += 1;
            "…".clone_into(&mut variable.value);
        }
    }
    match args.format {
        Format::Json => printer::json(&variables.variables, true)?,
        Format::Text => {
            for variable in &variables.variables {
                printer::value(&format!("{}={}", variable.name, quoted(&variable.value)))?;
            }
        }
    }
    if n_hidden > 0 {
        printer::note(&format!(
            "{n_hidden} secrets are hidden; `--reveal` shows them"
        ));
    }
    Ok(())
}

/// Quotes a value for a shell, where it needs that.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotes_what_a_shell_would_read() {
        assert_eq!(
            quoted("postgres://a:b@127.0.0.1:1/c"),
            "postgres://a:b@127.0.0.1:1/c"
        );
        assert_eq!(quoted("it's $5"), r"'it'\''s $5'");
        assert_eq!(quoted(""), "''");
    }
}
