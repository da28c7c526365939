//! `seaworthy new`: begin a platform.

use std::path::PathBuf;

use clap::Args;
use seaworthy_definition::{STARTERS, starter};

use crate::exit::{CommandError, CommandResult};
use crate::printer::{self, BOLD};

/// Write a starter that `seaworthy up` runs at once
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The starter: `hello` or `counter`
    #[arg(value_name = "STARTER")]
    starter: String,

    /// The folder to write, which must be new or empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(args: &NewArgs) -> CommandResult {
    let Some(starter) = starter(&args.starter) else {
        let known: Vec<String> = STARTERS
            .iter()
            .map(|starter| format!("`{}` ({})", starter.name, starter.about))
            .collect();
        return Err(CommandError::usage(
            format!("there is no starter `{}`", args.starter),
            format!("the starters are {}", known.join(" and ")),
        ));
    };
    let folder = &args.folder;
    let occupied = folder.exists()
        && !std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if occupied {
        return Err(CommandError::refused(
            format!("`{}` exists and is not an empty folder", folder.display()),
            "name a new folder: nothing is overwritten",
        ));
    }
    for (path, bytes) in starter.files {
        let file = folder.join(path);
        let write = || {
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(&file, bytes)
        };
        write().map_err(|error| {
            CommandError::system(format!("`{}` could not be written", file.display()), &error)
        })?;
    }
    printer::say(&format!(
        "wrote {} into {}",
        starter.about,
        folder.display()
    ));
    printer::say(&format!("it needs {}", starter.needs.join(" and ")));
    printer::say(&format!(
        "run it with {BOLD}seaworthy up {}{BOLD:#}",
        folder.display()
    ));
    Ok(())
}
