//! `seaworthy new`: begin a platform.

use std::path::PathBuf;

use clap::Args;

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
