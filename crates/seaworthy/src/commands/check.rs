//! `seaworthy check`: where two files of a platform disagree, and what is wrong with a definition.
//!
//! The work is done below: `seaworthy-repository` reads, `seaworthy-link` relates, `seaworthy-check` judges. Here the
//! arguments become what those ask for, and what they say is printed (`print`), compared with a commit ([`before`]) or
//! put right ([`fix`]).

mod definitions;
mod fix;
mod policies;
mod print;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use seaworthy_check::report::{self, Entry, Files, Report};
use seaworthy_check::verdict::{self, Known, Subject, Wishes};
use seaworthy_check::{Baseline, Deny, Finding, Selection, Selector, Severity, UnknownSelector};
use seaworthy_diagnostics::Diagnostic;
use seaworthy_knowledge::Date;
use seaworthy_link::World;
use seaworthy_repository::{CommitError, Limits};

use crate::exit::{CommandError, CommandResult};
use crate::linked;
use definitions::Definitions;
use policies::Policies;

/// Say where the files of a platform disagree, so that it will not work or is not safe
///
/// Reads OpenTofu, Kubernetes, Kustomize, Helm, Flux, Argo CD, GitHub Actions, Dockerfiles, Compose, shell and code as
/// Git sees them, without an account and without the network. Where there is a `seaworthy.yaml`, it is checked, too.
/// Give several folders when a platform is spread over several repositories.
///
/// A place is allowed by a comment on its line or the line before, `# seaworthy: allow RULE because REASON`, or by the
/// settings in `.seaworthy/check.yaml`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Folders or files of one platform
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Show only these: names of rules, themes or severities (`seaworthy rule` lists them)
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = selector)]
    select: Vec<Selector>,

    /// Leave these out: names of rules, themes or severities, or `syntax`
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = selector)]
    ignore: Vec<Selector>,

    /// Exit with 1 when one of these is found, and it is more than possible; `none` for never [default: breaks,insecure]
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',')]
    deny: Vec<DenyWord>,

    /// Show only what the change since a commit brought: since the point where the work left that branch or commit
    #[arg(long, value_name = "REF")]
    since: Option<String>,

    /// Leave out what this file knows
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write everything that is found into the baseline, and show nothing
    #[arg(long, conflicts_with_all = ["since", "fix"])]
    write_baseline: bool,

    /// Put right what has exactly one way to be put right, then show the rest
    #[arg(long)]
    fix: bool,

    /// List what the files name and that is not here
    #[arg(long)]
    show_unseen: bool,

    /// The day that support dates are held against [default: today]
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; described in docs/reference/json.md.
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DenyWord {
    Breaks,
    Insecure,
    Unreliable,
    Costly,
    All,
    None,
}

pub(crate) fn run(args: &CheckArgs) -> CommandResult {
    // What files say may be nested deeply; the readers have limits, and this leaves them room.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("check".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || check(args))
            .map_err(|error| CommandError::system("a thread could not be started", &error))?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Only what is used of it takes memory.
const STACK: usize = 256 << 20;

fn check(args: &CheckArgs) -> CommandResult {
    let policies = Policies::find(&args.paths)?;
    let limits = policies.limits();
    let today = args.today.unwrap_or_else(linked::date_of_today);
    let (mut world, mut findings) = read(&args.paths, &limits, today)?;
    let known = Known {
        baseline: baseline(args, &policies)?,
        before: match &args.since {
            Some(reference) => Some(before(args, reference, &limits, &world, &policies)?),
            None => None,
        },
    };
    let wishes = wishes(args);
    if args.fix {
        let verdict = verdict::judge(&world, &findings, policies.all(), &wishes, &known);
        if fix::apply(&world, &findings, &verdict)? {
            (world, findings) = read(&args.paths, &limits, today)?;
        }
    }
    let definitions = Definitions::read(&args.paths)?;
    let verdict = verdict::judge(&world, &findings, policies.all(), &wishes, &known);
    let report = report(&world, &findings, &verdict, &policies, &definitions);
    if args.write_baseline {
        return write_baseline(args, &policies, &report);
    }
    print::print(args, &report, verdict.n_gone, &definitions)?;
    if definitions.have_errors() {
        return Err(CommandError::Definition);
    }
    if report.entries.iter().any(|entry| entry.denied) {
        return Err(CommandError::Findings);
    }
    Ok(())
}

fn read(
    paths: &[PathBuf],
    limits: &Limits,
    today: Date,
) -> Result<(World, Vec<Finding>), CommandError> {
    let sources = seaworthy_repository::load(paths, limits)
        .map_err(|error| CommandError::system("the files could not be read", &error))?;
    let world = World::new(sources, today);
    let findings = seaworthy_check::check(&world);
    Ok((world, findings))
}

/// The fingerprints of what was wrong before the change.
fn before(
    args: &CheckArgs,
    reference: &str,
    limits: &Limits,
    now: &World,
    policies: &Policies,
) -> Result<HashSet<String>, CommandError> {
    let sources = seaworthy_repository::load_before(&args.paths, reference, limits, &now.sources)
        .map_err(|error| match error {
        CommitError::FindReference { .. } | CommitError::FindRepository(_) => CommandError::usage(
            error.to_string(),
            "`--since` takes what `git rev-parse` understands; a shallow clone may lack it",
        ),
        error => CommandError::system(format!("`{reference}` could not be compared with"), &error),
    })?;
    let world = World::new(sources, now.today);
    let findings = seaworthy_check::check(&world);
    Ok(verdict::fingerprints(&world, &findings, policies.all()))
}

fn wishes(args: &CheckArgs) -> Wishes {
    let deny = (!args.deny.is_empty()).then(|| {
        Deny(
            args.deny
                .iter()
                .flat_map(|word| match word {
                    DenyWord::Breaks => vec![Severity::Breaks],
                    DenyWord::Insecure => vec![Severity::Insecure],
                    DenyWord::Unreliable => vec![Severity::Unreliable],
                    DenyWord::Costly => vec![Severity::Costly],
                    DenyWord::All => seaworthy_check::SEVERITIES.to_vec(),
                    DenyWord::None => Vec::new(),
                })
                .collect(),
        )
    });
    Wishes {
        selection: Selection {
            select: args.select.clone(),
            ignore: args.ignore.clone(),
        },
        deny,
    }
}

fn selector(word: &str) -> Result<Selector, String> {
    Selector::parse(word).map_err(|UnknownSelector { nearest, .. }| match nearest {
        Some(nearest) => {
            format!("no rule, theme or severity is called so; did you mean `{nearest}`?")
        }
        None => "no rule, theme or severity is called so; `seaworthy rule` lists them".to_owned(),
    })
}

/// The baseline's file: of the command line, else of the settings.
fn baseline_path(args: &CheckArgs, policies: &Policies) -> Option<PathBuf> {
    args.baseline.clone().or_else(|| policies.baseline())
}

fn baseline(args: &CheckArgs, policies: &Policies) -> Result<HashSet<String>, CommandError> {
    let path = match baseline_path(args, policies) {
        Some(path) if !args.write_baseline => path,
        _ => return Ok(HashSet::new()),
    };
    let shown = path.display();
    let text = std::fs::read_to_string(&path).map_err(|error| {
        CommandError::system(format!("the baseline `{shown}` cannot be read"), &error)
    })?;
    let baseline = Baseline::read(&text).map_err(|error| {
        CommandError::system(format!("the baseline `{shown}` is no baseline"), &error)
    })?;
    let known = baseline.findings.into_iter();
    Ok(known.map(|known| known.fingerprint).collect())
}

fn write_baseline(args: &CheckArgs, policies: &Policies, report: &Report<'_>) -> CommandResult {
    let Some(path) = baseline_path(args, policies) else {
        return Err(CommandError::usage(
            "it is not said where the baseline is",
            "say it with `--baseline FILE`, or as `baseline:` in the settings",
        ));
    };
    let baseline = Baseline::of(report);
    let written = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&path, baseline.write()));
    written.map_err(|error| {
        CommandError::system(format!("`{}` could not be written", path.display()), &error)
    })?;
    crate::printer::say(&format!(
        "wrote {} into {}",
        match baseline.findings.len() {
            1 => "1 finding".to_owned(),
            n => format!("{n} findings"),
        },
        path.display()
    ));
    Ok(())
}

/// Everything that is shown: definitions first, then settings, then what cannot be read, then findings.
fn report<'a>(
    world: &'a World,
    findings: &'a [Finding],
    verdict: &'a verdict::Verdict,
    policies: &'a Policies,
    definitions: &'a Definitions,
) -> Report<'a> {
    let mut entries = definitions.entries();
    let settings: Vec<(&Diagnostic, Files<'a>)> = verdict
        .settings
        .iter()
        .filter_map(|(root, problem)| {
            let source = policies.all().get(*root)?.source.as_ref()?;
            Some((problem, Files::One(source)))
        })
        .collect();
    entries.extend(plain_entries(&settings));
    for judged in verdict.problems.iter().chain(&verdict.findings) {
        let fingerprint = judged.fingerprint.clone();
        entries.push(match &judged.subject {
            Subject::Finding(n) => {
                Entry::finding(&findings[*n], fingerprint, judged.denied, &world.sources)
            }
            Subject::Problem(problem) => Entry {
                denied: judged.denied,
                ..Entry::diagnostic(problem, fingerprint, Files::All(&world.sources))
            },
        });
    }
    Report {
        entries,
        unseen: report::unseen(&world.sources, &world.facts.unseen),
        hidden: verdict.hidden,
        n_files: world.sources.iter().count(),
    }
}

/// Entries for diagnostics of single files.
fn plain_entries<'a>(diagnostics: &[(&'a Diagnostic, Files<'a>)]) -> Vec<Entry<'a>> {
    let placed = diagnostics.iter().map(|(diagnostic, files)| {
        let file = diagnostic
            .place()
            .and_then(|place| files.file(place.file))
            .map(seaworthy_diagnostics::SourceFile::path);
        (*diagnostic, file)
    });
    let fingerprints = seaworthy_check::fingerprint::of_diagnostics(placed);
    diagnostics
        .iter()
        .zip(fingerprints)
        .map(|((diagnostic, files), fingerprint)| {
            Entry::diagnostic(diagnostic, fingerprint, *files)
        })
        .collect()
}

/// A path as people want to read it: relative to where they are, where it is below.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path);
    seaworthy_facts::normalized(&path.to_string_lossy())
}
