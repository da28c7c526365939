//! `seaworthy schema`: the JSON Schemas of what people write.

use clap::{Args, ValueEnum};

use crate::exit::CommandResult;
use crate::printer;

/// Print the JSON Schema of `seaworthy.yaml`, with which an editor completes and checks it
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of which file
    #[arg(value_enum, default_value_t, value_name = "FILE")]
    of: Written,
}

/// A file that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Written {
    /// The definition, `seaworthy.yaml`
    #[default]
    Definition,
    /// The settings of `check`, `.seaworthy/check.yaml`
    Check,
}

pub(crate) fn run(args: &SchemaArgs) -> CommandResult {
    let schema = match args.of {
        Written::Definition => seaworthy_definition::schema(),
        Written::Check => seaworthy_check::settings::schema(),
    };
    printer::json(&schema, true)?;
    Ok(())
}
