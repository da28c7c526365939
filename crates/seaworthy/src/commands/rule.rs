//! `seaworthy rule`: what a rule of `check` is about.

use std::fmt::Write as _;

use clap::Args;

use crate::exit::{CommandError, CommandResult};
use crate::printer::{self, BOLD, DIM};

/// Print the page of a rule of `check`, or list them all
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The rule's name, or a theme's; every rule when none is given
    name: Option<String>,
}

pub(crate) fn run(args: &RuleArgs) -> CommandResult {
    let Some(name) = &args.name else {
        let lists: Vec<String> = seaworthy_check::themes().iter().filter_map(list).collect();
        printer::value(lists.join("\n").trim_end())?;
        return Ok(());
    };
    if let Some(rule) = seaworthy_check::find(name) {
        printer::value(rule.page.trim_end())?;
        return Ok(());
    }
    let theme = seaworthy_check::themes()
        .iter()
        .find(|theme| theme.name == name);
    if let Some(text) = theme.and_then(list) {
        printer::value(text.trim_end())?;
        return Ok(());
    }
    let names = seaworthy_check::all().map(|rule| rule.name);
    let nearest = seaworthy_diagnostics::suggest(name, names);
    Err(CommandError::usage(
        format!("there is no rule `{name}`"),
        match nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`seaworthy rule` lists them".to_owned(),
        },
    ))
}

/// A theme and its rules, a line each.
fn list(theme: &seaworthy_check::Theme) -> Option<String> {
    let width = theme.rules.iter().map(|rule| rule.name.len()).max()?;
    let mut text = format!("{BOLD}{}{BOLD:#}  {}\n", theme.name, theme.about);
    for rule in theme.rules {
        let _ = writeln!(
            text,
            "  {:<width$}  {DIM}{:<10}{DIM:#}  {}",
            rule.name,
            rule.severity.as_str(),
            rule.headline()
        );
    }
    Some(text)
}
