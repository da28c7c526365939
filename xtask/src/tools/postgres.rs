//! PostgreSQL, found or got exactly as `seaworthy up` does it.

use seaworthy_postgres::{Installation, ObtainStep, Origin, Settings};
use seaworthy_testkit::tools::cache;

use super::{Found, debian};
use crate::Failure;

/// The major version that the examples declare.
const MAJOR: u32 = 18;

pub(super) fn get() -> Result<Found, Failure> {
    // Without npm and pip there is no way to get it; where we may install something, pip is the smaller one.
    let installation = installation().or_else(|failure| {
        debian::install(&["python3-pip"])
            .map_err(|second| format!("{failure}\n  `apt-get install python3-pip`: {second}"))?;
        installation()
    })?;
    Ok(Found {
        path: installation.bin().join("postgres"),
        version: installation.version().to_string(),
        origin: match installation.origin() {
            Origin::Setting => "`SEAWORTHY_POSTGRES`",
            Origin::Path => "found on PATH",
            Origin::Distribution => "the distribution's package",
            Origin::Cache => "cache",
        }
        .to_owned(),
    })
}

/// Finds the PostgreSQL that `up` would run, or gets it.
pub(crate) fn installation() -> Result<Installation, Failure> {
    let settings = Settings {
        folder: std::env::var_os("SEAWORTHY_POSTGRES").map(Into::into),
        cache: cache(),
    };
    Ok(block_on(Installation::obtain(MAJOR, &settings, &say))??)
}

fn say(step: ObtainStep) {
    match step {
        ObtainStep::Waiting => {
            println!("another process is getting PostgreSQL {MAJOR}; waiting for it");
        }
        ObtainStep::Fetching { command, version } => {
            println!("getting PostgreSQL {version}: $ {command}");
        }
        ObtainStep::Failed { command, reason } => println!("`{command}` did not work: {reason}"),
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(work))
}
