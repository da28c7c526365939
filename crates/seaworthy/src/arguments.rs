//! What can be typed. The arguments of a verb are declared beside its code.

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands;

/// From one file to a production platform on AWS and Kubernetes.
///
/// `seaworthy.yaml` describes services, databases and environments. `seaworthy up` runs all of it on this machine:
/// real PostgreSQL, every service, a gateway. `seaworthy check` needs no such file: it reads any platform repository
/// and says where two files disagree.
#[derive(Debug, Parser)]
#[command(name = "seaworthy", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Environment variables:
  SEAWORTHY_DATA      where platforms keep their data (default: ~/.local/share/seaworthy)
  SEAWORTHY_CACHE     where things that can be fetched again are kept (default: ~/.cache/seaworthy)
  SEAWORTHY_POSTGRES  the folder of PostgreSQL's programs (default: they are looked for, else fetched)

Exit codes:
  0  done
  1  it did not work: a build, a migration, a service; `check` found what `--deny` names;
     `render --check` found files that are not up to date
  2  the command line is wrong
  3  the definition, or the settings of `check`, has errors
  4  refused, and nothing was changed: not running, data or a hand's work would be lost
  5  `plan` found what was changed outside of OpenTofu
  130  interrupted";

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(commands::up::UpArgs),
    Ps(commands::ps::PsArgs),
    Logs(commands::logs::LogsArgs),
    Restart(commands::restart::RestartArgs),
    Psql(commands::psql::PsqlArgs),
    Env(commands::env::EnvArgs),
    Down(commands::down::DownArgs),
    Check(commands::check::CheckArgs),
    Graph(commands::graph::GraphArgs),
    Why(commands::why::WhyArgs),
    Rule(commands::rule::RuleArgs),
    Render(commands::render::RenderArgs),
    Plan(commands::plan::PlanArgs),
    Apply(commands::apply::ApplyArgs),
    Destroy(commands::destroy::DestroyArgs),
    Bootstrap(commands::bootstrap::BootstrapArgs),
    Promote(commands::promote::PromoteArgs),
    Rollback(commands::rollback::RollbackArgs),
    Explain(commands::explain::ExplainArgs),
    Schema(commands::schema::SchemaArgs),
    New(commands::new::NewArgs),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

/// How what is worth reading is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; described in docs/reference/json.md.
    Json,
}
