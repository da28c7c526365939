//! `seaworthy psql`: a prompt in a database of the running platform.

use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;

use super::block_on;
use crate::exit::{CommandError, CommandResult};
use crate::platform::{PlatformFolder, split_targets};

/// Open psql in a database of the running platform, as its owner
#[derive(Debug, Args)]
pub(crate) struct PsqlArgs {
    /// The database, and the platform's folder if not the current one
    #[arg(value_name = "DATABASE [DIR]", required = true, num_args = 1..=2)]
    targets: Vec<String>,

    /// Arguments for psql, for example `-c 'select 1'`
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

pub(crate) fn run(args: &PsqlArgs) -> CommandResult {
    let (names, folder) = split_targets(&args.targets)?;
    let [database] = names.as_slice() else {
        return Err(CommandError::usage(
            "no database is named",
            "for example `seaworthy psql counter`",
        ));
    };
    let platform = PlatformFolder::find(folder)?;
    let login = block_on(async { Ok(platform.client().login(database).await?) })?;
    let program = login.psql.unwrap_or_else(|| "psql".to_owned());
    let error = Command::new(&program)
        .args(&args.arguments)
        .env("PGHOST", &login.host)
        .env("PGPORT", login.port.to_string())
        .env("PGDATABASE", &login.name)
        .env("PGUSER", &login.user)
        .env("PGPASSWORD", &login.password)
        // Not every psql that comes with a server can TLS, and the connection does not leave this machine.
        .env("PGSSLMODE", "prefer")
        .env("PGSSLROOTCERT", &login.sslrootcert)
        .exec();
    let mut failure = crate::exit::failure(format!("`{program}` could not be run"), &error);
    failure.hints.push(
        "install PostgreSQL's client, for example Debian's package `postgresql-client`".to_owned(),
    );
    Err(CommandError::Failure(failure))
}
