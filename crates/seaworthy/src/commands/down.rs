//! `seaworthy down`: end what runs.

use std::path::PathBuf;

use clap::Args;
use seaworthy_local::control::ControlError;
use seaworthy_local::{Event, OpenError, Supervisor};

use super::block_on;
use crate::arguments::Format;
use crate::exit::{CommandError, CommandResult};
use crate::platform::PlatformFolder;
use crate::progress::{Progress, Seen};

/// Stop everything, also what a killed run left behind
///
/// Data is kept, unless `--wipe` removes the platform's databases, passwords, logs and addresses from this machine.
#[derive(Debug, Args)]
pub(crate) struct DownArgs {
    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// Also remove the platform's data from this machine
    #[arg(long)]
    wipe: bool,

    /// How events are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &DownArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    block_on(down(args, &platform))
}

async fn down(args: &DownArgs, platform: &PlatformFolder) -> CommandResult {
    let mut progress = Progress::new("", args.format, false);
    match platform.client().down(args.wipe).await {
        Ok(mut events) => {
            // The connection may break as the process ends; what counts is that it has let go of the platform.
            let mut failed = false;
            while let Ok(Some(event)) = events.next().await {
                failed |= matches!(event, Event::Failed { .. });
                if progress.show(&event)? == Seen::Stopped {
                    break;
                }
            }
            wait_until_free(platform).await?;
            return if failed {
                Err(CommandError::Told)
            } else {
                Ok(())
            };
        }
        Err(ControlError::NotRunning) => {}
        Err(error) => return Err(error.into()),
    }
    if !platform.home.folder().exists() {
        progress.show(&Event::Note {
            message: "nothing is running, and there is no data".to_owned(),
        })?;
        return Ok(());
    }
    // Nobody answers: taking the platform clears what a killed run left behind.
    let supervisor = Supervisor::open(&platform.settings, platform.home.clone(), &platform.path)
        .await
        .map_err(|error| match error {
            OpenError::Running => CommandError::refused(
                "a process holds this platform and does not answer",
                "wait a moment and try again",
            ),
            OpenError::Home { .. } => CommandError::system("the platform cannot be ended", &error),
        })?;
    let (past, _) = supervisor.events().listen_from_start();
    if past.is_empty() {
        progress.show(&Event::Note {
            message: "nothing was running".to_owned(),
        })?;
    }
    for event in &past {
        progress.show(event)?;
    }
    supervisor.ask_to_end(args.wipe);
    supervisor
        .end()
        .await
        .map_err(|error| CommandError::system("the data could not be removed", &error))?;
    if args.wipe {
        progress.show(&Event::Note {
            message: "the platform's data was removed".to_owned(),
        })?;
    }
    Ok(())
}

/// The run has ended when its lock is free.
async fn wait_until_free(platform: &PlatformFolder) -> CommandResult {
    for _ in 0..500 {
        match platform.home.lock() {
            Ok(None) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            // Free, or removed together with the data.
            Ok(Some(_)) | Err(_) => return Ok(()),
        }
    }
    Err(CommandError::refused(
        "the process that ran the platform has stopped everything and does not end",
        "try again",
    ))
}
