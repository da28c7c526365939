//! The verbs, one file each.

pub(crate) mod apply;
pub(crate) mod bootstrap;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod destroy;
pub(crate) mod down;
pub(crate) mod env;
pub(crate) mod explain;
pub(crate) mod graph;
pub(crate) mod logs;
pub(crate) mod man;
pub(crate) mod new;
pub(crate) mod plan;
pub(crate) mod promote;
pub(crate) mod ps;
pub(crate) mod psql;
pub(crate) mod render;
pub(crate) mod restart;
pub(crate) mod rollback;
pub(crate) mod rule;
pub(crate) mod schema;
pub(crate) mod up;
pub(crate) mod why;

use crate::arguments::{Arguments, Command};
use crate::exit::{CommandError, CommandResult};

/// Runs what was typed.
pub(crate) fn run(arguments: Arguments) -> CommandResult {
    match arguments.command {
        Command::Up(args) => up::run(&args),
        Command::Ps(args) => ps::run(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Restart(args) => restart::run(&args),
        Command::Psql(args) => psql::run(&args),
        Command::Env(args) => env::run(&args),
        Command::Down(args) => down::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Rule(args) => rule::run(&args),
        Command::Render(args) => render::run(&args),
        Command::Bootstrap(args) => bootstrap::run(&args),
        Command::Promote(args) => promote::run(&args),
        Command::Rollback(args) => rollback::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Destroy(args) => destroy::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::New(args) => new::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(
    future: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::system("the runtime could not be started", &error))?;
    let result = runtime.block_on(future);
    // Nothing that matters is left; a task that hangs must not keep the command from ending.
    runtime.shutdown_background();
    result
}
