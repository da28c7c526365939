//! `seaworthy explain`: a value of the definition, where it came from and why.

use std::path::PathBuf;

use clap::Args;

use crate::exit::CommandResult;
use crate::platform::PlatformFolder;
use crate::printer;

/// Print a value of the definition, where it comes from and why
///
/// For example: `seaworthy explain services.api.scale.min --in production`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The path of the value, with dots
    path: String,

    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// The environment (default: the base, as this machine runs it)
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: crate::arguments::Format,
}
