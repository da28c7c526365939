//! `seaworthy destroy`: an environment out of AWS, and the proof that nothing is left.

use std::path::PathBuf;

use clap::Args;
use seaworthy_provision::{Doomed, Proof, Session};

use crate::exit::{CommandError, CommandResult};
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD, RED};
use crate::provisioning::{ask, settings, target, tell, told};

/// Destroy an environment in AWS, and prove that nothing is left
///
/// Goes the way of `apply` backwards. The cluster goes before what controllers made in its name (load balancers,
/// instances, network interfaces, volumes), and that goes before the network. What an account shares with other
/// environments stays. Ends with a listing per service of what is left, why, and until when; with exit code 1 when
/// something is left that should not be.
#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    /// The environment
    environment: String,

    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// Ask nothing: the environment's name again
    #[arg(long, value_name = "ENVIRONMENT")]
    confirm: Option<String>,

    /// Clear the lock with this id first, whoever holds it
    #[arg(long, value_name = "ID")]
    unlock: Option<String>,
}

pub(crate) fn run(args: &DestroyArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let definition = platform.definition()?;
    let target = target(&platform, &definition, &args.environment)?;
    let mut tell = tell;
    let session =
        Session::open(&target, settings(None), &mut tell).map_err(|error| told(&error))?;
    let doomed = session.doomed().map_err(|error| told(&error))?;
    show(&doomed);
    confirm(args)?;
    if let Some(id) = &args.unlock {
        let holder = session.unlock(id).map_err(|error| told(&error))?;
        printer::note(&format!("the lock of {holder} is cleared"));
    }
    let destroyed = session.destroy().map_err(|error| told(&error))?;
    printer::value(&proof(&args.environment, &destroyed.proof))?;
    if destroyed.proof.holds() {
        Ok(())
    } else {
        Err(CommandError::Told)
    }
}

fn show(doomed: &Doomed) {
    if doomed.is_empty() {
        printer::say("no state has anything in it");
    }
    for (root, number) in &doomed.roots {
        printer::say(&format!("{BOLD}{root}{BOLD:#}: {number} to destroy"));
    }
    for item in &doomed.leftovers {
        printer::say(&format!(
            "  made by a controller: {} {}",
            item.kind, item.name
        ));
    }
    for address in &doomed.stateful {
        printer::say(&format!("  {RED}its content is lost{RED:#}: {address}"));
    }
}

fn confirm(args: &DestroyArgs) -> CommandResult {
    let name = &args.environment;
    let said = match &args.confirm {
        Some(said) => Some(said.clone()),
        None => ask(&format!("destroy all of it? Its name is yes (`{name}`):")),
    };
    match said {
        Some(said) if said == *name => Ok(()),
        Some(_) => Err(CommandError::refused(
            "nothing was destroyed: that is not the environment's name",
            format!("the name is `{name}`"),
        )),
        None => Err(CommandError::refused(
            "nothing was destroyed: nobody confirmed it",
            format!("where nobody can be asked: `--confirm {name}`"),
        )),
    }
}

/// What is left, per service.
fn proof(environment: &str, proof: &Proof) -> String {
    let mut lines = Vec::new();
    for item in &proof.unexplained {
        lines.push(format!(
            "  {RED}left, and should not be{RED:#}: {} {} {} {}",
            item.service, item.kind, item.id, item.state
        ));
    }
    for unseen in &proof.unseen {
        lines.push(format!("  {RED}not looked at{RED:#}: {unseen}"));
    }
    for remnant in &proof.explained {
        let item = &remnant.item;
        lines.push(format!(
            "  {} {} {}: {}",
            item.service, item.kind, item.name, remnant.why
        ));
    }
    let mut services: Vec<&str> = proof.seen.iter().map(|(service, _)| *service).collect();
    services.dedup();
    let looked = format!(
        "looked at {} kinds of things: {}",
        proof.seen.len(),
        services.join(", ")
    );
    let head = match (proof.holds(), proof.explained.is_empty()) {
        (true, true) => format!("{BOLD}nothing of {environment} is left{BOLD:#}"),
        (true, false) => {
            format!("{BOLD}nothing of {environment} is left but what stays on purpose{BOLD:#}")
        }
        (false, _) => format!("{BOLD}{environment} is not gone{BOLD:#}"),
    };
    let mut text = head;
    for line in lines {
        text.push('\n');
        text.push_str(line.trim_end());
    }
    format!("{text}\n{looked}")
}
