//! `seaworthy schema`: the JSON Schema of the definition.

use clap::Args;

use crate::exit::CommandResult;
use crate::printer;

/// Print the JSON Schema of `seaworthy.yaml`, with which an editor completes and checks it
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {}

pub(crate) fn run(_args: &SchemaArgs) -> CommandResult {
    printer::json(&seaworthy_definition::schema(), true)?;
    Ok(())
}
