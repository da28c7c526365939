//! Programs of Go modules, built where Go is at hand.

use std::path::Path;

use seaworthy_testkit::tools::find;

use crate::Failure;
use crate::command::{command, run};

/// Builds one program of a module at a pinned version into `folder`.
pub(super) fn install(module: &str, version: &str, folder: &Path) -> Result<(), Failure> {
    let Some(go) = find("go") else {
        return Err("this machine has no `go`".into());
    };
    std::fs::create_dir_all(folder)?;
    run(command(go, &["install", &format!("{module}@{version}")]).env("GOBIN", folder))
}
