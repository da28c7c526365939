//! `seaworthy bootstrap`: from an empty cluster to one that follows git.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use seaworthy_render::gitops::{self, Bootstrap};
use seaworthy_render::{Input, Scope};
use serde_json::Value;

use crate::commands::render::refuse_stale;
use crate::environment;
use crate::exit::{CommandError, CommandResult};
use crate::git::Git;
use crate::kubectl::Kubectl;
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD, GREEN};

/// Bring a fresh cluster to the point where it follows git
///
/// Applies Argo CD or Flux as it is rendered, waits until it runs, and then the one object that makes it follow the
/// repository; everything else comes from there, in its order. Run again, it puts back what is missing. A context that
/// is not the environment's EKS cluster is refused unless `--context` names it.
#[derive(Debug, Args)]
pub(crate) struct BootstrapArgs {
    /// The environment
    environment: String,

    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// The context of the kubeconfig; default: the current one, when it is the environment's cluster
    #[arg(long, value_name = "NAME")]
    context: Option<String>,

    /// Do not wait until the controllers are available
    #[arg(long)]
    no_wait: bool,
}

/// How long a kind may take to be served; it is a matter of a second.
const PATIENCE: Duration = Duration::from_mins(2);

/// The name under which the API server notes what was applied from here.
const MANAGER: &str = "--field-manager=seaworthy-bootstrap";

pub(crate) fn run(args: &BootstrapArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let definition = platform.definition()?;
    let input = Input::new(&definition, &[]);
    let scope = environment::scope(&input, &args.environment)?;
    let Some(bootstrap) = gitops::bootstrap(&input, scope) else {
        return Err(CommandError::refused(
            "the definition does not say which repository a cluster would follow",
            "give `repository: github.com/<owner>/<name>`, and `seaworthy render`",
        ));
    };
    refuse_stale(&platform, &definition, "gitops/")?;
    let kubectl = Kubectl::open(&platform.path, args.context.as_deref())?;
    if args.context.is_none() {
        must_be_of(scope, &kubectl)?;
    }
    tell_what_git_lacks(&platform);

    install(&kubectl, &bootstrap, !args.no_wait)?;
    printer::say(&format!("{BOLD}repository{BOLD:#}: followed from now on"));
    for file in &bootstrap.roots {
        apply(&kubectl, &["--filename", file])?;
    }
    printer::say(&format!(
        "{GREEN}done{GREEN:#}: {} follows {}",
        bootstrap.engine, args.environment
    ));
    printer::note(&format!(
        "`kubectl --context {} --namespace {} get {}` shows how far it is; a private repository needs a credential there",
        kubectl.context, bootstrap.namespace, bootstrap.watch
    ));
    Ok(())
}

/// Installs what follows git, and waits for the kinds that come with it and for its pods.
fn install(kubectl: &Kubectl, bootstrap: &Bootstrap, wait: bool) -> CommandResult {
    printer::say(&format!("{BOLD}{}{BOLD:#}: applied", bootstrap.engine));
    apply(kubectl, &["--kustomize", &bootstrap.installation])?;
    for kind in bootstrap.kinds {
        wait_for_kind(kubectl, kind)?;
    }
    if wait {
        printer::say(&format!("{BOLD}{}{BOLD:#}: waited for", bootstrap.engine));
        kubectl.run(&[
            "--namespace",
            bootstrap.namespace,
            "wait",
            "--for=condition=Available",
            "--timeout=10m",
            "deployment",
            "--all",
        ])?;
    }
    Ok(())
}

/// Waits until a kind is served. `kubectl wait` and its JSONPath fail on one that has no conditions yet.
fn wait_for_kind(kubectl: &Kubectl, kind: &str) -> CommandResult {
    let start = Instant::now();
    while !is_served(kubectl, kind)? {
        if start.elapsed() > PATIENCE {
            return Err(CommandError::failed(
                format!("the API server does not serve `{kind}` after two minutes"),
                vec![format!(
                    "`kubectl describe customresourcedefinition {kind}` says why"
                )],
            ));
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

fn is_served(kubectl: &Kubectl, kind: &str) -> Result<bool, CommandError> {
    let object = kubectl.run(&["get", "customresourcedefinition", kind, "--output=json"])?;
    let object: Value = serde_json::from_str(&object)
        .map_err(|error| CommandError::system(format!("`{kind}` could not be read"), &error))?;
    let conditions = object["status"]["conditions"].as_array();
    Ok(conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Established" && condition["status"] == "True"))
}

/// What git brought since is git's again at the next pass, so that taking it over for a moment loses nothing.
fn apply(kubectl: &Kubectl, what: &[&str]) -> CommandResult {
    let mut arguments = vec!["apply", "--server-side", "--force-conflicts", MANAGER];
    arguments.extend(what);
    kubectl.run(&arguments).map(drop)
}

/// Refuses a context that is another cluster's.
fn must_be_of(scope: Scope<'_>, kubectl: &Kubectl) -> CommandResult {
    let existing = scope.environment.existing.cluster.clone();
    let name = existing.unwrap_or_else(|| scope.names().cluster());
    let (region, account) = (scope.region, scope.account);
    let is_it = kubectl.cluster.starts_with("arn:")
        && kubectl
            .cluster
            .ends_with(&format!(":eks:{region}:{account}:cluster/{name}"));
    if is_it {
        return Ok(());
    }
    Err(CommandError::refused(
        format!(
            "the current context `{}` is not the cluster `{name}` in {region} of account {account}",
            kubectl.context
        ),
        format!(
            "`aws eks update-kubeconfig --region {region} --name {name}` makes that context; any other is taken when \
             `--context` names it"
        ),
    ))
}

/// What is applied here and is not in git would be taken back, or never come.
fn tell_what_git_lacks(platform: &PlatformFolder) {
    let changed = Git::open(&platform.path).and_then(|git| git.is_changed("gitops"));
    match changed {
        Ok(false) => {}
        Ok(true) => printer::note(
            "`gitops` has changes that are not committed: the cluster follows what is pushed",
        ),
        Err(_) => {
            printer::note(
                "this folder is in no git repository: the cluster follows what is pushed",
            );
        }
    }
}
