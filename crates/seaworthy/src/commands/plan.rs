//! `seaworthy plan`: what would change in AWS.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use seaworthy_provision::summary::{self, Counts};
use seaworthy_provision::{Action, Change, Outcome, Plan, Session};

use crate::commands::render::refuse_stale;
use crate::exit::{CommandError, CommandResult};
use crate::platform::PlatformFolder;
use crate::printer;
use crate::provisioning::{settings, target, tell, told};

/// Show what would change in AWS, and keep that for `apply`
///
/// Plans the environment's roots in their order. A root that reads what does not exist yet is named with what it waits
/// for; no value is invented. Ends with exit code 5 when something was changed outside of OpenTofu.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// The environment
    environment: String,

    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// Print the whole plan as OpenTofu shows it, too
    #[arg(long)]
    full: bool,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: PlanFormat,

    /// Keep the plans in this folder, to be applied elsewhere; they hold secrets
    #[arg(long, value_name = "FOLDER")]
    plans: Option<PathBuf>,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum PlanFormat {
    /// For people.
    #[default]
    Text,
    /// For a pull request.
    Markdown,
    /// For programs; described in docs/reference/json.md.
    Json,
}

pub(crate) fn run(args: &PlanArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let definition = platform.definition()?;
    let target = target(&platform, &definition, &args.environment)?;
    let mut tell = tell;
    let session = Session::open(&target, settings(args.plans.as_ref()), &mut tell)
        .map_err(|error| told(&error))?;
    refuse_stale(&platform, &definition, "infra/")?;
    let plan = session.plan().map_err(|error| told(&error))?;
    let full = if args.full {
        let shown = plan.roots.iter().map(|root| session.full(root));
        shown
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| told(&error))?
    } else {
        Vec::new()
    };
    match args.format {
        PlanFormat::Json => printer::json(&wire(&args.environment, &plan), true)?,
        PlanFormat::Markdown => {
            printer::value(&summary::markdown(&args.environment, &plan, &full))?;
        }
        PlanFormat::Text => {
            for shown in full.iter().filter(|shown| !shown.is_empty()) {
                printer::value(shown)?;
            }
            printer::value(&summary::text(&plan))?;
        }
    }
    if plan.has_drift() {
        return Err(CommandError::Drift);
    }
    Ok(())
}

/// A plan as JSON.
#[derive(serde::Serialize)]
struct Wire<'a> {
    environment: &'a str,
    drift: bool,
    counts: Counts,
    roots: Vec<WireRoot<'a>>,
}

#[derive(serde::Serialize)]
struct WireRoot<'a> {
    root: &'a str,
    folder: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<&'a [String]>,
    changes: Vec<WireChange<'a>>,
}

#[derive(serde::Serialize)]
struct WireChange<'a> {
    address: &'a str,
    action: &'static str,
    why: &'a str,
    attributes: Vec<&'a str>,
    drift: bool,
    loses_content: bool,
}

fn wire<'a>(environment: &'a str, plan: &'a Plan) -> Wire<'a> {
    Wire {
        environment,
        drift: plan.has_drift(),
        counts: Counts::of(plan.changes()),
        roots: plan
            .roots
            .iter()
            .map(|root| WireRoot {
                root: &root.root.name,
                folder: &root.root.folder,
                waits_for: match &root.outcome {
                    Outcome::Waits { until } => Some(until),
                    Outcome::Planned { .. } => None,
                },
                changes: root.changes().iter().map(wire_change).collect(),
            })
            .collect(),
    }
}

fn wire_change(change: &Change) -> WireChange<'_> {
    WireChange {
        address: &change.address,
        action: match change.action {
            Action::Create => "create",
            Action::Update => "change",
            Action::Replace => "replace",
            Action::Delete => "destroy",
            Action::Forget => "forget",
            Action::Move => "rename",
        },
        why: &change.why,
        attributes: change
            .attributes
            .iter()
            .map(|attribute| attribute.path.as_str())
            .collect(),
        drift: change.drift,
        loses_content: change.loses_content,
    }
}
