//! `seaworthy explain`: a value of the definition, where it came from and why.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use seaworthy_definition::{ExplainError, Explanation};

use crate::arguments::Format;
use crate::exit::{CommandError, CommandResult};
use crate::platform::PlatformFolder;
use crate::printer::{self, BOLD};

/// Print a value of the definition, where it comes from and why
///
/// For example: `seaworthy explain services.api.scale.min --in production`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The path of the value, with dots
    path: String,

    /// The platform's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// The environment (default: the base, as this machine runs it)
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &ExplainArgs) -> CommandResult {
    let platform = PlatformFolder::find(&args.folder)?;
    let (definition, _) = platform.read()?;
    let explanation = definition
        .explain(&args.path, args.environment.as_deref())
        .map_err(|error| unknown(&error))?;
    match args.format {
        Format::Json => printer::json(&Wire::from(&explanation), true)?,
        Format::Text => printer::value(&text(&explanation))?,
    }
    Ok(())
}

fn unknown(error: &ExplainError) -> CommandError {
    let (nearest, known) = match error {
        ExplainError::FindPath { nearest, known, .. }
        | ExplainError::FindEnvironment { nearest, known, .. } => (nearest, known),
    };
    let hint = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "declare one under `environments:`".to_owned(),
        None => format!("there is: {}", known.join(", ")),
    };
    CommandError::usage(error.to_string(), hint)
}

fn text(explanation: &Explanation) -> String {
    if explanation.below.is_empty() {
        let value = explanation.value.as_deref().unwrap_or("not set");
        let mut text = format!("{BOLD}{}{BOLD:#}: {value}", explanation.path);
        if let Some(origin) = &explanation.origin {
            let _ = write!(text, "\n  from    {origin}");
        }
        let _ = write!(text, "\n  reason  {}", explanation.reason);
        return text;
    }
    let rows: Vec<Vec<String>> = leaves(explanation)
        .iter()
        .map(|leaf| {
            vec![
                leaf.path.clone(),
                leaf.value.clone().unwrap_or_else(|| "not set".to_owned()),
                leaf.origin
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ]
        })
        .collect();
    printer::table(&rows)
}

fn leaves(explanation: &Explanation) -> Vec<&Explanation> {
    if explanation.below.is_empty() {
        return vec![explanation];
    }
    explanation.below.iter().flat_map(leaves).collect()
}

/// An explanation as JSON.
#[derive(serde::Serialize)]
struct Wire<'a> {
    path: &'a str,
    value: Option<&'a str>,
    secret: bool,
    origin: Option<String>,
    reason: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    below: Vec<Wire<'a>>,
}

impl<'a> From<&'a Explanation> for Wire<'a> {
    fn from(explanation: &'a Explanation) -> Self {
        Self {
            path: &explanation.path,
            value: explanation.value.as_deref(),
            secret: explanation.secret,
            origin: explanation.origin.as_ref().map(ToString::to_string),
            reason: &explanation.reason,
            below: explanation.below.iter().map(Self::from).collect(),
        }
    }
}
