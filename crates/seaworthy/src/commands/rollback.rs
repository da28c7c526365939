//! `seaworthy rollback`: go back to a build that an environment ran before.

use std::path::PathBuf;

use clap::Args;
use seaworthy_release::{Build, ImagesFile};

use crate::commands::render;
use crate::exit::{CommandError, CommandResult};
use crate::git::Git;
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD};
use crate::released::Released;

/// Go back to the build that an environment ran before
///
/// The builds that an environment ran are the history of its images file in git. The one before the present one is
/// taken, or the one that `--to` names, and committed. A migration that has run is not taken back.
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The service
    service: String,

    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// The environment
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    environment: String,

    /// The tag or digest to go back to (default: the build before the present one)
    #[arg(long, value_name = "BUILD")]
    to: Option<String>,

    /// Change the file, and leave the commit to you
    #[arg(long)]
    no_commit: bool,
}

pub(crate) fn run(args: &RollbackArgs) -> CommandResult {
    let folder = PlatformFolder::find(&args.folder)?;
    let input = render::input(&folder, &folder.definition()?, &[])?;
    let released = Released::read(&folder, &input, &args.service, &args.environment)?;
    let git = Git::open(&folder.path)?;
    if !args.no_commit {
        released.must_be_committed(&git)?;
    }
    let present = released.build();
    let past = past(&git, &released, present.as_ref())?;
    let wanted = |build: &&Build| match &args.to {
        None => true,
        Some(to) => build.tag.as_ref() == Some(to) || build.digest.as_str() == to,
    };
    let Some(build) = past.iter().find(wanted) else {
        return Err(nothing_to_go_back_to(args, &past));
    };
    released.set(build)?;
    let was = present.map_or_else(|| "nothing".to_owned(), |present| present.to_string());
    printer::say(&format!(
        "{BOLD}{}{BOLD:#} in {}: {was} → {build}",
        args.service, args.environment
    ));
    if !released.service.migrate.is_empty() {
        printer::note(
            "what newer migrations did to the database stays: the older build must live with it",
        );
    }
    if args.no_commit {
        printer::say(&format!("changed {}", released.path));
        return Ok(());
    }
    let name = build
        .tag
        .clone()
        .unwrap_or_else(|| build.digest.short().to_owned());
    let title = format!("{}: {} back to {name}", args.environment, args.service);
    let message = format!("{title}\n\n{}. Before: {was}.\n", build.digest);
    let commit = git.commit(&released.path, &message)?;
    printer::say(&format!("committed {commit}: {title}"));
    Ok(())
}

/// The builds that the environment ran, newest first, each once and without the present one.
fn past(
    git: &Git,
    released: &Released<'_>,
    present: Option<&Build>,
) -> Result<Vec<Build>, CommandError> {
    let mut past: Vec<Build> = Vec::new();
    for (_, text) in git.history(&released.path)? {
        // A text that was broken then is no build to go back to.
        let build = ImagesFile::read(&text)
            .ok()
            .and_then(|file| file.build(&released.image));
        if let Some(build) = build
            && present.is_none_or(|present| present.digest != build.digest)
            && !past.contains(&build)
        {
            past.push(build);
        }
    }
    Ok(past)
}

fn nothing_to_go_back_to(args: &RollbackArgs, past: &[Build]) -> CommandError {
    let known: Vec<String> = past.iter().take(5).map(ToString::to_string).collect();
    let hint = if known.is_empty() {
        "its history in git shows no other build; a shallow clone shows less than there is (`git fetch --unshallow`)"
            .to_owned()
    } else {
        format!("it ran {}", known.join(", "))
    };
    let what = match &args.to {
        Some(to) => format!(
            "`{}` did not run `{to}` in {}",
            args.service, args.environment
        ),
        None => format!(
            "`{}` ran nothing else in {}",
            args.service, args.environment
        ),
    };
    CommandError::refused(what, hint)
}
