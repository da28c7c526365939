//! Printing what was found: findings to stdout, the summary to stderr.

use std::io::{IsTerminal, Write};

use seaworthy_check::report::{Report, github, json, sarif, text};
use seaworthy_diagnostics::text::Colour;

use super::definitions::Definitions;
use super::{CheckArgs, Format};
use crate::printer::{self, BOLD, DIM, GREEN, RED, YELLOW};

/// Prints a report in the form that was asked for.
pub(super) fn print(
    args: &CheckArgs,
    report: &Report<'_>,
    n_gone: usize,
    definitions: &Definitions,
) -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    match args.format {
        Format::Json => return printer::json(&json::value(report), true),
        Format::Sarif => {
            return printer::json(&sarif::value(report, env!("CARGO_PKG_VERSION")), true);
        }
        Format::Github => write!(stdout, "{}", github::render(report))?,
        Format::Text => {
            let colour = if stdout.is_terminal() && !printer::no_colour() {
                Colour::Always
            } else {
                Colour::Never
            };
            let text = text::render(report, colour);
            write!(stdout, "{text}")?;
            if !text.is_empty() {
                writeln!(stdout)?;
            }
        }
    }
    stdout.flush()?;
    if args.show_unseen {
        for line in text::unseen(report).lines() {
            printer::say(&format!("{DIM}{line}{DIM:#}"));
        }
    }
    summary(args, report, n_gone, definitions);
    Ok(())
}

fn summary(args: &CheckArgs, report: &Report<'_>, n_gone: usize, definitions: &Definitions) {
    for path in definitions.sound() {
        printer::say(&format!("{GREEN}✓{GREEN:#} {path} has no errors"));
    }
    let files = match report.n_files {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    let hidden = match text::hidden(report) {
        Some(hidden) => format!("; not shown: {hidden}"),
        None => String::new(),
    };
    let denied = report.entries.iter().any(|entry| entry.denied);
    match text::counts(report) {
        Some(counts) => {
            let (mark, style) = if denied { ("✗", RED) } else { ("!", YELLOW) };
            printer::say(&format!(
                "{style}{mark}{style:#} {BOLD}{counts}{BOLD:#} in {files}{hidden}"
            ));
        }
        None => printer::say(&format!(
            "{GREEN}✓{GREEN:#} nothing found in {files}{hidden}"
        )),
    }
    if let Some(unseen) = text::unseen_counts(report)
        && !args.show_unseen
    {
        printer::say(&format!(
            "{DIM}  not seen: {unseen}; `--show-unseen` lists them{DIM:#}"
        ));
    }
    if n_gone > 0 {
        let text = match n_gone {
            1 => "1 finding of the baseline is".to_owned(),
            n => format!("{n} findings of the baseline are"),
        };
        printer::note(&format!(
            "{text} gone; `--write-baseline` forgets what is gone"
        ));
    }
}
