//! `seaworthy restart`: replace the replicas of a service without a gap.

use clap::Args;

use super::block_on;
use super::up::follow;
use crate::arguments::Format;
use crate::exit::{CommandError, CommandResult};
use crate::platform::{PlatformFolder, split_targets};
use crate::progress::Progress;

/// Rebuild a service and replace its replicas one by one, without a failed request
#[derive(Debug, Args)]
pub(crate) struct RestartArgs {
    /// The service, and the platform's folder if not the current one
    #[arg(value_name = "SERVICE [DIR]", required = true, num_args = 1..=2)]
    targets: Vec<String>,

    /// How events are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &RestartArgs) -> CommandResult {
    let (names, folder) = split_targets(&args.targets)?;
    let [service] = names.as_slice() else {
        return Err(CommandError::usage(
            "no service is named",
            "for example `seaworthy restart api`",
        ));
    };
    let platform = PlatformFolder::find(folder)?;
    block_on(async {
        let events = platform.client().restart(service).await?;
        follow(events, Progress::new(service, args.format, false)).await
    })
}
