//! `seaworthy man`: man pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::arguments::Arguments;
use crate::exit::{CommandError, CommandResult};
use crate::printer;

/// Write man pages into a folder, one a verb
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder, for example `~/.local/share/man/man1`
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(args: &ManArgs) -> CommandResult {
    let written = std::fs::create_dir_all(&args.folder)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), &args.folder));
    written.map_err(|error| {
        CommandError::system(
            format!(
                "the man pages could not be written to {}",
                args.folder.display()
            ),
            &error,
        )
    })?;
    printer::say(&format!("wrote the man pages to {}", args.folder.display()));
    Ok(())
}
