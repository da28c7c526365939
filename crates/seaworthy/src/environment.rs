//! The environment that a command is about, as the definition has it.

use seaworthy_render::{Input, Scope};

use crate::exit::CommandError;

/// Finds an environment that has an account and a region.
pub(crate) fn scope<'a>(input: &'a Input<'_>, name: &str) -> Result<Scope<'a>, CommandError> {
    let named = |scope: &Scope<'_>| scope.environment.name.as_str() == name;
    if let Some(scope) = input.scopes().find(named) {
        return Ok(scope);
    }
    let declared = input.base.environments.contains_key(name);
    let what = if declared {
        format!("`{name}` has no `account` or no `region`, so there is nothing in AWS")
    } else {
        format!("there is no environment `{name}`")
    };
    let names: Vec<&str> = input
        .scopes()
        .map(|scope| scope.environment.name.as_str())
        .collect();
    let hint = if names.is_empty() {
        "declare an account and a region under `environments:`".to_owned()
    } else {
        format!("there is: {}", names.join(", "))
    };
    Err(CommandError::usage(what, hint))
}
