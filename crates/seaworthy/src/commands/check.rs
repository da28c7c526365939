//! `seaworthy check`: what is wrong with the definition.

use std::path::PathBuf;

use clap::Args;

use crate::arguments::Format;
use crate::exit::{CommandError, CommandResult};
use crate::platform::{PlatformFolder, has_errors};
use crate::printer::{self, GREEN};

/// Say what is wrong with the definition, for the base and for each environment
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &CheckArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let (definition, _) = platform.read()?;
    let diagnostics = definition.check();
    printer::diagnostics(&diagnostics, &[definition.source()], args.format)?;
    if has_errors(&diagnostics) {
        return Err(CommandError::Definition);
    }
    if args.format == Format::Text && diagnostics.is_empty() {
        printer::say(&format!(
            "{GREEN}✓{GREEN:#} {} has no errors",
            platform.definition_path().display()
        ));
    }
    Ok(())
}
