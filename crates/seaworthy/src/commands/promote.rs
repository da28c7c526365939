//! `seaworthy promote`: move a build to the next environment.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Args;
use seaworthy_aws::Client;
use seaworthy_release::{Build, Digest};

use crate::commands::render;
use crate::exit::{CommandError, CommandResult};
use crate::git::Git;
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD};
use crate::released::Released;

/// Move a service's build from one environment to the next
///
/// One digest changes in the next environment's images file, and is committed; what follows that file (Argo CD, Flux)
/// rolls it out. A digest that the registry does not have, or that the first environment does not run, is refused.
///
/// For example: `seaworthy promote api --from development --to production`
#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// The service
    service: String,

    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// The environment that runs the build
    #[arg(long, value_name = "ENVIRONMENT")]
    from: String,

    /// The environment that gets it
    #[arg(long, value_name = "ENVIRONMENT")]
    to: String,

    /// Refuse unless this is the digest that the first environment runs
    #[arg(long)]
    digest: Option<String>,

    /// Change the file, and leave the commit to you
    #[arg(long)]
    no_commit: bool,

    /// Commit on a branch of its own, push it, and open a pull request with `gh`
    #[arg(long, conflicts_with = "no_commit")]
    pull_request: bool,

    /// Do not ask the registry whether it has the digest
    #[arg(long)]
    offline: bool,
}

pub(crate) fn run(args: &PromoteArgs) -> CommandResult {
    if args.from == args.to {
        return Err(CommandError::usage(
            "a build is promoted to another environment",
            "name two with `--from` and `--to`",
        ));
    }
    let folder = PlatformFolder::find(&args.folder)?;
    let input = render::input(&folder, &folder.definition()?, &[])?;
    let from = Released::read(&folder, &input, &args.service, &args.from)?;
    let to = Released::read(&folder, &input, &args.service, &args.to)?;
    let build = from.build().ok_or_else(|| {
        CommandError::refused(
            format!("`{}` has not been released to {}", args.service, args.from),
            format!("its image has no digest in `{}`", from.path),
        )
    })?;
    if let Some(wanted) = &args.digest {
        must_be(&build, wanted, &args.from)?;
    }
    let before = to.build();
    if before.as_ref() == Some(&build) {
        printer::say(&format!("{} runs {build} already", args.to));
        return Ok(());
    }
    if args.offline {
        printer::note("the registry was not asked whether it has the digest");
    } else {
        must_be_in_the_registry(&to.image, &build.digest)?;
    }
    let git = (!args.no_commit)
        .then(|| Git::open(&folder.path))
        .transpose()?;
    if let Some(git) = &git {
        to.must_be_committed(git)?;
    }
    let branch = format!(
        "promote/{}-{}-{}",
        args.to,
        args.service,
        build.digest.short()
    );
    if let (Some(git), true) = (&git, args.pull_request) {
        git.run(&["switch", "--quiet", "--create", &branch])?;
    }
    to.set(&build)?;
    match &before {
        Some(before) => printer::say(&format!(
            "{BOLD}{}{BOLD:#} in {}: {before} → {build}",
            args.service, args.to
        )),
        None => printer::say(&format!(
            "{BOLD}{}{BOLD:#} in {}: {build}, its first release there",
            args.service, args.to
        )),
    }
    to.say_what_follows();
    if before.is_none() {
        printer::note(
            "run `seaworthy render`: what follows the images file is rendered for released services only",
        );
    }
    let Some(git) = git else {
        printer::say(&format!("changed {}", to.path));
        return Ok(());
    };
    let message = message(&to, before.as_ref(), &build, &args.from);
    let commit = git.commit(&to.path, &message)?;
    printer::say(&format!(
        "committed {commit}: {}",
        message.lines().next().unwrap_or_default()
    ));
    if args.pull_request {
        open_pull_request(&folder, &git, &branch)?;
    }
    Ok(())
}

fn must_be(build: &Build, wanted: &str, from: &str) -> CommandResult {
    if Digest::new(wanted).is_none() {
        return Err(CommandError::usage(
            format!("`{wanted}` is no digest"),
            "a digest is `sha256:` and 64 hexadecimal digits",
        ));
    }
    if build.digest.as_str() == wanted {
        return Ok(());
    }
    Err(CommandError::refused(
        format!("{from} does not run that digest, but {}", build.digest),
        format!("release it to {from} first, and see it run there"),
    ))
}

/// `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`, taken apart.
fn ecr(image: &str) -> Option<(&str, &str, &str)> {
    let (host, repository) = image.split_once('/')?;
    let mut parts = host.split('.');
    let account = parts.next()?;
    let region = (parts.next() == Some("dkr") && parts.next() == Some("ecr"))
        .then(|| parts.next())
        .flatten()?;
    Some((account, region, repository))
}

fn must_be_in_the_registry(image: &str, digest: &Digest) -> CommandResult {
    let Some((account, region, repository)) = ecr(image) else {
        printer::note(&format!("`{image}` is in no registry that can be asked"));
        return Ok(());
    };
    let not_asked = |error: &seaworthy_aws::Error| {
        let mut failure = crate::exit::failure("the registry could not be asked", error);
        failure
            .hints
            .push("with `--offline` nothing is asked of it".to_owned());
        CommandError::Failure(failure)
    };
    let client = Client::new(crate::settings::aws(), region).map_err(|error| not_asked(&error))?;
    let has = client
        .has_image(account, repository, digest.as_str())
        .map_err(|error| not_asked(&error))?;
    if has {
        return Ok(());
    }
    Err(CommandError::refused(
        format!("the registry does not have {repository}@{digest}"),
        "it was never pushed there, or its lifecycle has removed it: build and release it again",
    ))
}

fn message(to: &Released<'_>, before: Option<&Build>, build: &Build, from: &str) -> String {
    let name = build
        .tag
        .clone()
        .unwrap_or_else(|| build.digest.short().to_owned());
    let was = before.map_or_else(
        || "It is the first release there.".to_owned(),
        |before| format!("Before: {before}."),
    );
    format!(
        "{}: {} {name}\n\n{} runs in {from}. {was}\n",
        to.environment, to.service.name, build.digest
    )
}

fn open_pull_request(folder: &PlatformFolder, git: &Git, branch: &str) -> CommandResult {
    git.run(&["push", "--quiet", "--set-upstream", "origin", branch])?;
    let status = Command::new("gh")
        .args(["pr", "create", "--fill", "--head", branch])
        .current_dir(&folder.path)
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(CommandError::refused(
            format!(
                "the branch `{branch}` is pushed, and the pull request could not be opened with `gh`"
            ),
            "open it on the forge's page",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_told_from_the_image() {
        assert_eq!(
            ecr("111111111111.dkr.ecr.eu-west-3.amazonaws.com/counter/api"),
            Some(("111111111111", "eu-west-3", "counter/api"))
        );
        assert_eq!(ecr("registry.example.com/counter/api"), None);
        assert_eq!(ecr("api"), None);
    }
}
