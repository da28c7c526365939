//! What `plan`, `apply` and `destroy` share: which environment is meant, the user's settings, and what is printed.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use seaworthy_definition::Definition;
use seaworthy_local::Failure;
use seaworthy_provision::{Error, Event, Root, RootKind, Settings, Target};
use seaworthy_render::opentofu::{self, RootName};
use seaworthy_render::{Input, Scope};

use crate::environment;
use crate::exit::{CommandError, failure};
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD, DIM};

/// The environment that a verb is about, as the definition says and as it is rendered.
pub(crate) fn target(
    platform: &PlatformFolder,
    definition: &Definition,
    environment: &str,
) -> Result<Target, CommandError> {
    let input = Input::new(definition, &[]);
    let scope = environment::scope(&input, environment)?;
    Ok(Target {
        folder: platform.path.clone(),
        platform: scope.platform.name.to_string(),
        environment: environment.to_owned(),
        account: scope.account.to_owned(),
        region: scope.region.to_owned(),
        protected: scope.environment.protected,
        name_prefix: scope.names().prefix().to_owned(),
        cluster: scope.names().cluster(),
        tags: tags(&scope),
        roots: roots(&input, environment, scope.account),
    })
}

/// The roots of an environment and of its account, in the order in which they are applied.
fn roots(input: &Input<'_>, environment: &str, account: &str) -> Vec<Root> {
    let all = opentofu::roots(input);
    let own = |root: &opentofu::Root| root.environment.as_deref() == Some(environment);
    let shared = |root: &opentofu::Root| {
        root.environment.is_none() && root.account == account && root.name != RootName::State
    };
    let buckets: Vec<&String> = all
        .iter()
        .filter(|root| own(root) || shared(root))
        .map(|root| &root.bucket)
        .collect();
    all.iter()
        .filter(|root| {
            own(root)
                || shared(root)
                || (root.name == RootName::State && buckets.contains(&&root.bucket))
        })
        .map(|root| Root {
            name: root.name.as_str().to_owned(),
            folder: root.folder.clone(),
            kind: match (root.name, &root.environment) {
                (RootName::State, _) => RootKind::State,
                (_, None) => RootKind::Account,
                (_, Some(_)) => RootKind::Environment,
            },
            bucket: root.bucket.clone(),
            key: root.key.clone(),
            reads: root.reads.clone(),
        })
        .collect()
}

/// The tags that tell this environment's things from everything else.
fn tags(scope: &Scope<'_>) -> std::collections::BTreeMap<String, String> {
    let mut tags = std::collections::BTreeMap::from([
        ("platform".to_owned(), scope.platform.name.to_string()),
        ("environment".to_owned(), scope.environment.name.to_string()),
    ]);
    if let Some(deployment) = &scope.environment.deployment {
        tags.insert("deployment".to_owned(), deployment.clone());
    }
    tags
}

/// The user's settings.
pub(crate) fn settings(plans: Option<&PathBuf>) -> Settings {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Settings {
        aws: crate::settings::aws(),
        path: std::env::split_paths(&path).collect(),
        who: format!("{}@{}", user(), machine()),
        plans: plans.map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.clone())),
        stop: stop(),
    }
}

/// The name by which OpenTofu locks, too.
fn user() -> String {
    let id = rustix::process::geteuid().as_raw().to_string();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    });
    named
        .or_else(|| std::env::var("USER").ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

fn machine() -> String {
    let said = std::process::Command::new("uname").arg("-n").output();
    let name = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Counts how often the user asks to stop: what is under way in AWS is ended in order, never cut off.
fn stop() -> Arc<AtomicUsize> {
    let stop = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&stop);
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
        else {
            return;
        };
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut interrupt), Ok(mut terminate)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::terminate()),
            ) else {
                return;
            };
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
    });
    stop
}

/// Shows what happens as it happens.
pub(crate) fn tell(event: Event) {
    match event {
        Event::Step { root, what } => printer::say(&format!("{BOLD}{root}{BOLD:#}: {what}")),
        Event::Resource { text, .. } => printer::say(&format!("  {DIM}{text}{DIM:#}")),
        Event::Note(text) => printer::note(&text),
    }
}

/// Asks on the terminal; `None`: there is nobody to ask.
pub(crate) fn ask(question: &str) -> Option<String> {
    use std::io::IsTerminal as _;
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    printer::say(question);
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).ok()?;
    Some(answer.trim().to_owned())
}

/// An error of the work below, for printing.
pub(crate) fn told(error: &Error) -> CommandError {
    if matches!(error, Error::Interrupted { .. }) {
        printer::note(&error.to_string());
        for hint in error.hints() {
            printer::note(&hint);
        }
        return CommandError::Interrupted;
    }
    let mut whole: Failure = failure(error.to_string(), error);
    // The first of the reasons is the error itself.
    whole.why.remove(0);
    if let Error::Tofu { diagnostics, .. } = error {
        whole.why.extend(diagnostics.iter().cloned());
    }
    whole.hints.extend(error.hints());
    if error.is_refusal() {
        CommandError::Refused(whole)
    } else {
        CommandError::Failure(whole)
    }
}
