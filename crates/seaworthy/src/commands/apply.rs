//! `seaworthy apply`: what was reviewed, in AWS.

use std::path::PathBuf;

use clap::Args;
use seaworthy_provision::summary::{self, change_lines};
use seaworthy_provision::{
    Approval, Error, Reviewed, RootPlan, Session, Target, only_creates, refuse_losses,
};

use crate::commands::render::refuse_stale;
use crate::exit::CommandResult;
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD};
use crate::provisioning::{ask, settings, target, tell, told};

/// Apply what `plan` showed, root by root
///
/// The plans that `plan` kept are applied as they are, or refused when they no longer hold; without any, it plans
/// first. Roots that could not be planned before are planned on the way, and asked about again. Each step is written
/// down before it begins: after an interruption, even a SIGKILL, the same command goes on. Prints the command for the
/// kubeconfig at the end.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The environment
    environment: String,

    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// Ask nothing: apply what is planned, and of roots that are planned on the way those that only create
    #[arg(long)]
    yes: bool,

    /// Let this resource lose its content by being replaced or destroyed; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    allow: Vec<String>,

    /// Apply the plans in this folder
    #[arg(long, value_name = "FOLDER")]
    plans: Option<PathBuf>,

    /// Clear the lock with this id first, whoever holds it
    #[arg(long, value_name = "ID")]
    unlock: Option<String>,

    /// Import what an OpenTofu that was killed made and did not record
    #[arg(long)]
    import: bool,
}

pub(crate) fn run(args: &ApplyArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let definition = platform.definition()?;
    let target = target(&platform, &definition, &args.environment)?;
    let mut tell = tell;
    let session = Session::open(&target, settings(args.plans.as_ref()), &mut tell)
        .map_err(|error| told(&error))?;
    refuse_stale(&platform, &definition, "infra/")?;
    if let Some(id) = &args.unlock {
        let holder = session.unlock(id).map_err(|error| told(&error))?;
        printer::note(&format!("the lock of {holder} is cleared"));
    }
    let approval = Approval {
        allowed: args.allow.clone(),
        import: args.import,
    };
    let resumes = session.recover(&approval).map_err(|error| told(&error))?;
    review(args, &session, &approval, resumes)?;
    let mut approve = |plan: &RootPlan| approve(args, plan);
    let applied = session
        .apply(&approval, &mut approve)
        .map_err(|error| told(&error))?;
    if applied.changed.is_empty() {
        printer::say("nothing was to be changed");
    } else {
        printer::say(&format!(
            "{BOLD}{} is applied{BOLD:#}: {}",
            args.environment,
            applied.changed.join(", ")
        ));
    }
    if let Some(cluster) = applied.cluster {
        printer::value(&kubeconfig(&target, &cluster))?;
    }
    Ok(())
}

/// Makes sure that somebody has seen what is about to be applied.
fn review(
    args: &ApplyArgs,
    session: &Session<'_>,
    approval: &Approval,
    resumes: bool,
) -> CommandResult {
    match session.reviewed().map_err(|error| told(&error))? {
        Reviewed::Stale { root, why } => Err(told(&Error::NotReviewed {
            root,
            why: why.to_owned(),
        })),
        Reviewed::Current(roots) => {
            let addresses: Vec<String> = roots
                .iter()
                .flat_map(|root| &root.losses)
                .filter(|address| !approval.allowed.contains(address))
                .cloned()
                .collect();
            if !addresses.is_empty() {
                return Err(told(&Error::Stateful { addresses }));
            }
            for root in roots.iter().filter(|root| root.n_changes > 0) {
                printer::say(&format!(
                    "{}: the plan of {} by {}, {} to change",
                    root.root, root.made, root.by, root.n_changes
                ));
            }
            // What was approved before an interruption is not asked for again.
            if resumes {
                return Ok(());
            }
            agreed(args, "apply what was planned?")
        }
        Reviewed::Nothing => {
            let plan = session.plan().map_err(|error| told(&error))?;
            printer::say(&summary::text(&plan));
            refuse_losses(&plan, approval).map_err(|error| told(&error))?;
            if plan.is_empty() {
                return Ok(());
            }
            agreed(args, "apply this?")
        }
    }
}

fn agreed(args: &ApplyArgs, question: &str) -> CommandResult {
    if args.yes || ask(&format!("{question} Only `yes` is yes:")).is_some_and(|said| said == "yes")
    {
        return Ok(());
    }
    Err(told(&Error::NotApproved))
}

/// Whether a root may be applied that could not be planned before.
fn approve(args: &ApplyArgs, plan: &RootPlan) -> bool {
    printer::say(&format!("{}:", plan.root.name));
    for line in change_lines(plan.changes()) {
        printer::say(&line);
    }
    if args.yes {
        return only_creates(plan);
    }
    ask("apply this, too? Only `yes` is yes:").is_some_and(|said| said == "yes")
}

/// The command that lets `kubectl` reach the cluster.
fn kubeconfig(target: &Target, cluster: &str) -> String {
    format!(
        "aws eks update-kubeconfig --region {} --name {cluster} --alias {cluster}",
        target.region
    )
}
