//! `seaworthy why`: whether one thing reaches or may use another, and what decides it.

use std::path::PathBuf;

use clap::Args;
use seaworthy_link::LinkGraph;
use seaworthy_link::why::{Answer, Verdict, why};
use serde::Serialize;

use crate::arguments::Format;
use crate::commands::graph::unclear_error;
use crate::exit::{CommandError, CommandResult};
use crate::linked;
use crate::printer::{self, BOLD, CYAN, DIM, GREEN, RED, YELLOW};

/// Say whether A reaches or may use B, with the chain, or the first link that refuses
///
/// A and B are written `kind/name` (`deployment/api`, `database/orders`, `secret/db`, `workflow/deploy.yml`,
/// `role/ci`, `image/api`), or a name that only one thing has; B may be an action of AWS: `ecr:PutImage`.
/// The exit code is 0 when it does, 1 when it does not or the files do not say.
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// Who
    #[arg(value_name = "A")]
    from: String,

    /// What
    #[arg(value_name = "B")]
    to: String,

    /// The folders to read
    #[arg(default_value = ".", value_name = "DIR")]
    paths: Vec<PathBuf>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Wire<'a> {
    verdict: &'static str,
    headline: &'a str,
    steps: Vec<WireStep<'a>>,
}

#[derive(Serialize)]
struct WireStep<'a> {
    verdict: &'static str,
    says: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
}

pub(crate) fn run(args: &WhyArgs) -> CommandResult {
    let world = linked::world(&args.paths, None)?;
    let graph = LinkGraph::new(&world);
    let answer =
        why(&world, &graph, &args.from, &args.to).map_err(|unclear| unclear_error(&unclear))?;
    match args.format {
        Format::Text => printer::value(&text(&answer, &world.sources))?,
        Format::Json => {
            let steps = answer.steps.iter().map(|step| WireStep {
                verdict: word(step.verdict),
                says: &step.says,
                file: step.span.map(|span| world.sources.path(span.file)),
                line: step.span.map(|span| world.sources.line(span)),
            });
            let wire = Wire {
                verdict: word(answer.verdict),
                headline: &answer.headline,
                steps: steps.collect(),
            };
            printer::json(&wire, true)?;
        }
    }
    match answer.verdict {
        Verdict::Yes => Ok(()),
        Verdict::No | Verdict::Unknown => Err(CommandError::Told),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::No => "no",
        Verdict::Unknown => "unknown",
    }
}

fn text(answer: &Answer, sources: &seaworthy_facts::Sources) -> String {
    let colour = |verdict| match verdict {
        Verdict::Yes => GREEN,
        Verdict::No => RED,
        Verdict::Unknown => YELLOW,
    };
    let head = colour(answer.verdict);
    let mut lines = vec![format!(
        "{head}{}{head:#}{BOLD}: {}{BOLD:#}",
        word(answer.verdict),
        answer.headline
    )];
    for step in &answer.steps {
        let colour = colour(step.verdict);
        let mark = match step.verdict {
            Verdict::Yes => "✓",
            Verdict::No => "✗",
            Verdict::Unknown => "?",
        };
        lines.push(format!("  {colour}{mark}{colour:#} {}", step.says));
        if let Some(span) = step.span {
            let (path, line) = (sources.path(span.file), sources.line(span));
            let source = &sources.get(span.file).file;
            let shown = source.text()[source.line(line)].trim();
            lines.push(format!(
                "      {CYAN}{path}:{line}{CYAN:#}  {DIM}{shown}{DIM:#}"
            ));
        }
    }
    lines.join("\n")
}
