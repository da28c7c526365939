//! `seaworthy completions`: completions for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::exit::CommandResult;

/// Print completions for a shell
///
/// For example: `seaworthy completions bash > ~/.local/share/bash-completion/completions/seaworthy`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> CommandResult {
    let mut text = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut Arguments::command(),
        "seaworthy",
        &mut text,
    );
    std::io::Write::write_all(&mut std::io::stdout(), &text)?;
    Ok(())
}
