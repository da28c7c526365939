//! `seaworthy graph`: the things of a platform and their relations.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use seaworthy_link::LinkGraph;
use seaworthy_link::why::{self, Unclear};

use crate::exit::{CommandError, CommandResult};
use crate::{linked, printer};

/// Show what the files of a platform link: roles, images, workloads, secrets and who refers to whom
#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// The folders to read
    #[arg(default_value = ".", value_name = "DIR")]
    paths: Vec<PathBuf>,

    /// Only what stands around this node: `kind/name`, or a name that only one thing has
    #[arg(long, value_name = "NODE")]
    around: Option<String>,

    /// How many steps around it
    #[arg(long, value_name = "N", default_value_t = 2, requires = "around")]
    steps: usize,

    /// How it is printed
    #[arg(long, value_enum, default_value_t)]
    format: GraphFormat,
}

/// How a graph is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum GraphFormat {
    /// For Graphviz.
    #[default]
    Dot,
    /// For programs; described in docs/reference/json.md.
    Json,
    /// A picture; of at most 400 nodes.
    Svg,
}

/// More than this an eye cannot follow, and drawing takes time with the square of it.
const DRAWN: usize = 400;

pub(crate) fn run(args: &GraphArgs) -> CommandResult {
    let world = linked::world(&args.paths, None)?;
    let mut graph = LinkGraph::new(&world);
    if let Some(around) = &args.around {
        let centre = why::one(&graph, around).map_err(|unclear| unclear_error(&unclear))?;
        let keep = graph.around(centre, args.steps);
        graph = graph.only(&keep);
    }
    match args.format {
        GraphFormat::Dot => printer::value(graph.dot().trim_end())?,
        GraphFormat::Json => printer::json(&graph.json(&world.sources), true)?,
        GraphFormat::Svg => {
            let nodes = graph.nodes().count();
            if nodes > DRAWN {
                return Err(CommandError::usage(
                    format!("{nodes} nodes are too many for a picture"),
                    "choose a part with `--around NODE`, or take `--format dot` to Graphviz",
                ));
            }
            printer::value(&graph.svg())?;
        }
    }
    Ok(())
}

/// What to say when a word means nothing or several things.
pub(crate) fn unclear_error(unclear: &Unclear) -> CommandError {
    match unclear {
        Unclear::Nothing { word, similar } if similar.is_empty() => CommandError::usage(
            format!("nothing here is called `{word}`"),
            "`seaworthy graph --format json` lists what there is",
        ),
        Unclear::Nothing { word, similar } => CommandError::usage(
            format!("nothing here is called `{word}`"),
            format!("there is `{}`", similar.join("`, `")),
        ),
        Unclear::Several { word, meanings } => CommandError::usage(
            format!("`{word}` can mean {} things", meanings.len()),
            format!("say which: `{}`", meanings.join("`, `")),
        ),
    }
}
